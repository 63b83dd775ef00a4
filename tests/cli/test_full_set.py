"""`./guerdon test full`: the same parts in every run, senseless words refused, and a report of what ran."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.evidence import FullSet, parted, scaled, written

from guerdon.cli import main
from guerdon.cli.test import full
from guerdon.config import REPOSITORY


@pytest.fixture
def items(request: pytest.FixtureRequest) -> list[pytest.Item]:
    """Give tests with costs of one to nine minutes."""
    made: list[pytest.Item] = []
    for minutes in (1, 9, 3, 3, 7, 2, 5):
        item = pytest.Function.from_parent(
            request.node.parent, name=f"{minutes} {len(made)}", callobj=lambda: None
        )
        item.add_marker(pytest.mark.full(minutes=minutes))
        made.append(item)
    return made


def test_parts_are_the_same_whatever_the_order_and_hold_each_test_once(items: list[pytest.Item]) -> None:
    parts = parted(items, 3)
    assert [sorted(item.name for item in part) for part in parts] == [
        sorted(item.name for item in part) for part in parted(items[::-1], 3)
    ]
    assert sorted(item.name for part in parts for item in part) == sorted(item.name for item in items)
    loads = [sum(int(item.name[0]) for item in part) for part in parts]
    assert max(loads) - min(loads) <= 2


@pytest.mark.parametrize("part", ["0/4", "5/4", "x", "1", "1/0", ""])
def test_a_part_that_is_none_is_refused(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["test", "full", "--part", part])
    assert refused.value.code == 2
    assert "is no part" in capsys.readouterr().err


def test_the_gate_runs_fewer_examples() -> None:
    assert scaled(200, 1_000) == 200
    assert full.PARTS == 4


def test_a_report_tells_what_was_not_run(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    watch = FullSet((2, 4), tmp_path, pytestconfig)
    watch.tests = {
        "tests/a.py::test_b": {"outcome": "passed", "seconds": 1.5, "figures": {"kills": 20}},
        "tests/a.py::test_c": {"outcome": "not run", "seconds": 0.0, "figures": {}},
    }
    page = written(watch.report())
    assert "# Full set, part 2/4" in page
    assert "1 passed, 0 failed, 1 not run" in page
    assert "| `tests/a.py::test_b` | passed | 1.5 | kills 20 |" in page


def test_rounds_that_passed_are_one_row_and_one_that_did_not_has_its_own(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    watch = FullSet((1, 1), tmp_path, pytestconfig)
    watch.tests = {
        f"tests/a.py::test_b[{n}]": {"outcome": "passed", "seconds": 1.5, "figures": {"of": 32, "won": n}}
        for n in range(3)
    }
    watch.tests["tests/a.py::test_b[3]"] = {"outcome": "failed", "seconds": 2.0, "figures": {}}
    page = written(watch.report())
    assert "3 passed, 1 failed, 0 not run" in page
    assert "| `tests/a.py::test_b` | passed | 4.5 | rounds 3, of 32, won 0 to 2 |" in page
    assert "| `tests/a.py::test_b[3]` | failed | 2.0 |  |" in page


def run_part(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "guerdon", "test", "full", *words]
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src")])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )


def test_the_command_collects_its_part_and_reports_nothing_of_it(tmp_path: Path) -> None:
    done = run_part("--part", "1/4", "--collect-only", f"--evidence={tmp_path}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tests/wallet/test_machine.py::" in done.stdout
    assert list(tmp_path.iterdir()) == []


SMALL = """
import pytest

@pytest.mark.full(minutes=1)
def test_long(figures):
    figures["kills"] = 20

@pytest.mark.full(minutes=1)
def test_wrong():
    assert 1 == 2

@pytest.mark.full(minutes=1)
def test_impossible():
    pytest.skip("no tmpfs here")

def test_of_the_gate():
    pass
"""


def test_the_command_runs_its_part_and_reports_each_test(tmp_path: Path) -> None:
    (tmp_path / "test_small.py").write_text(SMALL)
    words = ("-p", "tests.conftest", f"--evidence={tmp_path / 'reports'}", str(tmp_path / "test_small.py"))
    done = run_part("--part", "1/1", *words)
    assert done.returncode == 1, done.stdout + done.stderr
    page = (tmp_path / "reports" / "full-1-of-1.md").read_text()
    assert "1 passed, 1 failed, 1 not run" in page
    assert "kills 20" in page
    assert "gate" not in page
    done = run_part("--part", "1/1", "-k", "long or impossible", *words)
    assert done.returncode == 1, done.stdout + done.stderr
