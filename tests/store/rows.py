"""A row of everything, for a program: what rights and row security are tried on."""

from typing import Any

import psycopg

Tx = psycopg.Connection[Any]
PROGRAMS = (1, 2)
MEMBERS = (11, 12)
AT = "2026-05-04 09:30+00"

# %(p)s is the program; what belongs to a member is made for each of two, %(m)s.
OF_PROGRAM = (
    "insert into programs (key, created_at) values ('p' || %(p)s, %(at)s)",
    "insert into program_versions values (%(p)s, 1, '{}', 'sha', %(at)s, %(at)s, 'test')",
    "insert into api_keys values (%(p)s, 'k', sha256('x'), 'n', '/s', %(at)s, null, null)",
    (
        "insert into audit (program_id, actor, action, subject, recorded_at)"
        " values (%(p)s, 'a', 'b', 'c', %(at)s)"
    ),
    "insert into event_keys values (%(p)s, md5('k')::uuid, 1, 1)",
    "insert into event_keys values (%(p)s, md5('l')::uuid, 1, 2)",
    "insert into event_keys values (%(p)s, md5('m')::uuid, 1, 3)",
    "insert into event_keys values (%(p)s, md5('n')::uuid, 1, 4)",
    "insert into deliveries (program_id, connection, body, recorded_at) values (%(p)s, 'c', 'x', %(at)s)",
    "insert into inbox values (%(p)s, %(p)s, 0, 'c', 1, 0, %(at)s)",
    "insert into waiting values (%(p)s, 's', 'x', 1, 0, 'c', 1, 0, 't', %(at)s, %(at)s, %(at)s)",
    (
        "insert into quarantine (program_id, connection, reason, detail, recorded_at)"
        " values (%(p)s, 'c', 'r', 'd', %(at)s)"
    ),
    "insert into intake_counts values (%(p)s, 'c', %(at)s, 'accepted', 1)",
    "insert into accounts values (%(p)s, 0, 'budget:b:DE', 'EUR', 1000)",
    (
        "insert into transfers values"
        " (%(p)s, 0, 1, 0, 'program:funding', 'budget:b:DE', 'EUR', 1000, %(at)s, %(at)s)"
    ),
    (
        "insert into codes (program_id, item, unit, value, code_index, code)"
        " values (%(p)s, 'i', 'EUR', 1, 'x', 'y')"
    ),
    "insert into rollups values (%(p)s, %(at)s, 'DE', '', 'r', 'EUR')",
    "insert into event_rollups values (%(p)s, %(at)s, 'DE', 't')",
    "insert into delays values (%(p)s, %(at)s, 'DE', 'reward', 1, 1)",
)
OF_MEMBER = (
    "insert into members values (%(p)s, %(m)s, 'DE', 'en', null, '{}', %(at)s)",
    "insert into member_ids values (%(p)s, 's', %(m)s::text, %(m)s)",
    "insert into persons values (%(p)s, %(m)s, 'k', 'n', 'e', 'p', 'i')",
    "insert into accounts values (%(p)s, %(m)s, 'purse', 'EUR', 100)",
    "insert into transfers values (%(p)s, %(m)s, 1, 1, 'budget:b:DE', 'purse', 'EUR', 100, %(at)s, %(at)s)",
    "insert into allowances values (%(p)s, %(m)s, 'l', %(at)s, 1, 2)",
    (
        "insert into events values"
        " (%(p)s, %(m)s, 1, 't', 'c', 'x', 'DE', null, 1, 'earned', '{}', '{}', %(at)s, %(at)s, %(at)s)"
    ),
    (
        "insert into rewards values (%(p)s, %(m)s, 1, 1, 'r', 'EUR', 1, 1, 0, 0, 'program:funding', null, 'ready',"
        " %(at)s, %(at)s, %(at)s, %(at)s, null)"
    ),
    "insert into orders values (%(p)s, %(m)s, 1, 1, 'i', 'EUR', 1, 'phone', %(at)s)",
    (
        "insert into outbox (program_id, member_id, id, event_id, message, channel, created_at, next_at)"
        " values (%(p)s, %(m)s, 1, 1, 'm', 'email', %(at)s, %(at)s)"
    ),
    (
        "insert into messages values"
        " (%(p)s, %(m)s, 1, 1, 1, 'm', 'email', 'en', 'delivered', null, null, 1, %(at)s, %(at)s)"
    ),
)


def fill(tx: Tx, program_id: int) -> None:
    """Put a row of everything in, as someone whom row security does not bind."""
    for statement in OF_PROGRAM:
        tx.execute(statement.encode(), {"p": program_id, "at": AT})
    for member_id in MEMBERS:
        for statement in OF_MEMBER:
            tx.execute(statement.encode(), {"p": program_id, "m": member_id, "at": AT})


def tables(tx: Tx, column: str) -> list[str]:
    """Tables of ours, partitions apart, that have a column."""
    found = tx.execute(
        """
        select c.relname from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = %s and not a.attisdropped
        where c.relnamespace = 'guerdon'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        order by 1
        """,
        (column,),
    ).fetchall()
    return [row[0] for row in found]


def all_tables(tx: Tx) -> list[str]:
    """All tables of ours, partitions apart."""
    found = tx.execute(
        "select relname from pg_class where relnamespace = 'guerdon'::regnamespace and relkind in ('r', 'p')"
        " and not relispartition"
    ).fetchall()
    return [row[0] for row in found]
