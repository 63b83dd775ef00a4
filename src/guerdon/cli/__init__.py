"""The commands of `./guerdon`: one module each, loaded only when it is the one asked for.

A module says in HELP what it does, declares its options in `add_arguments(parser)` and does it in
`run(args)`, which returns the exit code. Dropping the module in is enough: a command of the table below
whose module is not there is not offered. A module with `PASSES_ON = True` gets what it does not know in
`args.rest`.
"""

import argparse
import importlib
import importlib.util
import os
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

# Guerdon runs out of its clone: examples, benchmarks and tests lie beside the package.
REPOSITORY = Path(__file__).resolve().parents[3]

# Each with its module in this folder, in the order in which one meets them.
COMMANDS = {
    "demo": ("demo", "run everything with simulated customers, to look at; --check measures it"),
    "up": ("up", "run web, worker and, without DATABASE_URL, PostgreSQL in one go"),
    "web": ("web", "run the web process alone"),
    "worker": ("worker", "run the worker alone"),
    "bounces": ("messages.bounces", "take the mails that come back, alone"),
    "migrate": ("migrate", "bring the database to the schema of this version"),
    "check": ("check", "print all mistakes of a program file"),
    "scenarios": ("scenarios", "run scenarios: given, when, then"),
    "import": ("imports", "take members or voucher codes from a file"),
    "drop": ("drops.take", "take a file of events as the program declares it, or rehearse it"),
    "drops": ("drops.listing", "which files of events were taken, and what became of their rows"),
    "catalog": ("catalog", "read a feed of items into the catalog, list feeds, settle what waits"),
    "quarantine": ("quarantine", "what was set apart: list it, look at it, try it again, put it away"),
    "suppliers": ("suppliers", "accounts with suppliers: how they are, and their books against ours"),
    "deliveries": ("deliveries", "take vouchers of old, to show how long it took before"),
    "replay": ("replay", "decide a draft over stored history, beside what was really decided"),
    "hubspot": ("imports.hubspot", "read all contacts of a HubSpot connection over"),
    "segments": ("segments", "who is in which segment, and count them again"),
    "publish": ("publish", "make a program file the live one"),
    "staff": ("staff", "add people who may log in to the console, or change them"),
    "key": ("key", "make, list or withdraw keys for the API"),
    "client": ("client", "write a typed client for Python from the API's description"),
    "privacy": ("privacy", "one person's data: erase it, export it, certify that it was erased"),
    "ledger": ("ledger", "check the books: every balance and limit derived again"),
    "audit": ("proof.audit", "the audit: export it, verify it without trusting us, prove one decision"),
    "backup": ("proof.backup", "take a backup of the embedded database while it runs"),
    "restore": ("proof.restore", "restore a backup, to any instant since it was taken"),
    "pictures": ("messages.pictures", "make pictures of every letter in every language, light and dark"),
    "screens": ("screens", "make pictures of every page of a demo, in three languages, light and dark"),
    "bench": ("bench", "measure: speed and memory, against a floor"),
    "test": ("test", "the gate: format, lint, types, import contracts, tests"),
}


class Command(Protocol):
    """What a module of this folder offers."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; the exit code."""


def main(argv: Sequence[str]) -> int:
    """Find the command that was asked for and run it."""
    words = list(argv)
    if not words or words[0] in {"-h", "--help", "help"}:
        print(render_help())
        return 0
    if words[0] in {"-V", "--version"}:
        print(f"guerdon {version()}")
        return 0
    if words[0] not in available():
        print(f"guerdon: there is no command {words[0]!r}; see ./guerdon --help", file=sys.stderr)
        return 2
    return _run(words[0], words[1:])


def available() -> dict[str, tuple[str, str]]:
    """The commands whose module is there."""
    return {name: command for name, command in COMMANDS.items() if _exists(command[0])}


def _exists(module: str) -> bool:
    return importlib.util.find_spec(f"{__name__}.{module}") is not None


def _run(name: str, words: list[str]) -> int:
    module = cast("Command", importlib.import_module(f"{__name__}.{COMMANDS[name][0]}"))
    parser = argparse.ArgumentParser(prog=f"guerdon {name}", description=module.HELP, allow_abbrev=False)
    module.add_arguments(parser)
    args, rest = parser.parse_known_args(words)
    if rest and not getattr(module, "PASSES_ON", False):
        parser.error(f"unrecognized: {' '.join(rest)}")
    args.rest = rest
    _warn_of_slips()
    return module.run(args)


def _warn_of_slips() -> None:
    from guerdon.config import STARTED_BY, list_unknown  # noqa: PLC0415  not for a word of help

    if STARTED_BY not in os.environ:
        for problem in list_unknown(os.environ):
            print(f"guerdon: {problem}", file=sys.stderr)


def render_help() -> str:
    """One line for each command."""
    lines = [f"  {name:<10} {help_line}" for name, (_, help_line) in available().items()]
    return "\n".join(
        [
            "usage: guerdon COMMAND [options]",
            "",
            "Turns what customers do into rewards, at once, within policy, and shows what that changed.",
            "",
            *lines,
            "",
            "guerdon COMMAND --help tells more; guerdon --version says which this is.",
        ]
    )


def version() -> str:
    """Which Guerdon this is, as pyproject.toml says."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])
