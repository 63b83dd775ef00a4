"""The reference of the format: its example is a program, and it leaves no section or type out."""

import re
from pathlib import Path

from guerdon.program.declarations import TYPES
from guerdon.program.load import NOT_YET, OPTIONAL, REQUIRED, read_program
from guerdon.program.messages import WRITTEN
from guerdon.program.model import Program

REFERENCE = (Path(__file__).parents[2] / "docs" / "program.md").read_text("utf-8")


def test_the_example_of_the_reference_is_a_program() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", REFERENCE, re.DOTALL)
    read = read_program(example)
    assert isinstance(read, Program), "\n".join(map(str, read))


def test_every_word_of_the_format_is_in_the_reference() -> None:
    words = {*REQUIRED, *OPTIONAL, *NOT_YET, *TYPES, *WRITTEN}
    assert {word for word in words if f"`{word}`" not in REFERENCE} == set()
