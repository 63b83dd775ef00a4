"""Reading `then` and `never`: what must follow and what must not, in the words in which it will be shown.

A kind says which facts a line must name and which it may; a fact that is left out may be anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

from guerdon.engine.scenarios.people import ID_MAX, People
from guerdon.engine.scenarios.scenario import Expected, Happening, shown_amount
from guerdon.ledger.chart import FUNDING, budget_account
from guerdon.program.document import Scalar
from guerdon.program.fields import read_instant
from guerdon.program.places import Place
from guerdon.queries.referrals.standing import STATES
from guerdon.rules.choice.wishes import Reason
from guerdon.text.referrals import REASONS as PAIR_REASONS
from guerdon.values.money import BadAmount, parse_money

FactReader = Callable[[Place, People], str | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a line of this kind says."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


KINDS = {
    "earned": Kind(("member", "rule"), ("value", "pay_from", "expires_on")),
    "refused": Kind(("member", "rule", "reason"), ("value",)),
    "held": Kind(("member", "rule", "reason"), ("value",)),
    "unsigned": Kind(("member", "rule", "reason")),
    "reversed": Kind(("member", "rule"), ("value",)),
    "awaiting": Kind(("member", "rule")),
    "redeemed": Kind(("member", "item"), ("value",)),
    "declined": Kind(("member", "item", "reason")),
    "unspent": Kind(("member", "amount", "reason")),
    "voided": Kind(("member", "item")),
    "message": Kind(("member", "message"), ("channel", "rule")),
    "nothing": Kind(("member", "event")),
    "waiting": Kind(("contact",), ("event",)),
    "quarantined": Kind(("reason",)),
    "rejected": Kind(("field",)),
}
# How often a line may say that the same follows.
TIMES_MAX = 100
# Told by their number only: `duplicate: 2`.
COUNTED = ("duplicate", "ignored")
NAMED = ("limit", "budget", "payer", "cap", "segment", "group", "table", "holdout")
REFUSALS = ("condition", "arithmetic", "market", "campaign", "validity", "amount", "part", "reversed")
# Why a choice came to nothing; the codes of a page never run out.
REASONS = ("none", "code:used", "code:void", *get_args(Reason))
# Told by one amount, or by a state; the other facts say of what.
STANDINGS = {
    "balance": Kind(("member", "purse")),
    "pending": Kind(("member", "amount")),
    "debt": Kind(("member", "amount")),
    "left": Kind(("budget", "amount"), ("market", "location")),
    "pair": Kind(("member", "state"), ("reason", "invited_by")),
}


def read_expected(place: Place, people: People) -> tuple[Expected, ...]:
    """Read `then`."""
    found: list[Expected] = []
    for item in place.listing("nothing is expected", "write what must follow, like `- duplicate: 2`"):
        entries = item.table()
        if len(entries) != 1:
            item.wrong("a line tells one thing that follows", "write `- earned: { member: ..., rule: ... }`")
            continue
        ((kind, line),) = entries.items()
        if kind in COUNTED:
            times = line.whole(1, ID_MAX)
            found += [Expected(line.line, Happening(kind, {}))] * min(times or 0, 1000)
        elif kind in KINDS | STANDINGS:
            declared = (KINDS | STANDINGS)[kind]
            several = () if kind in STANDINGS else ("times",)
            fields = line.fields(declared.required, [*declared.optional, *several])
            times = (fields.pop("times").whole(1, TIMES_MAX) if "times" in fields else 1) or 1
            facts = _read_facts(kind, fields, people)
            if kind == "left":
                _check_place(line, fields, people)
            found += [Expected(line.line, Happening(kind, facts))] * times
        else:
            line.unknown("outcome", kind, [*KINDS, *COUNTED, *STANDINGS])
    return tuple(found)


def read_never(place: Place, people: People) -> tuple[Expected, ...]:
    """Read `never`: a kind as a word, or a kind with some facts."""
    found = []
    for item in place.listing("nothing is forbidden", "leave `never` out, or write `- earned`"):
        if not item.is_table():
            kind = item.one_of([*KINDS, *COUNTED], "outcome")
            found.append(Expected(item.line, Happening(kind or "", {})))
            continue
        for kind, line in item.table().items():
            if kind not in KINDS:
                line.unknown("outcome", kind, KINDS)
                continue
            declared = KINDS[kind]
            facts = _read_facts(kind, line.fields(optional=[*declared.required, *declared.optional]), people)
            found.append(Expected(line.line, Happening(kind, facts)))
    return tuple(found)


def _check_place(line: Place, fields: Mapping[str, Place], people: People) -> None:
    """A budget has one account, or one at each of its places: the page says which it means."""
    budget = next((b for key, b in people.program.budgets.items() if _is(fields.get("budget"), key)), None)
    if budget is None:
        return
    for noun in ("market", "location"):
        if noun == budget.per and noun not in fields:
            line.wrong(f"{noun} is missing", f"add `{noun}:` here")
        elif noun != budget.per and noun in fields:
            fields[noun].wrong(f"{budget.key} is not divided by {noun}", "remove it")


def _is(place: Place | None, word: str) -> bool:
    return place is not None and isinstance(place.node, Scalar) and place.node.text == word


def _read_facts(kind: str, fields: Mapping[str, Place], people: People) -> dict[str, str]:
    readers = {key: READERS.get(f"{kind}.{key}", READERS.get(key, _word)) for key in fields}
    read = {key: readers[key](place, people) for key, place in fields.items()}
    return {key: fact for key, fact in read.items() if fact is not None}


def _word(place: Place, _: People) -> str | None:
    return place.word()


def _amount(place: Place, people: People) -> str | None:
    word = place.word()
    if word is None:
        return None
    read = parse_money(word, people.program.units)
    if isinstance(read, BadAmount):
        place.wrong(read.what, read.hint)
        return None
    return shown_amount(read.amount_minor, people.program.units[read.unit])


def _account(place: Place, people: People) -> str | None:
    budgets = people.program.budgets.values()
    accounts = [budget_account(b.key, node) for b in budgets for node in b.nodes]
    return place.one_of([*accounts, FUNDING], "account")


def _refusal(place: Place, people: People) -> str | None:
    word = place.word()
    kind, _, name = (word or "").partition(":")
    program = people.program
    known = {
        "limit": program.limits,
        "segment": program.segments,
        "group": program.groups,
        # One that stands in a rule is called as the rule is.
        "table": {**program.tables, **program.rules},
        "budget": program.budgets,
        "payer": program.budgets,
        "cap": program.units,
    }.get(kind)
    if known is not None and name not in known:
        place.unknown(kind, name, known)
    elif word is not None and known is None and word not in REFUSALS and kind != "missing":
        named = ("missing:FIELD", *(f"{each}:{each.upper()}" for each in NAMED))
        place.unknown("reason", word, [*REFUSALS, *named])
    return word


def _day(place: Place, _: People) -> str | None:
    word = place.word()
    at = read_instant(word) if word is not None and len(word) == 10 else None
    if word is not None and at is None:
        place.wrong(f"{word[:60]} is not a day", "write it like 2027-05-20")
    return word


READERS: Mapping[str, FactReader] = {
    "member": lambda place, people: people.name(place),
    "contact": lambda place, people: people.shown(place),
    "rule": lambda place, people: place.one_of(people.program.rules, "rule"),
    "message": lambda place, people: place.one_of(people.program.messages, "message"),
    "event": lambda place, people: place.one_of(people.program.events, "event"),
    "item": lambda place, people: place.one_of(people.program.items, "item"),
    "invited_by": lambda place, people: people.name(place),
    "state": lambda place, _: place.one_of(STATES, "state"),
    "pair.reason": lambda place, _: place.one_of(PAIR_REASONS, "reason"),
    "declined.reason": lambda place, _: place.one_of(REASONS, "reason"),
    "unspent.reason": lambda place, _: place.one_of(REASONS, "reason"),
    "budget": lambda place, people: place.one_of(people.program.budgets, "budget"),
    "market": lambda place, people: place.one_of(people.program.markets, "market"),
    "location": lambda place, people: place.one_of(people.program.locations, "location"),
    "value": _amount,
    "purse": _amount,
    "amount": _amount,
    "pay_from": _account,
    "refused.reason": _refusal,
    "held.reason": _refusal,
    "expires_on": _day,
}
