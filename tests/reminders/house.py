"""A house whose members are reminded: of what waits, after a week and a month, and of what ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.lending import lent, looking
from tests.wallet.house import PROGRAM
from tests.wallet.house import House as Wallet

from guerdon.engine.enroll import enroll_members
from guerdon.engine.library import Library
from guerdon.engine.messages.reminding import PAGE_MAX, remind
from guerdon.engine.publish import publish
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.worker import MAPPERS

# A Monday; eleven in Berlin.
BEGAN = datetime(2026, 5, 4, 9, tzinfo=UTC)
WAITING = "reward_waiting: { channel: email, topic: service, remind: { after_days: [7, 30] } }"
EXPIRING = "reward_expiring: { channels: [sms, email], topic: service, remind: { before_days: [14, 3] } }"
READY = "reward_ready: { channel: email, topic: service }"


def reminding(*messages: str) -> Program:
    """The wallet program with these messages, whose members may say where they live."""
    text = PROGRAM.read_text().replace(
        "members:\n  sources: [crm]\n",
        "members:\n  sources: [crm]\n  attributes: { zone: { name: Zone, type: string } }\n"
        "contact: { time_zone: { attribute: zone } }\n",
    )
    text = text.replace(
        "pending: { days: 14 }, reference: order_no }\n",
        "pending: { days: 14 }, reference: order_no }\n      - send: reward_ready\n",
    )
    text += "messages:\n" + "".join(f"  {message}\n" for message in (READY, *messages))
    program = read_program(text)
    assert isinstance(program, Program), program
    return program


@dataclass
class House(Wallet):
    """A wallet whose members are reminded by a clock of ours."""

    checked: bool = True

    def remind(self, at: datetime, at_most: int = PAGE_MAX) -> int:
        self.now = at
        with self.worker() as db:
            return remind(db, Library(self.vault, MAPPERS), self.program_id, at, at_most)

    def publish(self, program: Program) -> None:
        self.program = program
        with lent(self.url, self.secret, "owner") as db:
            publish(db, program, "test", self.now)

    def living(self, **zones: str) -> dict[str, int]:
        """Enroll members of Germany who live in these zones."""
        lines = [
            "external_source,external_id,market,zone\n",
            *(f"crm,{c},DE,{z}\n" for c, z in zones.items()),
        ]
        with self.worker() as db:
            enroll_members(db, self.vault, (self.program_id, self.program), lines, self.now)
        found = self.rows("select external_id, member_id from member_ids")
        return {str(name): int(member) for name, member in found}

    def run(self, statement: str, **values: object) -> None:
        """Change something behind the back of everybody."""
        with looking(self.url) as db:
            # Nobody who does so writes an audit.
            db.execute("set session_replication_role = replica")
            db.execute(statement.encode(), values)

    def reminded(self) -> list[tuple[str, str]]:
        """Reminders by message and the day on which they were decided, of all members."""
        rows = self.rows(
            "select message, to_char(created_at at time zone 'UTC', 'MM-DD HH24:MI') from outbox"
            " where message in ('reward_waiting', 'reward_expiring') order by created_at, message"
        )
        return [(str(message), str(day)) for message, day in rows]


@contextmanager
def opened(url: str, secret: str, program: Program) -> Iterator[House]:
    """A house of this program, whose books are checked when the test is done, if they are to hold."""
    with lent(url, secret, "owner") as db:
        published = publish(db, program, "test", BEGAN)
    made = House(url, secret, program, published.program_id, BEGAN)
    yield made
    if made.checked:
        made.check()
