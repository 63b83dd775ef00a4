"""A program with a segment more than it had."""

import msgspec

from guerdon.program.load import read_program
from guerdon.program.model import Program


def with_german_segment(program: Program) -> Program:
    """The same program, in which members in Germany are a segment."""
    text = msgspec.json.decode(program.text)
    text["segments"] = {**text.get("segments", {}), "german": {"if": "member.market == 'DE'"}}
    made = read_program(msgspec.json.encode(text).decode())
    assert isinstance(made, Program), made
    return made
