"""What the database refuses by itself: each constraint, key, trigger, withheld right and policy has its test.

Each is given one transaction of the superuser, so that a mutant can be planted in it and taken back
(`tests/mutants/catalog.py`): dropping any of these things turns its test red.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import errors, sql
from tests.store.refusals import CHANGES, NOTED, ONLY_GROW, REFUSED, TOLD, WIDER_THAN_THE_PRIMARY_KEY
from tests.store.rights import ROLES, TABLES, granted
from tests.store.rows import MEMBERS, PLACES, PROGRAMS, Tx
from tests.store.stopped import STOPPED
from tests.store.test_row_security import (
    FOR_EVERY_PLACE,
    FOR_MEMBERS,
    OF_A_MARKET,
    OF_NO_PROGRAM,
    OF_THE_WHOLE,
    UNGUARDED,
)

PARTITIONED = ("deliveries", "event_keys", "events", "transfers")
GUARDED = tuple(sorted(set(TABLES) - OF_NO_PROGRAM - UNGUARDED))
TRIED = {
    "INSERT": "insert into {table} overriding system value select * from {table} where false",
    "UPDATE": "update {table} set {column} = default where false",
    "DELETE": "delete from {table} where false",
    "TRUNCATE": "truncate {table}",
}


@pytest.fixture
def trial(filled: str) -> Iterator[Tx]:
    """Give a transaction of the superuser that is taken back."""
    with (
        psycopg.connect(filled, autocommit=True, options="-c search_path=guerdon") as db,
        db.transaction(force_rollback=True),
    ):
        yield db


@contextmanager
def acting(tx: Tx, role: str, program_id: int | None = None, **setting: str) -> Iterator[Tx]:
    """Be a role for a while, as a transaction of its own would; then take back what it did."""
    with tx.transaction(force_rollback=True):
        for name, value in {"program_id": "" if program_id is None else str(program_id), **setting}.items():
            tx.execute("select set_config('guerdon.' || %s, %s, true)", (name, value))
        tx.execute(sql.SQL("set local role {}").format(sql.Identifier(f"guerdon_{role}")))
        yield tx


def run(tx: Tx, statement: str, table: str, column: str = "") -> None:
    parts = {"table": sql.Identifier(table), "column": sql.Identifier(column or "x")}
    tx.execute(sql.SQL(statement).format(sql.Identifier(table), **parts))


def names(tx: Tx, query: str, *terms: object) -> list[str]:
    return [str(row[0]) for row in tx.execute(query.encode(), terms or None).fetchall()]


def columns(tx: Tx, table: str) -> list[str]:
    return names(
        tx,
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
        " order by attnum",
        table,
    )


def partitions(tx: Tx, table: str) -> list[str]:
    return names(
        tx,
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent ="
        " %s::regclass",
        table,
    )


# Constraints and keys.


@pytest.mark.parametrize("constraint", REFUSED)
def test_a_table_refuses_by_itself(trial: Tx, constraint: str) -> None:
    """Whoever writes, and whatever the code above believes."""
    with pytest.raises(errors.IntegrityError) as refused, trial.transaction():
        trial.execute(REFUSED[constraint].encode())
    assert refused.value.diag.constraint_name == constraint


@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_there_twice(trial: Tx, table: str) -> None:
    """Every primary key, by trying to write a row of its table a second time."""
    if table == "workers":
        trial.execute("insert into workers values (gen_random_uuid(), now())")
    again = "insert into {table} overriding system value select * from {table} limit 1"
    with pytest.raises(errors.UniqueViolation) as refused, trial.transaction():
        run(trial, again, table)
    assert str(refused.value.diag.constraint_name).endswith("_pkey")


def test_every_constraint_is_known_to_refuse_something(trial: Tx) -> None:
    found = names(
        trial,
        """
        select k.conname from pg_constraint k join pg_class c on c.oid = k.conrelid
        where k.connamespace = 'guerdon'::regnamespace and not c.relispartition
          and k.contype in ('c', 'u', 'f', 'x')
        union all
        select i.relname from pg_index x
        join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
        where x.indisunique and c.relnamespace = 'guerdon'::regnamespace and not c.relispartition
          and not exists (select from pg_constraint k where k.conindid = x.indexrelid)
        """,
    )
    assert set(found) - set(WIDER_THAN_THE_PRIMARY_KEY) == set(REFUSED)
    keyless = names(
        trial,
        """
        select c.relname from pg_class c
        where c.relnamespace = 'guerdon'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
          and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p')
        """,
    )
    assert keyless == []


# Triggers.


@pytest.mark.parametrize("trigger", STOPPED)
def test_what_was_settled_stays_so(trial: Tx, trigger: str) -> None:
    before, after, words = STOPPED[trigger]
    trial.execute(before.encode())
    with pytest.raises(errors.CheckViolation, match=words), trial.transaction():
        trial.execute(after.encode())


@pytest.mark.parametrize("table", ONLY_GROW)
def test_nothing_that_was_written_is_changed(trial: Tx, table: str) -> None:
    for change in CHANGES.values():
        with pytest.raises(errors.InsufficientPrivilege, match="are never changed"), trial.transaction():
            run(trial, change, table)


@pytest.mark.parametrize("table", sorted(set(PARTITIONED) & set(ONLY_GROW)))
def test_nor_is_it_by_the_name_of_a_partition(trial: Tx, table: str) -> None:
    found = partitions(trial, table)
    assert len(found) >= 12
    for partition in found:
        for change in CHANGES.values():
            with pytest.raises(errors.InsufficientPrivilege, match="are never changed"), trial.transaction():
                run(trial, change, partition)


@pytest.mark.parametrize("trigger", NOTED)
def test_a_change_is_noted_by_itself(trial: Tx, trigger: str) -> None:
    before, change, question = (statement.encode() for statement in NOTED[trigger])
    trial.execute(before)
    noted = trial.execute(question).fetchall()[0][0]
    trial.execute(change)
    assert trial.execute(question).fetchall() == [(noted + 1,)]


@pytest.mark.parametrize("table", TOLD)
def test_a_change_is_told_to_the_audit_or_not_made(trial: Tx, table: str) -> None:
    words = f"a change of {table} has no audit row"
    assert trial.execute(TOLD[table].replace("?", table).encode()).rowcount > 0
    with pytest.raises(errors.CheckViolation, match=words), trial.transaction():
        trial.execute("set constraints all immediate")


def test_every_trigger_is_known_to_refuse_something(trial: Tx) -> None:
    found = trial.execute(
        """
        select c.relname, t.tgname, t.tgfoid::regproc::text from pg_trigger t
        join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = 'guerdon'::regnamespace and not t.tgisinternal and not c.relispartition
        """
    ).fetchall()
    by_function: dict[str, set[str]] = {}
    for table, trigger, function in found:
        key = table if function in {"refuse_change", "demand_audit"} else trigger
        by_function.setdefault(function, set()).add(key)
    assert by_function.pop("refuse_change") == set(ONLY_GROW)
    assert by_function.pop("demand_audit") == set(TOLD)
    assert set().union(*by_function.values()) == set(STOPPED) | set(NOTED)


# Rights.


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ROLES)
def test_a_process_has_the_rights_that_are_written_down_and_no_other(
    trial: Tx, role: str, table: str
) -> None:
    given = granted(role, table)
    partly = next((word for word in given if word.startswith("UPDATE(")), "UPDATE()")[7:-1].split(",")
    for right, statement in TRIED.items():
        if right in given:
            continue
        # For who may update some columns: each of the others.
        for column in columns(trial, table) if right == "UPDATE" else [""]:
            if column and column in partly:
                continue
            with (
                pytest.raises(errors.InsufficientPrivilege, match="permission denied"),
                acting(trial, role, PROGRAMS[0]),
            ):
                run(trial, statement, table, column)
    found = names(
        trial,
        """
        select a.privilege_type from pg_class c, aclexplode(c.relacl) a
        where c.oid = %(table)s::regclass and a.grantee in (%(role)s::regrole, 0)
        union all
        select a.privilege_type || '(' || string_agg(t.attname, ',' order by t.attname) || ')'
        from pg_attribute t, aclexplode(t.attacl) a
        where t.attrelid = %(table)s::regclass and a.grantee in (%(role)s::regrole, 0)
        group by a.privilege_type
        """.replace("%(table)s", f"'{table}'").replace("%(role)s", f"'guerdon_{role}'"),
    )
    assert set(found) == given | {"SELECT"}


@pytest.mark.parametrize("table", PARTITIONED)
@pytest.mark.parametrize("role", ROLES)
def test_a_partition_is_nobodys_to_name(trial: Tx, role: str, table: str) -> None:
    # A policy on a table does not guard a partition that is asked for by its name.
    for partition in partitions(trial, table):
        with (
            pytest.raises(errors.InsufficientPrivilege, match="permission denied"),
            acting(trial, role, PROGRAMS[0]),
        ):
            run(trial, "select from {}", partition)


@pytest.mark.parametrize("role", ROLES)
def test_a_process_counts_on_but_never_back(trial: Tx, role: str) -> None:
    query = "select relname from pg_class where relnamespace = 'guerdon'::regnamespace and relkind = 'S'"
    for sequence in names(trial, query):
        with pytest.raises(errors.InsufficientPrivilege), acting(trial, role):
            trial.execute("select setval(%s::regclass, 1000000)", (sequence,))


def test_functions_are_for_the_processes_that_need_them_alone(trial: Tx) -> None:
    with pytest.raises(errors.InsufficientPrivilege), acting(trial, "web", 1):
        trial.execute("select make_months(now())")
    found = names(
        trial,
        """
        select p.proname || ' ' || a.grantee::regrole from pg_proc p, aclexplode(p.proacl) a
        where p.pronamespace = 'guerdon'::regnamespace and a.grantee <> p.proowner
        """,
    )
    # Events come in by the doors of the web, and out of files and journals by the worker.
    intake = {"record_intake guerdon_web", "record_intake guerdon_worker"}
    # A member who tries a program is enrolled by a person; whoever else is one, the worker writes.
    tried = {"enroll_sample guerdon_web"}
    assert set(found) == {*intake, *tried, "make_months guerdon_worker", "drop_bodies guerdon_worker"}


@pytest.mark.parametrize("role", ROLES)
def test_a_process_makes_nothing_and_is_nobody_else(trial: Tx, role: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege), acting(trial, role):
        trial.execute("create table anything ()")
    found = trial.execute(
        """
        select r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,
               (select count(*) from pg_auth_members m where m.member = r.oid)
        from pg_roles r where r.rolname = %s
        """,
        (f"guerdon_{role}",),
    ).fetchone()
    # The worker decides for all programs.
    assert found == (False, False, False, False, role == "worker", 0)


# Row security.


def seen(tx: Tx, table: str) -> list[str]:
    return names(tx, sql.SQL("select t::text from {} t").format(sql.Identifier(table)).as_string(tx))


@pytest.mark.parametrize("table", GUARDED)
def test_rows_of_another_program_are_not_seen(trial: Tx, table: str) -> None:
    if not seen(trial, table):
        pytest.fail("nothing to see")
    # Row security binds the owner too.
    for role in ("web", "owner"):
        for nowhere in (None, 3):
            with acting(trial, role, nowhere):
                assert seen(trial, table) == []
    for program_id in PROGRAMS:
        with acting(trial, "web", program_id):
            query = sql.SQL("select distinct program_id from {}").format(sql.Identifier(table))
            assert trial.execute(query).fetchall() == [(program_id,)]


@pytest.mark.parametrize("table", GUARDED)
def test_rows_of_another_program_are_not_written(trial: Tx, table: str) -> None:
    moved = sql.SQL(
        """
        insert into {table} overriding system value
        select (jsonb_populate_record(t, '{{"program_id": 3}}')).* from {table} t limit 1
        """
    ).format(table=sql.Identifier(table))
    # By the owner, who has every right: what stops it is row security alone.
    with (
        # By its own: a sum that a trigger keeps beside it has row security, too.
        pytest.raises(errors.InsufficientPrivilege, match=f'row-level security policy for table "{table}"'),
        acting(trial, "owner", PROGRAMS[0]),
    ):
        trial.execute(moved)


@pytest.mark.parametrize("table", GUARDED)
def test_a_member_sees_no_row_of_another_member(trial: Tx, table: str) -> None:
    personal = "member_id" in columns(trial, table)
    with acting(trial, "web", PROGRAMS[0], member_id=str(MEMBERS[0])):
        if personal:
            query = sql.SQL("select distinct member_id from {} where member_id <> 0")
            found = trial.execute(query.format(sql.Identifier(table))).fetchall()
            assert found == [(MEMBERS[0],)]
        else:
            assert bool(seen(trial, table)) == (table in FOR_MEMBERS)


def test_a_member_does_not_see_the_code_of_another(trial: Tx) -> None:
    trial.execute("update codes set state = 'issued', order_id = 2, issued_at = now() where program_id = 1")
    trial.execute("update orders set id = 2 where program_id = 1 and member_id = 12")
    for member_id, codes in (("11", 0), ("12", 1)):
        with acting(trial, "web", PROGRAMS[0], member_id=member_id):
            assert len(seen(trial, "codes")) == codes


@pytest.mark.parametrize("table", GUARDED)
def test_staff_of_one_place_see_no_row_of_another(trial: Tx, table: str) -> None:
    for kind, at in (("markets", 0), ("locations", 1)):
        views = []
        for place in PLACES:
            with acting(trial, "web", PROGRAMS[0], **{kind: place[at]}):
                views.append(set(seen(trial, table)))
        here, there = views
        if table in FOR_EVERY_PLACE:
            assert here == there
            assert here
        elif table in OF_THE_WHOLE or (kind == "locations" and table in OF_A_MARKET):
            assert not here | there
        else:
            assert here
            assert not here & there


def test_people_are_seen_by_who_may_know_them(trial: Tx) -> None:
    for role in ("web", "owner"):
        with acting(trial, role):
            assert seen(trial, "people") == []
        with acting(trial, role, login="2a11"):
            assert names(trial, "select login from people") == ["2a11"]
        with acting(trial, role, PROGRAMS[0]):
            assert sorted(names(trial, "select login from people")) == ["1a11", "1a12", "1b11", "1b12"]
    with (
        pytest.raises(errors.InsufficientPrivilege, match="row-level security"),
        acting(trial, "web", PROGRAMS[0]),
    ):
        trial.execute("insert into people (login, name, created_at) values ('x', 'X', now())")


def test_a_member_tells_the_audit_what_they_changed_and_reads_none_of_it(trial: Tx) -> None:
    with acting(trial, "web", PROGRAMS[0], member_id=str(MEMBERS[0])):
        trial.execute(
            "insert into audit (program_id, actor, action, subject, recorded_at)"
            " values (1, 'mem_1', 'order.placed', 'ord_1', now())"
        )
        assert seen(trial, "audit") == []
        trial.execute("update orders set canceled_at = now()")
        trial.execute("set constraints all immediate")


def test_every_policy_is_known_to_hide_something(trial: Tx) -> None:
    found = trial.execute(
        """
        select c.relname, p.polname from pg_policy p join pg_class c on c.oid = p.polrelid
        where c.relnamespace = 'guerdon'::regnamespace
        """
    ).fetchall()
    others = {("audit", "of_this_transaction"), ("audit", "told_by_all"), ("people", "colleagues")}
    others |= {("gifts", "come_by_link")}
    assert set(found) == {(table, "one_program") for table in GUARDED} | others
