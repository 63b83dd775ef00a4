"""Whatever happens to a program's text, reading it gives a program or problems, and never raises."""

from collections.abc import Mapping, Sequence

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.program.programs import RICH, SMALL

from guerdon.program.load import bundle, read_program
from guerdon.program.model import Program

accidents = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = [
    "DE",
    "no",
    "25.00 EUR",
    "visit.completed",
    "value",
    "true",
    "",
    "~",
    "<<",
    "=",
    "2",
    "-1",
    "{",
    "email",
]
leaves = st.one_of(st.sampled_from(WORDS), st.text(max_size=12), st.integers(), st.booleans(), st.none())
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def outcome(text: str) -> None:
    read = read_program(text)
    if isinstance(read, Program):
        assert read_program(bundle(read)) == read
    else:
        assert read
        for problem in read:
            assert problem.what
            # YAML ends a line at a carriage return too.
            assert problem.line is None or 1 <= problem.line <= text.count("\n") + text.count("\r") + 2


def paths(tree: object, at: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    found = [at]
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            found += paths(value, (*at, key))
    elif isinstance(tree, Sequence) and not isinstance(tree, str):
        for number, value in enumerate(tree):
            found += paths(value, (*at, number))
    return found


def put(tree: object, at: tuple[object, ...], new: object) -> object:
    """Give the tree with `new` in one place."""
    if not at:
        return new
    if isinstance(tree, Mapping):
        return {key: put(value, at[1:], new) if key == at[0] else value for key, value in tree.items()}
    assert isinstance(tree, list)
    return [put(value, at[1:], new) if number == at[0] else value for number, value in enumerate(tree)]


TREE = yaml.load(SMALL, Loader=yaml.BaseLoader)  # noqa: S506 - the loader that builds nothing but texts
PATHS = paths(TREE)
RICH_TREE = yaml.load(RICH, Loader=yaml.BaseLoader)  # noqa: S506 - as above
RICH_PATHS = paths(RICH_TREE)


@accidents
@given(st.sampled_from(PATHS), trees)
def test_any_place_may_hold_anything(at: tuple[object, ...], new: object) -> None:
    outcome(yaml.safe_dump(put(TREE, at, new), allow_unicode=True, sort_keys=False))


@accidents
@given(st.sampled_from(RICH_PATHS), trees)
def test_any_place_of_a_rich_program_may_hold_anything(at: tuple[object, ...], new: object) -> None:
    outcome(yaml.safe_dump(put(RICH_TREE, at, new), allow_unicode=True, sort_keys=False))


@accidents
@given(st.sampled_from(RICH_PATHS), st.sampled_from(RICH_PATHS))
def test_any_place_may_hold_what_stands_in_another(at: tuple[object, ...], other: tuple[object, ...]) -> None:
    found: object = RICH_TREE
    for key in other:
        found = found[key]  # type: ignore[index]
    outcome(yaml.safe_dump(put(RICH_TREE, at, found), allow_unicode=True, sort_keys=False))


@accidents
@given(st.integers(0, len(SMALL)), st.integers(0, 40), st.text(max_size=10))
def test_any_part_may_be_overwritten(start: int, length: int, new: str) -> None:
    outcome(SMALL[:start] + new + SMALL[start + length :])


@accidents
@given(st.text(max_size=200) | st.text(alphabet="[]{}:,-&*!|>'\"%@`#? \n\tab1", max_size=80))
def test_any_text_may_come(text: str) -> None:
    outcome(text)


@accidents
@given(st.text(min_size=1, max_size=60))
def test_any_name_survives_being_stored(name: str) -> None:
    outcome(SMALL.replace("name: Corner Garage", f"name: {yaml.safe_dump(name, allow_unicode=True).strip()}"))
