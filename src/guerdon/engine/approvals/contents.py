"""What a content weighs on its ladder, whom it makes richer, and which money it needs set aside.

Pure: places of members are handed in. What follows from a content is worked out here each time, when it is
asked for as when it is carried out, so that nobody can ask for one thing and be weighed for another.
"""

from collections.abc import Iterable, Mapping, Sequence

from guerdon.engine.approvals.ladders import Weight
from guerdon.ledger.chart import is_bounded
from guerdon.ledger.contents import (
    AdjustBalance,
    AdjustMany,
    Adjustment,
    ChangeGrant,
    Content,
    GiveReward,
    Move,
    MoveBudgets,
    PublishVersion,
)
from guerdon.program.model import Program
from guerdon.store.approvals.reserves import PoolKey, Reserve
from guerdon.store.approvals.standings import Place
from guerdon.values.ids import derived_id


def weigh(program: Program, content: Content, places: Mapping[int, Place]) -> Weight:
    """Where a content stands and how much it is about."""
    match content:
        case GiveReward():
            return Weight(content.market, content.location, {content.unit: content.value})
        case Adjustment():
            place = places.get(content.member)
            return Weight(
                place.market if place else None,
                place.location if place else None,
                {content.unit: abs(content.amount)},
            )
        case AdjustMany(rows):
            found = [places[row.member] for row in rows if row.member in places]
            # What makes one member richer and another poorer is about both.
            return Weight(
                _one({place.market for place in found}),
                _one({place.location for place in found}),
                _sums((row.unit, abs(row.amount)) for row in rows),
            )
        case MoveBudgets(moves):
            return Weight(*_place_of(program, moves), _sums((move.unit, move.amount) for move in moves))
        case PublishVersion():
            return Weight()
        case ChangeGrant():
            return Weight(content.market, content.location)


def members_of(content: Content) -> set[int]:
    """Every member whom a content touches."""
    match content:
        case GiveReward(member) | Adjustment(member):
            return {member}
        case AdjustMany(rows):
            return {row.member for row in rows}
        case _:
            return set()


def adjustments_of(content: Content) -> Sequence[Adjustment]:
    """The adjustments that a content makes."""
    match content:
        case Adjustment():
            return [content]
        case AdjustMany(rows):
            return rows
        case _:
            return ()


def gains(content: Content, person: str, member_id: int | None) -> bool:
    """Whether a content is about this person (`per_...`), or about the member that they are."""
    if isinstance(content, ChangeGrant):
        return content.person == person
    return member_id is not None and member_id in members_of(content)


def beneficiary_of(content: Content) -> int | None:
    """The one member whom a content is about."""
    return content.member if isinstance(content, GiveReward | AdjustBalance) else None


def reserves_for(content: Content, request_id: int, revision: int) -> list[Reserve]:
    """The money that a content needs set aside until it is carried out: what bounded pools would pay."""
    wanted: dict[PoolKey, int] = {}
    for account, unit, change in _paid(content):
        wanted[account, unit] = wanted.get((account, unit), 0) + change
    owed = {key: amount for key, amount in wanted.items() if amount > 0 and is_bounded(key[0])}
    # The first reserve of a request carries its id, as those do that a batch sets aside.
    plain = revision == 1 and len(owed) == 1
    return [
        Reserve(
            request_id if plain else derived_id(request_id, "reserve", str(revision), account, unit),
            account,
            unit,
            amount,
        )
        for (account, unit), amount in sorted(owed.items())
    ]


def _paid(content: Content) -> Iterable[tuple[str, str, int]]:
    match content:
        case GiveReward():
            yield content.payer, content.unit, content.value
        case Adjustment():
            yield content.payer, content.unit, max(content.amount, 0)
        case AdjustMany(rows):
            for row in rows:
                yield row.payer, row.unit, max(row.amount, 0)
        case MoveBudgets(moves):
            # What passes through an account needs no cover of its own.
            for move in moves:
                yield move.source, move.unit, move.amount
                yield move.target, move.unit, -move.amount
        case _:
            pass


def _place_of(program: Program, moves: Sequence[Move]) -> tuple[str | None, str | None]:
    nodes = {
        f"budget:{budget.key}:{place}": node
        for budget in program.budgets.values()
        for place, node in budget.nodes.items()
    }
    touched = [nodes[name] for move in moves for name in (move.source, move.target) if name in nodes]
    markets = {node.market for node in touched if node.market is not None}
    locations = {node.location for node in touched if node.location is not None}
    return _one(markets), _one(locations)


def _one(found: Iterable[str | None]) -> str | None:
    listed = set(found)
    return listed.pop() if len(listed) == 1 else None


def _sums(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for unit, amount in parts:
        sums[unit] = sums.get(unit, 0) + amount
    return sums
