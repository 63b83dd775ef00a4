"""Why an event earned nothing, in words: for the member it concerns and for staff.

A reason is a short code that was stored with the decision (`limit:member_month`). A member is told what
happened and what would be different next time, without blame; staff also see the name of the limit, budget
or field.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

from guerdon.text import formats
from guerdon.text.catalogs import Words
from guerdon.text.refusals import refusal_text
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
    def per(self) -> str:
        """Who or what it counts: `member`, and others."""

    @property
    def period(self) -> str:
        """In which time it counts: `day`, `month`, `year`, `life` or `hours`."""

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

    @property
    def segments(self) -> Mapping[str, Named]:
        """The program's segments."""

    @property
    def groups(self) -> Mapping[str, Named]:
        """The program's exclusive groups."""

    @property
    def tables(self) -> Mapping[str, Named]:
        """The program's tables."""


def reason_text(words: Words, reason: str, program: SpeakingProgram, reader: Reader = "member") -> str:
    """Say why an event earned nothing."""
    kind, _, about = reason.partition(":")
    refused = refusal_text(words, reason)
    if refused is not None:
        return refused
    if kind == "limit":
        return _limit(words, about, program, reader)
    if reason == "held:order":
        # A choice holds value for its order; nobody has to approve it.
        kind = "waits_order"
    elif kind == "held" and reader == "staff":
        why = reason_text(words, about, program, reader)
        return words.gettext("Waits for approval. %(why)s") % {"why": why}
    said = _to_staff(words, kind, about, program) if reader == "staff" else _to_member(words, kind)
    return said or (reason if reader == "staff" else words.gettext("This earned no reward."))


def _missing(words: Words, fact: str) -> str:
    """Which fact is missing, in words: of the event, or of the member."""
    variable, _, key = fact.rpartition(".")
    said = {"field": key.replace("_", " ")}
    if variable == "member":
        return words.gettext("It is not known of the member: %(field)s") % said
    return words.gettext("The event does not say “%(field)s”") % said


def _to_staff(words: Words, kind: str, about: str, program: SpeakingProgram) -> str | None:
    say = words.gettext
    budget = {"budget": _name(words, about, program.budgets)}
    return {
        "issued": say("Rewarded"),
        "condition": say("The rule's condition was not met"),
        "missing": _missing(words, about),
        "arithmetic": say("The rule's arithmetic had no result"),
        "market": say("The rule does not hold in this market"),
        "campaign": say("The rule's campaign was not running"),
        "validity": say("The rule was not valid on that day"),
        "segment": say("Not a member of the segment %(segment)s")
        % {"segment": _name(words, about, program.segments)},
        "group": say("Another rule of the group %(group)s gave already")
        % {"group": _name(words, about, program.groups)},
        "table": say("The table gives nothing for this: %(table)s")
        % {"table": _name(words, about, program.tables)},
        "holdout": say("Held out in %(period)s, to see what campaigns change") % {"period": about},
        "amount": say("The amount came to nothing"),
        "cap": say("More %(unit)s than one member may have") % {"unit": about},
        "budget": say("The budget was used up: %(budget)s") % budget,
        "budget_closed": say("The budget of that time is not in the program any more: %(budget)s") % budget,
        "payer": say("The budget has no account for this place: %(budget)s") % budget,
        "part": say("The part to take back came to nothing"),
        "reversed": say("It was taken back already"),
        "taken_back": say("Taken back"),
        "waits": say("Waits for its reward, which has not come yet"),
        "waits_order": say("Waits for how the order ends that it is kept for"),
    }.get(kind)


def _to_member(words: Words, kind: str) -> str | None:
    say = words.gettext
    uncounted = say("This one does not count for a reward. The terms say which do.")
    nothing_taken = say("Nothing was taken back.")
    return {
        "issued": say("Rewarded"),
        "condition": uncounted,
        "market": uncounted,
        "campaign": say("This counts only while its campaign is running."),
        "validity": say("This counts only on certain days. The terms say which."),
        "segment": say("This is for certain members. The terms say for whom."),
        "group": say("You already have another reward for this. Only one of them counts."),
        "table": uncounted,
        "holdout": say("This is not part of an offer for you."),
        "missing": say("We were not told enough about this to reward it. Ask your contact to complete it."),
        "cap": say("You have as much as one member can have. Use some of it, and new ones count again."),
        "budget": say("The rewards for your country are used up for now. This earned none."),
        "budget_closed": say("The rewards of that time are closed. This earned none."),
        "part": nothing_taken,
        "reversed": nothing_taken,
        "held": say("Somebody looks at this reward before it is given."),
        "taken_back": say("A reward was taken back."),
        "waits": say("We noted this. It is about a reward that has not come yet."),
        "waits_order": say("You ordered something for this. We wait for how that ends."),
    }.get(kind)


def _limit(words: Words, key: str, program: SpeakingProgram, reader: Reader) -> str:
    limit = program.limits.get(key)
    if reader == "staff":
        said = words.gettext("Over the limit: %(limit)s") % {"limit": _name(words, key, program.limits)}
        return f"{said} ({_most(words, limit, program)})" if limit is not None else said
    if limit is None or limit.per != "member":
        return words.gettext("This earned no reward, because a limit was reached.")
    if limit.period == "hours":
        return words.gettext("This came too soon after others to earn a reward. Later ones count again.")
    if limit.times is not None:
        return _times(words, limit.times, limit.period)
    say = words.gettext
    reached = {
        "day": say(
            "You have reached %(most)s, the most one member can earn in a day. New ones count tomorrow."
        ),
        "month": say(
            "You have reached %(most)s, the most one member can earn in a month. New ones count from the 1st."
        ),
        "year": say(
            "You have reached %(most)s, the most one member can earn in a year. New ones count next year."
        ),
        "life": say("You have reached %(most)s, the most one member can earn."),
    }
    return reached[limit.period] % {"most": _most(words, limit, program)}


def _times(words: Words, times: int, period: str) -> str:
    ngettext, n = words.ngettext, {"n": formats.number(times, words.language)}
    match period:
        case "day":
            said = ngettext(
                "You can earn this %(n)s time a day. The next one counts tomorrow.",
                "You can earn this %(n)s times a day. The next one counts tomorrow.",
                times,
            )
        case "year":
            said = ngettext(
                "You can earn this %(n)s time a year. The next one counts next year.",
                "You can earn this %(n)s times a year. The next one counts next year.",
                times,
            )
        case "life":
            said = ngettext("You can earn this %(n)s time.", "You can earn this %(n)s times.", times)
        case _:
            said = ngettext(
                "You can earn this %(n)s time a month. The next one counts from the 1st.",
                "You can earn this %(n)s times a month. The next one counts from the 1st.",
                times,
            )
    return said % n


def _name(words: Words, key: str, known: Mapping[str, Named]) -> str:
    return text_in(known[key].name, words.language) if key in known else key


def _most(words: Words, limit: NamedLimit, program: SpeakingProgram) -> str:
    if limit.amount is not None:
        digits = program.units[limit.amount.unit].digits
        return formats.money(limit.amount.amount_minor, limit.amount.unit, digits, words.language)
    times = limit.times or 0
    return words.ngettext("%(n)s time", "%(n)s times", times) % {"n": formats.number(times, words.language)}
