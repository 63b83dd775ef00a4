"""A house that has letters to send: members who earned rewards, and the outbox rows of its messages."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
from tests.channels.mail_server import MailServer
from tests.lending import lent, looking

from guerdon.channels.email import email_channels
from guerdon.engine.library import Library
from guerdon.engine.messages.delivering import Postroom, deliver
from guerdon.engine.publish import publish
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.database import transaction
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.store.sealing import Vault
from guerdon.values.claims import claim_token

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "ev_maker"
NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
RULE, VALUE = "booking", 20_000
READY = "reward_ready: { channel: email, topic: service }"


@dataclass
class Clock:
    """The time, as far as the house knows; a test moves it."""

    now: datetime = NOW
    step: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


@dataclass
class PostalHouse:
    """An installation with one program, and its clock."""

    url: str
    secret: str
    program_id: int
    clock: Clock = field(default_factory=Clock)
    vault: Vault = field(init=False)
    members: int = 0
    # What its messages are about; members agree to marketing as they come.
    topic: str = "service"

    def __post_init__(self) -> None:
        self.vault = Vault(self.secret)

    def claim_url(
        self, program_id: int, member_id: int, reward_id: int, issued_on: date | None = None, /
    ) -> str:
        token = claim_token(self.vault.key("claim"), program_id, member_id, reward_id, issued_on)
        return f"http://127.0.0.1:8710/r/{token}"

    def postroom(self, smtp_url: str, connections: int = 4) -> Postroom:
        channels = email_channels(smtp_url, "Nordlys Circle <rewards@example.com>", connections)
        return Postroom("email", channels, Library(self.vault, {}), self.claim_url, self.clock)

    def deliver(self, server: MailServer, connections: int = 4) -> int:
        """One round, with connections of its own that are closed afterwards."""
        postroom = self.postroom(server.url, connections)
        with lent(self.url, self.secret, "worker") as connection:
            try:
                return deliver(connection, self.program_id, postroom)
            finally:
                for channel in postroom.connections:
                    channel.close()

    def intend(
        self,
        name: str = "Ada Example",
        address: str | None = None,
        *,
        language: str = "en",
        market: str = "DE",
        count: int = 1,
    ) -> list[int]:
        """Let new members earn a reward each, and intend to tell them; returns the ids of the messages."""
        ids = range(self.members + 1, self.members + count + 1)
        self.members += count
        persons = [
            seal_person(
                self.vault,
                self.program_id,
                n,
                Person(name, f"m{n}@example.com" if address is None else address),
            )
            for n in ids
        ]
        with (
            lent(self.url, self.secret, "worker") as connection,
            transaction(connection, self.program_id) as tx,
        ):
            record_persons(tx, self.program_id, persons)
            tx.execute(
                "insert into members (program_id, member_id, market, language, enrolled_at)"
                " select %s, n, %s, %s, %s from unnest(%s::bigint[]) n",
                (self.program_id, market, language, NOW, list(ids)),
            )
            tx.execute(
                "insert into rewards (program_id, member_id, id, event_id, rule, unit, value, remaining,"
                " payer, happened_at, issued_at, available_at, expires_at)"
                " select %s, n, n + 1000, n, %s, 'EUR', %s, %s, 'budget:by_market:DE', %s, %s, %s, %s"
                " from unnest(%s::bigint[]) n",
                (self.program_id, RULE, VALUE, VALUE, NOW, NOW, NOW, NOW + timedelta(days=180), list(ids)),
            )
            tx.execute(
                "insert into outbox (program_id, member_id, id, event_id, reward_id, message, channel,"
                " created_at, next_at) select %s, n, n + 5000, n, n + 1000, 'reward_ready', 'email', %s, %s"
                " from unnest(%s::bigint[]) n",
                (self.program_id, self.clock.now, self.clock.now, list(ids)),
            )
            if self.topic == "marketing":
                tx.execute(
                    "insert into standing_consents (program_id, member_id, topic, channel, state,"
                    " consent_id, since)"
                    " select %s, n, 'marketing', 'email', 'confirmed', 1, %s from unnest(%s::bigint[]) n",
                    (self.program_id, NOW, list(ids)),
                )
            tx.execute("select pg_notify('guerdon_outbox', %s)", (str(self.program_id),))
        return [n + 5000 for n in ids]

    def change(self, statement: str, *values: object) -> None:
        """Change what a test needs changed, as the database's owner."""
        with looking(self.url) as connection:
            connection.execute(statement, values)

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Read with an eye that row security does not cover."""
        with looking(self.url) as connection:
            return connection.execute(statement, values).fetchall()

    def messages(self) -> list[tuple[object, ...]]:
        return self.rows("select id, state, reason, attempts from messages order by id")

    def outbox(self) -> list[tuple[object, ...]]:
        return self.rows("select id, attempts, hand_overs > 0, fence is not null from outbox order by id")

    def later(self, **by: float) -> None:
        self.clock.now += timedelta(**by)


def example_program(topic: str = "service") -> Program:
    text = (EXAMPLE / "program.yaml").read_text(encoding="utf-8")
    program = read_program(text.replace(READY, READY.replace("service", topic)), EXAMPLE, "program.yaml")
    assert isinstance(program, Program), program
    return program


@contextmanager
def opened_house(url: str, secret: str, topic: str = "service") -> Iterator[PostalHouse]:
    with closing(psycopg.connect(url, autocommit=True, options="-c search_path=guerdon")) as owner:
        published = publish(owner, example_program(topic), "test", NOW - timedelta(days=1))
    yield PostalHouse(url, secret, published.program_id, topic=topic)
