"""What providers tell of messages is taken in sets, and comes to the same in whichever order it is told."""

from contextlib import closing
from datetime import timedelta
from functools import partial
from hashlib import sha256
from itertools import count, permutations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.outbox.postal import NOW, PostalHouse, example_program

from guerdon.engine.messages.beginning import place_by_phone
from guerdon.engine.messages.noticing import decide_rises, note_received, take_notices
from guerdon.engine.messages.port import Inbound, Keyword, Reached, Receipt
from guerdon.store.database import connect, transaction
from guerdon.store.messages.notices import RANKS, UNKNOWN_FOR, Told, Waiting
from guerdon.store.messages.suppressions import address_mark
from guerdon.store.persons import Person, record_persons, seal_person

PHONE = "+4915112345678"
STATES: tuple[Reached, ...] = ("sent", "delivered", "read", "failed")
PROGRAM = example_program()
numbers = count(1)


def digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def receipt(of: str, state: Reached, **more: object) -> Receipt:
    reason = "twilio:30008" if state == "failed" else ""
    given: dict[str, object] = {"reason": reason, "address": PHONE, **more}
    at = given.pop("at", NOW)
    return Receipt(of, state, at, digest(f"{of} {state}"), **given)  # type: ignore[arg-type]


def word(keyword: Keyword, at_s: float = 0, phone: str = PHONE) -> Inbound:
    text = f"{keyword} {at_s} {phone}"
    return Inbound(phone, "NORDLYS", keyword, NOW + timedelta(seconds=at_s), digest(text))


def tell(house: PostalHouse, *received: Receipt | Inbound) -> None:
    """As the web process does."""
    with (
        closing(connect(house.url, house.secret, "web")) as db,
        transaction(db, house.program_id) as tx,
    ):
        note_received(tx, house.vault, house.program_id, received)


def take(house: PostalHouse, most: int = 200) -> int:
    with (
        closing(connect(house.url, house.secret, "worker")) as db,
        transaction(db, house.program_id) as tx,
    ):
        return take_notices(tx, house.program_id, PROGRAM, house.clock.now, most)


def texted(house: PostalHouse, *, awaits: bool = True, state: str = "sent") -> tuple[int, str]:
    """Let a message be with its provider: waiting for what it tells, or settled. Its id and their number."""
    (message,) = house.intend()
    of = f"SM{next(numbers):032x}"
    house.change(
        "insert into message_attempts (program_id, member_id, message_id, channel, ref, state, provider_id,"
        " topic, marketing, exception, day, begun_at, settled_at) values"
        " (%s, %s, %s, 'sms', gen_random_uuid(), %s, %s, 'service', false, 'service', %s, %s, %s)",
        *(house.program_id, message - 5000, message, state, of, NOW.date(), NOW, NOW),
    )
    if awaits:
        house.change(
            "update outbox set via = 'sms', via_since = %s, awaits = true, next_at = %s where id = %s",
            *(NOW, NOW + timedelta(minutes=10), message),
        )
    else:
        house.change(
            "with gone as (delete from outbox where id = %s returning *)"
            " insert into messages (program_id, member_id, id, event_id, reward_id, message, channel,"
            " language, state, provider_id, attempts, created_at, settled_at, via)"
            " select program_id, member_id, id, event_id, reward_id, message, channel, 'en', 'sent', %s, 1,"
            " created_at, created_at, 'sms' from gone",
            *(message, of),
        )
    return message, of


def attempt(house: PostalHouse, message: int) -> str:
    return str(house.rows("select state from message_attempts where message_id = %s", message)[0][0])


def ended(house: PostalHouse, message: int) -> list[tuple[object, ...]]:
    return house.rows("select state, coalesce(via, channel) from messages where id = %s", message)


def waits_until(house: PostalHouse, message: int) -> object:
    rows = house.rows("select next_at from outbox where id = %s", message)
    return rows[0][0] if rows else None


def untaken(house: PostalHouse) -> int:
    return int(str(house.rows("select count(*) from message_notices where taken_at is null")[0][0]))


def suppressed(house: PostalHouse, phone: str = PHONE) -> str | None:
    mark = address_mark(house.vault, house.program_id, "sms", phone)
    rows = house.rows("select reason from suppressions where channel = 'sms' and mark = %s", mark)
    return str(rows[0][0]) if rows else None


def test_what_arrived_goes_over_no_other_channel(house: PostalHouse) -> None:
    message, of = texted(house)
    tell(house, receipt(of, "sent"), receipt(of, "delivered"))
    assert take(house) == 2
    assert attempt(house, message) == "delivered"
    assert ended(house, message) == [("delivered", "sms")]
    assert waits_until(house, message) is None
    assert house.rows("select language, provider_id from messages where id = %s", message) == [("en", of)]
    assert take(house) == 0


def test_what_a_provider_lost_goes_on_at_once(house: PostalHouse) -> None:
    message, of = texted(house)
    assert waits_until(house, message) == NOW + timedelta(minutes=10)
    tell(house, receipt(of, "failed"))
    house.later(minutes=1)
    assert take(house) == 1
    assert attempt(house, message) == "failed"
    assert waits_until(house, message) == house.clock.now
    assert house.rows("select reason from message_attempts where message_id = %s", message) == [
        ("twilio:30008",)
    ]
    # It turns out that it came after all, before the next channel had its turn.
    tell(house, receipt(of, "delivered"))
    take(house)
    assert (attempt(house, message), ended(house, message)) == ("delivered", [("delivered", "sms")])


def test_what_had_ended_there_is_told_as_it_went(house: PostalHouse) -> None:
    (fine, one), (lost, other) = (texted(house, awaits=False) for _ in range(2))
    tell(house, receipt(one, "delivered"), receipt(other, "failed"))
    take(house)
    assert ended(house, fine) == [("delivered", "sms")]
    assert ended(house, lost) == [("failed", "sms")]
    why = "select reason from messages where id = %s"
    assert house.rows(why, lost) == [("twilio:30008",)]
    tell(house, receipt(other, "read"))
    take(house)
    assert ended(house, lost) == [("delivered", "sms")]
    # What had been said of it is not so any more.
    assert house.rows(why, lost) == [(None,)]


def test_what_ended_over_another_channel_is_not_told_otherwise(house: PostalHouse) -> None:
    message, of = texted(house, awaits=False)
    house.change("update messages set via = 'push' where id = %s", message)
    tell(house, receipt(of, "failed"))
    take(house)
    assert (attempt(house, message), ended(house, message)) == ("failed", [("sent", "push")])
    tell(house, receipt(of, "delivered"))
    take(house)
    assert (attempt(house, message), ended(house, message)) == ("delivered", [("sent", "push")])


def test_what_is_in_somebodys_hand_is_left_to_them(house: PostalHouse) -> None:
    message, of = texted(house)
    house.change("update outbox set fence = gen_random_uuid() where id = %s", message)
    tell(house, receipt(of, "delivered"))
    assert take(house) == 0
    assert (attempt(house, message), ended(house, message), untaken(house)) == ("sent", [], 1)
    house.change("update outbox set fence = null where id = %s", message)
    assert take(house) == 1
    assert ended(house, message) == [("delivered", "sms")]


def test_of_what_nobody_knows_it_is_noted_and_waits_for_a_while(house: PostalHouse) -> None:
    message, of = texted(house)
    house.change("update message_attempts set provider_id = null where message_id = %s", message)
    tell(house, receipt(of, "delivered"), receipt("SM-of-nobody", "delivered"))
    assert take(house) == 0
    # Their answer to us came later than what they called us with.
    house.change("update message_attempts set provider_id = %s where message_id = %s", of, message)
    assert take(house) == 1
    assert ended(house, message) == [("delivered", "sms")]
    house.clock.now = NOW + UNKNOWN_FOR
    assert take(house) == 1
    assert untaken(house) == 0


def test_those_that_nobody_knows_hold_up_nobody(house: PostalHouse) -> None:
    message, of = texted(house)
    tell(house, *(receipt(f"SM-of-nobody-{n}", "sent") for n in range(20)))
    tell(house, receipt(of, "delivered", at=NOW + timedelta(seconds=1)))
    assert take(house, most=5) == 1
    assert attempt(house, message) == "delivered"


def test_in_any_order_it_comes_to_the_same(house: PostalHouse) -> None:
    for order in permutations(STATES):
        waiting, settled = texted(house), texted(house, awaits=False)
        for state in order:
            tell(house, receipt(waiting[1], state), receipt(settled[1], state))
            take(house)
        for message, _ in (waiting, settled):
            assert attempt(house, message) == "read", order
            assert ended(house, message) == [("delivered", "sms")], order


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(st.lists(st.sampled_from(STATES), max_size=4), max_size=5),
    awaits=st.booleans(),
    first=st.sampled_from(["sent", "unknown", "failed"]),
)
def test_told_twice_late_or_out_of_order_it_only_gets_further(
    house: PostalHouse,
    told: list[list[Reached]],
    awaits: bool,  # noqa: FBT001
    first: str,
) -> None:
    house.clock.now = NOW
    message, of = texted(house, awaits=awaits, state=first)
    before = RANKS[first]
    for states in told:
        # The same ones again are the same notices.
        tell(house, *dict.fromkeys(receipt(of, state) for state in states))
        tell(house, *dict.fromkeys(receipt(of, state) for state in states))
        take(house)
        after = RANKS[attempt(house, message)]
        assert after >= before
        before = after
    said = {state for states in told for state in states}
    highest = max([first, *said], key=lambda state: (RANKS[state], state == first))
    assert attempt(house, message) == highest
    arrived = bool(said & {"delivered", "read"})
    if arrived:
        assert ended(house, message) == [("delivered", "sms")]
        assert waits_until(house, message) is None
    elif awaits:
        assert ended(house, message) == []
        lost = highest == "failed" and first != "failed"
        assert waits_until(house, message) == (NOW if lost else NOW + timedelta(minutes=10))
    else:
        lost = highest == "failed" and first == "sent"
        assert ended(house, message) == [("failed" if lost else "sent", "sms")]
    assert untaken(house) == 0


@given(st.lists(st.sampled_from(STATES), min_size=1), st.randoms())
def test_of_a_set_the_furthest_counts_whatever_its_order(states: list[Reached], random: object) -> None:
    waiting = [
        Waiting(Told(bytes([n]), NOW, "SM1", state), 1, 2, None, is_held=False)
        for n, state in enumerate(states)
    ]
    shuffled = list(waiting)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide_rises(waiting) == decide_rises(shuffled)
    assert decide_rises(waiting)[0].state == max(states, key=lambda state: RANKS[state])


def test_stop_stops_whatever_else_is_said_and_start_after_it_lifts_it(house: PostalHouse) -> None:
    tell(house, word("stop"))
    assert take(house) == 1
    assert suppressed(house) == "stop"
    tell(house, word("help", 1), word("other", 2))
    assert take(house) == 2
    assert suppressed(house) == "stop"
    tell(house, word("start", 3))
    take(house)
    assert suppressed(house) is None
    # Both in one set: the later word counts, and of two at once STOP.
    tell(house, word("start", 10), word("stop", 11))
    take(house)
    assert suppressed(house) == "stop"
    tell(house, word("stop", 20), word("start", 21))
    take(house)
    assert suppressed(house) is None
    tell(house, word("start", 30), word("stop", 30))
    take(house)
    assert suppressed(house) == "stop"


def test_start_lifts_nothing_but_a_stop(house: PostalHouse) -> None:
    _, of = texted(house)
    tell(house, receipt(of, "failed", retires=True))
    take(house)
    assert suppressed(house) == "bounce"
    tell(house, word("start", 5))
    take(house)
    assert suppressed(house) == "bounce"


def test_who_told_the_provider_to_stop_has_told_us(house: PostalHouse) -> None:
    _, of = texted(house)
    tell(house, receipt(of, "failed", stopped=True, retires=True))
    take(house)
    assert suppressed(house) == "stop"


def test_nothing_of_what_was_written_or_of_the_number_is_kept(house: PostalHouse) -> None:
    tell(house, word("other"))
    kept = house.rows("select row_to_json(n)::text from message_notices n")
    assert PHONE[1:] not in str(kept)
    assert "NORDLYS" not in str(kept)


def test_stop_withdraws_what_its_owner_agreed_to(house: PostalHouse) -> None:
    message, _ = texted(house)
    person = seal_person(
        house.vault, house.program_id, message - 5000, Person("Ada", "a@example.com", "+49 151 1234 5678")
    )
    with (
        closing(connect(house.url, house.secret, "worker")) as db,
        transaction(db, house.program_id) as tx,
    ):
        record_persons(tx, house.program_id, [person])
    tell(house, word("stop"))
    take(house)
    held = house.rows("select channel, state from standing_consents where topic = 'offers'")
    assert held == [("sms", "withdrawn")]
    # START lets service go again; what was agreed to stays withdrawn.
    tell(house, word("start", 1))
    take(house)
    assert suppressed(house) is None
    assert house.rows("select channel, state from standing_consents where topic = 'offers'") == held


def test_stop_from_a_number_kept_without_its_country_ends_its_messages_and_finds_no_owner(
    house: PostalHouse,
) -> None:
    message, _ = texted(house)
    person = seal_person(house.vault, house.program_id, message - 5000, Person("Ada", "", "0151 12345678"))
    with (
        closing(connect(house.url, house.secret, "worker")) as db,
        transaction(db, house.program_id) as tx,
    ):
        record_persons(tx, house.program_id, [person])
    tell(house, word("stop"))
    take(house)
    assert house.rows("select channel, state from standing_consents where topic = 'offers'") == []
    mark_of = partial(address_mark, house.vault, house.program_id, "sms")
    place = place_by_phone(mark_of, "DE", Person("Ada", "", "0151 12345678"))
    assert place.mark == address_mark(house.vault, house.program_id, "sms", PHONE)
    assert suppressed(house) == "stop"
