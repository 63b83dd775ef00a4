"""`./guerdon catalog import FILE --feed KEY`: reads a feed, and says what it brings or why it waits."""

import argparse
import getpass
import os
import sys
from pathlib import Path

from guerdon.cli.catalog.said import REASONS, told
from guerdon.cli.installation import Installation, Refused, installation
from guerdon.cli.published import live_program
from guerdon.engine.catalog.feeds import read_feed
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.images import BYTES_MAX, Beside
from guerdon.engine.catalog.staging import Asked, NotRead, take_feed
from guerdon.store.catalog.feeds import SyncRow
from guerdon.store.catalog.staged import list_staged
from guerdon.store.database import transaction
from guerdon.text.feed_rows import wrong_row_in_english
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

HELP = {"import": "read a feed from a file"}
SHOWN_MAX = 20
# Files beside a feed that are kept in mind, for many items name the same: so many, and none that is larger.
KEPT_FILES, KEPT_BYTES = 1_000, 16 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, or JSON objects in lines or a list")
    parser.add_argument("--feed", required=True, metavar="KEY", help="which feed it is")
    parser.add_argument("--supplier", metavar="KEY", help="who delivers it: an account, pool or manual")
    parser.add_argument("--delta", action="store_true", help="only what changed; the rest stays")
    parser.add_argument("--preview", action="store_true", help="let it wait until somebody accepts it")


def run(args: argparse.Namespace) -> int:
    """Read the file; 0 when it is in the catalog, or waits as it was asked to, and no row is wrong."""
    with installation() as opened:
        program_id, sync = _taken(opened, args)
        print(told(sync))
        with opened.connect("web") as db, transaction(db, program_id) as tx:
            wrong = list_staged(tx, program_id, sync.id, "wrong", 0, SHOWN_MAX)
    for row in wrong:
        why = wrong_row_in_english(row.problem, row.said)
        print(f"{args.file}: line {row.line}, {row.sku or 'no id'}: {why}", file=sys.stderr)
    if sync.counts.wrong > len(wrong):
        print(f"... and {sync.counts.wrong - len(wrong)} more", file=sys.stderr)
    if sync.state == "staged":
        number = show("syn", sync.id)
        print(f"./guerdon catalog accept {number} puts it in place, ./guerdon catalog drop {number} does not")
    in_order = sync.state == "applied" or (sync.state, sync.why) == ("staged", "preview")
    return 0 if in_order and not sync.counts.wrong else 1


def _taken(opened: Installation, args: argparse.Namespace) -> tuple[int, SyncRow]:
    program_id, program = live_program(opened, args.program)
    asked = Asked(
        args.feed, getpass.getuser(), "delta" if args.delta else "full", args.supplier, wait=args.preview
    )
    ground = Ground(program_id, program, args.feed, "", beside=beside(args.file.parent))
    try:
        with args.file.open("rb") as file, opened.connect("web") as db:
            return program_id, take_feed(db, ground, asked, read_feed(file), utc_now)
    except NotRead as fault:
        raise Refused(REASONS[fault.why].format(said=fault.said)) from fault
    except OSError as fault:
        raise Refused(f"{args.file} cannot be read: {fault.strerror}") from fault


def beside(folder: Path) -> Beside:
    """Files that lie in a folder, by their bare names; of one too large its beginning, which is none."""
    kept: dict[str, bytes] = {}

    def find(name: str) -> bytes | None:
        if name in kept:
            return kept[name]
        path = folder / name
        if path.parent != folder or not path.is_file():
            return None
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC), "rb") as file:
            found = file.read(BYTES_MAX + 1)
        if len(found) <= KEPT_BYTES and len(kept) < KEPT_FILES:
            kept[name] = found
        return found

    return find
