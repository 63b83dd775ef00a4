"""The README's commands do what it says: each is taken from the page and run, in a clone's own way."""

import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
# The gate is running this very test, and a benchmark without a name lists what there is.
GATE = "./guerdon test"
DEMO = "./guerdon demo"
START_S_MAX = 240


def _commands() -> list[str]:
    blocks = re.findall(
        r"^```sh\n(.*?)^```", (TOP / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_shows_the_two_commands() -> None:
    assert {DEMO, GATE} <= set(_commands())


@pytest.mark.parametrize("command", [c for c in _commands() if c not in (GATE, DEMO)])
def test_runs_and_ends_well(command: str) -> None:
    ran = subprocess.run(
        shlex.split(command), cwd=TOP, capture_output=True, text=True, timeout=280, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.strip()


def test_demo_prints_its_addresses_rewards_people_and_stops_cleanly(tmp_path: Path) -> None:
    environment = {**os.environ, "GUERDON_DEMO_HOME": str(tmp_path / "demo")}
    (tmp_path / "demo").mkdir()
    tmp_path.chmod(0o711)
    for start in (1, 2):
        out = (tmp_path / f"start-{start}.txt").open("w+")
        demo = subprocess.Popen(
            [TOP / "guerdon", "demo", "--port", "8910", "--customers", "150"],
            cwd=TOP, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            said = _wait_for(out.name, "Ctrl-C stops everything")
            assert "/console/nordlys_circle/" in said
            assert re.search(r"http://127\.0\.0\.1:8910/r/[0-9A-Z]+", said), said
        finally:
            os.killpg(demo.pid, signal.SIGINT)
            assert demo.wait(timeout=60) == 0, Path(out.name).read_text(encoding="utf-8")
            out.close()


def _wait_for(path: str, text: str) -> str:
    until = time.monotonic() + START_S_MAX
    while time.monotonic() < until:
        said = Path(path).read_text(encoding="utf-8")
        if text in said:
            return said
        time.sleep(0.2)
    raise AssertionError(f"{text!r} did not come:\n{Path(path).read_text(encoding='utf-8')}")
