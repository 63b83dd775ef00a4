"""The pages there are, read; a page with a mistake fails the test that asks for it."""

from pathlib import Path

from guerdon.cli.scenarios import FOLDERS, list_scenarios
from guerdon.engine.scenarios.read import Reader
from guerdon.engine.scenarios.scenario import Scenario

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = [file.parent for file in sorted(REPOSITORY.glob("examples/*/program.yaml"))]
EV_MAKER = REPOSITORY / "examples" / "ev_maker"
FILES = list_scenarios([folder for each in FOLDERS for folder in sorted(REPOSITORY.glob(each))])
READER = Reader(REPOSITORY)


def page(file: Path) -> Scenario:
    found = READER.read(file)
    assert isinstance(found, Scenario), "\n".join(map(str, found))
    return found


def pages_of(example: Path) -> list[Scenario]:
    return [page(file) for file in FILES if file.is_relative_to(example)]


def shown(file: Path) -> str:
    return str(file.relative_to(REPOSITORY))
