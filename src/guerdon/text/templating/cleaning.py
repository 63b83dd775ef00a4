"""What is taken out of a value before it goes anywhere, and how it is kept apart from what stands round it.

A value is one line of text that somebody else wrote. Emoji, combining marks and names from right to left stay
as they are; what could steer a terminal, a mail program or the direction of the text round it does not.
"""

import re
import unicodedata

VALUE_LENGTH_MAX = 500
# No mark stands on more marks than that unless somebody plays.
_STEPS_BACK_MAX = 40

# Controls and what only Unicode calls the end of a line; a line feed in a value becomes a space.
CONTROLS = "\x00-\x1f\x7f-\x9f\u2028\u2029"
# Marks, embeddings, overrides and isolates: each turns what follows it.
TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# What is no character: halves of pairs, and the codes that Unicode keeps free.
_NO_CHARACTERS = "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff" + "".join(
    f"{chr(plane * 0x10000 + 0xFFFE)}-{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17)
)
_CONTROLS = re.compile(f"[{CONTROLS}]+")
_REMOVED = re.compile(f"[{TURNING}{_NO_CHARACTERS}]+")
_TURNING = re.compile(f"[{TURNING}]+")
_SPACES = re.compile(rf"[\s{CONTROLS}]+")
# A dot with a letter at its side joins two words to an address, for whatever reads the mail; so do dots of
# other scripts. Between two digits it belongs to a number.
_DOT = "[.\u3002\uff0e\uff61]"
_JOINING_DOT = re.compile(rf"(?<=\d)({_DOT})(?=[^\W\d_])|(?<=[^\s\d])({_DOT})(?=\w)")
# What an author has no use for; a lone mark of direction is how Arabic texts are mended.
_STEERING = frozenset(
    chr(code)
    for first, last in (
        *((0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x9F), (0x2028, 0x2029), (0x202A, 0x202E)),
        *((0x2066, 0x2069), (0xD800, 0xDFFF), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xFFFE, 0xFFFF)),
    )
    for code in range(first, last + 1)
)
_ISOLATE, _END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_JOINER = "\N{ZERO WIDTH JOINER}"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def clean_value(value: str) -> str:
    """One line without controls, without marks that turn the text, at most 500 characters long."""
    # Cut before it is searched: nobody knows how long a value is that came from outside.
    kept = value[: 4 * VALUE_LENGTH_MAX]
    return _cut(_REMOVED.sub("", _CONTROLS.sub(" ", kept)).strip())


def is_steering(character: str) -> bool:
    """Whether an author's text may not have this character; marks of one direction (U+200E, ...) it may."""
    return character in _STEERING


def without_addresses(value: str, *, outside: bool) -> str:
    """The same words, but nothing that a mail program would make a link of.

    Somebody's name is shown to others; `https://evil.example` as a name must not lead there. In what people
    outside wrote, no dot joins two letters, since no name needs that; an item may be called Amazon.de, and
    loses its dots only where it says more of an address.
    """
    apart = value.replace("://", ": //")
    joined = not outside and "/" not in value and "www." not in value.casefold()
    return apart if joined else _JOINING_DOT.sub(r"\1\2 ", apart)


def isolated(value: str, direction: str) -> str:
    """The value with its own direction, where some of it runs the other way than the text round it."""
    other = ("R", "AL") if direction == "ltr" else ("L",)
    turned = any(unicodedata.bidirectional(character) in other for character in value)
    return f"{_ISOLATE}{value}{_END}" if turned else value


def one_line(text: str) -> str:
    """A text as a header takes it: one line, one space between words, nothing that turns it."""
    return _SPACES.sub(" ", _TURNING.sub("", text)).strip()


def shown_length(text: str) -> int:
    """How many characters people see: marks on others and what joins them are not counted."""
    return sum(unicodedata.category(character) not in ("Mn", "Me", "Cf") for character in text)


def _cut(value: str) -> str:
    if len(value) <= VALUE_LENGTH_MAX:
        return value
    end = VALUE_LENGTH_MAX - 1
    least = end - _STEPS_BACK_MAX
    # A letter keeps its marks, and an emoji of several parts stays whole or goes.
    while end > least and (_hangs_on(value[end]) or value[end - 1] == _JOINER):
        end -= 1
    return f"{value[:end].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def _hangs_on(character: str) -> bool:
    return (
        unicodedata.category(character).startswith("M")
        or character == _JOINER
        or ord(character) in _SKIN_TONES
    )
