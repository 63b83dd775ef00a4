"""Noticing: what providers tell of messages, and what members write back, is kept once and taken in sets."""

from guerdon.engine.messages.noticing.keeping import MAIL, TELLING, note_received
from guerdon.engine.messages.noticing.opening import note_opened
from guerdon.engine.messages.noticing.taking import decide_rises, take_notices

__all__ = ["MAIL", "TELLING", "decide_rises", "note_opened", "note_received", "take_notices"]
