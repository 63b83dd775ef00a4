"""The table of fields, and what the program takes from it beside the fields: numbers, errors, magic."""

from pathlib import Path

from standins.suppliers.table import Table

TABLE = Table(Path(__file__).with_name("fields.md"))


def named(shape: str) -> dict[str, str]:
    """The rows of a shape that says one thing of each name."""
    return {name: row.kind.removeprefix("one:") for name, row in TABLE.shapes[shape].items()}


# What Twilio's test credentials answer to magic numbers.
MAGIC_TO = {number: int(code) for number, code in named("magic:to").items()}
MAGIC_FROM = {number: int(code) for number, code in named("magic:from").items()}
