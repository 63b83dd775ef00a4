"""Members with consents, zones and addresses; providers that fail; a worker that is killed; and an oracle.

What went out is judged by what was said and when, worked out here anew: by wall clocks and calendars, without
the code under test.
"""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from tests.program.programs import SPOKEN, read_whole

from guerdon.engine.library import Library
from guerdon.engine.messages.consents.addressing import Wanted, add_device
from guerdon.engine.messages.consents.consenting import Withdrawal, withdraw
from guerdon.engine.messages.delivering import Postroom, deliver
from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import (
    Abilities,
    Absent,
    Accepted,
    Device,
    Found,
    Outcome,
    Parcel,
    Rejected,
    Retry,
    Shut,
    Unsure,
)
from guerdon.engine.messages.posting import NoticeBoard, post_due
from guerdon.engine.publish import publish
from guerdon.program.messages.nouns import ChannelKind
from guerdon.program.model import Program
from guerdon.store.database import Connection, connect, transaction
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.store.sealing import Vault

# A Saturday in the afternoon, so that a Sunday is soon; the last night of it summer time begins in Europe.
BEGINS = datetime(2026, 3, 28, 15, tzinfo=UTC)
ZONES = ("", "Asia/Tokyo", "America/New_York", "Pacific/Chatham", "Africa/Casablanca")
MARKETS = {"DE": "Europe/Berlin", "NO": "Europe/Oslo"}
KINDS: tuple[ChannelKind, ...] = ("email", "sms", "push")
MARKETING, SERVICE = "thanks", "reward_ready"
TOPICS = {MARKETING: "offers", SERVICE: "account"}
# Minutes of the day, and over which channels.
QUIET: dict[str, tuple[int, int, tuple[ChannelKind, ...]]] = {
    "DE": (20 * 60, 8 * 60, KINDS),
    "NO": (21 * 60, 7 * 60 + 30, ("sms",)),
}
CAPS = {"day": 2, "week": 4}
SERVICE_A_DAY = 3
ABILITIES = {
    "email": Abilities(keyed=False),
    "sms": Abilities(keyed=False, finds=True, receipts=True),
    "push": Abilities(keyed=True),
}


class Killed(BaseException):
    """Signal 9, as far as whoever is killed can tell."""


@dataclass(frozen=True)
class Heard:
    """What reached somebody."""

    at: datetime
    member: int
    message: int
    kind: str


@dataclass
class Whose:
    """A member, and all that they said: what holds of a topic and channel, since when, the last one last."""

    id: int
    market: str
    zone: str
    said: dict[tuple[str, str], list[tuple[datetime, str]]] = field(default_factory=dict)

    @property
    def wall(self) -> ZoneInfo:
        return ZoneInfo(self.zone or MARKETS[self.market])

    def holds(self, topic: str, channel: str, at: datetime) -> str:
        held = [what for since, what in self.said.get((topic, channel), []) if since <= at]
        return held[-1] if held else ""


@dataclass
class World:
    """A house, its members, what reached them, and how unlucky it is (`fails` of 100 calls, `kills`)."""

    url: str
    secret: str
    program_id: int
    program: Program
    random: Random
    fails: int = 20
    kills: int = 1
    now: datetime = BEGINS
    members: dict[int, Whose] = field(default_factory=dict)
    of: dict[int, int] = field(default_factory=dict)
    messages: dict[int, str] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    refs: set[UUID] = field(default_factory=set)
    killed: int = 0
    failed: int = 0

    def clock(self) -> datetime:
        """The time; asking for it may be the last thing that a worker does."""
        self.now += timedelta(milliseconds=3)
        if self.random.random() * 100 < self.kills:
            self.killed += 1
            raise Killed
        return self.now

    def change(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.url, options="-c search_path=guerdon") as db:
            db.execute(statement, values)

    def rows(self, statement: str, *values: object) -> list[Any]:
        with psycopg.connect(self.url, options="-c search_path=guerdon") as db:
            return db.execute(statement, values).fetchall()


@dataclass
class Provider:
    """Takes what it is given, as far as it feels like it; knows a repetition where it has a key."""

    world: World
    kind: str

    @property
    def abilities(self) -> Abilities:
        return ABILITIES[self.kind]

    def send(self, written: Letter | Parcel) -> Outcome:
        number = written.id if isinstance(written, Letter) else written.message_id
        world, mood = self.world, self.world.random.random() * 100
        if mood < world.fails:
            world.failed += 1
            match world.random.randrange(6):
                case 0:
                    self._hears(written, number)
                    return Unsure("lost")
                case 1:
                    return Unsure("lost")
                case 2:
                    return Rejected("no")
                case 3:
                    return Shut("credentials") if world.random.random() < 0.1 else Retry("busy")
                case 4:
                    self._hears(written, number)
                    world.killed += 1
                    raise Killed
            return Retry("later", timedelta(minutes=2))
        self._hears(written, number)
        return Accepted(f"{self.kind}{number}")

    def find(self, parcel: Parcel, now: datetime) -> Found:
        del now
        there = any(each.message == parcel.message_id and each.kind == self.kind for each in self.world.heard)
        return Accepted(f"{self.kind}{parcel.message_id}") if there else Absent()

    def close(self) -> None:
        """Nothing is open."""

    def _hears(self, written: Letter | Parcel, number: int) -> None:
        if isinstance(written, Parcel) and self.abilities.keyed:
            if written.ref in self.world.refs:
                return
            self.world.refs.add(written.ref)
        world = self.world
        world.heard.append(Heard(world.now, world.of[number], number, self.kind))


def caps_text(text: str) -> str:
    """The program with caps that a few messages reach, in both markets."""
    caps = ", ".join(f"{period}: {n}" for period, n in CAPS.items())
    return (
        text.replace("caps: { day: 3, week: 5, month: 8 }", f"caps: {{ {caps} }}")
        .replace("caps_service: { day: 6 }", f"caps_service: {{ day: {SERVICE_A_DAY} }}")
        .replace("double_opt_in: [email, sms], caps: none", "double_opt_in: [email, sms]")
    )


@contextmanager
def opened_world(url: str, secret: str, seed: int) -> Iterator[World]:
    program = read_whole(caps_text(SPOKEN))
    with closing(psycopg.connect(url, autocommit=True, options="-c search_path=guerdon")) as owner:
        published = publish(owner, program, "test", BEGINS - timedelta(days=1))
    yield World(url, secret, published.program_id, program, Random(seed))  # noqa: S311  a seed to repeat it by


def people(world: World, count: int) -> None:
    """Let members come: who they are, where they live, what they said until now."""
    random, vault = world.random, Vault(world.secret)
    persons, consents = [], []
    for number in range(1, count + 1):
        market = random.choice(list(MARKETS))
        member = world.members[number] = Whose(number, market, random.choice(ZONES))
        mail = f"m{number}@example.com" if random.random() < 0.9 else ""
        phone = f"+4915112{number:06d}" if random.random() < 0.8 else ""
        persons.append(seal_person(vault, world.program_id, number, Person("Ada", mail, phone)))
        for topic in TOPICS.values():
            for kind in KINDS:
                what = random.choice(["", "given", "confirmed", "confirmed", "asked", "withdrawn"])
                if what and (topic == "offers" or what == "withdrawn"):
                    since = BEGINS - timedelta(days=3)
                    member.said[topic, kind] = [(since, what)]
                    consents.append((number, topic, kind, what, since))
    with closing(connect(world.url, world.secret, "worker")) as db, transaction(db, world.program_id) as tx:
        record_persons(tx, world.program_id, persons)
        for member in world.members.values():
            tx.execute(
                "insert into members (program_id, member_id, market, language, attributes, enrolled_at)"
                " values (%s, %s, %s, 'en', %s, %s)",
                (
                    *(world.program_id, member.id, member.market),
                    *(json.dumps({"zone": member.zone} if member.zone else {}), BEGINS),
                ),
            )
        for number, topic, kind, what, since in consents:
            tx.execute(
                "insert into standing_consents (program_id, member_id, topic, channel, state, consent_id,"
                " since) values (%s, %s, %s, %s, %s, 1, %s)",
                (world.program_id, number, topic, kind, what, since),
            )
    for number in world.members:
        if random.random() < 0.6:
            with (
                closing(connect(world.url, world.secret, "worker")) as db,
                transaction(db, world.program_id) as tx,
            ):
                device = Device(f"token-{number}")
                add_device(tx, vault, Wanted(world.program_id, number, device, "phone", "test", BEGINS))


def intend(world: World, members: list[int]) -> None:
    """Let rules want to tell members something."""
    rows = []
    for member in members:
        number = len(world.messages) + 1
        message = world.random.choice([MARKETING, SERVICE])
        world.messages[number], world.of[number] = message, member
        rows.append((member, number, message))
    ids, numbers, messages = ([row[place] for row in rows] for place in range(3))
    with closing(connect(world.url, world.secret, "worker")) as db, transaction(db, world.program_id) as tx:
        tx.execute(
            "insert into rewards (program_id, member_id, id, event_id, rule, unit, value, remaining, payer,"
            " happened_at, issued_at, available_at) select %s, m, n, n, 'order', 'EUR', 2500, 2500,"
            " 'budget:all:', %s, %s, %s from unnest(%s::bigint[], %s::bigint[]) as r (m, n)",
            (world.program_id, world.now, world.now, world.now, ids, numbers),
        )
        tx.execute(
            "insert into outbox (program_id, member_id, id, event_id, reward_id, message, channel,"
            " created_at, next_at)"
            " select %s, m, n, n, n, k, case k when 'thanks' then 'email' else 'push' end, %s, %s"
            " from unnest(%s::bigint[], %s::bigint[], %s::text[]) as r (m, n, k)",
            (world.program_id, world.now, world.now, ids, numbers, messages),
        )


def withdrawn(world: World, db: Connection, member: int) -> None:
    """A member wants no more of a topic over some channels; from the commit on it holds."""
    topic = world.random.choice(list(TOPICS.values()))
    kinds = world.random.sample(KINDS, world.random.randint(1, 3))
    said = Withdrawal(*(world.program_id, member, [topic], kinds, "page", "test", "test", None), at=world.now)
    with transaction(db, world.program_id) as tx:
        withdraw(tx, said)
    for kind in kinds:
        world.members[member].said.setdefault((topic, kind), []).append((world.now, "withdrawn"))


def worked(world: World) -> None:
    """One worker works until nothing is due, or until it is killed; then the next one begins."""
    library = Library(Vault(world.secret), {})
    providers = {kind: Provider(world, kind) for kind in KINDS}
    rooms = {
        kind: Postroom(*(kind, [provider], library, _nothing, world.clock), abilities=ABILITIES[kind])
        for kind, provider in providers.items()
    }
    board = NoticeBoard(library, _nothing, world.clock)
    with closing(connect(world.url, world.secret, "worker")) as db:
        for _ in range(6):
            try:
                taken = [deliver(db, world.program_id, room) for room in rooms.values()]
                taken.append(post_due(db, world.program_id, board))
            except Killed:
                return
            if not any(taken):
                return


def lived(world: World, days: float) -> None:
    """Let so many days go by, in steps of half an hour or so."""
    until = world.now + timedelta(days=days)
    while world.now < until:
        numbers = list(world.members)
        intend(world, world.random.sample(numbers, max(1, len(numbers) // 12)))
        with closing(connect(world.url, world.secret, "worker")) as db:
            for member in world.random.sample(numbers, max(1, len(numbers) // 60)):
                withdrawn(world, db, member)
        worked(world)
        world.now += timedelta(minutes=world.random.randint(10, 60))


def faults_of(world: World) -> list[str]:
    """What should not have reached anybody, in words."""
    found: list[str] = []
    for each in world.heard:
        member, message = world.members[each.member], world.messages[each.message]
        found += [f"{each}: {why}" for why in _wrong(member, message, each)]
    return found + _over_caps(world) + _twice(world)


def _wrong(member: Whose, message: str, heard: Heard) -> Iterator[str]:
    holds, marketing = member.holds(TOPICS[message], heard.kind, heard.at), message == MARKETING
    asks_twice = {"DE": {"email", "sms"}, "NO": {"email"}}[member.market]
    if marketing and holds not in ({"confirmed"} if heard.kind in asks_twice else {"given", "confirmed"}):
        yield f"consent: {holds or 'none'}"
    if not marketing and holds == "withdrawn":
        yield "withdrawn"
    shown = heard.at.astimezone(member.wall)
    begins, ends, rings = QUIET[member.market]
    minute = shown.hour * 60 + shown.minute
    if heard.kind in rings and (minute >= begins or minute < ends):
        yield f"quiet: {shown:%H:%M}"
    if marketing and heard.kind in {"sms", "push"} and shown.isoweekday() == 7:
        yield "silent: sunday"


def _over_caps(world: World) -> list[str]:
    days: dict[tuple[int, str, date], set[int]] = {}
    weeks: dict[tuple[int, str, date], set[int]] = {}
    for each in world.heard:
        day = each.at.astimezone(world.members[each.member].wall).date()
        key = world.messages[each.message]
        days.setdefault((each.member, key, day), set()).add(each.message)
        monday = day - timedelta(days=day.weekday())
        weeks.setdefault((each.member, key, monday), set()).add(each.message)
    a_day = {MARKETING: CAPS["day"], SERVICE: SERVICE_A_DAY}
    return [f"{who}: {len(told)} a day" for who, told in days.items() if len(told) > a_day[who[1]]] + [
        f"{who}: {len(told)} a week"
        for who, told in weeks.items()
        if who[1] == MARKETING and len(told) > CAPS["week"]
    ]


def _twice(world: World) -> list[str]:
    heard: dict[tuple[int, str], int] = {}
    for each in world.heard:
        heard[each.message, each.kind] = heard.get((each.message, each.kind), 0) + 1
    # A mail has no key: one about value goes once more where nobody learned how it ended, and no other does.
    most = {(SERVICE, "email"): 2}
    return [
        f"{number} over {kind}: {times} times"
        for (number, kind), times in heard.items()
        if times > most.get((world.messages[number], kind), 1)
    ]


def _nothing(*whose: object) -> str:
    del whose
    return "http://127.0.0.1/r/1"
