"""Everything the tables themselves refuse, written down: each check, key, reference, trigger, withheld right.

The catalog is compared with what stands here, so none goes missing and none comes without an example; and
each example shows that it works, whoever writes and whatever the code above believes.
"""

from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest
from psycopg import errors, sql
from tests.store.rows import PROGRAMS, Tx, fill
from tests.web.intake.house import copied_database

from guerdon import embedded

# By check: what a row would have to become to break it, and no other check.
CHECKS: dict[str, LiteralString] = {
    "accounts_debt_not_negative": "posted = 0, held = 0, debt = -1",
    "accounts_debt_paid_first": "posted = 5, held = 0, debt = 1",
    "accounts_held_not_negative": "posted = 0, held = -1, debt = 0",
    "accounts_never_overspent": "bounded = true, posted = 0, held = 1, debt = 0",
    "accounts_pending_not_negative": "pending = -1",
    "allowances_never_exceeded": "used = ceiling + 1",
    "anchors_root_check": "root = 'x'",
    "anchors_seal_check": "seal = 'x'",
    "api_answers_are_whole": "status = 200, body = null",
    "api_answers_request_sha_check": "request_sha = 'x'",
    "api_keys_have_known_scopes": "scopes = '{nonsense}', source = ''",
    "api_keys_name_their_place": "scopes = '{read:members}', source = '', for_market = ''",
    "api_keys_of_events_have_a_source": "scopes = '{write:events}', source = ''",
    "api_keys_of_events_have_no_place": "scopes = '{write:events}', source = '/s', for_market = 'DE'",
    "api_keys_secret_sha_check": "secret_sha = 'x'",
    "budget_nodes_are_not_their_own_parent": "parent = name",
    "budget_nodes_hold_no_debt": "allocated = -1",
    "budget_periods_move_forward": "returned = -1",
    "codes_belong_to_an_order": "state = 'issued', order_id = null, issued_at = null",
    "codes_know_when": "state = 'issued', order_id = 1, issued_at = null",
    "codes_state_check": "state = 'lost', order_id = null, issued_at = null",
    "codes_value_check": "value = 0",
    "delays_stage_check": "stage = 'x'",
    "draws_move_something": "amount = 0",
    "grants_are_revoked_by_somebody": "revoked_at = now(), revoked_by = null",
    "grants_end_after_they_begin": "valid_to = valid_from",
    "grants_limit_an_amount_of_a_unit": "amount_max = 1, unit = null",
    "grants_name_their_place": "market = ''",
    "grants_role_check": "role = 'king'",
    "hold_lots_hold_something": "amount = 0",
    "holds_capture_within": "captured = amount + 1",
    "holds_close_once": "state = 'open', closed_at = now()",
    "holds_hold_something": "amount = 0, captured = 0",
    "holds_known_before_expiry": "state = 'expired', closed_at = now(), outcome_known = false",
    "holds_state_check": "state = 'lost', closed_at = now()",
    "intake_counts_n_check": "n = -1",
    "messages_state_check": "state = 'lost'",
    "orders_device_check": "device = 'mind'",
    "orders_value_check": "value = 0",
    "program_versions_version_check": "version = 0",
    "programs_key_check": "key = ''",
    "rates_are_positive": "rate = 0",
    "rates_lead_elsewhere": "base = quote",
    "requests_close_once": "state = 'open', closed_at = now()",
    "requests_kind_check": "kind = 'whim'",
    "requests_state_check": "state = 'lost', closed_at = null",
    "revisions_content_sha_check": "content_sha = 'x'",
    "rewards_give_something": "value = 0, remaining = 0, held = 0, reversed = 0, state = 'expired'",
    "rewards_held_within": "state = 'ready', value = 1, remaining = 1, held = 2, reversed = 0",
    "rewards_open_while_something_remains": "state = 'ready', remaining = 0, held = 0",
    "rewards_pending_are_not_held": "state = 'pending', value = 1, remaining = 1, held = 1, reversed = 0",
    "rewards_redeemed_once": "state = 'redeemed', remaining = 0, held = 0, redeemed_at = null",
    "rewards_remaining_within": "state = 'ready', value = 1, remaining = 2, held = 0, reversed = 0",
    "rewards_reversed_within": "state = 'ready', value = 1, remaining = 1, held = 0, reversed = 2",
    "rewards_state_check": "state = 'lost', remaining = 0, held = 0",
    "seals_cover_something": "rows = 0",
    "seals_previous_check": "previous = 'x'",
    "seals_root_check": "root = 'x'",
    "signatures_are_not_the_beneficiarys": "signer_member = beneficiary",
    "signatures_are_not_the_makers": "person = maker",
    "signatures_verdict_check": "verdict = 'perhaps'",
    "stand_ins_are_somebody_else": "stand_in = person_id",
    "stand_ins_end_after_they_begin": "valid_to = valid_from",
    "top_ups_move_something": "amount = 0",
    "transfers_lead_elsewhere": "to_account = from_account",
    "transfers_move_something": "amount = 0",
}
# Beside the primary key, which every table has.
UNIQUE = (
    "alarms_are_said_once",
    "anchors_are_hourly",
    "codes_program_id_code_index_key",
    "codes_program_id_order_id_key",
    "people_login_key",
    "programs_key_key",
    "revisions_program_id_request_id_revision_maker_beneficiary__key",
    "signatures_speak_once",
)
# By reference: what would point at nothing.
REFERENCES: dict[str, LiteralString] = {
    "grants_person_id_fkey": "person_id = 9999",
    "person_members_person_id_fkey": "person_id = person_id + 9000",
    "signatures_are_over_what_was_asked": "content_sha = sha256('another')",
    "stand_ins_person_id_fkey": "person_id = 9999",
    "stand_ins_stand_in_fkey": "stand_in = 9999",
}
ONLY_GROW = (
    "anchors",
    "audit",
    "control_runs",
    "draws",
    "events",
    "program_versions",
    "revisions",
    "seals",
    "signatures",
    "transfers",
)
# By trigger that keeps what is closed closed: how a row gets there, and what it may not become again.
STAYS: dict[str, tuple[LiteralString, LiteralString]] = {
    "codes_stay_issued": (
        "state = 'issued', order_id = 1, issued_at = now()",
        "state = 'free', order_id = null, issued_at = null",
    ),
    "holds_stay_closed": ("state = 'released', closed_at = now()", "state = 'open', closed_at = null"),
    "requests_stay_closed": ("state = 'rejected', closed_at = now()", "state = 'open', closed_at = null"),
}
# What each role may do beside reading, worker first. Nobody truncates.
RIGHTS = {
    "accounts": ("insert update", "insert update"),
    "alarms": ("insert update", "update(settled_at)"),
    "allowances": ("insert update", "insert update"),
    "anchors": ("insert", ""),
    "api_answers": ("insert update delete", "insert update delete"),
    "api_keys": ("insert", "insert update(revoked_at)"),
    "audit": ("insert", "insert"),
    "budget_nodes": ("insert update", ""),
    "budget_periods": ("insert", ""),
    "codes": ("insert update(state)", "update(issued_at,order_id,state)"),
    "control_runs": ("insert", ""),
    "delays": ("insert update", "insert update"),
    "deliveries": ("insert", "insert"),
    "draws": ("insert", "insert"),
    "event_keys": ("insert", "insert"),
    "event_rollups": ("insert update", "insert update"),
    "events": ("insert", "insert"),
    "grants": ("insert update", "insert update"),
    "hold_lots": ("insert", "insert"),
    "holds": ("insert update", "insert update"),
    "inbox": ("insert update delete", "insert"),
    "intake_counts": ("insert update", "insert update"),
    "lanes": ("update", ""),
    "member_ids": ("insert update", ""),
    "members": ("insert update", "update(language)"),
    "messages": ("insert", ""),
    "orders": ("insert update(canceled_at)", "insert update(canceled_at)"),
    "outbox": ("insert update delete", ""),
    "people": ("insert update", "insert update"),
    "person_members": ("insert update", "insert update"),
    "persons": ("insert update", ""),
    "program_versions": ("insert", "insert"),
    "programs": ("insert", "insert"),
    "quarantine": ("insert update(settled_at)", "insert update(settled_at)"),
    "rates": ("insert", ""),
    "requests": ("insert update", "insert update"),
    "reversals_waiting": ("insert delete", ""),
    "revisions": ("insert", "insert"),
    "rewards": ("insert update", "update(expires_at,held,redeemed_at,remaining,state)"),
    "rollups": ("insert update", "insert update"),
    "seals": ("insert", ""),
    "signatures": ("insert", "insert"),
    "stand_ins": ("insert update", "insert update"),
    "top_ups": ("insert", ""),
    "transfers": ("insert", "insert"),
    "waiting": ("insert delete", ""),
    "workers": ("insert update delete", ""),
}


@pytest.fixture(scope="module")
def filled(postgres: embedded.Server, migrated_template: str) -> Iterator[str]:
    """Give the address of a database with a row of everything."""
    with copied_database(postgres, migrated_template) as url:
        with psycopg.connect(url, autocommit=True, options="-c search_path=guerdon") as superuser:
            for program_id in PROGRAMS:
                fill(superuser, program_id)
        yield url


@pytest.fixture
def tx(filled: str) -> Iterator[Tx]:
    """Give a transaction of somebody whom no right and no row security binds; it is taken back."""
    with psycopg.connect(filled, options="-c search_path=guerdon") as db, db.transaction(force_rollback=True):
        yield db


def named(tx: Tx, kinds: str) -> dict[str, str]:
    """Constraints of some kinds, each with its table."""
    rows = tx.execute(
        """
        select k.conname, c.relname from pg_constraint k join pg_class c on c.oid = k.conrelid
        where c.relnamespace = 'guerdon'::regnamespace and not c.relispartition and k.conparentid = 0
          and strpos(%s, k.contype::text) > 0 and c.relname <> 'schema_migrations'
        """,
        (kinds,),
    ).fetchall()
    return dict(rows)


def keys(tx: Tx) -> dict[str, str]:
    """Unique indexes, each with its table."""
    rows = tx.execute(
        """
        select i.relname, c.relname from pg_index x
        join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
        where c.relnamespace = 'guerdon'::regnamespace and not c.relispartition and x.indisunique
          and c.relname <> 'schema_migrations'
        """
    ).fetchall()
    return dict(rows)


def table_of(name: str) -> str:
    """The table that something is of, by its name, so that it is tried also when it is not there."""
    return max((table for table in RIGHTS if name.startswith(f"{table}_")), key=len)


def changed(tx: Tx, table: str, change: LiteralString) -> int:
    statement = sql.SQL("update {} set {}").format(sql.Identifier(table), sql.SQL(change))
    return tx.execute(statement).rowcount


def test_every_check_has_its_example(tx: Tx) -> None:
    assert set(named(tx, "c")) == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_refuses(tx: Tx, name: str) -> None:
    # Triggers apart, so that it is the check that refuses.
    tx.execute("set local session_replication_role = replica")
    with pytest.raises(errors.CheckViolation) as refused:
        changed(tx, table_of(name), CHECKS[name])
    assert refused.value.diag.constraint_name == name


def test_every_key_is_written_down(tx: Tx) -> None:
    assert set(keys(tx)) == {*UNIQUE, *(f"{table}_pkey" for table in RIGHTS)}


@pytest.mark.parametrize("name", [*UNIQUE, *(f"{table}_pkey" for table in RIGHTS)])
def test_a_row_that_is_there_does_not_come_a_second_time(tx: Tx, name: str) -> None:
    tx.execute("set local session_replication_role = replica")
    there, table = keys(tx), table_of(name)
    tx.execute("insert into workers values (gen_random_uuid(), now())")
    if name == "codes_program_id_order_id_key":
        changed(tx, table, "state = 'issued', order_id = 1, issued_at = now()")
    constraints = named(tx, "up")
    # The other keys of the table apart, so that it is this one that refuses.
    for other in [each for each, owner in there.items() if owner == table and each != name]:
        drop = (
            "alter table {table} drop constraint {name} cascade"
            if other in constraints
            else "drop index {name}"
        )
        tx.execute(sql.SQL(drop).format(table=sql.Identifier(table), name=sql.Identifier(other)))
    again = sql.SQL("insert into {table} overriding system value select * from {table} limit 1")
    with pytest.raises(errors.UniqueViolation):
        tx.execute(again.format(table=sql.Identifier(table)))


def test_every_reference_has_its_example(tx: Tx) -> None:
    assert set(named(tx, "f")) == set(REFERENCES)


@pytest.mark.parametrize("name", REFERENCES)
def test_nothing_points_at_what_is_not_there(tx: Tx, name: str) -> None:
    table = table_of(name)
    tx.execute(sql.SQL("alter table {} disable trigger user").format(sql.Identifier(table)))
    with pytest.raises(errors.ForeignKeyViolation) as refused:
        changed(tx, table, REFERENCES[name])
    assert refused.value.diag.constraint_name == name


def test_every_trigger_is_written_down(tx: Tx) -> None:
    found = tx.execute(
        """
        select c.relname, t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = 'guerdon'::regnamespace and not t.tgisinternal and not c.relispartition
          and t.tgfoid <> 'demand_audit'::regproc
        """
    ).fetchall()
    # Which tables demand an audit row stands in test_demanded.
    assert {name for _, name in found} - set(STAYS) == {
        "audit_only_grows", *(f"{table}_only_grow" for table in ONLY_GROW if table != "audit")
    }  # fmt: skip
    assert len(found) == len(STAYS) + len(ONLY_GROW)


@pytest.mark.parametrize("table", ONLY_GROW)
@pytest.mark.parametrize("change", ["update {} set program_id = 7", "delete from {}", "truncate {} cascade"])
def test_what_only_grows_is_not_even_changed_by_the_superuser(
    tx: Tx, table: str, change: LiteralString
) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="are never changed"):
        tx.execute(sql.SQL(change).format(sql.Identifier(table)))


@pytest.mark.parametrize("name", STAYS)
def test_what_is_closed_stays_closed(tx: Tx, name: str) -> None:
    table = name.partition("_stay")[0]
    closing, reopening = STAYS[name]
    assert changed(tx, table, closing) > 0
    with pytest.raises(errors.CheckViolation, match="stays"):
        changed(tx, table, reopening)


def rights(tx: Tx, role: str, table: str) -> str:
    """What a role may do to a table, columns where it is only some."""
    found = tx.execute(
        """
        select lower(p.right), has_table_privilege(%(role)s, %(table)s, p.right),
               (select string_agg(a.attname, ',' order by a.attname) from pg_attribute a
                where a.attrelid = %(table)s::regclass and a.attnum > 0 and a.attacl is not null
                  and p.right in ('INSERT', 'UPDATE')
                  and has_column_privilege(%(role)s, a.attrelid, a.attnum,
                                           case p.right when 'INSERT' then 'INSERT' else 'UPDATE' end))
        from unnest('{INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) with ordinality as p ("right", n) order by n
        """,
        {"role": f"guerdon_{role}", "table": f"guerdon.{table}"},
    ).fetchall()
    told = [right if whole else f"{right}({columns})" for right, whole, columns in found if whole or columns]
    return " ".join(told)


@pytest.mark.parametrize("table", RIGHTS)
def test_each_role_may_do_what_is_written_here_and_nothing_else(tx: Tx, table: str) -> None:
    assert (rights(tx, "worker", table), rights(tx, "web", table)) == RIGHTS[table]


def test_every_table_has_its_rights_written_down(tx: Tx) -> None:
    rows = tx.execute(
        "select relname from pg_class where relnamespace = 'guerdon'::regnamespace and relkind in ('r', 'p')"
        " and not relispartition and relname <> 'schema_migrations'"
    ).fetchall()
    assert {name for (name,) in rows} == set(RIGHTS)
