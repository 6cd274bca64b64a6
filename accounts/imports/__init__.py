"""People from HR, taken in as a changeset that somebody has seen before it is applied.

`tables` makes rows of cells out of a file, `rows` makes people out of cells, `plan` compares them
with the registry, and `actions` carries the plan out. All but the last, and what reads the
registry for it, are plain Python: values in, values out.
"""
