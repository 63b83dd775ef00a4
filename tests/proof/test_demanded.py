"""I-17: no change by a person, a key or a job is committed without its audit row, whoever writes it."""

from typing import LiteralString

import psycopg
import pytest
from psycopg import errors
from tests.proof.paper import NOW, Paper

from guerdon.ledger.merkle import root_of
from guerdon.store.audit import (
    decision_hash,
    read_ids,
    record_audit,
    record_batch,
    sealed_decisions,
    write_ids,
)
from guerdon.store.database import Role, connect, transaction

# A change of each table that a person, a key or a job changes; 1 is the program.
CHANGES: dict[str, LiteralString] = {
    "programs": "insert into programs (key, created_at) values ('other', now())",
    "program_versions": "insert into program_versions values (1, 1, '{}', 'sha', now(), now(), 'test')",
    "program_drafts": """
        insert into program_drafts (program_id, title, text, based_on, created_by, created_at, saved_by,
                                    saved_at)
        values (1, 'spring', '', 1, 'per_1', now(), 'per_1', now())
    """,
    "version_openings": "insert into version_openings values (1, 1, now())",
    "version_calloffs": "insert into version_calloffs values (1, 2, 'per_1', 'early', now())",
    "version_origins": "insert into version_origins values (1, 1, 1, null)",
    "api_keys": "insert into api_keys values (1, 'k', sha256('x'), 'till', '/s', now(), null, null)",
    "webhook_endpoints": """
        insert into webhook_endpoints (program_id, name, url, secret, created_by, created_at)
        values (1, 'till', 'https://till.example/', 'x', 'per_1', now())
    """,
    "crm_accounts": """
        insert into crm_accounts (program_id, connection, kind, state, portal, connected_by, connected_at,
                                  changed_at)
        values (1, 'hub', 'token', 'connected', 4242, 'per_1', now(), now())
    """,
    "crm_backfills": """
        insert into crm_backfills (program_id, connection, asked_by, asked_at, next_at)
        values (1, 'hub', 'per_1', now(), now())
    """,
    "broadcasts": """
        insert into broadcasts (program_id, message, segment, spread_s, starts_at, made_by, made_at)
        values (1, 'spring', 'loyal', 60, now(), 'per_1', now())
    """,
    "imports": """
        insert into imports (program_id, kind, file, sha, bytes, body, trial, total, made_by, made_at)
        values (1, 'members', 'f', sha256('x'), 1, 'x', '{}', 1, 'per_1', now())
    """,
    "drops": """
        insert into drops (program_id, drop, file, sha, rows, accepted, duplicates, quarantined, wrong,
                           taken_by, taken_at)
        values (1, 'tills', 'a.csv', sha256('x'), 0, 0, 0, 0, 0, 'per_1', now())
    """,
    "catalog_syncs": "update catalog_syncs set state = 'staged'",
    "catalog_items": "update catalog_items set hidden_at = now(), hidden_for = 'stale'",
    "quarantine": "update quarantine set settled_at = now(), settled_as = 'retried', settled_by = 'per_1'",
    "forgotten_members": "insert into forgotten_members values (1, 7, '{}', now())",
    "referral_pairs": """
        update referral_pairs set settled_by = 'per_1', settled_at = now(), settled_for = 'looked at'
    """,
    "twins": """
        update twins set state = 'apart', settled_by = 'per_1', settled_at = now(), settled_for = 'looked at'
    """,
    "people": "insert into people (login, name, created_at) values ('ann@example.com', 'Ann', now())",
    "grants": """
        insert into grants (program_id, person_id, role, valid_from, granted_by, granted_at)
        select 1, person_id, 'finance', now(), 'test', now() from people
    """,
    "stand_ins": """
        insert into stand_ins (program_id, person_id, stand_in, valid_from, valid_to, named_by, named_at)
        select 1, min(person_id), max(person_id), now(), now() + interval '1 day', 'test', now() from people
    """,
    "invitations": """
        insert into invitations (program_id, person_id, persona, language, invited_by, invited_at, requests,
                                 next_at)
        select 1, min(person_id), 'care', 'en', 'test', now(), '{}', now() from people
    """,
    "person_personas": """
        insert into person_personas select 1, min(person_id), 'care', 'test', now() from people
    """,
    "report_schedules": """
        insert into report_schedules (program_id, person_id, report, language, formats, every, at_hour, zone,
                                      made_at, next_at)
        select 1, min(person_id), 'overview', 'en', '{pdf}', 'day', 7, 'UTC', now(), now() from people
    """,
    "person_members": "insert into person_members select 1, min(person_id), 7, 'test', now() from people",
    "requests": """
        insert into requests (program_id, id, kind, maker, reason, created_at, expires_at)
        values (1, 1, 'reward', 'per_1', 'because', now(), now() + interval '1 day')
    """,
    "revisions": "insert into revisions values (1, 1, 1, 'per_1', 0, '{}', sha256('x'), now())",
    "signatures": """
        insert into signatures (program_id, request_id, revision, person, role, rung, verdict, maker,
                                beneficiary, content_sha, signed_at)
        values (1, 1, 1, 'per_2', 'finance', 0, 'approve', 'per_1', 0, sha256('x'), now())
    """,
    "budget_nodes": """
        insert into budget_nodes (program_id, name, unit, budget, period)
        values (1, 'budget:by_market:DE', 'EUR', 'by_market', '2026-01-01')
    """,
    "budget_periods": "insert into budget_periods values (1, 'budget:b:DE', '2026-01-01', 0, 1, now())",
    "rates": "insert into rates values (1, '2026-01-01', 'NOK', 'EUR', 0.09, 'a file', now())",
    "proofs": """
        insert into proofs (program_id, member_id, id, reward_id, sent_at, expires_at)
        values (1, 7, 1, 1, now(), now() + interval '1 day')
    """,
    "consents": """
        insert into consents values (1, 7, 1, 'offers', 'email', 'given', 'page', 'mem_7', 1, 'en',
                                     sha256('x'), 'form', null, now(), now())
    """,
    "addresses": """
        insert into addresses (program_id, member_id, id, channel, provider, sealed, mark, added_at)
        values (1, 7, 1, 'push', 'web', 'x', sha256('x'), now())
    """,
    "member_sessions": "insert into member_sessions values (1, 7, sha256('x'), 'phone', now(), now())",
    "member_passkeys": "insert into member_passkeys values (1, 7, sha256('x'), 'x', 'k', 0, '', 'n', now())",
    "own_words": "insert into own_words values (1, 7, 'email', sha256('x'), now())",
    "link_holders": "insert into link_holders values (1, 7, 1, sha256('x'), now())",
    "location_visits": "insert into location_visits values (1, 7, 'de-kiel', 'DE', now(), 'v', 'per_1')",
    "location_notes": "insert into location_notes values (1, 7, 1, 'de-kiel', 'DE', 'x', 'per_1', now())",
    "erasures": """
        insert into erasures (program_id, member_id, method, asked_by, asked_at)
        values (1, 7, 'staff', 'per_1', now())
    """,
    "data_requests": """
        insert into data_requests (program_id, member_id, kind, came_by, asked_on, recorded_by, recorded_at)
        values (1, 7, 'access', 'letter', now(), 'per_1', now())
    """,
    "gifts": """
        insert into gifts (program_id, member_id, id, reward_id, token_hash, made_at, expires_at)
        values (1, 7, 1, 1, sha256('x'), now(), now() + interval '1 day')
    """,
    "order_cases": """
        insert into order_cases (program_id, member_id, id, order_id, what, opened_at)
        values (1, 7, 1, 1, 'other', now())
    """,
    "pool_marks": "insert into pool_marks values (1, 'basket', 5, 'per_1', now())",
    "order_differences": """
        insert into order_differences (program_id, supplier, kind, subject, currency, stake_minor, at,
                                       statement_id, found_at)
        values (1, 's', 'twice', '7', 'EUR', 1, now(), 1, now())
    """,
    "supplier_credits": """
        insert into supplier_credits (program_id, supplier, their_id, by, expected_at)
        values (1, 's', '7', 'per_1', now())
    """,
    "orders": "insert into orders values (1, 7, 1, 1, 'basket', 'EUR', 1, 'phone', now())",
    "holds": """
        insert into holds (program_id, member_id, id, account, unit, amount, purpose, opened_at)
        values (1, 0, 1, 'budget:by_market:DE', 'EUR', 1, 'request', now())
    """,
}
PEOPLE = """
    insert into people (login, name, created_at)
    values ('bo@example.com', 'Bo', now()), ('cy@example.com', 'Cy', now())
"""
REVISION = CHANGES["revisions"]
# What nobody has settled yet needs no row: it is told by its delivery.
SET_APART = """
    insert into quarantine (program_id, connection, reason, detail, recorded_at)
    values (1, 'till', 'malformed_body', 'no array', now())
"""
PAIR = """
    insert into referral_pairs (program_id, member_id, id, scheme, code, referrer_id, source, external_id,
                                state, claimed_at, recorded_at)
    values (1, 7, 1, 'friends', 'ABCDEFGH99', 8, 'crm', 'ada', 'claimed', now(), now())
"""
TWINS = """
    insert into twins (program_id, one_id, other_id, shared, found_at) values (1, 7, 8, '{email}', now())
"""
SYNC = """
    insert into catalog_syncs (program_id, feed, kind, base, by, started_at, beat_at)
    values (1, 'main', 'full', 0, 'per_1', now(), now())
"""
ITEM = """
    insert into catalog_items (program_id, id, key, feed, sku, category, kind, delivery, markets, prices,
                               names, supplier, generation, content_hash, changed_at)
    values (1, 1, 'main:x', 'main', 'x', 'gift_card', 'voucher', 'code', '{DE}', '{"PTS": 5}', '{"en": "X"}',
            'pool', 1, sha256('x'), now())
"""
SCHEDULED = "insert into program_versions values (1, 2, '{}', 'sha', now() + interval '1 h', now(), 'test')"


def prepare(paper: Paper, table: str) -> None:
    """What must be there before a row of a table can be."""
    with psycopg.connect(paper.url, options="-c search_path=guerdon") as db:
        db.execute("set session_replication_role = replica")
        if table in {
            "grants",
            "stand_ins",
            "person_members",
            "person_personas",
            "invitations",
            "report_schedules",
        }:
            db.execute(PEOPLE)
        if table == "signatures":
            db.execute(REVISION)
        if table == "quarantine":
            db.execute(SET_APART)
        if table == "referral_pairs":
            db.execute(PAIR)
        if table == "twins":
            db.execute(TWINS)
        if table == "catalog_syncs":
            db.execute(SYNC)
        if table == "catalog_items":
            db.execute(ITEM)
        if table == "version_calloffs":
            db.execute(SCHEDULED)


def test_the_tables_are_those_that_the_database_guards(paper: Paper) -> None:
    guarded = paper.rows(
        "select tgrelid::regclass::text from pg_trigger where tgfoid = 'demand_audit'::regproc order by 1"
    )
    assert {str(name) for (name,) in guarded} == set(CHANGES)


@pytest.mark.parametrize("table", CHANGES)
def test_a_change_without_an_audit_row_is_refused_at_the_commit(paper: Paper, table: str) -> None:
    prepare(paper, table)
    with (
        pytest.raises(errors.CheckViolation, match=f"a change of {table} has no audit row"),
        psycopg.connect(paper.url, options="-c search_path=guerdon", autocommit=True) as db,
    ):
        db.execute(CHANGES[table])
    assert paper.rows("select count(*) from audit") == [(1,)]


@pytest.mark.parametrize("table", CHANGES)
@pytest.mark.parametrize("order", ["before", "after"])
def test_with_its_row_it_stands_wherever_in_the_transaction_the_row_is(
    paper: Paper, table: str, order: str
) -> None:
    prepare(paper, table)
    with psycopg.connect(paper.url, options="-c search_path=guerdon") as db:
        if order == "after":
            db.execute(CHANGES[table])
        record_audit(db, 2 if table == "programs" else 1, "per_1", "thing.changed", table, NOW)
        if order == "before":
            db.execute(CHANGES[table])
    assert paper.rows("select count(*) from audit") == [(2,)]


@pytest.mark.parametrize("change", ["update api_keys set revoked_at = now()", "delete from api_keys"])
def test_updates_and_deletes_are_changes_too(paper: Paper, change: LiteralString) -> None:
    with psycopg.connect(paper.url, options="-c search_path=guerdon") as db:
        db.execute(CHANGES["api_keys"])
        record_audit(db, 1, "per_1", "key.added", "k", NOW)
    with (
        pytest.raises(errors.CheckViolation, match="api_keys has no audit row"),
        psycopg.connect(paper.url, options="-c search_path=guerdon", autocommit=True) as db,
    ):
        db.execute(change)


def test_an_audit_row_of_another_transaction_or_program_does_not_count(paper: Paper) -> None:
    other = paper.found("another")
    with psycopg.connect(paper.url, options="-c search_path=guerdon", autocommit=True) as db:
        record_audit(db, 1, "per_1", "key.added", "k", NOW)
        with pytest.raises(errors.CheckViolation, match="no audit row"):
            db.execute(CHANGES["api_keys"])
        with pytest.raises(errors.CheckViolation, match="no audit row"):
            told_elsewhere(db, other)


def told_elsewhere(db: psycopg.Connection, other: int) -> None:
    with db.transaction():
        record_audit(db, other, "per_1", "key.added", "k", NOW)
        db.execute(CHANGES["api_keys"])


@pytest.mark.parametrize("role", ["web", "worker", "owner"])
def test_every_role_is_asked_for_it_and_may_write_it(paper: Paper, role: Role) -> None:
    with connect(paper.url, paper.secret, role) as db:
        with pytest.raises(errors.CheckViolation, match="no audit row"), transaction(db, 1) as tx:
            tx.execute(CHANGES["api_keys"])
        with transaction(db, 1) as tx:
            tx.execute(CHANGES["api_keys"])
            record_audit(tx, 1, "per_1", "key.added", "k", NOW)


def test_a_member_who_cannot_read_the_audit_is_asked_for_it_and_may_write_it(paper: Paper) -> None:
    order = CHANGES["orders"]
    with pytest.raises(errors.CheckViolation, match="orders has no audit row"), paper.acting(7) as tx:
        tx.execute(order)
    with paper.acting(7) as tx:
        assert tx.execute("select count(*) from audit").fetchone() == (0,)
        record_audit(tx, 1, "mem_7", "reward.redeemed", "rwd_1", NOW)
        tx.execute(order)
    assert paper.rows("select actor, action from audit order by id desc limit 1") == [
        ("mem_7", "reward.redeemed")
    ]


def test_nobody_writes_the_audit_of_another_program(paper: Paper) -> None:
    other = paper.found("another")
    with pytest.raises(errors.InsufficientPrivilege), paper.acting() as tx:
        record_audit(tx, other, "per_1", "key.added", "k", NOW)


def test_a_row_keeps_all_that_it_was_told(paper: Paper) -> None:
    with paper.acting() as tx:
        record_audit(
            tx, 1, "per_2", "key.revoked", "k", NOW, reason="lost", on_behalf_of="per_1", request_id="r-7",
            before={"open": True}, after={"open": False}, source="/dms",
        )  # fmt: skip
    told = paper.rows(
        """
        select actor, on_behalf_of, action, subject, reason, before, after, detail, request_id, recorded_at,
               tx::text::bigint > 0
        from audit where action = 'key.revoked'
        """
    )
    sides = ({"open": True}, {"open": False}, {"source": "/dms"})
    assert told == [("per_2", "per_1", "key.revoked", "k", "lost", *sides, "r-7", NOW, True)]


def test_a_batch_is_one_row_over_all_its_decisions(paper: Paper) -> None:
    decisions = [(9, b'{"effects":[]}'), (4, b'{"effects":[1]}'), (5, b'{"v":1}')]
    with paper.acting() as tx:
        record_batch(tx, 1, decisions, NOW)
        record_batch(tx, 1, [], NOW)
    (found,) = paper.rows("select actor, action, subject, detail from audit where action = 'batch.decided'")
    root = root_of([decision_hash(*each) for each in sorted(decisions)]).hex()
    said = {"events": 3, "first": 4, "last": 9, "ids": "4 1 4", "root": root}
    assert found == ("worker", "batch.decided", "events", said)
    assert sealed_decisions(decisions) == sealed_decisions(sorted(decisions)) == said


@pytest.mark.parametrize(
    ("ids", "text"),
    [([7], "7"), ([7, 8], "7 1"), ([7, 8, 9, 10], "7 1x3"), ([1, 3, 5, 6, 2**62], f"1 2x2 1 {2**62 - 6}")],
)
def test_ids_are_written_in_few_letters_and_read_back(ids: list[int], text: str) -> None:
    assert write_ids(ids) == text
    assert read_ids(text) == ids
