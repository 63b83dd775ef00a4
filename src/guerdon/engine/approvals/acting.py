"""Who acts on a request, when, and what they are told when it cannot be: a refusal is data, with a reason.

The reasons are few and each has its sentence on the page: unknown, closed, edited, expired, role, maker,
beneficiary, signed, reason, budget, wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.access.grants import WHOLE_PROGRAM, Person, Scope, Target
from guerdon.access.policy import KIND_AREAS, Area, Power, allows, roles_to_sign, scope_of
from guerdon.access.roles import Role
from guerdon.engine.approvals.ladders import Weight
from guerdon.program.model import Program, RequestKind, Rung
from guerdon.store.sealing import Vault
from guerdon.values.ids import read, show
from guerdon.values.problems import Problem


@dataclass(frozen=True, slots=True)
class Acting:
    """A person at work in a program, at one moment; the vault seals what is announced to the worker."""

    program_id: int
    program: Program
    person: Person
    vault: Vault
    now: datetime

    @property
    def name(self) -> str:
        """The person as tables name them."""
        return show("per", self.person.person_id)

    @property
    def own_member(self) -> int | None:
        """Which member they are themselves."""
        return self.person.memberships.get(self.program_id)

    @property
    def never_alone(self) -> bool:
        """Whether what they ask for always needs somebody's signature, however little it is."""
        return False

    def may_ask(self, kind: str, weight: Weight) -> bool:
        """Whether they may ask for something of this weight."""
        return may_ask(self.person, self.program_id, kind, weight, self.now)

    def holds(self, power: Power) -> bool:
        """Whether they may do this to versions of the whole program."""
        grants = self.person.held(self.program_id, self.now)
        return allows(grants, "rules", power, Target(self.program_id), self.now)

    def answers_for(self, author: str) -> bool:  # noqa: ARG002  a key asks who it was
        """Whether they may ask others to sign what somebody wrote."""
        return True

    def spends(self, kind: str) -> Scope | None:
        """Where they may name the budget that pays for what they ask for; None for nowhere."""
        grants, area = self.person.held(self.program_id, self.now), KIND_AREAS[kind]
        return scope_of(grants, area, "write", self.program_id, self.now)


NOBODY = Person(0, "", "")
# What a program may ask for by its key, where that is for its place. Who may what is for people to propose.
KEY_KINDS = frozenset({"reward", "adjustment", "budget", "bulk"})


@dataclass(frozen=True, slots=True)
class KeyActing(Acting):
    """An API key that asks: it has a place and no role, so that it proposes and never signs."""

    key_id: str = ""
    place: Scope = WHOLE_PROGRAM
    # What its scopes let it do to versions of the program. Who signs is a person all the same.
    versions: frozenset[Power] = frozenset()

    @property
    def name(self) -> str:
        """The key as tables name it."""
        return f"key:{self.key_id}"

    @property
    def own_member(self) -> int | None:
        """It is nobody."""
        return None

    @property
    def never_alone(self) -> bool:
        """Without a role of its own it lets nothing pass."""
        return True

    def may_ask(self, kind: str, weight: Weight) -> bool:
        """Whether it is for something at its place."""
        if kind == "version":
            return self.holds("write")
        return kind in KEY_KINDS and self.place.covers(weight.market, weight.location)

    def holds(self, power: Power) -> bool:
        """What its scopes say, for a key of the whole program."""
        return self.place.whole and power in self.versions

    def answers_for(self, author: str) -> bool:
        """What it wrote itself: what a person wrote, a person asks for, and does not sign."""
        return author == self.name

    def spends(self, kind: str) -> Scope | None:
        """Its place."""
        return self.place if kind in KEY_KINDS else None


@dataclass(frozen=True, slots=True)
class PlaceActing(Acting):
    """Somebody who works at a location and asks for more for its budget: they propose, and others sign.

    Who confirms visits there and sees its budget may ask, and for no other (decision 47).
    """

    market: str = ""
    location: str = ""

    @property
    def never_alone(self) -> bool:
        """However little it is, somebody else signs."""
        return True

    def may_ask(self, kind: str, weight: Weight) -> bool:
        """Whether it is for the budget of their own location."""
        grants = self.person.held(self.program_id, self.now)
        here = Target(self.program_id, self.market, self.location)
        own = kind == "budget" and (weight.market, weight.location) == (self.market, self.location)
        needed: tuple[tuple[Area, Power], ...] = (("evidence", "write"), ("budgets", "read"))
        return own and all(allows(grants, area, power, here, self.now) for area, power in needed)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was done; `problems` where the content itself is wrong."""

    reason: str
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True)
class Stood:
    """A request as it stands after something was done to it."""

    request_id: int
    state: str
    revision: int


def ladder_of(program: Program, kind: str) -> tuple[Rung, ...]:
    """The ladder of a kind of request."""
    return program.ladders[_kind(kind)]


def may_ask(person: Person, program_id: int, kind: str, weight: Weight, now: datetime) -> bool:
    """Whether somebody may ask for something of this weight."""
    grants, area = person.held(program_id, now), KIND_AREAS[kind]
    return all(allows(grants, area, "write", target, now) for target in _targets(program_id, weight))


def roles_of(
    person: Person, program_id: int, kind: str, weight: Weight, now: datetime, since: datetime | None = None
) -> frozenset[Role]:
    """The roles under which somebody may sign a request now, by grants that they had `since` then."""
    grants = [grant for grant in person.held(program_id, now) if since is None or grant.valid_from <= since]
    found = [roles_to_sign(grants, kind, target, now) for target in _targets(program_id, weight)]
    return frozenset.intersection(*found)


def person_id_of(name: str) -> int | None:
    """The number of a person in `per_...`; None for what asks by itself."""
    return read("per", name)


def _targets(program_id: int, weight: Weight) -> Iterator[Target]:
    if not weight.amounts:
        yield Target(program_id, weight.market, weight.location)
    for unit, amount in weight.amounts.items():
        yield Target(program_id, weight.market, weight.location, amount, unit)


def _kind(kind: str) -> RequestKind:
    kinds: dict[str, RequestKind] = {
        "reward": "reward",
        "adjustment": "adjustment",
        "budget": "budget",
        "bulk": "bulk",
        "version": "version",
        "grant": "grant",
    }
    return kinds[kind]
