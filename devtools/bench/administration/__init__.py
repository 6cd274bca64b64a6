"""Opens every list of the administration at a million employees: how long does one wait for a page?

`compare` is the parent: it fills a database (`rows`) and asks the child, `visitor`, who signs in as
people of three roles and opens what `pages` lists.
"""
