"""`./guerdon backup OUT`: a backup of the embedded database while it runs.

Again into the same OUT, it adds what came since. A database of your own is backed up as its host does; this
command then says so.
"""

import argparse
from pathlib import Path

from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.privacy.graves import graveyard_of
from guerdon.embedded import EmbeddedError
from guerdon.embedded.backup import NOTE, take_backup
from guerdon.engine.privacy.tombstones import Damaged, Graveyard, keep_copy, read_tombstones
from guerdon.store.migrations import proof_of
from guerdon.values.clock import utc_now

HELP = "Take a backup of the embedded database while it runs; into the same OUT again: add what came since."
NOT_OURS = (
    "DATABASE_URL names a server of your own: back it up as its host does, with pg_basebackup and its log"
    " (docs/running.md, Backups); this command is for the embedded one"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "out", type=Path, metavar="OUT", help="a new folder, or one that holds a backup of ours"
    )


def run(args: argparse.Namespace) -> int:
    """Take the backup, or add to it."""
    try:
        with installation(migrated=False) as opened:
            print(_taken(opened, args.out))
    except Refused as fault:
        return refusing("backup", fault)
    print(
        "keep GUERDON_SECRET (or the file secret in GUERDON_HOME) apart from it: without, it cannot be read"
    )
    return 0


def _taken(opened: Installation, out: Path) -> str:
    if opened.server is None:
        raise Refused(NOT_OURS)
    done = "the log was added" if (out / NOTE).exists() else "taken and verified"
    try:
        note = take_backup(opened.server, out, proof_of(opened.settings.secret), utc_now())
        _keep_tombstones(opened, out)
    except (EmbeddedError, OSError, Damaged) as fault:
        raise Refused(str(fault)) from fault
    return f"{out}: {done}; any instant from {note.taken_at} to {note.until} can be restored"


def _keep_tombstones(opened: Installation, out: Path) -> None:
    """Who was erased by now, beside the backup: a home that is lost takes its own list with it."""
    graveyard = graveyard_of(opened)
    buried = read_tombstones(graveyard.vault, [graveyard.file])
    if buried.total:
        keep_copy(Graveyard(out, graveyard.vault), buried)
