"""What is wrong with a content, all of it at once, before anybody is asked to sign it.

Nothing is asked for that could not be carried out as things stand: unknown members and units, amounts of
nothing, more taken than there is. `where` names the field; in a bulk, the row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.access.grants import check_grant
from guerdon.access.roles import ROLES
from guerdon.engine.approvals.payers import Payers
from guerdon.ledger.chart import FUNDING
from guerdon.ledger.contents import (
    AdjustMany,
    Adjustment,
    ChangeGrant,
    Content,
    GiveReward,
    Move,
    MoveBudgets,
    PublishVersion,
)
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.approvals.signers import load_signers
from guerdon.store.approvals.standings import (
    Place,
    PurseKey,
    load_free,
    load_places,
    load_pool_units,
    load_standing_grant,
)
from guerdon.store.budgets import load_nodes
from guerdon.store.database import Transaction
from guerdon.store.programs import load_live
from guerdon.values.ids import read, show
from guerdon.values.money import AMOUNT_MINOR_MAX
from guerdon.values.problems import Problem, did_you_mean

# A hundred thousand rows in one request, and no more: it is decided in one transaction.
ROWS_MAX = 100_000
MOVES_MAX = 1_000
# A version is scheduled for at most so long ahead.
AHEAD_MAX = timedelta(days=366)
REASON_LETTERS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of everything that a content names."""

    payers: Payers
    places: Mapping[int, Place]
    free: Mapping[PurseKey, int]

    @property
    def program(self) -> Program:
        """The program as it is live."""
        return self.payers.program


def check_content(
    tx: Transaction, program_id: int, content: Content, payers: Payers, now: datetime
) -> list[Problem]:
    """Everything that is wrong with a content; `payers` are those that who asks may name."""
    program = payers.program
    match content:
        case GiveReward():
            found = _check_reward(tx, program_id, payers, content)
        case Adjustment():
            found = check_adjustments(tx, program_id, payers, [content])
        case AdjustMany(rows):
            found = check_adjustments(tx, program_id, payers, rows, range(1, len(rows) + 1))
        case MoveBudgets(moves):
            found = _check_moves(tx, program_id, program, moves)
        case PublishVersion():
            found = _check_version(tx, program_id, program, content, now)
        case ChangeGrant():
            found = _check_grant(tx, program_id, program, content)
    return found


def check_adjustments(
    tx: Transaction,
    program_id: int,
    payers: Payers,
    rows: Sequence[Adjustment],
    lines: Sequence[int] | None = None,
) -> list[Problem]:
    """Everything that is wrong with adjustments; with `lines`, each problem names the one it is in."""
    if not 1 <= len(rows) <= ROWS_MAX:
        hint = f"write 1 to {ROWS_MAX}"
        return [Problem("rows", None, f"there are {len(rows)} adjustments in it", hint)]
    members = sorted({row.member for row in rows})
    known = _known(
        tx,
        program_id,
        payers,
        sorted({(row.member, row.unit) for row in rows if row.amount < 0 and not row.debt}),
        members,
    )
    # Taken from one member by several rows, it has to be there for all of them.
    left = dict(known.free)
    found: list[Problem] = []
    for number, row in enumerate(rows):
        found += _check_adjustment(known, row, left, None if lines is None else lines[number])
    return found + _check_totals((row.unit, abs(row.amount)) for row in rows)


def _known(
    tx: Transaction, program_id: int, payers: Payers, purses: Sequence[PurseKey], members: Sequence[int]
) -> Known:
    held = [member for member in members if 0 < member <= AMOUNT_MINOR_MAX]
    return Known(
        payers,
        load_places(tx, program_id, held),
        load_free(tx, program_id, [key for key in purses if 0 < key[0] <= AMOUNT_MINOR_MAX]),
    )


def _check_adjustment(
    known: Known, row: Adjustment, left: dict[PurseKey, int], line: int | None
) -> Iterator[Problem]:
    if row.member not in known.places:
        yield Problem("member", line, f"nobody is {_shown_member(row.member)}")
    yield from _check_amount(known.program, row.unit, row.amount, line, signed=True)
    payer = known.payers.check(row.payer, row.unit, known.places.get(row.member), line=line)
    if payer is not None:
        yield payer
    if not row.reason.strip():
        yield Problem("reason", line, "it has no reason", "say why, for whoever signs it")
    elif len(row.reason) > REASON_LETTERS_MAX or "\0" in row.reason:
        yield Problem("reason", line, f"the reason is no text of at most {REASON_LETTERS_MAX} letters")
    if row.amount < 0 and not row.debt and row.member in known.places:
        key = (row.member, row.unit)
        left[key] = left.get(key, 0) + row.amount
        if left[key] < 0:
            short = f"{_shown_member(row.member)} has {-left[key]} less than is to be taken"
            yield Problem("amount", line, short, "take less, or let the rest be owed")


def _check_reward(tx: Transaction, program_id: int, payers: Payers, content: GiveReward) -> list[Problem]:
    known = _known(tx, program_id, payers, [], [content.member])
    found = [*_check_gift(known, content)]
    fault = None
    if content.event_id:
        # Who pays for what a batch held was decided with it, by the version of that day.
        held = (content.payer, content.unit) in load_pool_units(tx, program_id, [_clean(content.payer)])
        if content.payer != FUNDING and not held:
            fault = Problem("payer", None, f"no pool {content.payer[:60]} holds {content.unit[:40]}")
    else:
        place = known.places.get(content.member)
        fault = payers.check(content.payer, content.unit, place, content.rule)
    unit = known.program.units.get(content.unit)
    if fault is None and content.payer == FUNDING and unit is not None and unit.kind == "money":
        # No rule gives money that no budget pays, so nobody does by hand.
        fault = Problem("payer", None, "a reward in money is paid by a budget", "name one")
    return found if fault is None else [*found, fault]


def _check_gift(known: Known, content: GiveReward) -> Iterator[Problem]:
    place = known.places.get(content.member)
    if place is None:
        yield Problem("member", None, f"nobody is {_shown_member(content.member)}")
    elif place.market != content.market:
        yield Problem("market", None, f"the member belongs to {place.market}")
    # What a batch held stands where it was earned.
    elif not content.event_id and place.location != content.location:
        yield Problem("location", None, f"the member belongs to {place.location or 'no location'}")
    if content.rule not in known.program.rules:
        yield Problem("rule", None, "unknown rule", did_you_mean(content.rule, known.program.rules))
    yield from _check_amount(known.program, content.unit, content.value, None, signed=False)


def _check_amount(
    program: Program, unit: str, amount: int, line: int | None, *, signed: bool
) -> Iterator[Problem]:
    if unit not in program.units:
        yield Problem("unit", line, f"unknown unit {unit[:40]}", did_you_mean(unit, program.units))
    if amount == 0:
        yield Problem("amount", line, "an amount of nothing changes nothing")
    elif amount < 0 and not signed:
        yield Problem("amount", line, "an amount below zero gives nothing")
    elif abs(amount) > AMOUNT_MINOR_MAX:
        yield Problem("amount", line, "it is larger than an amount can be")


def _check_moves(tx: Transaction, program_id: int, program: Program, moves: Sequence[Move]) -> list[Problem]:
    if not 1 <= len(moves) <= MOVES_MAX:
        return [Problem("moves", None, f"there are {len(moves)} moves in it", f"write 1 to {MOVES_MAX}")]
    nodes = load_nodes(tx, program_id)
    found: list[Problem] = []
    for number, move in enumerate(moves, start=1):
        found += _check_amount(program, move.unit, move.amount, number, signed=False)
        unknown = [
            Problem(where, number, f"there is no budget {name[:60]} in {move.unit[:40]}")
            for where, name in (("from", move.source), ("to", move.target))
            if name != FUNDING and (name not in nodes or nodes[name].unit != move.unit)
        ]
        # Money goes down from a parent to its child, or back up.
        above = {name: nodes[name].parent or FUNDING for name in (move.source, move.target) if name in nodes}
        if not unknown and move.source != above.get(move.target) and move.target != above.get(move.source):
            unknown = [Problem("to", number, "neither of the two gives to the other")]
        found += unknown
    return found + _check_totals((move.unit, move.amount) for move in moves)


def _check_totals(parts: Iterable[tuple[str, int]]) -> list[Problem]:
    totals: dict[str, int] = {}
    for unit, amount in parts:
        totals[unit] = totals.get(unit, 0) + amount
    return [
        Problem("amount", None, f"together it is more {unit} than an amount can be")
        for unit, total in totals.items()
        if total > AMOUNT_MINOR_MAX
    ]


def _check_version(
    tx: Transaction, program_id: int, program: Program, content: PublishVersion, now: datetime
) -> list[Problem]:
    if content.live_from is not None and not now < content.live_from <= now + AHEAD_MAX:
        said = f"{content.live_from:%Y-%m-%d %H:%M} UTC is not ahead, or more than a year"
        return [Problem("live_from", None, said, "what happened is decided already: name a time to come")]
    made = read_program(content.bundle, None, program.key)
    if not isinstance(made, Program):
        return list(made)
    if made.sha != content.bundle_sha:
        return [Problem("bundle_sha", None, "it is the hash of another text")]
    live = load_live(tx, program_id, now)
    if content.live_from is None and live is not None and live.sha == made.sha:
        return [Problem("bundle", None, "this text is the live version already")]
    return []


def _check_grant(tx: Transaction, program_id: int, program: Program, content: ChangeGrant) -> list[Problem]:
    person_id = read("per", content.person)
    people = {} if person_id is None else load_signers(tx, program_id, [person_id])
    person = people.get(person_id or 0)
    if person is None or person.left_at is not None:
        return [Problem("person", None, "nobody of this id works here")]
    if content.revoke is not None:
        # The very grant, its role and place too: by these it is weighed, and shown to who signs.
        said = (person_id, content.role, content.market, content.location)
        held = load_standing_grant(tx, program_id, content.revoke)
        return [] if held == said else [Problem("revoke", None, "they hold no such grant")]
    return list(_check_new_grant(program, content))


def _check_new_grant(program: Program, content: ChangeGrant) -> Iterable[Problem]:
    if content.role not in ROLES:
        yield Problem("role", None, f"unknown role {content.role[:40]}", did_you_mean(content.role, ROLES))
        return
    if content.market is not None and content.market not in program.markets:
        yield Problem("market", None, "unknown market", did_you_mean(content.market, program.markets))
    if content.location is not None and content.location not in program.locations:
        yield Problem("location", None, "unknown location", did_you_mean(content.location, program.locations))
    role = next(role for role in ROLES if role == content.role)
    fault = check_grant(role, content.market, content.location)
    if fault is not None:
        yield Problem("role", None, fault)
    if (content.unit is None) != (content.amount_max is None):
        yield Problem("amount_max", None, "an amount has a unit, and a unit an amount")
    elif content.unit is not None and content.amount_max is not None:
        yield from _check_amount(program, content.unit, content.amount_max, None, signed=False)
    if content.valid_to is not None and content.valid_to <= content.valid_from:
        yield Problem("valid_to", None, "it ends before it begins")


def _shown_member(member: int) -> str:
    return show("mem", member) if 0 < member <= AMOUNT_MINOR_MAX else "a member of no id"


def _clean(name: str) -> str:
    return name.replace("\0", "")
