"""What is wrong with a feed: with one row of it, or with all of it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from guerdon.text.feed_faults import feed_fault_in_english
from guerdon.values.problems import few_words, near_word

# Of a wrong row so much of each text is kept.
KEPT_LETTERS = 20_000
KEPT_DEPTH = 8


# What is said of each stands in `text/feed_rows.py`, in each language with the values that it is given here.
WrongCode = Literal[
    # How the row is written.
    "row_large", "row_encoding", "row_json", "row_unreadable", "row_object", "row_cells", "cell_count",
    "cell_twice", "cell_json",
    # A field, whichever it is.
    "missing", "unknown", "unknown_field", "unknown_part", "exclude", "no_number", "no_whole", "no_part",
    "no_list", "no_objects", "no_words", "no_truth", "no_moment", "no_text", "century", "digits",
    "not_positive", "long", "language",
    # What only one field can be.
    "id_form", "id_long", "id_twice", "gone_in_full", "no_english", "no_price", "prices_beside",
    "prices_form", "prices_unit", "range_order", "times_order", "offers_beside", "supplier_twice", "sku_form",
    "fee_currency", "slot_twice", "slot_order",
    # An image.
    "image_form", "image_address", "image_beside", "image_base64", "image_encoded", "image_kind",
    "image_bytes", "image_more", "image_size",
    # A picture that a supplier says is somewhere.
    "picture_address", "picture_silent", "picture_status",
]  # fmt: skip
# Why all of a feed cannot be read; what is said of each stands in `text/feed_faults.py`.
UnfitCode = Literal[
    # How it is written.
    "blank", "rows_many", "line_cut", "quote_open", "encoding", "list_followed", "list_broken",
    "object_broken", "object_deep", "object_unreadable", "head_cut", "head_id", "head_twice",
    # Whoever read it.
    "broke_off", "taken", "told_to_stop",
    # A supplier whose items are read.
    "unanswered_limit", "unanswered_trouble", "unanswered_turn", "unanswered_unreachable", "pages_back",
    "pages_empty", "pages_slow", "items_many",
]  # fmt: skip
Value = str | int
# Of what is quoted from a row so much is kept.
QUOTED_LETTERS = 300


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row cannot be an item: a code, and the values that its text names. Numbers stay numbers."""

    code: WrongCode
    values: Mapping[str, Value]


class WrongRow(Exception):  # noqa: N818  an answer, not a fault
    """Raised where a row cannot be an item; `reason` says why."""

    def __init__(self, code: WrongCode, **values: Value) -> None:
        self.reason = Reason(code, {name: _quoted(value) for name, value in values.items()})
        super().__init__(f"{code} {self.reason.values}")


def unknown_word(code: WrongCode, word: str, known: Iterable[str], **values: Value) -> WrongRow:
    """A word that is not known, with the one that was probably meant, or those that there are."""
    words = set(known)
    near = near_word(word[:60], words)
    if near is not None:
        return WrongRow(code, given=word[:60], near=near, **values)
    return WrongRow(code, given=word[:60], known=few_words(words), **values)


def _quoted(value: Value) -> Value:
    """What is quoted steers no terminal, and has an end."""
    if isinstance(value, int):
        return value
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in value[:QUOTED_LETTERS])


class UnfitFeed(Exception):  # noqa: N818  an answer, not a fault
    """Why a feed cannot be read any further: a word (`why`), and in English what it speaks of (`said`)."""

    def __init__(self, why: str, code: UnfitCode, **values: int) -> None:
        self.why = why
        self.said = feed_fault_in_english(code, values)
        super().__init__(self.said)


class TurnedAway(UnfitFeed):
    """The supplier whose items are read lets nobody in, and says so in words of its own."""

    def __init__(self, says: str) -> None:
        Exception.__init__(self, says)
        self.why = "shut"
        self.said = says


def kept(value: object, depth: int = 0) -> object:
    """What is kept of a wrong row: all of it that can be written down; of megabytes the beginning."""
    if isinstance(value, str):
        text = value if len(value) <= KEPT_LETTERS else f"{value[:KEPT_LETTERS]}… ({len(value):,} letters)"
        return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if depth >= KEPT_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {str(kept(str(key))): kept(each, depth + 1) for key, each in list(value.items())[:200]}
    if isinstance(value, list | tuple):
        return [kept(each, depth + 1) for each in value[:200]]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, int | float | bool) or value is None else str(value)[:KEPT_LETTERS]
