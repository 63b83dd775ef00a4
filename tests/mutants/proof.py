"""Defects of the audit, its seals and its readers, and of backups."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import LiteralString

import msgspec
from tests.mutants.mutant import Mutant, put

from guerdon.engine.proof.restored import Replayed
from guerdon.ledger import merkle, trail
from guerdon.store.database import Transaction
from guerdon.store.privacy import forgetting
from guerdon.store.proof import seals as stored

SEALING, READING, TAMPERING = (f"tests/proof/test_{name}.py" for name in ("sealing", "reading", "tampering"))
EVERY_ROUTE = "tests/proof/test_every_route.py"
MOVING = "tests/durability/test_moving.py"
ERASED = "tests/durability/test_restoring_erased.py"
ERASING = "tests/privacy/test_erasing.py"
DEMANDED, RESTORING = "tests/proof/test_demanded.py", "tests/durability/test_restoring.py"


def seals_without_counts() -> None:
    whole_hash, check = trail.seal_hash, trail.check_seal

    def told(seal: trail.Seal, rows: int, total: int) -> trail.Seal:
        return msgspec.structs.replace(seal, rows=rows, total_rows=total)

    def uncounted(
        last: trail.Seal | None, seal: trail.Seal, rows: list[tuple[trail.AuditRow, bytes]]
    ) -> str | None:
        counted = told(seal, len(rows), len(rows) + (last.total_rows if last else 0))
        return check(last, counted, rows)

    put("guerdon.ledger.trail:check_seal", uncounted)
    put("guerdon.ledger.trail:seal_hash", lambda seal: whole_hash(told(seal, 0, 0)))
    put(
        "guerdon.ledger.trail:anchor_of",
        lambda seal, at: trail.Anchor(
            seal.program, seal.number, 0, seal.root, trail.seal_hash(seal).hex(), at
        ),
    )


def hash_over_some_columns() -> None:
    def partly(data: bytes) -> bytes:
        row = msgspec.json.decode(data)
        del row["reason"]
        return merkle.leaf_hash(msgspec.json.encode(row))

    put("guerdon.ledger.trail:leaf_hash", partly)


def chained_to_the_root_alone() -> None:
    put("guerdon.ledger.trail:seal_hash", lambda seal: bytes.fromhex(seal.root))


def cut_off_and_not_noticed() -> None:
    check = trail.check_anchor
    put("guerdon.ledger.trail:check_anchor", lambda seal, anchor: check(seal, anchor) if seal else None)


def reading_by(cursor: LiteralString) -> Callable[[], None]:
    def plant() -> None:
        def load(
            tx: Transaction, program_id: int, last: trail.Seal | None, limit: int
        ) -> list[trail.AuditRow]:
            asked = {
                "p": program_id,
                "tx": str(last.last_tx if last else 0),
                "id": last.last_id if last else 0,
                "n": limit,
            }
            return [stored.read_audit_row(row) for row in tx.execute(cursor, asked).fetchall()]

        put("guerdon.store.proof.seals:load_unsealed", load)

    return plant


def batches_without_a_row() -> None:
    put("guerdon.store.audit:record_batch", lambda *_: None)


def a_route_without_a_row() -> None:
    put("guerdon.engine.approvals.asking:record_audit", lambda *_, **__: None)


def anchors_in_the_database_alone() -> None:
    put("guerdon.engine.proof.seals:append_anchors", lambda *_: None)


def missing_logs_passed_over() -> None:
    def find(source: Path, _: object) -> Iterator[Path]:
        return iter(sorted((source / "wal").glob("*.gz")))

    put("guerdon.embedded.restore:_find_logs", find)


def pages_unverified() -> None:
    put("guerdon.embedded.restore:verify_base", lambda *_: None)


def erasures_forgotten() -> None:
    put("guerdon.cli.proof.restore:replay_erasures", lambda *_: Replayed())


def erasures_forgotten_and_not_looked_at() -> None:
    erasures_forgotten()
    put("guerdon.cli.proof.restore:check_erased", lambda *_: [])


def erased_without_a_tombstone() -> None:
    put("guerdon.engine.privacy.forgetting:bury", lambda *_: 0)


def keys_that_stay() -> None:
    kept = {table: each for table, each in forgetting.ERASING.items() if table != "persons"}
    put("guerdon.store.privacy.forgetting:ERASING", kept)


BY_ID: LiteralString = """
    select program_id, id, era, tx::text, actor, on_behalf_of, action, subject, reason, before::text,
           after::text, detail::text, request_id, recorded_at
    from audit where program_id = %(p)s and id > %(id)s order by id limit %(n)s
"""
BY_ID_BELOW_THE_HORIZON: LiteralString = """
    select program_id, id, era, tx::text, actor, on_behalf_of, action, subject, reason, before::text,
           after::text, detail::text, request_id, recorded_at
    from audit
    where program_id = %(p)s and id > %(id)s and tx < pg_snapshot_xmin(pg_current_snapshot())
    order by id limit %(n)s
"""
WITHOUT_HORIZON: LiteralString = """
    select program_id, id, era, tx::text, actor, on_behalf_of, action, subject, reason, before::text,
           after::text, detail::text, request_id, recorded_at
    from audit where program_id = %(p)s and (tx, id) > (%(tx)s::text::xid8, %(id)s)
    order by audit.tx, audit.id limit %(n)s
"""
WITHOUT_ERA: LiteralString = """
    select program_id, id, era, tx::text, actor, on_behalf_of, action, subject, reason, before::text,
           after::text, detail::text, request_id, recorded_at
    from audit
    where program_id = %(p)s and (tx, id) > (%(tx)s::text::xid8, %(id)s)
      and tx < pg_snapshot_xmin(pg_current_snapshot())
    order by audit.tx, audit.id limit %(n)s
"""

MUTANTS = (
    Mutant("I-17", "a seal without row count", (TAMPERING,), of="T-19", patch=seals_without_counts),
    Mutant("I-17", "a hash over some columns", (TAMPERING, SEALING), of="T-19", patch=hash_over_some_columns),
    Mutant(
        "I-17", "a seal chained to the root alone", (TAMPERING,), of="T-19", patch=chained_to_the_root_alone
    ),
    Mutant(
        "I-17",
        "a trail that was cut off, not noticed",
        (TAMPERING,),
        of="T-19",
        patch=cut_off_and_not_noticed,
    ),
    Mutant("I-17", "rows read by id > last", (READING,), of="T-03 ●", patch=reading_by(BY_ID)),
    Mutant(
        "I-17",
        "rows read by id > last with horizon",
        (READING,),
        of="T-03 ●",
        patch=reading_by(BY_ID_BELOW_THE_HORIZON),
    ),
    Mutant("I-17", "rows read without a horizon", (READING,), patch=reading_by(WITHOUT_HORIZON)),
    Mutant("I-17", "a batch without its audit row", (DEMANDED,), of="T-19", patch=batches_without_a_row),
    Mutant("I-17", "a route without its audit row", (EVERY_ROUTE,), of="T-19", patch=a_route_without_a_row),
    Mutant("I-17", "rows read without their era", (MOVING,), patch=reading_by(WITHOUT_ERA)),
    Mutant("I-17", "anchors in the database alone", (SEALING,), patch=anchors_in_the_database_alone),
    Mutant("I-08", "one WAL file missing", (RESTORING,), of="T-17", patch=missing_logs_passed_over),
    Mutant("I-08", "one page altered", (RESTORING,), of="T-17", patch=pages_unverified),
    Mutant("I-19", "tombstones not replayed", (ERASED,), of="T-17", patch=erasures_forgotten),
    Mutant(
        "I-19",
        "tombstones not replayed, and nobody looks",
        (ERASED,),
        of="T-17",
        patch=erasures_forgotten_and_not_looked_at,
    ),
    Mutant("I-19", "erased without a tombstone", (ERASING,), patch=erased_without_a_tombstone),
    Mutant("I-19", "key not destroyed", (ERASING,), patch=keys_that_stay),
)
