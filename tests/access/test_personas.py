"""Personas: where whose day begins, and for whom nobody may be invited."""

import pytest
from tests.access.people import grant_of

from guerdon.access.grants import Grant
from guerdon.access.personas import KEYS, PERSONAS, check_persona, may_invite, starts_of
from guerdon.access.policy import POLICY
from guerdon.access.roles import ROLES, Role
from guerdon.web.routes import CONSOLE, ROUTES

# Apart from the table: who begins where, of what there is; pages to come stand before these in the table.
BEGINS = {
    "customer_experience": "",
    "marketing_operations": "rules",
    "loyalty": "members",
    "finance": "decisions",
    "compliance": "controls",
    "network": "locations",
    "location_manager": "members",
    "after_sales": "members",
    "renewals": "members",
    "care": "members",
    "retention": "",
    "crm_team": "events",
    "integrator": "connections",
    "auditor": "audit",
    "operator": "people",
}


def test_every_persona_of_the_design_is_there_and_every_role_is_in_one() -> None:
    assert set(PERSONAS) == set(KEYS) == set(BEGINS)
    assert {role for persona in PERSONAS.values() for role in persona.roles} == set(ROLES)


@pytest.mark.parametrize("key", KEYS)
def test_each_begins_at_a_page_that_its_roles_open(key: str) -> None:
    persona = PERSONAS[key]
    rows = {path: ROUTES.get(CONSOLE + path) for path in persona.start}
    open_to = [
        path
        for path, row in rows.items()
        if row is not None
        and row.area is not None
        and any(row.read in POLICY[row.area, role] for role in persona.roles)
    ]
    assert BEGINS[key] in open_to
    assert starts_of(key, persona.roles) == persona.start
    # What somebody has beside it takes nothing from a choice; what was taken back ends it.
    assert starts_of(key, [*persona.roles, "auditor"]) == persona.start
    assert starts_of(key, []) == ()


def test_without_a_choice_roles_say_it_where_they_are_one_personas_alone() -> None:
    assert starts_of("", ["finance"]) == ("decisions",)
    assert starts_of("", ["frontline"]) == ()
    assert starts_of("", ["finance", "compliance"]) == ()
    assert starts_of("pilot", ["auditor"]) == ("audit",)


def test_a_persona_is_given_no_wider_than_its_roles() -> None:
    assert check_persona(PERSONAS["finance"], None, None) is None
    assert check_persona(PERSONAS["loyalty"], None, None) is not None
    assert check_persona(PERSONAS["care"], "DE", None) is not None
    assert check_persona(PERSONAS["care"], "DE", "de-kiel") is None
    assert [PERSONAS[key].widest for key in ("finance", "loyalty", "care")] == [
        "program",
        "market",
        "location",
    ]


def at(role: Role, market: str | None = None, location: str | None = None, limit: int | None = None) -> Grant:
    told = None if limit is None else (limit, "EUR")
    return grant_of(1, role, market=market, location=location, limit=told)


KIEL = ("DE", "de-kiel")


@pytest.mark.parametrize(
    ("own", "wanted", "may"),
    [
        (at("operator"), at("finance"), True),
        (at("program_owner"), at("frontline", *KIEL), True),
        (at("finance"), at("frontline", *KIEL), False),
        (at("compliance"), at("compliance"), False),
        # At their own location, what belongs to a location.
        (at("dealer_manager", *KIEL), at("frontline", *KIEL), True),
        (at("dealer_manager", *KIEL), at("dealer_manager", *KIEL), True),
        (at("dealer_manager", *KIEL), at("frontline", "DE", "de-ulm"), False),
        (at("dealer_manager", *KIEL), at("finance", *KIEL), False),
        (at("dealer_manager", *KIEL), at("finance"), False),
        # No more than they may themselves.
        (at("dealer_manager", *KIEL, limit=100), at("frontline", *KIEL, limit=100), True),
        (at("dealer_manager", *KIEL, limit=100), at("frontline", *KIEL, limit=101), False),
        (at("dealer_manager", *KIEL, limit=100), at("frontline", *KIEL), False),
        (at("operator", limit=100), at("finance"), False),
    ],
)
def test_nobody_invites_for_more_than_they_have(own: Grant, wanted: Grant, may: bool) -> None:  # noqa: FBT001
    assert may_invite([own], wanted) is may
    assert may_invite([], wanted) is False
