"""A template cut into words and what stands between `{{` and `}}`, in one walk over its characters.

No pattern is tried again from another place and nothing is looked ahead for, so a template of 8 KiB takes so
many steps, whatever is in it.
"""

from dataclasses import dataclass, field

from guerdon.text.templating.cleaning import is_steering
from guerdon.text.templating.mistakes import MISTAKES_MAX, Mistake

TEMPLATE_BYTES_MAX = 8 * 1024


@dataclass(frozen=True, slots=True)
class Fixed:
    """Words of the author, as they are; line and column of the first character, from 1."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Tag:
    """What stands between `{{` and `}}`, without spaces round it; line and column are those of `{{`."""

    inside: str
    line: int
    column: int


Piece = Fixed | Tag


def scan(text: str) -> tuple[list[Piece], list[Mistake]]:
    """Cut a template; what is wrong with its brackets and characters is told, and the rest is cut on."""
    if len(text) > TEMPLATE_BYTES_MAX or len(text.encode("utf-8", "surrogatepass")) > TEMPLATE_BYTES_MAX:
        what = f"a text is at most {TEMPLATE_BYTES_MAX // 1024} KiB long"
        return [], [Mistake(None, None, what, "shorten it, or lead to a page that tells the rest")]
    walk = _Walk(text)
    while walk.at < len(text):
        walk.step()
    walk.finish()
    return walk.pieces, walk.mistakes


@dataclass(slots=True)
class _Walk:
    text: str
    at: int = 0
    line: int = 1
    # Where the line begins that we are in.
    line_at: int = 0
    # Where the words begin that no piece has yet, and their place as people count.
    fixed_at: int = 0
    fixed_place: tuple[int, int] = (1, 1)
    # Where a tag was opened, None: outside of one.
    opened_at: int | None = None
    pieces: list[Piece] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)

    def step(self) -> None:
        character, pair = self.text[self.at], self.text[self.at : self.at + 2]
        if pair == "{{":
            self._open()
        elif pair == "}}":
            self._close()
        else:
            if pair == "{%":
                self._wrong(self.at, "`{%` means nothing here", "write {{#if name}} and {{/if}}")
            elif is_steering(character):
                self._refuse(character)
            elif character == "\n":
                self._end_line()
            self.at += 1

    def finish(self) -> None:
        if self.opened_at is not None:
            self._not_closed(self.opened_at)
        self._keep_words(len(self.text))

    def _open(self) -> None:
        if self.opened_at is not None:
            self._not_closed(self.opened_at)
        else:
            self._keep_words(self.at)
        self.opened_at = self.at
        self.at += 2

    def _close(self) -> None:
        if self.opened_at is None:
            self._wrong(self.at, "this }} closes nothing", "remove it, or write {{ before the name")
        else:
            line, column = self._place(self.opened_at)
            inside = self.text[self.opened_at + 2 : self.at].strip(" \t")
            self.pieces.append(Tag(inside, line, column))
            self.opened_at = None
            self.fixed_at = self.at + 2
            self.fixed_place = self._place(self.fixed_at)
        self.at += 2

    def _end_line(self) -> None:
        if self.opened_at is not None:
            self._not_closed(self.opened_at)
            self.opened_at = None
            self.fixed_at = self.at
            self.fixed_place = self._place(self.at)
        self.line += 1
        self.line_at = self.at + 1

    def _keep_words(self, end: int) -> None:
        if self.opened_at is None and end > self.fixed_at:
            self.pieces.append(Fixed(self.text[self.fixed_at : end], *self.fixed_place))

    def _refuse(self, character: str) -> None:
        if "\ud800" <= character <= "\udfff":
            what, hint = "half of a character", "write the whole character"
        else:
            what = f"an invisible character that steers what follows it, U+{ord(character):04X}"
            hint = "remove it; values keep their own direction by themselves"
        self._wrong(self.at, what, hint)

    def _not_closed(self, opened_at: int) -> None:
        self._wrong(opened_at, "this {{ is not closed in its line", "write }} behind the name")

    def _wrong(self, at: int, what: str, hint: str) -> None:
        if len(self.mistakes) < MISTAKES_MAX:
            self.mistakes.append(Mistake(*self._place(at), what, hint))

    def _place(self, at: int) -> tuple[int, int]:
        return self.line, at - self.line_at + 1
