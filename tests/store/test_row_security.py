"""Who sees what: one program at a time, one member or one part of it, and nothing when nobody said which.

All of it is asked of the catalog, so a table that somebody adds is held to it too.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql
from tests.store.conftest import Opens
from tests.store.rows import MEMBERS, PLACES, PROGRAMS, Tx, all_tables, tables

from guerdon.access.grants import Scope
from guerdon.config import Settings, read_settings
from guerdon.store.database import connect, see_by_sets, transaction
from guerdon.web.rooms import Connections

# What belongs to no program, and why: who may work and on what, what ran and on which servers, and people,
# who have a policy of their own (below).
OF_NO_PROGRAM = {"lanes", "workers", "schema_migrations", "people", "eras"}
# A program's own row is how its number is found; it holds a key and a time.
UNGUARDED = {"programs"}
# Keys without a program in them. inbox.id comes from one sequence of the installation, and nothing is looked
# up or refused by it: a clash cannot be made from outside.
KEYS_WITHOUT_PROGRAM = {("inbox", "inbox_pkey"), ("programs", "programs_key_key")}
# What a member's transaction sees of tables that belong to no member: redeeming and its figures need it.
FOR_MEMBERS = {
    *("codes", "event_rollups", "program_versions", "rates", "rollups"),
    *("version_openings", "version_calloffs"),
    *("catalog_items", "catalog_offers", "catalog_slots", "catalog_images"),
    *("shelf", "shelf_grams", "shelf_names", "shelf_numbers", "shelf_racks", "shelf_words"),
}
# What is the same for everybody, wherever they are.
FOR_EVERY_PLACE = {
    *("program_versions", "rates", "version_openings", "version_calloffs", "segments"),
    *("catalog_items", "catalog_offers", "catalog_slots", "catalog_images"),
    *("shelf", "shelf_grams", "shelf_names", "shelf_numbers", "shelf_racks", "shelf_words"),
}
# What stands nowhere, and so is only for whoever may see the whole program.
OF_THE_WHOLE = {
    *("anchors", "api_answers", "api_keys", "audit", "codes", "control_runs", "deliveries", "event_keys"),
    *("inbox", "intake_counts", "quarantine", "seals", "waiting", "program_drafts", "version_origins"),
    # A pair of two places is for those who see both.
    *("errands", "happenings", "departures", "twins", "suppressions", "passkey_challenges"),
    *("crm_accounts", "crm_tokens", "crm_cursors", "crm_backfills", "crm_actions"),
    *("writeback_lanes", "writeback_batches"),
    *(
        "supplier_lanes",
        "supplier_notices",
        "channel_lanes",
        "message_notices",
        "suppressions",
        "delivery_progress",
        "reminder_progress",
        "broadcasts",
        "broadcast_counts",
        "imports",
        "import_refusals",
        "pool_marks",
    ),
    *("supplier_statements", "statement_lines", "order_differences", "supplier_credits"),
    *("catalog_feeds", "catalog_syncs", "catalog_staged", "catalog_pulls", "catalog_pictures"),
    *("drops", "replays", "webhook_endpoints", "webhook_health", "webhook_deliveries", "webhook_attempts"),
}
# Figures of a market, in which those of its locations are not told apart.
OF_A_MARKET = {"delays", "event_rollups", "market_days", "rewarded_members", "segment_sizes"}


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
    assert len(found) > 40


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
            " and not coalesce('search_path=guerdon, pg_temp' = any(proconfig), false)"
        ).fetchall()
    assert (blind, definers) == ([], [])


def test_policies_ask_for_program_member_and_part(filled: str) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as tx:
        found = tx.execute(
            """
            select c.relname, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
            from pg_policy p join pg_class c on c.oid = p.polrelid
            where c.relnamespace = 'guerdon'::regnamespace and p.polname = 'one_program'
            """
        ).fetchall()
        others = tx.execute(
            """
            select c.relname, p.polname, p.polroles::regrole[]::text[] from pg_policy p
            join pg_class c on c.oid = p.polrelid
            where c.relnamespace = 'guerdon'::regnamespace and p.polname <> 'one_program'
            """
        ).fetchall()
    for name, using, check in found:
        assert using == check, name
        assert using.startswith("((program_id = ( SELECT this_program() AS this_program))") or (
            using == "(program_id = ( SELECT this_program() AS this_program))"
        ), name
        assert ("this_member()" in using) == (name not in FOR_MEMBERS - {"codes"}), name
        # Said so, it is taken for rare, and whole tables are read where an index leads there (0068).
        assert "this_member() AS this_member) IS NULL" not in using, name
        assert ("whole_program()" in using) == (name not in FOR_EVERY_PLACE), name
    # Any other policy lets more through, so each is named here.
    assert sorted(others) == [
        ("audit", "of_this_transaction", ["guerdon_owner"]),
        ("audit", "told_by_all", ["-"]),
        ("gifts", "come_by_link", ["-"]),
        ("people", "colleagues", ["-"]),
    ]


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


def test_a_members_page_sees_nothing_else_but_what_redeeming_needs(opens: Opens) -> None:
    with opens("web", PROGRAMS[0], MEMBERS[0]) as tx:
        others = set(tables(tx, "program_id")) - set(tables(tx, "member_id")) - UNGUARDED
        assert {name for name in others if count(tx, name)} == FOR_MEMBERS
        assert count(tx, "people") == 0
        tx.execute("update codes set state = 'issued', order_id = 1, issued_at = now()")
        assert count(tx, "codes") == 1


@pytest.mark.parametrize("kind", ["markets", "locations"])
def test_staff_of_one_place_see_that_place_and_nothing_of_another(
    filled: str, opens: Opens, kind: str
) -> None:
    """Each row of a place is seen from there alone: what two places see is all there is, none of it twice."""
    with psycopg.connect(filled, options="-c search_path=guerdon") as all_seeing:
        guarded = sorted(set(tables(all_seeing, "program_id")) - UNGUARDED)
        everything = {name: count(all_seeing, name) // len(PROGRAMS) for name in guarded}
    seen: dict[str, list[set[str]]] = {name: [] for name in guarded}
    for market, location in PLACES:
        scope = Scope(markets=(market,)) if kind == "markets" else Scope(locations=(location,))
        with opens("web", PROGRAMS[0], scope=scope) as tx:
            for name in guarded:
                rows = tx.execute(sql.SQL("select t::text from {} t").format(sql.Identifier(name))).fetchall()
                seen[name].append({row[0] for row in rows})
    for name, (here, there) in seen.items():
        if name in FOR_EVERY_PLACE:
            assert len(here) == len(there) == everything[name], name
        elif name in OF_THE_WHOLE or (kind == "locations" and name in OF_A_MARKET):
            assert not here | there, name
        else:
            assert here, name
            assert not here & there, name
            # A pool's own use of a limit stands nowhere.
            assert len(here | there) == everything[name], name


def test_two_places_are_seen_together_and_a_place_there_is_not_shows_nothing(opens: Opens) -> None:
    both = Scope(markets=(PLACES[0][0],), locations=(PLACES[1][1],))
    with opens("web", PROGRAMS[0], scope=both) as tx:
        assert count(tx, "members") == 2
        assert count(tx, "budget_nodes") == 2
    for nowhere in (Scope(markets=("de",)), Scope(locations=("de-kiel ",)), Scope(("x",), ("y",))):
        with opens("web", PROGRAMS[0], scope=nowhere) as tx:
            assert {n for n in tables(tx, "program_id") if count(tx, n)} == UNGUARDED | FOR_EVERY_PLACE


@pytest.mark.parametrize("named", ["", "DE,FR"])
def test_a_place_without_a_name_is_not_taken_for_all_places(opens: Opens, named: str) -> None:
    with pytest.raises(AssertionError), opens("web", PROGRAMS[0], scope=Scope(markets=(named,))):
        pass


def test_staff_of_one_place_change_nothing_of_another(opens: Opens) -> None:
    here = Scope(markets=("DE",))
    with opens("web", PROGRAMS[0], scope=here) as tx:
        assert (
            tx.execute("update grants set revoked_at = now(), revoked_by = 'x' where market = 'FR'").rowcount
            == 0
        )
        assert tx.execute("update requests set reason = 'x' where market = 'FR'").rowcount == 0
        assert tx.execute("update accounts set posted = 0 where member_id = 12").rowcount == 0
    for statement in (
        (
            "insert into grants (program_id, person_id, role, market, valid_from, granted_by, granted_at)"
            " values (1, 1, 'marketing', 'FR', now(), 'x', now())"
        ),
        (
            "insert into grants (program_id, person_id, role, valid_from, granted_by, granted_at)"
            " values (1, 1, 'finance', now(), 'x', now())"
        ),
        "update requests set market = 'FR', location = null",
    ):
        with (
            pytest.raises(errors.InsufficientPrivilege, match="row-level security"),
            opens("web", PROGRAMS[0], scope=here) as tx,
        ):
            tx.execute(statement.encode())


def test_people_are_seen_where_something_was_granted_to_them_and_when_they_sign_in(opens: Opens) -> None:
    with opens("web") as tx:
        assert count(tx, "people") == 0
        tx.execute("select set_config('guerdon.login', '2a11', true)")
        assert tx.execute("select login from people").fetchall() == [("2a11",)]
    with opens("web", PROGRAMS[0]) as tx:
        assert tx.execute("select login from people order by 1").fetchall() == [
            ("1a11",), ("1a12",), ("1b11",), ("1b12",)
        ]  # fmt: skip
        assert tx.execute("update people set left_at = now() where login like '2%'").rowcount == 0
    with opens("web", PROGRAMS[0], scope=Scope(locations=("fr-lyon",))) as tx:
        assert tx.execute("select login from people order by 1").fetchall() == [("1a12",), ("1b12",)]


READS_BY_KEY = (
    "select from events where program_id = 1 and member_id = 11 and id = 1",
    "select from rewards where program_id = 1 and member_id = 11 and id = 1",
    "select from accounts where program_id = 1 and member_id = 11 and name = 'purse'",
    "select from transfers where program_id = 1 and member_id = 11 and id = 1",
    "select from members where program_id = 1 and member_id = 11",
)


@pytest.mark.parametrize("read", READS_BY_KEY)
@pytest.mark.parametrize("scope", [None, Scope(markets=("DE",))], ids=["whole", "a market"])
def test_a_read_by_key_goes_by_its_index(opens: Opens, read: str, scope: Scope | None) -> None:
    with opens("web", PROGRAMS[0], scope=scope) as tx:
        # So few rows would be read as they lie.
        tx.execute("set local enable_seqscan = off")
        tx.execute("set local enable_bitmapscan = off")
        plan = [row[0] for row in tx.execute(b"explain (analyze) " + read.encode()).fetchall()]
    conditions = [line for line in plan if "Index Cond" in line]
    by_key = [
        line for line in conditions if "program_id = 1" in line and "id = 1)" in line.replace("11", "1")
    ]
    assert by_key, plan
    # Whether it is a part of the program is asked once for a statement; members are not even looked for.
    assert not any(" on members" in line for line in plan if "from members" not in read), plan
    sought = [plan[n + 1] for n, line in enumerate(plan) if "SubPlan" in line and "Filter" not in line]
    assert all("never executed" in line for line in sought), plan


@pytest.mark.parametrize("scope", [Scope(markets=("DE",)), Scope(locations=("fr-lyon",)), None])
def test_whoever_adds_up_sees_the_same_rows_by_one_look(opens: Opens, scope: Scope | None) -> None:
    with opens("web", PROGRAMS[0], scope=scope) as tx:
        tx.execute("set local guerdon.by_sets = ''")
        rows = {
            table: count(tx, table)
            for table in all_tables(tx)
            if tx.execute("select has_table_privilege(%s, 'select')", (table,)).fetchone() == (True,)
        }
        see_by_sets(tx)
        assert {table: count(tx, table) for table in rows} == rows
        assert rows["rewards"]
        plan = [row[0] for row in tx.execute("explain (analyze) select from rewards").fetchall()]
    seen = [plan[n + 1] for n, line in enumerate(plan) if "SubPlan" in line and "Filter" not in line]
    assert seen
    assert all(("never executed" in line) == (scope is None) for line in seen), plan


@pytest.mark.parametrize(
    "statement",
    [
        "insert into orders values (2, 11, 9, 9, 'i', 'EUR', 1, 'phone', now())",
        "insert into transfers values (2, 11, 9, 9, 'a', 'b', 'EUR', 1, now(), now())",
        "insert into accounts values (2, 11, 'x', 'EUR')",
        (
            "insert into audit (program_id, actor, action, subject, recorded_at)"
            " values (2, 'a', 'b', 'c', now())"
        ),
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


def test_a_link_shows_the_one_gift_it_is_of_and_changes_nothing(filled: str, opens: Opens) -> None:
    with psycopg.connect(filled, options="-c search_path=guerdon") as all_seeing:
        found = all_seeing.execute(
            "select encode(token_hash, 'hex'), program_id, member_id from gifts"
        ).fetchall()
    assert {(program, member) for _, program, member in found} >= {(1, 11), (1, 12), (2, 12)}
    links = {(program, member): link for link, program, member in found}
    for link, seen in ((links[1, 12], [(1, 12)]), (links[1, 11], [(1, 11)]), ("00" * 32, []), ("", [])):
        # Whose it is they do not know yet: they come as a member whom there is not.
        with opens("web", 1, -1) as tx:
            tx.execute("select set_config('guerdon.gift', %s, true)", (link,))
            assert tx.execute("select program_id, member_id from gifts").fetchall() == seen
            assert tx.execute("update gifts set taken_at = now(), bound_hash = token_hash").rowcount == 0


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
        with transaction(db, 2, scope=Scope(markets=("DE",))) as tx:
            assert count(tx, "members") == 1
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
              -- People belong to no program, and their numbers mean nothing.
              and k.confrelid <> 'people'::regclass
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
