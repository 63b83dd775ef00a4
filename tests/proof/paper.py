"""An audit in a real database, written by whoever a test likes, and read back as lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

import psycopg

from guerdon.engine.proof.seals import seal_new
from guerdon.ledger.trail import Anchor, Checked, check_trail
from guerdon.queries.proof.trail import read_trail, stand_still
from guerdon.store.audit import record_audit, record_batch
from guerdon.store.database import Connection, Transaction, connect, transaction
from guerdon.store.programs import record_program

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class Paper:
    """A database with a program in it."""

    url: str
    secret: str
    program_id: int = 0

    def found(self, key: str = "nordlys_circle") -> int:
        with connect(self.url, self.secret, "owner") as db, db.transaction():
            made = record_program(db, key, NOW)
            db.execute("select set_config('guerdon.program_id', %s, true)", (str(made),))
            record_audit(db, made, "test", "program.published", key, NOW)
        self.program_id = self.program_id or made
        return made

    @contextmanager
    def working(self) -> Iterator[Connection]:
        with connect(self.url, self.secret, "worker") as db:
            yield db

    @contextmanager
    def acting(self, member_id: int | None = None) -> Iterator[Transaction]:
        with (
            connect(self.url, self.secret, "web") as db,
            transaction(db, self.program_id, member_id) as tx,
        ):
            yield tx

    def tell(self, *subjects: str) -> None:
        """An audit row for each subject, a transaction each."""
        for subject in subjects:
            with self.acting() as tx:
                record_audit(
                    tx, self.program_id, "per_1", "key.added", subject, NOW, reason="why", after={"n": 1}
                )

    def seal(self, now: datetime = NOW) -> int:
        with self.working() as db:
            return seal_new(db, now)

    def lines(self) -> list[bytes]:
        with self.working() as db, db.transaction():
            stand_still(db)
            return list(read_trail(db, self.program_id, "nordlys_circle", NOW))

    def check(self, *anchors: Anchor) -> Checked:
        return check_trail(self.lines(), anchors)

    def rows(self, statement: LiteralString) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, options="-c search_path=guerdon") as db:
            return db.execute(statement).fetchall()

    def force(self, *statements: LiteralString) -> None:
        """What only the owner of the machine can do: change rows behind the triggers' back."""
        with psycopg.connect(self.url, options="-c search_path=guerdon") as db:
            db.execute("set session_replication_role = replica")
            for statement in statements:
                assert db.execute(statement).rowcount > 0, statement

    def decide(self, *ids: int) -> None:
        """A batch of decided events, with its audit row."""
        decisions = [(number, b'{"effects":[],"v":1,"n":%d}' % number) for number in ids]
        with self.working() as db, db.transaction():
            for number, decision in decisions:
                db.execute(
                    """
                    insert into events
                    values (%s, 7, %s, 'booking.confirmed', 'crm', %s, 'DE', null, 1, 'nothing', '{}', %s,
                            %s, %s, %s)
                    """,
                    (self.program_id, number, str(number), decision.decode(), NOW, NOW, NOW),
                )
            record_batch(db, self.program_id, decisions, NOW)
