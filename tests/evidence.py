"""The full set: which tests belong to it, how they are parted, and the report that a part leaves behind.

A test says what it costs, `@pytest.mark.full(minutes=3)`; with `gate=True` it also runs in the gate, with
fewer examples (`scaled`). Figures that a test finds go into the report by the fixture `figures`.
"""

import json
import os
import platform
import re
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from guerdon.config import REPOSITORY
from guerdon.values.clock import utc_now

FULL = os.environ.get("GUERDON_TEST_FULL") == "1"
MINUTES_MAX = 30
ROUND = re.compile(r"\[\d+\]$")
Figures = dict[str, object]
FIGURES = pytest.StashKey[Figures]()


def scaled(gate: int, full: int) -> int:
    """How many examples: fewer in the gate than in the full set."""
    return full if FULL else gate


def chosen(items: Sequence[pytest.Item], part: tuple[int, int] | None) -> list[pytest.Item]:
    """The tests of the gate, or of one part of the full set."""
    if part is None:
        return [item for item in items if (mark := mark_of(item)) is None or mark.kwargs.get("gate", False)]
    number, parts = part
    return parted([item for item in items if mark_of(item) is not None], parts)[number - 1]


def parted(items: Sequence[pytest.Item], parts: int) -> list[list[pytest.Item]]:
    """The longest first, each to the part that has least to do: the same parts in every run."""
    made: list[list[pytest.Item]] = [[] for _ in range(parts)]
    loads = [0.0] * parts
    for item in sorted(items, key=lambda item: (-minutes_of(item), item.nodeid)):
        least = loads.index(min(loads))
        made[least].append(item)
        loads[least] += minutes_of(item)
    return made


def mark_of(item: pytest.Item) -> pytest.Mark | None:
    return item.get_closest_marker("full")


def minutes_of(item: pytest.Item) -> float:
    """What a test says it takes; all examples of one test share its minutes."""
    mark = mark_of(item)
    assert mark is not None
    return float(mark.kwargs["minutes"])


# eq=False, because pytest keeps its plugins in sets.
@dataclass(eq=False)
class FullSet:
    """Watches a part of the full set and writes what became of it."""

    part: tuple[int, int]
    folder: Path
    config: pytest.Config
    began: float = field(default_factory=time.monotonic)
    tests: dict[str, dict[str, object]] = field(default_factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note how a test ended, and its figures."""
        report = yield
        if call.when == "call" or report.outcome != "passed":
            told = "not run" if report.skipped else report.outcome
            self.tests[item.nodeid] = {
                "outcome": told,
                "seconds": round(call.duration, 1),
                **({"why": str(report.longrepr)[-1_000:]} if told != "passed" else {}),
                "figures": item.stash.get(FIGURES, {}),
            }
        return report

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report; a test that was not run closes the way to a release."""
        if self.config.option.collectonly:
            return
        told = {test["outcome"] for test in self.tests.values()}
        if "not run" in told and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self.folder.mkdir(parents=True, exist_ok=True)
        name = "full-{}-of-{}".format(*self.part)
        report = self.report()
        (self.folder / f"{name}.json").write_text(json.dumps(report, indent=1, default=str) + "\n")
        (self.folder / f"{name}.md").write_text(written(report))

    def report(self) -> dict[str, object]:
        """Everything that is known of this part."""
        return {
            "part": "{}/{}".format(*self.part),
            "at": utc_now().isoformat(timespec="seconds"),
            "commit": commit(),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python"
            f" {platform.python_version()}",
            "seed": self.config.getoption("randomly_seed", None),
            "minutes": round((time.monotonic() - self.began) / 60, 1),
            "tests": dict(sorted(self.tests.items())),
        }


def commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def written(report: dict[str, object]) -> str:
    """The report as a page."""
    tests = report["tests"]
    assert isinstance(tests, dict)
    counts = {
        told: sum(t["outcome"] == told for t in tests.values()) for told in ("passed", "failed", "not run")
    }
    lines = [
        f"# Full set, part {report['part']}",
        "",
        ", ".join(f"{count} {told}" for told, count in counts.items()) + f", in {report['minutes']} minutes.",
        "",
        f"{report['at']}, commit {report['commit']}, seed {report['seed']}, {report['machine']}.",
        "",
        "| test | outcome | s | figures |",
        "|---|---|---|---|",
    ]
    for name, test in folded(tests):
        figures = ", ".join(f"{what} {value}" for what, value in test["figures"].items())
        lines.append(f"| `{name}` | {test['outcome']} | {test['seconds']} | {figures} |")
    return "\n".join(lines) + "\n"


def folded(tests: Mapping[str, dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Rounds that passed of one test as one row, its figures from least to most; others as they are."""
    rounds: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for name, test in tests.items():
        kind = ROUND.sub("", name) if test["outcome"] == "passed" else name
        rounds.setdefault(kind, []).append((name, test))
    rows = []
    for kind, some in rounds.items():
        if len(some) == 1:
            rows += some
            continue
        each = [test["figures"] for _, test in some]
        figures = {what: _span([f[what] for f in each if what in f]) for what in each[0]}
        seconds = round(sum(test["seconds"] for _, test in some), 1)
        told = {"outcome": "passed", "seconds": seconds, "figures": {"rounds": len(some), **figures}}
        rows.append((kind, told))
    return rows


def _span(values: Sequence[Any]) -> object:
    if not all(isinstance(value, int | float) for value in values):
        return values[0]
    least, most = min(values), max(values)
    return least if least == most else f"{least} to {most}"
