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
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from functools import cached_property, partial
from importlib import import_module
from inspect import signature
from threading import Lock
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.mutants.mutant import Mutant, planted
from tests.mutants.planting import CANNOT, SQL, TITLE
from tests.mutants.verdict import Verdict
from tests.servers import copied_database

from guerdon import embedded
from guerdon.config import REPOSITORY

if TYPE_CHECKING:
    from tests.wallet.house import House

RED, GREEN = 1, 0
# Of examples of the machine: enough to see that it is green, and at most so many until it is red.
SOUND_EXAMPLES, EXAMPLES_MAX = 15, 300
SOUND_TEST = "tests/wallet/test_holding.py::test_a_hold_ends_once"
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
        if mutant.way == "own":
            code, output = _ran(mutant, {})
            return Verdict(
                "caught" if code == GREEN else "not run", mutant.tests[0] if code == GREEN else _first(output)
            )
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
    """Runs the property machine in this process, each mutant in a database of its own.

    Or, when it has to be quick, one test of a house, which the gate runs without any mutant.
    """

    def __init__(self, server: embedded.Server, template: str, secret: str, *, quick: bool) -> None:
        self._server, self._template, self._secret, self._quick = server, template, secret, quick

    def try_all(self, mutants: Sequence[Mutant]) -> Iterator[tuple[Mutant, Verdict]]:
        """One after the other: they change this process."""
        for mutant in mutants:
            # The seed is these runs' alone: whatever runs after them in this process draws its own.
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("WALLET_SEED", os.environ.get("WALLET_SEED", SEED))
                verdict = self._tried(mutant)
            yield mutant, verdict

    @cached_property
    def _unsound(self) -> Verdict | None:
        asked = _called(SOUND_TEST) if self._quick else partial(_run_machine, SOUND_EXAMPLES)
        said = self._red("", asked)
        return Verdict("not run", f"the machine is red without it: {said}") if said else None

    def _tried(self, mutant: Mutant) -> Verdict:
        if self._unsound is not None:
            return self._unsound
        test = mutant.quick if self._quick else mutant.tests[0]
        asked = _called(test) if self._quick else partial(_run_machine, EXAMPLES_MAX)
        with planted(mutant):
            red = self._red(mutant.sql, asked)
        return Verdict("caught" if red else "survived", test)

    def _red(self, statement: str, asked: "Callable[[House], None]") -> str:
        """What the test says against this house; nothing, when it is content."""
        from tests.wallet.house import opened_house  # noqa: PLC0415  few runs need it

        try:
            with self._database(statement) as url, opened_house(url, self._secret) as house:
                asked(house)
        # Whatever it raises is its red; what pytest raises is no Exception.
        except (Exception, BaseExceptionGroup, pytest.fail.Exception) as fault:  # noqa: BLE001
            return f"{type(fault).__name__}: {fault}"[:200]
        return ""

    @contextmanager
    def _database(self, statement: str) -> Iterator[str]:
        with copied_database(self._server, self._template) as url:
            if statement:
                with psycopg.connect(url, options="-c search_path=guerdon") as db:
                    db.execute(statement.encode())
            yield url


def _run_machine(examples: int, house: "House") -> None:
    from tests.wallet import test_machine  # noqa: PLC0415  slow to load, and few runs need it

    with redirect_stdout(io.StringIO()):
        test_machine.run_machine(house, examples, shrink=False)


def _called(test: str) -> "Callable[[House], None]":
    """A test by its name, to be called with a house, and with what its own file makes of that."""
    path, _, name = test.partition("::")
    module = import_module(path.removesuffix(".py").replace("/", "."))
    function = getattr(module, name)
    makers = {
        needed: getattr(module, needed)._get_wrapped_function()  # noqa: SLF001  pytest gives no other way
        for needed in signature(function).parameters
        if needed != "house"
    }

    def call(house: "House") -> None:
        function(house=house, **{needed: make(house) for needed, make in makers.items()})

    return call


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
