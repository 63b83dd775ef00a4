"""A template read and checked: text, `{{name}}`, `{{name|filter}}` and `{{#if name}}...{{/if}}`, no more.

There are no loops, no attributes and no nesting, so a template takes no longer than its text and says nothing
that its message does not declare. All mistakes are found in one run.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from guerdon.text.templating.filters import FILTERS, USUAL, filters_of
from guerdon.text.templating.links import Links, check_addresses
from guerdon.text.templating.mistakes import MISTAKES_MAX, Mistake, first_ones
from guerdon.text.templating.names import NAMES, Name
from guerdon.text.templating.scanning import Fixed, Piece, Tag, scan
from guerdon.values.problems import did_you_mean, few_words, near_word

_CUT = 40
# What authors know from elsewhere, by how it begins.
_SLIPS = (
    ("{", "a value is written safely wherever it stands", "write two braces: {{name}}"),
    ("&", "a value is always written safely", "write {{name}}"),
    ("else", "there is no else", "write the text so that it reads well without, or two blocks"),
    ("#else", "there is no else", "write the text so that it reads well without, or two blocks"),
    ("^", "there is no else", "write the text so that it reads well without, or two blocks"),
    ("#each", "there are no loops", "lead to a page that lists them"),
    ("#for", "there are no loops", "lead to a page that lists them"),
    ("#", "only {{#if name}} asks for something", "write {{#if name}}...{{/if}}"),
    ("/", "only {{/if}} ends something", "write {{/if}}"),
    ("if ", "{{if}} means nothing", "write {{#if name}}"),
    ("end", "{{end}} means nothing", "write {{/if}}"),
    (">", "a text takes in no other", "write its words here"),
    ("!", "comments are not for texts", "remove it; the program's file takes # comments"),
)


@dataclass(frozen=True, slots=True)
class Print:
    """A value, as its filter writes it; an empty filter: text as it is."""

    name: Name
    filter: str


@dataclass(frozen=True, slots=True)
class Block:
    """What is only there if the name has a value."""

    name: Name
    parts: "tuple[str | Print, ...]"


Part = str | Print | Block


@dataclass(frozen=True, slots=True)
class Template:
    """A checked template; `printed` are the names whose values it shows, `asked` those of its blocks."""

    parts: tuple[Part, ...]
    printed: frozenset[str]
    asked: frozenset[str]


def parse_template(text: str, declared: Collection[str], links: Links) -> Template | list[Mistake]:
    """Read a template of a message that declares these names, or give its mistakes, in their order.

    At most 20 are given. `links` are the addresses that its author may write out.
    """
    pieces, found = scan(text.replace("\r\n", "\n"))
    reading = _Reading(frozenset(declared))
    for piece in _on_own_lines(pieces):
        # Nobody reads more mistakes, and looking for the nearest name takes its time.
        if len(reading.found) < MISTAKES_MAX:
            reading.take(piece)
    reading.finish()
    addresses = islice(check_addresses(pieces, links), MISTAKES_MAX)
    return first_ones([*found, *reading.found, *addresses]) or reading.template()


def _on_own_lines(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """A tag of a block that has its line to itself takes the line with it."""
    for number, piece in enumerate(pieces):
        if isinstance(piece, Tag):
            yield piece
            continue
        text = piece.text
        if _is_alone(pieces, number - 1):
            text = text.partition("\n")[2]
        if _is_alone(pieces, number + 1):
            text = text.rstrip(" \t")
        if text:
            yield Fixed(text, piece.line, piece.column)


def _is_alone(pieces: Sequence[Piece], number: int) -> bool:
    if not 0 <= number < len(pieces):
        return False
    tag = pieces[number]
    if not isinstance(tag, Tag) or not tag.inside.startswith(("#", "/")):
        return False
    before = pieces[number - 1] if number else None
    after = pieces[number + 1] if number + 1 < len(pieces) else None
    return _ends_a_line(before) and _begins_a_line(after)


def _ends_a_line(piece: Piece | None) -> bool:
    if piece is None:
        return True
    if isinstance(piece, Tag):
        return False
    _, line_end, rest = piece.text.rpartition("\n")
    return not rest.strip(" \t") and (bool(line_end) or (piece.line, piece.column) == (1, 1))


def _begins_a_line(piece: Piece | None) -> bool:
    if piece is None:
        return True
    if isinstance(piece, Tag):
        return False
    rest, line_end, _ = piece.text.partition("\n")
    return not rest.strip(" \t") and bool(line_end)


@dataclass(slots=True)
class _Reading:
    declared: frozenset[str]
    found: list[Mistake] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    # The block that is open: its tag, its name if that is one, and what is in it so far.
    opened: Tag | None = None
    about: Name | None = None
    inner: list[str | Print] = field(default_factory=list)
    # How many were opened inside of it; their ends are no mistakes of their own.
    inside: int = 0

    def take(self, piece: Piece) -> None:
        if isinstance(piece, Fixed):
            self._add(piece.text)
        elif piece.inside.startswith("#if") and piece.inside[3:4] in ("", " ", "\t"):
            self._open(piece)
        elif piece.inside == "/if":
            self._close(piece)
        else:
            self._print(piece)

    def finish(self) -> None:
        if self.opened is not None:
            self._wrong(self.opened, "this {{#if}} has no end", "write {{/if}} where its text ends")

    def template(self) -> Template:
        printed, asked = set(), set()
        for part in self.parts:
            if isinstance(part, Block):
                asked.add(part.name.key)
            for each in part.parts if isinstance(part, Block) else (part,):
                if isinstance(each, Print):
                    printed.add(each.name.key)
        return Template(tuple(self.parts), frozenset(printed), frozenset(asked))

    def _add(self, part: str | Print) -> None:
        if self.opened is not None:
            self.inner.append(part)
        else:
            self.parts.append(part)

    def _open(self, tag: Tag) -> None:
        if self.opened is not None:
            hint = f"end the one of line {self.opened.line} with {{{{/if}}}} before"
            self._wrong(tag, "a {{#if}} inside of another", hint)
            self.inside += 1
            return
        self.opened, self.inner = tag, []
        self.about = self._name(tag, tag.inside[3:].strip(" \t"), "{{#if reward.ends}}")

    def _close(self, tag: Tag) -> None:
        if self.opened is None:
            self._wrong(tag, "this {{/if}} ends nothing", "remove it, or write {{#if name}} before its text")
            return
        if self.inside:
            self.inside -= 1
            return
        if self.about is not None:
            self.parts.append(Block(self.about, tuple(self.inner)))
        self.opened = self.about = None

    def _print(self, tag: Tag) -> None:
        for beginning, what, hint in _SLIPS:
            if tag.inside.startswith(beginning) and tag.inside not in NAMES:
                self._wrong(tag, what, hint)
                return
        key, bar, filter_key = (each.strip(" \t") for each in tag.inside.partition("|"))
        name = self._name(tag, key, "{{reward.value}}")
        if name is None:
            return
        chosen = self._filter(tag, name, filter_key) if bar else USUAL.get(name.kind, "")
        if chosen is None:
            return
        if name.may_miss and (self.about is None or self.about.key != name.key):
            self._not_asked_for(tag, name)
        self._add(Print(name, chosen))

    def _not_asked_for(self, tag: Tag, name: Name) -> None:
        if self.opened is None:
            hint = f"write {{{{#if {name.key}}}}} before and {{{{/if}}}} behind what only makes sense with it"
        else:
            hint = f"end the block of line {self.opened.line} first, and ask with {{{{#if {name.key}}}}}"
        self._wrong(tag, f"{name.key} may be missing, and then there is a hole", hint)

    def _name(self, tag: Tag, key: str, example: str) -> Name | None:
        name = NAMES.get(key)
        if not key:
            self._wrong(tag, "here is no name", f"write it like {example}")
        elif name is None and key.partition(" ")[0] in NAMES:
            hint = f"write it like {example} or {{{{reward.ends|day}}}}"
            self._wrong(tag, f"{_cut(key)} is more than a name", hint)
        elif name is None:
            near = near_word(key, NAMES)
            known = few_words(self.declared) or "none, this message declares no `data:`"
            self._wrong(
                tag, f"unknown name {_cut(key)}", f"did you mean {near}?" if near else f"known: {known}"
            )
        elif key not in self.declared:
            self._wrong(tag, f"this message does not declare {key}", f"add {key} to its `data:`")
            return None
        return name

    def _filter(self, tag: Tag, name: Name, key: str) -> str | None:
        fitting = filters_of(name.kind)
        if key in fitting:
            return key
        hint = f"{name.key} is a {name.kind}: {few_words(fitting) or 'write it without a filter'}"
        if key in FILTERS:
            self._wrong(tag, f"{key} is no filter for {name.key}", hint)
        elif key:
            self._wrong(tag, f"unknown filter {_cut(key)}", did_you_mean(key, FILTERS))
        else:
            self._wrong(tag, "here is no filter behind |", hint)
        return None

    def _wrong(self, tag: Tag, what: str, hint: str) -> None:
        self.found.append(Mistake(tag.line, tag.column, what, hint))


def _cut(text: str) -> str:
    return text if len(text) <= _CUT else f"{text[:_CUT]}..."
