"""A text tried on a house's history, as the command line and the worker do it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.engine.house import NOW, House

from guerdon.engine.replay.asking import Wrong, ask_replay
from guerdon.engine.replay.running import Running, run_replay
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.replay.found import list_members, load_result
from guerdon.store.database import connect, transaction
from guerdon.store.versions.replays import MemberRow, NewReplay, take_replay

LATER = NOW + timedelta(days=400)
EARLIER = NOW - timedelta(days=4_000)


def changed(text: str, *changes: tuple[str, str]) -> Program:
    """A text, some of it changed."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    program = read_program(text, None)
    assert isinstance(program, Program), program
    return program


def ask(house: House, program: Program, since: datetime = EARLIER, until: datetime = LATER) -> int | Wrong:
    """Ask for a replay."""
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        new = NewReplay("a draft", program.text, program.sha, since, until, "test")
        return ask_replay(tx, house.program_id, new, LATER)


def run(
    house: House,
    number: int,
    home: Path,
    tell: Callable[[int, int], None] = lambda _d, _t: None,
    now: datetime = LATER,
) -> None:
    """Run it, by whoever is called test."""
    with (
        connect(house.url, house.secret, "worker") as reading,
        connect(house.url, house.secret, "worker") as noting,
    ):
        with transaction(noting, house.program_id) as tx:
            lease = take_replay(tx, house.program_id, number, "test", now)
            assert lease is not None
        run_replay(reading, noting, Running(lease, home, lambda: now, tell))


def tried(
    house: House, home: Path, program: Program, since: datetime = EARLIER, until: datetime = LATER
) -> tuple[dict[str, Any], list[MemberRow]]:
    """What a text would have come to, and who would have had something else."""
    number = ask(house, program, since, until)
    assert isinstance(number, int), number
    run(house, number, home)
    return found(house, number)


def found(house: House, number: int) -> tuple[dict[str, Any], list[MemberRow]]:
    """What a replay found."""
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        result = load_result(tx, house.program_id, number)
        members = list_members(tx, house.program_id, number, 10_000)
    assert result is not None
    return result, members
