"""T-08: whatever the clock does, value matures, ends and is free again once, and never before its moment.

The clock is set a second, two hours, a day and four hundred days about each moment, and back again; the
moments lie on both changes of the clocks in Berlin, on a leap day, on ends of months and about midnight.
"""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from tests.wallet.house import House

from guerdon.engine.timers import Clockwork, run_timers
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.holding import Reserve, hold
from guerdon.engine.wallet.spending import Spend, spend
from guerdon.ledger.effects import Refuse

BERLIN = ZoneInfo("Europe/Berlin")
NOUGHT = (0,) * 6
SHIFTS = (
    timedelta(days=-1),
    timedelta(hours=-2),
    timedelta(seconds=-1),
    timedelta(0),
    timedelta(seconds=1),
    timedelta(days=1),
    timedelta(days=400),
)


class Season(NamedTuple):
    """When value came, and when a gift for thirty days and miles after three months away must end."""

    came: datetime
    gift_ends: datetime
    miles_end: datetime


def utc(*parts: int) -> datetime:
    year, month, day, hour, minute, second = (*parts, *NOUGHT[len(parts) :])
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


SEASONS = {
    "clocks go forward": Season(utc(2027, 2, 26, 9), utc(2027, 3, 28, 22), utc(2027, 5, 26, 22)),
    "clocks go back": Season(utc(2026, 9, 25, 9), utc(2026, 10, 25, 23), utc(2026, 12, 25, 23)),
    "leap day": Season(utc(2028, 1, 30, 9), utc(2028, 2, 29, 23), utc(2028, 4, 30, 22)),
    "end of a month": Season(utc(2026, 10, 31, 9), utc(2026, 11, 30, 23), utc(2027, 1, 31, 23)),
    "no such day": Season(utc(2027, 11, 30, 9), utc(2027, 12, 30, 23), utc(2028, 2, 29, 23)),
    "before midnight": Season(utc(2026, 5, 4, 21, 59, 59), utc(2026, 6, 3, 22), utc(2026, 8, 4, 22)),
    "at midnight": Season(utc(2026, 5, 4, 22), utc(2026, 6, 4, 22), utc(2026, 8, 5, 22)),
}


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, BERLIN).astimezone(UTC)


def happened(house: House) -> dict[str, bool]:
    """What time has done so far."""
    states = dict(house.rows("select rule, state from rewards"))
    ((lapsed,),) = house.rows("select count(*) from holds where state = 'expired'")
    return {
        "gift": states["gift"] == "expired",
        "order": states["order"] == "expired",
        "trip": states["trip"] != "pending",
        "walk": states["walk"] == "expired",
        "hold": lapsed == 1,
    }


def value_came(house: House, season: Season) -> dict[str, datetime]:
    """A member gets one of everything; when each of it is due."""
    house.now = season.came
    (member,) = house.enroll("1")
    house.tell("1", "gift.given", order_no="g", amount=50)
    house.tell("1", "order.paid", order_no="o", amount=7)
    house.tell("1", "trip.booked", order_no="t", amount=3)
    house.tell("1", "walk.taken", amount=9)
    until = season.came + timedelta(days=10)
    with house.web() as tx:
        asked = Reserve(house.program_id, member, "k", "PTS", 20, "x", until)
        assert isinstance(hold(tx, house.program, asked, house.now), Done)
    today = season.came.astimezone(BERLIN).date()
    return {
        "gift": season.gift_ends,
        "order": end_of(today + timedelta(days=90)),
        "trip": season.came + timedelta(days=14),
        "walk": season.miles_end,
        "hold": until,
    }


@pytest.mark.parametrize("name", SEASONS)
def test_time_does_everything_once_and_not_before_its_moment(house: House, name: str) -> None:
    due = value_came(house, SEASONS[name])
    chance = random.Random(random.getrandbits(32))  # noqa: S311  the run's own seed
    latest = house.now
    with house.worker() as db:
        for moment in sorted({each + shift for each in due.values() for shift in SHIFTS}):
            if moment < house.now:
                continue
            # Now and then the clock is set back before it goes on.
            back = moment - chance.choice(SHIFTS[3:])
            for now in (back, moment):
                latest = max(latest, now)
                run_timers(db, Clockwork(house.program_id, house.program, now))
                assert happened(house) == {what: at <= latest for what, at in due.items()}, (now, latest)
    told = dict(house.rows("select type, count(*) from events where source = 'guerdon' group by 1"))
    # The trip's points, too, have ended after four hundred days; nothing of it twice.
    assert told == {"value.held": 1, "value.matured": 1, "value.lapsed": 1, "value.expired": 4}
    assert house.rows("select sum(posted), sum(pending), sum(held) from accounts where member_id > 0") == [
        (0, 0, 0)
    ]


@pytest.mark.parametrize("name", SEASONS)
def test_what_has_ended_cannot_be_spent_even_before_the_worker_comes_by(house: House, name: str) -> None:
    season = SEASONS[name]
    house.now = season.came
    (member,) = house.enroll("1")
    house.tell("1", "gift.given", order_no="g", amount=50)
    answers = []
    for shift in SHIFTS:
        with house.web() as tx:
            asked = Spend(house.program_id, member, f"at {shift}", "PTS", 1)
            done = spend(tx, house.program, asked, season.gift_ends + shift)
        answers.append(done.reason if isinstance(done, Refuse) else "spent")
    assert answers == ["spent"] * 3 + ["balance"] * 4
    # Set back, the clock finds the gift there again: nothing was written about it meanwhile.
    assert house.purse(member) == (47, 0, 0, 0)
