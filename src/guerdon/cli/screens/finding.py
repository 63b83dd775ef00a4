"""Which pages there are: found by following links from a first one, one for each row of the routes."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urldefrag, urlsplit

# What Django's converters take.
TAKEN: Mapping[str, str] = {
    "int": "[0-9]+",
    "slug": "[-a-zA-Z0-9_]+",
    "str": "[^/]+",
    "path": ".+",
}
_PLACE = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
_NAMED = re.compile(r"\(\?P<\w+>")
# So many pages of a row are opened: the first may lead nowhere.
OPENED_MAX = 4
# Of a row that is shown already fewer do: they only lead on.
PASSED_MAX = 2


@dataclass(frozen=True, slots=True)
class Page:
    """What is at an address: whether it is a page for people, and where its links lead."""

    is_page: bool
    links: Sequence[str] = ()


@dataclass(slots=True)
class Found:
    """Pages by the row of the routes that answers for them, and rows of which none was found."""

    pages: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


@lru_cache(maxsize=1)
def _reading(patterns: tuple[str, ...]) -> list[tuple[str, re.Pattern[str]]]:
    return [(pattern, re.compile(as_regex(pattern))) for pattern in patterns]


def as_regex(pattern: str) -> str:
    """A row's address as a regular expression for the whole of a path without its first slash."""
    if pattern.startswith((r"\A", r"(?s)\A")):
        return pattern
    parts, at = [], 0
    for place in _PLACE.finditer(pattern):
        parts += [re.escape(pattern[at : place.start()]), TAKEN[place["kind"] or "str"]]
        at = place.end()
    return rf"\A{''.join(parts)}{re.escape(pattern[at:])}\Z"


def row_of(patterns: Iterable[str], path: str) -> str | None:
    """The row that answers for a path: the first one that takes it, as the web asks them."""
    taken = (pattern for pattern, read in _reading(tuple(patterns)) if read.match(path.removeprefix("/")))
    return next(taken, None)


def find_pages(
    patterns: Sequence[str],
    wanted: Sequence[str],
    first: Sequence[str],
    look: Callable[[str], Page],
    through: Sequence[str] = (),
) -> Found:
    """Follow links until each wanted row has a page, or no link leads anywhere new.

    `patterns` are all rows in their order, `wanted` those to be shown, `first` the paths to begin with;
    `look` opens a path; `through` are rows whose pages lead on, and are shown already.
    """
    found, ahead, seen = Found(), deque(first), set(first)
    opened: dict[str, int] = {}
    follows, sought = {*wanted, *through}, set(wanted)
    while ahead and sought:
        path = ahead.popleft()
        row = row_of(patterns, urlsplit(path).path)
        at_most = OPENED_MAX if row in wanted else PASSED_MAX
        if row is None or row not in follows or opened.get(row, 0) >= at_most:
            continue
        opened[row] = opened.get(row, 0) + 1
        page = look(path)
        if not page.is_page:
            continue
        if row in sought:
            sought.remove(row)
            found.pages[row] = path
        for link in page.links:
            plain = urldefrag(link).url
            bare = urlsplit(plain).path
            # Filters show the page again; the page itself is one address.
            if bare not in seen:
                seen.add(bare)
                ahead.append(bare)
    found.missing = [row for row in wanted if row not in found.pages]
    return found


def file_name(row: str) -> str:
    """A row's name as a file's: its words, and what varies by its name."""
    plain = _NAMED.sub("", row.removeprefix("(?s)"))
    plain = plain.replace(r"\A", "").replace(r"\Z", "").replace("[^/]*)", "one").replace(".*)", "one")
    plain = _PLACE.sub(lambda place: place["name"], plain).replace("\\", "")
    return re.sub(r"[^a-zA-Z0-9]+", "-", plain).strip("-") or "start"
