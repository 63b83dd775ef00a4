"""The lines of an entry put in place of others, with their comments; or nothing where they would say else."""

import pytest

from guerdon.program.editing.rewriting import lines_at
from guerdon.program.editing.splicing import spliced

TEXT = """\
program: odd
connections:
    hub:  # the big one
      vendor: hubspot
    other: { vendor: hubspot }  # small
# behind
rules: {}
"""
PATH = ("connections", "hub")


@pytest.mark.parametrize("margin", ["", "      "])
def test_typed_lines_come_in_with_their_comments_wherever_they_begin(margin: str) -> None:
    typed = ["# new", "hub:", "  # why", "  vendor: hubspot  # yes", "", "  note: |", "    a", "", "     b"]
    lines = "".join(f"{margin if line else ''}{line}\n" for line in typed)
    made = spliced(TEXT, PATH, lines)
    assert made is not None
    shall = "".join(f"{'    ' if line else ''}{line}\n" for line in typed)
    assert made == TEXT.replace("    hub:  # the big one\n      vendor: hubspot\n", shall)
    assert lines_at(made, PATH) == "".join(f"{line}\n" for line in typed[1:]).rstrip("\n")
    assert spliced(TEXT, PATH, lines_at(TEXT, PATH)) == TEXT


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        (TEXT, "hub: ["),
        (TEXT, "hub: { vendor: x }\nother: { vendor: y }"),
        (TEXT, "--- # a document\nhub: { vendor: x }"),
        (TEXT, "    hub:\n# at the margin\n        note: |\n      a\n"),
        ("connections: { hub: { vendor: hubspot } }  # in a row\n", "hub: { vendor: x }  # there"),
        ("connections:\n  other: x\n", "hub: { vendor: x }"),
    ],
)
def test_lines_that_would_not_say_what_they_say_are_not_put_in(text: str, typed: str) -> None:
    assert spliced(text, PATH, typed) is None
