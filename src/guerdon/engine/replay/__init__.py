"""Replays: a text is decided over the stored history, beside what was really decided.

`history` (in queries) is read in one read-only snapshot; `world` is what would be, in a file of its own, so
that memory stays small, a killed replay goes on from its last checkpoint, and nothing of it can reach the
ledger. `folding` takes over what really happened, `deciding` what the text would have decided, `tally` counts
both.
"""
