"""Segments as rows: what conditions read of members as SQL, who meets them, and since when.

What belongs here: the statements that look members up and keep what was found. Which of them is asked when
is decided by `engine.segments`; a condition becomes SQL in `expressions`.
"""
