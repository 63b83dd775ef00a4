"""Mutants that nobody has to think of: every check, key, trigger, withheld right and policy in the catalog.

Each is planted in a transaction, the test that must notice is called in it (`tests/store/test_refusals.py`),
and all of it is taken back: the whole schema takes seconds.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql
from tests.mutants.verdict import Verdict
from tests.store import test_refusals as tests
from tests.store.refusals import NOTED, ONLY_GROW, WIDER_THAN_THE_PRIMARY_KEY
from tests.store.rights import ROLES, TABLES, granted
from tests.store.rows import PROGRAMS, Tx, fill
from tests.store.test_row_security import FOR_EVERY_PLACE, FOR_MEMBERS

FILE = "tests/store/test_refusals.py"
KINDS = {"c": "check", "u": "unique", "p": "primary key", "f": "foreign key"}
# What a table is there for.
KEEPS = {
    "I-01": ("transfers",),
    "I-03": (
        *("draws", "rollups", "event_rollups", "delays", "member_days"),
        *("segments", "segment_members", "segment_checks", "segment_touches", "segment_sizes"),
        *("delivery_progress", "delivery_marks", "delivery_counts", "delivery_places"),
        *("location_days", "location_gifts", "location_visits", "location_notes"),
        *("market_days", "rewarded_members"),
    ),
    "I-04": ("accounts",),
    "I-05": (
        *("event_keys", "inbox", "lanes", "workers", "happenings"),
        *("referral_codes", "referral_visits", "referral_pairs", "referral_marks"),
    ),
    "I-06": ("api_answers", "intake_counts"),
    "I-07": ("waiting", "reversals_waiting", "errands"),
    "I-08": (
        *("deliveries", "quarantine", "announcements", "drops", "old_deliveries"),
        *("catalog_feeds", "catalog_syncs", "catalog_staged", "catalog_pulls", "catalog_pictures"),
        *("crm_accounts", "crm_tokens", "crm_cursors", "crm_backfills", "crm_actions"),
        *("writeback_lanes", "writeback_contacts", "writeback_events", "writeback_batches"),
        *("webhook_endpoints", "webhook_health", "webhook_deliveries", "webhook_attempts"),
    ),
    "I-09": ("holds", "hold_lots"),
    "I-10": ("rewards",),
    "I-12": ("budget_nodes", "budget_periods", "top_ups", "rates", "allowances", "alarms"),
    "I-13": (
        *("requests", "revisions", "signatures", "grants", "stand_ins", "people", "person_members"),
        *("invitations", "person_personas", "saved_views"),
        *("report_schedules", "report_sendings"),
    ),
    "I-14": (
        *("codes", "orders", "order_parts", "order_balances", "order_reversals"),
        *("catalog_items", "catalog_offers", "catalog_slots", "catalog_images"),
        *("shelf", "shelf_grams", "shelf_names", "shelf_numbers", "shelf_racks", "shelf_words", "favorites"),
    ),
    "I-15": (
        *("fulfillments", "supplier_attempts", "supplier_lanes", "supplier_notices", "order_cases"),
        *("slot_waits", "pool_marks", "gifts", "proofs", "link_holders"),
        *("member_sessions", "card_uses", "card_tries", "member_passkeys", "passkey_challenges"),
        *("diverted_messages", "own_words"),
        *("supplier_statements", "statement_lines", "order_differences", "supplier_credits"),
    ),
    "I-16": (
        *("consents", "standing_consents", "reach", "addresses", "member_keys", "suppressions"),
        *("reminder_progress", "outbox", "messages", "inapp"),
        *("message_attempts", "channel_lanes", "message_notices", "broadcasts", "broadcast_counts"),
    ),
    "I-17": ("audit", "eras", "seals", "anchors", "control_runs"),
    "I-18": (
        *("programs", "api_keys", "members", "member_ids", "persons", "departures", "twins"),
        *("imports", "import_refusals"),
    ),
    "I-19": ("forgotten_members", "erasures", "data_requests"),
    "I-20": (
        *("program_versions", "events", "schema_migrations"),
        *("program_drafts", "version_openings", "version_calloffs", "version_origins"),
        *("replays", "replay_members", "member_states", "member_holdings"),
    ),
}
_KEPT = {table: invariant for invariant, tables in KEEPS.items() for table in tables}


@dataclass(frozen=True, slots=True)
class SchemaMutant:
    """Something of the schema that is not there; `plants` are tried one by one, each taken back."""

    invariant: str
    name: str
    plants: tuple[str, ...]
    test: str
    run: Callable[[Tx], object]

    @property
    def title(self) -> str:
        """As it is told and asked for."""
        return f"{self.invariant}: {self.name}"


def filled(url: str) -> Tx:
    """A connection to a migrated database in which there is a row of everything."""
    db = psycopg.connect(url, autocommit=True, options="-c search_path=guerdon")
    for program_id in PROGRAMS:
        fill(db, program_id)
    return db


def try_in_place(db: Tx, mutants: Sequence[SchemaMutant]) -> Iterator[tuple[SchemaMutant, Verdict]]:
    """Plant each, and call its test; the test must pass without, fail with it, and pass again."""
    for mutant in mutants:
        yield mutant, _tried(db, mutant)


def _tried(db: Tx, mutant: SchemaMutant) -> Verdict:
    if _turns_red(db, mutant, ""):
        return Verdict("not run", f"{mutant.test} is red without it")
    for plant in mutant.plants:
        try:
            if not _turns_red(db, mutant, plant):
                return Verdict("survived", plant)
        except psycopg.Error as fault:
            return Verdict("not planted", f"{plant}: {fault}".strip())
    return Verdict("caught", mutant.test)


def _turns_red(db: Tx, mutant: SchemaMutant, plant: str) -> bool:
    with db.transaction(force_rollback=True):
        if plant:
            db.execute(plant.encode())
        try:
            mutant.run(db)
        # Whatever a test raises makes it red; what pytest raises is no Exception.
        except (Exception, pytest.fail.Exception):  # noqa: BLE001
            return True
    return False


def list_schema_mutants(db: Tx) -> list[SchemaMutant]:
    """The mutants of a migrated database."""
    return [
        *_constraints(db),
        *_unique_indexes(db),
        *_triggers(db),
        *_rights(db),
        *_withheld_elsewhere(db),
        *_row_security(db),
    ]


def _about(test: Callable[..., None], *about: str) -> Callable[[Tx], None]:
    """A test that waits for its transaction."""
    return lambda tx: test(tx, *about)


def _named(db: Tx, template: str, *names: str) -> str:
    return sql.SQL(template).format(*map(sql.Identifier, names)).as_string(db)


def _constraints(db: Tx) -> Iterator[SchemaMutant]:
    rows = db.execute(
        """
        select c.relname, k.conname, k.contype::text
        from pg_constraint k join pg_class c on c.oid = k.conrelid
        where c.relnamespace = 'guerdon'::regnamespace and not c.relispartition
          and k.contype in ('c', 'u', 'p', 'f') order by 1, 2
        """
    ).fetchall()
    for table, name, kind in rows:
        case = WIDER_THAN_THE_PRIMARY_KEY.get(name, name)
        function = tests.test_no_row_is_there_twice if kind == "p" else tests.test_a_table_refuses_by_itself
        about = table if kind == "p" else case
        yield SchemaMutant(
            _KEPT[table],
            f"{table} without its {KINDS[kind]} {name}",
            (_named(db, "alter table {} drop constraint {} cascade", table, name),),
            f"{FILE}::{function.__name__}[{about}]",
            _about(function, about),
        )


def _unique_indexes(db: Tx) -> Iterator[SchemaMutant]:
    rows = db.execute(
        """
        select c.relname, i.relname from pg_index x
        join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
        where x.indisunique and c.relnamespace = 'guerdon'::regnamespace and not c.relispartition
          and not exists (select from pg_constraint k where k.conindid = x.indexrelid) order by 1, 2
        """
    ).fetchall()
    for table, name in rows:
        yield SchemaMutant(
            _KEPT[table],
            f"{table} without its unique index {name}",
            (_named(db, "drop index {}", name),),
            f"{FILE}::test_a_table_refuses_by_itself[{name}]",
            _about(tests.test_a_table_refuses_by_itself, name),
        )


def _triggers(db: Tx) -> Iterator[SchemaMutant]:
    rows = db.execute(
        """
        select c.relname, t.tgname, t.tgfoid::regproc::text
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = 'guerdon'::regnamespace and not t.tgisinternal and not c.relispartition
        order by 1, 2
        """
    ).fetchall()
    by_function = {
        "refuse_change": ("I-02", tests.test_nothing_that_was_written_is_changed),
        "demand_audit": ("I-17", tests.test_a_change_is_told_to_the_audit_or_not_made),
    }
    for table, name, function in rows:
        noting = (
            tests.test_a_change_is_noted_by_itself if name in NOTED else tests.test_what_was_settled_stays_so
        )
        invariant, test = by_function.get(function, (_KEPT[table], noting))
        about = table if function in by_function else name
        yield SchemaMutant(
            invariant,
            f"{table} without its trigger {name}",
            (_named(db, "drop trigger {} on {}", name, table),),
            f"{FILE}::{test.__name__}[{about}]",
            _about(test, about),
        )
    for table in sorted(set(tests.PARTITIONED) & set(ONLY_GROW)):
        yield SchemaMutant(
            "I-02",
            f"{table}: a partition without its trigger only_grows",
            tuple(_named(db, "drop trigger {} on {}", "only_grows", p) for p in tests.partitions(db, table)),
            f"{FILE}::test_nor_is_it_by_the_name_of_a_partition[{table}]",
            _about(tests.test_nor_is_it_by_the_name_of_a_partition, table),
        )


def _rights(db: Tx) -> Iterator[SchemaMutant]:
    """Each right that a role does not have, given to it: a mutant a table and role."""
    (row,) = db.execute(
        "select array_agg(a.privilege_type order by 1) from aclexplode(acldefault('r', 10)) a"
    ).fetchall()
    every = [str(right) for right in row[0]]
    for role in ROLES:
        for table in TABLES:
            given = granted(role, table) | {"SELECT"}
            lacking = [right for right in every if right not in given]
            yield SchemaMutant(
                "I-02",
                f"{role} may {', '.join(lacking).lower()} {table}",
                tuple(
                    _named(db, f"grant {right} on {{}} to {{}}", table, f"guerdon_{role}")
                    for right in lacking
                ),
                f"{FILE}::test_a_process_has_the_rights_that_are_written_down_and_no_other[{role}-{table}]",
                _about(tests.test_a_process_has_the_rights_that_are_written_down_and_no_other, role, table),
            )


def _withheld_elsewhere(db: Tx) -> Iterator[SchemaMutant]:
    """Rights on partitions, sequences, functions and the schema; and what a role is."""
    sequences = tests.names(
        db, "select relname from pg_class where relnamespace = 'guerdon'::regnamespace and relkind = 'S'"
    )
    for role in ROLES:
        who = f"guerdon_{role}"
        for table in tests.PARTITIONED:
            yield SchemaMutant(
                "I-18",
                f"{role} may read a partition of {table}",
                tuple(_named(db, "grant select on {} to {}", p, who) for p in tests.partitions(db, table)),
                f"{FILE}::test_a_partition_is_nobodys_to_name[{role}-{table}]",
                _about(tests.test_a_partition_is_nobodys_to_name, role, table),
            )
        yield SchemaMutant(
            "I-05",
            f"{role} may set a sequence back",
            tuple(_named(db, "grant update on sequence {} to {}", s, who) for s in sequences),
            f"{FILE}::test_a_process_counts_on_but_never_back[{role}]",
            _about(tests.test_a_process_counts_on_but_never_back, role),
        )
        yield SchemaMutant(
            "I-18",
            f"{role} may make tables, is another role, or has its powers",
            (
                _named(db, "grant create on schema guerdon to {}", who),
                _named(db, "grant guerdon_owner to {}", who),
                *(
                    _named(db, f"alter role {{}} {power}", who)
                    for power in ("superuser", "createrole", "createdb", "replication")
                ),
                _named(db, "alter role {} bypassrls" if role == "web" else "alter role {} nobypassrls", who),
            ),
            f"{FILE}::test_a_process_makes_nothing_and_is_nobody_else[{role}]",
            _about(tests.test_a_process_makes_nothing_and_is_nobody_else, role),
        )
    yield SchemaMutant(
        "I-05",
        "others than the web and the worker may use the door's function",
        ("grant execute on function record_intake to public",),
        f"{FILE}::test_functions_are_for_the_processes_that_need_them_alone",
        tests.test_functions_are_for_the_processes_that_need_them_alone,
    )
    yield SchemaMutant(
        "I-08",
        "others than the worker may delete bodies",
        tuple(f"grant execute on function drop_bodies to {who}" for who in ("guerdon_web", "public")),
        f"{FILE}::test_functions_are_for_the_processes_that_need_them_alone",
        tests.test_functions_are_for_the_processes_that_need_them_alone,
    )
    yield SchemaMutant(
        "I-02",
        "others than the worker may have months made",
        tuple(f"grant execute on function make_months to {who}" for who in ("guerdon_web", "public")),
        f"{FILE}::test_functions_are_for_the_processes_that_need_them_alone",
        tests.test_functions_are_for_the_processes_that_need_them_alone,
    )


def _row_security(db: Tx) -> Iterator[SchemaMutant]:
    for table in tests.GUARDED:
        yield from _of_guarded(db, table)
    for plant in (
        "alter table people no force row level security",
        "alter table people disable row level security",
        "drop policy colleagues on people",
        "alter policy colleagues on people using (true)",
        "alter policy colleagues on people with check (true)",
    ):
        yield SchemaMutant(
            "I-18",
            f"people: {plant.replace(' people', '')}",
            (plant,),
            f"{FILE}::test_people_are_seen_by_who_may_know_them",
            tests.test_people_are_seen_by_who_may_know_them,
        )
    for policy in ("told_by_all", "of_this_transaction"):
        yield SchemaMutant(
            "I-17",
            f"audit without its policy {policy}",
            (_named(db, "drop policy {} on audit", policy),),
            f"{FILE}::test_a_member_tells_the_audit_what_they_changed_and_reads_none_of_it",
            tests.test_a_member_tells_the_audit_what_they_changed_and_reads_none_of_it,
        )


def _of_guarded(db: Tx, table: str) -> Iterator[SchemaMutant]:
    program = "program_id = (select this_program())"
    written = tests.test_rows_of_another_program_are_not_written
    kinds: list[tuple[str, str, Callable[[Tx, str], None]]] = [
        ("FORCE off", "alter table {} no force row level security", written),
        ("row security off", "alter table {} disable row level security", written),
        ("policy dropped", "drop policy one_program on {}", tests.test_rows_of_another_program_are_not_seen),
        (
            "rows of all programs seen",
            "alter policy one_program on {} using (true)",
            tests.test_rows_of_another_program_are_not_seen,
        ),
        ("rows of all programs written", "alter policy one_program on {} with check (true)", written),
    ]
    if table == "codes":
        yield SchemaMutant(
            "I-18",
            "codes: a member sees all members'",
            (_named(db, f"alter policy one_program on {{}} using ({program})", table),),
            f"{FILE}::test_a_member_does_not_see_the_code_of_another",
            tests.test_a_member_does_not_see_the_code_of_another,
        )
    elif table not in FOR_MEMBERS:
        kinds.append(
            (
                "a member sees all members'",
                f"alter policy one_program on {{}} using ({program})",
                tests.test_a_member_sees_no_row_of_another_member,
            )
        )
    if table not in FOR_EVERY_PLACE:
        kinds.append(
            (
                "staff of a place see all places",
                f"alter policy one_program on {{}} using ({program})",
                tests.test_staff_of_one_place_see_no_row_of_another,
            )
        )
    for what, plant, test in kinds:
        yield SchemaMutant(
            "I-18",
            f"{table}: {what}",
            (_named(db, plant, table),),
            f"{FILE}::{test.__name__}[{table}]",
            _about(test, table),
        )
