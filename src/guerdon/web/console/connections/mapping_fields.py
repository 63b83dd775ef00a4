"""A filled-in form of a connection's declaration, as what it says; and its mistakes at their fields."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from guerdon.program.editing.connection_forms import (
    CHANGE_KEYS,
    CONTACT_KEYS,
    PLACES,
    ROWS_MAX,
    SECTIONS,
    VALUE,
    ActionForm,
    Change,
    ConnectionForm,
    ContactForm,
    Pairs,
    Placed,
    Section,
    printed,
)
from guerdon.program.editing.names import Names
from guerdon.text.catalogs import words
from guerdon.values.problems import Problem
from guerdon.values.texts import text_in
from guerdon.web.accounts.languages import OWN_NAMES

if TYPE_CHECKING:
    from django.http import QueryDict

# How many lines of a table of values stand empty, to be filled in.
SPARE = 2

_ROW = re.compile(r"(map|deals|ignore)\[(\d+)\](?:\.(\w+))?")
Told = defaultdict[str, list[Problem]]


@dataclass(frozen=True, slots=True)
class Choices:
    """What pickers offer, by the names that people know, as the text declares it."""

    names: Names
    locale: str

    def section(self, section: str, chosen: str = "") -> list[tuple[str, str]]:
        """The entries of a section, and what was chosen though it is none: nobody loses it."""
        keys = [*self.names.keys(section)]
        keys += [chosen] if chosen and chosen not in keys else []
        return [(key, text_in(self.names.name(section, key), self.locale) or key) for key in keys]

    def values(self, place: str, chosen: str) -> list[tuple[str, str]]:
        """What may be said of where somebody belongs."""
        if place != "language":
            return self.section(f"{place}s", chosen)
        rest = [(chosen, chosen)] if chosen and chosen not in OWN_NAMES else []
        return [*OWN_NAMES.items(), *rest]

    def fields(self, event: str, filled: Iterable[str] = ()) -> list[tuple[str, str]]:
        """The fields of an event, and those that are filled though it has none of the kind."""
        shapes = self.names.events.get(event, {})
        known = [(key, text_in(each.name, self.locale) if each.name else key) for key, each in shapes.items()]
        return [*known, *((key, key) for key in filled if key not in shapes)]

    @property
    def events(self) -> str:
        """The fields of every event, as JSON: whoever chooses another event fills in other fields."""
        return msgspec.json.encode({key: self.fields(key) for key in self.names.keys("events")}).decode()

    def attributes(self, filled: Iterable[str] = ()) -> list[tuple[str, str]]:
        """The attributes of members."""
        shapes = self.names.attributes
        known = [(key, text_in(each.name, self.locale) if each.name else key) for key, each in shapes.items()]
        return [*known, *((key, key) for key in filled if key not in shapes)]

    def place(self, place: str) -> str:
        """What a property may say of where somebody belongs."""
        say = words(self.locale, "console").gettext
        return {"market": say("Market"), "language": say("Language"), "location": say("Location")}[place]


def form_of(given: "QueryDict", was: ConnectionForm, names: Names) -> ConnectionForm:
    """What somebody filled in; lines that the form does not show are those that were there."""
    form = was
    for section in SECTIONS:
        if f"{section}.rows" in given and section not in was.hidden:
            form = form.with_rows(section, _rows(given, section, was.rows(section), names))
    if "ignore" in given and "ignore" not in was.hidden:
        lines = str(given["ignore"]).splitlines()
        form = replace(form, ignore=tuple(each for line in lines if (each := printed(line))))
    if "contacts.email" in given and "contacts" not in was.hidden:
        form = replace(form, contacts=_contacts(given, was.contacts))
    if "action.event" in given and "action" not in was.hidden:
        fields = _filled(given, "action.fields.", was.action.fields)
        fields = _of_event(given, "action", fields, names)
        form = replace(form, action=ActionForm(_word(given, "action.event"), fields))
    return form


def by_field(problems: Iterable[Problem], where: str, form: ConnectionForm) -> Told:
    """Mistakes of a declaration by the field of its form; what belongs to none stands under nothing."""
    told: Told = defaultdict(list)
    for problem in problems:
        told[_field(problem.where.removeprefix(where).lstrip("."), form)].append(problem)
    return told


def _field(rest: str, form: ConnectionForm) -> str:
    row = _ROW.match(rest)
    if row is not None and row.group(1) == "ignore":
        return "ignore"
    for section in SECTIONS:
        if row is not None and row.group(1) == section:
            written = form.written_rows(section)
            at = int(row.group(2))
            line = row.group(3) if row.group(3) in CHANGE_KEYS else ""
            place = written[at] if at < len(written) else 0
            return f"{section}.{place}.{line}" if line else f"{section}.{place}"
    line, _, inner = rest.partition(".")
    below = re.split(r"[.\[]", inner)[0]
    if line == "contacts":
        return f"contacts.{below}" if below in CONTACT_KEYS else "contacts"
    if line == "action":
        return f"action.{below}" if below in ("event", "fields") else "action"
    return line if line in ("map", "deals", "ignore", "write") else ""


def _rows(given: "QueryDict", section: Section, was: tuple[Change, ...], names: Names) -> list[Change]:
    count = min(_number(given.get(f"{section}.rows", "")), ROWS_MAX)
    found = [_row(given, (section, at), was, names) for at in range(count)]
    act, _, place = given.get("act", "").rpartition(".")
    if given.get("act") == f"add.{section}" and len(found) < ROWS_MAX:
        found.append(Change())
    if act == f"remove.{section}":
        found = [row for at, row in enumerate(found) if at != _number(place)]
    return found


def _row(given: "QueryDict", where: tuple[Section, int], was: tuple[Change, ...], names: Names) -> Change:
    section, name = where[0], f"{where[0]}.{where[1]}"
    typed = given.get(f"{name}.place", "")
    place = _number(typed) if typed else -1
    old = was[place] if 0 <= place < len(was) else Change()
    if old.text:
        return old
    if section == "map":
        ticked = given.getlist(f"{name}.fields")
        fields = _ordered(tuple((key, VALUE) for key in ticked), old.fields)
    else:
        fields = _filled(given, f"{name}.fields.", old.fields)
    return Change(
        _word(given, f"{name}.property"),
        _word(given, f"{name}.value"),
        _word(given, f"{name}.event"),
        _of_event(given, name, fields, names),
        _word(given, f"{name}.contact") if section == "deals" else "",
        place if place < len(was) else -1,
    )


def _of_event(given: "QueryDict", name: str, fields: Pairs, names: Names) -> Pairs:
    """Fields that are filled; of an event that was chosen just now, those that it has."""
    event = _word(given, f"{name}.event")
    if event == _word(given, f"{name}.shown"):
        return fields
    known = names.events.get(event, {})
    return tuple((key, source) for key, source in fields if key in known)


def _contacts(given: "QueryDict", was: ContactForm) -> ContactForm:
    return ContactForm(
        _placed(given, "market", was.market),
        _placed(given, "language", was.language),
        _placed(given, "location", was.location),
        _filled(given, "contacts.attributes.", was.attributes),
        tuple(_word(given, "contacts.name").split()),
        _word(given, "contacts.email"),
        _word(given, "contacts.phone"),
    )


def _placed(given: "QueryDict", place: str, was: Placed) -> Placed:
    assert place in PLACES
    name = f"contacts.{place}"
    theirs, ours = given.getlist(f"{name}.theirs"), given.getlist(f"{name}.ours")
    both = zip(map(printed, theirs), map(printed, ours), strict=False)
    values = {one: other for one, other in both if one}
    return Placed(_word(given, f"{name}.property"), _ordered(tuple(values.items()), was.values))


def _filled(given: "QueryDict", prefix: str, was: Pairs) -> Pairs:
    names = [name for name in given if name.startswith(prefix)]
    filled = tuple((name.removeprefix(prefix), _word(given, name)) for name in names)
    return _ordered(tuple((key, source) for key, source in filled if source), was)


def _ordered(pairs: Pairs, was: Pairs) -> Pairs:
    """Pairs in the order in which they stand; a new one behind them."""
    told, before = dict(pairs), dict(was)
    keys = [*(key for key in before if key in told), *(key for key in told if key not in before)]
    return tuple((key, told[key]) for key in keys)


def _word(given: "QueryDict", name: str) -> str:
    return printed(str(given.get(name, "")))


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 6 else 0
