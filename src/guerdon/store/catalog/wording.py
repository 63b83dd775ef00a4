"""Under which words items are found: what the index of words holds of their names and texts.

`part` tells where a word stands and how it is written: `=` a form of it in a name or brand, `^` the first
letters of one, a language (`de`) its stem in a name, a language and a point (`de.`) in a description, `@`
not a word but the key of a category, `#` that of a kind.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from guerdon.store.catalog.stems import find_stems
from guerdon.store.database import Transaction
from guerdon.text.words import fold, forms, prefixes, split
from guerdon.values.texts import LANGUAGES, Text, text_in

NAME, PREFIX, CATEGORY, KIND = "=", "^", "@", "#"
NAME_LETTERS_MAX, ABOUT_LETTERS_MAX, SORTED_LETTERS = 200, 1_000, 40
AT_ONCE = 10_000


def stem_part(language: str, *, in_name: bool) -> str:
    """Where stems of a language stand."""
    return language if in_name else f"{language}."


def stems_of(stems: Mapping[tuple[str, str], str], language: str, word: str) -> set[str]:
    """Stems of a word as it is written and of its forms: who leaves accents out finds it, too."""
    found = [stems.get((language, word)), *(stems.get((language, form)) for form in forms(word))]
    return {fold(stem) for stem in found if stem}


def to_stem(language: str, words: Iterable[str]) -> Iterable[tuple[str, str]]:
    """What has to be asked to know the stems of words."""
    for word in words:
        yield language, word
        for form in forms(word):
            yield language, form


@dataclass(frozen=True, slots=True)
class Worded:
    """What is said of an item, and its number."""

    no: int
    names: Text
    abouts: Text
    brand: str
    category: str
    kind: str


@dataclass(slots=True)
class Words:
    """Words with the numbers of the items that have them.

    An item has hundreds: within, each word and where it stands is called by its place in a list, because a
    number is looked up several times faster than two texts.
    """

    _lists: list["array[int]"] = field(default_factory=list)
    # Takes a number into the list of the same place.
    _takes: list[Callable[[int], None]] = field(default_factory=list)
    _place: dict[tuple[str, str], int] = field(default_factory=dict)
    _stems: dict[tuple[str, str], str] = field(default_factory=dict)
    _asked: set[tuple[str, str]] = field(default_factory=set)
    _of_word: dict[str, dict[str, tuple[int, ...]]] = field(default_factory=dict)

    def add(self, tx: Transaction, items: Sequence[Worded]) -> None:
        """Take the words of items, so many at once."""
        for start in range(0, len(items), AT_ONCE):
            self._add(tx, items[start : start + AT_ONCE])

    def numbers(self) -> Mapping[tuple[str, str], "array[int]"]:
        """The numbers of those that have a word, by where it stands and the word, in the order given."""
        return dict(zip(self._place, self._lists, strict=True))

    def _add(self, tx: Transaction, items: Sequence[Worded]) -> None:
        # Many items say the same: each text is taken apart once.
        named, described = [_names_of(item) for item in items], [_abouts_of(item) for item in items]
        texts: dict[tuple[str, str], tuple[str, ...]] = {}
        for names, abouts in zip(named, described, strict=True):
            for said, letters in ((names, NAME_LETTERS_MAX), (abouts, ABOUT_LETTERS_MAX)):
                for at in said:
                    if at not in texts:
                        texts[at] = tuple(dict.fromkeys(split(at[1], letters)))
        self._learn(tx, texts)
        places = {at: self._places_of(at[0], words) for at, words in texts.items()}
        takes = self._takes
        for item, names, abouts in zip(items, named, described, strict=True):
            no = item.no
            # A word may stand in names of several languages; stems of a description are of its own alone.
            met = set().union(*[places[at] for at in names])
            met.add(self._place_of((CATEGORY, item.category)))
            met.add(self._place_of((KIND, item.kind)))
            for at in abouts:
                for place in places[at]:
                    takes[place](no)
            for place in met:
                takes[place](no)

    def _place_of(self, key: tuple[str, str]) -> int:
        place = self._place.setdefault(key, len(self._lists))
        if place == len(self._lists):
            self._lists.append(array("I"))
            self._takes.append(self._lists[place].append)
        return place

    def _learn(self, tx: Transaction, texts: Mapping[tuple[str, str], Sequence[str]]) -> None:
        words: dict[str, set[str]] = {}
        for (part, _), said in texts.items():
            words.setdefault(part.removesuffix("."), set()).update(said)
        wanted = {each for language, some in words.items() for each in to_stem(language, some)}
        wanted -= self._asked
        self._asked |= wanted
        self._stems |= find_stems(tx, wanted)

    def _places_of(self, part: str, words: Iterable[str]) -> set[int]:
        known = self._of_word.setdefault(part, {})
        try:
            return set().union(*map(known.__getitem__, words))
        except KeyError:
            # Words repeat: few texts bring one that was not met before.
            for word in words:
                if word not in known:
                    known[word] = tuple([self._place_of(key) for key in self._keys_of_word(part, word)])
            return set().union(*map(known.__getitem__, words))

    def _keys_of_word(self, part: str, word: str) -> Iterable[tuple[str, str]]:
        if not part.endswith("."):
            for form in forms(word):
                yield NAME, form
                for beginning in prefixes(form):
                    yield PREFIX, beginning
        if part:
            for stem in stems_of(self._stems, part.removesuffix("."), word):
                yield part, stem


def sorted_names(names: Text) -> list[str]:
    """A name in each language, as it is sorted."""
    said = [text_in(names, language) for language in LANGUAGES]
    found = {text: _as_sorted(text) for text in said}
    return [found[text] for text in said]


def _as_sorted(name: str) -> str:
    words = split(name, SORTED_LETTERS)
    said = " ".join(words)
    # Of such letters each word is folded as it is.
    return said if said.isascii() and "'" not in said else " ".join([fold(word) for word in words])


def _names_of(item: Worded) -> list[tuple[str, str]]:
    # A brand is called the same everywhere.
    found = [("", item.brand)] if item.brand else []
    return found + [(stem_part(language, in_name=True), text) for language, text in item.names.items()]


def _abouts_of(item: Worded) -> list[tuple[str, str]]:
    return [(stem_part(language, in_name=False), text) for language, text in item.abouts.items()]
