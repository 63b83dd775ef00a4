"""Noticing: what providers tell of messages, and what members write back, is kept once and taken in sets."""

from guerdon.engine.messages.noticing.keeping import TELLING, note_received
from guerdon.engine.messages.noticing.taking import decide_rises, take_notices

__all__ = ["TELLING", "decide_rises", "note_received", "take_notices"]
