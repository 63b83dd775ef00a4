"""What nobody may do, whatever code asks for it: change the past, overspend, take a code back."""

import psycopg
import pytest
from psycopg import errors, sql
from tests.store.conftest import Opens
from tests.store.rows import Tx

from guerdon.store.database import Role

ONLY_GROW = ("transfers", "events", "audit", "program_versions")
CHANGES = (
    ("update", "update {} set program_id = program_id"),
    ("delete", "delete from {}"),
    ("truncate", "truncate {}"),
)


def tried(tx: Tx, statement: str, table: str) -> None:
    tx.execute(sql.SQL(statement).format(sql.Identifier(table)))


@pytest.mark.parametrize("table", ONLY_GROW)
@pytest.mark.parametrize("change", CHANGES, ids=[c[0] for c in CHANGES])
@pytest.mark.parametrize("role", ["worker", "web"])
def test_the_past_is_changed_by_no_process(
    opens: Opens, role: Role, change: tuple[str, str], table: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"), opens(role, 1) as tx:
        tried(tx, change[1], table)


@pytest.mark.parametrize("table", ONLY_GROW)
@pytest.mark.parametrize("change", CHANGES, ids=[c[0] for c in CHANGES])
def test_the_past_is_not_even_changed_by_its_owner(opens: Opens, change: tuple[str, str], table: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="are never changed"), opens("owner", 1) as tx:
        tried(tx, change[1], table)


@pytest.mark.parametrize("change", CHANGES, ids=[c[0] for c in CHANGES])
def test_nor_by_way_of_a_partition(filled: str, opens: Opens, change: tuple[str, str]) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as tx:
        partitions = tx.execute(
            "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
            " join pg_class p on p.oid = i.inhparent where p.relname = any(%s)",
            (list(ONLY_GROW),),
        ).fetchall()
    assert len(partitions) >= 12
    for (partition,) in partitions:
        with pytest.raises(errors.InsufficientPrivilege, match="are never changed"), opens("owner", 1) as tx:
            tried(tx, change[1], partition)


def test_the_processes_may_do_what_they_need_and_nothing_else(filled: str) -> None:
    """Every right there is, as written down here: a new one is a decision."""
    with psycopg.connect(filled, options="-c search_path=guerdon") as tx:
        found = tx.execute(
            """
            select grantee, table_name, string_agg(privilege_type, ' ' order by privilege_type)
            from information_schema.role_table_grants
            where table_schema = 'guerdon' and grantee in ('guerdon_worker', 'guerdon_web', 'PUBLIC')
              and privilege_type <> 'SELECT'
            group by 1, 2
            """
        ).fetchall()
    rights = {(who.removeprefix("guerdon_"), table): what for who, table, what in found}
    destroying = {key for key, what in rights.items() if "DELETE" in what or "TRUNCATE" in what}
    assert destroying == {
        ("worker", "inbox"),
        ("worker", "waiting"),
        ("worker", "workers"),
        ("worker", "outbox"),
    }
    for table in ONLY_GROW:
        assert rights["worker", table] == rights["web", table] == "INSERT"
    assert not any(who == "PUBLIC" for who, _ in rights)
    assert ("web", "persons") not in rights
    assert ("web", "members") not in rights
    assert ("web", "lanes") not in rights


@pytest.mark.parametrize(
    "statement",
    [
        "create table x ()",
        "create role x",
        "alter table transfers disable trigger all",
        "alter table accounts drop constraint accounts_never_overspent",
        "drop table audit",
        "set role guerdon_owner",
        "set session_replication_role = replica",
        "copy (select 1) to program 'true'",
        "select pg_read_file('postgresql.conf')",
        "create or replace function this_program() returns integer language sql as 'select 1'",
        "update programs set key = 'x'",
        "select lo_import('x')",
    ],
)
@pytest.mark.parametrize("role", ["web", "worker"])
def test_what_would_undo_the_rights_is_refused(opens: Opens, role: Role, statement: str) -> None:
    with (
        pytest.raises((errors.InsufficientPrivilege, errors.UndefinedFile)),
        opens(role, 1) as tx,
    ):
        tx.execute(statement.encode())


# What a table refuses by itself, whoever writes and whatever the code above it believes.
REFUSED: list[tuple[str, str, type[psycopg.Error]]] = [
    ("an account overspent", "update accounts set posted = -1 where name = 'purse'", errors.CheckViolation),
    ("more held than there is", "update accounts set held = posted + 1", errors.CheckViolation),
    ("held below nothing", "update accounts set held = -1", errors.CheckViolation),
    (
        "an account opened in debt",
        "insert into accounts values (1, 11, 'x', 'EUR', -1)",
        errors.CheckViolation,
    ),
    (
        "an account opened twice",
        "insert into accounts values (1, 11, 'purse', 'EUR')",
        errors.UniqueViolation,
    ),
    ("beyond a limit", "update allowances set used = ceiling + 1", errors.CheckViolation),
    ("a limit unused below nothing", "update allowances set used = -1", errors.CheckViolation),
    (
        "a transfer of nothing",
        "insert into transfers values (1, 11, 9, 9, 'a', 'b', 'EUR', 0, now(), now())",
        errors.CheckViolation,
    ),
    (
        "a transfer backwards",
        "insert into transfers values (1, 11, 9, 9, 'a', 'b', 'EUR', -1, now(), now())",
        errors.CheckViolation,
    ),
    (
        "a transfer to where it came from",
        "insert into transfers values (1, 11, 9, 9, 'a', 'a', 'EUR', 1, now(), now())",
        errors.CheckViolation,
    ),
    ("a reward of nothing", "update rewards set value = 0", errors.CheckViolation),
    ("a reward in no state", "update rewards set state = 'lost'", errors.CheckViolation),
    ("a reward used at no time", "update rewards set state = 'redeemed'", errors.CheckViolation),
    ("a reward ready and used", "update rewards set redeemed_at = now()", errors.CheckViolation),
    (
        "two orders for one reward",
        "insert into orders values (1, 11, 9, 1, 'i', 'EUR', 1, 'phone', now())",
        errors.UniqueViolation,
    ),
    (
        "an order by telepathy",
        "insert into orders values (1, 11, 9, 9, 'i', 'EUR', 1, 'mind', now())",
        errors.CheckViolation,
    ),
    (
        "a code issued to nobody",
        "update codes set state = 'issued', issued_at = now()",
        errors.CheckViolation,
    ),
    ("a code to somebody but free", "update codes set order_id = 1", errors.CheckViolation),
    (
        "a code twice in the pool",
        "insert into codes values (1, default, 'j', 'EUR', 1, 'x', 'z')",
        errors.UniqueViolation,
    ),
    ("a message in no state", "update messages set state = 'lost'", errors.CheckViolation),
    ("a count below nothing", "update intake_counts set n = -1", errors.CheckViolation),
    (
        "a program without a name",
        "insert into programs (key, created_at) values ('', now())",
        errors.CheckViolation,
    ),
    (
        "a key with half a hash",
        "insert into api_keys values (1, 'z', 'short', 'n', '/s', now(), null, null)",
        errors.CheckViolation,
    ),
    (
        "an event seen twice",
        "insert into event_keys values (1, md5('k')::uuid, 2, 9)",
        errors.UniqueViolation,
    ),
    (
        "a member twice",
        "insert into member_ids values (1, 's', '11', 12)",
        errors.UniqueViolation,
    ),
]


@pytest.mark.parametrize(("statement", "refusal"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_table_refuses_by_itself(filled: str, statement: str, refusal: type[psycopg.Error]) -> None:
    with (
        psycopg.connect(filled, options="-c search_path=guerdon") as superuser,
        pytest.raises(refusal),
    ):
        superuser.execute(statement.encode())


@pytest.mark.parametrize(
    "change",
    [
        "update codes set state = 'free', order_id = null, issued_at = null where program_id = 1",
        "update codes set state = 'void', order_id = null, issued_at = null where program_id = 1",
        "update codes set order_id = 2 where program_id = 1",
    ],
)
def test_a_code_that_was_issued_never_comes_back(filled: str, change: str) -> None:
    with (
        psycopg.connect(filled, options="-c search_path=guerdon") as tx,
        tx.transaction(force_rollback=True),
    ):
        tx.execute("update codes set state = 'issued', order_id = 1, issued_at = now() where program_id = 1")
        with pytest.raises(errors.CheckViolation, match="stays there"), tx.transaction():
            tx.execute(change.encode())
        # To say the same again is no change.
        tx.execute("update codes set state = 'issued', order_id = 1 where program_id = 1")


def test_every_session_asserts_that_a_commit_is_on_disk(filled: str, secret: str) -> None:
    from guerdon.store.database import assert_durable, connect  # noqa: PLC0415

    with connect(filled, secret, "web") as db:
        db.execute("set synchronous_commit = off")
        with pytest.raises(psycopg.OperationalError, match="could be lost"):
            assert_durable(db)
        assert db.closed
