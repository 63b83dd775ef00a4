"""What was decided, decided once more: from the stored events alone, with facts that only the events made.

The books of the program play no part in it. Facts begin as they were on the first day; each decision folds
itself into them, and what members spent by themselves is folded in from what was written then.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from tests.engine.harbor_house import HarborHouse
from tests.engine.house import NOW

from guerdon.engine.arrivals import OWN_API
from guerdon.engine.library import read_version
from guerdon.engine.standings import standing_of
from guerdon.ledger.effects import Decision, Draw, Post, decode_decision, encode_decision
from guerdon.rules.decide import decide
from guerdon.rules.facts import Event, Facts, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store.database import connect, transaction
from guerdon.store.members import lock_members
from guerdon.store.programs import StoredVersion

SPENT = "value.spent"


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as it stands in the books, with what was decided then and by which version."""

    event: Event
    member_id: int
    version: int
    decision: bytes
    decided_at: datetime


@dataclass
class Replay:
    """The facts of a program's whole life, and who its members are."""

    playbooks: Mapping[int, Playbook]
    standings: Mapping[int, Standing]
    facts: Facts = field(init=False)

    def __post_init__(self) -> None:
        first = self.playbooks[min(self.playbooks)]
        nodes = {
            f"budget:{budget.key}:{place}": node
            for budget in first.program.budgets.values()
            for place, node in budget.nodes.items()
        }
        self.facts = Facts(
            NOW,
            pools={name: node.amount_minor for name, node in nodes.items()},
            allowances={},
            pool_units={name: node.unit for name, node in nodes.items()},
            lots={member: [] for member in self.standings},
            balances={
                (member, unit): 0
                for member in self.standings
                for unit, life in first.program.lives.items()
                if life.cap_minor is not None
            },
        )

    def decides(self, stored: Stored) -> bytes:
        """Decide an event of then with the facts of then."""
        self.facts.now = stored.decided_at
        playbook, standing = self.playbooks[stored.version], self.standings[stored.member_id]
        return encode_decision(decide(playbook, self.facts, stored.event, standing))

    def folds(self, stored: Stored) -> None:
        """What a member spent by themselves: no rule decided it, and rules see that it is gone."""
        decision = decode_decision(stored.decision)
        units = {effect.id: effect.unit for effect in decision.effects if isinstance(effect, Post)}
        lots = {lot.reward_id: lot for lot in self.facts.lots[stored.member_id]}
        for effect in decision.effects:
            if isinstance(effect, Draw):
                lot = lots[effect.reward]
                lot.remaining -= effect.amount
                lot.state = "ready" if lot.remaining else "redeemed"
                purse = (stored.member_id, units[effect.post])
                if purse in self.facts.balances:
                    self.facts.fold_balance(purse, -effect.amount)


def read_life(house: HarborHouse) -> tuple[Replay, list[Stored]]:
    """All events of the house's program in the order in which they were decided, and what replays them."""
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        texts = tx.execute(
            "select v.version, p.key, v.bundle, v.sha from program_versions v"
            " join programs p using (program_id) where program_id = %s order by 1",
            (house.program_id,),
        ).fetchall()
        names = tx.execute("select source, external_id from member_ids where program_id = this_program()")
        known = lock_members(tx, house.program_id, [(row[0], row[1]) for row in names.fetchall()])
        rows = tx.execute(
            """
            select id, type, source, external_id, happened_at, recorded_at, data::text, member_id, version,
                   decision::text, decided_at
            from events where program_id = this_program() order by decided_at, id
            """
        ).fetchall()
    playbooks = {
        version: Playbook(
            read_version(StoredVersion(house.program_id, key, version, bundle, sha)),
            house.program_id,
            version,
        )
        for version, key, bundle, sha in texts
    }
    program = playbooks[1].program
    standings = {member.member_id: standing_of(program, member) for member in known.values()}
    return Replay(playbooks, standings), list(_stored(playbooks[1], rows))


def _stored(playbook: Playbook, rows: list[tuple[Any, ...]]) -> Iterator[Stored]:
    for number, kind, source, external_id, happened_at, recorded_at, data, *decided in rows:
        said = msgspec.json.decode(data) if data else {}
        event = Event(
            id=number,
            type=kind,
            connection=source,
            external_id=external_id,
            happened_at=happened_at,
            recorded_at=recorded_at,
            day=playbook.day_of(happened_at),
            data=said,
            fields={**said, "happened_at": happened_at},
        )
        member_id, version, decision, decided_at = decided
        yield Stored(event, member_id, version, decision.encode(), decided_at)


def differences(house: HarborHouse) -> tuple[int, list[tuple[Decision, Decision]]]:
    """How many decisions were taken again, and those that came out otherwise: then and now."""
    replay, life = read_life(house)
    wrong: list[tuple[Decision, Decision]] = []
    again = 0
    for stored in life:
        if stored.event.connection != OWN_API:
            assert stored.event.type == SPENT
            replay.folds(stored)
            continue
        again += 1
        now = replay.decides(stored)
        if now != stored.decision:
            wrong.append((decode_decision(stored.decision), decode_decision(now)))
    return again, wrong
