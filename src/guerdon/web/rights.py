"""What somebody signed in may do in a program, read anew for every request.

So what was revoked is gone at the next one, whatever a session or a page still says.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from guerdon.access.grants import Grant, Person, Scope, Target
from guerdon.access.personas import starts_of
from guerdon.access.policy import Area, Power, allows, opens, scope_of
from guerdon.store.access.grants import load_grants
from guerdon.store.access.people import find_person
from guerdon.web.rooms import room
from guerdon.web.routes import CONSOLE, ROUTES, Row

# Where those begin whose persona says nothing, in the order in which one would like to.
HOMES = ("", "members", "people", "events")


@dataclass(frozen=True, slots=True)
class Rights:
    """A person in a program, at an instant."""

    program_id: int
    person: Person
    now: datetime

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What holds now."""
        return self.person.held(self.program_id, self.now)

    def may(self, area: Area, power: Power = "read") -> bool:
        """Whether this may be done anywhere in the program."""
        return opens(self.grants, area, power, self.program_id, self.now)

    def allows(self, area: Area, power: Power, target: Target) -> bool:
        """Whether this may be done to that."""
        return allows(self.grants, area, power, target, self.now)

    def scope(self, area: Area, power: Power = "read") -> Scope | None:
        """The part of the program in which this may be done; None for nowhere."""
        return scope_of(self.grants, area, power, self.program_id, self.now)

    def opens(self, path: str) -> bool:
        """Whether a page of the program's console may be read: what a menu asks before it offers it."""
        row = ROUTES.get(CONSOLE + path)
        return row is not None and self.reads(row) is not None

    @property
    def home(self) -> str | None:
        """The page of the console that somebody begins with; None where no page is theirs."""
        return next((path for path in (*self.starts, *HOMES) if self.opens(path)), None)

    @property
    def starts(self) -> tuple[str, ...]:
        """Where their persona would have them begin, best first."""
        chosen = self.person.personas.get(self.program_id, "")
        return starts_of(chosen, {grant.role for grant in self.grants})

    def reads(self, row: Row) -> Scope | None:
        """The part of the program that an address shows; None when it shows nothing."""
        return None if row.area is None else self.scope(row.area, row.read)

    def governs(self, person_id: int) -> bool:
        """Whether every role that somebody has, or is to have, stands where this person gives roles."""
        # Seen whole: what lies elsewhere is what this is about.
        with room().reading(self.program_id) as tx:
            held = load_grants(tx, self.program_id, [person_id]).get(person_id, [])
        places = [
            Target(self.program_id, grant.market, grant.location)
            for grant in held
            if not self._is_over(grant)
        ]
        return all(self.allows("people", "write", place) for place in places)

    def _is_over(self, grant: Grant) -> bool:
        return grant.valid_to is not None and grant.valid_to <= self.now

    @property
    def mark(self) -> str:
        """What changes whenever the roles do."""
        said = repr(sorted((grant.id, grant.role) for grant in self.grants))
        return sha256(said.encode()).hexdigest()[:16]


def load_rights(program_id: int, login: str, now: datetime) -> Rights | None:
    """What somebody may do in a program; None where they were never given anything, or left."""
    with room().reading(program_id) as tx:
        person = find_person(tx, program_id, login)
    if person is None or (person.left_at is not None and person.left_at <= now):
        return None
    return Rights(program_id, person, now)
