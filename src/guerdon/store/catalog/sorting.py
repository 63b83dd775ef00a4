"""About where a name stands among all of a catalog: so that few are read to put a page in order.

Some of the names, evenly chosen when all are numbered, divide the others: what a name says here is behind how
many of them it comes. Names that come later fall between the same ones, so this is true for ever, however
uneven the parts become: what falls into one part is put in order by its names.
"""

from bisect import bisect_right
from collections.abc import Sequence

from guerdon.values.texts import LANGUAGES

# Behind so many names at most, in each language: six times ten bits are one number.
BITS = 10
SPLITS_MAX = (1 << BITS) - 1
# No sorted name has it within, so a language's are kept as one text.
BETWEEN = "\n"
Splits = Sequence[Sequence[str]]


def split_names(names: Sequence[Sequence[str]]) -> Splits:
    """Names that divide these, each given in all languages, into parts of about the same size."""
    found = []
    for n in range(len(LANGUAGES)):
        ordered = sorted({each[n] for each in names})
        step = max(1.0, len(ordered) / (SPLITS_MAX + 1))
        places = (int(part * step) for part in range(1, SPLITS_MAX + 1))
        found.append([ordered[at] for at in places if at < len(ordered)])
    return found


def name_at(splits: Splits, names: Sequence[str]) -> int:
    """Behind how many of them a name comes, the languages in one number; nought where there are none."""
    return sum(
        bisect_right(each, name) << BITS * n
        for n, (each, name) in enumerate(zip(splits, names, strict=False))
    )


def splits_kept(splits: Splits) -> list[str]:
    """As the database keeps them: a text a language."""
    return [BETWEEN.join(each) for each in splits]


def splits_read(kept: Sequence[str]) -> Splits:
    """The same, read."""
    return [each.split(BETWEEN) if each else [] for each in kept]
