"""`docs/scenarios.md` says what the code does: its page is played, and every kind of line stands in it."""

import re
from pathlib import Path

import pytest
from tests.scenarios.pages import REPOSITORY, page

from guerdon.engine.scenarios.expectations import COUNTED, KINDS, STANDINGS
from guerdon.engine.scenarios.run import Ground, run_scenario

REFERENCE = (REPOSITORY / "docs" / "scenarios.md").read_text(encoding="utf-8")


def test_the_page_of_the_reference_is_green(ground: Ground, tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", REFERENCE, re.DOTALL)
    file = tmp_path / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    assert run_scenario(ground, page(file)) == []


@pytest.mark.parametrize("kind", [*KINDS, *COUNTED, *STANDINGS])
def test_every_kind_of_line_is_in_the_reference(kind: str) -> None:
    rows = [line for line in REFERENCE.splitlines() if line.startswith("| `")]
    row = next(row for row in rows if f"`{kind}`" in row.split("|")[1])
    declared = {**KINDS, **STANDINGS}.get(kind)
    for fact in (*declared.required, *declared.optional) if declared else ():
        assert f"`{fact}`" in row
