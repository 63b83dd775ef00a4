"""Time moves what nobody signs up its ladder, and ends what nobody decides, with its money freed."""

from datetime import timedelta

from tests.approvals.house import NOW, House, adjustment
from tests.approvals.test_granting import work

from guerdon.engine.approvals.deadlines import escalate_requests, expire_requests
from guerdon.engine.library import Library
from guerdon.store.database import connect
from guerdon.store.intake import QuarantineRow, record_quarantine
from guerdon.values.ids import show
from guerdon.worker import MAPPERS

DAY = timedelta(hours=24)


def escalate(house: House, now: object) -> int:
    with connect(house.url, house.secret, "worker") as db:
        return escalate_requests(db, Library(house.vault, MAPPERS), now)  # type: ignore[arg-type]


def expire(house: House, now: object) -> int:
    with connect(house.url, house.secret, "worker") as db:
        return expire_requests(db, now)  # type: ignore[arg-type]


def test_a_request_climbs_a_rung_a_day_until_the_top(house: House) -> None:
    request = house.asked("lea", house.reward(20_000))
    assert escalate(house, NOW + DAY - timedelta(seconds=1)) == 0
    assert escalate(house, NOW + DAY) == 1
    assert escalate(house, NOW + DAY) == 0
    # Now it is the brand's; the dealer manager had a day.
    assert house.say("kim", request, now=NOW + DAY) == "no:role"
    assert escalate(house, NOW + 2 * DAY) == 1
    assert house.rows("select rung, escalates_at from requests") == [(2, None)]
    assert escalate(house, NOW + 3 * DAY) == 0
    assert house.say("olga", request, now=NOW + 3 * DAY) == "open"
    assert house.say("fay", request, now=NOW + 3 * DAY) == "approved"
    assert house.audit(request) == [
        *("request.made", "request.escalated", "request.escalated", "request.signed", "request.signed")
    ]


def test_a_signature_of_a_lower_rung_counts_above_only_if_its_role_does(house: House) -> None:
    request = house.asked("fay", adjustment(150_000))
    assert house.say("finn", request) == "open"
    assert house.rows("select rung, escalates_at from requests") == [(2, None)]
    lower = house.asked("fay", adjustment(60_000))
    assert escalate(house, NOW + DAY) == 1
    assert house.rows("select rung from requests where id = %s", lower) == [(2,)]
    assert house.say("finn", lower, now=NOW + DAY) == "open"
    assert house.say("frida", lower, now=NOW + DAY) == "approved"


def test_what_was_asked_back_does_not_climb_but_ends(house: House) -> None:
    request = house.asked("lea", house.reward(20_000))
    assert house.say("kim", request, "ask", reason="which order?") == "returned"
    assert escalate(house, NOW + 5 * DAY) == 0
    assert expire(house, NOW + 14 * DAY - timedelta(seconds=1)) == 0
    assert expire(house, NOW + 14 * DAY) == 1
    assert house.state(request) == "expired"


def test_what_ends_frees_its_money_and_says_so(house: House) -> None:
    requests = [house.asked("lea", house.reward(20_000)) for _ in range(3)]
    signed = requests.pop()
    assert house.say("kim", signed) == "approved"
    assert house.pool()[1] == 60_000
    assert expire(house, NOW + 14 * DAY) == 2
    assert expire(house, NOW + 14 * DAY) == 0
    assert house.pool()[1] == 20_000
    assert [house.state(number) for number in requests] == ["expired", "expired"]
    # What has all its signatures is the worker's.
    assert house.state(signed) == "approved"
    assert house.rows("select state, count(*) from holds group by 1 order by 1") == [
        ("expired", 2),
        ("open", 1),
    ]
    assert house.audit(requests[0]) == ["request.made", "request.expired"]


def test_nothing_climbs_once_it_is_over(house: House) -> None:
    house.asked("lea", house.reward(20_000))
    assert escalate(house, NOW + 14 * DAY) == 0


def set_apart(house: House, request: int) -> None:
    """Let its announcement be the poison that no worker can decide."""
    with house.opened("worker") as tx:
        found = tx.execute(
            "delete from inbox where connection = 'guerdon' returning id, delivery_id, position"
        ).fetchall()
        assert len(found) == 1, request
        number, delivery, position = found[0]
        parked = QuarantineRow("guerdon", "poison", "it broke", None, number, delivery, position)
        record_quarantine(tx, house.program_id, [parked], NOW)


def test_what_was_signed_and_lost_on_the_way_fails_when_its_time_is_over(house: House) -> None:
    request = house.asked("lea", house.reward(20_000))
    assert house.say("kim", request) == "approved"
    set_apart(house, request)
    assert expire(house, NOW + 14 * DAY - timedelta(seconds=1)) == 0
    assert house.pool()[1] == 20_000
    assert expire(house, NOW + 14 * DAY) == 1
    assert expire(house, NOW + 14 * DAY) == 0
    assert house.rows("select state, why from requests") == [("failed", "announcement")]
    assert house.pool()[1] == 0
    assert house.audit(request) == ["request.made", "request.signed", "request.failed"]
    alarms = house.rows("select kind, subject, settled_at from alarms")
    assert alarms == [("approval_stranded", show("apr", request), None)]


def test_an_announcement_that_only_waits_its_turn_is_given_a_day(house: House) -> None:
    request = house.asked("lea", house.reward(20_000))
    assert house.say("kim", request) == "approved"
    assert expire(house, NOW + 15 * DAY - timedelta(seconds=1)) == 0
    assert house.state(request) == "approved"
    assert expire(house, NOW + 15 * DAY) == 1
    assert house.state(request) == "failed"
    # Whoever takes it at last finds that it does not hold.
    work(house, NOW + 16 * DAY)
    assert house.state(request) == "failed"
    assert house.purse() == (0, 0)


def test_who_asks_without_a_signature_is_freed_the_same_way(house: House) -> None:
    request = house.asked("fay", adjustment(4_000))
    assert house.state(request) == "approved"
    set_apart(house, request)
    assert expire(house, NOW + 14 * DAY) == 1
    assert house.state(request) == "failed"
    assert house.pool()[1] == 0
