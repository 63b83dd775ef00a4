"""Reminders go on their days at ten where the member is, once for ever, and not of what is over."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from tests.reminders.house import BEGAN, EXPIRING, WAITING, House, opened, reminding
from tests.wallet.house import at_once

from guerdon.engine.messages import reminding as engine
from guerdon.engine.messages.reminding import last_turn, reminder_id, steps_of, stretches_of
from guerdon.engine.wallet.spending import Spend, spend
from guerdon.queries.controls.receipts import TOLD
from guerdon.store.database import transaction
from guerdon.store.messages.reminders import list_due

DAY = timedelta(days=1)
# Ten o'clock of a summer's day in Berlin.
TEN = BEGAN.replace(hour=8)


def contract(house: House, contact: str = "ada", number: str = "1") -> None:
    """A reward of 200.00 EUR that ends after 180 days."""
    house.tell(contact, "contract.signed", order_no=number)


def test_a_reward_that_waits_is_told_of_after_a_week_and_a_month_at_ten_and_never_again(house: House) -> None:
    house.enroll("ada")
    contract(house)
    assert house.remind(TEN + 7 * DAY - timedelta(minutes=1)) == 0
    assert house.remind(TEN + 7 * DAY) == 1
    assert house.remind(TEN + 7 * DAY) == 0
    for hours in range(0, 24 * 40, 4):
        house.remind(TEN + 7 * DAY + timedelta(hours=hours))
    # It is summer all the while.
    assert house.reminded() == [("reward_waiting", "05-11 08:00"), ("reward_waiting", "06-03 08:00")]
    (row,) = house.rows("select distinct reward_id, channel from outbox where message = 'reward_waiting'")
    assert row == (house.rows("select id from rewards")[0][0], "email")


def test_what_ends_is_told_of_so_many_days_before_its_last_one(house: House) -> None:
    (ada,) = house.enroll("ada")
    house.tell("ada", "gift.given", order_no="1", amount=30)
    # Thirty days, the last of which is 3 June.
    assert house.rows("select expires_at from rewards") == [(datetime(2026, 6, 3, 22, tzinfo=UTC),)]
    for day in range(1, 32):
        house.remind(TEN + day * DAY)
    assert house.reminded() == [
        ("reward_waiting", "05-11 08:00"),
        ("reward_expiring", "05-20 08:00"),
        ("reward_expiring", "05-31 08:00"),
        # The month is over on the last day itself.
        ("reward_waiting", "06-03 08:00"),
    ]
    assert {r[0] for r in house.rows("select member_id from outbox")} == {ada}
    assert {r[0] for r in house.rows("select channel from outbox where message = 'reward_expiring'")} == {
        "sms"
    }


@pytest.mark.parametrize("over", ["spent", "ended", "reversed", "given away", "held", "forgotten"])
def test_nobody_is_reminded_of_what_is_over(house: House, over: str) -> None:
    (ada,) = house.enroll("ada")
    house.tell("ada", "gift.given", order_no="1", amount=30)
    match over:
        case "spent":
            with house.web() as tx:
                asked = Spend(house.program_id, ada, uuid4().hex, "PTS", 30, "test", "tests")
                spend(tx, house.program, asked, house.now)
            assert house.lots(ada)[0][3] == "redeemed"
        case "ended":
            # Its time is over, and no timer has been there yet.
            house.run("update rewards set expires_at = %(at)s", at=TEN + 6 * DAY)
        case "reversed":
            house.tell("ada", "gift.withdrawn", order_no="1")
        case "held":
            house.run("update rewards set held = remaining")
        case "given away":
            house.run(
                "insert into gifts (program_id, member_id, id, reward_id, made_at, expires_at, token_hash)"
                " select program_id, member_id, 1, id, issued_at, issued_at + interval '90 days',"
                " sha256('x') from rewards"
            )
        case _:
            house.run("delete from persons")
    assert house.remind(TEN + 7 * DAY) == 0
    assert house.reminded() == []
    # What was done by hand is in no books.
    house.checked = over in {"spent", "reversed"}


def test_each_is_reminded_at_ten_where_they_live(house: House) -> None:
    members = house.living(
        tok="Asia/Tokyo", ber="", lax="America/Los_Angeles", odd="Mars/Phobos", kat="+05:45"
    )
    for contact in members:
        contract(house, contact)
    told: dict[int, str] = {}
    for quarters in range(24 * 4 * 9):
        at = BEGAN + timedelta(minutes=15 * quarters)
        house.remind(at)
    for member, at in house.rows(
        "select member_id, to_char(created_at at time zone 'UTC', 'DD HH24:MI') from outbox"
        " where message = 'reward_waiting'"
    ):
        assert told.setdefault(member, at) == at
    # It was 18:00, 11:00, 02:00 and 14:45 of the same day there.
    assert {contact: told[member] for contact, member in members.items()} == {
        "tok": "11 01:00",
        "ber": "11 08:00",
        "lax": "11 17:00",
        "odd": "11 08:00",
        "kat": "11 04:15",
    }


def test_what_a_clock_put_forward_shows_is_ten_all_the_same(house: House) -> None:
    steps = [(datetime(2026, 3, 28, 9, tzinfo=UTC), 1), (datetime(2026, 3, 29, 8, tzinfo=UTC), 1)]
    found = stretches_of(
        steps_of(house.program)[:1],
        {"market DE": "Europe/Berlin", "market FR": "Europe/Paris"},
        datetime(2026, 3, 27, 12, tzinfo=UTC),
        datetime(2026, 3, 29, 12, tzinfo=UTC),
    )
    assert [(each.due_at, 1) for each in found] == steps
    # Two clocks that show the same are one stretch; its days follow each other without a gap.
    assert all(each.span.clocks == ("market DE", "market FR") for each in found)
    assert found[0].span.ends == found[1].span.begins
    assert last_turn(steps[0][0] + timedelta(minutes=14, seconds=59)) == steps[0][0]


def test_whoever_was_away_tells_the_newest_and_leaves_out_the_rest(house: House) -> None:
    house.publish(
        reminding("reward_waiting: { channel: email, topic: service, remind: { after_days: [2, 3, 4] } }")
    )
    house.enroll("ada")
    contract(house)
    assert house.remind(TEN + 6 * DAY) == 1
    (row,) = house.rows("select id from outbox where message = 'reward_waiting'")
    assert house.remind(TEN + 6 * DAY + timedelta(hours=30)) == 0
    reward = house.rows("select id from rewards")[0][0]
    assert row[0] == reminder_id(reward, steps_of(house.program)[2])


def test_what_was_due_more_than_a_week_ago_is_not_told(house: House) -> None:
    house.enroll("ada")
    contract(house)
    assert house.remind(TEN + 14 * DAY + timedelta(minutes=15)) == 0
    assert house.reminded() == []


def test_a_reminder_that_is_declared_later_does_not_speak_of_the_past(house: House) -> None:
    house.publish(reminding())
    house.enroll("ada")
    contract(house)
    assert house.remind(TEN + 7 * DAY) == 0
    house.publish(reminding(WAITING))
    assert house.remind(TEN + 7 * DAY + timedelta(hours=1)) == 0
    assert house.remind(TEN + 30 * DAY) == 1


def test_a_version_without_it_reminds_nobody(house: House) -> None:
    house.enroll("ada")
    contract(house)
    house.publish(reminding(EXPIRING))
    assert house.remind(TEN + 7 * DAY) == 0


def test_a_program_that_is_looked_at_first_begins_then(database: str, secret: str) -> None:
    with opened(database, secret, reminding(WAITING)) as house:
        house.enroll("ada")
        contract(house)
        assert house.remind(TEN + 7 * DAY + timedelta(hours=1)) == 0
        assert house.remind(TEN + 30 * DAY) == 1


def test_of_a_balance_one_is_told_a_day_the_largest_part_and_none_of_status(house: House) -> None:
    (ada,) = house.enroll("ada")
    for number, amount in (("1", 5), ("2", 50), ("3", 20)):
        house.tell("ada", "order.paid", order_no=number, amount=amount)
    house.tell("ada", "star.given")
    contract(house, number="4")
    contract(house, number="5")
    assert house.remind(TEN + 7 * DAY) == 3
    found = house.rows(
        "select r.unit, r.value from outbox o join rewards r on r.id = o.reward_id and r.member_id = %(m)s"
        " order by 1, 2",
        m=ada,
    )
    assert found == [("EUR", 20_000), ("EUR", 20_000), ("PTS", 50)]


def test_whoever_moves_to_where_it_is_earlier_is_not_told_again(house: House) -> None:
    members = house.living(tok="Asia/Tokyo")
    contract(house, "tok")
    assert house.remind(TEN + 7 * DAY) == 1
    house.run('update members set attributes = \'{"zone": "America/Los_Angeles"}\'')
    assert house.remind(TEN + 8 * DAY) == 0
    house.run(
        "with gone as (delete from outbox where message = 'reward_waiting' returning *)"
        " insert into messages (program_id, member_id, id, event_id, reward_id, message, channel, language,"
        " state, attempts, created_at, settled_at) select program_id, member_id, id, event_id, reward_id,"
        " message, channel, 'de', 'sent', 1, created_at, created_at from gone"
    )
    house.run("update reminder_progress set done_to = done_to - interval '2 days'")
    house.run('update members set attributes = \'{"zone": "Asia/Tokyo"}\'')
    assert house.remind(TEN + 8 * DAY + timedelta(hours=1)) == 0
    assert len(members) == 1


def test_pages_of_members_come_to_the_same_and_a_kill_between_them_loses_and_doubles_nothing(
    house: House,
) -> None:
    members = house.enroll(*(f"m{n}" for n in range(7)))
    for n in range(7):
        contract(house, f"m{n}")
    house.now = TEN + 7 * DAY

    class Killed(Exception):  # noqa: N818  nobody handles it
        pass

    pages = [0]

    def dying(*given: object) -> object:
        pages[0] += 1
        if pages[0] == 3:
            raise Killed
        return list_due(*given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "list_due", dying)
        with pytest.raises(Killed):
            house.remind(TEN + 7 * DAY, at_most=2)
    assert len(house.reminded()) == 4
    assert house.rows("select doing_to is not null, after_member from reminder_progress") == [
        (True, members[3])
    ]
    assert house.remind(TEN + 7 * DAY + timedelta(minutes=20), at_most=2) == 3
    assert house.rows(
        "select count(distinct member_id), count(*) from outbox where message = 'reward_waiting'"
    ) == [(7, 7)]
    assert house.rows("select count(*) from events where type = 'reminder.sent' and outcome = 'sent'") == [
        (7,)
    ]


def test_workers_at_once_remind_once(house: House) -> None:
    house.enroll(*(f"m{n}" for n in range(9)))
    for n in range(9):
        contract(house, f"m{n}")
    counts = at_once([lambda: house.remind(TEN + 7 * DAY, at_most=2)] * 4)
    assert sum(int(str(n)) for n in counts) + house.remind(TEN + 7 * DAY) == 9
    assert house.rows("select count(*) from outbox where message = 'reward_waiting'") == [(9,)]


def test_receipts_tell_of_each_reminder_and_of_what_matured(house: House) -> None:
    house.enroll("ada")
    house.tell("ada", "trip.booked", order_no="1", amount=10)
    assert house.rows("select count(*) from outbox") == [(0,)]
    house.now = BEGAN + 14 * DAY
    house.run_timers()
    assert house.rows("select message from outbox") == [("reward_ready",)]
    # A week after it could be spent, not after it was given.
    house.remind(TEN + 20 * DAY)
    assert house.reminded() == []
    assert house.remind(TEN + 21 * DAY) == 1
    with house.worker() as db, transaction(db, house.program_id) as tx:
        assert tx.execute(TOLD.asked_of(tx)).fetchall() == []
    house.run("update outbox set channel = 'push' where message = 'reward_waiting'")
    with house.worker() as db, transaction(db, house.program_id) as tx:
        assert [row[0] for row in tx.execute(TOLD.asked_of(tx)).fetchall()] == ["receipts.messages"]
    house.run("update outbox set channel = 'email' where message = 'reward_waiting'")
