"""An endpoint with another address: what was made for the one before goes to no other by itself."""

from datetime import datetime, timedelta

import pytest
from tests.webhooks.house import House, Postman, Sending
from tests.webhooks.test_sending import health, tell

from guerdon.engine.library import Library
from guerdon.engine.process import Batch, process_batch
from guerdon.engine.webhooks.endpoints import (
    Refused,
    Wanted,
    change_endpoint,
    resend,
    resend_dead,
    set_state,
)
from guerdon.engine.webhooks.judging import Replied
from guerdon.engine.webhooks.watching import PATIENCE, watch_endpoints
from guerdon.queries.webhooks.standing import list_deliveries, list_webhook_standings
from guerdon.store.database import Transaction, connect, transaction
from guerdon.store.webhooks.deliveries import DeliveryState
from guerdon.values.ids import show

ELSEWHERE = "https://elsewhere.example/in"


def move(house: House, endpoint: int, url: str = ELSEWHERE, name: str = "Shop") -> None:
    with house.web() as tx:
        assert not isinstance(change_endpoint(tx, house.looking(), endpoint, Wanted(name, url, ())), Refused)


def sent(postman: Postman) -> list[tuple[str, str]]:
    """Where what went."""
    return [(url.split("/")[2], headers["webhook-id"]) for url, headers, _ in postman.posted]


def watched(house: House) -> list[tuple[object, ...]]:
    """Look once, and give all alarms of endpoints: about which, and whether they are over."""
    with house.worker() as db:
        watch_endpoints(db, house.now)
    return house.rows(
        "select subject, detail ->> 'reason', settled_at is not null from alarms"
        " where kind = 'webhook_failing' order by id"
    )


def standing_shown(
    house: House, endpoint: int, state: str | None = None
) -> tuple[list[tuple[DeliveryState, bool]], tuple[int, int, int]]:
    """Deliveries as they are shown, the oldest first; how many wait, are given up, and of these former."""
    with house.web() as tx:
        lines = list_deliveries(tx, endpoint, state, 50, None)
        standing = list_webhook_standings(tx)[endpoint]
    told = [(line.state, line.former) for line in reversed(lines)]
    return told, (standing.waiting, standing.dead, standing.former)


def test_what_waits_for_an_address_is_not_sent_to_another_unless_just_that_is_asked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, postman = house.endpoint(), Postman(Replied(500))
    tell(house, 3)
    with house.sender(postman) as sending:
        sending.work()
        postman.reply_with(Replied(200))
        move(house, made.id)
        house.later(days=2)
        tell(house)
        sending.work()
        shown: list[tuple[DeliveryState, bool]] = [("dead", True)] * 3
        assert standing_shown(house, made.id) == ([*shown, ("delivered", False)], (0, 3, 3))
        assert standing_shown(house, made.id, "dead")[0] == shown
        assert standing_shown(house, made.id, "waiting")[0] == []
        # In sets, by whoever forgets; the rest with the next.
        with monkeypatch.context() as few:
            few.setattr("guerdon.engine.announcements.fanning.AT_ONCE", 2)
            assert [house.forget(), house.states().count(("dead", 1))] == [True, 2]
            assert not house.forget()
        assert standing_shown(house, made.id)[1] == (0, 3, 3)
        # The one that was told since is all that the new address was told.
        assert [where for where, _ in sent(postman)] == ["hooks.example"] * 3 + ["elsewhere.example"]
        assert house.states() == [("dead", 1)] * 3 + [("delivered", 1)]
        assert health(house, made.id)[:2] == (0, None)
        first, second, *_ = (row[0] for row in house.rows("select id from webhook_deliveries order by id"))
        with house.web() as tx:
            assert resend(tx, house.looking(), first, made.id) == Refused("former")
            assert resend_dead(tx, house.looking(), made.id) == Refused("none")
        sending.work()
        assert len(postman.posted) == 4
        with house.web() as tx:
            assert resend(tx, house.looking(), first, made.id, anywhere=True) == made.id
        sending.work()
        with house.web() as tx:
            assert resend_dead(tx, house.looking(), made.id, former=True) == 2
        sending.work()
        # From then on it is the new address's own.
        with house.web() as tx:
            assert resend(tx, house.looking(), second, made.id) == made.id
    assert sent(postman)[4] == ("elsewhere.example", show("msg", first))
    assert [where for where, _ in sent(postman)[4:]] == ["elsewhere.example"] * 3


def test_all_for_a_former_address_is_sent_again_also_before_it_was_given_up(house: House) -> None:
    made, postman = house.endpoint(), Postman()
    tell(house, 2)
    move(house, made.id)
    with house.web() as tx:
        assert resend_dead(tx, house.looking(), made.id) == Refused("none")
        assert resend_dead(tx, house.looking(), made.id, former=True) == 2
    with house.sender(postman) as sending:
        sending.work()
    assert [where for where, _ in sent(postman)] == ["elsewhere.example"] * 2


@pytest.mark.parametrize(
    "replied", [Replied(410), Replied(429, retry_after="86400"), Replied(500), Replied(200)]
)
def test_what_a_former_address_answers_is_not_said_of_the_present_one(house: House, replied: Replied) -> None:
    made = house.endpoint()
    tell(house)
    with house.sender(Postman(replied)) as sending:
        sending.sender.claim(sending.db)
        move(house, made.id)
        while sending.sender.under_way:
            sending.sender.rest(sending.db, idle=False)
            sending.sender.turn(sending.db)
    assert house.rows("select state, reason from webhook_endpoints") == [("enabled", "")]
    assert health(house, made.id) == (0, None, None, None)
    # How the attempt went is kept all the same.
    assert house.rows("select status from webhook_attempts") == [(replied.status,)]


def test_another_name_alone_gives_nothing_up(house: House) -> None:
    made, postman = house.endpoint(), Postman()
    tell(house)
    move(house, made.id, "https://hooks.example/in", "Till")
    with house.sender(postman) as sending:
        sending.work()
    assert house.states() == [("delivered", 1)]


def test_what_is_under_way_to_the_former_address_when_it_changes_goes_nowhere_else(house: House) -> None:
    made, postman = house.endpoint(), Postman(Replied(500))
    tell(house)
    with house.sender(postman) as sending:
        sending.sender.claim(sending.db)
        move(house, made.id)
        while sending.sender.under_way:
            sending.sender.rest(sending.db, idle=False)
            sending.sender.turn(sending.db)
        house.later(days=5)
        sending.work()
        assert [where for where, _ in sent(postman)] == ["hooks.example"]
        assert house.states() == [("waiting", 1)]
        house.forget()
        assert house.states() == [("dead", 1)]


def test_an_endpoint_that_fails_for_an_hour_is_told_once_and_is_over_when_it_works_again(
    house: House,
) -> None:
    made, postman = house.endpoint(), Postman(Replied(500))
    subject = show("whk", made.id)
    tell(house)
    with house.sender(postman) as sending:
        sending.work()
        house.later(seconds=PATIENCE.total_seconds() - 1)
        assert watched(house) == []
        house.later(seconds=1)
        assert watched(house) == watched(house) == [(subject, "status", False)]
        postman.reply_with(Replied(200))
        sending.work()
        assert watched(house) == [(subject, "status", True)]
        fails_again(house, postman, sending)
    assert watched(house) == [(subject, "status", True), (subject, "status", False)]
    with house.web() as tx:
        set_state(tx, house.looking(), made.id, "disabled", "no longer wanted")
    assert watched(house) == [(subject, "status", True)] * 2


def fails_again(house: House, postman: Postman, sending: Sending) -> None:
    postman.reply_with(Replied(503))
    tell(house)
    sending.work()
    house.later(hours=2)


def test_what_is_given_up_is_told_at_once_and_whoever_is_gone_until_somebody_looks(house: House) -> None:
    made, postman = house.endpoint(), Postman(Replied(410))
    subject = show("whk", made.id)
    tell(house)
    with house.sender(postman) as sending:
        sending.work()
    assert watched(house) == [(subject, "gone", False)]
    with house.web() as tx:
        set_state(tx, house.looking(), made.id, "enabled")
    assert watched(house) == [(subject, "gone", True)]
    house.later(minutes=1)
    # A dead letter counts however short the time was.
    with house.sender(Postman(Replied(500))) as sending:
        tell(house)
        sending.work()
        assert len(watched(house)) == 1
        house.rows(
            "update webhook_deliveries set state = 'dead', settled_at = %(at)s where state = 'waiting'"
            " returning 1",
            at=house.now + timedelta(seconds=1),
        )
    assert watched(house) == [(subject, "gone", True), (subject, "status", False)]
    move(house, made.id)
    assert watched(house)[-1] == (subject, "status", True)


def test_nobody_waits_for_another_programs_events_when_an_endpoint_is_made(house: House) -> None:
    with connect(house.url, house.secret, "worker") as other, transaction(other, house.program_id + 1) as tx:
        # A batch of another program is under way.
        tx.execute("insert into members select * from members where false")
        house.endpoint()


def test_a_batch_says_for_which_program_it_works(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[object] = []

    def batch(tx: Transaction, library: Library, batch: Batch, now: datetime) -> None:
        said.append(tx.execute("select this_program()").fetchone())
        process_batch(tx, library, batch, now)

    monkeypatch.setattr("guerdon.engine.process.process_batch", batch)
    house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=5)
    assert said == [(house.program_id,)]
