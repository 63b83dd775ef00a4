"""`./guerdon test`: the gate. What it lets through may be merged; CI runs nothing else.

All checks run, also after one failed, so that one run shows everything; the tests come last, and what failed
before them is said once more above their summary. `test full` runs what a release needs beside it, and
`test mutants` shows that each promise is held by a test.
"""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from guerdon.cli import REPOSITORY
from guerdon.cli.test import full, mutants

HELP = "The gate: formatting, lint, types, import contracts, tests. More arguments go to pytest."
OTHERS = {"full": full.run, "mutants": mutants.run}
PASSES_ON = True
TYPED = ("src", "tests", "benchmarks", "examples", "requirements", "standins")
CHROMIUM = ("chromium", "chromium-browser")


@dataclass(frozen=True, slots=True)
class Tool:
    """A program of Debian's: under which names it is found, its package, and what is skipped without it."""

    names: tuple[str, ...]
    package: str
    tests: str


TOOLS = (
    Tool(CHROMIUM, "chromium", "browser tests"),
    Tool(("opendkim",), "opendkim", "tests of signatures of mails by OpenDKIM"),
)
# Daemons are not in everyone's path.
_SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: all that is given is for pytest."""
    parser.usage = (
        "guerdon test [pytest's arguments] | full --part I/N [pytest's arguments] | mutants [NAME ...]"
    )


def run(args: argparse.Namespace) -> int:
    """Run every check, then the tests; 0 only if all passed."""
    # A thousand processes start in a run of the gate: each would compile a thousand files for itself.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if args.rest and args.rest[0] in OTHERS:
        return OTHERS[args.rest[0]](args.rest[1:])
    failed = [name for name, command in list_checks(REPOSITORY).items() if not _passes(name, command)]
    if failed:
        print(f"failed before the tests: {', '.join(failed)}", flush=True)
    install_tools()
    _announce("tests")
    environment = {**os.environ, "GUERDON_GATE_FAILED": ", ".join(failed)}
    command = [sys.executable, "-P", "-m", "pytest", *(args.rest or spread_out())]
    tests = subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode
    return tests or int(bool(failed))


def list_checks(repository: Path) -> dict[str, list[str]]:
    """The checks that come before the tests, each with its command."""
    python = [sys.executable, "-P"]
    folders = [name for name in TYPED if (repository / name).is_dir()]
    lint_imports = "from importlinter.cli import lint_imports_command as check; check()"
    return {
        "formatting": [*python, "-m", "ruff", "format", "--check", "--quiet", "--output-format=concise", "."],
        "lint": [*python, "-m", "ruff", "check", "--quiet", "--output-format=concise", "."],
        "types": [*python, "-m", "mypy", "--no-error-summary", *folders],
        "import contracts": [*python, "-c", lint_imports, "--no-logo"],
    }


def spread_out() -> list[str]:
    """How the whole suite runs: three processes for two cores, each with a PostgreSQL of its own.

    A process waits for its server, its browser and its disk for about a third of its time.
    """
    cores = os.cpu_count() or 1
    return ["-n", str(cores + cores // 2), "--dist=loadgroup", "--no-loadscope-reorder"]


def install_tools() -> None:
    """Install Debian's tools that some tests ask, those that are missing, where we may."""
    missing = [tool for tool in TOOLS if not any(shutil.which(name, path=_SEARCHED) for name in tool.names)]
    if not missing:
        return
    _announce(" ".join(tool.package for tool in missing))
    skipped = ", ".join(tool.tests for tool in missing)
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        print(f"missing, and no right to install: {skipped} are skipped", flush=True)
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = [tool.package for tool in missing]
    for words in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run([apt, "-qq", *words], env=environment, check=False, stdout=subprocess.DEVNULL)
        if done.returncode != 0:
            print(f"apt-get {words[0]} failed: {skipped} are skipped", flush=True)
            return


def _passes(name: str, command: list[str]) -> bool:
    _announce(name)
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0


def _announce(name: str) -> None:
    print(f"== {name} ==", flush=True)
