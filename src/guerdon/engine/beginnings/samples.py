"""Members who are made to try a program: enrolled, rewarded and removed by the ways that everybody goes.

They are told by their source, `sample`. Their events come through the door; an event takes back what they
were given, and they are erased like whoever asks for that. What was decided stays in the books, by number.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.intake import Delivery, keep_sealed, seal_deliveries
from guerdon.engine.privacy.erasing import Asking, ask_erasure
from guerdon.program.model import Field, Program
from guerdon.program.starters.filling import SAMPLE, SAMPLE_REMOVED
from guerdon.queries.setup.standing import SampleRow, list_samples
from guerdon.store.database import Transaction
from guerdon.store.members import enroll_sample, next_member_ids
from guerdon.store.persons import Person, seal_person
from guerdon.store.sealing import Vault

SOURCE = "/setup/sample"
NAME = "Sample"
REASON = "sample data removed"


CloudEvent = dict[str, object]


@dataclass(frozen=True, slots=True)
class Trying:
    """Whose samples these are: the program, its number, who tries it, and when.

    `deliver` makes of events what the door would keep; connectors stand above the engine.
    """

    program_id: int
    program: Program
    vault: Vault
    by: str
    now: datetime
    deliver: Callable[[list[CloudEvent]], Delivery]


def rewarded_types(program: Program) -> list[str]:
    """The types of events upon which a rule gives something, in the order of the rules."""
    found = (rule.when for rule in program.rules.values() if rule.reward is not None)
    return list(dict.fromkeys(found))


def invented(program: Program, kind: str, subject: str, now: datetime) -> CloudEvent:
    """An event of a type as a system would send it: its required fields filled with what they might say."""
    fields = program.events[kind].fields
    return {
        "specversion": "1.0",
        "id": f"sample-{secrets.token_hex(6)}",
        "source": SOURCE,
        "type": kind,
        "subject": subject,
        "time": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "data": {key: _said(field) for key, field in fields.items() if field.required},
    }


def try_out(tx: Transaction, trying: Trying, kind: str) -> bool:
    """Send an event for a sample member, who is enrolled where there is none; False where it cannot be."""
    program, now = trying.program, trying.now
    if SAMPLE not in program.sources or kind not in rewarded_types(program):
        return False
    samples = [each for each in list_samples(tx, trying.program_id) if not each.leaving]
    external_id = samples[0].external_id if samples else _enroll(tx, trying)
    _send(tx, trying, [invented(program, kind, f"{SAMPLE}:{external_id}", now)])
    return True


def take_back(tx: Transaction, trying: Trying) -> int:
    """Have what samples were given taken back by the program's own rule; how many events that needs."""
    if SAMPLE not in trying.program.sources or SAMPLE_REMOVED not in trying.program.events:
        return 0
    # A rule takes back the latest of each kind, so there is an event for each reward that is left.
    events = [
        invented(trying.program, SAMPLE_REMOVED, f"{SAMPLE}:{each.external_id}", trying.now)
        for each in list_samples(tx, trying.program_id)
        if not each.leaving
        for _ in range(each.rewards)
    ]
    if events:
        _send(tx, trying, events)
    return len(events)


def erase(tx: Transaction, trying: Trying) -> int:
    """Ask that samples of whom nothing is left be erased, as any member may be; how many."""
    gone: list[SampleRow] = [
        each for each in list_samples(tx, trying.program_id) if not each.leaving and not each.rewards
    ]
    for each in gone:
        asking = Asking(each.member_id, "staff", trying.by, REASON, trying.now)
        ask_erasure(tx, trying.program_id, asking)
    return len(gone)


def _enroll(tx: Transaction, trying: Trying) -> str:
    (member_id,) = next_member_ids(tx, 1)
    external_id = secrets.token_hex(4)
    market = next(iter(trying.program.markets.values()))
    person = seal_person(trying.vault, trying.program_id, member_id, Person(NAME))
    enroll_sample(tx, person, (external_id, market.key, market.language), trying.now)
    return external_id


def _send(tx: Transaction, trying: Trying, events: list[CloudEvent]) -> None:
    delivery = trying.deliver(events)
    sealed = seal_deliveries(trying.vault, trying.program_id, [delivery])
    keep_sealed(tx, trying.program_id, [delivery], sealed, trying.now)


# Enough for whatever is counted in days or visits.
_BY_TYPE: Mapping[str, object] = {
    "bool": True,
    "int": 60,
    "money": 10_000,
    "string": "A-1001",
    "date": "2026-01-15",
    "timestamp": "2026-01-15T09:00:00Z",
}


def _said(field: Field) -> object:
    if field.one_of:
        return field.one_of[0]
    if field.type == "string":
        return f"A-{secrets.randbelow(9000) + 1000}"
    return _BY_TYPE[field.type]
