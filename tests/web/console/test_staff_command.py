"""`./guerdon staff`: who may sign in is decided on the machine, and no password is ever on a command line."""

import os
import subprocess
import sys
from pathlib import Path

from tests.web.console.conftest import EMAIL, Console

SRC = Path(__file__).resolve().parents[3] / "src"


def staff_command(console: Console, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "DATABASE_URL": console.settings.database_url,
        "GUERDON_SECRET": console.settings.secret,
        "GUERDON_HOME": str(console.settings.home),
        "PYTHONPATH": str(SRC),
        "PATH": os.environ["PATH"],
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-m", "guerdon", "staff", *words],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_password_is_made_and_shown_once(console: Console) -> None:
    ran = staff_command(console, "add", "new@example.com", "--name", "New Colleague")
    assert ran.returncode == 0, ran.stderr
    password = ran.stdout.strip().rpartition(" ")[2]
    assert console.sign_in("new@example.com", password) == 302


def test_a_password_comes_from_the_environment_and_is_not_shown(console: Console) -> None:
    words = ("add", "new@example.com", "--name", "New Colleague", "--password-from-env", "THEIRS")
    ran = staff_command(console, *words, THEIRS="a password of theirs")
    assert ran.returncode == 0, ran.stderr
    assert "theirs" not in ran.stdout
    assert console.sign_in("new@example.com", "a password of theirs") == 302
    assert staff_command(console, *words, THEIRS="short").returncode == 1
    assert staff_command(console, *words).returncode == 1


def test_who_is_removed_may_not_sign_in(console: Console) -> None:
    assert staff_command(console, "remove", EMAIL).returncode == 0
    assert console.sign_in() == 403
    assert "may not sign in" in staff_command(console, "list").stdout
    assert staff_command(console, "remove", "nobody@example.com").returncode == 1
