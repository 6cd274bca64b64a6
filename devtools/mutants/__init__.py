"""Mutation tests of the protocol checks: each is changed, and a test has to go red.

`make mutants` runs it. cosmic-ray makes the changes, on a copy; besides, each check is taken out of
its list once. What no test sees stands in `survivors.toml` with the reason, or fails the run.
"""
