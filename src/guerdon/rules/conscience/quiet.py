"""Quiet hours and silent days: when the member's own clock and calendar say that nobody is to be disturbed.

Both are looked up on the wall: an instant is quiet when the clock there shows a quiet time, so an hour that a
clock shows twice is quiet twice, and one that it leaves out was never there.
"""

from datetime import date, datetime, time, tzinfo

from guerdon.program.messages.nouns import HOLIDAY, WEEKDAYS, ChannelKind, Manners, Topic
from guerdon.rules.conscience.zones import next_turn


def disturbance(
    manners: Manners, topic: Topic, channel: ChannelKind, at: datetime, zone: tzinfo
) -> tuple[str, time] | None:
    """Why not at this instant, and when the clock has to be looked at again; None: nobody is disturbed.

    A reason is `silent:sunday`, `silent:holiday` or `quiet:08:00`; the time is one of the member's wall
    clock.
    """
    local = at.astimezone(zone)
    if topic.kind == "marketing" and channel in manners.silent_days.channels:
        silent = _silent(manners, local.date())
        if silent is not None:
            return f"silent:{silent}", time()
    quiet = manners.quiet
    if channel in quiet.channels and quiet.is_at(local.time()):
        return f"quiet:{quiet.ends.isoformat('minutes')}", quiet.ends
    return None


def _silent(manners: Manners, day: date) -> str | None:
    days = manners.silent_days.days
    if HOLIDAY in days and manners.is_holiday(day):
        return HOLIDAY
    weekday = WEEKDAYS[day.weekday()]
    return weekday if weekday in days else None


def undisturbed_from(
    manners: Manners, topic: Topic, channel: ChannelKind, at: datetime, zone: tzinfo
) -> datetime:
    """The first instant from this one on at which nobody is disturbed."""
    # At least one day of each week and one minute of each day is left, so this ends.
    while (found := disturbance(manners, topic, channel, at, zone)) is not None:
        at = next_turn(at, zone, found[1])
    return at
