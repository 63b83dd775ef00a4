"""Runs mutants, each in a process of its own, and says which test caught it: `./guerdon test mutants`."""

import argparse
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.conftest import SHARED
from tests.mutants.found import chosen, list_mutants
from tests.mutants.mutant import Mutant
from tests.mutants.planting import CANNOT, SQL, TITLE

from guerdon import embedded
from guerdon.config import REPOSITORY
from guerdon.store.migrations import migrate

RED, GREEN, NO_TEST = 1, 0, 5
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


def main(words: Sequence[str]) -> int:
    """Plant what is asked for; 1 when one survives or could not be planted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--list", action="store_true")
    given = parser.parse_args(words)
    with _server() as server:
        return _run(server, given)


def _run(server: embedded.Server, given: argparse.Namespace) -> int:
    mutants = chosen(_all(server), given.names, given.part)
    if given.list:
        say("\n".join(mutant.title for mutant in mutants))
        return 0
    if not mutants:
        say("no mutant is called so")
        return 2
    sound: dict[tuple[str, ...], bool] = {}
    caught = 0
    for mutant in mutants:
        if mutant.tests not in sound:
            sound[mutant.tests] = _ran(server, replace(mutant, only=""), {})[0] == GREEN
        # Where the file is red for another reason, its own tests are asked alone.
        green = sound[mutant.tests] or (bool(mutant.only) and _ran(server, mutant, {})[0] == GREEN)
        said = _judged(server, mutant) if green else "NOT RUN: its tests are red without it"
        caught += said.startswith("caught")
        say(f"{mutant.invariant:<8} {mutant.name:<70} {said}")
    say(f"{caught} of {len(mutants)} mutants were caught")
    return 0 if caught == len(mutants) else 1


def say(text: str) -> None:
    """Say something at once: a run takes long."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def _server() -> Iterator[embedded.Server]:
    """One server for all runs: laying one out takes longer than most of them."""
    with tempfile.TemporaryDirectory(prefix="gd-") as home:
        Path(home).chmod(0o711)
        server = embedded.start(Path(home))
        try:
            yield server
        finally:
            server.stop()


def _all(server: embedded.Server) -> list[Mutant]:
    url = server.url("catalog")
    migrate(url, secrets.token_hex(32))
    return list_mutants(url)


def _judged(server: embedded.Server, mutant: Mutant) -> str:
    planted = {SQL: mutant.sql, TITLE: mutant.title}
    code, output = _ran(server, mutant, planted)
    if code == RED:
        found = _FAILED.search(output)
        return f"caught by {found.group(1) if found else '?'}"
    if code in {GREEN, NO_TEST}:
        return "SURVIVED"
    return "NOT PLANTED" if code == CANNOT else f"NOT RUN: exit code {code}"


def _ran(server: embedded.Server, mutant: Mutant, planted: Mapping[str, str]) -> tuple[int, str]:
    plugin = ["-p", "tests.mutants.planting"] if planted else []
    full = ["--full", "1/1", "--evidence", tempfile.gettempdir()] if mutant.full else []
    command = [sys.executable, "-P", "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", *plugin, *full]
    only = ["-k", mutant.only] if mutant.only else []
    environment = {**os.environ, SHARED: str(server.home), **planted}
    if mutant.full:
        environment["GUERDON_TEST_FULL"] = "1"
    done = subprocess.run(
        [*command, *only, *mutant.tests],
        cwd=REPOSITORY,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
