"""What is said of lengths: a share's as it stands, the sentence at the top, and names of suppliers."""

from dataclasses import dataclass

from guerdon.queries.deliveries.before import Before
from guerdon.queries.deliveries.figures import Measure
from guerdon.queries.deliveries.underway import APPROVAL
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.values.waits import Waits

DAY_MS = 86_400_000
# Of these only what came to its end is known, and nobody is waited for.
THEIRS: frozenset[Measure] = frozenset({"arrival", "choosing", "opened", "used"})
NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Teller:
    """Sentences about lengths, in one language."""

    locale: str

    def length(self, length_ms: int) -> str:
        """A length as people say it."""
        return formats.duration(length_ms, self.locale)

    def within(self, waits: Waits, percent: int) -> str:
        """Within what so many percent came; while nobody can say yet, what it is at least."""
        found = waits.within(percent)
        if found is not None:
            return self.length(found)
        least = waits.at_least()
        say = words(self.locale, "console").gettext
        return NONE if least is None else say("over %(length)s") % {"length": self.length(least)}

    def days(self, length_ms: int, *, by_day: bool) -> str:
        """A length of old, of which only days may be known."""
        say = words(self.locale, "console").gettext
        return say("less than a day") if by_day and length_ms < DAY_MS else self.length(length_ms)

    def answer(self, waits: Waits, before: Before | None, measure: Measure) -> str:
        """The sentence at the top."""
        say = words(self.locale, "console").gettext
        if not waits.n:
            return say("Nothing was delivered in these weeks.")
        told = {
            "half": self.within(waits, 50),
            "share": formats.percent(0.95, self.locale),
            "most": self.within(waits, 95),
        }
        if measure in THEIRS:
            return say("Half of those took %(half)s at most, %(share)s %(most)s.") % told
        if before is None or measure != "whole":
            return say("Half are there in %(half)s, %(share)s in %(most)s.") % told
        told["before"] = self.days(before.half_ms, by_day=before.by_day)
        return say("Half are there in %(half)s, %(share)s in %(most)s; before, half took %(before)s.") % told

    def too_many(self) -> str:
        """Why there is no file."""
        say = words(self.locale, "console").gettext
        return say(
            "Nothing was written: there are too many rows for one file."
            " Choose fewer weeks, a market, a rule, a location or a supplier."
        )

    def measure(self, measure: Measure) -> str:
        """What a measure is called."""
        say = words(self.locale, "console").gettext
        return {
            "whole": say("Our part"),
            "given": say("Until given"),
            "handed": say("From choosing on"),
            "choosing": say("The member's choice"),
            "arrival": say("Until we were told"),
            "opened": say("Until opened"),
            "used": say("Until used"),
        }[measure]

    def supplier(self, key: str) -> str:
        """What a supplier is called."""
        say = words(self.locale, "console").gettext
        return {
            APPROVAL: say("Waits for people"),
            "pool": say("Own codes"),
            "manual": say("By hand"),
            "": say("No supplier"),
        }.get(key, key)

    def stands(self, stands: str) -> str:
        """How something stands with its promise."""
        say = words(self.locale, "console").gettext
        return {"kept": say("In time"), "risk": say("At risk"), "broken": say("Late")}[stands]
