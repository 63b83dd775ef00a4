"""Accounts in words: a line or two for the member it is about, and everything for staff.

Members read what happened and what would have been needed, in plain words; never how a program writes it, and
nothing that says who somebody is. Where there are no words for a condition, they read a general sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from guerdon.engine.why.accounts import OWN, Account, Trouble
from guerdon.expressions import Clause, Type, Unknown
from guerdon.expressions.terms import Fact
from guerdon.program.model import Program
from guerdon.program.sentences import Naming, Seen, condition_words, seen_words
from guerdon.rules.why import Story
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.reasons import reason_text
from guerdon.values.texts import Text, text_in

# What comes nearest to a reward tells most about why there was none.
_NEAREST = (
    *("limit", "cap", "budget", "budget_closed", "payer", "group", "missing", "condition", "arithmetic"),
    *("holdout", "table", "segment", "validity", "campaign", "amount", "market"),
)
WAITING = frozenset({"", "open", "returned", "approved"})


@dataclass(frozen=True, slots=True)
class ClauseSaid:
    """A part of a condition for staff: as written, in words, and what it saw; `answer` None: unknown."""

    text: str
    words: str
    answer: bool | None
    seen: tuple[Seen, ...]
    # Of which row of the rule's table, from 1; 0: of no table.
    row: int = 0


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of decisions by a program, in a language (`de` or `de-AT`)."""

    program: Program
    locale: str

    def member_line(self, account: Account) -> str:  # noqa: PLR0911  a kind of outcome each
        """What came of an event, as its member reads it."""
        say = words(self.locale, "sentences").gettext
        by = {story.outcome: story for story in reversed(account.stories)}
        if "given" in by:
            given = [self._amount(story) for story in account.stories if story.outcome == "given"]
            said = say("Earned %(value)s.") % {"value": ", ".join(given)}
            return f"{said} {self._capped_for_member(account)}".strip()
        if "held" in by:
            return self._held(account, by["held"])
        if "taken_back" in by:
            return say("Taken back: %(value)s.") % {"value": self._amount(by["taken_back"])}
        if "waits" in by:
            return reason_text(words(self.locale, "reasons"), "waits", self.program)
        refused = [story for story in account.stories if story.outcome == "refused"]
        if not refused:
            if by or account.receipt.source == OWN:
                return say("Done.")
            return say("This kind of event earns no reward.")
        return self.why_not(min(refused, key=_nearness), account)

    def why_not(self, story: Story, account: Account) -> str:
        """Why a rule gave nothing, as the member reads it."""
        say = words(self.locale, "sentences").gettext
        kind, _, about = story.reason.partition(":")
        rule = account.program.rules.get(story.rule) if account.program is not None else None
        if kind in {"condition", "missing"} and rule is not None and rule.because is not None:
            return say("Not earned. %(why)s") % {"why": text_in(rule.because, self.locale)}
        naming = self._naming(account)
        clause = story.untrue
        if kind == "condition" and clause is not None and not isinstance(clause.answer, Unknown):
            condition = condition_words(clause.term, naming)
            if condition is not None:
                said = say("Not earned, because it counts only if this is so: %(condition)s.")
                return f"{said % {'condition': condition}} {self._seen_line(clause, naming)}".strip()
        variable, _, name = about.partition(".")
        if kind == "missing" and variable in {"event", "member"}:
            what = naming.fact(Fact(variable, name, Type.STRING))
            return say("Not earned, because we were not told this: %(what)s.") % {"what": what}
        return reason_text(words(self.locale, "reasons"), story.reason, self.program)

    def clauses(self, story: Story, account: Account) -> list[ClauseSaid]:
        """What a rule asked, part by part, for staff: its condition, its segment, then rows of its table."""
        naming = self._naming(account)
        parts = [(0, clause) for clause in (*story.clauses, *story.others)]
        parts += [(row, clause) for row, clauses in story.rows for clause in clauses]
        return [
            ClauseSaid(
                clause.text,
                condition_words(clause.term, naming) or clause.text,
                None if isinstance(clause.answer, Unknown) else bool(clause.answer),
                tuple(seen_words(clause.term, clause.seen, naming)),
                row,
            )
            for row, clause in parts
        ]

    def policies(self, story: Story, account: Account) -> list[str]:
        """What capped, refused or paid, for staff."""
        program = account.program or self.program
        say, policy = words(self.locale, "sentences").gettext, story.policy
        told: list[str] = []
        if story.capped_by and story.asked is not None:
            pattern = (
                say("%(value)s of %(asked)s: the member may not have more")
                if story.capped_by == "cap"
                else say("%(value)s: the rule gives no more than that")
            )
            asked = self._money(story.asked, story.unit)
            told.append(pattern % {"value": self._amount(story), "asked": asked})
        if policy.limit is not None:
            told.append(self._limit_line(story))
        if policy.cap_minor is not None:
            most = self._money(policy.cap_minor, story.unit or story.reason.partition(":")[2])
            told.append(say("One member may have %(most)s at most") % {"most": most})
        if policy.budget is not None:
            told.append(say("Budget: %(budget)s") % {"budget": self._payer(story, program)})
        if policy.season is not None:
            told.append(self._season(story))
        if policy.markets is not None:
            named = ", ".join(self._names(program.markets, key) for key in sorted(policy.markets))
            told.append(say("It holds in: %(markets)s") % {"markets": named})
        if policy.segments:
            named = ", ".join(self._names(program.segments, key) for key in policy.segments)
            told.append(say("It is for: %(segments)s") % {"segments": named})
        if policy.winner:
            told.append(say("%(rule)s gave instead") % {"rule": self._names(program.rules, policy.winner)})
        return told

    def trouble(self, trouble: Trouble, version: int) -> str:
        """What cannot be told of a decision; nothing where all of it can."""
        say = words(self.locale, "sentences").gettext
        match trouble:
            case "version":
                number = formats.number(version, self.locale)
                said = say("This release cannot read version %(version)s, by which it was decided.")
                return said % {"version": number}
            case "values":
                return say("The values of that time were not kept.")
            case "otherwise":
                return say("Computed once more it comes out otherwise. What was decided is what holds.")
            case "forgotten":
                return say("What says who the member is was deleted, as they asked. What was decided holds.")
            case _:
                return ""

    def _naming(self, account: Account) -> Naming:
        return Naming(account.program or self.program, account.receipt.type, self.locale)

    def _held(self, account: Account, story: Story) -> str:
        say = words(self.locale, "sentences").gettext
        state = account.requests.get(story.request or 0, "")
        value = {"value": self._amount(story)}
        if state in WAITING:
            return say("Waiting for approval: %(value)s.") % value
        return (
            say("Approved: %(value)s.") % value
            if state == "done"
            else say("Not approved: %(value)s.") % value
        )

    def _capped_for_member(self, account: Account) -> str:
        if any(story.outcome == "given" and story.capped_by == "cap" for story in account.stories):
            return words(self.locale, "sentences").gettext("You have as much as one member can have.")
        return ""

    def _seen_line(self, clause: Clause, naming: Naming) -> str:
        seen = seen_words(clause.term, clause.seen, naming)
        say = words(self.locale, "sentences").gettext
        listed = ", ".join(say("%(what)s: %(value)s") % {"what": s.name, "value": s.value} for s in seen)
        return say("What we know: %(seen)s.") % {"seen": listed} if listed else ""

    def _limit_line(self, story: Story) -> str:
        spoken, limit = words(self.locale, "sentences"), story.policy.limit
        assert limit is not None, "there is a limit to tell of"
        say = spoken.gettext
        if limit.amount is not None:
            most = self._money(limit.amount.amount_minor, limit.amount.unit)
        else:
            times = limit.times or 0
            most = spoken.ngettext("%(n)s reward", "%(n)s rewards", times) % {
                "n": formats.number(times, self.locale)
            }
        hours = spoken.ngettext("within %(n)s hour", "within %(n)s hours", limit.hours)
        period = {
            "day": say("in a day"),
            "month": say("in a month"),
            "year": say("in a year"),
            "life": say("in all"),
            "hours": hours % {"n": formats.number(limit.hours, self.locale)},
        }[limit.period]
        per = {
            "member": say("for each member"),
            "location": say("for each location"),
            "rule": say("for each rule"),
            "market": say("for each market"),
            "campaign": say("for each campaign"),
            "program": say("for all together"),
        }.get(limit.per) or say("for each %(field)s") % {"field": limit.field or ""}
        places = {"most": most, "period": period, "per": per}
        return say("At most %(most)s %(period)s, %(per)s") % places

    def _season(self, story: Story) -> str:
        season, say = story.policy.season, words(self.locale, "sentences").gettext
        assert season is not None, "there is a season to tell of"
        first = formats.day(season.first, self.locale) if season.first is not None else ""
        last = formats.day(season.last, self.locale) if season.last is not None else ""
        if first and last:
            return say("It holds from %(first)s to %(last)s") % {"first": first, "last": last}
        return (
            say("It holds from %(day)s on") % {"day": first}
            if first
            else say("It holds until %(day)s") % {"day": last}
        )

    def _payer(self, story: Story, program: Program) -> str:
        budget = story.policy.budget
        assert budget is not None, "there is a budget to tell of"
        node = next(
            (each for place, each in budget.nodes.items() if story.policy.account.endswith(f":{place}")), None
        )
        name = text_in(budget.name, self.locale)
        if node is None or not node.place:
            return name
        location = program.locations.get(node.location or "")
        place = location.name if location is not None else self._names(program.markets, node.market or "")
        return f"{name}, {place}"

    def _amount(self, story: Story) -> str:
        return self._money(story.value, story.unit)

    def _money(self, amount: int, unit: str) -> str:
        known = self.program.units.get(unit)
        said = formats.money(amount, unit, known.digits if known is not None else 0, self.locale)
        return said if known is None or known.kind == "money" else f"{said} {unit}"

    def _names(self, known: Mapping[str, object], key: str) -> str:
        name: Text | None = getattr(known.get(key), "name", None)
        return text_in(name, self.locale) if name else key


def _nearness(story: Story) -> int:
    kind = story.reason.partition(":")[0]
    return _NEAREST.index(kind) if kind in _NEAREST else len(_NEAREST)
