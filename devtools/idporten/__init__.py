"""A stand-in for ID-porten, the national eID gateway: for demo and tests, never in production.

It plays the gateway from the facts its makers publish and shares no code with the portal's own
relying party, so that a misreading in one is caught by the other.
"""
