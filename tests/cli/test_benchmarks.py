"""Each benchmark runs, small: one that no longer fits the schema would be found the day it is needed."""

import json
import subprocess
import sys

import pytest

from guerdon.cli import REPOSITORY
from guerdon.cli.bench import FOLDER, list_benchmarks

SMALL = {
    "catalog": ("--items", "600", "--large", "1200", "--rounds", "2"),
    "codes": ("--codes", "500"),
    "conditions": (),
    "deliveries": ("--rewards", "2000", "--changes", "100", "--rounds", "3"),
    "hubspot": ("--events", "200"),
    "inapp": ("--streams", "40", "--rate", "20"),
    "latency": ("--rate", "20", "--seconds", "3", "--members", "500"),
    "ledger": ("--seconds", "0.2"),
    "live": ("--consoles", "40", "--events", "20", "--rate", "10"),
    "messages": ("--mails", "200", "--pushes", "100"),
    "pages": ("--members", "600", "--events", "5000", "--rounds", "2"),
    "process": ("--events", "2000", "--members", "1000"),
    "redeem": ("--members", "200", "--at-once", "4"),
    "replay": ("--events", "2000", "--members", "500"),
    "segments": ("--members", "2000"),
    "try": ("--trials", "20"),
    "why": ("--events", "2000"),
}


def test_every_benchmark_has_a_small_run() -> None:
    assert set(SMALL) == set(list_benchmarks(FOLDER))


@pytest.mark.full(minutes=1)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SMALL)
def test_a_benchmark_runs(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "guerdon", "bench", name, "--json", *SMALL[name]],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
