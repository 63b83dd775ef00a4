"""Plants mutants and says which test caught each: `./guerdon test mutants`.

`--quick` is what the gate runs: those of the schema, and of the ledger each by one small test.
"""

import argparse
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.evidence import commit
from tests.mutants.catalog import SchemaMutant, filled, list_schema_mutants, try_in_place
from tests.mutants.found import chosen, list_declared
from tests.mutants.mutant import Mutant
from tests.mutants.trying import InProcesses, InTheMachine, new_secret, try_models
from tests.mutants.verdict import Line, Verdict, written
from tests.servers import temporary_server
from tests.store.rows import Tx

from guerdon.config import REPOSITORY
from guerdon.store.migrations import migrate
from guerdon.values.clock import utc_now

EVIDENCE = REPOSITORY / "docs" / "evidence"
AnyMutant = Mutant | SchemaMutant
TEMPLATE, CATALOG = "migrated", "catalog"


def main(words: Sequence[str]) -> int:
    """Plant what is asked for; 1 when one survives or could not be planted."""
    given = _arguments(words)
    with temporary_server() as server:
        secret = new_secret()
        for name in (CATALOG, TEMPLATE):
            migrate(server.url(name), secret)
        with filled(server.url(CATALOG)) as db:
            schema = list_schema_mutants(db)
            declared: list[Mutant] = [m for m in list_declared() if m.quick or not given.quick]
            every: list[AnyMutant] = [*declared, *schema]
            mutants = chosen(every, given.names, given.part)
            if given.list:
                say("\n".join(m.title for m in mutants))
                return 0
            lines: list[Line] = []
            say(f"{'':<6} {'mutant':<72} caught by")
            machine = InTheMachine(server, TEMPLATE, secret, quick=given.quick)
            for mutant, verdict in _tried(mutants, db, machine):
                lines.append(Line(mutant.invariant, mutant.name, getattr(mutant, "of", ""), verdict))
                if not given.quick or verdict.outcome != "caught":
                    tell(lines[-1])
    caught = sum(line.verdict.outcome == "caught" for line in lines)
    say(f"{caught} of {len(lines)} mutants were caught")
    if given.write:
        _write(EVIDENCE, lines)
    return 0 if lines and caught == len(lines) else 1


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args(words)


def _tried(
    mutants: Sequence[AnyMutant], db: Tx, machine: InTheMachine
) -> Iterator[tuple[AnyMutant, Verdict]]:
    schema = [m for m in mutants if isinstance(m, SchemaMutant)]
    declared = [m for m in mutants if isinstance(m, Mutant)]
    yield from try_in_place(db, schema)
    yield from machine.try_all([m for m in declared if m.way == "machine"])
    yield from try_models([m for m in declared if m.way == "model"])
    # Those that need long and much come last, alone.
    in_processes = InProcesses()
    yield from in_processes.try_all([m for m in declared if m.way in {"process", "own"} and not m.full])
    for mutant in declared:
        if mutant.way == "process" and mutant.full:
            yield from in_processes.try_all([mutant])


def tell(line: Line) -> None:
    """Say what became of one, at once: a run takes long."""
    say(f"{line.invariant:<6} {line.mutant:<72} {line.verdict}")


def say(text: str) -> None:
    """Say something now."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _write(folder: Path, lines: Sequence[Line]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    at = utc_now().isoformat(timespec="seconds")
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    ordered = sorted(lines, key=lambda line: (not line.of, line.invariant, line.of))
    (folder / "mutants.md").write_text(written(ordered, f"{at}, commit {commit()}, {machine}."))


if __name__ == "__main__":
    began = time.monotonic()
    code = main(sys.argv[1:])
    say(f"{time.monotonic() - began:.0f} s")
    sys.exit(code)
