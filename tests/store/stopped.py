"""What triggers refuse: what was done before, and the step after it that is none."""

_CODE = "update codes set state = 'issued', order_id = 1, issued_at = now() where program_id = 1"
_CLOSED_HOLD = "update holds set state = 'released', closed_at = now()"
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
    "requests_stay_closed": (
        _CLOSED_REQUEST,
        "update requests set state = 'open', closed_at = null",
        "stays so",
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
