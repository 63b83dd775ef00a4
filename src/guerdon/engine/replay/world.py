"""The world that is tried: members' states and what they share, in a file of its own.

A file, because five million events leave more behind than a process should hold; and because a checkpoint is
then a commit of it: whoever is killed finds the file as it was at the last one, cursor and all.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

from guerdon.engine.replay.states import State, decode_state, encode_state


class NoRoom(RuntimeError):  # noqa: N818  says what is missing
    """The file of the world cannot grow, or cannot be read: the disk is full, or it is no file of ours."""


class World:
    """A file with states by member, and notes by name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, isolation_level=None)
            self._file.execute("pragma journal_mode = wal")
            self._file.execute("pragma synchronous = normal")
            # In kilobytes.
            self._file.execute("pragma cache_size = -65536")
            self._file.execute(
                "create table if not exists members (id integer primary key, state blob not null)"
            )
            self._file.execute("create table if not exists notes (name text primary key, said blob not null)")
            self._file.execute(
                "create table if not exists pairs"
                " (scheme text, friend integer, said blob not null, primary key (scheme, friend))"
            )
            self._file.execute("begin")
        except (OSError, sqlite3.Error) as fault:
            raise NoRoom(f"{path} cannot be used: {fault}") from fault

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def states(self, members: Collection[int]) -> dict[int, State]:
        """States of members; an empty one for whoever is new."""
        found: dict[int, State] = {}
        asked = f"[{','.join(map(str, sorted(members)))}]"
        for member, state in self._file.execute(
            "select a.value, m.state from json_each(?) a left join members m on m.id = a.value", (asked,)
        ):
            found[member] = State() if state is None else decode_state(state)
        return found

    def keep(self, states: Mapping[int, State]) -> None:
        """Keep members' states."""
        try:
            self._file.executemany(
                "insert or replace into members values (?, ?)",
                ((member, encode_state(state)) for member, state in sorted(states.items())),
            )
        except sqlite3.Error as fault:
            raise NoRoom(f"{self.path} cannot be written: {fault}") from fault

    def pairs(self, scheme: str, friends: Iterable[int]) -> dict[int, bytes]:
        """What was kept of friends' pairs; nothing of those that were not met yet."""
        asked = f"[{','.join(map(str, friends))}]"
        rows = self._file.execute(
            "select p.friend, p.said from json_each(?) a join pairs p on p.friend = a.value and p.scheme = ?",
            (asked, scheme),
        )
        return {friend: bytes(said) for friend, said in rows}

    def keep_pairs(self, scheme: str, said: Mapping[int, bytes]) -> None:
        """Keep friends' pairs."""
        try:
            self._file.executemany(
                "insert or replace into pairs values (?, ?, ?)",
                ((scheme, friend, each) for friend, each in sorted(said.items())),
            )
        except sqlite3.Error as fault:
            raise NoRoom(f"{self.path} cannot be written: {fault}") from fault

    def everybody(self) -> Iterable[tuple[int, State]]:
        """All members with their states."""
        for member, state in self._file.execute("select id, state from members order by id"):
            yield member, decode_state(state)

    def note(self, name: str) -> bytes | None:
        """What was kept under a name."""
        row = self._file.execute("select said from notes where name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def checkpoint(self, notes: Mapping[str, bytes]) -> None:
        """Keep all there is, and these notes with it: from here it goes on after whatever happens."""
        try:
            self._file.executemany("insert or replace into notes values (?, ?)", list(notes.items()))
            self._file.execute("commit")
            self._file.execute("begin")
        except sqlite3.Error as fault:
            raise NoRoom(f"{self.path} cannot be written: {fault}") from fault

    def close(self) -> None:
        """Let go of the file; what came after the last checkpoint is gone."""
        with closing(self._file):
            self._file.rollback()


def take_over_world(path: Path, earlier: Sequence[Path]) -> None:
    """Begin with what the last of these files had at its last checkpoint; none of them is there afterwards.

    A copy: whoever has it open still, asleep in the middle of a write, goes on writing to what is no file.
    """
    try:
        with closing(sqlite3.connect(path)) as ours, closing(sqlite3.connect(earlier[-1])) as theirs:
            theirs.backup(ours)
    except sqlite3.OperationalError as fault:
        remove_world(path)
        raise NoRoom(f"{path} cannot be written: {fault}") from fault
    except sqlite3.DatabaseError:
        # It is no file of ours any more: from the beginning, then.
        remove_world(path)
    for file in earlier:
        remove_world(file)


def remove_world(path: Path) -> None:
    """Delete a world's file and what stands beside it."""
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
