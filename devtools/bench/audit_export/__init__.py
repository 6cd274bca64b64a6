"""Seals a log in a database, takes it out in each form, and verifies it there: how long, how much?

`compare` is the parent; each measurement is a `side`, a process of its own.
"""
