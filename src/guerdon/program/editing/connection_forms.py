"""A connection's declaration as a form: rows of what changes mean, and what a filled-in form declares.

What a form did not change is written as it was, and what it does not show stays: reading a declaration and
writing it back gives the same one, whatever it says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from guerdon.program.editing.rule_forms import in_order
from guerdon.program.editing.spans import Plain
from guerdon.program.editing.wording import in_flow

Shown = TypeVar("Shown")
Section = Literal["map", "deals"]
Pairs = tuple[tuple[str, str], ...]
SECTIONS: tuple[Section, ...] = ("map", "deals")
PLACES = ("market", "language", "location")
KEYS = (
    *("vendor", "portal", "secret", "subject", "api", "journal", "map", "ignore", "contacts", "deals"),
    *("action", "write"),
)
CONTACT_KEYS = (*PLACES, "attributes", "name", "email", "phone")
CHANGE_KEYS = ("property", "value", "event", "fields", "contact")
# More rows, or more values of a property, are no form any more; the text has them.
ROWS_MAX, VALUES_MAX = 60, 100
# What fills a field where it is the new value itself.
VALUE = "value"


@dataclass(frozen=True, slots=True)
class Change:
    """A row: which property, having become what, is which event; empty texts are lines that are not there.

    `fields` says what fills the event's. `place` is where it stands among the rows, -1 for a new one, and
    `text` what a row of a form cannot show, as it is written.
    """

    property: str = ""
    value: str = ""
    event: str = ""
    fields: Pairs = ()
    contact: str = ""
    place: int = field(default=-1, compare=False)
    text: str = ""

    def is_blank(self) -> bool:
        """Whether it was begun, and nothing typed yet."""
        return self == Change() and self.place < 0


@dataclass(frozen=True, slots=True)
class Placed:
    """A property that says where somebody belongs, with what its values are here."""

    property: str = ""
    values: Pairs = ()


@dataclass(frozen=True, slots=True)
class ContactForm:
    """How a contact becomes a member."""

    market: Placed = field(default_factory=Placed)
    language: Placed = field(default_factory=Placed)
    location: Placed = field(default_factory=Placed)
    attributes: Pairs = ()
    name: tuple[str, ...] = ()
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ActionForm:
    """Which event a step of a workflow is, and what fills its fields."""

    event: str = ""
    fields: Pairs = ()


@dataclass(frozen=True, slots=True)
class ConnectionForm:
    """A declaration, as its form shows it; `hidden` are the lines that only its text can show."""

    map: tuple[Change, ...] = ()
    deals: tuple[Change, ...] = ()
    ignore: tuple[str, ...] = ()
    contacts: ContactForm = field(default_factory=ContactForm)
    action: ActionForm = field(default_factory=ActionForm)
    hidden: frozenset[str] = frozenset()

    def rows(self, section: Section) -> tuple[Change, ...]:
        """The rows of a section."""
        return self.map if section == "map" else self.deals

    def written_rows(self, section: Section) -> list[int]:
        """Which rows are written: all but those that somebody only began."""
        return [at for at, row in enumerate(self.rows(section)) if not row.is_blank()]

    def with_rows(self, section: Section, rows: Sequence[Change]) -> "ConnectionForm":
        """The same with other rows."""
        return replace(self, map=tuple(rows)) if section == "map" else replace(self, deals=tuple(rows))

    def written(self) -> "ConnectionForm":
        """The same once it is written: each row stands where it is among those that are."""
        form = self
        for section in SECTIONS:
            places = {at: place for place, at in enumerate(self.written_rows(section))}
            rows = [replace(row, place=places.get(at, -1)) for at, row in enumerate(self.rows(section))]
            form = form.with_rows(section, rows)
        return form


def read_connection(declared: Plain) -> ConnectionForm:
    """What a form shows of a declaration."""
    said = _mapping(declared)
    ignored, contacts, action = said.get("ignore"), said.get("contacts"), said.get("action")
    hidden: dict[str, bool] = {
        **{name: not _is_listed(said.get(name, [])) for name in SECTIONS},
        "ignore": _words(ignored) is None or not all(_words(ignored) or ()) or not _is_printed(ignored or []),
        "contacts": contacts is not None and not _shows_contacts(contacts),
        "action": action is not None
        and not (
            _shows(action, {"event": str, "fields": dict}) and _is_filled(_mapping(action).get("fields"))
        ),
    }
    return ConnectionForm(
        map=_changes(said.get("map"), contact=False),
        deals=_changes(said.get("deals"), contact=True),
        ignore=_words(ignored) or (),
        contacts=ContactForm() if hidden["contacts"] else _contacts(_mapping(contacts)),
        action=ActionForm() if hidden["action"] else _action(_mapping(action)),
        hidden=frozenset(name for name, is_so in hidden.items() if is_so),
    )


def write_connection(form: ConnectionForm, was: Plain) -> dict[str, Plain]:
    """The declaration that a form says, in place of the one that was there."""
    old = _mapping(was)
    before = read_connection(old)
    lines: dict[str, Plain] = {
        "map": _kept(
            form.map, before.map, old.get("map"), lambda rows: _rows(rows, before.map, old.get("map"))
        ),
        "deals": _kept(
            form.deals,
            before.deals,
            old.get("deals"),
            lambda rows: _rows(rows, before.deals, old.get("deals")),
        ),
        "ignore": _kept(form.ignore, before.ignore, old.get("ignore"), list),
        "contacts": _kept(
            form.contacts,
            before.contacts,
            old.get("contacts"),
            lambda each: _contacts_said(each, before.contacts, _mapping(old.get("contacts"))),
        ),
        "action": _kept(
            form.action, before.action, old.get("action"), lambda each: _action_said(each, old.get("action"))
        ),
    }
    lines |= {name: old[name] for name in before.hidden if name in old}
    written = {key: value for key, value in lines.items() if value or (key in old and value == old[key])}
    return in_order({**written, **{key: each for key, each in old.items() if key not in lines}}, old, KEYS)


def _changes(rows: Plain | None, *, contact: bool) -> tuple[Change, ...]:
    listed = rows if isinstance(rows, list) else []
    return tuple(_change(row, place, contact=contact) for place, row in enumerate(listed))


def _change(row: Plain, place: int, *, contact: bool) -> Change:
    known = {key: str for key in CHANGE_KEYS if key != "contact" or contact} | {"fields": dict}
    said = _mapping(row)
    if not _shows(row, known) or not _is_filled(said.get("fields")):
        return Change(place=place, text=in_flow(row))
    fields = _pairs(said.get("fields"))
    if not contact and any(source != VALUE for _, source in fields):
        return Change(place=place, text=in_flow(row))
    return Change(
        _word(said.get("property")),
        _word(said.get("value")),
        _word(said.get("event")),
        fields,
        _word(said.get("contact")),
        place,
    )


def _rows(rows: Sequence[Change], before: Sequence[Change], old: Plain | None) -> list[Plain]:
    """Rows as they are written: what nobody changed with its own letters."""
    listed = old if isinstance(old, list) else []
    made: list[Plain] = []
    for row in rows:
        was = listed[row.place] if 0 <= row.place < len(listed) else None
        if was is not None and (row.text or row == before[row.place]):
            made.append(was)
        elif not row.is_blank():
            made.append(_row(row, _mapping(was)))
    return made


def _row(row: Change, old: Mapping[str, Plain]) -> Plain:
    # A row says of what, and as which event, even while it is not filled in: its mistake is told.
    said: dict[str, Plain] = {"property": row.property}
    lines: dict[str, Plain] = {"value": row.value, "event": row.event, "fields": dict(row.fields)}
    said |= {key: value for key, value in lines.items() if value}
    if row.contact:
        said["contact"] = row.contact
    return in_order(said, old, CHANGE_KEYS)


def _contacts(said: Mapping[str, Plain]) -> ContactForm:
    return ContactForm(
        _placed(said.get("market")),
        _placed(said.get("language")),
        _placed(said.get("location")),
        _pairs(said.get("attributes")),
        _words(said.get("name")) or (),
        _word(said.get("email")),
        _word(said.get("phone")),
    )


def _contacts_said(form: ContactForm, before: ContactForm, old: Mapping[str, Plain]) -> Plain:
    lines: dict[str, Plain] = {
        "market": _kept(form.market, before.market, old.get("market"), _placed_said),
        "language": _kept(form.language, before.language, old.get("language"), _placed_said),
        "location": _kept(form.location, before.location, old.get("location"), _placed_said),
        "attributes": _kept(form.attributes, before.attributes, old.get("attributes"), dict),
        "name": _kept(form.name, before.name, old.get("name"), list),
        "email": _kept(form.email, before.email, old.get("email"), str),
        "phone": _kept(form.phone, before.phone, old.get("phone"), str),
    }
    return in_order({key: value for key, value in lines.items() if value}, old, CONTACT_KEYS)


def _placed(value: Plain | None) -> Placed:
    said = _mapping(value)
    return Placed(_word(said.get("property")), _pairs(said.get("values")))


def _placed_said(placed: Placed) -> Plain:
    if placed == Placed():
        return {}
    said: dict[str, Plain] = {"property": placed.property}
    if placed.values:
        said["values"] = dict(placed.values)
    return said


def _action(said: Mapping[str, Plain]) -> ActionForm:
    return ActionForm(_word(said.get("event")), _pairs(said.get("fields")))


def _action_said(form: ActionForm, old: Plain | None) -> Plain:
    if form == ActionForm():
        return {}
    said: dict[str, Plain] = {"event": form.event}
    if form.fields:
        said["fields"] = dict(form.fields)
    return in_order(said, _mapping(old), ("event", "fields"))


def _shows_contacts(contacts: Plain) -> bool:
    known: dict[str, type] = {
        **dict.fromkeys((*PLACES, "attributes"), dict),
        "name": list,
        **dict.fromkeys(("email", "phone"), str),
    }
    if not _shows(contacts, known):
        return False
    said = _mapping(contacts)
    placed = {"property": str, "values": dict}
    # In the form the properties of a name stand in one line.
    names = _words(said.get("name", ["one"])) or ("",)
    return (
        all(_shows(said[each], placed) for each in PLACES if each in said)
        and all(len(_placed(said.get(each)).values) <= VALUES_MAX for each in PLACES)
        and _is_filled(said.get("attributes"))
        and not any(not each or " " in each for each in names)
    )


def _is_listed(rows: Plain) -> bool:
    return isinstance(rows, list) and len(rows) <= ROWS_MAX


def _shows(value: Plain, known: Mapping[str, type]) -> bool:
    """Whether a form has a field for every line: words, and below some of them pairs of words."""
    if not isinstance(value, dict) or not set(value) <= set(known) or not _is_printed(value):
        return False
    return all(isinstance(each, known[key]) for key, each in value.items()) and all(
        isinstance(inner, str)
        for key, each in value.items()
        if isinstance(each, dict) and key not in PLACES
        for inner in each.values()
    )


def printed(typed: str) -> str:
    """What was typed, without letters that nobody sees: a form cannot give those back."""
    return "".join(filter(str.isprintable, typed)).strip()


def _is_printed(value: Plain) -> bool:
    """Whether a form gives every word back as it is written, and every pair by its key."""
    if isinstance(value, str):
        return value == printed(value)
    if isinstance(value, list):
        return all(map(_is_printed, value))
    return all(key and _is_printed(key) and _is_printed(each) for key, each in value.items())


def _is_filled(fields: Plain | None) -> bool:
    """Whether something fills each of these fields: a form takes an empty one as none."""
    return all(source for _, source in _pairs(fields))


def _kept(now: Shown, before: Shown, old: Plain | None, write: Callable[[Shown], Plain]) -> Plain:
    """What was there where nobody changed it, else what is there now."""
    return write(now) if now != before or old is None else old


def _pairs(value: Plain | None) -> Pairs:
    return tuple((key, _word(each)) for key, each in _mapping(value).items())


def _mapping(value: Plain | None) -> dict[str, Plain]:
    return value if isinstance(value, dict) else {}


def _word(value: Plain | None) -> str:
    return value if isinstance(value, str) else ""


def _words(value: Plain | None) -> tuple[str, ...] | None:
    """A list of words; None: something else."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return tuple(each for each in value if isinstance(each, str))
