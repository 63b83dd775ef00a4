"""The walk of docs/first_hour.md, from an empty folder to the first own reward: the commands and the clicks.

The installation is the one that `./guerdon up` starts, the browser a real one, and what is sent is curl's own
command as it stands on the page.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.servers import quick_folder
from tests.setup.conftest import PASSWORD

from guerdon.config import REPOSITORY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WALK = (REPOSITORY / "docs" / "first_hour.md").read_text(encoding="utf-8")
MEMBERS = "external_source,external_id,market,name,email\ncrm,1001,DE,Bo Real,bo@example.com\n"
SETUP = "/console/nordlys_ost/setup"
WAIT_S = 90


@dataclass
class Running:
    """What `up` started, and what it said."""

    home: Path
    environment: dict[str, str]
    said: str
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *words: str) -> str:
        """Run a command beside it, as in another terminal."""
        done = subprocess.run(
            [sys.executable, "-m", "guerdon", *words],
            env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Start an installation in an empty folder, and stop it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    home = Path(tempfile.mkdtemp(prefix="gd-", dir=quick_folder()))
    home.chmod(0o711)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GUERDON_") and k != "DATABASE_URL"}
    environment = kept | {
        "PYTHONPATH": str(REPOSITORY / "src"),
        "GUERDON_HOME": str(home),
        "GUERDON_PORT": str(port),
        "GUERDON_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    log = tmp_path / "said.txt"
    with log.open("w") as out:
        up = subprocess.Popen(
            [sys.executable, "-m", "guerdon", "up"],
            env=environment, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
        try:
            said = wait_until(lambda: log.read_text() if "staff add" in log.read_text() else "")
            yield Running(home, environment, said, port)
        finally:
            up.terminate()
            up.wait(timeout=60)
            shutil.rmtree(home)
    # Whatever the web process wrote of it, the link is not in it.
    token = re.search(r"/account/first/(\S+)", said)
    assert token is not None
    assert log.read_text().count(token[1]) == 1


def wait_until(found: "Callable[[], str]") -> str:
    """Wait for a text that is not empty."""
    until = time.monotonic() + WAIT_S
    while not (text := found()):
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.3)
    return text


def press(page: "Page", name: str) -> None:
    """Click a button or a link that the walk names."""
    assert f"**{name}**" in WALK, name
    page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first.click()


def done(page: "Page", address: str, step: str) -> None:
    """Load the set-up's page until a step is done."""

    def loaded() -> str:
        page.goto(address + SETUP)
        return "done" if page.locator(f"[data-step={step}][data-tone=ok]").count() else ""

    wait_until(loaded)


def curl(command: str) -> int:
    """Do what the command says, word by word as a shell reads it; the answer's status."""
    words = shlex.split(command)
    assert words[:2] == ["curl", "-i"]
    where = re.fullmatch(r"http://(127\.0\.0\.1):(\d+)(/v1/events)", words[2])
    assert where is not None, words[2]
    headers = dict(words[n + 1].split(": ", 1) for n, word in enumerate(words) if word == "-H")
    wire = HTTPConnection(where[1], int(where[2]), timeout=30)
    wire.request("POST", where[3], words[words.index("-d") + 1].encode(), headers)
    status = wire.getresponse().status
    wire.close()
    return status


def test_the_walk_ends_with_a_reward_of_ones_own(chromium: "Browser", running: Running) -> None:
    page = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    said: list[str] = []
    page.on("console", lambda told: said.append(told.text) if told.type in {"error", "warning"} else None)
    link = re.search(rf"{re.escape(running.address)}/account/first/\S+", running.said)
    assert link is not None, running.said
    begin(page, link[0])
    page.wait_for_url(f"**{SETUP}")
    press(page, "Send a test event")
    done(page, running.address, "rewarded")
    page.click("[data-step=rewarded] a")
    assert "25" in page.inner_text("#main")
    page.goto(running.address + SETUP)
    press(page, "Make a key")
    command = page.input_value("#command")
    assert curl(command) == 202
    assert curl(command.replace("Bearer gdn_", "Bearer gdn_0")) == 401
    (running.home / "members.csv").write_text(MEMBERS)
    assert all(line in WALK for line in MEMBERS.splitlines())
    assert "1 member enrolled" in running.command("import", "members", str(running.home / "members.csv"))
    own = re.sub(r"sample:\w+", "crm:1001", re.sub(r'"id": "[^"]+"', '"id": "mine-1"', command))
    assert curl(own) == 202
    done(page, running.address, "live")
    page.click("[data-step=live] a")
    assert "25" in page.inner_text("#main")
    samples_go(page, running)
    # Nobody begins a second time.
    assert said == []
    page.goto(link[0])
    assert "does not open" in page.inner_text("h1")


def begin(page: "Page", link: str) -> None:
    """Steps 2 and 3 of the walk."""
    page.goto(link)
    page.fill("#email", "ann@example.com")
    page.fill("#name", "Ann Example")
    page.fill("#password", PASSWORD)
    page.get_by_label("Sign in by password alone").check()
    press(page, "Begin")
    page.wait_for_url("**/setup")
    press(page, "Choose")
    page.fill("#brand", "Nordlys Øst")
    page.fill("#key", "nordlys_ost")
    page.get_by_label("Norway").check()
    press(page, "Show what it says")
    assert page.locator(".sentence").count() == 5
    page.get_by_text("Its text, as a program is written").first.click()
    assert "program: nordlys_ost" in page.input_value("textarea")
    press(page, "Publish it")


def samples_go(page: "Page", running: Running) -> None:
    """The last part of the walk: what samples have is taken back, and they are to be erased."""
    page.goto(running.address + SETUP)
    press(page, "Take back what samples have")

    def taken() -> str:
        page.goto(running.address + SETUP)
        button = page.get_by_role("button", name="Erase samples that have nothing left")
        return "taken" if button.count() else ""

    wait_until(taken)
    press(page, "Erase samples that have nothing left")
    assert "Is being erased" in page.inner_text("#main")
