"""A form that was refused comes back with what was typed into it, whichever page shows it.

The page is made from what stands in the books; what was typed is put into the form that was sent, which is
known by where it leads and by what it says unasked. Where a colleague was first (409), what it says now
stands below each field that differs. Secrets and files are never put back, versions never changed.
"""

import re
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from guerdon.text.catalogs import words
from guerdon.text.pages import render_page
from guerdon.web.accounts.forms.kept import SECRETS
from guerdon.web.accounts.languages import locale_of

REFUSED = frozenset({400, 409, 422})
OVERTAKEN = 409
# Where what a page says begins; a word alone is an id, and was chosen rather than typed.
COLUMN = '<div class="column">'
# What is typed into; all other kinds of input are told, chosen, or nobody's to see.
_LINES = frozenset(
    {"text", "search", "email", "url", "tel", "number", "date", "time", "datetime-local", "month"}
)
_VALUE = re.compile(r'\s+value="[^"]*"')
_MARK = {"option": re.compile(r"\s+selected\b"), "input": re.compile(r"\s+checked\b")}


@dataclass(slots=True)
class Field:
    """A field of a form: its kind, its name, what stands in it, and where in the page it is."""

    kind: str
    name: str
    value: str
    start: int
    tag: str
    # Of a text: where it ends. Of a box or a choice: whether it is ticked.
    end: int = 0
    ticked: bool = False


@dataclass(slots=True)
class Form:
    """A form of a page: where it leads, what it says by itself, its fields, and what has to be open."""

    action: str
    told: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    closed: list[tuple[int, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Finds the forms of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._details: list[tuple[int, str, bool]] = []
        self._area: Field | None = None
        self._select = ""
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self.feed(text)

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        at, text = self._at(), self.get_starttag_text() or ""
        if tag == "details":
            self._details.append((at, text, "open" in said))
        elif tag == "form" and said.get("method", "").lower() == "post":
            closed = [(start, each) for start, each, is_open in self._details if not is_open]
            self._form = Form(said.get("action", ""), closed=closed)
            self.forms.append(self._form)
        elif self._form is not None:
            self._take(self._form, tag, said, (at, text))

    def _take(self, form: Form, tag: str, said: dict[str, str], where: tuple[int, str]) -> None:
        name, value, (at, text) = said.get("name", ""), said.get("value", ""), where
        if tag == "button" and name:
            form.buttons.append((name, value))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            form.fields.append(Field("option", self._select, value, at, text, ticked="selected" in said))
        elif tag == "textarea" and name:
            self._area = Field("textarea", name, "", at, text)
            form.fields.append(self._area)
        elif tag == "input" and name:
            kind = said.get("type", "text")
            if kind == "hidden":
                form.told.append((name, value))
            elif kind in {"checkbox", "radio"}:
                form.fields.append(
                    Field("input", name, said.get("value", "on"), at, text, ticked="checked" in said)
                )
            elif kind in _LINES:
                form.fields.append(Field("line", name, value, at, text))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self._details:
            self._details.pop()
        elif tag == "textarea" and self._area is not None:
            self._area.end, self._area = self._at(), None
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._form = None


def refilled(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """Put what was typed back into a form that was refused."""
    if request.method != "POST" or answer.status_code not in REFUSED or not isinstance(answer, HttpResponse):
        return answer
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return answer
    text = answer.content.decode()
    form = _sent(request, _Reader(text).forms)
    if form is not None:
        answer.content = _filled(request, answer.status_code, text, form).encode()
    else:
        answer.content = _shown_above(request, text).encode()
    return answer


def _shown_above(request: HttpRequest, text: str) -> str:
    """The page, which has the form no more, with what was typed above all else in it."""
    typed = [
        value
        for name, values in request.POST.lists()
        for value in values
        if name not in SECRETS and " " in value.strip()
    ]
    if not typed or COLUMN not in text:
        return text
    title = words(locale_of(request), "console").gettext("What you typed is still here")
    lines = "".join(f"<p><bdi>{escape(value)}</bdi></p>" for value in typed)
    return text.replace(
        COLUMN, f'{COLUMN}<div class="banner" role="note"><p>{escape(title)}</p>{lines}</div>', 1
    )


def _sent(request: HttpRequest, forms: list[Form]) -> Form | None:
    """The form of a page that was sent: it leads there, and says the same."""
    given = {(name, value) for name, values in request.POST.lists() for value in values}
    names = set(request.POST)
    rated: list[tuple[int, int]] = []
    for number, form in enumerate(forms):
        if urlsplit(form.action).path not in {"", request.path}:
            continue
        pressed = [button for button in form.buttons if button[0] in names]
        if pressed and not given & set(pressed):
            continue
        same = sum(
            3 if pair in given else -2 for pair in form.told if pair[0] in names - {"csrfmiddlewaretoken"}
        )
        typed = sum(
            1 if each.name in names else -1 for each in form.fields if each.kind in {"line", "textarea"}
        )
        rated.append((3 * len(pressed) + same + typed, -number))
    return forms[-max(rated)[1]] if rated else None


def _filled(request: HttpRequest, status: int, text: str, form: Form) -> str:
    turn: dict[str, int] = {}
    edits = [(at, at + len(tag), f"{tag[:-1]} open>") for at, tag in form.closed]
    for each in form.fields:
        # Of several fields of one name each has its own, in their order.
        place = turn[each.name] = turn.get(each.name, -1) + 1
        given, end = request.POST.getlist(each.name), each.start + len(each.tag)
        if each.kind in {"option", "input"}:
            if not given and each.kind == "option":
                continue
            bare = _MARK[each.kind].sub("", each.tag)
            mark = " selected" if each.kind == "option" else " checked"
            edits.append((each.start, end, f"{bare[:-1]}{mark}>" if each.value in given else bare))
            continue
        if place >= len(given) or given[place] == each.value.removeprefix("\n"):
            continue
        stands = each.value.removeprefix("\n")
        note = ""
        if status == OVERTAKEN and stands:
            note = render_page("console/forms/stands.html", locale_of(request), text=stands).strip()
        typed = escape(given[place])
        if each.kind == "line":
            edits.append((each.start, end, f'{_VALUE.sub("", each.tag)[:-1]} value="{typed}">{note}'))
        else:
            after = each.end + len("</textarea>")
            edits.append((end, after, f"\n{typed}</textarea>{note}"))
    for start, end, put in sorted(edits, reverse=True):
        text = text[:start] + put + text[end:]
    return text
