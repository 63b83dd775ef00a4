"""Caps: calendar days, weeks and months of the member, over all channels, also for one who travels."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.conscience.asking import (
    ACCOUNT,
    CODES,
    GAVE,
    NIGHT,
    NOON,
    answer,
    asked,
    at_wall,
    everywhere,
    told,
)

from guerdon.program.messages.nouns import Caps, Contact, Manners
from guerdon.rules.conscience import Go, Known, No, NotNow, Told
from guerdon.rules.conscience.nouns import LOOK_BACK

THREE_A_DAY = Caps(day=3)


def having(*earlier: Told) -> Known:
    return replace(GAVE, told=earlier)


def earlier(*instants: datetime, marketing: bool = True) -> Known:
    return having(*(told(number, at, marketing=marketing) for number, at in enumerate(instants)))


def test_the_one_after_the_last_is_refused_and_not_put_off() -> None:
    contact = everywhere(caps=THREE_A_DAY)
    hours = [NOON - timedelta(hours=hour) for hour in range(1, 4)]
    assert isinstance(answer(contact, asked(), earlier(*hours[:2])), Go)
    assert answer(contact, asked(), earlier(*hours)) == No("cap:day:3:3", everywhere=True)
    assert answer(contact, asked(), earlier(*hours, NOON)) == No("cap:day:4:3", everywhere=True)


def test_yesterday_counts_for_nothing_today() -> None:
    midnight = NOON.replace(hour=0)
    before = [midnight - timedelta(seconds=second) for second in range(1, 4)]
    assert isinstance(answer(everywhere(caps=THREE_A_DAY), asked(midnight), earlier(*before)), Go)


def test_a_day_is_the_members() -> None:
    # Nine in the evening in UTC is the next morning in Samoa.
    contact, evening = everywhere(caps=Caps(day=1)), NOON.replace(hour=21)
    there = told(1, NOON.replace(hour=9), date(2026, 5, 6))
    assert isinstance(answer(contact, asked(evening, "Pacific/Apia"), having(there)), Go)
    assert answer(contact, asked(evening, "Europe/Berlin"), having(there)) == No(
        "cap:day:1:1", everywhere=True
    )


@pytest.mark.parametrize(
    ("at", "goes"),
    [("2026-05-03T23:59:59", True), ("2026-05-04T00:00:00", False), ("2026-05-10T23:59:59", False)],
)
def test_a_week_begins_on_monday(at: str, goes: bool) -> None:  # noqa: FBT001
    sent = datetime.fromisoformat(f"{at}+00:00")
    now = datetime(2026, 5, 10, 23, 59, 59, tzinfo=UTC)
    found = answer(everywhere(caps=Caps(week=1)), asked(now), earlier(sent))
    assert found == (Go(7, "", now.date(), counts=True) if goes else No("cap:week:1:1", everywhere=True))


@pytest.mark.parametrize(
    ("at", "now", "goes"),
    [
        ("2026-02-28T23:00", "2026-03-01T00:30", True),
        ("2026-03-01T00:00", "2026-03-31T23:59", False),
        ("2028-02-01T00:00", "2028-02-29T23:59", False),
        ("2025-12-31T23:59", "2026-01-01T00:00", True),
        ("2025-01-15T12:00", "2026-01-15T12:00", True),
    ],
)
def test_a_month_is_one_of_the_calendar(at: str, now: str, goes: bool) -> None:  # noqa: FBT001
    sent, moment = datetime.fromisoformat(f"{at}+00:00"), datetime.fromisoformat(f"{now}+00:00")
    found = answer(everywhere(caps=Caps(month=1)), asked(moment), earlier(sent))
    assert isinstance(found, Go) == goes


def test_what_is_looked_at_reaches_back_over_the_longest_month_and_the_widest_journey() -> None:
    # It was the first of May in Kiribati; it is the thirty-first on Baker Island.
    sent = at_wall("2026-05-01T00:00", "+14:00")
    now = at_wall("2026-05-31T23:59:59", "-12:00")
    found = answer(
        everywhere(caps=Caps(month=1)), asked(now, "Etc/GMT+12"), having(told(1, sent, date(2026, 5, 1)))
    )
    assert found == No("cap:month:1:1", everywhere=True)
    assert now - sent < LOOK_BACK


def test_whoever_moves_is_not_told_more() -> None:
    """Three went on the sixth in Tokyo. In Los Angeles it is still the fifth, then the sixth once more."""
    contact = everywhere(caps=THREE_A_DAY)
    sent = [at_wall(f"2026-05-06T0{hour}:00", "+09:00") for hour in (8, 8, 9)]
    known = having(*(told(number, at, date(2026, 5, 6)) for number, at in enumerate(sent)))
    fifth = at_wall("2026-05-05T20:00", "-07:00")
    sixth = at_wall("2026-05-06T12:00", "-07:00")
    seventh = at_wall("2026-05-07T12:00", "-07:00")
    for now in (fifth, sixth):
        found = answer(contact, asked(now, "America/Los_Angeles"), known)
        assert found == No("cap:day:3:3", everywhere=True)
    assert isinstance(answer(contact, asked(seventh, "America/Los_Angeles"), known), Go)


def test_the_same_message_over_the_next_channel_counts_once() -> None:
    contact, ask = everywhere(caps=THREE_A_DAY), replace(asked(), message_id=102, channel="sms")
    # Three were handed over, one of them this very message over another channel, another by two channels.
    known = having(*(told(number, NOON - timedelta(hours=1)) for number in (0, 1, 1, 2)))
    assert isinstance(answer(contact, ask, known), Go)
    assert answer(contact, replace(ask, message_id=1), known) == No("cap:day:3:3", everywhere=True)


def test_marketing_and_service_are_counted_apart() -> None:
    contact = Contact(everywhere=Manners(caps=Caps(day=1), caps_service=Caps(day=1)))
    service = earlier(NOON - timedelta(hours=1), marketing=False)
    offer = earlier(NOON - timedelta(hours=1))
    assert isinstance(answer(contact, asked(), service), Go)
    assert isinstance(answer(contact, asked(topic=ACCOUNT), offer), Go)
    assert isinstance(answer(contact, asked(), offer), No)


def test_service_over_its_cap_waits_for_the_next_day_that_has_room() -> None:
    contact = Contact(everywhere=Manners(quiet=NIGHT, caps_service=Caps(day=1, week=2)))
    today = earlier(at_wall("2026-05-06T09:00", "+02:00"), marketing=False)
    ask = asked(at_wall("2026-05-06T12:00", "+02:00"), "Europe/Berlin", ACCOUNT)
    assert answer(contact, ask, today) == NotNow(at_wall("2026-05-07T08:00", "+02:00"), "cap:day:1:1")
    both = earlier(
        at_wall("2026-05-05T09:00", "+02:00"), at_wall("2026-05-06T09:00", "+02:00"), marketing=False
    )
    assert answer(contact, ask, both) == NotNow(at_wall("2026-05-11T08:00", "+02:00"), "cap:week:2:2")


def test_a_code_goes_over_every_cap() -> None:
    contact = Contact(everywhere=Manners(caps_service=Caps(day=1)))
    full = earlier(NOON, NOON, NOON, marketing=False)
    assert isinstance(answer(contact, asked(topic=CODES), full), Go)
    assert isinstance(answer(contact, asked(topic=ACCOUNT), full), NotNow)


def test_an_offer_in_the_night_is_judged_by_the_morning() -> None:
    contact = everywhere(NIGHT, THREE_A_DAY)
    evening = at_wall("2026-05-06T21:00", "+02:00")
    full = earlier(*(evening - timedelta(hours=hour) for hour in (2, 3, 4)))
    # The day is full, the next one is not.
    found = answer(contact, asked(evening, "Europe/Berlin"), full)
    assert found == NotNow(at_wall("2026-05-07T08:00", "+02:00"), "quiet:08:00")
    night = at_wall("2026-05-07T03:00", "+02:00")
    full = earlier(*(at_wall("2026-05-07T00:30", "+02:00") for _ in range(3)))
    assert answer(contact, asked(night, "Europe/Berlin"), full) == No("cap:day:3:3", everywhere=True)


def test_of_several_caps_the_longest_says_why() -> None:
    hours = [NOON - timedelta(hours=hour) for hour in range(1, 4)]
    contact = everywhere(caps=Caps(day=3, week=3, month=3))
    assert answer(contact, asked(), earlier(*hours)) == No("cap:month:3:3", everywhere=True)


def test_no_cap_is_no_cap() -> None:
    hours = [NOON - timedelta(minutes=minute) for minute in range(200)]
    assert isinstance(answer(Contact(), asked(), earlier(*hours)), Go)
