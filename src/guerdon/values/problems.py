"""An author's mistake, said so that the author can mend it: where, what is wrong, and a hint.

Mistakes are values, never exceptions, so that all of them can be shown at once. A place is a dotted
path in the program (`rules.booking.if`), because people look for names sooner than for line numbers.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake; `file` names a file beside the program (`locations.csv`) when the place is in there."""

    where: str
    line: int | None
    what: str
    hint: str = ""
    file: str = ""

    def __str__(self) -> str:
        at = " ".join(part for part in (self.file, f"line {self.line}" if self.line else "") if part)
        place = ", ".join(part for part in (at, self.where) if part)
        said = f"{place}: {self.what}" if place else self.what
        return f"{said}  ({self.hint})" if self.hint else said


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the nearest known word, or list a few, as the hint of a problem about an unknown word."""
    return written_hint(near_or_known(word, known))


def near_or_known(word: str, known: Iterable[str]) -> dict[str, str]:
    """The word that was probably meant, as `near`, or else a few that there are, as `known`."""
    words = set(known)
    near = near_word(word, words)
    return {"known": few_words(words)} if near is None else {"near": near}


def written_hint(found: Mapping[str, str]) -> str:
    """The hint that `near_or_known` found, in English."""
    if "near" in found:
        return f"did you mean {found['near']}?"
    return f"known: {found['known']}" if found["known"] else "none is declared"


def near_word(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    # A word of another case is the likeliest slip of all, and difflib does not see it.
    folded = {each.casefold(): each for each in sorted(set(known))}
    near = difflib.get_close_matches(word.casefold()[:200], folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def few_words(known: Iterable[str]) -> str:
    """The first few of some words, in their order."""
    words = sorted(set(known))
    return ", ".join(words[:12]) + (", ..." if len(words) > 12 else "")
