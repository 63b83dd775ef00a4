"""A house with boats: members with consents, addresses and zones, who are told something all together."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import psycopg
from tests.lending import lent
from tests.outbox.histories import ABILITIES, BEGINS, KINDS, World, caps_text, people
from tests.program.programs import SPOKEN, read_whole

from guerdon.engine.library import Library
from guerdon.engine.messages.broadcasting.campaigns import Office, carry_on, count_under_way
from guerdon.engine.messages.broadcasting.commands import Act, Doing, Wrong, do, make_broadcast
from guerdon.engine.messages.delivering import Postroom, deliver
from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import Abilities, Absent, Accepted, Found, Outcome, Parcel
from guerdon.engine.publish import publish
from guerdon.engine.segments import follow_segments
from guerdon.program.messages.nouns import ChannelKind
from guerdon.queries.controls.receipts import TOLD
from guerdon.queries.messages.left_out import list_counts
from guerdon.store.database import transaction
from guerdon.store.messages.broadcasts.counts import Pass
from guerdon.store.messages.broadcasts.standing import Broadcast, NewBroadcast, find_broadcast
from guerdon.store.sealing import Vault

SPRING = """\
  spring:
    channels: [email, sms, push]
    topic: offers
    data: [member.name]
    text:
      subject: { en: Spring, de: Frühling }
      headline: { en: Spring is here, de: Der Frühling ist da }
      body:
        en: "{{#if member.name}}Dear {{member.name}}, {{/if}}the boats are out."
        de: "{{#if member.name}}Hallo {{member.name}}, {{/if}}die Boote sind draußen."
"""
SEGMENTS = 'segments:\n  sailors: { if: "member.boats >= 1" }\n'
TEXT = caps_text(SPOKEN).replace("items:\n", f"{SPRING}{SEGMENTS}items:\n")
OWNER, MAKER = "per_owner", "per_maker"


@dataclass
class Carrier:
    """Takes everything, and keeps whose it was."""

    house: "Fleet"
    kind: ChannelKind
    taken: list[int] = field(default_factory=list)

    @property
    def abilities(self) -> Abilities:
        return ABILITIES[self.kind]

    def send(self, written: Letter | Parcel) -> Outcome:
        number = written.id if isinstance(written, Letter) else written.message_id
        self.taken.append(number)
        return Accepted(f"{self.kind}{number}")

    def find(self, *_: object) -> Found:
        return Absent()

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Fleet:
    """The house, its carriers, and one broadcast at a time."""

    world: World
    carriers: dict[ChannelKind, Carrier] = field(default_factory=dict)
    # Channels without an account.
    closed: frozenset[ChannelKind] = frozenset()

    def __post_init__(self) -> None:
        self.carriers = {kind: Carrier(self, kind) for kind in KINDS}

    @property
    def office(self) -> Office:
        return Office(Library(Vault(self.world.secret), {}), lambda _, kind: kind not in self.closed)

    def sail(self, members: int, boats: int = 1) -> None:
        """Let members come, all of whom have so many boats."""
        people(self.world, members)
        self.own(list(self.world.members), boats)

    def own(self, members: list[int], boats: int) -> None:
        """From now on these members have so many boats."""
        with lent(self.world.url, self.world.secret, "worker") as db:
            with transaction(db, self.world.program_id) as tx:
                for member in members:
                    zone = self.world.members[member].zone
                    known = {"boats": boats, **({"zone": zone} if zone else {})}
                    tx.execute(
                        "update members set attributes = %s where program_id = %s and member_id = %s",
                        (json.dumps(known), self.world.program_id, member),
                    )
            while follow_segments(db, Library(Vault(self.world.secret), {}), self.world.now):
                pass

    def publish(self, text: str) -> None:
        """From now on the house's program is another text."""
        world = self.world
        with closing(psycopg.connect(world.url, autocommit=True, options="-c search_path=guerdon")) as owner:
            publish(owner, read_whole(text), "test", world.now)
        with lent(world.url, world.secret, "worker") as db:
            while follow_segments(db, Library(Vault(world.secret), {}), world.now):
                pass

    def make(self, *, spread: timedelta = timedelta(0), markets: tuple[str, ...] = ()) -> int:
        """A draft of the one broadcast."""
        world = self.world
        seconds = spread // timedelta(seconds=1)
        new = NewBroadcast("spring", "sailors", markets, seconds, world.now, MAKER)
        with lent(world.url, world.secret, "web") as db, transaction(db, world.program_id) as tx:
            made = make_broadcast(tx, world.program_id, world.program, new, world.now)
        assert isinstance(made, int), made
        return made

    def act(self, number: int, act: Act, by: str = OWNER) -> Broadcast | Wrong:
        world = self.world
        with lent(world.url, world.secret, "web") as db, transaction(db, world.program_id) as tx:
            return do(tx, Doing(world.program_id, number, by, world.now), act)

    def started(self, *, spread: timedelta = timedelta(0), markets: tuple[str, ...] = ()) -> int:
        """One that was checked and started."""
        number = self.make(spread=spread, markets=markets)
        assert isinstance(self.act(number, "check"), Broadcast)
        self.carry()
        assert self.found(number).state == "ready"
        assert isinstance(self.act(number, "start"), Broadcast)
        return number

    def carry(self, at_most: int = 500) -> int:
        """Carry on until nothing is to be done; how many commits that were."""
        commits = 0
        with lent(self.world.url, self.world.secret, "worker") as db:
            while True:
                worked = sum(
                    1 for _ in carry_on(db, self.office, self.world.program_id, self.world.now, at_most)
                )
                commits += worked
                if not worked:
                    break
            count_under_way(db, self.world.program_id, self.world.now)
        return commits

    def deliver(self) -> int:
        """One round over each channel; how many rows it took."""
        world, library = self.world, Library(Vault(self.world.secret), {})
        taken = 0
        with lent(world.url, world.secret, "worker") as db:
            for kind, carrier in self.carriers.items():
                connections = () if kind in self.closed else (carrier,)
                room = Postroom(
                    *(kind, connections, library, _nowhere, world.clock),
                    abilities=carrier.abilities,
                )
                taken += deliver(db, world.program_id, room)
        return taken

    def delivered(self) -> int:
        """All that is due now; how many rows that were."""
        total = 0
        while taken := self.deliver():
            total += taken
        return total

    def found(self, number: int) -> Broadcast:
        world = self.world
        with lent(world.url, world.secret, "web") as db, transaction(db, world.program_id) as tx:
            found = find_broadcast(tx, world.program_id, number)
        assert found is not None
        return found

    def counts(self, number: int, of: Pass) -> Counter[tuple[str, str, str]]:
        """What was counted, by market, outcome and what says more: a channel, or why not."""
        world = self.world
        with lent(world.url, world.secret, "web") as db, transaction(db, world.program_id) as tx:
            rows = list_counts(tx, world.program_id, number, of)
        counted: Counter[tuple[str, str, str]] = Counter()
        for each in rows:
            more = each.reason if each.outcome in {"left_out", "withheld", "recalled"} else each.channel
            counted[each.market, each.outcome, more] += each.members
        return counted

    def ids(self) -> list[int]:
        """Members of all messages there are of broadcasts, under way or ended, each as often as there are."""
        rows = self.world.rows(
            "select member_id from outbox where broadcast_id is not null"
            " union all select member_id from messages where broadcast_id is not null order by 1"
        )
        return [int(row[0]) for row in rows]

    def receipts(self) -> list[object]:
        """What the control of receipts finds."""
        with (
            lent(self.world.url, self.world.secret, "web") as db,
            transaction(db, self.world.program_id) as tx,
        ):
            return list(tx.execute(TOLD.asked_of(tx)).fetchall())


def _nowhere(*_: object) -> str:
    return ""


@contextmanager
def opened(url: str, secret: str) -> Iterator[Fleet]:
    """A house whose messages and receipts say the same when the test is done."""
    program = read_whole(TEXT)
    with closing(psycopg.connect(url, autocommit=True, options="-c search_path=guerdon")) as owner:
        published = publish(owner, program, "test", BEGINS - timedelta(days=1))
    world = World(url, secret, published.program_id, program, Random(7))  # noqa: S311  a seed to repeat it by
    world.kills = 0
    made = Fleet(world)
    yield made
    assert [each for each in made.receipts() if "messages" in str(each)] == []
