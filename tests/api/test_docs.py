"""The page on the API says what happens: every example is run, and answers as it says."""

import json
import os
import re
import subprocess
from pathlib import Path

from tests.api.house import ApiHouse
from tests.api.walk import served

from guerdon.store.access.api_keys import KEY_SCOPES
from guerdon.values.ids import show
from guerdon.web.routes import ROUTES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
EXAMPLE = re.compile(r"```sh\n(.*?)```\n(?:```json\n(.*?)```)?", re.DOTALL)


def shape(said: object) -> object:
    """Which fields there are, whatever they say."""
    if isinstance(said, dict):
        return {name: shape(value) for name, value in said.items()}
    if isinstance(said, list):
        return [shape(said[0])] if said else []
    return None


def test_every_example_answers_as_the_page_says(house: ApiHouse) -> None:
    from guerdon.web.asgi import Front  # noqa: PLC0415  it wants the room

    house.earn()
    examples = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(examples) > 6
    with served(Front(house.room)) as address:
        known = {"GUERDON": address, "KEY": house.key, "MEMBER": house.member(), "NO_PROXY": "*"}
        ((reward,),) = house.inner.rows("select id from rewards")
        known["REWARD"] = show("rwd", reward)
        ((event,),) = house.inner.rows("select id from events")
        known["EVENT"] = show("evt", event)
        for command, answer in examples:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", command],
                env={**os.environ, **known},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            told = json.loads(done.stdout)
            if answer:
                assert shape(told) == shape(json.loads(answer)), command
    assert house.purse() == (550, 0, 0, 0)


def test_the_page_names_every_scope_and_every_problem() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [scope for scope in KEY_SCOPES if f"`{scope}`" not in text] == []
    source = (PAGE.parents[1] / "src" / "guerdon" / "web" / "api" / "problems.py").read_text(encoding="utf-8")
    titles = source.partition("TITLES = {")[2].partition("}")[0]
    kinds = set(re.findall(r'^    "([a-z-]+)":', titles, re.MULTILINE)) - {"method"}
    assert [kind for kind in kinds if f"`{kind}`" not in text] == []
    assert {row.scope for row in ROUTES.values() if row.scope} <= set(KEY_SCOPES)
