"""Trying declared mutants: in a process of their own, in a house of the property machine, or by a model.

Whatever way: what is asked must be green without the mutant, or its red says nothing.
"""

import io
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from functools import cached_property
from importlib import import_module
from threading import Lock

import psycopg
from tests.mutants.mutant import Mutant, planted
from tests.mutants.planting import CANNOT, SQL, TITLE
from tests.mutants.verdict import Verdict
from tests.web.intake.house import copied_database

from guerdon import embedded
from guerdon.config import REPOSITORY

RED, GREEN = 1, 0
# Of examples of the machine: enough to see that it is green, and at most so many until it is red.
SOUND_EXAMPLES, EXAMPLES_MAX = 15, 300
SEED = "20261122"
AT_ONCE = 2
PATIENCE_S = 900
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


class InProcesses:
    """Runs pytest, once with each mutant and once without any for each choice of tests."""

    def __init__(self) -> None:
        self._sound: dict[tuple[str, ...], Verdict | None] = {}
        self._locks: dict[tuple[str, ...], Lock] = {}

    def try_all(self, mutants: Sequence[Mutant]) -> Iterator[tuple[Mutant, Verdict]]:
        """Some at a time, told in order."""
        self._locks = {mutant.tests: Lock() for mutant in mutants}
        with ThreadPoolExecutor(AT_ONCE) as threads:
            yield from zip(mutants, threads.map(self._tried, mutants), strict=True)

    def _tried(self, mutant: Mutant) -> Verdict:
        with self._locks[mutant.tests]:
            if mutant.tests not in self._sound:
                code, output = _ran(mutant, {})
                red = Verdict("not run", f"red without it: {_first(output)}")
                self._sound[mutant.tests] = None if code == GREEN else red
        unsound = self._sound[mutant.tests]
        if unsound is not None:
            return unsound
        code, output = _ran(mutant, {SQL: mutant.sql, TITLE: mutant.title})
        if code == RED:
            return Verdict("caught", _first(output))
        if code == GREEN:
            return Verdict("survived", " ".join(mutant.tests))
        why = output.strip().splitlines()[-1:] or [f"exit code {code}"]
        return Verdict("not planted" if code == CANNOT else "not run", why[0])


def _ran(mutant: Mutant, plant: Mapping[str, str]) -> tuple[int, str]:
    plugin = ["-p", "tests.mutants.planting"] if plant else []
    full = ["--full", "1/1", "--evidence", tempfile.gettempdir()] if mutant.full else []
    command = [sys.executable, "-P", "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", *plugin, *full]
    environment = {**os.environ, **plant, **({"GUERDON_TEST_FULL": "1"} if mutant.full else {})}
    try:
        done = subprocess.run(
            [*command, *mutant.tests],
            cwd=REPOSITORY,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        return -1, f"not done after {PATIENCE_S} s"
    return done.returncode, done.stdout + (done.stderr if done.returncode not in {RED, GREEN} else "")


def _first(output: str) -> str:
    found = _FAILED.search(output)
    return found.group(1) if found else output.strip()[-200:]


class InTheMachine:
    """Runs the property machine in this process, each mutant in a database of its own."""

    def __init__(self, server: embedded.Server, template: str, secret: str) -> None:
        self._server, self._template, self._secret = server, template, secret
        os.environ.setdefault("GUERDON_SEED", SEED)

    def try_all(self, mutants: Sequence[Mutant]) -> Iterator[tuple[Mutant, Verdict]]:
        """One after the other: they change this process."""
        for mutant in mutants:
            yield mutant, self._tried(mutant)

    @cached_property
    def _unsound(self) -> Verdict | None:
        said = self._red("", SOUND_EXAMPLES)
        return Verdict("not run", f"the machine is red without it: {said}") if said else None

    def _tried(self, mutant: Mutant) -> Verdict:
        if self._unsound is not None:
            return self._unsound
        with planted(mutant):
            red = self._red(mutant.sql, EXAMPLES_MAX)
        return Verdict("caught", mutant.tests[0]) if red else Verdict("survived", mutant.tests[0])

    def _red(self, statement: str, examples: int) -> str:
        """What the machine says against this house; nothing, when it agrees."""
        from tests.wallet import test_machine  # noqa: PLC0415  slow to load, and few runs need it
        from tests.wallet.house import opened_house  # noqa: PLC0415

        with self._database(statement) as url, opened_house(url, self._secret) as house:
            try:
                with redirect_stdout(io.StringIO()):
                    test_machine.run_machine(house, examples, shrink=False)
            # Whatever it raises is its red.
            except (Exception, BaseExceptionGroup) as fault:  # noqa: BLE001
                return f"{type(fault).__name__}: {fault}"[:200]
        return ""

    @contextmanager
    def _database(self, statement: str) -> Iterator[str]:
        with copied_database(self._server, self._template) as url:
            if statement:
                with psycopg.connect(url, options="-c search_path=guerdon") as db:
                    db.execute(statement.encode())
            yield url


def try_models(mutants: Sequence[Mutant]) -> Iterator[tuple[Mutant, Verdict]]:
    """Each is a mistake that a model knows; its walk must end in a violation."""
    from tests.models.explorer import walk  # noqa: PLC0415  only where models are asked

    for mutant in mutants:
        name, _, bug = mutant.tests[0].partition("[")[2].removesuffix("]").partition("-")
        found = walk(import_module(f"tests.models.{name}").model(bug))
        yield mutant, Verdict("survived" if found.violation is None else "caught", mutant.tests[0])


def new_secret() -> str:
    """A secret of an installation that nobody keeps."""
    return secrets.token_hex(32)
