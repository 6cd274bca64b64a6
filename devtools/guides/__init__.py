"""Makes the user guide: its pictures, its PDFs, and what they were made from."""
