"""Approvals: who signs a request of which kind up to which amount, and after how long it moves on or ends.

Each kind has a ladder even when the program says nothing of it. A rung asks for people who hold one of its
roles; who asked and who gains never count, so a rung for two always needs three people in the house.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import get_args

from guerdon.program.document import Scalar
from guerdon.program.model import ApprovalTimes, Market, RequestKind, Rung
from guerdon.program.places import Place
from guerdon.program.units import named_few, read_money
from guerdon.values.money import AMOUNT_MINOR_MAX, Unit, plain_amount

KINDS: tuple[RequestKind, ...] = get_args(RequestKind)
# These have no amount, so their ladders have no bounds.
WITHOUT_AMOUNT = frozenset({"version", "grant"})
# Of these, little may pass without a signature.
UNSIGNED = frozenset({"reward", "adjustment"})
# Who may approve a request of a kind: what access/policy.py gives them, which nothing here may ask.
SIGNERS: Mapping[RequestKind, tuple[str, ...]] = {
    "reward": ("program_owner", "finance", "dealer_manager"),
    "adjustment": ("finance",),
    "budget": ("program_owner", "finance"),
    "bulk": ("program_owner", "finance", "dealer_manager"),
    "version": ("program_owner",),
    "grant": ("program_owner",),
}
# Up to which amount a role signs such a request at most, whatever a ladder says: from there, too.
CEILINGS: Mapping[tuple[RequestKind, str], tuple[int, str]] = {
    ("reward", "dealer_manager"): (250_00, "EUR"),
    ("bulk", "dealer_manager"): (250_00, "EUR"),
}
ROLES = (
    *("operator", "program_owner", "marketing", "finance", "compliance"),
    *("dealer_relations", "dealer_manager", "frontline", "auditor", "member"),
)
PEOPLE_MAX = 5
HOURS_MAX = 24 * 366
TIMES = ApprovalTimes()


def read_approvals(
    place: Place | None, units: Mapping[str, Unit], markets: Mapping[str, Market]
) -> tuple[dict[RequestKind, tuple[Rung, ...]], ApprovalTimes]:
    """Read `approvals`: a ladder for each kind of request, and the times."""
    ladders = _default_ladders(units)
    if place is None:
        return ladders, TIMES
    fields = place.fields(optional=["expire_hours", "escalate_hours", *KINDS])
    for kind in KINDS:
        if kind in fields:
            ladders[kind] = _read_ladder(fields[kind], kind, units, markets)
    expire = fields["expire_hours"].whole(1, HOURS_MAX) if "expire_hours" in fields else None
    escalate = fields["escalate_hours"].whole(1, HOURS_MAX) if "escalate_hours" in fields else None
    times = ApprovalTimes(expire or TIMES.expire_hours, escalate or TIMES.escalate_hours)
    if times.escalate_hours >= times.expire_hours:
        late, end = times.escalate_hours, times.expire_hours
        fields.get("escalate_hours", place).wrong(
            f"a request ends after {end} hours, and would move up after {late}",
            "write fewer hours than `expire_hours`",
        )
    return ladders, times


def _default_ladders(units: Mapping[str, Unit]) -> dict[RequestKind, tuple[Rung, ...]]:
    money = {key: 10**unit.digits for key, unit in units.items() if unit.kind == "money"}
    low = Rung({key: 250 * one for key, one in money.items()}, ("dealer_manager",))
    middle = Rung({key: 1000 * one for key, one in money.items()}, ("program_owner",))
    both = Rung({}, ("finance", "program_owner"), 2)
    return {
        # Without money there is no bound that could be known, and the highest rung takes all.
        "reward": (low, middle, both) if money else (both,),
        "adjustment": (Rung({}, ("finance",)),),
        "budget": (Rung({}, ("finance",)),),
        "bulk": (both,),
        "version": (Rung({}, ("program_owner",)),),
        "grant": (Rung({}, ("program_owner",)),),
    }


def _read_ladder(
    place: Place, kind: RequestKind, units: Mapping[str, Unit], markets: Mapping[str, Market]
) -> tuple[Rung, ...]:
    places = place.listing("nobody could ever approve", "write a rung like `- { by: [finance] }`")
    before = len(place.problems)
    rungs = [_read_rung(item, kind, units, markets) for item in places]
    if rungs and len(place.problems) == before:
        _check_rising(places, rungs, place, markets)
    return tuple(rungs)


def _read_rung(
    place: Place, kind: RequestKind, units: Mapping[str, Unit], markets: Mapping[str, Market]
) -> Rung:
    fields = place.fields(optional=["by", "up_to", "people", "markets"])
    roles = _read_roles(fields["by"], kind) if "by" in fields else ()
    people = fields["people"].whole(0, PEOPLE_MAX) if "people" in fields else None
    if people == 0:
        _check_unsigned(place, kind, fields)
    elif "by" not in fields:
        place.wrong("by is missing", "add `by:` here")
    up_to = _read_bounds(fields["up_to"], units) if "up_to" in fields else {}
    if "up_to" in fields and kind in WITHOUT_AMOUNT:
        fields["up_to"].wrong(f"a {kind} has no amount", "remove `up_to`")
    if "markets" in fields and kind == "version":
        fields["markets"].wrong("a version is for all markets", "remove `markets`")
    if "by" in fields and roles:
        _check_ceilings(fields["by"], kind, (roles, up_to), units)
    named = fields["markets"].some_of(markets, "market") if "markets" in fields else ()
    return Rung(up_to, roles, 1 if people is None else people, named)


def _check_unsigned(place: Place, kind: RequestKind, fields: Mapping[str, Place]) -> None:
    """Name what may not pass without a signature: only little that one member is given by hand may."""
    if kind not in UNSIGNED or "up_to" not in fields:
        place.wrong(
            "somebody has to sign this",
            "without a signature only a reward or an adjustment passes, `up_to` an amount",
        )
    if "by" in fields:
        fields["by"].wrong("nobody signs here", "remove `by`, or let `people` sign")


def _read_roles(place: Place, kind: RequestKind) -> tuple[str, ...]:
    """Read roles that can sign: with one among them that never does, a rung might wait for ever."""
    roles: list[str] = []
    for item in place.listing("nobody could ever sign", "name roles like [finance, program_owner]"):
        word = item.word()
        if word is not None and word not in ROLES:
            item.unknown("role", word, SIGNERS[kind])
        elif word is not None and word not in SIGNERS[kind]:
            item.wrong(
                f"the role {word} never signs a request of kind {kind}", f"name {named_few(SIGNERS[kind])}"
            )
        elif word is not None and word in roles:
            item.wrong(f"{word} stands here twice", "remove one of the two")
        elif word is not None:
            roles.append(word)
    return tuple(roles)


def _check_ceilings(
    place: Place,
    kind: RequestKind,
    rung: tuple[tuple[str, ...], Mapping[str, int]],
    units: Mapping[str, Unit],
) -> None:
    """Name a rung that nobody could sign, for it reaches above what any of its roles may."""
    roles, up_to = rung
    ceilings = [CEILINGS[kind, role] for role in roles if (kind, role) in CEILINGS]
    if len(ceilings) < len(roles):
        return
    for amount, unit in ceilings:
        if unit in units and up_to.get(unit, AMOUNT_MINOR_MAX) > amount:
            shown = f"{plain_amount(amount, units[unit])} {unit}"
            place.wrong(
                f"nobody could sign above {shown}: {named_few(roles)} may not",
                f"write `up_to: {shown}`, or name another role too",
            )


def _read_bounds(place: Place, units: Mapping[str, Unit]) -> dict[str, int]:
    """Read `250.00 EUR`, or a list with a bound for each unit."""
    found: dict[str, int] = {}
    single = isinstance(place.node, Scalar)
    hint = "write `250.00 EUR`, or leave it out"
    for item in [place] if single else place.listing("no bound is listed", hint):
        bound = read_money(item, units)
        if bound is not None and bound.unit in found:
            item.wrong(f"{bound.unit} has a bound already", "write one amount a unit")
        elif bound is not None:
            found[bound.unit] = bound.amount_minor
    return found


def _check_rising(
    places: Sequence[Place], rungs: Sequence[Rung], ladder: Place, markets: Collection[str]
) -> None:
    """Name rungs that nothing can stand on, and requests for which there is no rung, market by market."""
    said: set[str] = set()
    for market in markets:
        of = [n for n, rung in enumerate(rungs) if not rung.markets or market in rung.markets]
        if not of or rungs[of[-1]].up_to_minor:
            where = places[of[-1]] if of else ladder
            if where.where not in said:
                where.wrong(
                    f"nobody could approve what lies above the last rung ({market})",
                    "end with a rung without `up_to`",
                )
                said.add(where.where)
        for lower, upper in pairwise(of):
            fault = _fault_between(rungs[lower], rungs[upper])
            if fault is not None and places[upper].where not in said:
                places[upper].wrong(*fault)
                said.add(places[upper].where)


def _fault_between(lower: Rung, upper: Rung) -> tuple[str, str] | None:
    if not lower.up_to_minor:
        return "nothing ever comes to this rung: the one before takes every amount", "put an `up_to` there"
    for unit, bound in lower.up_to_minor.items():
        if upper.up_to_minor and upper.up_to_minor.get(unit, AMOUNT_MINOR_MAX) <= bound:
            return f"its bound in {unit} does not lie above the rung before", "write the amounts rising"
    if upper.people < lower.people:
        return (
            f"{upper.people} must sign here, and {lower.people} for less",
            "more money never needs fewer people",
        )
    if (upper.roles, upper.people) == (lower.roles, lower.people):
        return "nothing rises: the same people sign on the rung before", "join the two rungs"
    return None
