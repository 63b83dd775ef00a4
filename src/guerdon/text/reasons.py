"""Why an event earned nothing, in words: for the member it concerns and for staff.

A reason is a short code that was stored with the decision (`limit:member_month`). A member is told what
happened and what would be different next time, without blame; staff also see the name of the limit, budget
or field.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

from guerdon.text import formats
from guerdon.text.catalogs import Words
from guerdon.values.money import Money, Unit
from guerdon.values.texts import Text, text_in

Reader = Literal["member", "staff"]


class Named(Protocol):
    """Anything that a program has a name for."""

    @property
    def name(self) -> Text:
        """What people call it."""


class NamedLimit(Named, Protocol):
    """What this page needs to know of a limit."""

    @property
    def amount(self) -> Money | None:
        """The most value in one period."""

    @property
    def times(self) -> int | None:
        """The most rewards in one period."""


class SpeakingProgram(Protocol):
    """What this page needs to know of a program; the program's own type is above `text`."""

    @property
    def name(self) -> Text:
        """The program's name."""

    @property
    def units(self) -> Mapping[str, Unit]:
        """The program's units."""

    @property
    def limits(self) -> Mapping[str, NamedLimit]:
        """The program's limits."""

    @property
    def budgets(self) -> Mapping[str, Named]:
        """The program's budgets."""


def reason_text(words: Words, reason: str, program: SpeakingProgram, reader: Reader = "member") -> str:
    """Say why an event earned nothing."""
    kind, _, about = reason.partition(":")
    say = words.gettext
    if kind == "issued":
        return say("Rewarded")
    if kind == "limit":
        return _limit(words, about, program, reader)
    if reader == "staff":
        return {
            "condition": say("The rule's condition was not met"),
            "missing": say("The event does not say %(field)s") % {"field": about},
            "arithmetic": say("The rule's arithmetic had no result"),
            "budget": say("The budget was used up: %(budget)s")
            % {"budget": _name(words, about, program.budgets)},
        }.get(kind, reason)
    return {
        "condition": say("This one does not count for a reward. The terms say which do."),
        "missing": say("We were not told enough about this to reward it. Ask your contact to complete it."),
        "budget": say("The rewards for your country are used up for now. This earned none."),
    }.get(kind, say("This earned no reward."))


def _limit(words: Words, key: str, program: SpeakingProgram, reader: Reader) -> str:
    limit = program.limits.get(key)
    if reader == "staff":
        said = words.gettext("Over the limit: %(limit)s") % {"limit": _name(words, key, program.limits)}
        return f"{said} ({_most(words, limit, program)})" if limit is not None else said
    if limit is None:
        return words.gettext("This earned no reward, because a limit was reached.")
    if limit.times is not None:
        return words.ngettext(
            "You can earn this %(n)s time a month. The next one counts from the 1st.",
            "You can earn this %(n)s times a month. The next one counts from the 1st.",
            limit.times,
        ) % {"n": formats.number(limit.times, words.language)}
    return words.gettext(
        "You have reached %(most)s, the most one member can earn in a month. New ones count from the 1st."
    ) % {"most": _most(words, limit, program)}


def _name(words: Words, key: str, known: Mapping[str, Named]) -> str:
    return text_in(known[key].name, words.language) if key in known else key


def _most(words: Words, limit: NamedLimit, program: SpeakingProgram) -> str:
    if limit.amount is not None:
        digits = program.units[limit.amount.unit].digits
        return formats.money(limit.amount.amount_minor, limit.amount.unit, digits, words.language)
    times = limit.times or 0
    return words.ngettext("%(n)s time", "%(n)s times", times) % {"n": formats.number(times, words.language)}
