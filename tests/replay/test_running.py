"""Replays that are stopped, killed, called off or asked for twice, and history that changes under them."""

import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.engine.harbor_house import HarborHouse, deed
from tests.engine.house import NOW
from tests.replay.test_replay import RICH
from tests.replay.trying import EARLIER, LATER, ask, changed, found, run
from tests.rules.harbor import HARBOR

from guerdon.engine.replay import running as replay_running
from guerdon.engine.replay.asking import UNDER_WAY_MAX, Wrong, ask_replay
from guerdon.engine.replay.running import Stopped
from guerdon.engine.replay.world import NoRoom, World
from guerdon.program.model import Program
from guerdon.queries.replay import history
from guerdon.store.database import connect, transaction
from guerdon.store.versions.replays import (
    SILENT,
    Lease,
    NewReplay,
    find_replay,
    find_waiting,
    record_called_off,
    record_end,
    record_progress,
    record_result,
    take_replay,
)

EVENTS = 60


@pytest.fixture
def house(database: str, secret: str) -> HarborHouse:
    """Give the harbor's house, in which something happened."""
    made = HarborHouse(database, secret)
    made.open("harbor", RICH)
    made.join("ann", "bob", "cy")
    tell(made)
    return made


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "BATCH", 10)
    monkeypatch.setattr(replay_running, "CHECKPOINT_EVENTS", 10)
    monkeypatch.setattr(replay_running, "HEARD_S", 0.0)


def tell(house: HarborHouse) -> None:
    told = []
    for n in range(EVENTS):
        who, order = ("ann", "bob", "cy")[n % 3], {"order_no": str(n // 4)}
        returned = n % 4 == 3
        said: dict[str, object] = {
            **order,
            **({"refunded": 1, "total": 2} if returned else {"amount": 1_000}),
        }
        told.append(deed(who, "order.returned" if returned else "order.placed", -n, **said))
    house.call(told)
    house.work()


def draft() -> Program:
    return changed(HARBOR.read_text(encoding="utf-8"), RICH, ('rate: "0.05"', 'rate: "0.10"'))


def killed_after(events: int) -> Callable[[int, int], None]:
    def tell(done: int, _total: int) -> None:
        if done >= events:
            raise KeyboardInterrupt

    return tell


def asked(house: HarborHouse) -> int:
    number = ask(house, draft())
    assert isinstance(number, int)
    return number


def give_up(house: HarborHouse, number: int) -> None:
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        row = find_replay(tx, house.program_id, number)
        assert row is not None
        if row.runner is None:
            lease = take_replay(tx, house.program_id, number, "test", LATER)
            assert lease is not None
        else:
            lease = Lease(house.program_id, number, row.runner)
        assert record_end(tx, lease, "stopped", LATER)


def state_of(house: HarborHouse, number: int) -> str:
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        row = find_replay(tx, house.program_id, number)
    assert row is not None
    return row.state


def test_a_killed_replay_goes_on_from_its_checkpoint_and_finds_the_same(
    house: HarborHouse, tmp_path: Path
) -> None:
    number = asked(house)
    run(house, number, tmp_path)
    whole = found(house, number)
    assert whole[0]["events"] == EVENTS
    assert whole[0]["otherwise"]
    assert not list(tmp_path.rglob("*.world*"))
    again = asked(house)
    begun: list[int] = []
    for after in (20, 40):
        with pytest.raises(KeyboardInterrupt):
            run(house, again, tmp_path, killed_after(after))
        give_up(house, again)
        assert ask(house, draft()) == again
    run(house, again, tmp_path, lambda done, _: begun.append(done))
    # The last steps were all that was left.
    assert begun[0] == 40
    assert found(house, again)[1] == whole[1]
    assert found(house, again)[0] == whole[0]


def test_history_that_changed_meanwhile_begins_it_again(house: HarborHouse, tmp_path: Path) -> None:
    number = asked(house)
    with pytest.raises(KeyboardInterrupt):
        run(house, number, tmp_path, killed_after(30))
    give_up(house, number)
    tell_more(house)
    begun: list[int] = []
    run(house, number, tmp_path, lambda done, _: begun.append(done))
    assert begun[0] == 0
    result, _ = found(house, number)
    assert result["events"] == EVENTS + 1


def tell_more(house: HarborHouse) -> None:
    house.call([deed("ann", "order.placed", -1, order_no="late", amount=500)])
    house.work()


def test_what_happens_while_it_runs_is_not_seen(house: HarborHouse, tmp_path: Path) -> None:
    number = asked(house)
    told: list[int] = []

    def meddle(_done: int, _total: int) -> None:
        if not told:
            told.append(1)
            tell_more(house)

    run(house, number, tmp_path, meddle)
    result, _ = found(house, number)
    assert result["events"] == EVENTS


def test_it_ends_when_it_is_called_off_and_leaves_nothing(house: HarborHouse, tmp_path: Path) -> None:
    number = asked(house)

    def call_off(done: int, _total: int) -> None:
        if done == 20:
            with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
                assert record_called_off(tx, house.program_id, number, LATER)

    with pytest.raises(Stopped):
        run(house, number, tmp_path, call_off)
    assert state_of(house, number) == "canceled"
    assert not list(tmp_path.rglob("*.world*"))
    assert house.count("select count(*) from replay_members") == 0
    # And it may be asked for anew.
    assert asked(house) != number


def test_one_text_is_replayed_once_at_a_time(house: HarborHouse) -> None:
    number = asked(house)
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        assert take_replay(tx, house.program_id, number, "one", LATER)
        assert not take_replay(tx, house.program_id, number, "two", LATER)
        assert find_waiting(tx, house.program_id, LATER) is None
    answer = ask(house, draft())
    assert isinstance(answer, Wrong)
    assert (answer.reason, answer.about.split(",")[0][:4]) == ("running", "rpl_")
    # Who was not heard of for a minute runs it no more.
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        later = LATER + timedelta(seconds=61)
        assert find_waiting(tx, house.program_id, later) == number
        assert take_replay(tx, house.program_id, number, "two", later)


def test_a_runner_that_lost_its_lease_writes_nothing(house: HarborHouse) -> None:
    number, later = asked(house), LATER + SILENT + timedelta(seconds=1)
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        # Of one process, so that nothing but the lease tells them apart.
        slept = take_replay(tx, house.program_id, number, "one", LATER)
        took_over = take_replay(tx, house.program_id, number, "one", later)
        assert slept is not None
        assert took_over is not None
        assert record_progress(tx, took_over, (1, 2), later)
        before = find_replay(tx, house.program_id, number)
        assert not record_progress(tx, slept, (9, 9), later)
        assert not record_result(tx, slept, "{}", [], later)
        for state in ("waiting", "stopped", "failed"):
            assert not record_end(tx, slept, state, later, "my fault")
        assert find_replay(tx, house.program_id, number) == before
        assert record_result(tx, took_over, "{}", [], later)
        # What is done stays so, even for whoever did it.
        assert not record_end(tx, took_over, "failed", later)


def test_one_that_slept_while_another_took_over_finds_that_out(
    house: HarborHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_running, "CHECKPOINT_EVENTS", 20)
    number = asked(house)
    run(house, number, tmp_path)
    whole = found(house, number)
    again, later, begun = asked(house), LATER + SILENT + timedelta(seconds=1), list[int]()

    def sleep(done: int, _total: int) -> None:
        # In the middle of its work, its file open and half written since the checkpoint at 40.
        if done == 50:
            run(house, again, tmp_path, lambda done, _: begun.append(done), later)

    with pytest.raises(Stopped):
        run(house, again, tmp_path, sleep)
    # The other went on from the last checkpoint of the first.
    assert begun[0] == 40
    assert found(house, again) == whole
    assert not list(tmp_path.rglob("*.world*"))


def test_what_was_called_off_while_nobody_ran_it_leaves_no_file(house: HarborHouse, tmp_path: Path) -> None:
    number = asked(house)
    with pytest.raises(KeyboardInterrupt):
        run(house, number, tmp_path, killed_after(20))
    give_up(house, number)
    assert list(tmp_path.rglob("*.world"))
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        assert record_called_off(tx, house.program_id, number, LATER)
    run(house, asked(house), tmp_path)
    assert not list(tmp_path.rglob("*.world*"))


def test_only_so_many_wait_or_run(house: HarborHouse) -> None:
    numbers = [ask(house, draft(), EARLIER + timedelta(days=n)) for n in range(UNDER_WAY_MAX)]
    assert all(isinstance(number, int) for number in numbers)
    assert ask(house, draft(), NOW - timedelta(days=1)) == Wrong("full", str(UNDER_WAY_MAX))
    # The same as one that waits is no other.
    assert asked(house) == numbers[0]
    # One that is stopped makes room, and has none itself before another is done.
    give_up(house, asked(house))
    another = ask(house, draft(), NOW - timedelta(days=1))
    assert isinstance(another, int)
    assert ask(house, draft()) == Wrong("full", str(UNDER_WAY_MAX))
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        assert record_called_off(tx, house.program_id, another, LATER)
    assert asked(house) == numbers[0]


def test_those_who_ask_at_once_are_counted_one_after_the_other(house: HarborHouse) -> None:
    for n in range(1, UNDER_WAY_MAX):
        assert isinstance(ask(house, draft(), EARLIER + timedelta(days=n)), int)
    answers: list[int | Wrong] = []
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        program = draft()
        new = NewReplay("a draft", program.text, program.sha, EARLIER, LATER, "test")
        other = threading.Thread(target=lambda: answers.append(ask(house, draft(), NOW - timedelta(days=1))))
        assert isinstance(ask_replay(tx, house.program_id, new, LATER), int)
        other.start()
        other.join(0.5)
        assert not answers
    other.join(30)
    assert answers == [Wrong("full", str(UNDER_WAY_MAX))]


def test_one_that_was_stopped_waits_again_when_it_is_asked_for(house: HarborHouse) -> None:
    number = asked(house)
    give_up(house, number)
    assert state_of(house, number) == "stopped"
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        assert find_waiting(tx, house.program_id, LATER) is None
    assert asked(house) == number
    assert state_of(house, number) == "waiting"
    # Until another day, it is another one.
    program = draft()
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        new = NewReplay("a draft", program.text, program.sha, EARLIER, NOW + timedelta(days=1), "test")
        other = ask_replay(tx, house.program_id, new, LATER, exactly=True)
    assert isinstance(other, int)
    assert other != number
    assert state_of(house, number) == "canceled"


@pytest.mark.parametrize(
    ("since", "until", "reason"),
    [
        (LATER + timedelta(days=1), LATER, "future"),
        (NOW, NOW - timedelta(days=1), "backwards"),
        (EARLIER, EARLIER + timedelta(days=1), "empty"),
    ],
)
def test_what_makes_no_sense_is_said_at_once(
    house: HarborHouse, since: object, until: object, reason: str
) -> None:
    answer = ask(house, draft(), since, until)  # type: ignore[arg-type]
    assert isinstance(answer, Wrong)
    assert answer.reason == reason
    assert house.count("select count(*) from replays") == 0


def test_a_full_disk_is_said_and_it_goes_on_afterwards(
    house: HarborHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = asked(house)
    keep, kept = World.keep, [0]

    def fill(self: World, states: dict[int, object]) -> None:
        kept[0] += 1
        if kept[0] == 3:
            # As SQLite says it when the disk has no room.
            self._file.execute(
                f"pragma max_page_count = {self._file.execute('pragma page_count').fetchone()[0]}"
            )
            self._file.execute("create table more (x)")
            self._file.execute("insert into more values (zeroblob(1000000))")
        keep(self, states)  # type: ignore[arg-type]

    monkeypatch.setattr(World, "keep", fill)
    with pytest.raises((NoRoom, sqlite3.OperationalError), match="full"):
        run(house, number, tmp_path)
    monkeypatch.undo()
    give_up(house, number)
    run(house, number, tmp_path)
    assert found(house, number)[0]["events"] == EVENTS


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(NoRoom, match="file"):
        World(tmp_path / "file" / "1.world")
