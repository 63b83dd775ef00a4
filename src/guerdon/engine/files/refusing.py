"""Why a row of a file is refused, as can be said in any language (`text/files/refused_rows.py`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from guerdon.text.catalogs import words
from guerdon.text.files.refused_rows import Said, refused_row_parts
from guerdon.values.problems import Problem
from guerdon.values.texts import FALLBACK_LANGUAGE

Why = Literal[
    # The file, and how a row is written.
    "not_utf8", "unreadable", "delimiter", "no_column", "column_twice", "unknown_column", "cells",
    "cell_long", "cell_control", "cell_empty",
    # Who a member is, and where.
    "unknown_source", "unknown_market", "unknown_location", "location_elsewhere", "no_language", "no_email",
    "no_phone", "forgotten",
    # What a cell of an attribute holds.
    "no_bool", "no_int", "no_string", "no_choice", "no_time",
    # Rates.
    "rates_header", "rates_none", "rates_many", "rates_cells", "day_to_come", "no_day", "unknown_unit",
    "same_unit", "no_rate", "no_source", "pair_twice", "rate_known",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal(Problem):
    """A problem of a row with what it is called, and the values that its texts name."""

    why: Why = "unreadable"
    said: Mapping[str, str | int] = field(default_factory=dict, hash=False)


def refused(where: str, line: int | None, why: Why, said: Said | None = None, **more: str | int) -> Refusal:
    """A row's refusal: of which column, in which line, for which reason."""
    values: dict[str, str | int] = {**(said or {}), **more}
    what, hint = refused_row_parts(words(FALLBACK_LANGUAGE, "reasons"), why, values)
    return Refusal(where, line, what, hint, why=why, said=values)


def known_as(found: Mapping[str, str]) -> dict[str, str]:
    """What `values.problems.near_or_known` found, as texts name it: `near`, or a `few` of them."""
    return {"near": found["near"]} if "near" in found else {"few": found["known"]}
