"""Trying an event: what would follow if it came, without its coming; nothing is stored, locked or used up.

The same way as a real one: the member's facts are loaded, the rules decide, the decision is explained. What
happened on earlier days is decided on what is known now.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from guerdon.engine.facts import load_facts
from guerdon.engine.memory import remember
from guerdon.engine.standings import standing_of
from guerdon.engine.why.accounts import Account, PairTried
from guerdon.engine.why.pairs import Asked, PairTold, try_pairs
from guerdon.ledger.effects import Decision, encode_decision
from guerdon.program.fields import Read, read_field
from guerdon.program.model import Field, Program
from guerdon.queries.receipts import receipt_of
from guerdon.queries.why.events import find_standing
from guerdon.rules.decide import decide
from guerdon.rules.facts import Event, Facts, Standing
from guerdon.rules.playbook import Playbook
from guerdon.rules.why import explain
from guerdon.store.database import Transaction
from guerdon.store.members import MemberRow
from guerdon.store.sealing import Vault
from guerdon.values.problems import Problem, did_you_mean
from guerdon.values.texts import LANGUAGES

LEEWAY = timedelta(days=1)
SOURCE = "try"
# Nobody's: whoever is invented has nothing, and nobody else's limits or rewards are read for them.
NOBODY = -1
_encode = msgspec.json.Encoder().encode
# What a text that was never live can do to an event.
_STRANGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Invented:
    """A member who is not there; what is not said of them is not known."""

    market: str
    language: str = ""
    location: str = ""
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """An event to try: its type, what it says, whose it is and when it happens; and who invited them.

    With the vault, guards of referrals see what is shared with third people.
    """

    type: str
    fields: Mapping[str, object]
    member: int | Invented
    at: datetime
    invited_by: int | None = None
    vault: Vault | None = None


def try_event(tx: Transaction, playbook: Playbook, trial: Trial, now: datetime) -> Account | list[Problem]:
    """Decide an event and explain the decision; or every mistake that is in what was asked."""
    tx.execute("set transaction read only")
    problems = _check_event(playbook.program, trial, now)
    member = _member(tx, playbook.program, trial.member, now)
    if isinstance(member, list):
        return [*problems, *member]
    if trial.invited_by is not None and find_standing(tx, trial.invited_by) is None:
        problems.append(Problem("invited_by", None, "there is no such member"))
    if problems:
        return problems
    event = _event(playbook, trial, now)
    try:
        standing = standing_of(playbook.program, member)
        asked = Asked(event, standing, trial.invited_by, trial.vault)
        pairs = try_pairs(tx, playbook, asked, now) if playbook.program.referrals else []
        told = [(side.event, side.member) for pair in pairs for side in pair.told]
        facts = load_facts(tx, playbook, [(event, standing), *told], now, lock_pools=False, lock=False)
        account, *others = [_decided(playbook, facts, *each) for each in ((event, standing), *told)]
    except _STRANGE as fault:
        return [Problem("", None, f"It could not be decided: {type(fault).__name__}: {fault}"[:300])]
    following = iter(others)
    return replace(account, pairs=[_pair(pair, following) for pair in pairs])


def _decided(playbook: Playbook, facts: Facts, event: Event, member: Standing) -> Account:
    """Decide after what was decided before it, as the batch would."""
    seen = remember(facts, playbook, event, member)
    return _account(playbook, event, seen, decide(playbook, facts, event, seen))


def _pair(pair: PairTold, following: Iterator[Account]) -> PairTried:
    told = [(each.side, next(following)) for each in pair.told]
    return PairTried(pair.scheme, pair.state, pair.reasons, told)


def _account(playbook: Playbook, event: Event, member: Standing, decision: Decision) -> Account:
    at = event.recorded_at
    cells = (
        *(0, member.member_id, event.type, SOURCE, event.external_id, member.market, member.location),
        *(playbook.version, decision.outcome, event.happened_at, at, at),
        encode_decision(decision),
    )
    stories = explain(playbook, event, member, decision.effects)
    return Account(receipt_of(cells), stories, playbook.program, {}, member.language)


def _event(playbook: Playbook, trial: Trial, now: datetime) -> Event:
    declared = playbook.program.events[trial.type].fields
    read = {key: read_field(declared[key], value) for key, value in trial.fields.items()}
    fields = {key: each.value for key, each in read.items() if isinstance(each, Read)}
    return Event(
        id=0,
        type=trial.type,
        connection=SOURCE,
        external_id="",
        happened_at=trial.at,
        recorded_at=now,
        day=playbook.day_of(trial.at),
        data=fields,
        fields={**fields, "happened_at": trial.at},
    )


def _check_event(program: Program, trial: Trial, now: datetime) -> list[Problem]:
    problems: list[Problem] = []
    if trial.at > now + LEEWAY:
        problems.append(Problem("at", None, "it has not come yet", "at most a day ahead"))
    known = program.events.get(trial.type)
    if known is None:
        hint = did_you_mean(trial.type, program.events)
        return [*problems, Problem("type", None, f"unknown event {trial.type[:64]}", hint)]
    problems += _check_fields("fields", known.fields, trial.fields)
    coded = _coded(program, trial)
    problems += [
        Problem(f"fields.{key}", None, "it is missing")
        for key, each in known.fields.items()
        if each.required and trial.fields.get(key) is None and key not in coded
    ]
    if trial.invited_by is not None and not any(
        trial.type in scheme.concerns for scheme in program.referrals.values()
    ):
        told = sorted({event for scheme in program.referrals.values() for event in scheme.concerns})
        hint = f"try {', '.join(told)}" if told else "declare them under referrals"
        problems.append(Problem("invited_by", None, "no referral asks about this event", hint))
    return problems


def _coded(program: Program, trial: Trial) -> set[str]:
    """The fields for a code that need not be said, as it is said who invited."""
    if trial.invited_by is None:
        return set()
    schemes = program.referrals.values()
    return {scheme.claim_field for scheme in schemes if scheme.claim_event == trial.type}


def _check_fields(where: str, declared: Mapping[str, Field], said: Mapping[str, object]) -> list[Problem]:
    problems: list[Problem] = []
    for key, value in said.items():
        place = f"{where}.{key[:64]}"
        if key not in declared:
            problems.append(Problem(place, None, "there is no such field", did_you_mean(key, declared)))
            continue
        read = read_field(declared[key], value)
        if not isinstance(read, Read):
            problems.append(Problem(place, None, read))
    return problems


def _member(
    tx: Transaction, program: Program, asked: int | Invented, now: datetime
) -> MemberRow | list[Problem]:
    if isinstance(asked, Invented):
        return _invented(program, asked, now)
    found = find_standing(tx, asked)
    return found or [Problem("member", None, "there is no such member")]


def _invented(program: Program, asked: Invented, now: datetime) -> MemberRow | list[Problem]:
    problems: list[Problem] = []
    market = program.markets.get(asked.market)
    if market is None:
        hint = did_you_mean(asked.market, program.markets)
        problems.append(Problem("market", None, f"unknown market {asked.market[:64]}", hint))
    if asked.language and asked.language not in LANGUAGES:
        hint = did_you_mean(asked.language, LANGUAGES)
        problems.append(Problem("language", None, f"unknown language {asked.language[:64]}", hint))
    location = program.locations.get(asked.location)
    if asked.location and location is None:
        hint = did_you_mean(asked.location, program.locations)
        problems.append(Problem("location", None, f"unknown location {asked.location[:64]}", hint))
    elif location is not None and market is not None and location.market != market.key:
        problems.append(Problem("location", None, f"it is in {location.market}", "choose one of the market"))
    problems += _check_fields("attributes", program.attributes, asked.attributes)
    if problems or market is None:
        return problems
    attributes = _encode(dict(asked.attributes)).decode()
    language = asked.language or market.language
    return MemberRow(NOBODY, market.key, language, asked.location or None, attributes, now)
