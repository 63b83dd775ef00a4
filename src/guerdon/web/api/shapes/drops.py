"""Files of events, and what became of their rows."""

from typing import Annotated

from pydantic import Field

from guerdon.web.api.shapes.plain import Told

DropName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,63}$",
        description="A drop that the program declares.",
        json_schema_extra={"format": "drop"},
    ),
]


class RowMistake(Told):
    """What is wrong with a row, and what to do."""

    line: int
    column: str = Field(description="Empty: the row as a whole.")
    reason: str
    what: str
    hint: str


class ReasonCount(Told):
    """How many mistakes of a kind there are."""

    reason: str
    times: int


class Drop(Told):
    """What became of a file's rows, or would."""

    drop: str
    rows: int
    accepted: int
    duplicates: int = Field(description="Rows that were known before.")
    quarantined: int = Field(description="Rows whose key was used before for something else.")
    wrong: int = Field(description="Rows that were left out.")
    reasons: list[ReasonCount]
    mistakes: list[RowMistake] = Field(description="The first 20.")
