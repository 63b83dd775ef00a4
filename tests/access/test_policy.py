"""Who may what, as decided from grants alone: role and area, place, amount, time; and no otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guerdon.access.grants import WHOLE_PROGRAM, Grant, Person, Scope, Target, check_grant
from guerdon.access.policy import (
    AREAS,
    CEILINGS,
    KIND_AREAS,
    POLICY,
    POWERS,
    Area,
    Power,
    allows,
    opens,
    roles_to_sign,
    scope_of,
)
from guerdon.access.roles import ROLES, WIDEST, Role, fits
from guerdon.program.model import RequestKind
from guerdon.program.policy import approvals
from guerdon.program.policy.approvals import SIGNERS

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OWN = {"program": (None, None), "market": ("DE", None), "location": ("DE", "de-kiel")}


def grant(role: Role, **terms: Any) -> Grant:
    market, location = OWN[WIDEST[role]]
    return Grant(**{"program_id": 1, "role": role, "valid_from": NOW - DAY, "market": market,
                    "location": location} | terms)  # fmt: skip


def target(
    amount: int | None = None, unit: str = "EUR", market: str = "DE", location: str = "de-kiel"
) -> Target:
    return Target(1, market, location, amount, unit if amount is not None else None)


def may(given: Grant, area: Area, power: Power, wanted: Target, at: datetime = NOW) -> bool:
    return allows([given], area, power, wanted, at)


# What the page on security says of each role, in its own letters; the columns stand in the order of ROLES.
SAID = {
    "setup": "W R - - R - - - R",
    "people": "W A - - R - W - R",
    "rules": "- A W R R R R - R",
    "members": "R R R R P R R R R",
    "evidence": "- - - - R - W W R",
    "rewards": "- A - A R - A W R",
    "redemption": "- W - W R - R R R",
    "catalog": "W A W R R R R - R",
    "budgets": "- A R A R W R - R",
    "ledger": "- R - A R - R - R",
    "audit": "- - - R W - - - R",
    "exports": "- A W W W W - - -",
}
MEANT = {
    "-": set(),
    "R": {"read"},
    "W": {"read", "write"},
    "A": {"read", "write", "approve"},
    "P": {"read", "unmask"},
}


@pytest.mark.parametrize("area", SAID)
def test_a_role_may_in_an_area_what_was_decided(area: Area) -> None:
    for role, letter in zip(ROLES, SAID[area].split(), strict=True):
        assert set(POLICY[area, role]) == MEANT[letter], role
        for power in POWERS:
            assert may(grant(role), area, power, target()) is (power in MEANT[letter]), (role, power)
            assert opens([grant(role)], area, power, 1, NOW) is (power in MEANT[letter]), (role, power)


def test_the_table_is_whole_and_the_auditor_reads_all_and_changes_nothing() -> None:
    assert set(POLICY) == {(area, role) for area in AREAS for role in ROLES}
    assert {frozenset(POLICY[area, "auditor"]) for area in AREAS if area != "exports"} == {
        frozenset({"read"})
    }
    assert set(KIND_AREAS.values()) <= set(AREAS)


@pytest.mark.parametrize("kind", list(KIND_AREAS))
def test_a_ladder_takes_exactly_the_roles_that_may_approve_such_a_request(kind: RequestKind) -> None:
    may = {role for role in ROLES if "approve" in POLICY[KIND_AREAS[kind], role]}
    assert set(SIGNERS[kind]) == may


def test_a_ladder_knows_up_to_where_a_role_may_approve() -> None:
    said = {(KIND_AREAS[kind], role): ceiling for (kind, role), ceiling in approvals.CEILINGS.items()}
    of_kinds = {place: ceiling for place, ceiling in CEILINGS.items() if place[0] in KIND_AREAS.values()}
    assert said == of_kinds
    assert {kind for kind, area in KIND_AREAS.items() if (area, "dealer_manager") in CEILINGS} == {
        kind for kind, _ in approvals.CEILINGS
    }


def test_nothing_granted_is_nothing_allowed() -> None:
    for area in AREAS:
        for power in POWERS:
            assert not allows([], area, power, target(), NOW)
            assert scope_of([], area, power, 1, NOW) is None


def test_a_program_is_not_another() -> None:
    for role in ROLES:
        for area in AREAS:
            assert not may(grant(role), area, "read", Target(2, "DE", "de-kiel"))
            assert scope_of([grant(role)], area, "read", 2, NOW) is None


@pytest.mark.parametrize(
    ("market", "location", "covered"),
    [
        (None, None, {("DE", "de-kiel"), ("DE", None), ("FR", "fr-lyon"), (None, None)}),
        ("DE", None, {("DE", "de-kiel"), ("DE", None)}),
        ("DE", "de-kiel", {("DE", "de-kiel")}),
        (None, "de-kiel", {("DE", "de-kiel")}),
    ],
)
def test_a_place_covers_what_lies_under_it(
    market: str | None, location: str | None, covered: set[tuple[str | None, str | None]]
) -> None:
    given = Grant(1, "finance", NOW - DAY, market=market, location=location)
    for place in (("DE", "de-kiel"), ("DE", None), ("FR", "fr-lyon"), (None, None)):
        assert may(given, "budgets", "approve", Target(1, *place)) is (place in covered), place
        scope = scope_of([given], "budgets", "approve", 1, NOW)
        assert scope is not None
        assert scope.covers(*place) is (place in covered), place


@pytest.mark.parametrize("role", ROLES)
def test_a_grant_wider_than_its_role_gives_nothing(role: Role) -> None:
    for width, (market, location) in OWN.items():
        given = grant(role, market=market, location=location)
        assert given.holds(NOW) is fits(role, given.width)
        assert (check_grant(role, market, location) is None) is given.holds(NOW), width
        assert (scope_of([given], "members", "read", 1, NOW) is not None) is given.holds(NOW)
    assert fits(role, "location")


@pytest.mark.parametrize(
    ("terms", "at", "holds"),
    [
        ({}, NOW - DAY, True),
        ({}, NOW - DAY - timedelta(microseconds=1), False),
        ({"valid_to": NOW}, NOW - timedelta(microseconds=1), True),
        ({"valid_to": NOW}, NOW, False),
        ({"revoked_at": NOW}, NOW - timedelta(microseconds=1), True),
        ({"revoked_at": NOW}, NOW, False),
        ({"revoked_at": NOW, "valid_to": NOW + DAY}, NOW + timedelta(hours=1), False),
    ],
)
def test_a_grant_holds_from_its_first_to_before_its_last_instant(
    *, terms: dict[str, datetime], at: datetime, holds: bool
) -> None:
    given = grant("finance", **terms)
    assert may(given, "budgets", "approve", target(), at) is holds
    assert (scope_of([given], "budgets", "approve", 1, at) is not None) is holds
    assert bool(roles_to_sign([given], "budget", target(), at)) is holds


@pytest.mark.parametrize(
    ("limit", "wanted", "allowed"),
    [
        (None, (10**15, "EUR"), True),
        ((1000, "EUR"), (1000, "EUR"), True),
        ((1000, "EUR"), (1001, "EUR"), False),
        ((1000, "EUR"), (-1001, "EUR"), False),
        ((1000, "EUR"), (-1000, "EUR"), True),
        ((1000, "EUR"), (1, "PTS"), False),
        ((1000, "EUR"), (None, "EUR"), True),
        ((0, "EUR"), (1, "EUR"), False),
    ],
)
@pytest.mark.parametrize("power", ["write", "approve"])
def test_an_amount_is_within_the_limit_of_its_unit(
    *, limit: tuple[int, str] | None, wanted: tuple[int | None, str], power: Power, allowed: bool
) -> None:
    terms = {"amount_max": limit[0], "unit": limit[1]} if limit else {}
    assert may(grant("finance", **terms), "rewards", power, target(*wanted)) is allowed
    # Whoever may read, reads what they could not approve.
    assert may(grant("finance", **terms), "rewards", "read", target(*wanted))


@pytest.mark.parametrize(
    ("limit", "wanted", "allowed"),
    [
        (None, (250_00, "EUR"), True),
        (None, (250_01, "EUR"), False),
        (None, (1, "NOK"), False),
        (None, (1, "PTS"), False),
        ((100_00, "EUR"), (100_01, "EUR"), False),
        ((1000_00, "EUR"), (250_00, "EUR"), True),
        ((1000_00, "EUR"), (250_01, "EUR"), False),
        ((2500_00, "NOK"), (2500_00, "NOK"), True),
        ((2500_00, "NOK"), (2500_01, "NOK"), False),
        ((2500_00, "NOK"), (1, "EUR"), False),
    ],
)
def test_a_location_manager_approves_up_to_250_euros_or_less(
    *, limit: tuple[int, str] | None, wanted: tuple[int, str], allowed: bool
) -> None:
    terms = {"amount_max": limit[0], "unit": limit[1]} if limit else {}
    given = grant("dealer_manager", **terms)
    assert may(given, "rewards", "approve", target(*wanted)) is allowed
    assert (roles_to_sign([given], "reward", target(*wanted), NOW) == {"dealer_manager"}) is allowed
    assert set(CEILINGS) == {("rewards", "dealer_manager")}


def test_one_grant_must_allow_it_all_by_itself() -> None:
    """The place of one and the power of another do not add up, nor do two amounts."""
    held = [grant("frontline", location="de-kiel"), grant("dealer_manager", location="de-ulm")]
    assert allows(held, "rewards", "write", target(100), NOW)
    assert not allows(held, "rewards", "approve", target(100), NOW)
    assert roles_to_sign(held, "reward", target(100), NOW) == frozenset()
    small = [grant("finance", amount_max=100, unit="EUR"), grant("finance", amount_max=150, unit="EUR")]
    assert not allows(small, "rewards", "approve", target(200), NOW)


def test_scopes_of_several_grants_are_seen_together() -> None:
    held = [
        grant("marketing", market="DE"),
        grant("marketing", market="FR"),
        grant("frontline", market="IT", location="it-rom"),
        grant("marketing", market="ES", valid_to=NOW),
    ]
    assert scope_of(held, "members", "read", 1, NOW) == Scope(("DE", "FR"), ("it-rom",))
    assert scope_of(held, "rules", "write", 1, NOW) == Scope(("DE", "FR"), ())
    assert scope_of([*held, grant("auditor")], "members", "read", 1, NOW) == WHOLE_PROGRAM
    # What a wider grant does not give, a narrower one gives where it is.
    assert scope_of([*held, grant("operator")], "rewards", "write", 1, NOW) == Scope((), ("it-rom",))


def test_whoever_left_holds_nothing_from_that_instant_on() -> None:
    person = Person(1, "a@example.com", "A", (grant("finance"), grant("auditor", program_id=2)), left_at=NOW)
    assert person.held(1, NOW - timedelta(microseconds=1)) == (grant("finance"),)
    assert person.held(1, NOW) == ()
    assert Person(1, "a@example.com", "A", person.grants).held(2, NOW) == (person.grants[1],)
