"""What nobody may do, whatever code asks for it: change the past, overspend, take a code back."""

from itertools import product

import psycopg
import pytest
from psycopg import errors, sql
from tests.store.conftest import Opens
from tests.store.refusals import CHANGES, ONLY_GROW
from tests.store.rows import Tx

from guerdon.store.database import Role

# What each process may take away, and why.
DESTROYED = {
    ("web", "api_answers"),
    # Who visited a link is known for a week.
    ("worker", "referral_visits"),
    ("worker", "api_answers"),
    ("worker", "announcements"),
    # A view of a list is its reader's own, and theirs to take away.
    ("web", "saved_views"),
    # Of an account that was taken off no token is kept; a step is told, and a month is long enough.
    ("web", "crm_tokens"),
    ("worker", "crm_actions"),
    # What is to be asked is done with; who is there again is; a month is long enough.
    ("worker", "errands"),
    ("worker", "departures"),
    ("worker", "happenings"),
    ("worker", "inbox"),
    # Whoever asks for it is forgotten.
    ("worker", "persons"),
    # Members who have no address in common any more.
    ("worker", "twins"),
    # Made of the events, and made again whenever a version counts or declares something new.
    ("worker", "member_days"),
    ("worker", "member_holdings"),
    ("worker", "outbox"),
    # Made of what is known of members, and made again when a segment means something else.
    ("worker", "segment_checks"),
    ("worker", "segment_members"),
    ("worker", "segment_touches"),
    ("worker", "segments"),
    # Counted anew by every check.
    ("worker", "broadcast_counts"),
    # What a trial refused is said again by the import itself.
    ("worker", "import_refusals"),
    ("worker", "reversals_waiting"),
    ("worker", "waiting"),
    ("worker", "webhook_attempts"),
    ("worker", "webhook_deliveries"),
    ("worker", "workers"),
    ("worker", "writeback_batches"),
    ("worker", "writeback_events"),
    # In which browser somebody who is forgotten opened their links.
    ("worker", "link_holders"),
    # Where somebody is signed in, until they sign out or stay away; codes that can be shown no more.
    *product(("web", "worker"), ("member_sessions", "card_uses")),
    ("worker", "card_tries"),
    # What staff of a location wrote of somebody, and take away again, or who asks to be forgotten.
    *product(("web", "worker"), ("location_notes",)),
    # By what they sign in, until they remove it; and what nobody may sign any more.
    *product(("web", "worker"), ("member_passkeys", "passkey_challenges")),
    # Where a message went that went elsewhere, and what a member said before their sources said newer.
    *product(("web", "worker"), ("diverted_messages",)),
    ("worker", "own_words"),
    # What they chose, the devices and keys of them, and addresses to which is written again.
    *product(("worker",), ("addresses", "member_keys", "reach", "standing_consents", "suppressions")),
    # What they were told in the app.
    ("worker", "inapp"),
    # Accounts that the program has no more.
    ("worker", "catalog_pulls"),
    # Addresses that nobody names any more.
    ("worker", "catalog_pictures"),
    # What suppliers called is known for a week, and what providers told until it could be told again no more.
    ("worker", "supplier_notices"),
    ("worker", "message_notices"),
    # What was read of a feed and is settled, who delivers no more, and images that nothing shows.
    *product(("web", "worker"), ("catalog_staged", "catalog_offers", "catalog_images")),
    # Made of the catalog, and made again with it; and marks that are taken off.
    *product(("web", "worker"), ("favorites", "shelf", "shelf_grams", "shelf_names", "shelf_words")),
}


def tried(tx: Tx, statement: str, table: str) -> None:
    tx.execute(sql.SQL(statement).format(sql.Identifier(table)))


@pytest.mark.parametrize("table", ONLY_GROW)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("role", ["worker", "web"])
def test_the_past_is_changed_by_no_process(opens: Opens, role: Role, change: str, table: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"), opens(role, 1) as tx:
        tried(tx, change, table)


@pytest.mark.parametrize("table", ONLY_GROW)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_past_is_not_even_changed_by_its_owner(opens: Opens, change: str, table: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="are never changed"), opens("owner", 1) as tx:
        tried(tx, change, table)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nor_by_way_of_a_partition(filled: str, opens: Opens, change: str) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as tx:
        partitions = tx.execute(
            "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
            " join pg_class p on p.oid = i.inhparent where p.relname = any(%s)",
            (list(ONLY_GROW),),
        ).fetchall()
    assert len(partitions) >= 12
    for (partition,) in partitions:
        with pytest.raises(errors.InsufficientPrivilege, match="are never changed"), opens("owner", 1) as tx:
            tried(tx, change, partition)


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
    assert destroying == DESTROYED
    for table in ONLY_GROW:
        assert rights["worker", table] == "INSERT"
        assert rights.get(("web", table), "INSERT") == "INSERT"
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
