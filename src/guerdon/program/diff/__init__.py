"""What one program says otherwise than another: every change of every field, and in words."""

from guerdon.program.diff.changes import Change, diff
from guerdon.program.diff.words import said, summary

__all__ = ["Change", "diff", "said", "summary"]
