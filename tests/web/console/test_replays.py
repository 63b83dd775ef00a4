"""The pages of replays: asked for, under way, called off, and the answer first when it is done."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.approvals.doors import Doors, opened_doors, plain
from tests.approvals.house import KIEL, House
from tests.approvals.test_held import order
from tests.replay.trying import run

from guerdon.engine.replay.asking import UNDER_WAY_MAX
from guerdon.engine.replay.errand import run_waiting
from guerdon.engine.versions.drafts import Written, begin_draft, save_draft
from guerdon.queries.replay.found import list_members, list_replays
from guerdon.queries.replay.needed import missing_rehearsal
from guerdon.store.database import connect
from guerdon.store.programs import load_live
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.replays import pages

ALL = "program/replays"
SINCE = f"{utc_now() - timedelta(days=3):%Y-%m-%d}"


@pytest.fixture
def doors(database: str, secret: str, tmp_path: Path) -> Iterator[Doors]:
    """The console of a house in which two orders were placed a moment ago."""
    house = House(database, secret)
    house.open()
    order(house, 1, utc_now())
    order(house, 2, utc_now())
    with opened_doors(house, tmp_path) as opened:
        yield opened


def drafted(house: House, old: str, new: str) -> str:
    """A draft of the live version, some of it changed."""
    with house.opened() as tx:
        stored = load_live(tx, house.program_id, utc_now())
        assert stored is not None
        acting = house.acting(tx, "olga", utc_now())
        number = begin_draft(tx, acting, "Spring", stored)
        assert isinstance(number, int)
        assert old in stored.bundle
        text = stored.bundle.replace(old, new)
        save_draft(tx, acting, number, Written(1, "Spring", text))
    return show("drf", number)


def asked(doors: Doors, text: str) -> str:
    """Ask for a replay; the address of its page."""
    olga = doors.visitor("olga")
    answer = olga.send(ALL, text=text, since=SINCE)
    assert answer.status_code == 303, plain(answer.content.decode())
    return answer["Location"].removeprefix(olga.home)


def run_it(doors: Doors, tmp_path: Path) -> int:
    """Let it be run; its number."""
    with doors.house.opened() as tx:
        number = list_replays(tx, doors.house.program_id)[0].id
    run(doors.house, number, tmp_path, now=utc_now())  # type: ignore[arg-type]
    return number


def test_a_draft_is_asked_for_runs_and_its_answer_comes_first(doors: Doors, tmp_path: Path) -> None:
    drf = drafted(doors.house, '"200.00 EUR"', '"350.00 EUR"')
    page = asked(doors, drf)
    olga = doors.visitor("olga")
    waiting = olga.get(page)
    shown = waiting.content.decode()
    assert "Waiting. 0 of 0 events are decided." in plain(shown)
    # It is live; whoever has no JavaScript gets it anew.
    assert "Refresh" not in waiting
    assert f"stream?view=replay&amp;about={page.rpartition('/')[2]}&amp;after=0" in shown
    assert '<noscript><meta http-equiv="refresh"' in shown
    run_it(doors, tmp_path)
    done = olga.get(page)
    assert "data-stream" not in done.content.decode()
    assert "http-equiv" not in done.content.decode()
    said = plain(done.content.decode())
    assert "This draft would have given" in said
    assert said.index("This draft would have given") < said.index("Live beside draft")
    assert "1 member would have" in said
    assert show("mem", KIEL) in said
    assert f'href="/console/{olga.home.split("/")[2]}/members/{show("mem", KIEL)}' in done.content.decode()
    assert "Spring" in olga.plain(ALL)
    for language in LANGUAGES:
        assert olga.get(page, language).status_code == 200
        assert olga.get(ALL, language).status_code == 200
    with doors.house.opened() as tx:
        sha = doors.house.rows("select sha from replays")[0][0]
        # What is asked for here is enough for signatures: all that happened, a moment ago.
        assert missing_rehearsal(tx, doors.house.program_id, str(sha), utc_now()) == ""


def test_the_live_version_comes_to_the_same(doors: Doors, tmp_path: Path) -> None:
    page = asked(doors, "v1")
    run_it(doors, tmp_path)
    said = doors.visitor("olga").plain(page)
    assert "this draft would have given the same" in said
    assert "Nobody." in said


def test_its_members_come_page_by_page(doors: Doors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MEMBERS_SHOWN", 1)
    # In money and in points: two lines of one member.
    drf = drafted(doors.house, '"200.00 EUR"', '"350.00 EUR"')
    address = asked(doors, drf)
    number = run_it(doors, tmp_path)
    with connect(doors.house.url, doors.house.secret, "owner") as db:
        db.execute("set role none")
        # Another member, as if there had been one.
        db.execute(
            "insert into replay_members select program_id, replay_id, member_id + 1, unit, market, location,"
            " live, draft + 1, event_id from replay_members"
        )
    with doors.house.opened() as tx:
        members = list_members(tx, doors.house.program_id, number, 10)
    assert len(members) == 2
    olga = doors.visitor("olga")
    seen = []
    while address:
        shown = olga.page(address).partition('id="members"')[2].partition("</section>")[0]
        seen += [each.member_id for each in members if show("mem", each.member_id) in shown]
        link = shown.partition('class="more"><a class="button" href="')[2].partition("#")[0]
        address = link.replace("&amp;", "&").removeprefix(olga.home)
    assert seen == [each.member_id for each in members]


def test_it_is_called_off_and_can_be_asked_for_again(doors: Doors) -> None:
    page = asked(doors, "v1")
    olga = doors.visitor("olga")
    # The same is not begun twice: one comes to the one that waits.
    assert asked(doors, "v1") == page
    assert olga.send(page, act="call_off").status_code == 303
    assert "Called off" in olga.plain(page)
    assert "Call it off" not in olga.plain(page)
    assert asked(doors, "v1") != page
    said = doors.house.rows("select action from audit where starts_with(action, 'replay.') order by id")
    assert said == [("replay.asked",), ("replay.called_off",), ("replay.asked",)]


@pytest.mark.parametrize(
    ("text", "since", "said"),
    [
        ("v9", SINCE, "Choose a draft or a version."),
        ("", SINCE, "Choose a draft or a version."),
        (show("drf", 99), SINCE, "Choose a draft or a version."),
        ("v1", "tomorrow", "Give a day."),
        ("v1", "0001-01-01", "Give a day."),
        ("v1", f"{utc_now() + timedelta(days=2):%Y-%m-%d}", "This day has not come yet."),
    ],
)
def test_what_makes_no_sense_is_said_on_the_page(doors: Doors, text: str, since: str, said: str) -> None:
    answer = doors.visitor("olga").send(ALL, text=text, since=since)
    assert answer.status_code == 422
    assert said in plain(answer.content.decode())
    assert doors.house.rows("select count(*) from replays") == [(0,)]


def test_one_too_many_is_refused_and_says_so(doors: Doors) -> None:
    olga = doors.visitor("olga")
    today = utc_now().date()
    for days in range(1, UNDER_WAY_MAX + 1):
        assert olga.send(ALL, text="v1", since=f"{today - timedelta(days=days)}").status_code == 303
    answer = olga.send(ALL, text="v1", since=f"{today - timedelta(days=9)}")
    assert answer.status_code == 429
    assert f"at most {UNDER_WAY_MAX}" in plain(answer.content.decode())
    # What was asked for is not asked for again.
    assert f'value="{today - timedelta(days=9)}"' in answer.content.decode()
    assert doors.house.rows("select count(*) from replays") == [(UNDER_WAY_MAX,)]


def test_the_form_offers_a_day_that_is_enough_for_signatures(doors: Doors) -> None:
    # By the program's midnights, not by Greenwich's: for two hours of a day these are not the same day.
    today = utc_now().astimezone(ZoneInfo(doors.house.program.time_zone)).date()
    assert f'value="{today - timedelta(days=31)}"' in doors.visitor("olga").page(ALL)


def test_a_draft_with_mistakes_and_a_time_without_events_are_said(doors: Doors) -> None:
    olga = doors.visitor("olga")
    broken = drafted(doors.house, '"200.00 EUR"', '"200.00 XXX"')
    answer = olga.send(ALL, text=broken, since=SINCE)
    assert "The draft has mistakes" in plain(answer.content.decode())
    tomorrow = f"{utc_now():%Y-%m-%d}"
    answer = olga.send(ALL, text="v1", since=tomorrow)
    assert answer.status_code in {303, 422}


def test_a_worker_runs_what_waits_in_a_process_of_its_own(doors: Doors, tmp_path: Path) -> None:
    page = asked(doors, drafted(doors.house, '"200.00 EUR"', '"350.00 EUR"'))
    house, states = doors.house, "select state from replays order by id"
    asked(doors, "v1")
    ours = {"DATABASE_URL": house.url, "GUERDON_SECRET": house.secret, "GUERDON_HOME": str(tmp_path)}
    with connect(house.url, house.secret, "worker") as db:
        began = time.monotonic()
        assert run_waiting(db, ours, threading.Event(), utc_now()) == 1
        assert time.monotonic() - began < 60
        # One after the other, in the order in which they were asked for.
        assert house.rows(states) == [("done",), ("waiting",)]
        assert run_waiting(db, ours, threading.Event(), utc_now()) == 1
        assert house.rows(states) == [("done",), ("done",)]
        assert run_waiting(db, ours, threading.Event(), utc_now()) == 0
    assert "This draft would have given" in doors.visitor("olga").plain(page)
