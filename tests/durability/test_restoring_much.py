"""T-17 in full: a backup of 425,000 members and five million entries comes back in minutes, whole."""

import runpy
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.durability.home import SECRET, made_home, server_clock
from tests.evidence import Figures
from tests.proof.paper import NOW, Paper

from guerdon.cli import main
from guerdon.cli.installation import Installation, installation
from guerdon.config import REPOSITORY
from guerdon.store.audit import record_batch

if TYPE_CHECKING:
    from collections.abc import Callable

# Three of ten rewards are redeemed: so many rewards make two and a half million transfers, two entries each.
EARNED = 2_500_000 * 10 // 13
BATCH = 2_000
MINUTES_MAX = 5.0
COUNTED = """
    select (select count(*) from members), (select count(*) from transfers),
           (select sum(amount) from transfers), (select count(*) from audit)
"""


def fill(opened: Installation) -> int:
    """What the benchmark of the ledger fills a program with; the program's id."""
    found: Callable[[Installation, int], int] = runpy.run_path(
        str(REPOSITORY / "benchmarks" / "ledger_large.py")
    )["_fill"]
    return found(opened, EARNED)


def stand_for_all(paper: Paper) -> None:
    """Write the audit rows that workers would have written beside those decisions."""
    with psycopg.connect(paper.url, options="-c search_path=guerdon") as db, db.cursor("decided") as events:
        events.itersize = 10 * BATCH
        events.execute("select id, decision::text from events order by id")
        while rows := events.fetchmany(BATCH):
            decisions = [(number, decision.encode()) for number, decision in rows]
            record_batch(db, paper.program_id, decisions, NOW)


@pytest.mark.full(minutes=10)
@pytest.mark.timeout(1800)
def test_five_million_entries_come_back_in_minutes(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, figures: Figures
) -> None:
    out = tmp_path_factory.mktemp("backup") / "out"
    with made_home() as home, made_home() as fresh:
        for name, value in home.environment.items():
            monkeypatch.setenv(name, value)
        with home.running() as server:
            assert main(["migrate"]) == 0
            with installation() as opened:
                paper = Paper(server.url(), SECRET, fill(opened))
            stand_for_all(paper)
            began = time.monotonic()
            assert main(["backup", str(out)]) == 0
            taken = time.monotonic() - began
            paper.tell("before the instant")
            paper.seal()
            time.sleep(0.02)
            at, wanted = server_clock(paper), paper.rows(COUNTED)
            time.sleep(0.02)
            paper.tell("after it")
            assert main(["backup", str(out)]) == 0
        monkeypatch.setenv("GUERDON_HOME", str(fresh.folder))
        began = time.monotonic()
        assert main(["restore", str(out), "--at", at.isoformat()]) == 0
        restored = time.monotonic() - began
        with fresh.running() as server:
            again = Paper(server.url(), SECRET, paper.program_id)
            assert again.rows(COUNTED) == wanted
            last = again.rows("select subject from audit order by id desc limit 1")
            assert last == [("before the instant",)]
    members, transfers = wanted[0][:2]
    figures.update(
        members=members, transfers=transfers, backup_s=round(taken), restored_and_checked_s=round(restored)
    )
    assert restored <= MINUTES_MAX * 60
