"""Support's look: one field to find somebody by, and one page that tells what happened to them."""
