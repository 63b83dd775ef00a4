"""Where a market wants a consent confirmed: the address is asked, and says so by the link that went there."""

from datetime import timedelta

import pytest
from tests.consents.house import Quay

from guerdon.engine.messages.consents.confirming import (
    LASTS,
    Asked,
    asked_by,
    confirm,
    find_asked,
    link_about,
)
from guerdon.store.messages.consents import load_waiting
from guerdon.store.messages.reach import renew_links
from guerdon.values.links import KEY_PURPOSE, MemberLink, member_token

OUTBOX = "select message, channel, event_id, id from outbox order by created_at, id"


@pytest.fixture
def ada(quay: Quay) -> int:
    """Enrol somebody whose market wants consents confirmed."""
    (member,) = quay.enroll("ada")
    quay.person(member, "ada@example.com")
    return member


def link(quay: Quay, member: int, generation: int = 0) -> MemberLink:
    ((number,),) = quay.rows("select max(id) from consents where what = 'asked'")
    return MemberLink(member, generation, link_about("offers", "email", number))


def confirmed(quay: Quay, by: MemberLink) -> Asked | None:
    with quay.web() as tx:
        return confirm(tx, quay.program_id, by, quay.now, "confirm")


def test_an_address_is_asked_and_what_it_confirms_holds_from_then_on(quay: Quay, ada: int) -> None:
    assert quay.give(ada) == "asked"
    assert quay.stands(ada) == {("offers", "email"): "asked"}
    ((message, channel, event_id, number),) = quay.rows(OUTBOX)
    ((asked_id,),) = quay.rows("select id from consents")
    assert (message, channel, event_id) == ("confirm_consent", "email", asked_id)
    ((told,),) = quay.rows(
        "select decision -> 'effects' -> 0 ->> 'id' from events where type = 'consent.asked'"
    )
    assert int(told) == number
    with quay.web() as tx:
        wanted = [(ada, asked_id), (ada, asked_id + 1)]
        assert load_waiting(tx, quay.program_id, wanted) == {(ada, asked_id): ("offers", "email")}
    key, by = quay.vault.key(KEY_PURPOSE), link(quay, ada)
    token = member_token(key, "confirm", quay.program_id, *by)
    quay.later(hours=2)
    # Opening it changes nothing.
    with quay.web() as tx:
        shown = find_asked(tx, key, quay.program_id, token, quay.now)
        assert shown is not None
        assert (shown.topic, shown.channel, shown.state) == ("offers", "email", "waits")
        assert find_asked(tx, key, quay.program_id, token[:-1], quay.now) is None
        preferences = member_token(key, "preferences", quay.program_id, *by)
        assert find_asked(tx, key, quay.program_id, preferences, quay.now) is None
    assert quay.stands(ada) == {("offers", "email"): "asked"}
    for _ in range(2):
        done = confirmed(quay, by)
        assert done is not None
        assert done.state == "confirmed"
    assert quay.stands(ada) == {("offers", "email"): "confirmed"}
    assert [each[1:] for each in quay.proofs(ada)] == [("asked", "page"), ("confirmed", "confirmed")]
    # The words are those that were agreed to when it was asked.
    ((same,),) = quay.rows("select count(distinct text_sha) = 1 and count(text_sha) = 2 from consents")
    assert same
    with quay.web() as tx:
        assert load_waiting(tx, quay.program_id, [(ada, asked_id)]) == {}


def test_who_confirmed_once_is_not_asked_again(quay: Quay, ada: int) -> None:
    quay.give(ada)
    confirmed(quay, link(quay, ada))
    assert quay.give(ada) == "given"
    assert quay.stands(ada) == {("offers", "email"): "confirmed"}
    quay.withdraw(ada)
    assert quay.give(ada) == "asked"
    assert quay.stands(ada) == {("offers", "email"): "asked"}


def test_a_link_confirms_only_what_waits_still(quay: Quay, ada: int) -> None:
    quay.give(ada)
    first = link(quay, ada)
    quay.withdraw(ada)
    after = confirmed(quay, first)
    assert after is not None
    assert after.state == "over"
    quay.later(minutes=1)
    quay.give(ada)
    # The link of what was asked before is that of an address which may be another's by now.
    again = confirmed(quay, first)
    assert again is not None
    assert again.state == "over"
    assert quay.stands(ada) == {("offers", "email"): "asked"}
    assert [what for _, what, _ in quay.proofs(ada)] == ["asked", "withdrawn", "asked"]


def test_a_link_that_is_old_or_was_renewed_confirms_nothing(quay: Quay, ada: int) -> None:
    quay.give(ada)
    by = link(quay, ada)
    with quay.web() as tx:
        late = asked_by(tx, quay.program_id, by, quay.now + LASTS)
        in_time = asked_by(tx, quay.program_id, by, quay.now + LASTS - timedelta(seconds=1))
    assert late is not None
    assert in_time is not None
    assert (late.state, in_time.state) == ("over", "waits")
    with quay.web() as tx:
        renew_links(tx, quay.program_id, ada)
    renewed = confirmed(quay, by)
    assert renewed is not None
    assert renewed.state == "over"
    assert quay.stands(ada) == {("offers", "email"): "asked"}


@pytest.mark.parametrize("about", ["", "offers|email", "offers|email|x", "offers|sms|1", "offers|email|999"])
def test_a_link_about_nothing_that_was_asked_is_none(quay: Quay, ada: int, about: str) -> None:
    quay.give(ada)
    assert confirmed(quay, MemberLink(ada, 0, about)) is None


def test_an_address_is_asked_three_times_an_hour_at_most(quay: Quay, ada: int) -> None:
    assert [quay.give(ada) for _ in range(4)] == ["asked", "asked", "asked", "often"]
    assert len(quay.rows(OUTBOX)) == 3
    quay.later(hours=1, seconds=1)
    assert quay.give(ada) == "asked"


def test_whom_nothing_reaches_is_not_asked_and_a_device_needs_not_be(quay: Quay, ada: int) -> None:
    assert quay.give(ada, channel="sms") == "no_address"
    assert quay.stands(ada) == {}
    assert quay.give(ada, channel="push") == "given"
    # Nor is service: it goes until somebody says no.
    assert quay.give(ada, topic="account") == "given"
    assert quay.rows(OUTBOX) == []
