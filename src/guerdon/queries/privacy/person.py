"""All rows of one member, table by table, as JSON: what the database has, without what is sealed or hashed.

Sealed fields are opened by whoever asks (engine/privacy/exporting); hashes say nothing to anybody. Numbers
and ids of other people are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from psycopg import sql

from guerdon.store.database import Transaction
from guerdon.store.privacy.stores import ERASED, KEPT

ROWS_AT_ONCE = 500
# Of somebody else: who brought this member, and who of the staff looked at something.
OTHERS = {
    "referral_pairs": ("referrer_id", "referrer_source", "referrer_external_id", "settled_by"),
    "order_cases": ("answered_by", "looked_by"),
    "fulfillments": ("taken_by",),
    "location_visits": ("confirmed_by",),
    "location_notes": ("written_by",),
    "person_members": ("told_by",),
    "data_requests": ("recorded_by", "closed_by"),
}


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code that went to an order: sealed, and whether its page was opened by the member."""

    order_id: int
    item: str
    state: str
    index: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    more: bytes | None = field(repr=False)
    seen: bool


def tables_of_members() -> tuple[str, ...]:
    """Every table that has rows of members, by name (`store/privacy/stores`)."""
    return tuple(sorted({*ERASED, *(table for tables in KEPT.values() for table in tables)}))


def list_rows(tx: Transaction, program_id: int, member_id: int, table: str) -> Iterator[str]:
    """A member's rows of a table, each as the text of a JSON object, read as they are asked for."""
    hidden = [
        str(row[0])
        for row in tx.execute(
            """
            select column_name from information_schema.columns
            where table_schema = 'guerdon' and table_name = %s and data_type = 'bytea'
            """,
            (table,),
        ).fetchall()
    ]
    hidden += OTHERS.get(table, ())
    statement = sql.SQL(
        "select (to_jsonb(t) - %(hidden)s::text[])::text from {} t"
        " where t.program_id = %(program)s and t.member_id = %(member)s"
    ).format(sql.Identifier(table))
    with tx.cursor(name="of_a_member") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(statement, {"hidden": hidden, "program": program_id, "member": member_id})
        for row in cursor:
            yield str(row[0])


def list_codes(tx: Transaction, program_id: int, member_id: int) -> list[CodeRow]:
    """Codes of a member's orders, by order."""
    rows = tx.execute(
        """
        select c.order_id, c.item, c.state, c.code_index, c.code, c.more, f.opened_at is not null
        from orders o
        join codes c on c.program_id = o.program_id and c.order_id = o.id
        left join fulfillments f on f.program_id = o.program_id and f.member_id = o.member_id
          and f.order_id = o.id
        where o.program_id = %s and o.member_id = %s order by o.id
        """,
        (program_id, member_id),
    ).fetchall()
    return [CodeRow(*row) for row in rows]


def list_sealed_words(tx: Transaction, program_id: int, member_id: int) -> list[tuple[str, int, str, bytes]]:
    """What a member wrote and was told, sealed: (table, id of the row, column, sealed)."""
    rows = tx.execute(
        """
        select 'order_cases', id, c.name, c.sealed
        from order_cases, lateral (values ('words', words), ('answer', answer)) as c (name, sealed)
        where program_id = %(program)s and member_id = %(member)s and c.sealed is not null
        union all
        select 'gifts', id, 'to_words', to_words from gifts
        where program_id = %(program)s and member_id = %(member)s and to_words is not null
        union all
        select 'location_notes', id, 'words', words from location_notes
        where program_id = %(program)s and member_id = %(member)s
        order by 1, 2, 3
        """,
        {"program": program_id, "member": member_id},
    ).fetchall()
    return [(str(row[0]), int(row[1]), str(row[2]), bytes(row[3])) for row in rows]


def list_asked_for(tx: Transaction, program_id: int, member_id: int) -> list[str]:
    """What people asked for to give or take of a member, each as the text of a JSON object."""
    rows = tx.execute(
        """
        select json_build_object('id', id, 'kind', kind, 'state', state, 'unit', unit, 'amount', amount,
                                 'reason', reason, 'created_at', created_at)::text
        from requests where program_id = %s and beneficiary = %s order by id
        """,
        (program_id, member_id),
    ).fetchall()
    return [str(row[0]) for row in rows]
