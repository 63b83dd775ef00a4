"""Mutants that nobody has to think of: every check, key, trigger and withheld right that the catalog holds.

Dropping any of them must turn a test red. What is of a partition is its table's.
"""

import psycopg
from psycopg import sql
from tests.mutants.mutant import Mutant

# What the tables must refuse by themselves stands in one test with an example for each; the demand for an
# audit row has its own.
TABLES = "tests/proof/test_what_tables_refuse.py"
DEMANDS = "tests/proof/test_demanded.py"
RIGHTS = "tests/store/test_rights.py"
KINDS = {"c": "check", "u": "unique", "p": "primary key", "f": "foreign key"}
APPLICATION = ("guerdon_worker", "guerdon_web")
CHANGING = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")


def list_schema_mutants(url: str) -> list[Mutant]:
    """The mutants of a migrated database."""
    with psycopg.connect(url, options="-c search_path=guerdon") as db:
        return [*_constraints(db), *_triggers(db), *_rights(db)]


def _constraints(db: psycopg.Connection) -> list[Mutant]:
    rows = db.execute(
        """
        select c.relname, k.conname, k.contype::text
        from pg_constraint k join pg_class c on c.oid = k.conrelid
        where c.relnamespace = 'guerdon'::regnamespace and not c.relispartition and k.conparentid = 0
          and k.contype in ('c', 'u', 'p', 'f') and c.relname <> 'schema_migrations'
        order by 1, 2
        """
    ).fetchall()
    drop = sql.SQL("alter table {} drop constraint {} cascade")
    constraints = [
        Mutant(
            "schema",
            f"{table} without its {KINDS[kind]} {name}",
            (TABLES,),
            drop.format(sql.Identifier(table), sql.Identifier(name)).as_string(db),
            only=name,
        )
        for table, name, kind in rows
    ]
    indexes = db.execute(
        """
        select c.relname, i.relname from pg_index x
        join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
        where c.relnamespace = 'guerdon'::regnamespace and not c.relispartition and x.indisunique
          and not exists (select from pg_constraint k where k.conindid = i.oid)
        order by 1, 2
        """
    ).fetchall()
    forget = sql.SQL("drop index {}")
    return constraints + [
        Mutant(
            "schema",
            f"{table} without its unique index {name}",
            (TABLES,),
            forget.format(sql.Identifier(name)).as_string(db),
            only=name,
        )
        for table, name in indexes
    ]


def _triggers(db: psycopg.Connection) -> list[Mutant]:
    rows = db.execute(
        """
        select coalesce(p.relname, c.relname) as owner, t.tgname, t.tgfoid = 'demand_audit'::regproc,
               array_agg(c.relname::text order by c.relname)
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
        where c.relnamespace = 'guerdon'::regnamespace and not t.tgisinternal and t.tgparentid = 0
        group by 1, 2, 3 order by 1, 2
        """
    ).fetchall()
    drop = sql.SQL("drop trigger {} on {};")
    return [
        Mutant(
            "I-17" if demands else "schema",
            f"{table} without its trigger {name}",
            (DEMANDS,) if demands else (TABLES, RIGHTS),
            " ".join(
                drop.format(sql.Identifier(name), sql.Identifier(each)).as_string(db) for each in tables
            ),
            only=f"a_change and {table}" if demands else "only_grow or past or partition or stays",
        )
        for table, name, demands, tables in rows
    ]


def _rights(db: psycopg.Connection) -> list[Mutant]:
    """Rights that a role does not have, given to it: a mutant for each table and role, with all it lacks."""
    rows = db.execute(
        """
        select c.relname, r.role, array_agg(p.right order by p.right)
        from pg_class c, unnest(%s::text[]) as r (role), unnest(%s::text[]) as p ("right")
        where c.relnamespace = 'guerdon'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
          and c.relname <> 'schema_migrations' and not has_table_privilege(r.role, c.oid, p.right)
        group by 1, 2 order by 1, 2
        """,
        (list(APPLICATION), list(CHANGING)),
    ).fetchall()
    give = sql.SQL("grant {} on {} to {}")
    return [
        Mutant(
            "I-02",
            f"{role.removeprefix('guerdon_')} may {' '.join(rights).lower()} {table}",
            (TABLES,),
            give.format(
                sql.SQL(", ").join(map(sql.SQL, rights)), sql.Identifier(table), sql.Identifier(role)
            ).as_string(db),
            only=f"each_role and {table}",
        )
        for table, role, rights in rows
    ]
