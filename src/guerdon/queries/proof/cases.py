"""Case files out of the database: one audit row, or one decision, with all that proves it."""

from guerdon.ledger.cases import Case, Decided, Proof
from guerdon.ledger.merkle import proof_of
from guerdon.ledger.trail import AuditRow, Seal, row_hash
from guerdon.queries.proof.trail import list_anchors, list_decisions
from guerdon.store.audit import decision_hash, read_ids
from guerdon.store.database import Transaction
from guerdon.store.proof.seals import read_audit_row, read_seal


def find_row_of_event(tx: Transaction, program_id: int, event_id: int) -> int | None:
    """The audit row that stands for an event's decision."""
    rows = tx.execute(
        """
        select id, detail ->> 'ids' from audit
        where program_id = %(p)s and detail ->> 'root' is not null
          and %(e)s between (detail ->> 'first')::bigint and (detail ->> 'last')::bigint
        order by id
        """,
        {"p": program_id, "e": event_id},
    ).fetchall()
    return next((int(number) for number, ids in rows if event_id in read_ids(ids)), None)


def find_event_of_reward(tx: Transaction, program_id: int, reward_id: int) -> int | None:
    """The event that gave a reward."""
    row = tx.execute(
        "select event_id from rewards where program_id = %s and id = %s", (program_id, reward_id)
    ).fetchone()
    return int(row[0]) if row else None


def load_case(tx: Transaction, program: tuple[int, str], row_id: int, event_id: int | None) -> Case | None:
    """A case file of an audit row, with one decision that it stands for; None when there is no such row."""
    program_id, key = program
    row = _find_row(tx, program_id, row_id)
    if row is None:
        return None
    seals = _list_seals(tx, program_id, row)
    sealed = _list_sealed(tx, program_id, seals[0]) if seals else []
    leaves = [row_hash(each) for each in sealed]
    place = [each.id for each in sealed].index(row_id) if sealed else 0
    anchor = next((a for a in list_anchors(tx, program_id) if seals and a.number >= seals[0].number), None)
    return Case(
        program=program_id,
        key=key,
        decided=_decided(tx, row, event_id) if event_id is not None else None,
        row=row,
        proof=_proof(leaves, place),
        seals=tuple(seal for seal in seals if anchor is None or seal.number <= anchor.number),
        anchor=anchor,
    )


def _proof(leaves: list[bytes], place: int) -> Proof:
    return Proof(place, len(leaves), tuple(each.hex() for each in proof_of(leaves, place)) if leaves else ())


def _decided(tx: Transaction, row: AuditRow, event_id: int) -> Decided:
    batch = tx.execute("select %s::json ->> 'ids'", (row.detail,)).fetchone()
    assert batch is not None
    ids = read_ids(batch[0])
    found = list_decisions(tx, row.program, ids)
    place = ids.index(event_id)
    return Decided(
        event_id, found[place][1].decode(), _proof([decision_hash(*each) for each in found], place)
    )


def _find_row(tx: Transaction, program_id: int, row_id: int) -> AuditRow | None:
    row = tx.execute(
        """
        select program_id, id, era, tx::text, actor, on_behalf_of, action, subject, reason, before::text,
               after::text, detail::text, request_id, recorded_at
        from audit where program_id = %s and id = %s
        """,
        (program_id, row_id),
    ).fetchone()
    return read_audit_row(row) if row else None


def _list_sealed(tx: Transaction, program_id: int, seal: Seal) -> list[AuditRow]:
    rows = tx.execute(
        """
        select a.program_id, a.id, a.era, a.tx::text, a.actor, a.on_behalf_of, a.action, a.subject, a.reason,
               a.before::text, a.after::text, a.detail::text, a.request_id, a.recorded_at
        from seals here
        left join seals before on before.program_id = here.program_id and before.number = here.number - 1
        join audit a on a.program_id = here.program_id
          and (a.era, a.tx, a.id) <= (here.last_era, here.last_tx, here.last_id)
          and (a.era, a.tx, a.id) > (coalesce(before.last_era, 0), coalesce(before.last_tx, '0'::xid8),
                                     coalesce(before.last_id, 0))
        where here.program_id = %s and here.number = %s
        order by a.era, a.tx, a.id
        """,
        (program_id, seal.number),
    ).fetchall()
    return [read_audit_row(row) for row in rows]


def _list_seals(tx: Transaction, program_id: int, row: AuditRow) -> list[Seal]:
    """The seal of a row and all that follow, as far as an anchor may need them."""
    rows = tx.execute(
        """
        select program_id, number, first_id, last_era, last_tx::text, last_id, rows, root, previous,
               total_rows, sealed_at
        from seals where program_id = %s and (last_era, last_tx, last_id) >= (%s, %s::text::xid8, %s)
        order by number
        """,
        (program_id, row.era, str(row.tx), row.id),
    ).fetchall()
    return [read_seal(each) for each in rows]
