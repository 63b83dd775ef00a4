"""The loop of imports: each that was confirmed is taken in, some rows to a commit.

How far it is stands in the commit of its rows: killed in the middle, it goes on after the last of them, and
takes none twice. What was tried and never confirmed lapses, and with it its file.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from guerdon.engine.enroll import sort_out, write_members
from guerdon.engine.files.members import Candidate
from guerdon.engine.files.rates import take_rates
from guerdon.engine.imports.rows import Item, Items, lines_of, open_file, read_items, refusal_rows
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.rehearsing import find_differing
from guerdon.engine.turns import Turns
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.decided import notify
from guerdon.store.imports.refusals import clear_refusals, record_refusals
from guerdon.store.imports.runs import (
    Counts,
    Import,
    find_import,
    let_go_rows,
    list_lapsing,
    list_running,
    load_file,
    lock_import,
    settle_over,
    settle_walked,
)
from guerdon.store.inbox import release_waiting
from guerdon.store.programs import list_programs
from guerdon.store.sealing import Unreadable
from guerdon.values.ids import show
from guerdon.values.problems import Problem

TURN_S = 1.0
# So many rows to a commit: a second or less, in which nobody else enrolls members.
STRETCH_MAX = 1_000
# A trial says what would be changed as things stand; a day later they stand otherwise.
TRIAL_LASTS = timedelta(days=1)
LIVE = "guerdon_live"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Carrier:
    """What imports need: programs and keys, and for how long refused rows are kept."""

    library: Library
    kept_for: timedelta


def keep_importing(db: Connection, carrier: Carrier, turns: Turns) -> None:
    """Carry on the imports of all programs until told to stop."""
    for now in turns.every(db, TURN_S):
        for program_id, _ in list_programs(db):
            let_lapse(db, carrier, program_id, now)
            for _ in carry_on(db, carrier, program_id, turns.clock):
                if turns.stop.is_set():
                    return


def let_lapse(db: Connection, carrier: Carrier, program_id: int, now: datetime) -> None:
    """Let go of files that nobody confirmed, and of what refused rows say whose time is over."""
    with transaction(db, program_id) as tx:
        for number in list_lapsing(tx, program_id, now - TRIAL_LASTS):
            settle_over(tx, program_id, number, "lapsed", now)
            record_audit(tx, program_id, "worker", "import.lapsed", show("imp", number), now)
        let_go_rows(tx, program_id, carrier.kept_for, now)


def carry_on(
    db: Connection,
    carrier: Carrier,
    program_id: int,
    clock: Callable[[], datetime],
    at_most: int = STRETCH_MAX,
) -> Iterator[int]:
    """Carry on what was confirmed in a program; gives the import's number after each commit."""
    with transaction(db, program_id) as tx:
        numbers = list_running(tx, program_id)
    for number in numbers:
        with transaction(db, program_id) as tx:
            run, sealed = find_import(tx, program_id, number), load_file(tx, program_id, number)
            try:
                program = carrier.library.playbook(tx, program_id, clock()).program
            except NoLiveVersion:
                # Whoever processes its events says so.
                continue
        if run is None or sealed is None:
            continue
        try:
            data = open_file(carrier.library.vault, program_id, run.sha, sealed)
        except Unreadable:
            log.exception("the file of %s does not open with this secret", show("imp", number))
            continue
        if run.kind == "rates":
            with transaction(db, program_id) as tx:
                _take_rates(tx, carrier, (program_id, number), (program, data), clock())
            yield number
            continue
        items = read_items(program, data.decode("utf-8-sig"))
        going = True
        while going:
            with transaction(db, program_id) as tx:
                going = _stretch(tx, carrier, (program_id, number), items, clock(), at_most)
            yield number


def _take_rates(
    tx: Transaction, carrier: Carrier, whose: tuple[int, int], file: tuple[Program, bytes], now: datetime
) -> None:
    run = lock_import(tx, *whose)
    if run is None or run.state != "running":
        return
    assert run.confirmed_by is not None
    program, data = file
    clear_refusals(tx, *whose)
    done = take_rates(tx, (run.program_id, program), data, run.confirmed_by, now)
    if done.problems:
        # A rate may have come by another way since its trial.
        _keep(tx, carrier, run, done.problems, lines_of(data.decode("utf-8-sig")))
    _end(tx, run, Counts(new=done.taken, same=done.known), now)


def _stretch(
    tx: Transaction, carrier: Carrier, whose: tuple[int, int], items: Items, now: datetime, at_most: int
) -> bool:
    """Take in the next rows of an import; whether there may be more."""
    run = lock_import(tx, *whose)
    if run is None or run.state != "running":
        return False
    if not run.walked_to:
        # What its trial refused is said again, as things stand now.
        clear_refusals(tx, *whose)
    some = list(islice((item for item in items.rows if item[0] > run.walked_to), at_most))
    if not some:
        release_waiting(tx, run.program_id)
        tx.execute("select pg_notify('guerdon_inbox', '')")
        _end(tx, run, Counts(), now)
        return False
    counts = run.counts + _take(tx, carrier, run, (some, items), now)
    settle_walked(tx, run, some[-1][0], counts)
    notify(tx, LIVE, run.program_id)
    return True


def _take(
    tx: Transaction, carrier: Carrier, run: Import, rows: tuple[Sequence[Item], Items], now: datetime
) -> Counts:
    some, items = rows
    vault, program_id = carrier.library.vault, run.program_id
    tx.execute("select pg_advisory_xact_lock(1735289448, %s)", (program_id,))
    told = [each for _, each in some if isinstance(each, Candidate)]
    # Of several rows of one member the last one counts, wherever in the file it stands.
    counting = [each for each in told if items.last[each.source, each.external_id] == each.line]
    problems: list[Problem] = [p for _, each in some if not isinstance(each, Candidate) for p in each]
    wrong = {problem.line for problem in problems}
    latest, known = sort_out(tx, program_id, counting, problems)
    forgotten = {problem.line for problem in problems} - wrong
    differing = find_differing(tx, vault, program_id, {known[key]: latest[key] for key in known})
    written = {key: row for key, row in latest.items() if key not in known or known[key] in differing}
    if written:
        there = {key: known[key] for key in written if key in known}
        new = write_members(tx, vault, program_id, (written, there), now)
        release_waiting(tx, program_id)
        record_audit(
            *(tx, program_id, str(run.confirmed_by), "members.enrolled", show("imp", run.id), now),
            new=new,
            updated=len(there),
        )
    _keep(tx, carrier, run, problems, items.lines)
    return Counts(
        new=len(latest) - len(known),
        changed=len(differing),
        same=len(known) - len(differing),
        repeated=len(told) - len(forgotten) - len(latest),
        refused=len(wrong) + len(forgotten),
    )


def _keep(
    tx: Transaction, carrier: Carrier, run: Import, problems: Sequence[Problem], lines: Sequence[str]
) -> None:
    whose = (run.program_id, run.id)
    record_refusals(tx, *whose, refusal_rows(carrier.library.vault, whose, problems, lines))


def _end(tx: Transaction, run: Import, more: Counts, now: datetime) -> None:
    """End it. What no row of it accounts for was refused with the whole file."""
    counts = run.counts + more
    counts += Counts(refused=max(run.total - counts.done, 0))
    settle_walked(tx, run, run.walked_to, counts)
    settle_over(tx, run.program_id, run.id, "ended", now)
    record_audit(
        *(tx, run.program_id, str(run.confirmed_by), "import.ended", show("imp", run.id), now),
        sha256=run.sha.hex(),
        rows=run.total,
        new=counts.new,
        changed=counts.changed,
        same=counts.same,
        repeated=counts.repeated,
        refused=counts.refused,
    )
    notify(tx, LIVE, run.program_id)
