"""`./guerdon replay DRAFT --since DATE`: a draft decided over what happened, beside what was decided then.

DRAFT is a program file, a draft of the console (drf_...) or a version (v7). It changes nothing in the books.
Stopped by Ctrl-C or killed, the same command goes on from where it was.
"""

import argparse
import gc
import getpass
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from guerdon.cli.check import render_problem
from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.cli.replay.found import render_result, write_members
from guerdon.engine.apply import LIVE
from guerdon.engine.library import read_version
from guerdon.engine.replay.asking import Wrong, ask_replay
from guerdon.engine.replay.running import Running, Stopped, run_replay
from guerdon.engine.replay.world import NoRoom, remove_world
from guerdon.program.load import load_program, read_program
from guerdon.program.model import Program
from guerdon.queries.replay.found import load_result
from guerdon.store.database import UNAVAILABLE, Connection, Transaction, end_other, is_free, transaction
from guerdon.store.decided import notify
from guerdon.store.programs import find_program_id, load_versions
from guerdon.store.versions import replays
from guerdon.store.versions.drafts import find_draft
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show
from guerdon.values.problems import Problem

HELP = "Decide a draft over stored history, beside what was really decided; the books stay as they are."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "draft", nargs="?", metavar="DRAFT", help="program file, draft (drf_...) or version (v7)"
    )
    parser.add_argument("--since", metavar="DATE", help="the first day, like 2026-01-01")
    parser.add_argument("--until", metavar="DATE", help="the last day (without it: until now)")
    parser.add_argument("--program", default="", help="key of the program, for a draft or version of it")
    parser.add_argument("--members", type=Path, metavar="FILE", help="write all members who differ, as CSV")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    # What the worker calls for a replay that was asked for in the console: PROGRAM_ID:NUMBER.
    parser.add_argument("--asked", default="", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Run it, or go on with it; 130 when it was stopped by hand."""
    try:
        with installation() as opened:
            if args.asked:
                program_id, _, number = args.asked.partition(":")
                # Stopped with its worker, it waits for the next one.
                with opened.connect("worker") as db, transaction(db, int(program_id)) as tx:
                    lease = _take(tx, int(program_id), int(number))
                return _run(opened, lease, quiet=True, stopped_as="waiting")
            return _replay(opened, args)
    except Refused as fault:
        return refusing("replay", fault)


def _replay(opened: Installation, args: argparse.Namespace) -> int:
    if not args.draft or not args.since:
        raise Refused("say what and from when: ./guerdon replay DRAFT --since DATE")
    program, program_id, title = _draft(opened, args)
    now, zone = utc_now(), ZoneInfo(program.time_zone)
    since = datetime.combine(_day("--since", args.since), time.min, zone).astimezone(UTC)
    until = now
    if args.until:
        last = _day("--until", args.until) + timedelta(days=1)
        until = min(datetime.combine(last, time.min, zone).astimezone(UTC), now)
    with opened.connect("worker") as db, transaction(db, program_id) as tx:
        new = replays.NewReplay(title, program.text, program.sha, since, until, getpass.getuser())
        number = ask_replay(tx, program_id, new, now, exactly=bool(args.until))
        if isinstance(number, Wrong):
            raise Refused(str(number))
        # In the same commit, so that no worker begins it instead.
        lease = _take(tx, program_id, number)
    code = _run(opened, lease, quiet=args.json)
    if code:
        return code
    with opened.connect("worker") as db, transaction(db, program_id) as tx:
        result = load_result(tx, program_id, number)
        assert result is not None
        print(json.dumps(result, ensure_ascii=False) if args.json else "\n".join(_lines(program, result)))
        if args.members:
            try:
                written = write_members(tx, program_id, number, args.members)
            except OSError as fault:
                raise Refused(f"{args.members} cannot be written: {fault.strerror}") from fault
            print(f"{counted(written, 'line')} in {args.members}", file=sys.stderr)
    return 0


def _lines(program: Program, result: dict[str, object]) -> Iterator[str]:
    return render_result(program, result)


def _run(opened: Installation, lease: replays.Lease, *, quiet: bool, stopped_as: str = "stopped") -> int:
    """Run a replay that is ours; its exit code."""
    with opened.connect("worker") as reading, opened.connect("worker") as noting:
        running = Running(lease, opened.settings.home, utc_now, (lambda _d, _t: None) if quiet else _tell)
        # Nearly all that is made is gone an event later; nobody need look for circles in it so often.
        gc.set_threshold(100_000, 50, 100)
        state, fault = stopped_as, ""
        try:
            run_replay(reading, noting, running)
        except KeyboardInterrupt:
            # Nothing is left to be read of it, and it may have been asked something just now.
            reading.close()
            print("\nstopped; the same command goes on from here", file=sys.stderr)
            return 130
        except Stopped:
            state = ""
            raise Refused("it was called off, or is run by somebody else now") from None
        except NoRoom as room:
            # Not tried again by itself: first there must be room.
            state, fault = "stopped", str(room)
            raise Refused(f"{fault}; make room, and the same command goes on") from room
        except UNAVAILABLE:
            # Nobody hears of it for a while; then it goes on from its checkpoint.
            state = ""
            raise
        except Exception as wrong:
            state, fault = "failed", f"{type(wrong).__name__}: {wrong}"
            raise
        else:
            state = ""
        finally:
            if state:
                with _usable(opened, noting) as ending, transaction(ending, lease.program_id) as tx:
                    replays.record_end(tx, lease, state, utc_now(), fault)
                    notify(tx, LIVE, lease.program_id)
                if state == "failed":
                    remove_world(running.path)
    if not quiet:
        print(file=sys.stderr)
    return 0


@contextmanager
def _usable(opened: Installation, left: Connection) -> Iterator[Connection]:
    """A connection that can be spoken on, where Ctrl-C may have come between a question and its answer."""
    if is_free(left):
        yield left
        return
    with opened.connect("worker") as fresh:
        end_other(fresh, left)
        yield fresh


def _runner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _take(tx: Transaction, program_id: int, number: int) -> replays.Lease:
    lease = replays.take_replay(tx, program_id, number, _runner(), utc_now())
    if lease is None:
        raise Refused(_who_runs(tx, program_id, number))
    return lease


def _tell(done: int, total: int) -> None:
    share = 100 * done // total if total else 100
    print(f"\r{done:,} of {total:,} events ({share}%)", end="", file=sys.stderr, flush=True)


def _who_runs(tx: Transaction, program_id: int, number: int) -> str:
    row = replays.find_replay(tx, program_id, number)
    if row is None:
        return f"there is no replay {number}"
    if row.state == "running":
        return (
            f"{show('rpl', number)} of this text is running already ({row.runner}):"
            f" {row.done_events:,} of {row.total_events:,} events"
        )
    return f"{show('rpl', number)} is {row.state}"


def _draft(opened: Installation, args: argparse.Namespace) -> tuple[Program, int, str]:
    """The text that is tried, the program that it is of, and what people call it."""
    draft = args.draft
    number = read("drf", draft)
    if number is None and not (draft[:1] == "v" and draft[1:].isdigit()):
        file = Path(draft)
        if not file.is_file():
            raise Refused(f"there is no file {draft}, and it is no draft (drf_...) and no version (v7)")
        program = _checked(load_program(file), file)
        with opened.connect("worker") as db:
            program_id = find_program_id(db, program.key)
        if program_id is None:
            raise Refused(f"no program {program.key} is published, so there is no history of it")
        return program, program_id, file.name
    program_id, live = live_program(opened, args.program)
    with opened.connect("worker") as db, transaction(db, program_id) as tx:
        if number is None:
            stored = load_versions(tx, program_id, [int(draft[1:])])
            if not stored:
                raise Refused(f"{live.key} has no version {draft[1:]}")
            return read_version(stored[0]), program_id, draft
        found = find_draft(tx, program_id, number)
    if found is None:
        raise Refused(f"{live.key} has no draft {draft}")
    program = _checked(read_program(found.text, None, found.title), Path(draft))
    if program.key != live.key:
        raise Refused(f"{draft} is a text of {program.key}, not of {live.key}")
    return program, program_id, found.title


def _checked(program: Program | list[Problem], file: Path) -> Program:
    if isinstance(program, Program):
        return program
    print("\n".join(render_problem(problem, file) for problem in program), file=sys.stderr)
    raise Refused(f"{counted(len(program), 'mistake')} in {file}; nothing was replayed")


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{option} {text} is no day; write one like 2026-01-31") from None
