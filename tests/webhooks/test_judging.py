"""What an attempt comes to: when the next one is, and when there is none."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from guerdon.engine.webhooks.judging import DELAYS, Replied, judge, read_retry_after

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_the_delays_are_the_standards() -> None:
    seconds = [0, 5, 300, 1800, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24))]
    assert [each.total_seconds() for each in DELAYS] == seconds


def test_only_two_hundreds_are_success() -> None:
    assert [
        status for status in range(100, 600) if judge(Replied(status), 1, NOW, 0).state == "delivered"
    ] == list(range(200, 300))
    assert judge(Replied(302), 1, NOW, 0).reason == "redirect"
    assert judge(Replied(500), 1, NOW, 0).reason == "status"
    assert judge(Replied(None, "tls"), 1, NOW, 0).reason == "tls"


def test_after_each_attempt_it_waits_longer_and_after_the_last_it_is_given_up() -> None:
    verdicts = [judge(Replied(500), attempts, NOW, 0) for attempts in range(1, 12)]
    assert [each.state for each in verdicts] == ["waiting"] * 9 + ["dead"] * 2
    assert [each.next_at - NOW for each in verdicts[:9]] == list(DELAYS[1:])
    late = judge(Replied(500), 4, NOW, 1.0)
    assert late.next_at - NOW == 2 * HOUR * 1.1


@pytest.mark.parametrize("status", [429, 502, 504])
def test_whoever_is_busy_is_left_alone(status: int) -> None:
    verdict = judge(Replied(status), 1, NOW, 0)
    assert verdict.hold_until == verdict.next_at == NOW + timedelta(seconds=30)
    asked = judge(Replied(status, retry_after="120"), 1, NOW, 0)
    assert asked.hold_until == asked.next_at == NOW + timedelta(seconds=120)
    # It asks for less than the schedule says: then that.
    assert judge(Replied(status, retry_after="1"), 4, NOW, 0).next_at == NOW + 2 * HOUR
    assert judge(Replied(500), 1, NOW, 0).hold_until is None


def test_whoever_is_gone_is_told_nothing_more() -> None:
    verdict = judge(Replied(410), 1, NOW, 0)
    assert (verdict.state, verdict.gone, verdict.reason) == ("dead", True, "gone")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 7 ", 7),
        (format_datetime(NOW + HOUR, usegmt=True), 3600),
        ("99999999999999999999", 86_400),
        (format_datetime(NOW + 99 * HOUR, usegmt=True), 86_400),
        *((text, None) for text in ("", "soon", "-5", "1.5", "٣", "\x00", "Mon, 99 Foo 2026", "a" * 9_999)),
        (format_datetime(NOW - HOUR, usegmt=True), None),
    ],
)
def test_what_somebody_asks_for_is_read_and_bounded(text: str, seconds: int | None) -> None:
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert read_retry_after(text, NOW) == expected
