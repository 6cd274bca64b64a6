"""Searches the audit log at ten million events in two years' partitions: how long does one wait?

`compare` is the parent: it fills a database (`rows`) and asks the child, `visitor`, who signs in as
people of three roles and makes the searches in `searches`.
"""
