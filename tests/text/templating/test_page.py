"""The page about templates says what the code does: names, filters, slots, bounds, its example."""

import re
from pathlib import Path

from tests.text.templating.vectors import LINKS

from guerdon.text.templating import NAMES, SLOTS, Template, parse_template
from guerdon.text.templating.cleaning import VALUE_LENGTH_MAX
from guerdon.text.templating.filters import FILTERS
from guerdon.text.templating.render import RENDERED_BYTES_MAX
from guerdon.text.templating.scanning import TEMPLATE_BYTES_MAX

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "templates.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head."""
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_every_name_stands_there_as_it_is() -> None:
    told = [
        "; ".join(
            (name.says, *["may be missing"] * name.may_miss, *["makes a text an offer"] * name.offers),
        )
        for name in NAMES.values()
    ]
    assert rows("Names") == [
        [name.key, name.kind, says] for name, says in zip(NAMES.values(), told, strict=True)
    ]


def test_every_filter_stands_there_with_the_types_that_it_takes() -> None:
    assert [row[:2] for row in rows("Filters")] == [
        [key, ", ".join(sorted(kinds))] for key, kinds in FILTERS.items()
    ]


def test_every_slot_stands_there_with_where_it_goes() -> None:
    told = {
        slot.key: f"at most {slot.shown_max} characters with usual values"
        if slot.shown_max
        else "may have links" * slot.links
        for slot in SLOTS.values()
    }
    assert rows("Where a text goes") == [
        [slot.key, ", ".join(slot.sinks), told[slot.key]] for slot in SLOTS.values()
    ]


def test_its_bounds_are_the_real_ones() -> None:
    kib = re.search(r"at most (\d+) KiB\s+long, and what comes out at most (\d+) KiB", PAGE)
    assert kib is not None
    assert [int(each) * 1024 for each in kib.groups()] == [TEMPLATE_BYTES_MAX, RENDERED_BYTES_MAX]
    assert f"at most {VALUE_LENGTH_MAX} characters" in PAGE


def test_its_example_can_be_read() -> None:
    example = PAGE.split("```\n")[1]
    assert isinstance(parse_template(example, NAMES, LINKS), Template)
