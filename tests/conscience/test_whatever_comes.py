"""Whatever is asked, wherever and whenever, what the conscience answers holds: told by plainer means.

The oracle walks minute by minute and knows nothing of how the next moment is found.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conscience.asking import ACCOUNT, CODES, OFFERS
from tests.evidence import scaled

from guerdon.program.messages.nouns import (
    CHANNELS,
    HOLIDAY,
    RINGING,
    WEEKDAYS,
    Caps,
    ChannelKind,
    Contact,
    Manners,
    Quiet,
    SilentDays,
)
from guerdon.rules.conscience import Answer, Ask, Go, Held, Known, No, NotNow, Told, decide_reach
from guerdon.rules.conscience.nouns import LOOK_BACK, AddressState, Standing, Suppression

ZONES = (
    *("Europe/Berlin", "America/St_Johns", "Asia/Riyadh", "Pacific/Apia", "Australia/Lord_Howe"),
    *("Africa/Cairo", "America/Havana", "Asia/Kathmandu", "Pacific/Kiritimati", "Etc/GMT+12", "UTC"),
)
# Near every change of clocks that these zones had in 2010, 2011, 2026.
CHANGES = (
    *("2026-03-28T12", "2026-10-24T12", "2026-03-08T00", "2026-11-01T00", "2010-11-06T20", "2011-12-29T12"),
    *("2026-04-04T06", "2026-10-03T06", "2026-04-23T10", "2026-10-29T12", "2021-04-03T04", "2026-12-31T06"),
)
instants = st.one_of(
    st.builds(
        lambda near, seconds: datetime.fromisoformat(f"{near}:00+00:00") + timedelta(seconds=seconds),
        st.sampled_from(CHANGES),
        st.integers(0, 36 * 3600),
    ),
    st.datetimes(datetime(2009, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 45, 59]))
channels = st.sampled_from(CHANNELS)
some_channels = st.lists(channels, min_size=1, unique=True).map(tuple)
caps = st.builds(Caps, *(st.one_of(st.none(), st.integers(1, most)) for most in (3, 5, 8)))
weekdays = st.lists(st.sampled_from([*WEEKDAYS, HOLIDAY]), unique=True, max_size=6).filter(
    lambda days: not set(WEEKDAYS) <= set(days)
)


@st.composite
def manners(draw: st.DrawFn) -> Manners:
    begins, ends = draw(clocks), draw(clocks)
    year = st.dates(date(2009, 1, 1), date(2036, 12, 31)).map(date.isoformat)
    return Manners(
        quiet=Quiet(begins, ends, draw(some_channels)),
        silent_days=SilentDays(tuple(draw(weekdays)), draw(some_channels)),
        caps=draw(caps),
        caps_service=draw(caps),
        consent=draw(st.sampled_from(["opt_in", "soft"])),
        double_opt_in=draw(some_channels),
        holidays=tuple(draw(st.lists(st.one_of(year, year.map(lambda day: day[5:])), max_size=20))),
    )


@st.composite
def earlier(draw: st.DrawFn, now: datetime, zone: str) -> list[Told]:
    """What a member was told in the last month, here or wherever they lived then."""
    made = st.tuples(
        st.integers(1, 9),
        st.one_of(st.integers(0, 3 * 24 * 3600), st.integers(0, int(LOOK_BACK.total_seconds()))),
        st.sampled_from([zone, zone, *ZONES]),
        st.booleans(),
    )
    found = []
    for number, seconds, there, marketing in draw(st.lists(made, max_size=10)):
        at = now - timedelta(seconds=seconds)
        found.append(Told(number, at, at.astimezone(ZoneInfo(there)).date(), marketing))
    return found


@st.composite
def timely(draw: st.DrawFn) -> tuple[Contact, Ask, Known]:
    """Questions to which only clocks, calendars and caps have an answer."""
    now, zone = draw(instants), draw(st.sampled_from(ZONES))
    ask = Ask(1, draw(st.sampled_from([OFFERS, ACCOUNT])), draw(channels), "DE", zone, now)
    known = Known(consent=Held(7, "confirmed", now), told=draw(earlier(now, zone)))
    return Contact(everywhere=draw(manners())), ask, known


@st.composite
def whatever(draw: st.DrawFn) -> tuple[Contact, Ask, Known]:
    """Questions of any kind."""
    contact, ask, known = draw(timely())
    topic, flags = (
        draw(st.sampled_from([OFFERS, ACCOUNT, CODES])),
        draw(st.tuples(st.booleans(), st.booleans())),
    )
    standings: st.SearchStrategy[Standing] = st.sampled_from(["asked", "given", "confirmed", "withdrawn"])
    held = draw(st.one_of(st.none(), st.builds(Held, st.just(7), standings, st.just(ask.now))))
    stops: st.SearchStrategy[Suppression] = st.sampled_from(["", "", "", "", "stop"])
    places: st.SearchStrategy[AddressState] = st.sampled_from(["usable", "usable", "usable", "missing"])
    suppressed, address = draw(stops), draw(places)
    bought = draw(st.one_of(st.none(), st.just(ask.now - timedelta(days=3))))
    ask = replace(ask, topic=topic, urgent=flags[0], requested=flags[1])
    return contact, ask, Known(held, suppressed, address, known.told, bought)


def asked() -> st.SearchStrategy[tuple[Contact, Ask, Known]]:
    return st.one_of(timely(), whatever())


def at(found: NotNow, contact: Contact, ask: Ask, known: Known) -> Answer:
    return decide_reach(contact, replace(ask, now=found.until), known)


@pytest.mark.full(minutes=2, gate=True)
@settings(max_examples=scaled(150, 6000), deadline=None, database=None)
@given(timely())
def test_the_next_moment_that_is_named_is_allowed(asking: tuple[Contact, Ask, Known]) -> None:
    contact, ask, known = asking
    found = decide_reach(contact, ask, known)
    if isinstance(found, NotNow):
        assert found.until > ask.now
        again = at(found, contact, ask, known)
        assert isinstance(again, Go)
        assert again.counts


@pytest.mark.full(minutes=2, gate=True)
@settings(max_examples=scaled(150, 6000), deadline=None, database=None)
@given(asked())
def test_nothing_goes_that_a_plain_look_forbids(asking: tuple[Contact, Ask, Known]) -> None:
    contact, ask, known = asking
    found = decide_reach(contact, ask, known)
    if not isinstance(found, Go):
        return
    assert known.address == "usable"
    assert not known.suppressed
    marketing = ask.topic.kind == "marketing"
    if marketing:
        assert found.consent_id == 7 or found.exception.startswith("soft@")
        assert found.counts
    if found.consent_id is not None:
        assert known.consent is not None
        assert known.consent.state in {"given", "confirmed"}
    if known.consent is not None and known.consent.state == "withdrawn":
        assert ask.channel == "inapp" or found.exception == "requested"
    if not found.counts:
        assert not marketing
        return
    assert not disturbed(contact.everywhere, ask, ask.now)
    limits = contact.everywhere.caps if marketing else contact.everywhere.caps_service
    assert within(limits, [each for each in known.told if each.marketing == marketing], ask, found.day)


def disturbed(said: Manners, ask: Ask, moment: datetime) -> bool:
    """Whether a clock and a calendar on the wall there say no."""
    wall = moment.astimezone(ZoneInfo(ask.zone))
    begins, ends = said.quiet.begins.isoformat(), said.quiet.ends.isoformat()
    shown = wall.time().isoformat()
    quiet = begins <= shown < ends if begins <= ends else not ends <= shown < begins
    silent = {wall.strftime("%A").lower()}
    if f"{wall:%Y-%m-%d}" in said.holidays or f"{wall:%m-%d}" in said.holidays:
        silent.add("holiday")
    offer = ask.topic.kind == "marketing" and ask.channel in said.silent_days.channels
    return (ask.channel in said.quiet.channels and quiet) or (
        offer and bool(silent & {*said.silent_days.days})
    )


def within(limits: Caps, told: list[Told], ask: Ask, day: date) -> bool:
    """Whether with this one no day, week or month has more than it may, by either calendar."""
    others = [each for each in told if each.message_id != ask.message_id]
    zone = ZoneInfo(ask.zone)
    for most, form in ((limits.day, "%Y-%m-%d"), (limits.week, "%G-%V"), (limits.month, "%Y-%m")):
        same = {
            each.message_id
            for each in others
            if f"{day:{form}}" in {f"{each.day:{form}}", f"{each.at.astimezone(zone):{form}}"}
        }
        if most is not None and len(same) >= most:
            return False
    return True


@pytest.mark.full(minutes=2, gate=True)
@settings(max_examples=scaled(50, 2000), deadline=None, database=None)
@given(timely())
def test_no_earlier_minute_would_have_done(asking: tuple[Contact, Ask, Known]) -> None:
    contact, ask, known = asking
    # Without what was told before, only clocks and calendars are in the way.
    known = replace(known, told=())
    found = decide_reach(contact, ask, known)
    if not isinstance(found, NotNow):
        return
    moment = ask.now
    while moment < found.until and moment < ask.now + timedelta(days=4):
        assert disturbed(contact.everywhere, ask, moment), moment
        moment += timedelta(minutes=1)
    assert disturbed(contact.everywhere, ask, found.until - timedelta(microseconds=1))


@pytest.mark.full(minutes=2, gate=True)
@settings(max_examples=scaled(75, 3000), deadline=None, database=None)
@given(asked(), st.integers(0, 40 * 24 * 3600))
def test_a_withdrawal_holds_for_ever(asking: tuple[Contact, Ask, Known], seconds: int) -> None:
    contact, ask, known = asking
    withdrawn = replace(known, consent=Held(8, "withdrawn", ask.now))
    later = replace(ask, topic=OFFERS, now=ask.now + timedelta(seconds=seconds))
    assert isinstance(decide_reach(contact, later, withdrawn), No)


@pytest.mark.full(minutes=2, gate=True)
@settings(max_examples=scaled(75, 3000), deadline=None, database=None)
@given(asked())
def test_a_reason_is_one_of_a_closed_set(asking: tuple[Contact, Ask, Known]) -> None:
    found = decide_reach(*asking)
    kinds = {
        No: {"address", "suppressed", "consent", "cap"},
        NotNow: {"quiet", "silent", "cap"},
    }
    if not isinstance(found, Go):
        assert found.reason.partition(":")[0] in kinds[type(found)]
        assert found.reason.isascii()
    if isinstance(found, No):
        assert found.everywhere == found.reason.startswith("cap:")


def test_only_what_rings_is_quiet_unless_a_program_says_otherwise() -> None:
    rings: set[ChannelKind] = set(CHANNELS) - {"inapp"}
    assert set(RINGING) == rings
    assert Quiet(time(20), time(8)).channels == RINGING
