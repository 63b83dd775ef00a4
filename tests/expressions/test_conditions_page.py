"""The page about conditions: what it lists is what there is."""

import re
from pathlib import Path

from guerdon.expressions import Condition, Declarations, Derived, Type, compile_condition
from guerdon.expressions.calls import FOREIGN, OPERATORS, TAKEN
from guerdon.expressions.check_names import DEPTH_MAX, INLINED_DEEP_MAX, PARTS_MAX
from guerdon.expressions.syntax import DEPTH_MAX as LEVELS_MAX
from guerdon.expressions.syntax import NODES_MAX
from guerdon.expressions.three_valued import JOINED_LENGTH_MAX
from guerdon.expressions.tokens import TEXT_BYTES_MAX
from guerdon.expressions.windows import DAYS_MAX, MONTHS_MAX

PAGE = (Path(__file__).parents[2] / "docs" / "conditions.md").read_text(encoding="utf-8")
FIELDS = Declarations(
    {
        "event": {"deposit": Type.INT, "order_type": Type.STRING, "happened_at": Type.TIMESTAMP},
        "member": {"employee": Type.BOOL, "market": Type.STRING},
    },
    events={"booking.confirmed": {"deposit": Type.INT}},
    holdings={"vehicle": {"class": Type.STRING, "bought_on": Type.TIMESTAMP}},
    derived={"level": Derived("1", Type.INT)},
    segments={"loyal": "true"},
)


def part(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def code_in_first_cells(text: str) -> set[str]:
    """What stands between backticks on the left of each row."""
    rows = [re.split(r"(?<!\\)\|", line)[1] for line in text.splitlines() if line.startswith("| `")]
    return {each.replace("\\|", "|") for row in rows for each in re.findall(r"`([^`]+)`", row)}


def test_every_operator_and_function_of_cel_that_is_taken_stands_in_its_table() -> None:
    functions = {shape.example for shape in TAKEN.values() if not shape.ours}
    assert code_in_first_cells(part("What is taken of CEL")) == {*OPERATORS, *functions, "// remark"}


def test_every_function_of_our_own_stands_in_its_table() -> None:
    functions = {shape.example for shape in TAKEN.values() if shape.ours}
    assert code_in_first_cells(part("What was added")) == {*functions, "member.level"}


def test_every_example_of_the_tables_is_taken() -> None:
    """Each is of its type, over a field that fits."""
    fields = {
        kind: Declarations(
            {"event": {"x": kind, "happened_at": Type.TIMESTAMP}, "member": {}},
            events=FIELDS.events,
            holdings=FIELDS.holdings,
            segments=FIELDS.segments,
        )
        for kind in (Type.STRING, Type.INT, Type.TIMESTAMP)
    }
    for name, shape in TAKEN.items():
        text = shape.example if shape.type is Type.BOOL else f"{shape.example} == {shape.example}"
        found = [compile_condition(text, declared) for declared in fields.values()]
        assert any(isinstance(each, Condition) for each in found), (name, found)


def test_what_is_refused_by_name_is_said_not_to_be_taken() -> None:
    conversions = {"int", "uint", "double", "string", "bytes", "bool", "dyn", "type"}
    listed = PAGE.split("Not taken: ")[1].split("\n\n")[0]
    assert [name for name in FOREIGN if name not in conversions and f"`{name}`" not in listed] == [
        "existsOne"
    ]
    assert "conversions" in listed


def test_every_type_stands_in_its_table() -> None:
    rows = [line.split("|")[1].split()[0] for line in part("What can be asked").splitlines()[6:] if line]
    assert rows == [each.value for each in Type]


def test_the_bounds_are_those_of_the_code() -> None:
    cost = part("How much a condition may cost")
    for bound in (TEXT_BYTES_MAX, NODES_MAX, LEVELS_MAX, PARTS_MAX, DEPTH_MAX, INLINED_DEEP_MAX):
        assert re.search(rf"\b{bound:,}\b", cost), bound
    assert f"{JOINED_LENGTH_MAX:,} characters" in part("What is taken of CEL")
    assert f"at most {DAYS_MAX:,})" in PAGE
    assert f"at most\n{MONTHS_MAX})" in PAGE


def test_the_examples_are_taken() -> None:
    examples = PAGE.split("```cel\n")[1].split("```")[0].splitlines()
    assert len(examples) == 3
    for example in examples:
        assert isinstance(compile_condition(example, FIELDS), Condition), example
