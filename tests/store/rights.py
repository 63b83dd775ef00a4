"""Every right that a process has on a table of ours besides reading it: whatever is not here it may not do.

Written down by hand, so that a new right is a decision. A word with columns is a right on these alone.
"""

import re
from pathlib import Path

import guerdon.store

_SCHEMA = Path(guerdon.store.__file__).parent / "schema"
# The tables of the schema's files, and the one that says which of these ran.
TABLES = (
    "schema_migrations",
    *(
        name
        for file in sorted(_SCHEMA.glob("*.sql"))
        for name in re.findall(r"^create table (\w+) \(", file.read_text(), re.MULTILINE)
    ),
)
ROLES = ("worker", "web")

# A catalog is brought by whoever reads a feed: a door of the web, or the worker.
CATALOG = {
    **dict.fromkeys(("catalog_feeds", "catalog_syncs", "catalog_items"), "INSERT UPDATE"),
    "catalog_slots": "INSERT UPDATE(capacity,ends_at,gone_at,market,starts_at,taken,venue,waiting)",
    **dict.fromkeys(("catalog_staged", "catalog_images"), "INSERT DELETE"),
    "catalog_offers": "INSERT UPDATE DELETE",
    "shelf_numbers": "INSERT UPDATE",
    "shelf_racks": "INSERT",
    **dict.fromkeys(("shelf", "shelf_names", "favorites"), "INSERT DELETE"),
    **dict.fromkeys(("shelf_words", "shelf_grams"), "INSERT UPDATE DELETE"),
}
# Statements are asked for by the worker, or brought by a person.
RECONCILING = {
    "supplier_statements": "INSERT UPDATE(beat_at,ended_at,found,healed,lines,state,why)",
    "statement_lines": (
        "INSERT UPDATE(at,cost_currency,cost_minor,currency,expected_minor,face_minor,order_id,ref,"
        "ref_attempt,ref_order,state,statement_id)"
    ),
    "order_differences": (
        "INSERT UPDATE(currency,done,done_minor,order_id,ours_minor,ours_state,reason,settled_at,settled_by,"
        "stake_minor,state,statement_id,their_state,theirs_minor)"
    ),
    "supplier_credits": (
        "INSERT UPDATE(currency,expected_minor,reason,received_minor,settled_at,settled_by,state)"
    ),
}

GRANTED: dict[str, dict[str, str]] = {
    "worker": {
        **dict.fromkeys(
            ("program_versions", "api_keys", "audit", "event_keys", "transfers"),
            "INSERT",
        ),
        "programs": "INSERT UPDATE(announced_to,counted,counted_in,held,kept_by,watched)",
        **dict.fromkeys(("segments", "segment_members", "segment_checks"), "INSERT UPDATE DELETE"),
        "segment_touches": "INSERT DELETE",
        "segment_sizes": "INSERT UPDATE",
        **dict.fromkeys(
            ("delivery_progress", "delivery_marks", "delivery_counts", "delivery_places"), "INSERT UPDATE"
        ),
        **dict.fromkeys(("location_days", "location_gifts"), "INSERT UPDATE"),
        **dict.fromkeys(("market_days", "rewarded_members"), "INSERT UPDATE"),
        "reminder_progress": "INSERT UPDATE",
        "broadcasts": "UPDATE",
        "imports": "UPDATE",
        "import_refusals": "INSERT UPDATE(sealed) DELETE",
        "broadcast_counts": "INSERT UPDATE DELETE",
        "old_deliveries": "INSERT",
        "program_drafts": "INSERT UPDATE",
        **dict.fromkeys(("version_openings", "version_calloffs", "version_origins"), "INSERT"),
        "deliveries": "INSERT UPDATE(body,looked_at,needed)",
        "member_states": "INSERT UPDATE(attributes)",
        "forgotten_members": "INSERT UPDATE",
        **dict.fromkeys(("member_days", "member_holdings"), "INSERT UPDATE DELETE"),
        "announcements": "INSERT DELETE",
        "drops": "INSERT",
        **CATALOG,
        **RECONCILING,
        "referral_pairs": "INSERT UPDATE",
        "referral_visits": "DELETE",
        "order_cases": "UPDATE(answer,looked,looked_at,looked_by,supplier_said,words)",
        "gifts": "UPDATE(to_words)",
        "location_notes": "DELETE",
        **dict.fromkeys(("link_holders", "member_sessions", "card_uses", "card_tries"), "DELETE"),
        **dict.fromkeys(
            ("member_passkeys", "passkey_challenges", "diverted_messages", "own_words"), "DELETE"
        ),
        "consents": "INSERT",
        "member_keys": "INSERT DELETE",
        **dict.fromkeys(("standing_consents", "reach", "addresses", "suppressions"), "INSERT UPDATE DELETE"),
        "inapp": "INSERT UPDATE(corrected_at,recalled_at) DELETE",
        "erasures": "INSERT UPDATE(certificate,certificate_sha,done_at)",
        "slot_waits": "UPDATE(mail_id,offered_at,offered_until,settled_at,state)",
        **dict.fromkeys(("referral_codes", "referral_marks"), "INSERT"),
        "crm_accounts": "UPDATE(changed_at,state)",
        "crm_tokens": "UPDATE",
        **dict.fromkeys(("crm_cursors", "crm_backfills"), "INSERT UPDATE"),
        "crm_actions": "UPDATE DELETE",
        **dict.fromkeys(("writeback_lanes", "writeback_contacts"), "INSERT UPDATE"),
        "writeback_events": "INSERT UPDATE DELETE",
        "writeback_batches": "INSERT DELETE",
        "webhook_endpoints": "UPDATE(reason,state)",
        "webhook_health": "INSERT UPDATE",
        "webhook_deliveries": "INSERT UPDATE DELETE",
        "webhook_attempts": "INSERT DELETE",
        "replays": "INSERT UPDATE",
        "replay_members": "INSERT",
        **dict.fromkeys(("draws", "events", "hold_lots", "top_ups", "budget_periods"), "INSERT"),
        "messages": "INSERT UPDATE(opened_at,reason,state)",
        **dict.fromkeys(("message_attempts", "channel_lanes"), "INSERT UPDATE"),
        "message_notices": "UPDATE(taken_at) DELETE",
        **dict.fromkeys(("rates", "revisions", "signatures", "seals", "anchors", "control_runs"), "INSERT"),
        **dict.fromkeys(("intake_counts", "members", "member_ids", "accounts"), "INSERT UPDATE"),
        **dict.fromkeys(("persons", "errands", "departures"), "INSERT UPDATE DELETE"),
        "twins": "INSERT UPDATE(shared,state) DELETE",
        "happenings": "INSERT DELETE",
        **dict.fromkeys(("allowances", "holds", "rewards", "rollups", "event_rollups"), "INSERT UPDATE"),
        **dict.fromkeys(("delays", "budget_nodes", "alarms", "requests", "people"), "INSERT UPDATE"),
        **dict.fromkeys(("grants", "stand_ins", "person_members"), "INSERT UPDATE"),
        "report_schedules": "UPDATE(next_at)",
        "report_sendings": "INSERT UPDATE(ended_at,next_at,state,tries,why)",
        "invitations": "UPDATE(ends_at,fault,link_sha,next_at,state,tries)",
        **dict.fromkeys(("inbox", "workers", "outbox", "api_answers"), "INSERT UPDATE DELETE"),
        **dict.fromkeys(("waiting", "reversals_waiting"), "INSERT DELETE"),
        "lanes": "UPDATE",
        "quarantine": "INSERT UPDATE(settled_as,settled_at,settled_by,settled_for)",
        "orders": "INSERT UPDATE(canceled_at)",
        "order_reversals": "INSERT UPDATE(came_to,settled_at)",
        "codes": "INSERT UPDATE(expires_at,state,used_at)",
        **dict.fromkeys(("fulfillments", "supplier_attempts", "supplier_lanes"), "INSERT UPDATE"),
        "supplier_notices": "INSERT UPDATE DELETE",
        "catalog_pulls": "INSERT UPDATE DELETE",
        "catalog_pictures": "INSERT UPDATE DELETE",
    },
    "web": {
        **dict.fromkeys(
            ("program_versions", "audit", "event_keys", "deliveries", "inbox", "transfers", "announcements"),
            "INSERT",
        ),
        **dict.fromkeys(("draws", "events", "hold_lots", "revisions", "signatures"), "INSERT"),
        **dict.fromkeys(("order_parts", "order_balances"), "INSERT"),
        **dict.fromkeys(("intake_counts", "accounts", "allowances", "holds", "rollups"), "INSERT UPDATE"),
        **dict.fromkeys(("event_rollups", "delays", "requests", "people", "grants"), "INSERT UPDATE"),
        **dict.fromkeys(("market_days", "rewarded_members"), "INSERT UPDATE"),
        **dict.fromkeys(("stand_ins", "person_members", "person_personas"), "INSERT UPDATE"),
        "report_schedules": (
            "INSERT UPDATE(at_hour,ended_at,every,formats,language,next_at,on_day,only_location,only_market,"
            "report,zone)"
        ),
        "saved_views": "INSERT UPDATE(saved_at,terms) DELETE",
        "invitations": "INSERT UPDATE(closed_at,fault,next_at,state)",
        "programs": "INSERT UPDATE(announced_to)",
        "order_reversals": "UPDATE(came_to,settled_at)",
        "errands": "UPDATE(next_at)",
        "old_deliveries": "INSERT",
        "drops": "INSERT",
        **CATALOG,
        **RECONCILING,
        "referral_codes": "INSERT UPDATE(visits)",
        "referral_visits": "INSERT",
        "order_cases": (
            "INSERT UPDATE(answer,answered_at,answered_by,looked,looked_at,looked_by,settled_at,state,"
            "supplier_said)"
        ),
        "outbox": "INSERT",
        "messages": "UPDATE(opened_at,state)",
        "message_notices": "INSERT",
        "imports": "INSERT UPDATE(body,confirmed_at,confirmed_by,ended_at,state)",
        "import_refusals": "INSERT",
        "broadcasts": (
            "INSERT UPDATE(checked_at,ended_at,moved_to,paused_at,resumes_at,started_at,started_by,starts_at,"
            "state,walked_at,walked_to)"
        ),
        "referral_pairs": "UPDATE(settled_at,settled_by,settled_for,state,told_at)",
        "referral_marks": "INSERT",
        **dict.fromkeys(("crm_accounts", "crm_backfills", "crm_actions"), "INSERT UPDATE"),
        "crm_tokens": "INSERT UPDATE DELETE",
        "writeback_lanes": "UPDATE(hold_until)",
        "writeback_contacts": (
            "UPDATE(attempts,differed,next_at,reason,refused,settled_at,singly,stale,state,waiting_since,written)"
        ),
        "writeback_events": "UPDATE(attempts,next_at,reason,settled_at,state)",
        "webhook_endpoints": "INSERT UPDATE",
        "webhook_health": "INSERT UPDATE",
        "webhook_deliveries": "INSERT UPDATE(address,attempts,fence,next_at,settled_at,state)",
        "api_keys": "INSERT UPDATE(revoked_at)",
        "quarantine": "INSERT UPDATE(settled_as,settled_at,settled_by,settled_for)",
        "members": "UPDATE(language)",
        "twins": "UPDATE(settled_at,settled_by,settled_for,state,survivor_id)",
        "program_drafts": "INSERT UPDATE",
        **dict.fromkeys(("version_calloffs", "version_origins"), "INSERT"),
        "member_states": "INSERT",
        "replays": "INSERT UPDATE(fault,finished_at,state)",
        "rewards": "UPDATE(expires_at,held,redeemed_at,remaining,state)",
        "orders": "INSERT UPDATE(canceled_at)",
        "codes": "INSERT UPDATE(expires_at,issued_at,order_id,state,used_at)",
        "proofs": "INSERT UPDATE(proven_at,tries)",
        "link_holders": "INSERT UPDATE(bound_at,bound_hash)",
        "member_sessions": "INSERT UPDATE(seen_at) DELETE",
        "member_passkeys": "INSERT UPDATE(sign_count,used_at) DELETE",
        **dict.fromkeys(("card_uses", "passkey_challenges", "diverted_messages"), "INSERT DELETE"),
        "own_words": "INSERT UPDATE(instead_of,said_at)",
        "persons": "UPDATE(email,email_index,key,name,phone,phone_index)",
        "location_visits": "INSERT",
        "location_notes": "INSERT DELETE",
        "card_tries": "INSERT UPDATE(since,wrong)",
        **dict.fromkeys(("consents", "member_keys"), "INSERT"),
        **dict.fromkeys(("standing_consents", "reach", "addresses"), "INSERT UPDATE"),
        "inapp": "UPDATE(opened_at,seen_at)",
        "erasures": "INSERT(asked_at,asked_by,member_id,method,program_id)",
        "data_requests": (
            "INSERT(asked_on,came_by,kind,member_id,program_id,recorded_at,recorded_by)"
            " UPDATE(closed_at,closed_by,outcome,proof)"
        ),
        "gifts": "INSERT UPDATE(bound_hash,canceled_at,order_id,taken_at)",
        "slot_waits": "INSERT UPDATE(offered_at,offered_until,settled_at,state)",
        "pool_marks": "INSERT UPDATE",
        "fulfillments": (
            "INSERT UPDATE(claimed_until,fence,next_at,opened_at,ordered_at,reason,settled_at,state,supplier,"
            "taken_by,taken_until,tries)"
        ),
        "supplier_attempts": (
            "INSERT UPDATE(absences,answered_at,asked_at,asks,doubted,reason,said,state,their_id)"
        ),
        "supplier_lanes": "INSERT(program_id,supplier)"
        " UPDATE(failing_since,failures,filled_at,reason,rests_until,shut_at,tokens)",
        "supplier_notices": "INSERT UPDATE(noted_at)",
        "catalog_pulls": "INSERT UPDATE(asked_by,next_at)",
        "alarms": "UPDATE(settled_at)",
        "api_answers": "INSERT UPDATE DELETE",
    },
}


def granted(role: str, table: str) -> set[str]:
    """The words of a role for a table."""
    return set(GRANTED[role].get(table, "").split())
