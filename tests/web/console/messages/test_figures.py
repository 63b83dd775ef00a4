"""Figures of messages, counted once by channel, market, language and message; what waits; channels."""

import csv
import re
from datetime import date, timedelta
from io import StringIO

import pytest
from tests.approvals.doors import Doors
from tests.approvals.house import BONN, OSLO
from tests.web.console.messages.told import AT, Told, Try, tell

from guerdon.queries.messages.figures import Span, count_attempts, list_health, list_piles, load_figures
from guerdon.values.texts import LANGUAGES

ALL = Span(AT - timedelta(days=1), AT + timedelta(days=1))
DAYS = f"from={AT.date() - timedelta(days=1)}&to={AT.date() + timedelta(days=1)}"


def furnish(doors: Doors) -> None:
    seconds = [timedelta(seconds=n) for n in range(20)]
    tell(
        doors.house,
        *(Told(n, took=seconds[n]) for n in range(1, 11)),
        Told(20, "delivered", channel="push", via="sms", language="de", took=seconds[19], tries=(
            Try("push", "failed", "push:410"), Try("sms", "delivered"),
        )),
        Told(21, "opened", member=BONN, language="de"),
        Told(22, "failed", member=OSLO, reason="smtp:550 5.1.1"),
        Told(23, "withheld", reason="cap:day:3:3"),
        Told(24, "withheld", reason="cap:day:4:4"),
        Told(25, "withheld", member=OSLO, reason="consent:withdrawn@2026-05-04"),
        Told(26, "recalled", reason="reward:redeemed", message="reward_expiring"),
        Told(27, "unknown"),
        Told(30, at=AT - timedelta(days=9)),
        Told(40, None, at=AT - timedelta(hours=2)),
        Told(41, None, member=OSLO),
        Told(42, None, channel="push", via="sms", awaits=True),
    )  # fmt: skip


def test_each_message_is_counted_once_by_each_dimension(doors: Doors) -> None:
    furnish(doors)
    with doors.house.opened("web") as tx:
        figures, attempts = load_figures(tx, ALL), count_attempts(tx, ALL)
    whole = figures["all", ""]
    assert whole.states == {
        "sent": 10, "delivered": 1, "opened": 1, "failed": 1, "withheld": 3, "recalled": 1, "unknown": 1
    }  # fmt: skip
    assert (whole.number, whole.sent, whole.delivered) == (18, 12, 2)
    assert whole.withheld == {"cap:day": 2, "consent:withdrawn": 1}
    for by in ("channel", "market", "language", "message"):
        assert sum(counts.number for (each, _), counts in figures.items() if each == by) == 18, by
    assert {key for by, key in figures if by == "channel"} == {"email", "sms"}
    assert figures["market", "NO"].states == {"failed": 1, "withheld": 1}
    assert figures["language", "de"].sent == 2
    assert figures["message", "reward_expiring"].states == {"recalled": 1}
    # Of twelve that were sent the sixth and the last: 1 to 10 seconds, 2 and 19.
    assert (whole.p50_ms, whole.p95_ms) == (5_000, 19_000)
    assert figures["market", "NO"].p50_ms is None
    assert {channel: counts.states for channel, counts in attempts.items()} == {
        "push": {"failed": 1}, "sms": {"delivered": 1}
    }  # fmt: skip


def test_a_market_and_days_are_a_cut(doors: Doors) -> None:
    furnish(doors)
    with doors.house.opened("web") as tx:
        norway = load_figures(tx, Span(ALL.since, ALL.until, "NO"))
        longer = load_figures(tx, Span(AT - timedelta(days=30), ALL.until))
        nothing = load_figures(tx, Span(AT + timedelta(days=5), AT + timedelta(days=6)))
    assert norway["all", ""].number == 2
    assert longer["all", ""].number == 19
    assert nothing == {("all", ""): nothing["all", ""]}
    assert nothing["all", ""].number == 0


def test_whoever_looks_after_a_part_counts_that_part(doors: Doors) -> None:
    furnish(doors)
    for name, sent in (("olga", 12), ("kim", 11), ("bo", 1), ("nora", 0), ("dora", 12)):
        page = doors.visitor(name).plain(f"messages?{DAYS}")
        assert f"{sent} message{'' if sent == 1 else 's'} sent" in page, name
    # What waits for others is not told either.
    assert "Nothing waits" in doors.visitor("bo").plain("messages")


def test_each_channel_that_was_tried_stands_there_once(doors: Doors) -> None:
    furnish(doors)
    page = doors.visitor("olga").page(f"messages?{DAYS}")
    table = page.partition('id="attempts"')[2].partition("</table>")[0]
    assert re.findall(r'<th scope="row">([^<]+)</th>', table) == ["Text message", "Push"]


def test_without_a_choice_the_page_says_how_many_days_it_shows(doors: Doors) -> None:
    furnish(doors)
    page = doors.visitor("olga").page("messages")
    menu = page.partition('<div class="filters">')[2].partition("</header>")[0]
    assert "All time" not in menu
    assert menu.count("Last 30 days") == 2
    assert "All time" in doors.visitor("olga").page("")


def test_what_waits_and_how_channels_are_doing(doors: Doors) -> None:
    furnish(doors)
    house = doors.house
    with house.opened("worker") as tx:
        tx.execute(
            """
            insert into channel_lanes (program_id, channel, failures, failing_since, rests_until, shut_at,
                                       reason)
            values (%(p)s, 'email', 4, now(), now() + interval '1 hour', null, 'smtp:421'),
                   (%(p)s, 'sms', 0, null, null, now(), 'twilio:20003')
            """,
            {"p": house.program_id},
        )
    with house.opened("web") as tx:
        piles = list_piles(tx, AT + timedelta(hours=1))
        health = list_health(tx)
    assert [(each.channel, each.number, each.due, each.awaiting) for each in piles] == [
        ("email", 2, 2, 0), ("sms", 1, 0, 1)
    ]  # fmt: skip
    assert piles[0].oldest == AT - timedelta(hours=2)
    assert [(each.channel, each.failures) for each in health] == [("email", 4), ("sms", 0)]
    page = doors.visitor("opa").plain("messages")
    for said in (
        "Rests",
        "Shut",
        "the mail server said 421",
        "Twilio said 20003",
        "1 handed over, without word",
    ):
        assert said in page, said


def test_the_file_has_what_the_page_has_and_no_formulas(doors: Doors) -> None:
    furnish(doors)
    tell(doors.house, Told(50, message="=1+1"))
    answer = doors.visitor("olga").get(f"messages/figures.csv?{DAYS}")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    whole = rows[0]
    assert (whole["by"], whole["ended"], whole["sent"], whole["withheld"]) == ("all", "19", "13", "3")
    assert whole["withheld_by_reason"] == "cap:day=2 consent:withdrawn=1"
    assert {row["by"] for row in rows} == {"all", "channel", "market", "language", "message"}
    assert "'=1+1" in {row["key"] for row in rows}
    assert date.fromisoformat(whole["from"]) == AT.date() - timedelta(days=1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_page_is_there_in_every_language(doors: Doors, language: str) -> None:
    furnish(doors)
    page = doors.visitor("ava").page(f"messages?{DAYS}", language)
    assert f'lang="{language}"' in page
    assert "cap:day" not in page
    assert "consent:withdrawn" not in page


def test_where_nothing_ended_the_page_says_that_and_counts_nothing(doors: Doors) -> None:
    furnish(doors)
    page = doors.visitor("olga").plain("messages?from=2020-01-01&to=2020-01-02")
    assert page.count("No message ended in these days.") == 1
    assert "messages sent" not in page
