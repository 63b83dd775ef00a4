"""The program of a benchmark, live on its installation."""

from pathlib import Path

from guerdon.cli import REPOSITORY
from guerdon.cli.installation import Installation
from guerdon.cli.publish import checked_program, publish_as
from guerdon.program.model import Program

EV_MAKER = REPOSITORY / "examples" / "ev_maker" / "program.yaml"


def published(opened: Installation, file: Path = EV_MAKER) -> tuple[int, Program]:
    """A program of a file, live on this installation: its number, and what it says."""
    program = checked_program(file)
    return publish_as(opened, program, by="benchmark").program_id, program
