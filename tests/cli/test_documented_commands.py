"""Every command that the documents show in a block is taken as it stands: words, their order, options."""

import argparse
import importlib
import re
import shlex
from pathlib import Path

import pytest

from guerdon.cli import COMMANDS, privacy

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
# What stands for a number of the reader's.
NUMBERS = re.compile(r"\b[NK]\b")


def shown() -> list[tuple[str, str]]:
    """Each command of a block with its page; lines that go on are one."""
    return [
        (page.name, line.strip())
        for page in PAGES
        for block in BLOCK.findall(page.read_text(encoding="utf-8"))
        for line in block.replace("\\\n", " ").splitlines()
        if line.strip().startswith("./guerdon ")
    ]


def words_of(line: str) -> list[str]:
    """The words of a line without its comment, what it may leave out, and where its output goes."""
    bare = re.sub(r"\s\[[^]]*\]", "", line.partition(" #")[0])
    bare = re.split(r"\s(?:>|<|\||&&|&)\s?", bare)[0]
    return shlex.split(NUMBERS.sub("8", bare))[1:]


@pytest.mark.parametrize(("page", "line"), shown(), ids=lambda value: value)
def test_a_documented_command_is_taken(page: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, *words = words_of(line)
    if name.startswith("-"):
        return
    module = importlib.import_module(f"guerdon.cli.{COMMANDS[name][0]}")
    parser = argparse.ArgumentParser(prog=name, allow_abbrev=False)
    module.add_arguments(parser)
    try:
        _, rest = parser.parse_known_args(words)
    except SystemExit:
        pytest.fail(f"{page}: {line}: {capsys.readouterr().err}")
    assert getattr(module, "PASSES_ON", False) or not rest, (page, line, rest)


def test_whose_data_are_written_stands_before_the_file() -> None:
    (line,) = [line for page, line in shown() if page == "privacy.md" and " export " in line]
    parser = argparse.ArgumentParser()
    privacy.add_arguments(parser)
    given = parser.parse_args(words_of(line)[1:])
    assert (given.member, given.out) == ("MEMBER", Path("out.json"))


def test_there_are_commands_in_the_documents() -> None:
    assert len(shown()) > len(PAGES)
