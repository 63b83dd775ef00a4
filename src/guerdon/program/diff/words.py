"""Changes in words: "Rule Booking, amount in Portugal: €200 → €220", and how many rules use what changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from guerdon.expressions import Type
from guerdon.expressions.terms import Fact
from guerdon.program.diff.changes import Change, diff
from guerdon.program.diff.nouns import field_word, noun_word
from guerdon.program.diff.shown import shown
from guerdon.program.diff.views import AtRow, AtStep
from guerdon.program.diff.walk import At, Step
from guerdon.program.model import Program
from guerdon.program.sentences import Naming
from guerdon.program.tables.cells import ANY_WORDS
from guerdon.text import formats
from guerdon.text.catalogs import Words, words
from guerdon.values.texts import text_in

# Of one section so many entries that came or went are told one by one.
ONE_BY_ONE_MAX = 5
PLACES_MAX = 4


@dataclass(frozen=True, slots=True)
class Saying:
    """The two programs, and in which language they are spoken of."""

    old: Program
    new: Program
    language: str

    @property
    def words(self) -> Words:
        """The words for changes."""
        return words(self.language, "changes")

    def named(self, section: str, key: str) -> str:
        """An entry as people call it."""
        for program in (self.new, self.old):
            name = getattr(getattr(program, section).get(key), "name", None)
            if isinstance(name, str):
                return name
            if name:
                return text_in(name, self.language)
        return key


def summary(old: Program, new: Program, language: str) -> list[str]:
    """Every change in words; entries that came, went or changed in numbers are counted."""
    saying = Saying(old, new, language)
    by_section: dict[str, list[Change]] = {}
    for change in diff(old, new):
        by_section.setdefault(change.section, []).append(change)
    told: list[str] = []
    for section, changes in by_section.items():
        told += _told(section, changes, saying)
    return told


def said(change: Change, old: Program, new: Program, language: str) -> str:
    """One change in words."""
    return _said(change, Saying(old, new, language))


def _told(section: str, changes: Sequence[Change], saying: Saying) -> list[str]:
    if section != "locations":
        return [_said(change, saying) for change in changes]
    whole = [change for change in changes if change.key and not change.path and change.kind != "order"]
    counted: list[str] = []
    for kind in ("added", "removed"):
        these = [change for change in whole if change.kind == kind]
        counted += _counted(these, kind, saying)
    rest = [change for change in changes if change not in whole]
    if len({change.key for change in rest}) > ONE_BY_ONE_MAX:
        return [*counted, _number(len({change.key for change in rest}), "changed", saying)]
    return [*counted, *(_said(change, saying) for change in rest)]


def _counted(changes: Sequence[Change], kind: str, saying: Saying) -> list[str]:
    if len(changes) <= ONE_BY_ONE_MAX:
        return [_said(change, saying) for change in changes]
    return [_number(len(changes), kind, saying)]


def _number(count: int, kind: str, saying: Saying) -> str:
    say = saying.words.ngettext
    told = {
        "added": say("%(n)s location is new", "%(n)s locations are new", count),
        "removed": say("%(n)s location is gone", "%(n)s locations are gone", count),
        "changed": say("%(n)s location changed", "%(n)s locations changed", count),
    }
    return told[kind] % {"n": formats.number(count, saying.language)}


def _said(change: Change, saying: Saying) -> str:
    say = saying.words.gettext
    what = noun_word(saying.words, change.section)
    if change.key:
        what = say("%(noun)s %(name)s") % {"noun": what, "name": saying.named(change.section, change.key)}
    part = _part(change, saying)
    if part:
        what = say("%(what)s, %(part)s") % {"what": what, "part": part}
    if change.places:
        what = say("%(what)s in %(places)s") % {"what": what, "places": _places(change.places, saying)}
    said = _changed(change, what, saying)
    if not change.rules:
        return said
    used = saying.words.ngettext("%(n)s rule uses it", "%(n)s rules use it", change.rules)
    number = formats.number(change.rules, saying.language)
    return say("%(change)s; %(used)s") % {"change": said, "used": used % {"n": number}}


def _changed(change: Change, what: str, saying: Saying) -> str:
    say = saying.words.gettext
    old, new = (
        shown(value, change, program, saying.words)
        for value, program in ((change.old, saying.old), (change.new, saying.new))
    )
    match change.kind:
        case "added" if not change.path:
            return say("%(what)s is new") % {"what": what}
        case "removed" if not change.path:
            return say("%(what)s is gone") % {"what": what}
        case "added" if isinstance(change.path[-1], At):
            return say("%(what)s is new: %(new)s") % {"what": what, "new": new}
        case "removed" if isinstance(change.path[-1], At):
            return say("%(what)s is gone: %(old)s") % {"what": what, "old": old}
        case "order":
            return say("%(what)s: in another order, %(new)s") % {"what": what, "new": new}
        case _:
            return say("%(what)s: %(old)s → %(new)s") % {"what": what, "old": old, "new": new}


def _part(change: Change, saying: Saying) -> str:
    # A rule has one reward at most, so which step it is says nothing.
    steps = [step for step in change.path if change.section != "rules" or not isinstance(step, int)]
    names = [_step(step, change, saying) for step in steps]
    return " ".join(name for name in names if name)


def _step(step: Step, change: Change, saying: Saying) -> str:
    match step:
        case AtRow():
            return _row(step, change, saying)
        case AtStep() if step.key in {**saying.old.events, **saying.new.events}:
            return saying.named("events", step.key)
        case At():
            return step.key
        case int():
            return str(step + 1)
        case _:
            return field_word(saying.words, step)


def _row(at: AtRow, change: Change, saying: Saying) -> str:
    """A row of a table by what its columns ask: "row for Kind new, Level plus"."""
    asked = [
        f"{_column(column, change, saying)} {_cell(column, cell, saying)}"
        for column, cell in at.asked
        if cell.strip() not in ANY_WORDS
    ]
    say = saying.words.gettext
    if not asked:
        return say("row for whatever comes")
    return say("row for %(cells)s") % {"cells": ", ".join(asked)}


def _column(column: str, change: Change, saying: Saying) -> str:
    """What a column asks, as people call it; what is worked out there, as it is written."""
    about, _, name = column.partition(".")
    if not name.isidentifier() or about not in {"event", "member"}:
        return column
    fact = Fact(about, name, Type.STRING)
    return Naming(saying.new, _asked_upon(change, saying.new), saying.language).fact(fact)


def _asked_upon(change: Change, program: Program) -> str:
    """The event upon which a table is asked first."""
    asking = (
        rule.when
        for rule in program.rules.values()
        if rule.key == change.key or (rule.table is not None and rule.table.key == change.key)
    )
    return next(asking, "")


def _cell(column: str, cell: str, saying: Saying) -> str:
    if column != "member.market":
        return cell
    return " | ".join(saying.named("markets", part.strip()) for part in cell.split("|"))


def _places(places: Sequence[str], saying: Saying) -> str:
    names = [
        saying.named(
            "markets" if place in {**saying.old.markets, **saying.new.markets} else "locations", place
        )
        for place in places
    ]
    if len(names) <= PLACES_MAX:
        return ", ".join(names)
    rest = formats.number(len(names) - PLACES_MAX, saying.language)
    return saying.words.gettext("%(names)s and %(n)s more") % {
        "names": ", ".join(names[:PLACES_MAX]),
        "n": rest,
    }
