"""What a member opened goes over no other channel, whatever its provider told of it before or tells later."""

from contextlib import closing
from datetime import timedelta

import pytest
from tests.outbox.postal import NOW, PostalHouse
from tests.outbox.test_noticing import attempt, ended, receipt, take, tell, texted, untaken, waits_until

from guerdon.engine.messages.noticing import note_opened
from guerdon.store.database import connect, transaction
from guerdon.store.messages.opened import Looked


def look(house: PostalHouse, message: int, *, by_notice: bool = False, member: int = 0) -> None:
    """As the web process does when a page was in view: that of the reward, or the notice of the message."""
    member = member or message - 5000
    whose = Looked(house.program_id, member, None if by_notice else message - 4000, [message] * by_notice)
    with (
        closing(connect(house.url, house.secret, "web")) as db,
        transaction(db, house.program_id) as tx,
    ):
        note_opened(tx, whose, house.clock.now)


def opened_at(house: PostalHouse, message: int) -> object:
    rows = house.rows("select opened_at from messages where id = %s", message)
    return rows[0][0] if rows else None


@pytest.mark.parametrize("by_notice", [False, True])
def test_what_was_told_is_opened_at_once_and_once(house: PostalHouse, *, by_notice: bool) -> None:
    message, _ = texted(house, awaits=False)
    (waiting,) = house.intend()
    look(house, message, by_notice=by_notice)
    assert (ended(house, message), opened_at(house, message)) == ([("opened", "sms")], NOW)
    house.later(minutes=5)
    look(house, message, by_notice=by_notice)
    assert opened_at(house, message) == NOW
    # What never left the house was not opened, and is not kept back by it.
    look(house, waiting)
    assert (ended(house, waiting), untaken(house)) == ([], 0)
    assert waits_until(house, waiting) == NOW


def test_what_waits_for_word_of_it_goes_over_no_other_channel(house: PostalHouse) -> None:
    message, of = texted(house)
    house.later(minutes=1)
    look(house, message)
    look(house, message)
    # The web process settles nothing.
    assert waits_until(house, message) == NOW + timedelta(minutes=10)
    assert (untaken(house), take(house)) == (1, 1)
    assert waits_until(house, message) is None
    assert (ended(house, message), opened_at(house, message)) == ([("opened", "sms")], house.clock.now)
    # Its provider told nothing of it, so the attempt is as it was; what it tells later changes nothing.
    assert attempt(house, message) == "sent"
    tell(house, receipt(of, "delivered"))
    take(house)
    assert (attempt(house, message), ended(house, message)) == ("delivered", [("opened", "sms")])


def test_a_message_whose_next_channel_has_its_turn_already_goes_over_it_no_more(house: PostalHouse) -> None:
    message, _ = texted(house)
    house.change("update outbox set via = 'email', awaits = false, step = 1 where id = %s", message)
    look(house, message)
    take(house)
    assert (ended(house, message), waits_until(house, message)) == ([("opened", "sms")], None)


def test_a_message_of_a_broadcast_stays_one(house: PostalHouse) -> None:
    (told, of), (looked_at, _) = texted(house), texted(house)
    house.change("update outbox set broadcast_id = 9 where id = any(%s)", [told, looked_at])
    tell(house, receipt(of, "delivered"))
    look(house, looked_at)
    take(house)
    settled = "select state, broadcast_id from messages order by id"
    assert house.rows(settled) == [("delivered", 9), ("opened", 9)]


def test_that_it_was_lost_and_that_it_was_opened_in_one_round(house: PostalHouse) -> None:
    message, of = texted(house)
    tell(house, receipt(of, "failed"))
    look(house, message)
    assert take(house) == 2
    assert (attempt(house, message), ended(house, message)) == ("failed", [("opened", "sms")])


def test_what_a_deliverer_has_in_hand_is_settled_when_it_lets_go(house: PostalHouse) -> None:
    message, _ = texted(house)
    house.change("update outbox set fence = gen_random_uuid() where id = %s", message)
    look(house, message)
    assert (take(house), ended(house, message)) == (0, [])
    house.change("update outbox set fence = null where id = %s", message)
    assert (take(house), ended(house, message)) == (1, [("opened", "sms")])


def test_a_page_of_another_member_opens_nothing(house: PostalHouse) -> None:
    (told, _), (waits, _) = texted(house, awaits=False), texted(house)
    for message in (told, waits):
        look(house, message, member=999)
        look(house, message, by_notice=True, member=999)
    assert (ended(house, told), untaken(house)) == ([("sent", "sms")], 0)
    assert waits_until(house, waits) is not None
