"""Quiet hours and silent days by the member's own clock: over midnight, over every change of clocks."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.conscience.asking import (
    ACCOUNT,
    CODES,
    GAVE,
    GIVEN,
    NIGHT,
    NOON,
    OFFERS,
    RINGING,
    answer,
    asked,
    at_wall,
    everywhere,
)

from guerdon.program.messages.nouns import ChannelKind, Contact, Manners, Quiet, SilentDays
from guerdon.rules.conscience import Go, Known, NotNow, member_zone
from guerdon.rules.conscience.zones import beginning_of, next_turn

SUNDAYS = SilentDays(("sunday",), RINGING)
HALF_PAST_TWO = Quiet(time(22), time(2, 30))
# Zone, an instant in the quiet hours, and the first one behind them; both as the wall shows them there.
CHANGES = [
    # An ordinary night.
    ("Europe/Berlin", NIGHT, ("2026-05-06T21:15", "+02:00"), ("2026-05-07T08:00", "+02:00")),
    ("Europe/Berlin", NIGHT, ("2026-05-07T00:00", "+02:00"), ("2026-05-07T08:00", "+02:00")),
    ("Asia/Riyadh", NIGHT, ("2026-05-07T02:00", "+03:00"), ("2026-05-07T08:00", "+03:00")),
    # The night of 29 March 2026 has no hour from two to three, the one of 25 October has two.
    ("Europe/Berlin", NIGHT, ("2026-03-28T23:00", "+01:00"), ("2026-03-29T08:00", "+02:00")),
    ("Europe/Berlin", NIGHT, ("2026-10-24T23:00", "+02:00"), ("2026-10-25T08:00", "+01:00")),
    # Half past two is left out: at two it is three, and no longer quiet.
    ("Europe/Berlin", HALF_PAST_TWO, ("2026-03-29T01:00", "+01:00"), ("2026-03-29T03:00", "+02:00")),
    # It comes twice: after the first one it is not quiet, at the second two o'clock it is again.
    ("Europe/Berlin", HALF_PAST_TWO, ("2026-10-25T02:10", "+02:00"), ("2026-10-25T02:30", "+02:00")),
    ("Europe/Berlin", HALF_PAST_TWO, ("2026-10-25T02:10", "+01:00"), ("2026-10-25T02:30", "+01:00")),
    # Newfoundland: half an hour off, and until 2011 clocks were changed at a minute past midnight.
    ("America/St_Johns", NIGHT, ("2026-03-07T22:00", "-03:30"), ("2026-03-08T08:00", "-02:30")),
    ("America/St_Johns", NIGHT, ("2026-10-31T22:00", "-02:30"), ("2026-11-01T08:00", "-03:30")),
    ("America/St_Johns", Quiet(time(22), time(0, 30)), ("2010-03-14T00:00", "-03:30"),
     ("2010-03-14T01:01", "-02:30")),
    ("America/St_Johns", Quiet(time(22), time(0)), ("2010-11-06T23:30", "-02:30"),
     ("2010-11-07T00:00", "-02:30")),
    # A minute later it is 23:01 of the day before, and quiet once more.
    ("America/St_Johns", Quiet(time(22), time(0)), ("2010-11-06T23:30", "-03:30"),
     ("2010-11-07T00:00", "-03:30")),
    # Samoa had no 30 December 2011, and left summer time behind in 2021.
    ("Pacific/Apia", NIGHT, ("2011-12-29T21:00", "-10:00"), ("2011-12-31T08:00", "+14:00")),
    ("Pacific/Apia", NIGHT, ("2021-04-03T23:00", "+14:00"), ("2021-04-04T08:00", "+13:00")),
    # Lord Howe Island changes its clocks by half an hour.
    ("Australia/Lord_Howe", Quiet(time(22), time(1, 45)), ("2026-04-05T01:40", "+11:00"),
     ("2026-04-05T01:45", "+11:00")),
    ("Australia/Lord_Howe", Quiet(time(22), time(1, 45)), ("2026-04-05T01:40", "+10:30"),
     ("2026-04-05T01:45", "+10:30")),
    ("Australia/Lord_Howe", Quiet(time(22), time(2, 15)), ("2026-10-04T01:00", "+10:30"),
     ("2026-10-04T02:30", "+11:00")),
    # Egypt puts its clocks forward at midnight.
    ("Africa/Cairo", Quiet(time(22), time(0, 15)), ("2026-04-23T23:00", "+02:00"),
     ("2026-04-24T01:00", "+03:00")),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "quiet", "before", "behind"), CHANGES)
def test_what_comes_in_the_quiet_goes_as_soon_as_it_is_over(
    zone: str, quiet: Quiet, before: tuple[str, str], behind: tuple[str, str]
) -> None:
    now, until = at_wall(*before), at_wall(*behind)
    # What is written here is what a clock there shows.
    for instant, (text, _) in ((now, before), (until, behind)):
        assert instant.astimezone(ZoneInfo(zone)).isoformat("T", "minutes").startswith(text)
    found = answer(everywhere(quiet), asked(now, zone))
    assert found == NotNow(until, f"quiet:{quiet.ends:%H:%M}")
    assert isinstance(found, NotNow)
    assert found.until.tzinfo == UTC
    assert isinstance(answer(everywhere(quiet), asked(until, zone)), Go)
    just_before = until - timedelta(microseconds=1)
    assert isinstance(answer(everywhere(quiet), asked(just_before, zone)), NotNow)


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    first, between, second = (
        at_wall("2026-10-25T02:10", "+02:00"),
        at_wall("2026-10-25T02:45", "+02:00"),
        at_wall("2026-10-25T02:10", "+01:00"),
    )
    contact = everywhere(HALF_PAST_TWO)
    found = [type(answer(contact, asked(at, "Europe/Berlin"))) for at in (first, between, second)]
    assert found == [NotNow, Go, NotNow]


@pytest.mark.parametrize(
    ("shown", "quiet", "is_quiet"),
    [
        ("19:59", NIGHT, False),
        ("20:00", NIGHT, True),
        ("23:59", NIGHT, True),
        ("00:00", NIGHT, True),
        ("07:59", NIGHT, True),
        ("08:00", NIGHT, False),
        ("12:59", Quiet(time(13), time(15)), False),
        ("13:00", Quiet(time(13), time(15)), True),
        ("15:00", Quiet(time(13), time(15)), False),
        ("00:00", Quiet(time(0), time(0)), False),
        ("12:00", Quiet(time(0), time(0)), False),
    ],
)
def test_the_first_minute_is_quiet_and_the_last_is_not(shown: str, quiet: Quiet, is_quiet: bool) -> None:  # noqa: FBT001
    assert quiet.is_at(time.fromisoformat(shown)) == is_quiet


def test_it_is_the_members_night_and_not_ours() -> None:
    contact = everywhere(NIGHT)
    assert isinstance(answer(contact, asked(NOON, "Europe/Berlin")), Go)
    assert answer(contact, asked(NOON, "Pacific/Apia")) == NotNow(
        at_wall("2026-05-07T08:00", "+13:00"), "quiet:08:00"
    )


def test_what_cannot_wait_goes_at_night_and_counts_nowhere() -> None:
    contact, night = everywhere(NIGHT), asked(NOON, "Pacific/Apia", CODES)
    assert answer(contact, night, Known()) == Go(
        None, "service", at_wall("2026-05-07", "").date(), counts=False
    )
    assert isinstance(answer(contact, replace(night, topic=ACCOUNT), Known()), NotNow)
    assert isinstance(answer(contact, replace(night, topic=ACCOUNT, urgent=True), Known()), Go)


def test_what_rings_nowhere_disturbs_nobody() -> None:
    contact = everywhere(NIGHT)
    assert isinstance(answer(contact, asked(NOON, "Pacific/Apia", channel="inapp")), Go)
    strict = everywhere(replace(NIGHT, channels=("inapp",)))
    assert isinstance(answer(strict, asked(NOON, "Pacific/Apia", channel="inapp")), NotNow)
    assert isinstance(answer(strict, asked(NOON, "Pacific/Apia", channel="sms")), Go)


@pytest.mark.parametrize("channel", ["email", *RINGING])
def test_no_offer_rings_on_a_sunday(channel: ChannelKind) -> None:
    sunday = at_wall("2026-05-10T12:00", "+02:00")
    found = answer(everywhere(silent=SUNDAYS), asked(sunday, "Europe/Berlin", channel=channel))
    if channel == "email":
        assert isinstance(found, Go)
    else:
        assert found == NotNow(at_wall("2026-05-11T00:00", "+02:00"), "silent:sunday")


def test_service_goes_on_a_sunday() -> None:
    sunday = at_wall("2026-05-10T12:00", "+02:00")
    ask = asked(sunday, "Europe/Berlin", ACCOUNT, "sms")
    assert isinstance(answer(everywhere(silent=SUNDAYS), ask, Known()), Go)


def test_after_a_silent_day_comes_the_rest_of_its_night() -> None:
    sunday = at_wall("2026-05-10T12:00", "+02:00")
    found = answer(everywhere(NIGHT, silent=SUNDAYS), asked(sunday, "Europe/Berlin", channel="sms"))
    assert found == NotNow(at_wall("2026-05-11T08:00", "+02:00"), "silent:sunday")
    saturday = at_wall("2026-05-09T22:00", "+02:00")
    found = answer(everywhere(NIGHT, silent=SUNDAYS), asked(saturday, "Europe/Berlin", channel="sms"))
    assert found == NotNow(at_wall("2026-05-11T08:00", "+02:00"), "quiet:08:00")


def test_holidays_are_the_markets_and_of_every_year_or_of_one() -> None:
    silent = SilentDays(("sunday", "holiday"), RINGING)
    own = Manners(holidays=("12-25", "2026-12-26"), said=("holidays",))
    contact = Contact(everywhere=Manners(silent_days=silent), markets={"DE": own})
    christmas = at_wall("2026-12-25T12:00", "+01:00")
    # The 25th is a Friday, the 26th a Saturday and the 27th a Sunday.
    ask = asked(christmas, "Europe/Berlin", channel="push")
    assert answer(contact, ask) == NotNow(at_wall("2026-12-28T00:00", "+01:00"), "silent:holiday")
    assert isinstance(answer(contact, replace(ask, market="SA")), Go)
    again = asked(at_wall("2027-12-25T12:00", "+01:00"), "Europe/Berlin", channel="push")
    assert answer(contact, again) == NotNow(at_wall("2027-12-27T00:00", "+01:00"), "silent:holiday")


def test_a_day_that_was_left_out_is_not_waited_for() -> None:
    # The 30th of December 2011, a Friday, did not happen in Samoa.
    silent = SilentDays(("thursday", "friday"), RINGING)
    thursday = at_wall("2011-12-29T12:00", "-10:00")
    found = answer(everywhere(silent=silent), asked(thursday, "Pacific/Apia", channel="sms"))
    assert found == NotNow(at_wall("2011-12-31T00:00", "+14:00"), "silent:thursday")


def test_a_member_lives_by_their_own_zone_where_they_have_one() -> None:
    contact = Contact(zone_attribute="zone")
    assert member_zone(contact, {"zone": "Asia/Riyadh"}, "Europe/Berlin") == "Asia/Riyadh"
    assert member_zone(contact, {"zone": "+05:30"}, "Europe/Berlin") == "+05:30"
    for unknown in ("", "CET", "Mars/Olympus", "../etc/localtime", "localtime", None, 3, "Europe"):
        assert member_zone(contact, {"zone": unknown}, "Europe/Berlin") == "Europe/Berlin"
    assert member_zone(contact, {}, "Europe/Berlin") == "Europe/Berlin"
    assert member_zone(Contact(), {"zone": "Asia/Riyadh"}, "Europe/Berlin") == "Europe/Berlin"


def test_the_next_turn_of_a_clock_is_its_time_or_its_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    before = at_wall("2026-03-29T01:30:00.5", "+01:00")
    assert next_turn(before, zone, time(8)) == at_wall("2026-03-29T03:00", "+02:00")
    assert next_turn(before, zone, time(1, 45)) == at_wall("2026-03-29T01:45", "+01:00")
    assert next_turn(NOON, zone, time(14)) == NOON + timedelta(days=1)


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Africa/Cairo", "America/St_Johns", "Europe/Berlin", "UTC"])
def test_a_day_begins_at_its_first_moment(zone: str) -> None:
    place = ZoneInfo(zone)
    begin = datetime(2026, 4, 20, 5, tzinfo=UTC)
    for days in range(1, 40):
        day = begin.astimezone(place).date() + timedelta(days=days)
        first = beginning_of(day, begin, place)
        assert first.astimezone(place).date() == day
        assert (first - timedelta(microseconds=1)).astimezone(place).date() < day


def test_who_agreed_is_told_when_nothing_is_in_the_way() -> None:
    assert answer(Contact(), asked(NOON, "Pacific/Apia")) == Go(
        GIVEN.consent_id, "", at_wall("2026-05-07", "").date(), counts=True
    )
    assert GAVE.consent == GIVEN
    assert asked().topic == OFFERS
