"""`./guerdon scenarios [FILE ...]`: plays scenarios on a PostgreSQL of their own that is gone afterwards.

Nothing of the installation is touched, whatever its settings say: a scenario writes, and only to what was
made for it.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from guerdon.cli import REPOSITORY
from guerdon.cli.check import render_problem
from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.connectors.cloudevents.sample import sample_delivery as called
from guerdon.connectors.hubspot.sample import sample_delivery as told_by_hubspot
from guerdon.engine.scenarios.read import Reader
from guerdon.engine.scenarios.run import opened_ground, run_scenario
from guerdon.engine.scenarios.scenario import Doors, Scenario
from guerdon.store.migrations import migrate
from guerdon.worker import MAPPERS

HELP = "Run scenarios: given, when, then. Without FILE, all of them; exit 1 if one is red or has mistakes."
FOLDERS = ("examples/*/scenarios", "tests/scenarios")
DOORS = Doors(MAPPERS, {"hubspot": told_by_hubspot}, called)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="scenarios, or folders of them")


def run(args: argparse.Namespace) -> int:
    """Read them all, then play them all; nothing is played while a page has a mistake."""
    everywhere = [folder for each in FOLDERS for folder in sorted(REPOSITORY.glob(each))]
    files = list_scenarios(args.files or everywhere)
    if not files:
        print("guerdon scenarios: there is no scenario there", file=sys.stderr)
        return 1
    reader = Reader(REPOSITORY)
    read = {file: reader.read(file) for file in files}
    scenarios = [found for found in read.values() if isinstance(found, Scenario)]
    for file, found in read.items():
        if isinstance(found, list):
            print("\n".join(render_problem(problem, _shown(file)) for problem in found))
    if len(scenarios) < len(files):
        print(f"{len(files) - len(scenarios)} of {len(files)} scenarios have mistakes; none was run")
        return 1
    try:
        with scratch_installation() as opened:
            return _play(opened, scenarios)
    except Refused as fault:
        return refusing("scenarios", fault)


def list_scenarios(paths: Sequence[Path]) -> list[Path]:
    """The files behind paths; a folder stands for all scenarios below it."""
    return [file for path in paths for file in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path])]


@contextmanager
def scratch_installation() -> Iterator[Installation]:
    """An installation of its own with an empty migrated database, removed at the end."""
    home = Path(tempfile.mkdtemp(prefix="gd-"))
    if os.geteuid() == 0:
        # The system user that runs PostgreSQL must get through to its own private folder.
        home.chmod(0o711)
    leftovers = [home]
    try:
        with installation({"GUERDON_HOME": str(home)}, migrated=False) as opened:
            if opened.server is not None:
                leftovers += [opened.server.place, opened.server.sockets]
            migrate(opened.settings.database_url, opened.settings.secret)
            yield opened
    finally:
        for folder in leftovers:
            shutil.rmtree(folder, ignore_errors=True)


def _play(opened: Installation, scenarios: Sequence[Scenario]) -> int:
    red = 0
    with opened_ground(opened.settings.database_url, opened.settings.secret, DOORS) as ground:
        for scenario in scenarios:
            differences = run_scenario(ground, scenario)
            print(render_result(scenario, differences), flush=True)
            red += bool(differences)
    print(f"{counted(len(scenarios), 'scenario')}, {red} red")
    return 1 if red else 0


def render_result(scenario: Scenario, differences: Sequence[str]) -> str:
    """Write one scenario's result: a line when green, and every difference when red."""
    if not differences:
        return f"ok   {scenario.it}"
    head = f"RED  {scenario.it}  ({_shown(scenario.file)})"
    return "\n".join([head, *(f"       {line}" for line in differences)])


def _shown(file: Path) -> Path:
    inside = file.resolve()
    return inside.relative_to(REPOSITORY) if inside.is_relative_to(REPOSITORY) else file
