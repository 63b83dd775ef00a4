"""Who sees what: one program at a time, one member at a time, and nothing at all when nobody said which."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql
from tests.store.conftest import Opens
from tests.store.rows import MEMBERS, PROGRAMS, Tx, all_tables, tables

from guerdon.config import Settings, read_settings
from guerdon.store.database import connect, transaction
from guerdon.web.rooms import Connections

# What belongs to no program, and why: who may work and on what, the list of programs (keys only), what ran.
OF_NO_PROGRAM = {"lanes", "workers", "schema_migrations"}
# A program's own row is how its number is found; it holds a key and a time.
UNGUARDED = {"programs"}
# Keys without a program in them. inbox.id comes from one sequence of the installation, and nothing is looked
# up or refused by it: a clash cannot be made from outside.
KEYS_WITHOUT_PROGRAM = {("inbox", "inbox_pkey"), ("programs", "programs_key_key")}


def count(tx: Tx, table: str) -> int:
    row = tx.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])


def test_every_table_with_a_program_is_guarded_and_guarded_against_its_owner(filled: str) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as tx:
        found = tx.execute(
            """
            select c.relname, c.relrowsecurity, c.relforcerowsecurity,
                   (select count(*) from pg_policy p where p.polrelid = c.oid and p.polcmd = '*'
                      and p.polqual is not null and p.polwithcheck is not null)
            from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'program_id'
            where c.relnamespace = 'guerdon'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
              and not c.relispartition
            """
        ).fetchall()
    unguarded = {name for name, enabled, forced, policies in found if not (enabled and forced and policies)}
    assert unguarded == UNGUARDED
    assert len(found) > 20


def test_every_other_table_is_known_to_belong_to_no_program(filled: str) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as tx:
        assert set(all_tables(tx)) - set(tables(tx, "program_id")) == OF_NO_PROGRAM


def test_views_see_with_the_eyes_of_whoever_looks(filled: str) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as tx:
        blind = tx.execute(
            "select relname from pg_class where relnamespace = 'guerdon'::regnamespace"
            " and relkind in ('v', 'm') and not coalesce('security_invoker=true' = any(reloptions), false)"
        ).fetchall()
        definers = tx.execute(
            "select proname from pg_proc where pronamespace = 'guerdon'::regnamespace and prosecdef"
        ).fetchall()
    assert (blind, definers) == ([], [])


def test_policies_ask_for_the_program_and_for_the_member_where_there_is_one(filled: str) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as tx:
        found = tx.execute(
            """
            select c.relname, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
                   exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'member_id')
            from pg_policy p join pg_class c on c.oid = p.polrelid
            where c.relnamespace = 'guerdon'::regnamespace
            """
        ).fetchall()
    for name, using, check, personal in found:
        assert using == check, name
        assert "this_program()" in using
        assert ("this_member()" in using) == personal, name


def test_partitions_are_reached_through_their_table_alone(filled: str, opens: Opens) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as tx:
        partitions = tx.execute(
            "select relname from pg_class where relnamespace = 'guerdon'::regnamespace and relispartition"
            " and relkind in ('r', 'p')"
        ).fetchall()
    assert len(partitions) > 15
    for role in ("worker", "web"):
        for (name,) in partitions:
            with pytest.raises(errors.InsufficientPrivilege), opens(role, PROGRAMS[0]) as tx:
                count(tx, name)


def test_without_a_program_the_web_sees_nothing(opens: Opens) -> None:
    with opens("web") as tx:
        names = tables(tx, "program_id")
        assert {name for name in names if count(tx, name)} == UNGUARDED


def test_an_empty_or_foreign_setting_is_as_good_as_none(opens: Opens) -> None:
    for setting in ("", "0", "-1", "3"):
        with opens("web") as tx:
            tx.execute("select set_config('guerdon.program_id', %s, true)", (setting,))
            assert {n for n in tables(tx, "program_id") if count(tx, n)} == UNGUARDED


def test_with_a_program_the_web_sees_that_programs_rows_and_no_others(filled: str, opens: Opens) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as all_seeing:
        guarded = sorted(set(tables(all_seeing, "program_id")) - UNGUARDED)
        everything = {name: count(all_seeing, name) for name in guarded}
    for program_id in PROGRAMS:
        with opens("web", program_id) as tx:
            for name in guarded:
                query = sql.SQL("select distinct program_id from {}").format(sql.Identifier(name))
                assert tx.execute(query).fetchall() == [(program_id,)], name
                assert count(tx, name) * len(PROGRAMS) == everything[name], name


def test_a_members_page_sees_that_member_and_the_programs_pools(opens: Opens) -> None:
    with opens("web", PROGRAMS[0], MEMBERS[0]) as tx:
        personal = tables(tx, "member_id")
        assert len(personal) > 9
        for name in personal:
            query = sql.SQL("select distinct member_id from {} where member_id <> 0")
            assert tx.execute(query.format(sql.Identifier(name))).fetchall() == [(MEMBERS[0],)], name


@pytest.mark.parametrize(
    "statement",
    [
        "insert into orders values (2, 11, 9, 9, 'i', 'EUR', 1, 'phone', now())",
        "insert into transfers values (2, 11, 9, 9, 'a', 'b', 'EUR', 1, now(), now())",
        "insert into accounts values (2, 11, 'x', 'EUR')",
        "insert into audit values (2, default, default, 'a', 'b', 'c', null, now())",
        "insert into inbox values (2, 99, 0, 'c', 1, 0, now())",
        "insert into program_versions values (2, 2, '{}', 's', now(), now(), 'x')",
        "insert into api_keys values (2, 'z', sha256('x'), 'n', '/s', now(), null, null)",
    ],
)
def test_nobody_writes_into_another_program(opens: Opens, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"), opens("web", 1) as tx:
        tx.execute(statement.encode())


def test_nobody_writes_for_another_member_on_a_members_page(opens: Opens) -> None:
    for statement in (
        "insert into orders values (1, 12, 9, 9, 'i', 'EUR', 1, 'phone', now())",
        "insert into transfers values (1, 12, 9, 9, 'a', 'b', 'EUR', 1, now(), now())",
    ):
        with pytest.raises(errors.InsufficientPrivilege), opens("web", 1, 11) as tx:
            tx.execute(statement.encode())


def test_rows_of_others_cannot_be_changed_or_moved(opens: Opens) -> None:
    with opens("web", 1) as tx:
        assert tx.execute("update accounts set posted = 0 where program_id = 2").rowcount == 0
        assert tx.execute("update codes set state = 'void' where program_id = 2").rowcount == 0
        assert tx.execute("update api_keys set revoked_at = now() where program_id = 2").rowcount == 0
    with pytest.raises(errors.InsufficientPrivilege), opens("web", 1) as tx:
        tx.execute("update accounts set program_id = 2 where program_id = 1")


def test_what_a_transaction_said_is_forgotten_at_its_end(filled: str, secret: str) -> None:
    with connect(filled, secret, "web") as db:
        with transaction(db, 1, 11) as tx:
            assert count(tx, "members") == 1
        assert count(db, "members") == 0
        with transaction(db, 2) as tx:
            assert count(tx, "members") == 2
        with pytest.raises(ZeroDivisionError), transaction(db, 1):
            raise ZeroDivisionError
        assert count(db, "members") == 0


def test_a_connection_that_is_lent_again_brings_nothing_along(
    filled: str, secret: str, tmp_path: Path
) -> None:
    settings = read_settings(
        {"DATABASE_URL": filled, "GUERDON_SECRET": secret, "GUERDON_HOME": str(tmp_path)}
    )
    assert isinstance(settings, Settings)
    lender = Connections(settings)
    barrier = threading.Barrier(4)

    def look(n: int) -> set[tuple[int, int]]:
        seen = set()
        barrier.wait()
        for turn in range(50):
            program_id, member_id = PROGRAMS[(n + turn) % 2], MEMBERS[turn % 2]
            with lender.lent() as connection:
                assert count(connection, "persons") == 0
                with transaction(connection, program_id, member_id) as tx:
                    rows = tx.execute("select program_id, member_id from persons").fetchall()
            assert rows == [(program_id, member_id)]
            seen.add((program_id, member_id))
        return seen

    try:
        with ThreadPoolExecutor(4) as threads:
            assert len(set().union(*threads.map(look, range(4)))) == 4
    finally:
        lender.close()


def test_every_unique_key_holds_the_program(filled: str) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as tx:
        found = tx.execute(
            """
            select t.relname, i.relname from pg_index x
            join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
            join pg_attribute p on p.attrelid = t.oid and p.attname = 'program_id' and not p.attisdropped
            where t.relnamespace = 'guerdon'::regnamespace and not t.relispartition and x.indisunique
              and not p.attnum = any(x.indkey)
            """
        ).fetchall()
    assert set(found) == KEYS_WITHOUT_PROGRAM


def test_every_reference_holds_the_program(filled: str) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as tx:
        loose = tx.execute(
            """
            select k.conname from pg_constraint k
            join pg_attribute p on p.attrelid = k.conrelid and p.attname = 'program_id'
            where k.contype = 'f' and k.connamespace = 'guerdon'::regnamespace
              and not p.attnum = any(k.conkey)
            """
        ).fetchall()
    assert loose == []


def test_the_worker_alone_is_not_bound_and_owns_nothing(filled: str) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as tx:
        roles = tx.execute(
            "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication from pg_roles"
            " where rolname in ('guerdon_owner', 'guerdon_worker', 'guerdon_web') order by 1"
        ).fetchall()
        owned = tx.execute(
            "select r.rolname, count(*) from pg_class c join pg_roles r on r.oid = c.relowner"
            " where c.relnamespace = 'guerdon'::regnamespace group by 1"
        ).fetchall()
        members = tx.execute(
            "select count(*) from pg_auth_members m join pg_roles r on r.oid = m.member"
            " where r.rolname in ('guerdon_worker', 'guerdon_web')"
        ).fetchall()
    assert roles == [
        ("guerdon_owner", False, False, False, False, False),
        ("guerdon_web", False, False, False, False, False),
        ("guerdon_worker", False, True, False, False, False),
    ]
    assert [name for name, _ in owned] == ["guerdon_owner"]
    assert members == [(0,)]


def test_the_owner_too_sees_nothing_unless_a_program_is_named(opens: Opens) -> None:
    with opens("owner") as tx:
        assert {n for n in tables(tx, "program_id") if count(tx, n)} == UNGUARDED
