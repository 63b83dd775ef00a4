"""Scenarios: pages a marketer can read, run through the real engine on a real database.

`read` finds every mistake of a page at once, `run` plays it (publish, enroll, keep, process), `compare` holds
what happened against what the page says. Doors are handed in, because connectors stand above the engine.
"""
