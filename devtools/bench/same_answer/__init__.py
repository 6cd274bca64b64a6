"""Whether the time of an answer tells what kind of address was typed (threats.md, A-02).

`compare` is the parent and does the statistics of `smirnov`; `measure` is the child that answers,
with the addresses of `kinds`.
"""
