"""The reference of the format: its examples are programs, and it leaves no section, word or type out."""

import re
from pathlib import Path
from typing import get_args

import pytest

from guerdon.program.declarations import TYPES
from guerdon.program.lives import ROUNDINGS
from guerdon.program.load import NOT_YET, OPTIONAL, REQUIRED, bundle, read_program
from guerdon.program.messages import WRITTEN
from guerdon.program.model import BudgetPeriod, LimitPer, Program
from guerdon.program.policy import approvals, budgets, limits
from guerdon.program.rules import STEPS
from guerdon.program.steps.reversals import OWED
from guerdon.program.units import KINDS, LIFE_FIELDS

REFERENCE = (Path(__file__).parents[2] / "docs" / "program.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", REFERENCE, re.DOTALL)

WORDS = {
    *(*REQUIRED, *OPTIONAL, *NOT_YET, *TYPES, *WRITTEN, *KINDS, *LIFE_FIELDS, *ROUNDINGS, *STEPS, *OWED),
    *(*budgets.PERS, *budgets.PERIODS, *budgets.BEYOND, *budgets.FIELDS, budgets.DEFAULT),
    *(*limits.PERS, *limits.PERIODS, *approvals.KINDS),
    *(role for roles in approvals.SIGNERS.values() for role in roles),
}


@pytest.mark.parametrize("example", EXAMPLES, ids=["small", "rich"])
def test_an_example_of_the_reference_is_a_program(example: str) -> None:
    read = read_program(example)
    assert isinstance(read, Program), "\n".join(map(str, read))
    assert read_program(bundle(read)) == read


def test_every_word_of_the_format_is_in_the_reference() -> None:
    assert {word for word in WORDS if f"`{word}`" not in REFERENCE} == set()


def test_every_word_of_the_model_can_be_written() -> None:
    assert set(get_args(LimitPer)) == {*limits.PERS, *limits.BY_FIELD}
    assert set(get_args(BudgetPeriod)) == set(budgets.PERIODS)
