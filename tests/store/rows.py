"""A row of everything, for a program: what rights and row security are tried on.

Whatever stands somewhere is made twice, once for each of two places, so that what one of them sees is half.
"""

from typing import Any

import psycopg

Tx = psycopg.Connection[Any]
PROGRAMS = (1, 2)
MEMBERS = (11, 12)
AT = "2026-05-04 09:30+00"
# Where the first and the second member belong: market and location.
PLACES = (("DE", "de-kiel"), ("FR", "fr-lyon"))

# %(p)s is the program.
OF_PROGRAM = (
    "insert into programs (key, created_at) values ('p' || %(p)s, %(at)s)",
    "insert into program_versions values (%(p)s, 1, '{}', 'sha', %(at)s, %(at)s, 'test')",
    # Scheduled, one of them called off.
    (
        "insert into program_versions select %(p)s, n, '{}', 'sha' || n,"
        " %(at)s::timestamptz + interval '1 day', %(at)s, 'test' from generate_series(8, 9) n"
    ),
    "insert into segments (program_id, segment, definition, as_of) values (%(p)s, 'loyal', 'x', %(at)s)",
    "insert into delivery_progress values (%(p)s, %(at)s, %(at)s)",
    "insert into reminder_progress values (%(p)s, %(at)s)",
    "insert into version_openings values (%(p)s, 1, %(at)s)",
    "insert into version_calloffs values (%(p)s, 9, 'per_a', 'too early', %(at)s)",
    "insert into version_origins values (%(p)s, 1, 10, null)",
    (
        "insert into program_drafts (program_id, title, text, based_on, created_by, created_at, saved_by,"
        " saved_at) values (%(p)s, 'spring', 'program: p', 1, 'per_a', %(at)s, 'per_a', %(at)s)"
    ),
    (
        "insert into replays (program_id, title, bundle, sha, since, until, asked_by, asked_at)"
        " values (%(p)s, 'spring', '{}', 'sha', '2020-01-01', %(at)s, 'per_a', %(at)s)"
    ),
    (
        "insert into api_keys (program_id, key_id, secret_sha, name, source, created_at)"
        " values (%(p)s, 'k', sha256('x'), 'n', '/s', %(at)s)"
    ),
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
        "insert into errands (program_id, connection, kind, object, step, asked_at, next_at)"
        " values (%(p)s, 'c', 'contact', '1', 'read', %(at)s, %(at)s)"
    ),
    "insert into happenings values (%(p)s, md5('h')::uuid, 1, %(at)s)",
    "insert into supplier_lanes (program_id, supplier) values (%(p)s, 's')",
    "insert into channel_lanes (program_id, channel) values (%(p)s, 'sms')",
    (
        "insert into broadcasts (program_id, message, segment, spread_s, starts_at, made_by, made_at)"
        " values (%(p)s, 'spring', 'loyal', 60, %(at)s, 'per_a', %(at)s)"
    ),
    "insert into broadcast_counts values (%(p)s, 1, 'check', 'DE', 'told', 'email', '', 2)",
    (
        "insert into imports (program_id, kind, file, sha, bytes, body, trial, total, made_by, made_at)"
        " values (%(p)s, 'rates', 'f', sha256('x'), 1, 'x', '{}', 1, 'per_a', %(at)s)"
    ),
    (
        "insert into import_refusals"
        " select program_id, id, 2, '{day}', '{no_day}', 'x' from imports where program_id = %(p)s"
    ),
    (
        "insert into message_notices (program_id, channel, digest, state, told_at)"
        " values (%(p)s, 'sms', sha256('x'), 'sent', %(at)s)"
    ),
    "insert into pool_marks values (%(p)s, 'i', 5, 'per_a', %(at)s)",
    (
        "insert into supplier_statements (program_id, supplier, source, since, until, by, taken_at, beat_at)"
        " values (%(p)s, 's', 'asked', '2020-01-01', %(at)s, 'per_a', %(at)s, %(at)s)"
    ),
    (
        "insert into statement_lines (program_id, supplier, their_id, state, currency, face_minor, at,"
        " statement_id) values (%(p)s, 's', '7', 'placed', 'EUR', 1, %(at)s, 1)"
    ),
    (
        "insert into order_differences (program_id, supplier, kind, subject, currency, stake_minor, at,"
        " statement_id, found_at) values (%(p)s, 's', 'not_with_us', '7', 'EUR', 1, %(at)s, 1, %(at)s)"
    ),
    (
        "insert into supplier_credits (program_id, supplier, their_id, by, expected_at)"
        " values (%(p)s, 's', '7', 'per_a', %(at)s)"
    ),
    "insert into supplier_notices values (%(p)s, 's', 'n1', '7', 'ord_7', %(at)s)",
    "insert into departures values (%(p)s, 's', 'x', 'deleted', %(at)s)",
    (
        "insert into quarantine (program_id, connection, reason, detail, recorded_at)"
        " values (%(p)s, 'c', 'r', 'd', %(at)s)"
    ),
    (
        "insert into drops (program_id, drop, file, sha, rows, accepted, duplicates, quarantined, wrong,"
        " taken_by, taken_at) values (%(p)s, 'd', 'f', sha256('x'), 2, 1, 0, 0, 1, 'inbox', %(at)s)"
    ),
    "insert into intake_counts values (%(p)s, 'c', %(at)s, 'accepted', 1)",
    (
        "insert into crm_accounts (program_id, connection, kind, state, portal, connected_by, connected_at,"
        " changed_at) values (%(p)s, 'c', 'token', 'connected', 1, 'per_a', %(at)s, %(at)s)"
    ),
    "insert into crm_tokens (program_id, connection, access, checked_at) values (%(p)s, 'c', 'x', %(at)s)",
    "insert into crm_cursors (program_id, connection, since) values (%(p)s, 'c', %(at)s)",
    (
        "insert into crm_backfills (program_id, connection, asked_by, asked_at, next_at)"
        " values (%(p)s, 'c', 'per_a', %(at)s, %(at)s)"
    ),
    (
        "insert into crm_actions (program_id, connection, callback_id, key, recorded_at, next_at)"
        " values (%(p)s, 'c', 'b', md5('k')::uuid, %(at)s, %(at)s)"
    ),
    (
        "insert into codes (program_id, item, unit, value, code_index, code)"
        " values (%(p)s, 'i', 'EUR', 1, 'x', 'y')"
    ),
    (
        "insert into rates (program_id, day, base, quote, rate, source, imported_at)"
        " values (%(p)s, %(at)s, 'EUR', 'NOK', 11.5, 's', %(at)s)"
    ),
    "insert into seals values (%(p)s, 1, 1, 1, '1', 1, 1, sha256('r'), sha256('p'), 1, %(at)s)",
    (
        "insert into anchors (program_id, number, hour, total_rows, root, seal, anchored_at)"
        " values (%(p)s, 1, %(at)s, 1, sha256('r'), sha256('s'), %(at)s)"
    ),
    (
        "insert into control_runs (program_id, controls, breaches, took_ms, ran_at)"
        " values (%(p)s, 1, '[]', 1, %(at)s)"
    ),
    (
        "insert into webhook_endpoints (program_id, name, url, secret, created_by, created_at)"
        " values (%(p)s, 'n', 'https://a.example/', 'x', 'per_a', %(at)s)"
    ),
    "insert into webhook_health (program_id, endpoint_id) values (%(p)s, 1)",
    "insert into catalog_feeds (program_id, key, supplier) values (%(p)s, 'main', 'cards')",
    (
        "insert into catalog_syncs (program_id, feed, kind, base, by, started_at, beat_at)"
        " values (%(p)s, 'main', 'full', 0, 'per_a', %(at)s, %(at)s)"
    ),
    "insert into catalog_staged values (%(p)s, 1, 1, 'x', 'new', '', '{}', null, '{}')",
    (
        "insert into catalog_items (program_id, id, key, feed, sku, category, kind, delivery, markets,"
        " currency, denominations, names, supplier, generation, content_hash, changed_at)"
        " values (%(p)s, 1, 'main:x', 'main', 'x', 'books', 'gift_card', 'code', '{DE}', 'EUR', '{2500}',"
        " '{\"en\": \"X\"}', 'cards', 1, sha256('x'), %(at)s)"
    ),
    "insert into catalog_offers (program_id, item_id, supplier, sku) values (%(p)s, 1, 'cards', 'x')",
    "insert into catalog_slots (program_id, item_id, id, ref, capacity) values (%(p)s, 1, 1, '', 5)",
    "insert into catalog_pulls values (%(p)s, 'cards', %(at)s)",
    (
        "insert into catalog_pictures (program_id, address, image, feed, sku, asked_at, named_at)"
        " values (%(p)s, 'https://a.example/x.png', encode(sha256('x'), 'hex'), 'cards', 'x', %(at)s, %(at)s)"
    ),
    "insert into catalog_images values (%(p)s, encode(sha256('x'), 'hex'), 'image/png', 'x', %(at)s)",
    "insert into shelf_numbers values (%(p)s, 1, 1)",
    "insert into shelf_racks values (%(p)s, 1, 'books', 'gift_card', '', 'code', 1, 1)",
    (
        "insert into shelf (program_id, market, item_id, no, crate, maker, lead_minutes, fame, new_at,"
        " visible_from, visible_to, stock)"
        " values (%(p)s, 'DE', 1, 0, 1, 1, 0, 0, %(at)s, %(at)s, %(at)s, 'yes')"
    ),
    "insert into shelf_names values (%(p)s, 1, '{x}')",
    "insert into shelf_words values (%(p)s, 'x', '=', 0, 'ab')",
    "insert into shelf_grams values (%(p)s, 'x', '{x}')",
    (
        "insert into webhook_deliveries (program_id, endpoint_id, type, payload, recorded_at, next_at)"
        " values (%(p)s, 1, 't', '{}', %(at)s, %(at)s)"
    ),
    "insert into writeback_lanes (program_id, connection) values (%(p)s, 'c')",
    "insert into suppressions values (%(p)s, 'email', sha256('a'), 'bounce', %(at)s)",
    (
        "insert into writeback_batches (program_id, connection, at, took_ms, sent, lags_ms)"
        " values (%(p)s, 'c', %(at)s, 1, 1, '{1}')"
    ),
    (
        "insert into webhook_attempts (program_id, delivery_id, number, at, took_ms, reason)"
        " values (%(p)s, 1, 1, %(at)s, 1, 'refused')"
    ),
    (
        "insert into api_answers (program_id, key_id, idempotency_key, request_sha, created_at)"
        " values (%(p)s, 'k', 'i', sha256('r'), %(at)s)"
    ),
)
# Once both members are there.
OF_BOTH = (
    (
        "insert into twins (program_id, one_id, other_id, shared, found_at)"
        " values (%(p)s, 11, 12, '{email}', %(at)s)"
    ),
)
# What stands at a place: %(market)s, %(location)s, and %(m)s for a number of its own.
OF_PLACE = (
    (
        "insert into rollups (program_id, day, market, location, rule, unit)"
        " values (%(p)s, %(at)s, %(market)s, %(location)s, 'r', 'EUR')"
    ),
    "insert into event_rollups (program_id, day, market, type) values (%(p)s, %(at)s, %(market)s, 't')",
    "insert into segment_sizes values (%(p)s, 'loyal', %(at)s, %(market)s, 1)",
    (
        "insert into delivery_counts values (%(p)s, %(at)s, 'whole', 'r', %(market)s, %(location)s, 'pool',"
        " 'done', 0, 1, 1)"
    ),
    (
        "insert into delivery_places values (%(p)s, 'whole', %(at)s, %(location)s, %(market)s,"
        " 1000000000001, 0, 1)"
    ),
    "insert into rewarded_members values (%(p)s, %(market)s, 'EUR', array[%(location)s], 1)",
    "insert into location_days values (%(p)s, %(at)s, %(location)s, %(market)s, 1, 0)",
    (
        "insert into location_gifts values (%(p)s, %(at)s, 'r', %(location)s, %(market)s, 'EUR', 100, 1,"
        " 'rule', 1)"
    ),
    (
        "insert into old_deliveries (program_id, key, place, requested_on, delivered_on, by_day, market,"
        " location, imported_by, imported_at) values (%(p)s, decode(md5(%(location)s), 'hex'), 0, %(at)s,"
        " %(at)s, true, %(market)s, %(location)s, 'per_a', %(at)s)"
    ),
    (
        "insert into delays (program_id, day, market, stage, upto_ms)"
        " values (%(p)s, %(at)s, %(market)s, 'reward', 1)"
    ),
    (
        "insert into accounts (program_id, member_id, name, unit, posted)"
        " values (%(p)s, 0, 'budget:b:' || %(market)s, 'EUR', 1000)"
    ),
    (
        "insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit, amount,"
        " happened_at, recorded_at) values (%(p)s, 0, %(m)s, 0, 'program:funding', 'budget:b:' || %(market)s,"
        " 'EUR', 1000, %(at)s, %(at)s)"
    ),
    (
        "insert into holds (program_id, member_id, id, account, unit, amount, purpose, opened_at)"
        " values (%(p)s, 0, %(m)s, 'budget:b:' || %(market)s, 'EUR', 1, 'request', %(at)s)"
    ),
    (
        "insert into budget_nodes (program_id, name, unit, budget, market, location, period)"
        " values (%(p)s, 'budget:b:' || %(market)s, 'EUR', 'b', %(market)s, %(location)s, %(at)s)"
    ),
    (
        "insert into top_ups (program_id, name, period, unit, amount, transfer_id, recorded_at)"
        " values (%(p)s, 'budget:b:' || %(market)s, %(at)s, 'EUR', 1, 1, %(at)s)"
    ),
    (
        "insert into budget_periods (program_id, name, period, returned, allocated, recorded_at)"
        " values (%(p)s, 'budget:b:' || %(market)s, %(at)s, 0, 0, %(at)s)"
    ),
    (
        "insert into alarms (program_id, kind, subject, mark, raised_at)"
        " values (%(p)s, 'budget', 'budget:b:' || %(market)s, '70', %(at)s)"
    ),
    (
        "insert into requests (program_id, id, kind, maker, market, location, reason, created_at, expires_at)"
        " values (%(p)s, %(m)s, 'budget', 'per_a', %(market)s, %(location)s, 'r', %(at)s, %(at)s)"
    ),
    (
        "insert into revisions (program_id, request_id, revision, maker, content, content_sha, recorded_at)"
        " values (%(p)s, %(m)s, 1, 'per_a', '{}', sha256('c'), %(at)s)"
    ),
    (
        "insert into signatures (program_id, request_id, revision, person, role, rung, verdict, maker,"
        " beneficiary, content_sha, signed_at)"
        " values (%(p)s, %(m)s, 1, 'per_b', 'finance', 0, 'approve', 'per_a', 0, sha256('c'), %(at)s)"
    ),
    # Two who work there, and one stands in for the other.
    "insert into people (login, name, created_at) values (%(p)s || 'a' || %(m)s, 'A', %(at)s)",
    "insert into people (login, name, created_at) values (%(p)s || 'b' || %(m)s, 'B', %(at)s)",
    (
        "insert into grants (program_id, person_id, role, market, location, valid_from, granted_by,"
        " granted_at) select %(p)s, person_id, 'frontline', %(market)s, %(location)s, %(at)s, 'x', %(at)s"
        " from people where login in (%(p)s || 'a' || %(m)s, %(p)s || 'b' || %(m)s)"
    ),
    (
        "insert into stand_ins (program_id, person_id, stand_in, valid_from, valid_to, named_by, named_at)"
        " select %(p)s, a.person_id, b.person_id, %(at)s, 'infinity', 'x', %(at)s from people a, people b"
        " where a.login = %(p)s || 'a' || %(m)s and b.login = %(p)s || 'b' || %(m)s"
    ),
    (
        "insert into invitations (program_id, person_id, market, location, persona, language, invited_by,"
        " invited_at, requests, link_sha, ends_at, next_at) select %(p)s, person_id, %(market)s,"
        " %(location)s, 'care', 'en', 'x', %(at)s, '{}', sha256(login::bytea), 'infinity', %(at)s"
        " from people where login = %(p)s || 'b' || %(m)s"
    ),
    (
        "insert into person_personas (program_id, person_id, persona, told_by, told_at)"
        " select %(p)s, person_id, 'care', 'x', %(at)s from people where login = %(p)s || 'b' || %(m)s"
    ),
    (
        "insert into saved_views (program_id, person_id, page, name, terms, saved_at)"
        " select %(p)s, person_id, 'rewards', 'x', '', %(at)s from people where login = %(p)s || 'b' || %(m)s"
    ),
    (
        "insert into report_schedules (program_id, person_id, report, language, formats, every, on_day,"
        " at_hour, zone, made_at, next_at) select %(p)s, person_id, 'overview', 'en', '{pdf}', 'week', 1, 7,"
        " 'UTC', %(at)s, %(at)s from people where login = %(p)s || 'b' || %(m)s"
    ),
    (
        "insert into report_sendings (program_id, schedule_id, due_at, person_id, next_at)"
        " select s.program_id, s.id, %(at)s, s.person_id, %(at)s from report_schedules s join people p"
        " using (person_id) where p.login = %(p)s || 'b' || %(m)s"
    ),
    (
        "insert into person_members (program_id, person_id, member_id, told_by, told_at)"
        " select %(p)s, person_id, %(m)s, 'x', %(at)s from people where login = %(p)s || 'a' || %(m)s"
    ),
)
# %(m)s is the member.
OF_MEMBER = (
    (
        "insert into members (program_id, member_id, market, language, location, enrolled_at)"
        " values (%(p)s, %(m)s, %(market)s, 'en', %(location)s, %(at)s)"
    ),
    "insert into member_ids values (%(p)s, 's', %(m)s::text, %(m)s)",
    "insert into member_states values (%(p)s, %(m)s, 0, %(market)s, 'en', %(location)s, '{}', %(at)s)",
    "insert into forgotten_members values (%(p)s, %(m)s, '{}', %(at)s)",
    "insert into replay_members values (%(p)s, 1, %(m)s, 'EUR', 'DE', null, 1, 2, 1)",
    "insert into member_days values (%(p)s, %(m)s, 't', %(at)s, 1)",
    "insert into segment_members values (%(p)s, 'loyal', %(m)s, %(market)s, %(at)s)",
    "insert into favorites values (%(p)s, %(m)s, 1, %(at)s)",
    "insert into segment_checks values (%(p)s, 'loyal', %(m)s, %(at)s)",
    "insert into segment_touches (program_id, member_id, what) values (%(p)s, %(m)s, '')",
    "insert into announcements (program_id, member_id) values (%(p)s, %(m)s)",
    (
        "insert into writeback_contacts (program_id, connection, member_id, contact, wanted, version,"
        " waiting_since, next_at) values (%(p)s, 'c', %(m)s, '1', '{}', 1, %(at)s, %(at)s)"
    ),
    (
        "insert into writeback_events (program_id, connection, member_id, event, properties, happened_at,"
        " recorded_at, next_at) values (%(p)s, 'c', %(m)s, 'e', '{}', %(at)s, %(at)s, %(at)s)"
    ),
    (
        "insert into referral_codes values"
        " (%(p)s, 'friends', %(m)s, 'ABCDEFGH' || %(m)s, 's', %(m)s::text, %(at)s)"
    ),
    "insert into referral_visits values (%(p)s, %(m)s, 'friends', decode(md5('v'), 'hex'), %(at)s)",
    (
        "insert into referral_pairs (program_id, member_id, id, scheme, code, referrer_id, source,"
        " external_id, state, claimed_at, recorded_at)"
        " values (%(p)s, %(m)s, %(m)s, 'friends', 'ABCDEFGH99', 99, 's', %(m)s::text, 'claimed', %(at)s,"
        " %(at)s)"
    ),
    (
        "insert into referral_marks values"
        " (%(p)s, %(m)s, 'friends', 'device', decode(md5('d'), 'hex'), %(at)s)"
    ),
    (
        "insert into delivery_marks (program_id, member_id, id, kind, reward_id, rule, market, location,"
        " saved, happened_at, received_at, decided_at, issued_at, state) values (%(p)s, %(m)s, 1, 'reward',"
        " 1, 'r', %(market)s, %(location)s, false, %(at)s, %(at)s, %(at)s, %(at)s, 'given')"
    ),
    (
        "insert into slot_waits (program_id, member_id, item_id, slot_id, asked_at)"
        " values (%(p)s, %(m)s, 1, 1, %(at)s)"
    ),
    (
        "insert into order_cases (program_id, member_id, id, order_id, what, opened_at)"
        " values (%(p)s, %(m)s, 1, 1, 'other', %(at)s)"
    ),
    (
        "insert into gifts (program_id, member_id, id, reward_id, token_hash, made_at, expires_at)"
        " values (%(p)s, %(m)s, 1, 1, sha256(%(m)s::text::bytea), %(at)s,"
        " %(at)s::timestamptz + interval '1 day')"
    ),
    (
        "insert into proofs (program_id, member_id, id, reward_id, sent_at, expires_at)"
        " values (%(p)s, %(m)s, 1, 1, %(at)s, %(at)s::timestamptz + interval '1 day')"
    ),
    "insert into member_sessions values (%(p)s, %(m)s, sha256(%(m)s::text::bytea), 'phone', %(at)s, %(at)s)",
    (
        "insert into member_passkeys values (%(p)s, %(m)s, sha256(%(m)s::text::bytea), %(m)s::text::bytea,"
        " 'k', 0, '', 'n', %(at)s)"
    ),
    (
        "insert into passkey_challenges values (%(p)s, sha256(%(m)s::text::bytea), 'use',"
        " sha256(%(m)s::text::bytea), %(at)s)"
    ),
    "insert into diverted_messages values (%(p)s, %(m)s, 1, 'email', 'x', %(at)s)",
    "insert into own_words values (%(p)s, %(m)s, 'email', sha256('x'), %(at)s)",
    "insert into location_visits values (%(p)s, %(m)s, %(location)s, %(market)s, %(at)s, 'v', 'per_a')",
    "insert into location_notes values (%(p)s, %(m)s, 1, %(location)s, %(market)s, 'x', 'per_a', %(at)s)",
    "insert into card_uses values (%(p)s, %(m)s, 1, 'here', %(at)s)",
    "insert into card_tries values (%(p)s, %(m)s, %(at)s, 1)",
    "insert into link_holders values (%(p)s, %(m)s, 1, sha256(%(m)s::text::bytea), %(at)s)",
    (
        "insert into consents values (%(p)s, %(m)s, 1, 'offers', 'email', 'given', 'page', 'm', 1, 'en',"
        " sha256('x'), 'form', sha256('n'), %(at)s, %(at)s)"
    ),
    "insert into standing_consents values (%(p)s, %(m)s, 'offers', 'email', 'given', 1, %(at)s)",
    "insert into reach values (%(p)s, %(m)s, 0, %(at)s)",
    (
        "insert into addresses (program_id, member_id, id, channel, provider, sealed, mark, added_at)"
        " values (%(p)s, %(m)s, 1, 'push', 'web', 's', sha256(%(m)s::text::bytea), %(at)s)"
    ),
    "insert into member_keys values (%(p)s, %(m)s, 'k')",
    (
        "insert into inapp (program_id, member_id, position, id, event_id, message, version, created_at)"
        " values (%(p)s, %(m)s, 1, 1, 1, 'reward_ready', 1, %(at)s)"
    ),
    (
        "insert into erasures (program_id, member_id, method, asked_by, asked_at)"
        " values (%(p)s, %(m)s, 'staff', 'per_a', %(at)s)"
    ),
    (
        "insert into data_requests (program_id, member_id, kind, came_by, asked_on, recorded_by, recorded_at)"
        " values (%(p)s, %(m)s, 'access', 'letter', '2026-05-04', 'per_a', %(at)s)"
    ),
    "insert into member_holdings values (%(p)s, %(m)s, 'k', 'x', '{}', %(at)s)",
    "insert into persons values (%(p)s, %(m)s, 'k', 'n', 'e', 'p', 'i')",
    (
        "insert into accounts (program_id, member_id, name, unit, posted)"
        " values (%(p)s, %(m)s, 'purse', 'EUR', 100)"
    ),
    (
        "insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit, amount,"
        " happened_at, recorded_at)"
        " values (%(p)s, %(m)s, 1, 1, 'budget:b:' || %(market)s, 'purse', 'EUR', 100, %(at)s, %(at)s)"
    ),
    "insert into draws values (%(p)s, %(m)s, 1, 1, 1, %(at)s)",
    (
        "insert into holds (program_id, member_id, id, account, unit, amount, purpose, opened_at)"
        " values (%(p)s, %(m)s, 1, 'purse', 'EUR', 1, 'order', %(at)s)"
    ),
    "insert into hold_lots values (%(p)s, %(m)s, 1, 1, 1)",
    "insert into allowances values (%(p)s, %(m)s, 'l', %(at)s, 1, 2)",
    (
        "insert into events (program_id, member_id, id, type, source, external_id, market, location, version,"
        " outcome, data, decision, happened_at, recorded_at, decided_at)"
        " values (%(p)s, %(m)s, 1, 't', 'c', 'x', %(market)s, %(location)s, 1, 'earned', '{}', '{}',"
        " %(at)s, %(at)s, %(at)s)"
    ),
    (
        "insert into rewards (program_id, member_id, id, event_id, rule, unit, value, remaining, payer,"
        " happened_at, issued_at, available_at, expires_at) values (%(p)s, %(m)s, 1, 1, 'r', 'EUR', 1, 1,"
        " 'program:funding', %(at)s, %(at)s, %(at)s, %(at)s)"
    ),
    "insert into order_parts values (%(p)s, %(m)s, 1, 1, 1)",
    "insert into order_balances values (%(p)s, %(m)s, 1, 'BEAN', 1, 1)",
    (
        "insert into order_reversals (program_id, member_id, order_id, reward_id, event_id, rule, amount,"
        " if_spent, recorded_at) values (%(p)s, %(m)s, 1, 1, 1, 'r', 1, 'debt', %(at)s)"
    ),
    (
        "insert into reversals_waiting (program_id, member_id, event_id, rule, step, happened_at,"
        " recorded_at) values (%(p)s, %(m)s, 1, 'r', '{}', %(at)s, %(at)s)"
    ),
    (
        "insert into orders (program_id, member_id, id, reward_id, item, unit, value, device, placed_at)"
        " values (%(p)s, %(m)s, 1, 1, 'i', 'EUR', 1, 'phone', %(at)s)"
    ),
    (
        "insert into fulfillments (program_id, member_id, order_id, supplier, state, chosen_at, next_at)"
        " values (%(p)s, %(m)s, %(m)s, 's', 'reserved', %(at)s, %(at)s)"
    ),
    (
        "insert into supplier_attempts (program_id, member_id, order_id, attempt, supplier, sku, key, state,"
        " first_asked_at, asked_at)"
        " values (%(p)s, %(m)s, %(m)s, 1, 's', 'sku', 'ord_' || %(m)s || '-1', 'sent', %(at)s, %(at)s)"
    ),
    (
        "insert into message_attempts (program_id, member_id, message_id, channel, ref, state, topic,"
        " marketing, settled_at) values (%(p)s, %(m)s, 1, 'email', gen_random_uuid(), 'waiting', 'service',"
        " false, %(at)s)"
    ),
    (
        "insert into outbox (program_id, member_id, id, event_id, message, channel, created_at, next_at)"
        " values (%(p)s, %(m)s, 1, 1, 'm', 'email', %(at)s, %(at)s)"
    ),
    (
        "insert into messages values"
        " (%(p)s, %(m)s, 1, 1, 1, 'm', 'email', 'en', 'sent', null, null, 1, %(at)s, %(at)s)"
    ),
)


def fill(tx: Tx, program_id: int) -> None:
    """Put a row of everything in, as someone whom row security does not bind."""
    # Values as literals, so that one can be a day here and an instant there.
    cursor = psycopg.ClientCursor(tx)
    # Together, for no change of ours is committed without its audit row.
    with tx.transaction():
        for statement in OF_PROGRAM:
            cursor.execute(statement.encode(), {"p": program_id, "at": AT})
        for member_id, (market, location) in zip(MEMBERS, PLACES, strict=True):
            said = {"p": program_id, "m": member_id, "at": AT, "market": market, "location": location}
            for statement in (*OF_MEMBER, *OF_PLACE):
                cursor.execute(statement.encode(), said)
        for statement in OF_BOTH:
            cursor.execute(statement.encode(), {"p": program_id, "at": AT})


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
