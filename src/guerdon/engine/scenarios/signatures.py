"""People who sign in a scenario: one of each role, let in when they first say something."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from guerdon.access.grants import Grant
from guerdon.access.roles import ROLES, WIDEST, Role
from guerdon.engine.approvals.acting import Acting, Refused
from guerdon.engine.approvals.signing import Word, sign
from guerdon.engine.scenarios.people import People
from guerdon.engine.scenarios.scenario import Signed
from guerdon.program.model import Program
from guerdon.program.places import Place
from guerdon.queries.happenings import OpenRequest
from guerdon.store.access.grants import record_grant
from guerdon.store.access.people import record_person
from guerdon.store.approvals.signers import load_signers
from guerdon.store.database import Transaction
from guerdon.store.sealing import Vault

VERDICTS: tuple[Literal["approve", "reject"], ...] = ("approve", "reject")
AMOUNT_MAX = 10**15
_REASON = "looked at it"


def read_signature(place: Place, people: People) -> Signed | None:
    """Read `sign: { member, rule, by, say }`."""
    fields = place.fields(required=["member", "rule", "by"], optional=["say"])
    name = people.name(fields["member"]) if "member" in fields else None
    rule = fields["rule"].one_of(people.program.rules, "rule") if "rule" in fields else None
    role = fields["by"].one_of(ROLES, "role") if "by" in fields else None
    verdict = fields["say"].one_of(VERDICTS, "verdict") if "say" in fields else "approve"
    if name is None or rule is None or role is None or verdict is None:
        return None
    return Signed(name, rule, role, verdict)


@dataclass(slots=True)
class House:
    """The people of a run by role, and where they may sign."""

    program_id: int
    program: Program
    vault: Vault
    people: dict[tuple[Role, str | None, str | None, str | None], int] = field(default_factory=dict)

    def say(self, tx: Transaction, step: Signed, request: OpenRequest, now: datetime) -> str:
        """Say it to a request; the reason where that is refused, else nothing."""
        person = self._person(tx, step.role, request, now)
        who = load_signers(tx, self.program_id, [person])[person]
        acting = Acting(self.program_id, self.program, who, self.vault, now)
        word = Word(request.id, request.revision, step.verdict, _REASON)
        done = sign(tx, acting, [word])[request.id]
        return done.reason if isinstance(done, Refused) else ""

    def _person(self, tx: Transaction, role: Role, request: OpenRequest, now: datetime) -> int:
        width = WIDEST[role]
        market = request.market if width != "program" else None
        location = request.location if width == "location" else None
        place = (role, market, location, request.unit)
        if place not in self.people:
            login = f"{role}.{len(self.people)}@{self.program.key}.example"
            person = record_person(tx, self.program_id, (login, role), "scenarios", now)
            # As much as the ladder lets the role sign; in euros it may be less (access/policy.py).
            most = AMOUNT_MAX if request.unit is not None else None
            grant = Grant(self.program_id, role, now, None, market, location, request.unit, most)
            record_grant(tx, person, grant, "scenarios", now)
            self.people[place] = person
        return self.people[place]
