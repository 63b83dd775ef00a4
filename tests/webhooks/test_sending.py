"""Sending: signed, again until it is taken or given up, and nobody waits for somebody else's machine."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from tests.http.receiver import Pieces, Receiver, Request, answered, receiving
from tests.webhooks.house import House, Postman

from guerdon.channels.webhooks.wire import webhook_post
from guerdon.engine.webhooks.endpoints import (
    Made,
    Refused,
    Wanted,
    change_endpoint,
    remove_endpoint,
    resend,
    resend_dead,
    rotate_secret,
    send_test,
    set_state,
)
from guerdon.engine.webhooks.judging import DELAYS, Replied
from guerdon.engine.webhooks.sending import LEASE


def tell(house: House, times: int = 1) -> None:
    """Have so many members enrolled, and that handed on."""
    house.enroll(*(f"{house.told}-{n}" for n in range(times)))
    house.told += 1
    house.announce()


def attempts(house: House) -> list[tuple[Any, ...]]:
    return house.rows("select status, reason, answer from webhook_attempts order by delivery_id, id")


def health(house: House, endpoint: int) -> tuple[Any, ...]:
    return house.rows(
        "select failures, failing_since, hold_until, delivered_at from webhook_health"
        " where endpoint_id = %(e)s",
        e=endpoint,
    )[0]


def test_what_is_told_arrives_signed_and_is_told_once(house: House) -> None:
    with receiving(Receiver()) as receiver:
        made = house.endpoint(url=receiver.url)
        tell(house)
        with house.sender() as sending:
            sending.work()
            sending.work()
        (request,) = receiver.requests
        house.now = house.now + timedelta(seconds=1)
    told = {name: value for name, value in request.headers.items() if name.startswith("webhook-")}
    told["webhook-timestamp"] = request.headers["webhook-timestamp"]
    # The house's clock is not ours, so the signature is checked apart from the time.
    payload = Webhook(made.secret).sign(
        told["webhook-id"], house.now - timedelta(seconds=1), request.body.decode()
    )
    assert told["webhook-signature"] == payload
    assert told["webhook-id"].startswith("msg_")
    assert request.headers["content-type"] == "application/json"
    assert house.payloads()[0]["type"] == "member.enrolled"
    assert house.states() == [("delivered", 1)]
    assert health(house, made.id)[:3] == (0, None, None)


def test_a_receiver_that_is_slow_delays_nobody_else(house: House) -> None:
    enough, release = Event(), Event()
    slow, quick = Receiver(), Receiver()

    def hesitant(_: Request) -> Pieces:
        release.wait(30)
        return [answered(200)]

    def prompt(_: Request) -> Pieces:
        if len(quick.requests) >= 40:
            enough.set()
        return [answered(200)]

    slow.answer, quick.answer = hesitant, prompt
    with receiving(slow), receiving(quick), house.sender() as sending:
        for n in range(3):
            house.endpoint(url=slow.url, name=f"Slow {n}")
        house.endpoint(url=quick.url, name="Quick")
        tell(house, 40)
        while not enough.is_set():
            sending.sender.turn(sending.db)
            sending.sender.rest(sending.db, idle=False)
        # Everything arrived there while those who are slow have not answered once.
        assert (len(quick.requests), slow.at_once_max) == (40, 3)
        release.set()
        sending.work()


def test_ten_thousand_that_wait_for_somebody_dead_delay_nobody_else(house: House) -> None:
    dead = house.endpoint(url="https://dead.example/", name="Dead")
    live = house.endpoint(url="https://live.example/", name="Live")
    house.rows(
        "insert into webhook_deliveries (program_id, endpoint_id, type, payload, recorded_at, next_at)"
        " select %(p)s, %(e)s, 'x', '{}', %(at)s, %(at)s from generate_series(1, 10000) returning 1",
        p=house.program_id,
        e=dead.id,
        at=house.now,
    )
    tell(house)
    postman = Postman(lambda url: Replied(200) if "live" in url else Replied(None, "refused"))
    with house.sender(postman) as sending:
        sending.sender.claim(sending.db)
        sent = [flight.due.endpoint_id for flight in sending.sender.under_way.values()]
        assert sorted(sent) == [dead.id, live.id]
        for _ in range(5):
            sending.sender.rest(sending.db, idle=False)
            sending.sender.turn(sending.db)
    counts = dict(house.rows("select state, count(*) from webhook_deliveries group by 1"))
    assert counts == {"waiting": 10_001, "delivered": 1}
    assert health(house, dead.id)[0] >= 1


def test_what_is_not_taken_is_sent_again_on_the_standards_schedule_and_given_up_then(house: House) -> None:
    made = house.endpoint()
    tell(house)
    postman = Postman(Replied(500, answer=b"<b>broken</b>"))
    with house.sender(postman) as sending:
        for number, delay in enumerate(DELAYS):
            # Not a second too soon.
            if delay:
                house.later(seconds=delay.total_seconds() - 1)
                sending.work()
                assert len(postman.posted) == number
                house.later(seconds=1)
            sending.work()
            assert len(postman.posted) == number + 1
        assert house.states() == [("dead", 10)]
        ids = {headers["webhook-id"] for _, headers, _ in postman.posted}
        assert (len(postman.posted), len(ids)) == (10, 1)
        assert attempts(house) == [(500, "status", b"<b>broken</b>")] * 10
        house.later(days=9)
        sending.work()
        assert len(postman.posted) == 10
        # Somebody has all of it sent again, which begins anew, under the id it has.
        with house.web() as tx:
            assert resend_dead(tx, house.looking(), made.id) == 1
        with house.web() as tx:
            assert resend_dead(tx, house.looking(), made.id) == Refused("none")
        postman.reply_with(Replied(204))
        sending.work()
    assert house.states() == [("delivered", 1)]
    assert {headers["webhook-id"] for _, headers, _ in postman.posted} == ids


def test_whoever_is_killed_between_sending_and_settling_sends_once_more_under_the_same_id(
    house: House,
) -> None:
    house.endpoint()
    tell(house)
    first, second = Postman(), Postman()
    with house.sender(first) as killed, house.sender(second) as other:
        killed.sender.claim(killed.db)
        other.work()
        assert second.posted == []
        house.later(seconds=LEASE.total_seconds())
        other.work()
        assert house.states() == [("delivered", 2)]
        # It was not dead but slow: what it has to say now is nobody's business any more.
        while killed.sender.under_way:
            killed.sender.settle(killed.db)
    (once,), (again,) = first.posted, second.posted
    assert once[1]["webhook-id"] == again[1]["webhook-id"]
    assert once[2] == again[2]
    assert house.states() == [("delivered", 2)]
    assert len(attempts(house)) == 1


def test_a_redirect_is_a_failure_and_is_not_followed(house: House) -> None:
    inner = Receiver()
    with receiving(inner):
        outer = Receiver(lambda _: [answered(307, Location=inner.url)])
        with receiving(outer), house.sender() as sending:
            house.endpoint(url=outer.url)
            tell(house)
            sending.work()
    assert (len(outer.requests), inner.connections) == (1, 0)
    assert attempts(house) == [(307, "redirect", b"")]
    assert house.rows("select failures, status, reason from webhook_health") == [(1, 307, "redirect")]
    assert house.states() == [("waiting", 1)]


def test_nobody_is_told_by_way_of_an_address_inside(house: House) -> None:
    with receiving(Receiver()) as receiver:
        # It was let in when it was made; what counts is what it leads to when it is sent.
        house.endpoint(url=receiver.url)
        tell(house)
        with house.sender(webhook_post(())) as sending:
            sending.work()
    assert receiver.connections == 0
    assert attempts(house) == [(None, "inside", b"")]


def test_whoever_is_gone_is_disabled_by_that_and_the_audit_says_so(house: House) -> None:
    made = house.endpoint()
    tell(house, 2)
    with house.sender(Postman(Replied(410))) as sending:
        sending.work()
        house.later(days=5)
        sending.work()
    assert sorted(house.states()) == [("dead", 1), ("waiting", 0)]
    assert house.rows("select state, reason from webhook_endpoints") == [("disabled", "gone")]
    assert ("worker", "gone") in house.rows(
        "select actor, reason from audit where action = 'webhook.disabled'"
    )
    with house.web() as tx:
        assert send_test(tx, house.looking(), made.id) == Refused("state")
        set_state(tx, house.looking(), made.id, "enabled")
    with house.sender(Postman()) as sending:
        sending.work()
    assert sorted(house.states()) == [("dead", 1), ("delivered", 1)]


def test_whoever_is_busy_is_left_alone_for_as_long_as_they_ask(house: House) -> None:
    house.endpoint()
    tell(house, 3)
    postman = Postman(Replied(429, retry_after="600"))
    with house.sender(postman) as sending:
        sending.work()
        assert len(postman.posted) == 1
        house.later(seconds=599)
        sending.work()
        assert len(postman.posted) == 1
        postman.reply_with(Replied(200))
        house.later(seconds=2)
        sending.work()
        sending.work()
    assert house.states().count(("delivered", 1)) == 2
    assert house.states().count(("delivered", 2)) == 1


def verified(secret: str, sent: tuple[str, dict[str, str], bytes]) -> bool:
    """Whether a receiver with this secret believes it, whatever time it is there."""
    headers = sent[1]
    theirs = Webhook(secret)
    for said in headers["webhook-signature"].split(" "):
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        try:
            if theirs.sign(headers["webhook-id"], at, sent[2].decode()) == said:
                return True
        except WebhookVerificationError:
            pass
    return False


def test_for_a_day_after_a_secret_is_changed_both_are_signed_by(house: House) -> None:
    made = house.endpoint()
    postman = Postman()
    with house.web() as tx:
        rotated = rotate_secret(tx, house.looking(), made.id)
    assert isinstance(rotated, Made)
    assert rotated.secret != made.secret
    with house.sender(postman) as sending:
        house.later(hours=23)
        tell(house)
        sending.work()
        house.later(hours=1, seconds=1)
        tell(house)
        sending.work()
    during, after = postman.posted
    assert verified(made.secret, during)
    assert verified(rotated.secret, during)
    assert not verified(made.secret, after)
    assert verified(rotated.secret, after)


def test_an_endpoint_that_is_removed_while_it_is_sent_to(house: House) -> None:
    made = house.endpoint()
    other = house.endpoint(name="Other")
    tell(house, 6)
    with house.sender(Postman()) as sending:
        sending.sender.claim(sending.db)
        with house.web() as tx:
            assert remove_endpoint(tx, house.looking(), made.id) is None
            assert remove_endpoint(tx, house.looking(), made.id) == Refused("missing")
        sending.work()
    house.forget()
    left = house.rows("select endpoint_id, state, count(*) from webhook_deliveries group by 1, 2")
    assert left == [(other.id, "delivered", 6)]
    house.later(days=31)
    house.forget()
    assert house.states() == []
    assert attempts(house) == []


def test_one_can_be_sent_again_and_one_of_another_endpoint_cannot(house: House) -> None:
    made, other = house.endpoint(), house.endpoint(name="Other")
    tell(house)
    postman = Postman()
    ((delivery,),) = house.rows("select id from webhook_deliveries where endpoint_id = %(e)s", e=made.id)
    with house.sender(postman) as sending:
        sending.work()
        with house.web() as tx:
            assert resend(tx, house.looking(), delivery, other.id) == Refused("missing")
            assert resend(tx, house.looking(), delivery, made.id) == made.id
        sending.work()
    assert len(postman.posted) == 3


def test_a_test_arrives_and_says_that_it_is_one(house: House) -> None:
    made = house.endpoint("reward.earned")
    postman = Postman()
    with house.web() as tx:
        assert send_test(tx, house.looking(), made.id) is None
    with house.sender(postman) as sending:
        sending.work()
    assert b'"webhook.tested"' in postman.posted[0][2]
    assert house.payloads()[0]["data"]["note"].startswith("This is a test")


@pytest.mark.parametrize(
    ("name", "url", "types", "why"),
    [
        ("", "https://a.example/", (), "name"),
        ("x" * 101, "https://a.example/", (), "name"),
        ("a\nb", "https://a.example/", (), "name"),
        ("A", "https://me:word@a.example/", (), "url"),
        ("A", "a.example", (), "url"),
        ("A", "https://10.0.0.1/", (), "address"),
        ("A", "https://[::ffff:169.254.169.254]/", (), "address"),
        ("A", "https://a.example/", ("reward.lost",), "types"),
        ("A", "https://a.example/", ("webhook.tested",), "types"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused(
    house: House, name: str, url: str, types: tuple[str, ...], why: str
) -> None:
    made = house.endpoint()
    with house.web() as tx:
        assert change_endpoint(tx, house.looking(), made.id, Wanted(name, url, types)) == Refused(why)
    assert house.rows("select name from webhook_endpoints") == [("Shop",)]


def test_no_secret_is_where_somebody_could_read_it(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = house.endpoint(url="https://hooks.example/in?token=of-theirs")
    with house.web() as tx:
        rotated = rotate_secret(tx, house.looking(), made.id)
    assert isinstance(rotated, Made)
    tell(house)

    def breaking(url: str) -> Replied:
        raise RuntimeError(url[:8])

    with house.sender(Postman(breaking)) as sending:
        sending.work()
    kept = str(
        [
            house.rows("select before, after, detail, reason, subject from audit"),
            house.rows(
                "select encode(secret, 'escape'), encode(previous_secret, 'escape') from webhook_endpoints"
            ),
        ]
    )
    for secret in (made.secret, rotated.secret):
        assert secret.removeprefix("whsec_") not in kept + caplog.text + repr(made)
    assert "of-theirs" not in kept + caplog.text
    # What failed in our own hands is not lost: its lease ends.
    house.later(seconds=LEASE.total_seconds())
    postman = Postman()
    with house.sender(postman) as sending:
        sending.work()
    assert len(postman.posted) == 1


def endless(_: Request) -> Iterator[bytes]:
    yield b"HTTP/1.1 500 Broken\r\n\r\n"
    while True:
        yield b"<script>" * 4096


def test_of_an_answer_only_its_beginning_is_kept(house: House) -> None:
    with receiving(Receiver(endless)) as receiver, house.sender() as sending:
        house.endpoint(url=receiver.url)
        tell(house)
        sending.work()
    ((status, reason, answer),) = attempts(house)
    assert (status, reason, len(answer)) == (500, "status", 512)
