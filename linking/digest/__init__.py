"""For those who watch the watchers: each day, who looked at how many people, and why.

Nothing here can serve to follow what employees do at work (arbeidsmiljøloven, chapter 9): it counts
look-ups of others' data by role, over whole days. No times of day, no sign-ins, nothing about those
who did not look. Neither names of those looked at nor purposes, which may name them: that stands in
the log.
"""
