"""Conditions as sentences: what a checked condition asks for, in the words of a program and of a language.

The same words stand in receipts, in changes and in the editor. Nothing here decides; a condition that is too
long to be one sentence has none, and whoever asks says something general.
"""

from guerdon.program.sentences.names import Naming
from guerdon.program.sentences.saying import condition_words, value_words
from guerdon.program.sentences.seen import Seen, seen_words

__all__ = ["Naming", "Seen", "condition_words", "seen_words", "value_words"]
