"""What is said of locations: why one needs a call, and why a reward was other than usual."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from guerdon.program.model import Program
from guerdon.queries.locations.calls import Call, Kind
from guerdon.queries.locations.consistency import Difference, Why
from guerdon.queries.locations.figures import Standing
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.pages import isolated
from guerdon.values.waits import Waits
from guerdon.web.console.words import Namer

NONE = "\N{EN DASH}"
_BAD: frozenset[Kind] = frozenset({"empty"})
SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Teller:
    """Sentences about locations, in one language; numbers and names in them keep their own direction."""

    program: Program
    locale: str

    def answer(self, calls: int, of: int) -> Markup:
        """The sentence at the top of all of them."""
        say = words(self.locale, "console")
        total = formats.number(of, self.locale)
        if not calls:
            return self._said(say.gettext("No location needs a call."))
        text = say.ngettext(
            "%(n)s of %(all)s locations needs a call.", "%(n)s of %(all)s locations need a call.", calls
        )
        strong = Markup("<em>{}</em>").format(isolated(formats.number(calls, self.locale)))
        return self._said(text, n=strong, all=isolated(total))

    def call(self, call: Call) -> Markup:
        """One reason to call."""
        said = {
            "empty": self._empty,
            "runs_out": self._runs_out,
            "silent": self._silent,
            "slow": self._slow,
            "differs": self._differs,
        }.get(call.kind, self._odd)
        return said(call)

    def tone(self, call: Call) -> str:
        """How much it presses."""
        return "bad" if call.kind in _BAD or (call.kind == "runs_out" and call.days <= SOON_DAYS) else "warn"

    def within(self, waits: Waits, percent: int) -> str:
        """Within what so many percent came; a dash where nobody can say."""
        found = waits.within(percent)
        return NONE if found is None else formats.duration(found, self.locale)

    def last(self, each: Standing) -> str:
        """On which day a location sent its last event."""
        return NONE if each.last_day is None else formats.day(each.last_day, self.locale)

    def why(self, why: Why) -> str:
        """Why a reward was other than usual."""
        say = words(self.locale, "console").gettext
        return {
            "unknown": say("Nothing in the program says why"),
            "people": say("People agreed to it"),
            "budget": say("Not given: the budget was used up"),
            "version": say("Another version of the program"),
            "cap": say("The most that one member may have"),
            "table": say("Meant: the program's own table"),
        }[why]

    def rule_answer(self, different: int, of: int) -> Markup:
        """The sentence at the top of the comparison."""
        say = words(self.locale, "console")
        if not of:
            return self._said(say.gettext("Nothing was given by a fixed amount in these weeks."))
        total = isolated(formats.number(of, self.locale))
        if not different:
            text = say.ngettext(
                "%(all)s rule gave the same everywhere.", "All %(all)s rules gave the same everywhere.", of
            )
            return self._said(text, all=total)
        text = say.ngettext(
            "%(n)s of %(all)s rules did not give the same everywhere.",
            "%(n)s of %(all)s rules did not give the same everywhere.",
            different,
        )
        strong = Markup("<em>{}</em>").format(isolated(formats.number(different, self.locale)))
        return self._said(text, n=strong, all=total)

    def versions(self, difference: Difference) -> str:
        """By which versions it was given."""
        return ", ".join(formats.number(each, self.locale) for each in difference.versions)

    def money(self, value: int, unit: str) -> str:
        """An amount, in a unit that the program may not have any more."""
        return formats.money(value, unit, Namer(self.program, self.locale).digits(unit), self.locale)

    def _empty(self, call: Call) -> Markup:
        say = words(self.locale, "console").gettext
        if call.since is None:
            return self._said(say("Out of budget"))
        since = call.since.astimezone(ZoneInfo(self.program.time_zone))
        day = formats.day(since.date(), self.locale)
        return self._said(say("Out of budget since %(day)s"), day=isolated(day))

    def _runs_out(self, call: Call) -> Markup:
        say = words(self.locale, "console")
        if not call.days:
            return self._said(say.gettext("Budget runs out today at this pace"))
        text = say.ngettext(
            "Budget runs out in %(n)s day at this pace",
            "Budget runs out in %(n)s days at this pace",
            call.days,
        )
        return self._counted(text, call.days)

    def _slow(self, call: Call) -> Markup:
        say = words(self.locale, "console").gettext
        return self._said(
            say("Slow: %(most)s there in %(length)s, %(share)s later than promised"),
            most=isolated(formats.percent(0.95, self.locale)),
            length=isolated(formats.duration(call.length_ms, self.locale)),
            share=isolated(formats.percent(call.share, self.locale)),
        )

    def _differs(self, call: Call) -> Markup:
        text = words(self.locale, "console").ngettext(
            "%(n)s reward differs from what others give",
            "%(n)s rewards differ from what others give",
            call.n,
        )
        return self._counted(text, call.n)

    def _silent(self, call: Call) -> Markup:
        say = words(self.locale, "console")
        if call.usually == 1:
            text = say.ngettext(
                "Silent for %(n)s day, though it usually sends daily",
                "Silent for %(n)s days, though it usually sends daily",
                call.days,
            )
            return self._counted(text, call.days)
        text = say.ngettext(
            "Silent for %(n)s day, though it usually sends every %(usually)s days",
            "Silent for %(n)s days, though it usually sends every %(usually)s days",
            call.days,
        )
        return self._counted(text, call.days, usually=isolated(formats.number(call.usually, self.locale)))

    def _odd(self, call: Call) -> Markup:
        say = words(self.locale, "console")
        shares = {
            "share": isolated(formats.percent(call.share, self.locale)),
            "peers": isolated(formats.percent(call.peers, self.locale)),
        }
        text = {
            "refused": say.ngettext(
                "Odd: %(n)s reward refused, %(share)s where others have %(peers)s",
                "Odd: %(n)s rewards refused, %(share)s where others have %(peers)s",
                call.n,
            ),
            "reversed": say.ngettext(
                "Odd: %(n)s reward taken back, %(share)s where others have %(peers)s",
                "Odd: %(n)s rewards taken back, %(share)s where others have %(peers)s",
                call.n,
            ),
            "held": say.ngettext(
                "Odd: %(n)s reward on hold, %(share)s where others have %(peers)s",
                "Odd: %(n)s rewards on hold, %(share)s where others have %(peers)s",
                call.n,
            ),
        }[call.kind]
        return self._counted(text, call.n, **shares)

    def _counted(self, text: str, n: int, **values: object) -> Markup:
        return self._said(text, n=isolated(formats.number(n, self.locale)), **values)

    @staticmethod
    def _said(text: str, **values: object) -> Markup:
        return escape(text) % values if values else escape(text)
