"""What each constraint and trigger refuses: a statement that nothing else would stand against."""

from tests.store.stopped import (
    DATA_CLOSED,
    OF_BROADCASTS,
    OF_DATA_REQUESTS,
    OF_IMPORTS,
    OF_INVITATIONS,
    OF_LOCATIONS,
    OF_REPORTS,
    OF_SAVED_VIEWS,
    OF_THE_APP,
    TOLD_OF_LOCATIONS,
)
from tests.store.summed import SUMMED

_ORDER = "insert into orders (program_id, member_id, id, reward_id, item, unit, value, device, placed_at)"
_TRANSFER = (
    "insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit, amount,"
    " happened_at, recorded_at)"
)
_REVISION = (
    "insert into revisions (program_id, request_id, revision, maker, beneficiary, content, content_sha,"
    " recorded_at)"
)
_SIGNATURE = (
    "insert into signatures (program_id, request_id, revision, person, instead_of, signer_member, role, rung,"
    " verdict, maker, beneficiary, content_sha, signed_at) select program_id, request_id, revision,"
)
_ITEM_AGAIN = (
    "insert into catalog_items (program_id, id, category, kind, delivery, markets, currency, denominations,"
    " names, supplier, generation, content_hash, changed_at, key, feed, sku) select 1, 99, category, kind,"
    " delivery, markets, currency, denominations, names, supplier, generation, content_hash, changed_at,"
)
_SAYING = (
    "insert into consents values (1, 11, 2, 'offers', {}, {}, {}, 'm', 1, 'en', {}, '', null, now(), now())"
)
_WAIT = "insert into slot_waits (program_id, member_id, item_id, slot_id, asked_at)"

REFUSED: dict[str, str] = {
    # Value: never overspent, never owed and spendable at once, moved by whole positive amounts.
    "accounts_never_overspent": "update accounts set posted = -1, held = 0 where name = 'purse'",
    "accounts_held_not_negative": "update accounts set held = -1 where name = 'purse'",
    "accounts_pending_not_negative": "update accounts set pending = -1",
    "accounts_debt_not_negative": "update accounts set debt = -1, posted = held",
    "accounts_debt_paid_first": "update accounts set debt = 1 where name = 'purse'",
    "allowances_never_exceeded": "update allowances set used = ceiling + 1",
    "transfers_move_something": f"{_TRANSFER} values (1, 11, 9, 9, 'a', 'b', 'EUR', 0, now(), now())",
    "transfers_lead_elsewhere": f"{_TRANSFER} values (1, 11, 9, 9, 'a', 'a', 'EUR', 1, now(), now())",
    "draws_move_something": "insert into draws values (1, 11, 9, 9, 0, now())",
    "holds_hold_something": "update holds set amount = 0",
    "holds_capture_within": "update holds set captured = amount + 1",
    "holds_close_once": "update holds set closed_at = now()",
    "holds_known_before_expiry": (
        "update holds set state = 'expired', closed_at = now(), outcome_known = false"
    ),
    "holds_state_check": "update holds set state = 'lost', closed_at = now()",
    "hold_lots_hold_something": "update hold_lots set amount = 0",
    "segments_pass_check": "update segments set pass = 'lost'",
    # Rewards, orders, codes, messages.
    "rewards_give_something": "update rewards set value = 0, remaining = 0, state = 'expired'",
    "rewards_remaining_within": "update rewards set remaining = value + 1",
    "rewards_held_within": "update rewards set held = remaining + 1",
    "rewards_reversed_within": "update rewards set reversed = value + 1",
    "rewards_open_while_something_remains": "update rewards set remaining = 0",
    "rewards_pending_are_not_held": "update rewards set state = 'pending', held = 1",
    "rewards_redeemed_once": "update rewards set state = 'redeemed', remaining = 0",
    "rewards_state_check": "update rewards set state = 'lost', remaining = 0",
    "reminder_progress_goes_on": "update reminder_progress set doing_to = done_to",
    **OF_BROADCASTS,
    **OF_DATA_REQUESTS,
    **OF_IMPORTS,
    **OF_REPORTS,
    **OF_SAVED_VIEWS,
    "orders_value_check": f"{_ORDER} values (1, 11, 9, 9, 'i', 'EUR', 0, 'phone', now())",
    "orders_device_check": f"{_ORDER} values (1, 11, 9, 9, 'i', 'EUR', 1, 'mind', now())",
    "codes_value_check": "update codes set value = 0",
    "codes_state_check": "update codes set state = 'lost'",
    "codes_belong_to_an_order": "update codes set state = 'issued'",
    "codes_know_when": "update codes set state = 'void', issued_at = now()",
    "codes_are_good_when_issued": "update codes set state = 'void', order_id = 1, issued_at = expires_at",
    "codes_program_id_code_index_key": (
        "insert into codes (program_id, item, unit, value, code_index, code) values (1,'j','EUR',1,'x','z')"
    ),
    "codes_program_id_order_id_key": (
        "insert into codes (program_id, item, unit, value, code_index, code, state, order_id, issued_at)"
        " select 1, 'j', 'EUR', 1, i::text::bytea, 'z', 'issued', 7, now() from generate_series(1, 2) i"
    ),
    "fulfillments_state_check": (
        "insert into fulfillments (program_id, member_id, order_id, supplier, state, chosen_at)"
        " values (1, 11, 9, 's', 'lost', now())"
    ),
    "fulfillments_are_worth_something": "update fulfillments set currency = 'EUR', face_minor = 0",
    "fulfillments_have_a_currency": "update fulfillments set currency = 'EUR'",
    "fulfillments_settle": "update fulfillments set state = 'canceled', next_at = null",
    "fulfillments_rest_when_settled": "update fulfillments set state = 'canceled', settled_at = now()",
    "fulfillments_are_claimed_for_a_while": "update fulfillments set fence = gen_random_uuid()",
    "fulfillments_are_taken_for_a_while": "update fulfillments set taken_by = 'per_a'",
    "fulfillments_by_order": (
        "insert into fulfillments (program_id, member_id, order_id, supplier, state, chosen_at)"
        " values (1, 12, 11, 's', 'reserved', now())"
    ),
    "order_parts_are_something": "update order_parts set amount = 0",
    "order_balances_are_something": "update order_balances set amount = 0",
    "order_reversals_are_something": "update order_reversals set amount = 0",
    "order_reversals_if_spent_check": "update order_reversals set if_spent = 'never'",
    "order_reversals_came_to_check": "update order_reversals set settled_at = now(), came_to = 'lost'",
    "order_reversals_come_to_something": "update order_reversals set settled_at = now()",
    "supplier_attempts_state_check": "update supplier_attempts set state = 'lost'",
    "supplier_attempts_count_up": (
        "insert into supplier_attempts (program_id, member_id, order_id, attempt, supplier, sku, key, state,"
        " first_asked_at, asked_at) values (1, 11, 77, 0, 's', 'sku', 'k', 'sent', now(), now())"
    ),
    "supplier_attempts_end_by_an_answer": "update supplier_attempts set state = 'done'",
    "supplier_attempts_have_one_key": (
        "insert into supplier_attempts (program_id, member_id, order_id, attempt, supplier, sku, key, state,"
        " first_asked_at, asked_at) values (1, 11, 77, 1, 's', 'sku', 'ord_11-1', 'sent', now(), now())"
    ),
    "supplier_attempts_one_at_a_time": (
        "insert into supplier_attempts (program_id, member_id, order_id, attempt, supplier, sku, key, state,"
        " first_asked_at, asked_at) values (1, 11, 11, 2, 'second', 'sku', 'k', 'sent', now(), now())"
    ),
    "supplier_lanes_fail_since_then": "update supplier_lanes set failures = 1",
    "messages_state_check": "update messages set state = 'lost'",
    # Budgets.
    "budget_nodes_are_not_their_own_parent": "update budget_nodes set parent = name",
    "budget_nodes_hold_no_debt": "update budget_nodes set allocated = -1, moved = -1",
    "budget_nodes_add_up": "update budget_nodes set allocated = allocated + 1",
    "budget_nodes_open_once": (
        "insert into budget_nodes (program_id, name, unit, budget, period)"
        " select program_id, name, 'GOLD', budget, period from budget_nodes limit 1"
    ),
    "budget_periods_move_forward": "update budget_periods set returned = -1",
    "top_ups_move_something": "update top_ups set amount = 0",
    "rates_are_positive": "update rates set rate = 0",
    "rates_lead_elsewhere": "update rates set quote = base",
    "alarms_are_said_once": (
        "insert into alarms (program_id, kind, subject, mark, raised_at)"
        " select program_id, kind, subject, mark, now() from alarms"
    ),
    # Requests and signatures.
    "requests_kind_check": "update requests set kind = 'wish'",
    "requests_state_check": "update requests set state = 'lost'",
    "requests_close_once": "update requests set closed_at = now()",
    "revisions_content_sha_check": f"{_REVISION} values (1, 11, 2, 'per_a', 0, '{{}}', 'short', now())",
    "signatures_are_over_what_was_asked": (
        f"{_SIGNATURE} 'per_c', null, -1, role, rung, verdict, maker, beneficiary, sha256('other'), now()"
        " from signatures"
    ),
    "signatures_are_not_the_makers": (
        f"{_SIGNATURE} maker, null, -1, role, rung, verdict, maker, beneficiary, content_sha, now()"
        " from signatures"
    ),
    "signatures_are_not_the_beneficiarys": (
        f"{_SIGNATURE} 'per_c', null, beneficiary, role, rung, verdict, maker, beneficiary, content_sha,"
        " now() from signatures"
    ),
    "signatures_speak_once": (
        f"{_SIGNATURE} 'per_c', person, -1, role, rung, verdict, maker, beneficiary, content_sha, now()"
        " from signatures"
    ),
    "signatures_verdict_check": (
        f"{_SIGNATURE} 'per_c', null, -1, role, rung, 'maybe', maker, beneficiary, content_sha, now()"
        " from signatures"
    ),
    # People.
    **OF_INVITATIONS,
    # Proof.
    "seals_cover_something": (
        "insert into seals values (1, 2, 1, 1, '1', 1, 0, sha256('r'), sha256('p'), 1, now())"
    ),
    "seals_root_check": "insert into seals values (1, 2, 1, 1, '1', 1, 1, 'short', sha256('p'), 1, now())",
    "seals_previous_check": (
        "insert into seals values (1, 2, 1, 1, '1', 1, 1, sha256('r'), 'short', 1, now())"
    ),
    "anchors_root_check": "insert into anchors values (1, 2, now(), 1, 'short', sha256('s'), now())",
    "anchors_seal_check": "insert into anchors values (1, 2, now(), 1, sha256('r'), 'short', now())",
    "anchors_are_hourly": (
        "insert into anchors select program_id, 2, hour, total_rows, root, seal, now() from anchors"
    ),
    "api_answers_request_sha_check": "update api_answers set request_sha = 'short'",
    "api_answers_are_whole": "update api_answers set status = 200",
    # Programs, keys, intake, figures.
    "programs_key_check": "insert into programs (key, created_at) values ('', now())",
    "programs_key_key": "insert into programs (key, created_at) values ('p1', now())",
    "program_versions_version_check": (
        "insert into program_versions values (1, 0, '{}', 's', now(), now(), 'x')"
    ),
    "program_versions_begin_later": (
        "insert into program_versions values (1, 3, '{}', 's', now() - interval '1 day', now(), 'x')"
    ),
    "replays_state_check": "update replays set state = 'lost'",
    "replays_look_back": "update replays set since = until",
    "replays_say_what_they_found": "update replays set state = 'done'",
    "replays_once_at_a_time": (
        "insert into replays (program_id, title, bundle, sha, since, until, asked_by, asked_at)"
        " select program_id, title, bundle, sha, since, until, asked_by, asked_at from replays"
    ),
    "webhook_endpoints_state_check": "update webhook_endpoints set state = 'lost'",
    "webhook_endpoints_keep_two_secrets": "update webhook_endpoints set previous_secret = 'x'",
    "webhook_endpoints_are_removed_disabled": "update webhook_endpoints set removed_at = now()",
    "webhook_health_fails_since_then": "update webhook_health set failures = 1",
    "webhook_deliveries_state_check": ("update webhook_deliveries set state = 'lost', settled_at = now()"),
    "webhook_deliveries_are_small": "update webhook_deliveries set payload = repeat('x', 20000)",
    "webhook_deliveries_settle": "update webhook_deliveries set state = 'dead'",
    "drops_have_a_sha": "update drops set sha = ''::bytea",
    "drops_account_for_every_row": "update drops set accepted = accepted + 1",
    "webhook_attempts_keep_little": "update webhook_attempts set answer = repeat('x', 513)::bytea",
    # How long it took.
    "delivery_marks_kind_check": "update delivery_marks set kind = 'gift'",
    "delivery_marks_state_check": "update delivery_marks set state = 'lost'",
    "delivery_marks_lead_somewhen": "update delivery_marks set lead_minutes = 5",
    "delivery_marks_know_their_order": "update delivery_marks set chosen_at = now()",
    "delivery_marks_end_once": "update delivery_marks set ended_at = now()",
    "delivery_marks_count_what_ended": "update delivery_marks set state = 'open', counted = true",
    "delivery_marks_open_what_came": "update delivery_marks set opened_at = now()",
    "delivery_marks_count_what_was_opened": "update delivery_marks set used_counted = true",
    "delivery_counts_measure_check": "update delivery_counts set measure = 'age'",
    "delivery_counts_ended_check": "update delivery_counts set ended = 'lost'",
    "delivery_counts_kept_check": "update delivery_counts set kept = 4",
    "delivery_counts_class_check": "update delivery_counts set class = -1",
    "delivery_counts_n_check": "update delivery_counts set n = -1",
    "delivery_places_measure_check": "update delivery_places set measure = 'age'",
    "delivery_places_are_somewhere": "update delivery_places set location = ''",
    **OF_LOCATIONS,
    "delivery_places_count_something": "update delivery_places set never = -1",
    "old_deliveries_have_a_key": "update old_deliveries set key = 'x'",
    "old_deliveries_come_after_they_are_asked": (
        "update old_deliveries set delivered_on = requested_on - interval '1 day'"
    ),
    # Asked for once more.
    "proofs_last": "update proofs set expires_at = sent_at",
    "proofs_allow_few_tries": "update proofs set tries = 6",
    "proofs_take_a_try": "update proofs set proven_at = sent_at",
    "inapp_once": (
        "insert into inapp (program_id, member_id, position, id, event_id, message, version, created_at)"
        " select program_id, member_id, 2, id, event_id, message, version, created_at from inapp"
        " where program_id = 1 and member_id = 11"
    ),
    "inapp_counts_from_one": "update inapp set position = 0",
    "inapp_opened_was_seen": "update inapp set opened_at = created_at",
    **OF_THE_APP,
    "link_holders_keep_hashes": "update link_holders set bound_hash = 'short'",
    # Over which channels messages went.
    "message_attempts_state_check": "update message_attempts set state = 'lost'",
    "message_attempts_begin_on_a_ground": "update message_attempts set begun_at = now()",
    "message_notices_say_one_thing": "update message_notices set keyword = 'stop'",
    # What members said of messages.
    "consents_channel_check": _SAYING.format("'fax'", "'given'", "'page'", "null"),
    "consents_what_check": _SAYING.format("'email'", "'maybe'", "'page'", "null"),
    "consents_method_check": _SAYING.format("'email'", "'given'", "'rumor'", "null"),
    "consents_keep_hashes": _SAYING.format("'email'", "'given'", "'page'", "'short'"),
    "standing_consents_state_check": "update standing_consents set state = 'maybe'",
    "addresses_channel_check": "update addresses set channel = 'fax'",
    "addresses_mark_check": "update addresses set mark = 'short'",
    "addresses_state_check": "update addresses set state = 'lost', retired_at = now()",
    "addresses_retire_once": "update addresses set state = 'retired'",
    "addresses_once": (
        "insert into addresses (program_id, member_id, id, channel, provider, sealed, mark, added_at)"
        " select program_id, member_id, 2, channel, provider, sealed, mark, now() from addresses"
    ),
    "suppressions_mark_check": "update suppressions set mark = 'short'",
    "suppressions_reason_check": "update suppressions set reason = 'mood'",
    # Given away.
    "gifts_have_a_link_of_their_own": (
        "insert into gifts (program_id, member_id, id, reward_id, token_hash, made_at, expires_at)"
        " select 1, 11, 2, 2, token_hash, made_at, expires_at from gifts"
        " where program_id = 1 and member_id = 11"
    ),
    "gifts_keep_hashes": "update gifts set token_hash = '\\x00'",
    "gifts_last": "update gifts set expires_at = made_at",
    "gifts_are_taken_by_somebody": "update gifts set taken_at = made_at",
    "gifts_are_taken_in_time": "update gifts set taken_at = expires_at, bound_hash = token_hash",
    "gifts_are_taken_or_canceled": (
        "update gifts set taken_at = made_at, bound_hash = token_hash, canceled_at = made_at"
    ),
    "gifts_are_used_by_whoever_took_them": "update gifts set order_id = 1",
    "gifts_once": (
        "insert into gifts (program_id, member_id, id, reward_id, token_hash, made_at, expires_at)"
        " select 1, 11, 2, reward_id, sha256('x'), made_at, expires_at from gifts"
        " where program_id = 1 and member_id = 11"
    ),
    # What does not work.
    "order_cases_what_check": "update order_cases set what = 'ugly'",
    "order_cases_state_check": "update order_cases set state = 'lost'",
    "order_cases_are_answered_by_somebody": "update order_cases set state = 'answered'",
    "order_cases_are_looked_at_by_somebody": "update order_cases set looked_at = now()",
    "order_cases_settle_once": "update order_cases set settled_at = now()",
    "order_cases_open_once": (
        "insert into order_cases (program_id, member_id, id, order_id, what, opened_at)"
        " values (1, 11, 2, 1, 'other', now())"
    ),
    # The catalog, as it is looked through.
    "shelf_numbers_count_up": "update shelf_numbers set next_no = -1",
    "shelf_racks_are_once": (
        "insert into shelf_racks select program_id, 9, category, kind, brand, delivery, 1, 1 from shelf_racks"
    ),
    "shelf_stock_check": "update shelf set stock = 'perhaps'",
    "shelf_by_number": (
        "insert into shelf (program_id, market, item_id, no, crate, maker, lead_minutes, fame, new_at,"
        " visible_from, visible_to, stock) select program_id, market, 9, no, crate, maker, lead_minutes,"
        " fame, new_at, visible_from, visible_to, stock from shelf"
    ),
    "shelf_words_list_numbers": "update shelf_words set nos = 'a'",
    # Reconciling.
    "supplier_statements_source_check": "update supplier_statements set source = 'heard'",
    "supplier_statements_state_check": "update supplier_statements set state = 'lost', ended_at = now()",
    "supplier_statements_are_of_some_time": "update supplier_statements set until = since",
    "supplier_statements_end": "update supplier_statements set state = 'read'",
    "supplier_statements_one_at_a_time": (
        "insert into supplier_statements (program_id, supplier, source, since, until, by, taken_at, beat_at)"
        " values (1, 's', 'file', '2020-01-01', now(), 'per_b', now(), now())"
    ),
    "statement_lines_state_check": "update statement_lines set state = 'lost'",
    "statement_lines_are_amounts": "update statement_lines set cost_minor = -1",
    "order_differences_kind_check": "update order_differences set kind = 'odd'",
    "order_differences_state_check": "update order_differences set state = 'lost', settled_at = now()",
    "order_differences_done_check": "update order_differences set done = 'nothing'",
    "order_differences_settle": "update order_differences set settled_at = now()",
    "order_differences_settle_for_a_reason": (
        "update order_differences set state = 'settled', settled_at = now(), settled_by = 'per_a'"
    ),
    "order_differences_are_amounts": "update order_differences set stake_minor = -1",
    "order_differences_open_once": (
        "insert into order_differences (program_id, supplier, kind, subject, currency, stake_minor, at,"
        " statement_id, found_at) values (1, 's', 'not_with_us', '7', 'EUR', 1, now(), 1, now())"
    ),
    "supplier_credits_state_check": "update supplier_credits set state = 'gone', settled_at = now()",
    "supplier_credits_settle": "update supplier_credits set settled_at = now()",
    "supplier_credits_are_received_by_amount": "update supplier_credits set received_minor = 1",
    "supplier_credits_are_amounts": "update supplier_credits set expected_minor = -1",
    "supplier_credits_once": (
        "insert into supplier_credits (program_id, supplier, their_id, by, expected_at)"
        " values (1, 's', '7', 'per_b', now())"
    ),
    # The catalog.
    "catalog_feeds_are_keyed": "update catalog_feeds set key = 'My Feed'",
    "catalog_feeds_state_check": "update catalog_feeds set state = 'lost'",
    "catalog_feeds_count_up": "update catalog_feeds set items = -1",
    "catalog_syncs_kind_check": "update catalog_syncs set kind = 'half'",
    "catalog_syncs_state_check": "update catalog_syncs set state = 'lost', ended_at = now()",
    "catalog_syncs_count_every_row": "update catalog_syncs set found = 2, new = 1",
    "catalog_syncs_end_once": "update catalog_syncs set state = 'applied'",
    "catalog_syncs_say_why": "update catalog_syncs set state = 'dropped', ended_at = now()",
    "catalog_syncs_one_at_a_time": (
        "insert into catalog_syncs (program_id, feed, kind, base, by, started_at, beat_at)"
        " values (1, 'main', 'delta', 0, 'per_b', now(), now())"
    ),
    "catalog_staged_what_check": "update catalog_staged set what = 'same'",
    "catalog_staged_speak_of_what_is_wrong": 'update catalog_staged set said = \'{"field": "id"}\'',
    "catalog_staged_say_what_is_wrong": "update catalog_staged set what = 'wrong'",
    "catalog_pulls_why_check": "update catalog_pulls set why = 'rain', tries = 1",
    "catalog_pulls_try_again": "update catalog_pulls set tries = 1",
    "catalog_syncs_leave_some_out": "update catalog_syncs set elsewhere = -1",
    "catalog_syncs_count_pictures": "update catalog_syncs set pictures_left = -1",
    "catalog_pictures_address_fits": "update catalog_pictures set address = repeat('a', 2049)",
    "catalog_pictures_come_or_say_why": "update catalog_pictures set image = null",
    "catalog_pictures_speak_of_why": "update catalog_pictures set said = '{\"most\": 1}'",
    "catalog_pictures_try_again": "update catalog_pictures set tries = 1",
    "catalog_items_have_one_key": f"{_ITEM_AGAIN} 'main:x', 'main', 'y' from catalog_items i limit 1",
    "catalog_items_of_a_feed_once": f"{_ITEM_AGAIN} 'main:y', 'main', 'x' from catalog_items i limit 1",
    "catalog_items_key_fits": "update catalog_items set key = repeat('k', 121)",
    "catalog_items_kind_check": "update catalog_items set kind = 'thing'",
    "catalog_items_delivery_check": "update catalog_items set delivery = 'owl'",
    "catalog_items_lead_somewhen": "update catalog_items set lead_minutes = -1",
    "catalog_items_are_somewhere": "update catalog_items set markets = '{}'",
    "catalog_items_have_a_price": "update catalog_items set denominations = '{}'",
    "catalog_items_money_has_a_currency": "update catalog_items set currency = null",
    "catalog_items_range_or_denominations": (
        "update catalog_items set range_min = 1, range_max = 2, range_step = 1"
    ),
    "catalog_items_range_is_whole": "update catalog_items set range_max = 2",
    "catalog_items_give_something": "update catalog_items set denominations = '{2500,0}'",
    "catalog_items_have_english": 'update catalog_items set names = \'{"de": "X"}\'',
    "catalog_items_have_a_hash": "update catalog_items set content_hash = ''::bytea",
    "catalog_items_are_hidden_for_something": "update catalog_items set hidden_at = now()",
    "catalog_offers_are_of_an_item": "update catalog_offers set item_id = 2",
    "catalog_offers_cost_something": "update catalog_offers set cost_bp = -1",
    "catalog_offers_need_what_is_known": "update catalog_offers set needs = '{birthday}'",
    "catalog_offers_are_of_some": "update catalog_offers set quantity_max = 0",
    "catalog_slots_are_of_an_item": (
        "insert into catalog_slots (program_id, item_id, id, ref, capacity) values (1, 2, 9, '', 5)"
    ),
    "catalog_slots_count_who_waits": "update catalog_slots set waiting = -1",
    # Who waits for a place, and from how few codes on somebody is told.
    "slot_waits_state_check": (
        "insert into slot_waits (program_id, member_id, item_id, slot_id, state, asked_at, settled_at)"
        " values (1, 77, 1, 1, 'lost', now(), now())"
    ),
    "slot_waits_are_for_a_slot": f"{_WAIT} values (1, 77, 1, 9, now())",
    "slot_waits_are_offered_for_a_while": "update slot_waits set offered_at = now()",
    "slot_waits_settle": "update slot_waits set settled_at = now()",
    "slot_waits_once": f"{_WAIT} values (1, 11, 1, 1, now())",
    "pool_marks_are_counts": "update pool_marks set low = -1",
    "catalog_slots_are_never_oversold": "update catalog_slots set taken = capacity + 1",
    "catalog_slots_end_after_they_start": (
        "update catalog_slots set starts_at = now(), ends_at = now() - interval '1 hour'"
    ),
    "catalog_images_type_check": "update catalog_images set type = 'text/html'",
    "catalog_images_are_what_they_are_called": "update catalog_images set hash = 'x'",
    "catalog_images_are_small": (
        "insert into catalog_images select 1, encode(sha256(b), 'hex'), 'image/png', b, now()"
        " from (select decode(repeat('00', 524289), 'hex') as b) as big"
    ),
    "referral_codes_are_one_member_s": "update referral_codes set code = 'ABCDEFGH77'",
    "referral_codes_are_long": "update referral_codes set code = 'ABCDEFGH' where member_id = 11",
    "referral_codes_count_up": "update referral_codes set visits = -1",
    "referral_visits_keep_a_hash": "update referral_visits set visitor = '10.0.0.1'",
    "referral_pairs_state_check": "update referral_pairs set state = 'lost'",
    "referral_pairs_are_once": "update referral_pairs set id = 77, scheme = scheme || member_id",
    "referral_pairs_are_of_two": "update referral_pairs set referrer_id = null",
    "referral_pairs_say_why": "update referral_pairs set state = 'refused'",
    "referral_pairs_qualify_by_something": (
        "update referral_pairs set state = 'held', reasons = '{same_device}'"
    ),
    "referral_pairs_are_told": (
        "update referral_pairs set state = 'qualified', qualified_at = now(), qualified_by = 1"
    ),
    "referral_pairs_are_told_no_other": "update referral_pairs set told_at = now()",
    "referral_pairs_take_back_what_was_told": "update referral_pairs set untold_at = now()",
    "referral_pairs_settle_by_somebody": "update referral_pairs set settled_by = 'per_a'",
    "referral_pairs_release_by_somebody": (
        "update referral_pairs set state = 'released', qualified_at = now(), qualified_by = 1,"
        " told_at = now()"
    ),
    "referral_pairs_first_wins": (
        "insert into referral_pairs (program_id, member_id, id, scheme, code, referrer_id, source,"
        " external_id, state, claimed_at, recorded_at)"
        " values (1, 11, 78, 'friends', 'ABCDEFGH98', 98, 's', '11', 'claimed', now(), now())"
    ),
    "referral_marks_kind_check": "update referral_marks set kind = 'name'",
    "referral_marks_keep_a_hash": "update referral_marks set mark = '10.0.0.1'",
    "twins_have_a_person": "update twins set one_id = 7",
    "twins_have_another": "update twins set other_id = 77",
    "twins_are_two": "update twins set one_id = 12, other_id = 11",
    "twins_share_something": "update twins set shared = '{name}'",
    "twins_state_check": "update twins set state = 'lost', settled_by = 'per_a', settled_at = now()",
    "twins_settle_by_somebody": "update twins set settled_by = 'per_a'",
    "twins_part_for_a_reason": (
        "update twins set state = 'apart', settled_by = 'per_a', settled_at = now(), settled_for = ''"
    ),
    "twins_join_into_one_of_them": "update twins set survivor_id = 11",
    "errands_kind_check": "update errands set kind = 'company'",
    "errands_step_check": "update errands set step = 'write'",
    "errands_of_events_know_where": "update errands set event_id = 7",
    "departures_kind_check": "update departures set kind = 'moved'",
    "crm_accounts_kind_check": "update crm_accounts set kind = 'lost'",
    "crm_accounts_state_check": "update crm_accounts set state = 'lost'",
    "crm_tokens_end_and_are_made_new": "update crm_tokens set expires_at = now()",
    "crm_backfills_state_check": "update crm_backfills set state = 'lost', settled_at = now()",
    "crm_backfills_settle": "update crm_backfills set state = 'done'",
    "crm_backfills_part_check": "update crm_backfills set part = 'companies', events_since = now()",
    "crm_backfills_read_deals_for_events": "update crm_backfills set part = 'deals'",
    "crm_actions_state_check": "update crm_actions set state = 'lost', settled_at = now()",
    "crm_actions_settle": "update crm_actions set state = 'done'",
    "writeback_lanes_fail_since_then": "update writeback_lanes set failures = 1",
    "writeback_lanes_send_something": "update writeback_lanes set contacts_max = 0",
    "writeback_lanes_check_something": "update writeback_lanes set checks_max = 0",
    "writeback_contacts_state_check": "update writeback_contacts set state = 'lost'",
    "writeback_contacts_check_then": "update writeback_contacts set state = 'checking'",
    "writeback_contacts_wait_since_then": "update writeback_contacts set waiting_since = null",
    "writeback_events_state_check": "update writeback_events set state = 'lost', settled_at = now()",
    "writeback_events_settle": "update writeback_events set state = 'written'",
    "quarantine_settled_as_check": (
        "update quarantine set settled_at = now(), settled_as = 'lost', settled_by = 'x'"
    ),
    "quarantine_settles_by_somebody": "update quarantine set settled_at = now(), settled_as = 'retried'",
    "quarantine_puts_away_for_a_reason": (
        "update quarantine set settled_at = now(), settled_as = 'put_away', settled_by = 'x'"
    ),
    "program_drafts_edition_check": "update program_drafts set edition = 0",
    "version_origins_are_one": "insert into version_origins values (1, 2, 10, 1)",
    "api_keys_secret_sha_check": "update api_keys set secret_sha = 'short'",
    "api_keys_have_known_scopes": "update api_keys set scopes = '{write:events,write:all}'",
    "api_keys_name_their_place": "update api_keys set scopes = '{read:audit}', source = '', for_market = ''",
    "api_keys_of_events_have_a_source": "update api_keys set source = ''",
    "api_keys_of_events_have_no_place": "update api_keys set for_location = 'de-kiel'",
    "intake_counts_n_check": "update intake_counts set n = -1",
    "delays_stage_check": "update delays set stage = 'never'",
}

# A key that holds the primary key and more is there for a reference to it, and goes with that.
WIDER_THAN_THE_PRIMARY_KEY = {
    "revisions_program_id_request_id_revision_maker_beneficiary__key": "signatures_are_over_what_was_asked",
}

_WATCHING = (
    "select set_config('guerdon.program_id', '1', true); update members set state = 7;"
    " update programs set watched = '{member.language}'"
)
_JOINING = (
    "insert into members (program_id, member_id, market, language, enrolled_at)"
    " values (1, 99, 'DE', 'en', now())"
)
_TOUCHES = "select count(*) from segment_touches where member_id = {}"
# What triggers write down by themselves: what was set before, the change, and what it adds a row to.
NOTED: dict[str, tuple[str, str, str]] = {
    "members_keep_states": (
        "update members set state = 7",
        "update members set language = 'de' where program_id = 1 and member_id = 11",
        "select count(*) from member_states where state = 7",
    ),
    "members_touch_segments": (
        _WATCHING,
        _JOINING,
        _TOUCHES.format(99),
    ),
    "members_touch_segments_again": (
        _WATCHING,
        "update members set language = 'de' where program_id = 1 and member_id = 11",
        _TOUCHES.format(11),
    ),
}

_ANNOUNCING = (
    "select set_config('guerdon.program_id', '1', true); update programs set announced_to = '{webhooks}'"
)
_EVENT = (
    "insert into events (program_id, member_id, id, type, source, external_id, market, version, outcome,"
    " decision, happened_at, recorded_at, decided_at)"
    " values (1, 11, 9, 't', 'c', 'x', 'DE', 1, 'earned', '{}', now(), now(), now())"
)
_ANNOUNCED = "select count(*) from announcements where member_id = {} and event_id = {}"
NOTED |= SUMMED | {
    **dict.fromkeys(
        ("events_find_announced", "events_are_announced"), (_ANNOUNCING, _EVENT, _ANNOUNCED.format(11, 9))
    ),
    **dict.fromkeys(
        ("members_find_announced", "members_are_announced"), (_ANNOUNCING, _JOINING, _ANNOUNCED.format(99, 0))
    ),
}

# Of these nothing is ever changed, not even by their owner.
ONLY_GROW = (
    *("transfers", "draws", "events", "audit", "program_versions"),
    *("revisions", "signatures", "seals", "anchors", "control_runs", "consents"),
    *("version_openings", "version_calloffs", "version_origins", "member_states", "erasures"),
)
CHANGES = {
    "update": "update {} set program_id = program_id",
    "delete": "delete from {}",
    "truncate": "truncate {} cascade",
}

# A change of each table (?) of which the audit must tell in the same commit.
TOLD: dict[str, str] = {
    **dict.fromkeys(
        (
            *("api_keys", "grants", "stand_ins", "person_members", "requests"),
            *("budget_nodes", "budget_periods", "rates", "orders", "holds"),
        ),
        "update ? set program_id = program_id",
    ),
    "invitations": "update invitations set state = state",
    "person_personas": "update person_personas set persona = persona",
    "report_schedules": "update report_schedules set report = report",
    "program_drafts": "update program_drafts set title = title",
    "version_openings": "insert into version_openings values (1, 2, now())",
    "version_calloffs": "insert into version_calloffs values (1, 8, 'per_a', 'early', '2000-01-01')",
    "version_origins": "insert into version_origins values (1, 2, 10, null)",
    "webhook_endpoints": "update webhook_endpoints set name = name",
    "crm_accounts": "update crm_accounts set portal = 2",
    "crm_backfills": "update crm_backfills set state = 'canceled', settled_at = now()",
    "quarantine": "update quarantine set detail = detail",
    "forgotten_members": "update forgotten_members set attributes = '{badge}'",
    "broadcasts": "update broadcasts set state = 'checking'",
    "imports": "update imports set state = 'dropped', ended_at = now(), body = null",
    "drops": (
        "insert into drops (program_id, drop, file, sha, rows, accepted, duplicates, quarantined, wrong,"
        " taken_by, taken_at) values (1, 'd', 'f', sha256('y'), 0, 0, 0, 0, 0, 'inbox', now())"
    ),
    "catalog_syncs": "update catalog_syncs set state = 'staged'",
    "catalog_items": "update catalog_items set hidden_at = now(), hidden_for = 'stale'",
    "referral_pairs": (
        "update referral_pairs set settled_by = 'per_a', settled_at = now(), settled_for = 'looked at'"
    ),
    "gifts": "update gifts set canceled_at = now()",
    "proofs": "update proofs set tries = 1",
    "link_holders": "update link_holders set bound_at = now()",
    "member_sessions": "insert into member_sessions values (1, 11, sha256('x'), 'phone', now(), now())",
    "member_passkeys": "insert into member_passkeys values (1, 11, sha256('y'), 'y', 'k', 0, '', 'n', now())",
    "own_words": "insert into own_words values (1, 11, 'phone', sha256('y'), now())",
    **TOLD_OF_LOCATIONS,
    "consents": _SAYING.format("'email'", "'given'", "'page'", "null"),
    "addresses": "update addresses set label = 'phone'",
    "erasures": ("update erasures set done_at = now(), certificate = '{}', certificate_sha = sha256('{}')"),
    "data_requests": DATA_CLOSED,
    "order_cases": "update order_cases set state = 'settled', settled_at = now()",
    "pool_marks": "update pool_marks set low = 7",
    **dict.fromkeys(("order_differences", "supplier_credits"), "update ? set state = state"),
    "twins": "update twins set state = 'apart', settled_by = 'per_a', settled_at = now(), settled_for = 'x'",
    "programs": "update programs set key = key || '_renamed'",
    "people": "update people set name = name",
    "program_versions": "insert into program_versions values (1, 2, '{}', 't', now(), now(), 'x')",
    "revisions": f"{_REVISION} values (1, 11, 2, 'per_a', 0, '{{}}', sha256('c'), now())",
    "signatures": (
        f"{_SIGNATURE} 'per_c', null, -1, role, rung, verdict, maker, beneficiary, content_sha, now()"
        " from signatures"
    ),
}
