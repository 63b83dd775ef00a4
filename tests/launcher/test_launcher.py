"""./guerdon before Python code of ours runs: which Python it takes, and what it says when there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "dirname", "readlink")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of programs that holds only what the launcher needs, and no Python yet."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    folder.mkdir()
    shutil.copy(REPOSITORY / "guerdon", folder)
    shutil.copytree(REPOSITORY / "requirements", folder / "requirements")
    return folder


def run(
    launcher: Path, programs: Path, *words: str, cwd: Path = Path("/")
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(programs), "HOME": ""}
    return subprocess.run(
        [str(launcher), *words], cwd=cwd, env=environment, check=False, capture_output=True, text=True
    )


def pretend_python(folder: Path, name: str, version: str) -> None:
    """Lay a program that answers the question for its version, and tells when it is taken."""
    script = folder / name
    script.write_text(f'#!/bin/sh\ncase "$1" in -c) echo {version} ;; *) echo taken: {name} "$@" ;; esac\n')
    script.chmod(0o755)


def test_without_any_python_it_says_what_is_needed(clone: Path, programs: Path) -> None:
    done = run(clone / "guerdon", programs, "--help")
    assert done.returncode == 1
    assert "needs Python 3.11 or newer; found: none" in done.stderr


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.10"])
def test_an_old_python_is_named_and_not_taken(clone: Path, programs: Path, version: str) -> None:
    pretend_python(programs, "python3", version)
    done = run(clone / "guerdon", programs, "--help")
    assert done.returncode == 1
    assert f"python3 ({version})" in done.stderr
    assert "taken" not in done.stdout


def test_a_newer_python_beside_an_old_one_is_taken(clone: Path, programs: Path) -> None:
    pretend_python(programs, "python3", "3.9")
    pretend_python(programs, "python3.12", "3.12")
    done = run(clone / "guerdon", programs, "demo", "--check")
    assert done.stdout.split() == [
        "taken:",
        "python3.12",
        "-P",
        f"{clone}/requirements/install.py",
        "demo",
        "--check",
    ]


def test_it_finds_its_folder_through_a_link(clone: Path, programs: Path, tmp_path: Path) -> None:
    pretend_python(programs, "python3", "3.13")
    (tmp_path / "first").symlink_to("clone/guerdon")
    (tmp_path / "second").symlink_to(tmp_path / "first")
    assert f"{clone}/requirements/install.py" in run(tmp_path / "second", programs, "up").stdout


def test_a_wrong_hash_installs_nothing_and_is_said(clone: Path, programs: Path, tmp_path: Path) -> None:
    (programs / "python3").symlink_to(os.path.realpath(sys.executable))
    package = tmp_path / "segno-1.6.6-py3-none-any.whl"
    package.write_bytes(b"not what was locked")
    lock = f"segno @ {package.as_uri()} \\\n    --hash=sha256:{'0' * 64}\n"
    (clone / "requirements" / "run.txt").write_text(lock)
    done = run(clone / "guerdon", programs, "--help")
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert "nothing was started" in done.stderr
    assert not (clone / ".venv" / "guerdon-installed.json").exists()


def test_in_the_clone_it_runs_from_any_folder_with_a_bare_environment(tmp_path: Path) -> None:
    if Path(sys.prefix) != REPOSITORY / ".venv":
        pytest.skip("these tests do not run in the clone's own environment")
    # A folder of the package's name, and modules of names we import, where somebody happens to stand.
    (tmp_path / "guerdon").mkdir()
    (tmp_path / "argparse.py").write_text("raise SystemExit('the wrong one')")
    environment = {"PATH": os.environ["PATH"], "HOME": ""}
    command = [str(REPOSITORY / "guerdon"), "--version"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "guerdon 0.1.0\n")
