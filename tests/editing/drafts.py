"""A draft with a condition and a table in it, for the pages that change it."""

from html.parser import HTMLParser

from tests.approvals.doors import Doors, Visitor
from tests.approvals.house import PROGRAM

BEFORE = PROGRAM.read_text(encoding="utf-8")
LEVEL = "    level: { type: string, one_of: [basic, plus] }"
KIND = "      kind: { type: string, one_of: [new, used] }"
GIVES = "    promise: public\n    then:\n      - reward: { value: 100 PTS, pay_from: points }\n"
ASKS = "    if: \"member.level == 'plus' && (event.kind == 'new' || has(event.order_no))\"  # why so\n"
BY_KIND = """\
  order_kind:
    name: Kind
    when: order.placed
    promise: campaign
    then:
      - reward: { table: by_kind, pay_from: points }
"""
TABLES = """\
tables:
  by_kind:
    columns: [event.kind, member.level]
    rows:
      - [new, -, 30 PTS]  # the new ones
      - [used, plus, 20 PTS]
      - [used, basic, nothing]
"""
CHANGES = (
    ("sources: [crm]", f"sources: [crm]\n  attributes:\n{LEVEL}"),
    ("order_no: { type: string }", f"order_no: {{ type: string }}\n{KIND}"),
    (GIVES, ASKS + GIVES + BY_KIND),
    ("messages:\n", TABLES + "messages:\n"),
)


def with_changes(text: str = BEFORE) -> str:
    """The program of the approvals' house with more in it."""
    for old, new in CHANGES:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


TEXT = with_changes()
OWN = "{ columns: [member.level], rows: [[plus, 100 PTS], [basic, 1 PTS]] }"
WITH_OWN_TABLE = TEXT.replace("reward: { value: 100 PTS,", f"reward: {{ table: {OWN},")


def draft_with(doors: Doors, text: str = TEXT, name: str = "olga") -> tuple[Visitor, str]:
    """A draft that somebody wrote: they, and its address."""
    visitor = doors.visitor(name)
    answer = visitor.send("program", act="begin", version="1", title="Spring")
    there = answer["Location"].removeprefix(visitor.home)
    assert visitor.send(there, act="save", edition="1", title="Spring", text=text).status_code == 303
    return visitor, there


def text_of(doors: Doors) -> str:
    """The draft's text, as it is kept."""
    ((text,),) = doors.house.rows("select text from program_drafts order by id desc limit 1")
    return str(text)


class FormOf(HTMLParser):
    """What a browser would send of a page's editor, if nothing were changed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._inside = False
        self._select: tuple[str, list[str], list[str]] | None = None
        self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read a field."""
        told = {name: value or "" for name, value in attrs}
        self._inside = self._inside or told.get("class") == "editor"
        name = told.get("name", "")
        if not self._inside or "disabled" in told:
            return
        if tag == "input" and (told.get("type") != "checkbox" or "checked" in told):
            self.fields.setdefault(name, []).append(told.get("value", ""))
        elif tag == "textarea":
            self._area = name
            self.fields[name] = [""]
        elif tag == "select":
            self._select = (name, [], [])
        elif tag == "option" and self._select is not None:
            _, chosen, others = self._select
            (chosen if "selected" in told else others).append(told.get("value", ""))

    def handle_data(self, data: str) -> None:
        """Read the text of a field."""
        if self._area:
            self.fields[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        """Leave a field, or the form."""
        if tag == "textarea":
            self.fields[self._area][0] = self.fields[self._area][0].removeprefix("\n")
            self._area = ""
        elif tag == "select" and self._select is not None:
            name, chosen, others = self._select
            self.fields.setdefault(name, []).append((chosen or others or [""])[0])
            self._select = None
        elif tag == "form":
            self._inside = False


def fields_of(page: str, **changed: str | list[str]) -> dict[str, list[str]]:
    """The fields of a page's editor, some of them filled in otherwise; `__` stands for a point."""
    given: dict[str, list[str]] = {
        name.replace("__", "."): [value] if isinstance(value, str) else value
        for name, value in changed.items()
    }
    return {**FormOf(page).fields, **given}
