"""Running a replay: from its last checkpoint, or from the beginning, to what it found.

The history is read in one snapshot that cannot write; what is simulated is written to a file of the replay's
own. After a kill it goes on from the last checkpoint, in a new snapshot, if the history before its end is
still as long as it was; otherwise it begins again, because a replay over half of one history and half of
another would be of neither.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from guerdon.engine.apply import LIVE
from guerdon.engine.library import Clock, NoLiveVersion, read_version
from guerdon.engine.replay.books import Books
from guerdon.engine.replay.deciding import Trial
from guerdon.engine.replay.inviting import Inviting
from guerdon.engine.replay.money import Money, Purses
from guerdon.engine.replay.report import Everybody, report
from guerdon.engine.replay.states import State, Who
from guerdon.engine.replay.tally import Tally
from guerdon.engine.replay.told import Kept as Invited
from guerdon.engine.replay.world import World, remove_world, take_over_world
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.replay import history
from guerdon.queries.replay.history import EventRow, Place
from guerdon.rules.facts import AllowanceKey
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.decided import notify
from guerdon.store.programs import StoredVersion
from guerdon.store.versions import replays
from guerdon.store.versions.replays import Lease, ReplayRow

FOLDER = "replays"
# Of the file: one that another release wrote is not read.
FORMAT = 3
CHECKPOINT_EVENTS = 20_000
HEARD_S = 2.0
_pack = msgspec.msgpack.Encoder().encode


class Stopped(Exception):  # noqa: N818  an answer, not a fault
    """It was called off, or somebody else runs it by now."""


class Begun(msgspec.Struct):
    """What a file was begun for: a history of so many events, and of members who were not forgotten since."""

    format: int
    sha: str
    total: int
    first: datetime
    forgotten: int


@dataclass(frozen=True, slots=True)
class Running:
    """Who runs which replay, where, and whom they tell how far they are."""

    lease: Lease
    home: Path
    clock: Clock
    tell: Callable[[int, int], None] = lambda _done, _total: None

    @property
    def program_id(self) -> int:
        """The program's."""
        return self.lease.program_id

    @property
    def number(self) -> int:
        """The replay's."""
        return self.lease.number

    @property
    def path(self) -> Path:
        """The file of its world, this runner's own: who lost the lease writes into another one."""
        name = f"{self.program_id}-{self.number}-{self.lease.runner.rpartition(':')[2]}.world"
        return self.home / FOLDER / name

    def earlier(self) -> list[Path]:
        """Files that other runners of this replay left, the latest last."""
        found = self.path.parent.glob(f"{self.program_id}-{self.number}-*.world")
        return sorted((file for file in found if file != self.path), key=lambda file: file.stat().st_mtime)


def run_replay(reading: Connection, noting: Connection, running: Running) -> None:
    """Run a replay to its end; raises `Stopped`. Whatever else stops it, it can go on from where it was."""
    with transaction(noting, running.program_id) as tx:
        asked = replays.find_replay(tx, running.program_id, running.number)
        bundle = replays.load_bundle(tx, running.program_id, running.number)
        _tidy(tx, running)
    assert asked is not None
    program = read_program(bundle, None)
    assert isinstance(program, Program), "it was checked when it was asked for"
    if earlier := running.earlier():
        take_over_world(running.path, earlier)
    try:
        with history.one_snapshot(reading, running.program_id) as tx:
            for _ in range(2):
                with World(running.path) as world:
                    run = _Run(tx, noting, running, asked, program, world)
                    if run.begin():
                        run.go_on()
                        run.finish()
                        break
                remove_world(running.path)
    except Stopped:
        with transaction(noting, running.program_id) as tx:
            left = replays.find_replay(tx, running.program_id, running.number)
        # Whoever runs it now may be about to take the file over.
        if left is not None and left.state == "canceled":
            remove_world(running.path)
        raise
    remove_world(running.path)


def _tidy(tx: Transaction, running: Running) -> None:
    """Remove the files of replays that were called off while nobody ran them."""
    for file in running.path.parent.glob(f"{running.program_id}-*.world"):
        number = file.stem.split("-")[1]
        found = replays.find_replay(tx, running.program_id, int(number)) if number.isdecimal() else None
        if found is None or found.finished_at is not None:
            remove_world(file)


class _Run:
    """One run of a replay."""

    def __init__(
        self,
        tx: Transaction,
        noting: Connection,
        running: Running,
        asked: ReplayRow,
        program: Program,
        world: World,
    ) -> None:
        self.tx, self.noting, self.running, self.asked = tx, noting, running, asked
        self.program, self.world = program, world
        self.playbook = Playbook(program, running.program_id, 0)
        self.versions = _versions(tx, running.program_id, program, self.playbook)
        turned = history.load_turns(tx, running.program_id)
        self.money = Money(program, turned, history.load_freed(tx, running.program_id))
        self.shared: dict[AllowanceKey, int] = {}
        self.tally = Tally()
        self.inviting = Inviting(tx, self.playbook, self.versions, (world, asked.since))
        self.place = Place(datetime.min.replace(tzinfo=UTC), 0)
        self.done = self.total = 0
        self._heard = 0.0

    def begin(self) -> bool:
        """Begin, or go on from the last checkpoint; false when that was of another history."""
        total, first = history.span_of(self.tx, self.running.program_id, self.asked.until)
        opened = history.opened_at(self.tx, self.running.program_id)
        start = min(at for at in (first, opened, self.asked.until) if at is not None)
        forgotten = history.count_forgotten(self.tx, self.running.program_id)
        self.total = total
        said = self.world.note("begun")
        if said is None:
            self.place = Place(start, -1)
            self.money.open(start, self.asked.until)
            begun = Begun(FORMAT, self.program.sha, total, start, forgotten)
            self.world.checkpoint({"begun": _pack(begun)})
            return True
        # Of another format, it may hold something else.
        if msgspec.msgpack.decode(said)["format"] != FORMAT:
            return False
        begun = msgspec.msgpack.decode(said, type=Begun)
        if (begun.sha, begun.total, begun.forgotten) != (self.program.sha, total, forgotten):
            return False
        self.money.open(begun.first, self.asked.until)
        self.place = Place(begun.first, -1)
        if (kept := self.world.note("run")) is not None:
            self._read(kept)
        return True

    def go_on(self) -> None:
        """Decide all that there is."""
        trial = Trial(self.playbook, self.versions, self.money, self.tally, self.asked.since)
        trial.hear(self.inviting)
        self._note()
        unsaved = 0
        for rows in history.read_events(self.tx, self.running.program_id, self.place, self.asked.until):
            self._take(trial, rows)
            self.place = Place(rows[-1].decided_at, rows[-1].id)
            self.done += len(rows)
            unsaved += len(rows)
            if unsaved >= CHECKPOINT_EVENTS:
                self._save()
                unsaved = 0
            if time.monotonic() - self._heard > HEARD_S:
                self._note()
        while self.inviting.kept.owed:
            self._take(trial, [])
        trial.keep_time(self.asked.until)
        self._save()

    def _take(self, trial: Trial, rows: Sequence[EventRow]) -> None:
        """Take rows of the history, after what the text alone told since the last ones."""
        rows = [*self.inviting.owed(self.world.states), *rows]
        states = self.world.states({row.member_id for row in rows if row.member_id})
        met = self._meet(rows, states)
        trial.open(Books(self.playbook, self.money, self.shared, states), met)
        self.inviting.follow(rows, trial.standing)
        trial.take(rows)
        self.world.keep(states)

    def finish(self) -> None:
        """Keep what was found, in one commit."""
        self._note()
        everybody = Everybody()
        running = self.running
        with transaction(self.noting, running.program_id) as tx:
            tx.execute("set local statement_timeout = 0")
            # Read before the result is put together: it is counted on the way.
            rows = list(everybody.rows(self.world.everybody(), self.asked.until))
            result = msgspec.json.encode(report(self.program, self.tally, everybody)).decode()
            if not replays.record_result(tx, running.lease, result, rows, running.clock()):
                raise Stopped
            notify(tx, LIVE, running.program_id)

    def _meet(self, rows: Sequence[EventRow], states: dict[int, State]) -> dict[tuple[int, int], Who]:
        """Who members were when each event was decided, where that is not who they were last."""
        others = {
            row.member_id
            for row in rows
            if row.member_id and ((who := states[row.member_id].who) is None or who.state != row.state)
        }
        if not others:
            return {}
        wanted = {(row.member_id, row.state) for row in rows if row.member_id in others}
        found = history.load_members_then(self.tx, self.running.program_id, sorted(wanted))
        return {(then.member_id, then.state): Who(*then[1:]) for then in found}

    def _save(self) -> None:
        kept = _Kept(self.place, self.done, self.shared, self.money.purses, self.tally, self.inviting.kept)
        self.world.checkpoint({"run": _pack(kept)})

    def _read(self, kept: bytes) -> None:
        found = msgspec.msgpack.decode(kept, type=_Kept)
        self.place, self.done, self.shared = found.place, found.done, found.shared
        self.money.purses, self.tally, self.inviting.kept = found.purses, found.tally, found.inviting

    def _note(self) -> None:
        running = self.running
        self._heard = time.monotonic()
        running.tell(self.done, self.total)
        with transaction(self.noting, running.program_id) as tx:
            if not replays.record_progress(tx, running.lease, (self.done, self.total), running.clock()):
                raise Stopped
            notify(tx, LIVE, running.program_id)


class _Kept(msgspec.Struct):
    """What a checkpoint keeps beside members' states."""

    place: Place
    done: int
    shared: dict[AllowanceKey, int]
    purses: Purses
    tally: Tally
    inviting: Invited


def _versions(tx: Transaction, program_id: int, program: Program, playbook: Playbook) -> dict[int, Playbook]:
    """The versions that really decided, as far as this release reads them."""
    found = {}
    for version, (key, bundle, sha) in history.load_texts(tx, program_id).items():
        if sha == program.sha:
            found[version] = playbook
            continue
        try:
            stored = StoredVersion(program_id, key, version, bundle, sha)
            found[version] = Playbook(read_version(stored), program_id, version)
        except NoLiveVersion:
            continue
    return found
