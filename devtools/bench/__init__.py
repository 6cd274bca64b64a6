"""Measures the portal beside something known, on one machine and in one run: `make bench`.

Each bench is a module with a name in `__main__`. It tells what it found as a `Report`; timing never
decides whether it ends well.
"""
