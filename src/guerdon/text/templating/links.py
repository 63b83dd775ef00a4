"""Which addresses may stand in a message: https, and of the hosts that the program lists.

A mail program makes a link of whatever looks like an address, so what the author wrote out is judged by the
same rule as a value. An address is written whole or is a value: put together from both, nobody could judge it
before it is sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from guerdon.text.templating.mistakes import Mistake
from guerdon.text.templating.names import NAMES
from guerdon.text.templating.scanning import Fixed, Piece
from guerdon.values.destinations import PORTS, Destination, read_destination

ADDRESS_LENGTH_MAX = 2_000
_PRINTED = frozenset(map(chr, range(0x21, 0x7F)))
# What may stand behind an address without being of it.
_CLOSING = ")]}>*_\"'`\u201d\u201c\u2019\u00bb.,;:!?\u2026\u060c\u061b\u061f"
# What goes on in an address; whatever else stands in a word ends it.
_OF_ADDRESSES = "-_.~:/?#@%&=+"
# A program that opens one of these runs it, shows it as a page of its own, or writes a mail.
_SCHEMES = ("javascript:", "vbscript:", "data:", "file:", "blob:", "mailto:")
# Stands for a value, which is what no address may be made of.
_VALUE = "\N{OBJECT REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Links:
    """Where a message may lead: hosts by name, and the installation's own address as the operator set it."""

    hosts: frozenset[str] = frozenset()
    own: str = ""

    def fault(self, address: str) -> Mistake | None:
        """Say why a message may not lead there; None: it may."""
        found = read_destination(address.partition("#")[0], length_max=ADDRESS_LENGTH_MAX)
        if found is None or not set(address) <= _PRINTED or len(address) > ADDRESS_LENGTH_MAX:
            hint = "write it like https://www.nordlys.example/offers, other letters as %C3%BC"
            return Mistake(None, None, f"{_cut(address)} is no address", hint)
        if self._is_own(found):
            return None
        if found.scheme != "https" or found.port != PORTS["https"]:
            return Mistake(None, None, f"{_cut(address)} is not safe on its way", "write it with https://")
        if found.host.lower() not in self.hosts:
            hint = "add the host to `links:`, or remove the address"
            return Mistake(None, None, f"{_cut(found.host)} is no host of this program's links", hint)
        return None

    def _is_own(self, found: Destination) -> bool:
        own = read_destination(self.own)
        return own is not None and (found.scheme, found.host.lower(), found.port) == (
            own.scheme,
            own.host.lower(),
            own.port,
        )


@dataclass(slots=True)
class _Word:
    """Characters without a space between them; a value among them is one character.

    `follows_link`: the last value was a link. `sticks`: something behind a link would be read as more of it.
    """

    line: int
    column: int
    characters: list[str] = field(default_factory=list)
    follows_link: bool = False
    sticks: bool = False

    def add(self, character: str) -> None:
        self.characters.append(character)
        self.sticks = self.sticks or (self.follows_link and character not in _CLOSING)


def check_addresses(pieces: Sequence[Piece], links: Links) -> Iterator[Mistake]:
    """Find what a reader's program would make a link of, and say which of it may not be in there."""
    for word in _words(pieces):
        if word.sticks:
            hint = "leave a space behind it"
            yield Mistake(word.line, word.column, "what follows the link would become a part of it", hint)
        for fault in _faults("".join(word.characters), links):
            yield Mistake(word.line, word.column, fault.what, fault.hint)


def _words(pieces: Sequence[Piece]) -> Iterator[_Word]:
    word: _Word | None = None
    for piece in pieces:
        if isinstance(piece, Fixed):
            line, column = piece.line, piece.column
            for character in piece.text:
                if not character.isspace():
                    word = word or _Word(line, column)
                    word.add(character)
                elif word is not None:
                    yield word
                    word = None
                line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
        elif not piece.inside.startswith(("#", "/")):
            word = word or _Word(piece.line, piece.column)
            word.add(_VALUE)
            name = NAMES.get(piece.inside.partition("|")[0].strip())
            word.follows_link = name is not None and name.kind == "link"
    if word is not None:
        yield word


def _faults(word: str, links: Links) -> Iterator[Mistake]:
    for _, section in _runs(word, _OF_ADDRESSES):
        address = _address_in(section.strip(_CLOSING))
        fault = _judge(address, links) if address is not None else None
        if fault is not None:
            yield fault


def _judge(address: str, links: Links) -> Mistake | None:
    if _VALUE in address:
        what = "an address cannot be put together with values"
        return Mistake(None, None, what, "write the whole address, or {{link}}; else leave a space between")
    if address.count("://") == 1:
        return links.fault(address)
    if "://" in address:
        return Mistake(None, None, "two addresses in one", "leave a space between them, or remove one")
    if address.casefold().startswith(_SCHEMES):
        hint = "write an address with https://, or leave a space behind the colon"
        return Mistake(None, None, f"{_cut(address)} is no address that a message may have", hint)
    if links.fault(f"https://{address}") is None:
        return None
    hint = "add the host to `links:`; if it is no address, leave a space behind the point"
    return Mistake(None, None, f"{_cut(address)} would become a link", hint)


def _address_in(section: str) -> str | None:
    """The part that is an address, or would be taken for one."""
    before, slashes, _ = section.partition("://")
    if slashes:
        # Letters before it that cannot be of a scheme are not of the address.
        length = 0
        while length < len(before) and _may_be_in_scheme(before[-1 - length]):
            length += 1
        return section[len(before) - length :]
    if section.casefold().startswith(_SCHEMES):
        return section
    # What stands behind @ is where a mail goes, and leads nobody anywhere.
    return next((part for before, part in _runs(section, "-_.") if before != "@" and _is_host(part)), None)


def _runs(text: str, marks: str) -> Iterator[tuple[str, str]]:
    """The runs of letters, digits, values and these marks, each with the character before it."""
    before, start = "", 0
    for at, character in enumerate(text):
        if not (character.isalnum() or character == _VALUE or character in marks):
            if at > start:
                yield before, text[start:at]
            before, start = character, at + 1
    if start < len(text):
        yield before, text[start:]


def _may_be_in_scheme(character: str) -> bool:
    return character == _VALUE or (character.isascii() and (character.isalnum() or character in "+-."))


def _is_host(text: str) -> bool:
    """Whether it looks like a name with a country or the like at its end: `www.nordlys.example`."""
    labels = text.strip(".").split(".")
    last = labels[-1]
    if len(labels) < 2 or not all(labels):
        return False
    # A value may be anything, so with one in it the shape is enough.
    return _VALUE in text or last.startswith("xn--") or (len(last) >= 2 and last.isalpha())


def _cut(address: str) -> str:
    return address if len(address) <= 80 else f"{address[:80]}..."
