"""What a role may do in an area: the one table, for pages, streams, API, exports and approvals.

Whatever it does not say is refused. Two things one would not guess: who may approve may also ask (nobody
signs what they asked for), and a dealer manager approves up to EUR 250, in another unit what the grant says.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, get_args

from guerdon.access.grants import WHOLE_PROGRAM, Grant, Scope, Target
from guerdon.access.roles import ROLES, Role

Power = Literal["read", "write", "approve", "unmask"]
Area = Literal[
    "figures",
    "events",
    "setup",
    "people",
    "rules",
    "members",
    "evidence",
    "rewards",
    "redemption",
    "catalog",
    "decisions",
    "budgets",
    "ledger",
    "audit",
    "controls",
    "exports",
]
AREAS: tuple[Area, ...] = get_args(Area)
POWERS: tuple[Power, ...] = get_args(Power)

# R read, W make or ask for, A approve, P see persons unmasked; in the order of ROLES: operator, program
# owner, marketing, finance, compliance, dealer relations, dealer manager, frontline, auditor.
_TABLE: Mapping[Area, str] = {
    "figures":    "-  R  R  R  R  R  R  -  R",
    "events":     "W  W  W  R  R  R  R  -  R",
    "setup":      "W  R  -  -  R  -  -  -  R",
    "people":     "W  A  -  -  R  -  W  -  R",
    "rules":      "-  A  W  R  R  R  R  -  R",
    "members":    "R  R  R  R  RP R  R  R  R",
    "evidence":   "-  -  -  -  R  -  W  W  R",
    "rewards":    "-  A  -  A  R  -  A  W  R",
    "redemption": "-  W  -  W  R  -  R  R  R",
    "catalog":    "W  A  W  R  R  R  R  -  R",
    "decisions":  "R  R  R  R  R  R  R  R  R",
    "budgets":    "-  A  R  A  R  W  R  -  R",
    "ledger":     "-  R  -  A  R  -  R  -  R",
    "audit":      "-  -  -  R  W  -  -  -  R",
    "controls":   "-  R  -  R  W  -  -  -  R",
    "exports":    "-  A  W  W  W  W  -  -  -",
}  # fmt: skip
_MEANT: Mapping[str, frozenset[Power]] = {
    "-": frozenset(),
    "R": frozenset({"read"}),
    "W": frozenset({"read", "write"}),
    "A": frozenset({"read", "write", "approve"}),
    "P": frozenset({"read", "unmask"}),
}
POLICY: Mapping[tuple[Area, Role], frozenset[Power]] = {
    (area, role): frozenset[Power]().union(*(_MEANT[letter] for letter in letters))
    for area, row in _TABLE.items()
    for role, letters in zip(ROLES, row.split(), strict=True)
}

# What a role may approve at most in an area, whatever its grant says; in any other unit the grant must say.
CEILINGS: Mapping[tuple[Area, Role], tuple[int, str]] = {("rewards", "dealer_manager"): (250_00, "EUR")}

# The area that each kind of request (store/schema/0009) belongs to.
KIND_AREAS: Mapping[str, Area] = {
    "reward": "rewards",
    "adjustment": "ledger",
    "budget": "budgets",
    "bulk": "rewards",
    "version": "rules",
    "grant": "people",
}


def allows(grants: Iterable[Grant], area: Area, power: Power, target: Target, now: datetime) -> bool:
    """Whether somebody with these grants may do this to that, now."""
    return any(_allows(grant, area, power, target, now) for grant in grants)


def opens(grants: Iterable[Grant], area: Area, power: Power, program_id: int, now: datetime) -> bool:
    """Whether somebody may do this anywhere in a program: then a page opens, and shows their part only."""
    return scope_of(grants, area, power, program_id, now) is not None


def scope_of(
    grants: Iterable[Grant], area: Area, power: Power, program_id: int, now: datetime
) -> Scope | None:
    """The part of a program in which somebody may do this; None where they may not at all."""
    found = [
        grant
        for grant in grants
        if grant.program_id == program_id and grant.holds(now) and power in POLICY[area, grant.role]
    ]
    if not found:
        return None
    if any(grant.width == "program" for grant in found):
        return WHOLE_PROGRAM
    # A location's grant may name its market too, which says where the location is and no more.
    return Scope(
        tuple(sorted({g.market for g in found if g.location is None and g.market is not None})),
        tuple(sorted({g.location for g in found if g.location is not None})),
    )


def roles_to_sign(grants: Iterable[Grant], kind: str, target: Target, now: datetime) -> frozenset[Role]:
    """The roles under which somebody may approve a request of a kind."""
    area = KIND_AREAS[kind]
    return frozenset(grant.role for grant in grants if _allows(grant, area, "approve", target, now))


def _allows(grant: Grant, area: Area, power: Power, target: Target, now: datetime) -> bool:
    return (
        grant.holds(now)
        and power in POLICY[area, grant.role]
        and grant.reaches(target)
        and (power in {"read", "unmask"} or _within(grant, area, power, target))
    )


def _within(grant: Grant, area: Area, power: Power, target: Target) -> bool:
    """Whether the amount is no more than the grant allows; a limit in another unit allows nothing."""
    if target.amount is None:
        return True
    amount = abs(target.amount)
    if grant.amount_max is not None and (grant.unit != target.unit or amount > grant.amount_max):
        return False
    ceiling = CEILINGS.get((area, grant.role)) if power == "approve" else None
    if ceiling is None:
        return True
    return amount <= ceiling[0] if target.unit == ceiling[1] else grant.amount_max is not None
