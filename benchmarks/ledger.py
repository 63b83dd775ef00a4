"""Transfers per second, in batches and one at a time, from many budgets and from a single hot one.

The ledger's own posting (transfer rows, members' purses, budgets by a guarded statement, one commit, durable)
beside a plain ledger in SQL (`ledger_baseline.sql`) in the same run. Workers are processes with a connection
each. With `--large`, ten million transfers are there first, and reading is measured: see `ledger_large.py`.
"""

import multiprocessing
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import LiteralString

from bench_frame import fresh_installation, options_of, print_result

from guerdon.cli.installation import Installation
from guerdon.config import Settings
from guerdon.ledger.chart import FUNDING, POOL_OWNER, PURSE, budget_account
from guerdon.queries.controls import ledger
from guerdon.queries.controls.run import run_controls
from guerdon.store import decided
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, connect
from guerdon.store.pools import record_pools, settle_pools
from guerdon.store.programs import record_program
from guerdon.values.clock import utc_now

UNIT = "EUR"
BUDGETS = 1_000
MEMBERS = 100_000
BATCH = 1_000
BATCH_WORKERS = 2
SINGLE_WORKERS = 8
START_MINOR = 1_000_000_000_000
BASELINE = Path(__file__).with_suffix("").with_name("ledger_baseline.sql")


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker does for some seconds: `hot` pays from one budget only, `bare` is the baseline."""

    settings: Settings
    program_id: int
    number: int
    seconds: float
    size: int
    hot: bool
    bare: bool


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("ledger")
    parser.add_argument("--seconds", type=float, default=8.0, help="for each of the eight measurements")
    parser.add_argument("--large", action="store_true", help="read among ten million transfers")
    parser.add_argument("--transfers", type=int, default=10_000_000, help="how many for --large")
    args = parser.parse_args()
    with fresh_installation() as opened:
        if args.large:
            from ledger_large import measure_large  # noqa: PLC0415  the other half of this command

            result = measure_large(opened, args.transfers)
        else:
            result = _measure(opened, args.seconds)
    return print_result(args, result)


def _measure(opened: Installation, seconds: float) -> dict[str, object]:
    program_id = _fund(opened)
    found: dict[str, float] = {}
    for bare in (False, True):
        for size, workers in ((BATCH, BATCH_WORKERS), (1, SINGLE_WORKERS)):
            # Random and hot in turns, twice over, so that a machine that slows down slows both.
            for hot in (False, True, False, True):
                rate = _rate(opened.settings, program_id, (size, workers), seconds / 2, hot=hot, bare=bare)
                kind = "batched" if size > 1 else "single"
                name = f"{'bare_' if bare else ''}{kind}_{'hot' if hot else 'random'}"
                found[name] = found.get(name, 0) + rate / 2
    _check(opened, program_id)
    return {
        "batched_per_s": round(found["batched_random"]),
        "single_per_s": round(found["single_random"]),
        "hot_ratio_batched": round(found["batched_hot"] / found["batched_random"], 2),
        "hot_ratio_single": round(found["single_hot"] / found["single_random"], 2),
        "ratio_to_baseline_batched": round(found["batched_random"] / found["bare_batched_random"], 2),
        "ratio_to_baseline_single": round(found["single_random"] / found["bare_single_random"], 2),
        "all_per_s": {name: round(rate) for name, rate in found.items()},
        "batch": BATCH,
        "connections": {"batched": BATCH_WORKERS, "single": SINGLE_WORKERS},
    }


def _fund(opened: Installation) -> int:
    """A program with a thousand budgets, each given its money by a transfer, and the bare accounts."""
    now = utc_now()
    names = [budget_account("bench", f"{n:04d}") for n in range(BUDGETS)]
    with opened.connect("worker") as db, db.transaction():
        program_id = record_program(db, "bench_ledger", now)
        record_audit(db, program_id, "benchmark", "program.opened", "bench_ledger", now)
        record_pools(db, program_id, dict.fromkeys([FUNDING, *names], UNIT))
        lines = [
            decided.line(program_id, POOL_OWNER, n, 0, FUNDING, name, UNIT, START_MINOR, now, now)
            for n, name in enumerate(names, 1)
        ]
        decided.record_lines(db, {"transfers": lines})
        changes = {(name, UNIT): START_MINOR for name in names}
        changes[FUNDING, UNIT] = -START_MINOR * BUDGETS
        settle_pools(db, program_id, changes, {}, {})
    with opened.connect("owner") as db:
        db.execute("set role none")
        db.execute(_part("tables"))
        db.execute(_part("accounts"), {"accounts": BUDGETS + MEMBERS})
        db.execute("grant select, insert, update on bare_accounts, bare_transfers to guerdon_worker")
        db.execute("vacuum analyze")
        db.execute("checkpoint")
    return program_id


@cache
def _part(name: str) -> LiteralString:
    """A named part of the baseline: a reviewed file of this folder, not input."""
    text = BASELINE.read_text(encoding="utf-8")
    part: LiteralString = text.partition(f"-- {name}\n")[2].partition("\n-- ")[0]
    return part


def _rate(
    settings: Settings, program_id: int, shape: tuple[int, int], seconds: float, *, hot: bool, bare: bool
) -> float:
    """Transfers per second of so many workers with batches of this size."""
    size, workers = shape
    tasks = [Task(settings, program_id, n, seconds, size, hot, bare) for n in range(workers)]
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers) as pool:
        return sum(pool.map(_work, tasks, chunksize=1))


def _work(task: Task) -> float:
    chance = Random(f"{task.number} {task.hot} {task.size}")  # noqa: S311  a seed, not a secret
    make: Callable[[Connection, Task, Random], None] = _post_bare if task.bare else _post
    with connect(task.settings.database_url, task.settings.secret, "worker") as db:
        for _ in range(3):
            make(db, task, chance)
        done, started = 0, time.monotonic()
        while (passed := time.monotonic() - started) < task.seconds:
            make(db, task, chance)
            done += task.size
        return done / passed


def _draw(task: Task, chance: Random) -> list[tuple[int, int, int, int]]:
    """Transfers to post: (id, number of the budget, number of the member, amount)."""
    return [
        (
            secrets.randbits(62),
            0 if task.hot else chance.randrange(BUDGETS),
            # Each worker has its members, as a lane has.
            chance.randrange(MEMBERS // SINGLE_WORKERS) * SINGLE_WORKERS + task.number,
            chance.randint(1, 100),
        )
        for _ in range(task.size)
    ]


def _post(db: Connection, task: Task, chance: Random) -> None:
    now = utc_now()
    at = now.isoformat()
    lines: list[str] = []
    purses: dict[tuple[int, str], decided.PurseChange] = {}
    pools: dict[tuple[str, str], int] = {}
    for number, budget, member, amount in _draw(task, chance):
        payer = budget_account("bench", f"{budget:04d}")
        lines.append(
            decided.line(task.program_id, member + 1, number, number, payer, PURSE, UNIT, amount, at, at)
        )
        purses.setdefault((member + 1, UNIT), decided.PurseChange()).posted += amount
        pools[payer, UNIT] = pools.get((payer, UNIT), 0) - amount
    with db.transaction():
        decided.record_lines(db, {"transfers": lines})
        decided.record_purses(db, task.program_id, purses, now)
        settle_pools(db, task.program_id, pools, {}, pools)


def _post_bare(db: Connection, task: Task, chance: Random) -> None:
    drawn = _draw(task, chance)
    if task.size == 1:
        ((number, budget, member, amount),) = drawn
        values = {"id": number, "from": budget + 1, "to": BUDGETS + member + 1, "amount": amount}
        _run(db, "single", values)
        return
    _run(
        db,
        "batch",
        {
            "ids": [d[0] for d in drawn],
            "froms": [d[1] + 1 for d in drawn],
            "tos": [BUDGETS + d[2] + 1 for d in drawn],
            "amounts": [d[3] for d in drawn],
        },
    )


def _run(tx: Transaction, part: str, values: Mapping[str, object]) -> None:
    with tx.transaction():
        tx.execute(_part(part), values, prepare=True)


def _check(opened: Installation, program_id: int) -> None:
    """What was measured was right: nothing overspent, and every balance is the fold of its transfers."""
    with opened.connect("owner") as db, db.transaction():
        db.execute("set role none")
        db.execute("select set_config('guerdon.program_id', %s, true)", (str(program_id),))
        found = {checked.key: checked for checked in run_controls(db, utc_now(), ledger.CONTROLS).breached}
        for key in ("ledger.pools", "ledger.members", "ledger.overspent", "ledger.bounded", "ledger.amounts"):
            assert key not in found, found[key]


if __name__ == "__main__":
    sys.exit(main())
