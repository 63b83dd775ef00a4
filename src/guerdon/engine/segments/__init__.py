"""Segments that follow what happens: who is in them is looked up again when something changed that they read.

What belongs here: when to look at whom. What is looked up is SQL of `store.segments`; rules do not wait for
any of it, for they ask the conditions themselves.
"""

from guerdon.engine.segments.following import (
    Recount,
    Stuck,
    follow_segments,
    keep_following,
    recount_segments,
)
from guerdon.engine.segments.meaning import Watched, watched_by

__all__ = [
    "Recount",
    "Stuck",
    "Watched",
    "follow_segments",
    "keep_following",
    "recount_segments",
    "watched_by",
]
