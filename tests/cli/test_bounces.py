"""`./guerdon bounces`, and its place in `up`: it listens where the setting says, and ends when told to."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from guerdon.cli import main
from guerdon.cli.installation import Installation, installation
from guerdon.cli.processes import Processes
from guerdon.cli.up import start_parts
from guerdon.config import REPOSITORY

PROGRAM = REPOSITORY / "examples" / "ev_maker" / "program.yaml"
START_S = 60


@pytest.fixture
def given(database: str, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation with a published program, in the environment."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("GUERDON_SECRET", secret)
    monkeypatch.setenv("GUERDON_HOME", str(tmp_path))
    monkeypatch.setenv("GUERDON_MAIL_FROM", "rewards@brand.example")
    monkeypatch.setenv("HUBSPOT_CLIENT_SECRET", "only-for-tests-only-for-tests-only")
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY / "src"))
    assert main(["publish", str(PROGRAM)]) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def connected(port: int) -> smtplib.SMTP:
    until = time.monotonic() + START_S
    while True:
        try:
            return smtplib.SMTP("127.0.0.1", port, "mx.example", 10)
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)


@pytest.mark.usefixtures("given")
def test_it_takes_what_is_for_it_until_it_is_told_to_stop() -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "guerdon", "bounces"],
        env={**os.environ, "GUERDON_BOUNCES": f"127.0.0.1:{port}"},
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            with connected(port) as smtp:
                smtp.ehlo()
                smtp.mail("somebody@example.com")
                assert smtp.rcpt("complaints@brand.example")[0] == 250
                assert smtp.rcpt("complaints@other.example")[0] == 550
                assert smtp.rcpt(f"bounces+{'0' * 50}@brand.example")[0] == 550
                smtp.rset()
                assert smtp.sendmail("", ["complaints@brand.example"], b"Subject: x\r\n\r\nx") == {}
            started.send_signal(signal.SIGTERM)
            _, said = started.communicate(timeout=START_S)
        finally:
            started.kill()
    assert started.returncode == 0
    # What was let go is counted, and nobody is named.
    assert "no_complaint: 1 so far" in said
    assert "somebody@example.com" not in said


@pytest.mark.usefixtures("given")
def test_it_says_why_it_does_not_begin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bounces"]) == 1
    assert "set GUERDON_BOUNCES" in capsys.readouterr().err
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("GUERDON_BOUNCES", f"127.0.0.1:{other.getsockname()[1]}")
        before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
        try:
            assert main(["bounces"]) == 1
        finally:
            for number, kept in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
                signal.signal(number, kept)
    assert "it cannot listen at GUERDON_BOUNCES" in capsys.readouterr().err


class Parts(Processes):
    """Parts that are written down and not started."""

    def start(self, name: str, arguments: object, **_: str) -> "subprocess.Popen[bytes]":
        del arguments
        self.environment = {**self.environment, name: "started"}
        return None  # type: ignore[return-value]

    def wait_until_answers(self, url: str, within_s: float) -> bool:
        return bool(url and within_s)


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("where", [None, ("127.0.0.1", 25)])
def test_up_runs_it_where_it_is_wanted(where: tuple[str, int] | None) -> None:
    with installation() as opened:
        parts = Parts({})
        start_parts(parts, Installation(replace(opened.settings, bounces=where), None), 1)
    assert list(parts.environment) == ["web", "worker 1"] + ["bounces"] * (where is not None)
