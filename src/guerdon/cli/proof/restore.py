"""`./guerdon restore IN [--at INSTANT]`: a backup becomes the data of a home that has none yet.

Books, audit and erasures are checked before anything may be started on it; what does not pass is put aside.
"""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.proof.audit import read_anchors
from guerdon.cli.proof.backup import NOT_OURS
from guerdon.config import read_settings
from guerdon.embedded import EmbeddedError
from guerdon.embedded.backup import Note, read_note
from guerdon.embedded.restore import refuse_restored, restore_backup
from guerdon.engine.proof.restored import Restored, check_restored, replay_erasures
from guerdon.ledger.trail import Anchor
from guerdon.store.migrations import proof_of

HELP = "Restore a backup into a GUERDON_HOME that has no data yet, as it was at an instant, and check it."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("source", type=Path, metavar="IN", help="a folder that ./guerdon backup made")
    parser.add_argument(
        "--at", metavar="INSTANT", help="like 2026-11-21T12:30:00Z; otherwise the backup's end"
    )
    parser.add_argument(
        "--anchors", type=Path, metavar="FILE", help="anchors of the audit that were kept elsewhere"
    )


def run(args: argparse.Namespace) -> int:
    """Restore, check, and say what there is."""
    try:
        at = _instant(args.at) if args.at else None
        anchors = read_anchors(args.anchors)
        note = _restore(args.source, at)
        with installation(migrated=False) as opened:
            found = _check(opened, anchors, at or datetime.fromisoformat(note.until))
    except Refused as fault:
        return refusing("restore", fault)
    for key, rows, seals in found.programs:
        print(f"{key}: books in order; {counted(rows, 'audit row')} in {counted(seals, 'seal')} hold")
    print(f"restored as it was at {args.at or note.until}; no erasures to replay. Start it with ./guerdon up")
    return 0


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as fault:
        raise Refused(f"{text} is no instant; write it like 2026-11-21T12:30:00Z") from fault
    if at.tzinfo is None:
        raise Refused(f"{text} names no time zone; write it like {text}Z or {text}+01:00")
    return at.astimezone(UTC)


def _restore(source: Path, at: datetime | None) -> Note:
    settings = read_settings(os.environ)
    if isinstance(settings, list):
        raise Refused("settings are wrong: " + "; ".join(map(str, settings)))
    if settings.database_url:
        raise Refused(NOT_OURS)
    hindered = replay_erasures(settings.home)
    if hindered:
        raise Refused(hindered)
    try:
        if read_note(source).proof != proof_of(settings.secret):
            raise Refused(
                "this backup was made under another GUERDON_SECRET; nothing sealed in it opens under this one"
            )
        return restore_backup(settings.home, source, at)
    except (EmbeddedError, OSError) as fault:
        raise Refused(str(fault)) from fault


def _check(opened: Installation, anchors: list[Anchor], until: datetime) -> Restored:
    with opened.connect("worker") as db:
        found = check_restored(db, anchors, until)
    if found.wrong:
        assert opened.server is not None
        aside = refuse_restored(opened.server.cluster)
        listed = "\n  ".join(found.wrong)
        raise Refused(f"the data were put aside, in {aside}, because they do not hold:\n  {listed}")
    return found
