"""What the pickers of an editor offer, by the names that people know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guerdon.program.editing.names import Names
from guerdon.program.editing.subjects import Subject, Subjects
from guerdon.text.catalogs import words
from guerdon.values.texts import text_in

HAPPENED_AT = "event.happened_at"
Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Pickers:
    """Choices with their names, in a reader's language."""

    names: Names
    subjects: Subjects
    locale: str

    def section(self, section: str, *chosen: str) -> Choices:
        """The entries of a section, and what was chosen though it is none: nobody loses it."""
        keys = self.names.keys(section)
        rest = [key for key in chosen if key and key not in keys]
        return [*((key, self.name(section, key)) for key in keys), *((key, key) for key in rest)]

    def name(self, section: str, key: str) -> str:
        """An entry as people call it."""
        return text_in(self.names.name(section, key), self.locale) or key

    def fields(self, types: Sequence[str], chosen: str = "") -> Choices:
        """The event's fields of some types."""
        found = [
            (key, text_in(shape.name, self.locale) if shape.name else key.replace("_", " "))
            for key, shape in self.names.events.get(self.subjects.event, {}).items()
            if shape.type in types
        ]
        return found if chosen in {"", *(key for key, _ in found)} else [*found, (chosen, chosen)]

    def units(self, kinds: Sequence[str], chosen: str = "") -> Choices:
        """Units of some kinds."""
        found = [unit.key for unit in self.names.units.values() if unit.kind in kinds]
        return [(key, key) for key in (found if chosen in {"", *found} else [*found, chosen])]

    def groups(self, chosen: str = "") -> Sequence[tuple[str, Choices]]:
        """What a condition may ask about, group by group; what is chosen is always among it."""
        say = words(self.locale, "console").gettext
        heads: Mapping[str, str] = {
            "event": say("Of the event"),
            "member": say("Of the member"),
            "segments": say("Segments"),
            "holdings": say("What the member has"),
            "history": say("What the member did"),
        }
        offered = self.subjects.offered()
        if chosen and chosen not in {each.text for each in offered}:
            known = self.subjects.find(chosen)
            extra = [(chosen, self.subject(known) if known is not None else chosen)]
        else:
            extra = []
        found = [
            (head, [(each.text, self.subject(each)) for each in offered if each.group == group])
            for group, head in heads.items()
        ]
        return [
            *([(say("As it is written"), extra)] if extra else []),
            *((h, each) for h, each in found if each),
        ]

    def head(self, text: str) -> str:
        """What a column of a table asks, in words; nothing for what has no plain name."""
        if text == HAPPENED_AT:
            return words(self.locale, "console").gettext("When it happened")
        found = self.subjects.find(text)
        return self.subject(found) if found is not None else ""

    def subject(self, subject: Subject) -> str:
        """A subject as people call it."""
        say = words(self.locale, "console").gettext
        name = text_in(subject.name, self.locale)
        if subject.group == "segments":
            return say("is in “%(segment)s”") % {"segment": name}
        if subject.group == "holdings":
            return say("has “%(holding)s”") % {"holding": name}
        if subject.group != "history":
            return name
        call = subject.text.partition("(")[0]
        said = {
            "count": say("how often “%(what)s”"),
            "sum": say("“%(what)s” in all"),
            "days_since": say("days since “%(what)s”"),
        }[call] % {"what": name}
        return said if not subject.span else f"{said}, {self.span(subject.span)}"

    def span(self, span: str) -> str:
        """A span of time."""
        spoken = words(self.locale, "console")
        whole = {
            "month": spoken.gettext("this month"),
            "year": spoken.gettext("this year"),
            "ever": spoken.gettext("ever"),
        }
        if span in whole:
            return whole[span]
        count = int(span[:-1])
        days = spoken.ngettext("in %(n)s day", "in %(n)s days", count)
        months = spoken.ngettext("in %(n)s month", "in %(n)s months", count)
        return (days if span.endswith("d") else months) % {"n": count}

    def operator(self, operator: str) -> str:
        """A comparison in words."""
        say = words(self.locale, "console").gettext
        return {
            "yes": say("yes"),
            "no": say("no"),
            "known": say("is known"),
            "unknown": say("is not known"),
            "==": say("is"),
            "!=": say("is not"),
            "<": say("is less than"),
            "<=": say("is at most"),
            ">": say("is more than"),
            ">=": say("is at least"),
            "in": say("is one of"),
            "not_in": say("is none of"),
            "between": say("is from, and below"),
            "contains": say("contains"),
            "starts": say("begins with"),
            "ends": say("ends with"),
        }.get(operator, operator)

    def gift(self, kind: str) -> str:
        """A way of giving in words."""
        say = words(self.locale, "console").gettext
        return {
            "nothing": say("nothing"),
            "amount": say("one amount everywhere"),
            "markets": say("an amount for each market"),
            "rate": say("a rate of a field"),
            "table": say("what a table says"),
            "own_table": say("what its own table says"),
            "other": say("what its text says"),
        }[kind]
