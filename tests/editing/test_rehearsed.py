"""Nothing is sent for signatures that was not replayed in exactly this text, lately, over enough."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from tests.approvals.doors import Doors, opened_doors
from tests.approvals.house import House
from tests.approvals.test_held import order
from tests.editing.drafts import BEFORE, draft_with

from guerdon.engine.approvals.acting import Refused, Stood
from guerdon.engine.versions.drafts import check_draft, submit_draft
from guerdon.program.model import Program
from guerdon.store.versions.replays import NewReplay, record_replay
from guerdon.values.clock import utc_now
from guerdon.values.ids import read

CHEAPER = BEFORE.replace("100 PTS", "90 PTS")
REPLAY_IT = "Nobody has replayed exactly this text yet."


@pytest.fixture
def doors(database: str, secret: str, tmp_path: Path) -> Iterator[Doors]:
    """The console of a house in which something has happened."""
    house = House(database, secret)
    house.open()
    order(house, 1, utc_now())
    with opened_doors(house, tmp_path) as opened:
        yield opened


def finished(
    house: House,
    text: str,
    state: str = "done",
    days: tuple[float, float] = (31, 0),
    *,
    asked: float = 0,
    events: int = 1,
) -> None:
    """A replay of a text, as if it had been run: from and until so many days ago, asked for so many ago."""
    with house.opened() as tx:
        made = check_draft(house.program, text)
        assert isinstance(made, Program)
        now = utc_now() - timedelta(days=asked)
        since, until = (utc_now() - timedelta(days=each) for each in days)
        new = NewReplay("x", made.text, made.sha, since, until, "test")
        number = record_replay(tx, house.program_id, new, now)
    with psycopg.connect(house.url, options="-c search_path=guerdon") as superuser:
        superuser.execute(
            "update replays set state = %s, finished_at = %s, result = %s where id = %s",
            (state, now, f'{{"events": {events}}}' if state == "done" else None, number),
        )


def submitted(house: House, there: str, edition: int) -> object:
    number = read("drf", there.rpartition("/")[2])
    assert number is not None
    with house.opened() as tx:
        return submit_draft(tx, house.acting(tx, "olga", utc_now()), (number, edition), "because")


def test_a_text_is_replayed_before_anybody_is_asked_to_sign(doors: Doors) -> None:
    olga, there = draft_with(doors, CHEAPER)
    assert REPLAY_IT in olga.plain(there)
    assert 'value="submit"' not in olga.page(there)
    answer = olga.send(there, act="submit", edition="2", reason="because")
    assert answer.status_code == 422
    assert REPLAY_IT in answer.content.decode()
    assert doors.house.rows("select count(*) from requests") == [(0,)]
    # Neither another text counts, nor one whose replay did not come to its end.
    finished(doors.house, BEFORE)
    finished(doors.house, CHEAPER, "canceled")
    assert submitted(doors.house, there, 2) == Refused("replay_never")
    finished(doors.house, CHEAPER)
    assert REPLAY_IT not in olga.plain(there)
    assert 'value="submit"' in olga.page(there)
    # A comment is no other program; another amount is.
    commented = CHEAPER + "# and why\n"
    assert olga.send(there, act="save", edition="2", title="Spring", text=commented).status_code == 303
    assert REPLAY_IT not in olga.plain(there)
    dearer = CHEAPER.replace("90 PTS", "91 PTS")
    assert olga.send(there, act="save", edition="3", title="Spring", text=dearer).status_code == 303
    assert submitted(doors.house, there, 4) == Refused("replay_never")
    assert olga.send(there, act="save", edition="4", title="Spring", text=CHEAPER).status_code == 303
    assert isinstance(submitted(doors.house, there, 5), Stood)


def test_before_anything_happened_there_is_nothing_to_replay(
    database: str, secret: str, tmp_path: Path
) -> None:
    house = House(database, secret)
    house.open()
    with opened_doors(house, tmp_path) as doors:
        olga, there = draft_with(doors, CHEAPER)
        assert REPLAY_IT not in olga.plain(there)
        assert isinstance(submitted(house, there, 2), Stood)


SHORT = "The replay of exactly this text covers too little."
OLD = "Exactly this text was replayed too long ago (days that a replay counts: 7)."
EMPTY = "decided nothing, though something happened in that time"


def test_a_replay_covers_enough_and_does_not_count_for_ever(doors: Doors) -> None:
    house, (olga, there) = doors.house, draft_with(doors, CHEAPER)
    order(house, 2, utc_now() - timedelta(days=60))

    def missing() -> str:
        done = submitted(house, there, 2)
        assert isinstance(done, Refused)
        return done.reason

    # A day; a month that ended before the last of what happened; a month that decided nothing.
    finished(house, CHEAPER, days=(1, 0))
    assert missing() == "replay_short"
    assert SHORT in olga.plain(there)
    assert "this many days up to now: 30." in olga.plain(there)
    finished(house, CHEAPER, days=(50, 0.5))
    assert missing() == "replay_short"
    finished(house, CHEAPER, days=(31, 0), events=0)
    assert missing() == "replay_empty"
    assert EMPTY in olga.plain(there)
    assert 'value="submit"' not in olga.page(there)
    with psycopg.connect(house.url, options="-c search_path=guerdon") as superuser:
        superuser.execute("delete from replays")
    finished(house, CHEAPER, days=(40, 8), asked=8)
    assert missing() == "replay_old"
    assert OLD in olga.plain(there)
    # All that had happened by then, some days ago, is as good as a month.
    finished(house, CHEAPER, days=(70, 6), asked=6)
    assert OLD not in olga.plain(there)
    assert isinstance(submitted(house, there, 2), Stood)


def test_a_month_in_which_nothing_happened_may_have_decided_nothing(
    database: str, secret: str, tmp_path: Path
) -> None:
    house = House(database, secret)
    house.open()
    order(house, 1, utc_now() - timedelta(days=60))
    with opened_doors(house, tmp_path) as doors:
        olga, there = draft_with(doors, CHEAPER)
        # So the form offers all of the history, where there is something to decide.
        since = olga.page("program/replays").partition('name="since" type="date" required value="')[2][:10]
        assert since < f"{utc_now() - timedelta(days=60):%Y-%m-%d}"
        finished(house, CHEAPER, days=(31, 0), events=0)
        assert isinstance(submitted(house, there, 2), Stood)
