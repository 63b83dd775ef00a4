"""Every table that has rows of members: which of them an erasure empties, and which it keeps, and why.

A table of a member's that stands in neither list fails a test (`tests/privacy/test_stores.py`), and so does
one that stands in both.
"""

from collections.abc import Mapping
from typing import Literal

Why = Literal["books", "receipts", "standing", "proof", "fraud", "made_of"]

# Rows that go, or the columns of them that do; the numbers beside stay, for the books lead to them.
ERASED: Mapping[str, tuple[str, ...]] = {
    "persons": (),
    "addresses": (),
    "member_keys": (),
    "inapp": (),
    "favorites": (),
    "link_holders": (),
    "member_sessions": (),
    "member_passkeys": (),
    "diverted_messages": (),
    "own_words": (),
    "card_uses": (),
    "card_tries": (),
    "location_notes": (),
    "order_cases": ("words", "answer", "supplier_said", "looked"),
    "gifts": ("to_words",),
    "members": ("attributes",),
    "member_states": ("attributes",),
}

KEPT: Mapping[Why, tuple[str, ...]] = {
    "books": (
        *("accounts", "transfers", "draws", "holds", "hold_lots", "allowances", "rewards", "orders"),
        *("order_parts", "order_balances", "order_reversals", "reversals_waiting"),
    ),
    "receipts": (
        *("events", "fulfillments", "supplier_attempts", "messages", "message_attempts", "outbox"),
        *("delivery_marks", "slot_waits", "announcements", "writeback_contacts", "writeback_events"),
        "location_visits",
    ),
    "standing": ("member_ids", "forgotten_members", "person_members"),
    "proof": ("consents", "standing_consents", "reach", "proofs", "erasures", "data_requests"),
    "fraud": ("referral_codes", "referral_visits", "referral_pairs", "referral_marks"),
    "made_of": (
        *("member_days", "member_holdings", "segment_members", "segment_checks", "segment_touches"),
        "replay_members",
    ),
}

WORDS: Mapping[Why, str] = {
    "books": (
        "Amounts, by the member's number: accounting documents are kept for as long as the law says"
        " (GDPR Art. 17(3)(b)), and the books must add up."
    ),
    "receipts": (
        "What was decided, ordered and sent, by the member's number: the receipts of the books, and what a"
        " claim is defended by (Art. 17(3)(b) and (e)). Codes in them stay sealed."
    ),
    "standing": (
        "The ids by which their CRM knows them, and that they were erased: without them nothing could refuse"
        " to bring the person back."
    ),
    "proof": (
        "What they agreed to and when they withdrew, what they asked about their data, and this erasure: the"
        " proof that we kept to it (Art. 5(2), 7(1), 17(3)(e)). Addresses are in it as keyed hashes at most."
    ),
    "fraud": (
        "Who brought whom, by numbers and keyed hashes: a reward is not given twice for one person"
        " (Art. 17(3)(e))."
    ),
    "made_of": "Counts and groups, by the member's number, made of what is named above.",
}

# Without a member's number and of people all the same: where it is said what becomes of them.
ELSEWHERE: Mapping[str, str] = {
    "deliveries": "bodies of what came in are deleted GUERDON_BODIES_DAYS after they came",
    "imports": "a file lies sealed until its import is over, a day at most where nobody confirms it",
    "import_refusals": (
        "what refused rows say is let go GUERDON_BODIES_DAYS after they came; of whoever was forgotten"
        " nothing is kept"
    ),
    "suppressions": (
        "a keyed hash of an address to which nothing is to be sent; it outlives the member on purpose"
    ),
}
