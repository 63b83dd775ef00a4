"""What triggers refuse: what was done before, and the step after it that is none."""

_GRANT = "insert into grants (program_id, person_id, role, valid_from, granted_by, granted_at)"
_CODE = "update codes set state = 'issued', order_id = 1, issued_at = now() where program_id = 1"
_CLOSED_HOLD = "update holds set state = 'released', closed_at = now()"
DATA_CLOSED = "update data_requests set closed_at = now(), closed_by = 'per_a', outcome = 'refused'"
_CLOSED_REQUEST = "update requests set state = 'withdrawn', closed_at = now()"
# What triggers refuse: what was done before, what is refused then, and the words for it.
STOPPED: dict[str, tuple[str, str, str]] = {
    "codes_stay_issued": (_CODE, "update codes set order_id = 2 where program_id = 1", "stays there"),
    "fulfillments_go_their_way": (
        "update fulfillments set state = 'canceled', settled_at = now(), next_at = null",
        "update fulfillments set state = 'reserved', settled_at = null",
        "it does not become",
    ),
    "gifts_go_their_way": (
        "update gifts set canceled_at = now()",
        "update gifts set canceled_at = null",
        "taken back",
    ),
    "slot_waits_go_their_way": (
        "update slot_waits set state = 'left', settled_at = now()",
        "update slot_waits set state = 'waiting', settled_at = null",
        "it does not become",
    ),
    "supplier_attempts_begin": (
        "update supplier_attempts set state = 'absent'",
        (
            "insert into supplier_attempts (program_id, member_id, order_id, attempt, supplier, sku,"
            " key, state, first_asked_at, asked_at)"
            " values (1, 11, 11, 2, 's', 'sku', 'k', 'unknown', now(), now())"
        ),
        "does not become",
    ),
    "supplier_attempts_go_their_way": (
        "update supplier_attempts set state = 'absent'",
        "update supplier_attempts set state = 'pending'",
        "does not become",
    ),
    "invitations_stay_closed": (
        "update invitations set state = 'accepted', closed_at = now()",
        "update invitations set state = 'waiting', closed_at = null",
        "is closed and stays so",
    ),
    "report_sendings_stay_over": (
        "update report_sendings set state = 'sent', ended_at = now()",
        "update report_sendings set state = 'due', ended_at = null",
        "is over and stays so",
    ),
    "imports_stay_over": (
        "update imports set state = 'dropped', ended_at = now(), body = null",
        "update imports set state = 'tried', ended_at = null, body = 'x'",
        "is over and stays so",
    ),
    "holds_stay_closed": (_CLOSED_HOLD, "update holds set state = 'open', closed_at = null", "stays so"),
    "version_calloffs_in_time": (
        "select 1",
        "insert into version_calloffs values (1, 1, 'per_a', 'late', now())",
        "no scheduled one",
    ),
    "member_states_only_forget": (
        "select 1",
        "update member_states set attributes = '{\"badge\": 1}'",
        "only what was forgotten goes",
    ),
    "erasures_stay_certified": (
        "update erasures set done_at = now(), certificate = '{}', certificate_sha = sha256('{}')",
        "update erasures set certificate = '{1}', certificate_sha = sha256('{1}')",
        "an erasure is done once",
    ),
    "data_requests_stay_closed": (
        DATA_CLOSED,
        "update data_requests set outcome = 'done'",
        "closed once, and stays so",
    ),
    "requests_stay_closed": (
        _CLOSED_REQUEST,
        "update requests set state = 'open', closed_at = null",
        "stays so",
    ),
}
# What members ask about their data, and to be erased, refuses, by constraint.
OF_DATA_REQUESTS = {
    "erasures_method_check": (
        "insert into erasures (program_id, member_id, method, asked_by, asked_at)"
        " values (1, 11, 'whim', 'per_a', now())"
    ),
    "erasures_are_certified": "update erasures set done_at = now()",
    "erasures_wait_once": (
        "insert into erasures (program_id, member_id, method, asked_by, asked_at)"
        " values (1, 11, 'api', 'key', now())"
    ),
    "data_requests_kind_check": "insert into data_requests (program_id, member_id, kind, came_by, asked_on,"
    " recorded_by, recorded_at) values (1, 11, 'whim', 'letter', now(), 'per_a', now())",
    "data_requests_came_by_check": "insert into data_requests (program_id, member_id, kind, came_by,"
    " asked_on, recorded_by, recorded_at) values (1, 11, 'objection', 'owl', now(), 'per_a', now())",
    "data_requests_outcome_check": (
        "update data_requests set closed_at = now(), closed_by = 'per_a', outcome = 'lost'"
    ),
    "data_requests_close_once": "update data_requests set closed_at = now()",
    "data_requests_are_proven": (
        "update data_requests set closed_at = now(), closed_by = 'per_a', outcome = 'done'"
    ),
    "data_requests_wait_once": (
        "insert into data_requests (program_id, member_id, kind, came_by, asked_on, recorded_by, recorded_at)"
        " values (1, 11, 'access', 'phone', now(), 'per_b', now())"
    ),
}
# What the tables of broadcasts refuse, by constraint.
OF_BROADCASTS = {
    "broadcasts_state_check": "update broadcasts set state = 'lost'",
    "broadcasts_spread_forward": "update broadcasts set spread_s = -1",
    "broadcasts_are_started_by_another": "update broadcasts set started_by = made_by",
    "broadcasts_rest_since": "update broadcasts set state = 'paused'",
    "broadcast_counts_pass_check": "update broadcast_counts set pass = 'lost'",
}
# What imports refuse.
OF_IMPORTS = {
    "imports_kind_check": "update imports set kind = 'gossip'",
    "imports_sha_check": "update imports set sha = 'x'",
    "imports_state_check": "update imports set state = 'lost', ended_at = now(), body = null",
    "imports_of_rates_need_another": "update imports set confirmed_by = made_by",
    "imports_run_confirmed": "update imports set state = 'running'",
    "imports_end_once": "update imports set state = 'dropped'",
    "imports_let_go_of_files": "update imports set body = null",
    "imports_count_all": (
        "update imports set state = 'ended', confirmed_by = 'per_b', ended_at = now(), body = null"
    ),
    "import_refusals_say_why": "update import_refusals set reasons = '{}', columns = '{}'",
    "import_refusals_program_id_import_id_fkey": "update import_refusals set import_id = 0",
}
# What reports by mail refuse.
OF_REPORTS = {
    "report_schedules_report_check": "update report_schedules set report = 'gossip'",
    "report_schedules_are_files": "update report_schedules set formats = '{}'",
    "report_schedules_come_on_a_day": "update report_schedules set on_day = 8",
    "report_schedules_come_at_an_hour": "update report_schedules set at_hour = 24",
    "report_schedules_name_their_place": "update report_schedules set only_market = ''",
    "report_schedules_person_id_fkey": (
        "update report_schedules set person_id = 0 where id = (select min(id) from report_schedules)"
    ),
    "report_sendings_state_check": "update report_sendings set state = 'lost', ended_at = now()",
    "report_sendings_end_once": "update report_sendings set ended_at = now()",
    "report_sendings_person_id_fkey": "update report_sendings set person_id = 0",
    "report_sendings_program_id_schedule_id_fkey": (
        "update report_sendings set schedule_id = 0"
        " where schedule_id = (select min(schedule_id) from report_sendings)"
    ),
}
# What views of lists that somebody keeps refuse.
OF_SAVED_VIEWS = {
    "saved_views_are_called_once": (
        "insert into saved_views (program_id, person_id, page, name, terms, saved_at)"
        " select program_id, person_id, page, name, terms, now() from saved_views"
    ),
    "saved_views_have_a_name": "update saved_views set name = ''",
    "saved_views_are_of_a_page": "update saved_views set page = '/m/'",
    "saved_views_are_short": "update saved_views set terms = 'q=a@b'",
    "saved_views_person_id_fkey": (
        "update saved_views set person_id = 0 where id = (select min(id) from saved_views)"
    ),
}
# What people refuse: their grants, invitations, who they are at work, and who stands in for them.
OF_INVITATIONS = {
    "people_login_key": "insert into people (login, name, created_at) values ('1a11', 'A', now())",
    "grants_role_check": "update grants set role = 'king'",
    "grants_person_id_fkey": f"{_GRANT} values (1, 0, 'finance', now(), 'x', now())",
    "grants_name_their_place": "update grants set market = ''",
    "grants_end_after_they_begin": "update grants set valid_to = valid_from",
    "grants_limit_an_amount_of_a_unit": "update grants set amount_max = 1",
    "grants_are_revoked_by_somebody": "update grants set revoked_at = now()",
    "person_members_person_id_fkey": (
        "insert into person_members (program_id, person_id, member_id, told_by, told_at)"
        " values (1, 0, 11, 'x', now())"
    ),
    "stand_ins_are_somebody_else": "update stand_ins set stand_in = person_id",
    "stand_ins_end_after_they_begin": "update stand_ins set valid_to = valid_from",
    "stand_ins_person_id_fkey": "update stand_ins set person_id = 0",
    "stand_ins_stand_in_fkey": "update stand_ins set stand_in = 0",
    "invitations_state_check": "update invitations set state = 'lost'",
    "invitations_name_their_place": "update invitations set market = ''",
    "invitations_link_is_a_hash": "update invitations set link_sha = 'short'",
    "invitations_close_once": "update invitations set closed_at = now()",
    "invitations_person_id_fkey": (
        "update invitations set person_id = 0 where id = (select min(id) from invitations)"
    ),
    "invitations_one_open": (
        "insert into invitations (program_id, person_id, persona, language, invited_by, invited_at, requests,"
        " next_at) select program_id, person_id, persona, language, invited_by, invited_at, requests, next_at"
        " from invitations"
    ),
    "invitations_by_link": "update invitations set link_sha = sha256('one')",
    "person_personas_person_id_fkey": (
        "update person_personas set person_id = 0"
        " where person_id = (select min(person_id) from person_personas)"
    ),
}
# What the tables of the member app refuse, by constraint.
OF_THE_APP = {
    "member_sessions_keep_hashes": "update member_sessions set session_hash = 'short'",
    "member_sessions_are_seen": "update member_sessions set seen_at = begun_at - interval '1 day'",
    "member_passkeys_are_known_by_hash": "update member_passkeys set passkey_hash = sha256('other')",
    "member_passkeys_count_up": "update member_passkeys set sign_count = -1",
    "member_passkeys_are_used_later": "update member_passkeys set used_at = added_at - interval '1 day'",
    "passkey_challenges_keep_hashes": "update passkey_challenges set browser = 'short'",
    "passkey_challenges_have_a_purpose": "update passkey_challenges set purpose = 'sell'",
    "diverted_messages_go_to_addresses": "update diverted_messages set field = 'fax'",
    "own_words_are_of_fields": "update own_words set field = 'fax'",
    "own_words_keep_hashes": "update own_words set instead_of = 'short'",
    "card_tries_are_counted": "update card_tries set wrong = 0",
}
# What locations keep, and refuse.
OF_LOCATIONS = {
    "rewarded_members_were_rewarded": "update rewarded_members set rules = '{}'",
    "location_days_are_somewhere": "update location_days set location = ''",
    "location_days_count": "update location_days set events = -1",
    "location_gifts_cause_check": "update location_gifts set cause = 'luck'",
    "location_gifts_are_somewhere": "update location_gifts set location = ''",
    "location_gifts_give_something": "update location_gifts set value = 0",
    "location_gifts_count": "update location_gifts set n = -1",
    "location_visits_are_somewhere": "update location_visits set location = ''",
    "location_visits_are_somebodys": "update location_visits set confirmed_by = ''",
    "location_notes_are_somewhere": "update location_notes set market = ''",
    "location_notes_say_something": "update location_notes set words = ''",
}
# And of which the audit must tell.
TOLD_OF_LOCATIONS = {
    "location_visits": "insert into location_visits values (1, 11, 'de-kiel', 'DE', now(), 'v', 'per_a')",
    "location_notes": "delete from location_notes",
}
