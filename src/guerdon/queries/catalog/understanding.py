"""What was typed, as the index of words understands it: each word by its forms, its stems and its beginning.

A word that nobody uses is taken for the nearest one that somebody does. What is found is a byte for each
number of an item: 0 where something is missing, else 1 to 3, the more the better it is what was typed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from guerdon.program.model import Program
from guerdon.store import arrays
from guerdon.store.catalog.stems import find_stems
from guerdon.store.catalog.wording import CATEGORY, KIND, NAME, PREFIX, stem_part, stems_of, to_stem
from guerdon.store.database import Transaction
from guerdon.text.kinds import kind_names
from guerdon.text.words import (
    PREFIX_LETTERS_MAX,
    WORDS_MAX,
    fold,
    forms,
    grams,
    in_place_of,
    nearest,
    split,
)
from guerdon.values.postings import in_all, merged
from guerdon.values.texts import FALLBACK_LANGUAGE

# Names of categories and kinds are the same ones again and again.
NAMES_KEPT = 4_096
# A word of which so many others begin is found by those that stand first.
BEGUN_MAX = 300
NEAR_MAX = 60
Key = tuple[str, str]
# Each list of numbers by the chunk that it is of.
Lists = Mapping[Key, Sequence[tuple[int, bytes]]]


@dataclass(frozen=True, slots=True)
class Understood:
    """What was typed: a byte for each number; None: nothing was said, everything fits."""

    program_id: int
    stamp: int
    fits: bytes | None
    meant: str | None


@dataclass(frozen=True, slots=True)
class _Looked:
    """Where a word is looked for, the best first: as it is written, begun or meant, anywhere."""

    exact: frozenset[Key]
    named: frozenset[Key]
    told: frozenset[Key]

    @property
    def keys(self) -> frozenset[Key]:
        return self.exact | self.named | self.told


@dataclass(frozen=True, slots=True)
class _Called:
    """A category or kind by the words of its name: all their forms, and all their stems."""

    key: Key
    forms: frozenset[str]
    stems: frozenset[str]


def understand(tx: Transaction, program: Program, language: str, text: str) -> Understood:
    """Look the words up."""
    language = language.partition("-")[0]
    row = tx.execute(
        """
        select p.id, coalesce(n.next_no, 0), coalesce(n.stamp, 0)
        from (select this_program() as id) p left join shelf_numbers n on n.program_id = p.id
        """
    ).fetchone()
    assert row is not None
    program_id, size, stamp = row
    words = split(text)[:WORDS_MAX]
    # Signs alone are as good as nothing.
    if not words:
        return Understood(program_id, stamp, None, None)
    stems = find_stems(tx, _to_stem(program, language, words))
    typing = not text[-1:].isspace()
    words = _telling(words, language, stems, typing=typing)
    called = _names_called(program, language, stems)
    looked = [_look(called, language, stems, word) for word in words]
    lists, begun = _read_lists(tx, looked, forms(words[-1]) if typing else ())
    meant: list[str | None] = [None] * len(words)
    for n, each in enumerate(looked):
        if not any(key in lists for key in each.keys) and not (begun and n == len(words) - 1):
            meant[n] = _find_meant(tx, words[n])
    if any(meant):
        better = [new or old for old, new in zip(words, meant, strict=True)]
        stems |= find_stems(tx, _to_stem(program, language, better))
        looked = [_look(called, language, stems, word) for word in better]
        lists, again = _read_lists(tx, looked, ())
        begun = again if meant[-1] else begun
    fits = _levels(looked, lists, begun, size)
    return Understood(program_id, stamp, fits, in_place_of(words, meant))


def _to_stem(program: Program, language: str, words: Sequence[str]) -> Iterable[Key]:
    names = [word for name in _named(program, language).values() for word in _words_of(name)]
    for spoken in dict.fromkeys((language, FALLBACK_LANGUAGE)):
        yield from to_stem(spoken, [*words, *(names if spoken == language else ())])


def _telling(words: list[str], language: str, stems: Mapping[Key, str], *, typing: bool) -> list[str]:
    """The words that say something: not `for` and `the`, unless there is nothing else, or one still types."""
    last = len(words) - 1
    found = [word for n, word in enumerate(words) if (language, word) in stems or (typing and n == last)]
    return found or words


def _look(called: Sequence[_Called], language: str, stems: Mapping[Key, str], word: str) -> _Looked:
    exact = {(form, NAME) for form in forms(word)}
    named, told = set(exact), set()
    for spoken in dict.fromkeys((language, FALLBACK_LANGUAGE)):
        for stem in stems_of(stems, spoken, word):
            named.add((stem, stem_part(spoken, in_name=True)))
            told.add((stem, stem_part(spoken, in_name=False)))
    said, stem_said = set(forms(word)), stems_of(stems, language, word)
    named |= {
        each.key for each in called if not (said.isdisjoint(each.forms) and stem_said.isdisjoint(each.stems))
    }
    return _Looked(frozenset(exact), frozenset(named), frozenset(told))


def _named(program: Program, language: str) -> Mapping[Key, str]:
    """Categories, as the program calls them, and kinds, by their names in a language."""
    categories = {(key, CATEGORY): kind.name.get(language, "") for key, kind in program.catalog.kinds.items()}
    return categories | {(kind, KIND): name for kind, name in kind_names(language).items()}


@lru_cache(maxsize=NAMES_KEPT)
def _words_of(name: str) -> tuple[str, ...]:
    return tuple(split(name))


def _names_called(program: Program, language: str, stems: Mapping[Key, str]) -> Sequence[_Called]:
    """What categories and kinds are called."""
    return [
        _Called(
            key,
            frozenset(form for word in _words_of(name) for form in forms(word)),
            frozenset(stem for word in _words_of(name) for stem in stems_of(stems, language, word)),
        )
        for key, name in _named(program, language).items()
    ]


def _read_lists(
    tx: Transaction, looked: Sequence[_Looked], typed: Sequence[str]
) -> tuple[Lists, Sequence[tuple[int, bytes]]]:
    """The lists of all keys; and those of words that begin with what is being typed."""
    keys = sorted({key for each in looked for key in each.keys})
    short = [form for form in typed if len(form) <= PREFIX_LETTERS_MAX]
    long = [form for form in typed if len(form) > PREFIX_LETTERS_MAX]
    # The key is compared as a whole in each branch: by it the rows are found.
    rows = tx.execute(
        """
        select w.word, w.part, w.chunk, w.nos, false
        from unnest(%(words)s::text::text[], %(parts)s::text::text[]) k (word, part)
        join shelf_words w on w.program_id = (select this_program()) and w.word = k.word and w.part = k.part
        union all
        select word, part, chunk, nos, true from shelf_words
        where program_id = (select this_program()) and part = %(prefix)s
          and word = any(%(short)s::text::text[])
        union all
        select l.*, true from unnest(%(long)s::text::text[]) b (begin), lateral (
          select word, part, chunk, nos from shelf_words
          where program_id = (select this_program()) and part = %(name)s
            and word >= begin collate "C" and word < begin || %(end)s collate "C"
          limit %(most)s) l
        """,
        {
            "words": arrays.texts(word for word, _ in keys),
            "parts": arrays.texts(part for _, part in keys),
            "prefix": PREFIX,
            "short": arrays.texts(short),
            "name": NAME,
            "long": arrays.texts(long),
            "end": "\U0010ffff",
            "most": BEGUN_MAX,
        },
    ).fetchall()
    found: dict[Key, list[tuple[int, bytes]]] = {}
    begun = []
    for word, part, chunk, nos, is_begun in rows:
        if is_begun:
            begun.append((chunk, nos))
        else:
            found.setdefault((word, part), []).append((chunk, nos))
    return found, begun


def _levels(looked: Sequence[_Looked], lists: Lists, begun: Sequence[tuple[int, bytes]], size: int) -> bytes:
    """How well each number fits: by how many of the three degrees all words are met."""
    exact, named, told = [], [], []
    for n, each in enumerate(looked):
        last = begun if n == len(looked) - 1 else ()
        by_form = merged(_lists_of(lists, each.exact), size)
        by_name = _either(by_form, merged([*_lists_of(lists, each.named - each.exact), *last], size))
        exact.append(by_form)
        named.append(by_name)
        told.append(_either(by_name, merged(_lists_of(lists, each.told), size)))
    levels = in_all(exact, size) + in_all(named, size) + in_all(told, size)
    return levels.to_bytes(size, "little")


def _lists_of(lists: Lists, keys: Iterable[Key]) -> Iterable[tuple[int, bytes]]:
    for key in keys:
        yield from lists.get(key, ())


def _either(one: bytes, other: bytes) -> bytes:
    both = int.from_bytes(one, "little") | int.from_bytes(other, "little")
    return both.to_bytes(len(one), "little")


def _find_meant(tx: Transaction, word: str) -> str | None:
    """The word of a name that is nearest to one that nobody uses."""
    form = fold(word)
    parts = grams(form)
    rows = tx.execute(
        """
        select word, n from (
          select word, count(*) as n from shelf_grams g, unnest(g.words) word
          where g.program_id = (select this_program()) and g.gram = any(%(grams)s::text::text[])
          group by word) c
        where length(word) between %(letters)s - 2 and %(letters)s + 2
        order by n::float8 / (%(many)s + length(word)) desc, word limit %(most)s
        """,
        {"grams": arrays.texts(parts), "many": len(parts), "letters": len(form), "most": NEAR_MAX},
    ).fetchall()
    return nearest(form, rows)
