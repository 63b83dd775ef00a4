"""A grant: a role for a person, at a node of the tree program > market > location, between two instants.

A scope is what several grants cover together; with nothing in it, it covers the whole program.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from guerdon.access.roles import Role, Width, fits


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of a program that somebody sees: these markets and locations, or (both empty) all of it."""

    markets: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it is the whole program."""
        return not self.markets and not self.locations

    def covers(self, market: str | None, location: str | None = None) -> bool:
        """Whether what stands at a market and location lies in it."""
        return self.whole or market in self.markets or location in self.locations


WHOLE_PROGRAM = Scope()


@dataclass(frozen=True, slots=True)
class Target:
    """What somebody wants to read or do: where it stands, and how much it is about."""

    program_id: int
    market: str | None = None
    location: str | None = None
    amount: int | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """One role for one person; `amount_max` is in the smallest part of `unit`, None for no own limit."""

    program_id: int
    role: Role
    valid_from: datetime
    valid_to: datetime | None = None
    market: str | None = None
    location: str | None = None
    unit: str | None = None
    amount_max: int | None = None
    id: int = 0
    revoked_at: datetime | None = None

    @property
    def width(self) -> Width:
        """How wide the node is at which it was given."""
        if self.location is not None:
            return "location"
        return "program" if self.market is None else "market"

    def holds(self, at: datetime) -> bool:
        """Whether it gives anything at an instant: begun, not over, not revoked, no wider than its role."""
        return (
            self.valid_from <= at
            and (self.valid_to is None or at < self.valid_to)
            and (self.revoked_at is None or at < self.revoked_at)
            and fits(self.role, self.width)
        )

    def reaches(self, target: Target) -> bool:
        """Whether the target stands under its node."""
        if self.program_id != target.program_id:
            return False
        match self.width:
            case "program":
                return True
            case "market":
                return target.market == self.market
            case "location":
                return target.location == self.location


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here, with every grant that was given to them and not taken back."""

    person_id: int
    login: str
    name: str
    grants: tuple[Grant, ...] = ()
    left_at: datetime | None = None
    # Which member they are themselves, by program.
    memberships: Mapping[int, int] = field(default_factory=dict)
    # Who they are at work (access/personas.py), by program.
    personas: Mapping[int, str] = field(default_factory=dict)

    def held(self, program_id: int, at: datetime) -> tuple[Grant, ...]:
        """The grants that hold in a program at an instant; whoever left has none."""
        if self.left_at is not None and self.left_at <= at:
            return ()
        return tuple(grant for grant in self.grants if grant.program_id == program_id and grant.holds(at))


def check_grant(role: Role, market: str | None, location: str | None) -> str | None:
    """Why a role cannot be given at a node, or nothing."""
    width: Width = "location" if location is not None else "program" if market is None else "market"
    if fits(role, width):
        return None
    narrower = "market" if fits(role, "market") else "location"
    return f"{role} cannot be given for a whole {width}; name a {narrower}"
