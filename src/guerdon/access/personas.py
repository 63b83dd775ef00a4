"""Personas: who somebody is at work, as a name for a bundle of roles, and the page at which their day begins.

A persona gives nothing by itself: grants do, and a page opens by them alone. Who was given no persona begins
as the one that their roles make them, where that is plain.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from guerdon.access.grants import Grant, Target, check_grant
from guerdon.access.policy import Area, Power, allows
from guerdon.access.roles import WIDEST, Role, Width, fits

PersonaKey = Literal[
    "customer_experience",
    "marketing_operations",
    "loyalty",
    "finance",
    "compliance",
    "network",
    "location_manager",
    "after_sales",
    "renewals",
    "care",
    "retention",
    "crm_team",
    "integrator",
    "auditor",
    "operator",
]
KEYS: tuple[PersonaKey, ...] = get_args(PersonaKey)
# The first page of a location's own app, which is no page of the console.
TODAY = "today"


@dataclass(frozen=True, slots=True)
class Persona:
    """A bundle of roles, and the paths in the console of which the first that opens is where they begin."""

    key: PersonaKey
    roles: tuple[Role, ...]
    start: tuple[str, ...]

    @property
    def widest(self) -> Width:
        """The widest place at which all of it can be given."""
        return next(
            width
            for width in ("program", "market", "location")
            if all(fits(role, width) for role in self.roles)
        )


PERSONAS: dict[str, Persona] = {
    persona.key: persona
    for persona in (
        Persona("customer_experience", ("program_owner",), ("",)),
        Persona("marketing_operations", ("marketing",), ("journeys", "rules")),
        Persona("loyalty", ("marketing",), ("members",)),
        Persona("finance", ("finance",), ("decisions",)),
        Persona("compliance", ("compliance",), ("controls",)),
        Persona("network", ("dealer_relations",), ("locations", "budgets")),
        Persona("location_manager", ("dealer_manager",), (TODAY, "members")),
        Persona("after_sales", ("frontline",), (TODAY, "members")),
        Persona("renewals", ("frontline",), ("renewals", "members")),
        Persona("care", ("frontline",), ("members",)),
        Persona("retention", ("marketing",), ("team", "")),
        Persona("crm_team", ("operator",), ("events",)),
        Persona("integrator", ("operator",), ("connections",)),
        Persona("auditor", ("auditor",), ("audit",)),
        Persona("operator", ("operator",), ("health", "people")),
    )
}


def starts_of(chosen: str, roles: Collection[Role]) -> tuple[str, ...]:
    """Where somebody would begin, best first; nothing where neither a choice nor their roles say.

    A persona whose roles were taken back says nothing any more.
    """
    persona = PERSONAS.get(chosen)
    if persona is not None and set(persona.roles) <= set(roles):
        return persona.start
    # What several personas share, or what somebody has beside it, makes them none of them.
    found = [each for each in PERSONAS.values() if set(each.roles) == set(roles)]
    return found[0].start if len(found) == 1 else ()


def check_persona(persona: Persona, market: str | None, location: str | None) -> str | None:
    """Why a persona cannot be given at a place, or nothing."""
    faults = (check_grant(role, market, location) for role in persona.roles)
    return next((fault for fault in faults if fault), None)


def may_invite(own: Collection[Grant], wanted: Grant) -> bool:
    """Whether somebody with these grants may invite for this one: never for more than they have.

    They give roles at that place, themselves up to that amount; and who gives roles at a location alone gives
    those that belong to a location.
    """
    now = wanted.valid_from
    target = Target(wanted.program_id, wanted.market, wanted.location, wanted.amount_max, wanted.unit)
    area, power = _GIVING
    if not allows(own, area, power, target, now):
        return False
    giving = [grant for grant in own if allows([grant], area, power, target, now)]
    if wanted.amount_max is None and all(grant.amount_max is not None for grant in giving):
        return False
    return WIDEST[wanted.role] == "location" or any(grant.width != "location" for grant in giving)


_GIVING: tuple[Area, Power] = ("people", "write")
