"""`./guerdon restore IN [--at INSTANT]`: a backup becomes the data of a home that has none yet.

Books, audit and erasures are checked before anything may be started on it; what does not pass is put aside.
"""

import argparse
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused, bring_up_to_date, installation, refusing
from guerdon.cli.privacy.graves import graveyard_of
from guerdon.cli.proof.audit import read_anchors
from guerdon.cli.proof.backup import NOT_OURS
from guerdon.config import read_settings
from guerdon.embedded import EmbeddedError
from guerdon.embedded.backup import Note, read_note
from guerdon.embedded.restore import refuse_restored, restore_backup
from guerdon.engine.privacy.tombstones import (
    TOMBSTONES,
    Buried,
    Damaged,
    Graveyard,
    keep_copy,
    read_tombstones,
)
from guerdon.engine.proof.restored import (
    Replayed,
    Restored,
    check_erased,
    check_restored,
    replay_erasures,
)
from guerdon.ledger.trail import Anchor
from guerdon.store.migrations import proof_of
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now

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
    """Restore, erase again who was erased since, check, and say what there is."""
    try:
        at = _instant(args.at) if args.at else None
        anchors = read_anchors(args.anchors)
        note, buried = _restore(args.source, at)
        with installation(migrated=False) as opened:
            replayed = _erase_again(opened, buried)
            found = _check(opened, buried, anchors, at or datetime.fromisoformat(note.until))
    except Refused as fault:
        return refusing("restore", fault)
    for key, rows, seals in found.programs:
        print(f"{key}: books in order; {counted(rows, 'audit row')} in {counted(seals, 'seal')} hold")
    for line in _said(buried, replayed):
        print(line)
    print(f"restored as it was at {args.at or note.until}. Start it with ./guerdon up")
    return 0


def _said(buried: Buried, replayed: Replayed) -> Iterator[str]:
    """What became of erasures, a line each."""
    if not buried.total:
        yield (
            f"no erasures to replay: there is no {TOMBSTONES} in GUERDON_HOME or beside the backup. If people"
            " were erased since the backup was taken, put the file there and run ./guerdon privacy replay"
        )
    else:
        yield (
            f"erasures replayed: {counted(replayed.erased, 'member')} erased again, {replayed.already} were"
            f" already, {replayed.unknown} are not in this backup; none of them is known any more"
        )
    for key, lines in replayed.foreign:
        yield f"{counted(lines, 'tombstone')} of {key}, a program that is not in this backup"
    if buried.torn:
        yield "half a line at the end of the tombstones was passed over: nothing was erased for it"


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as fault:
        raise Refused(f"{text} is no instant; write it like 2026-11-21T12:30:00Z") from fault
    if at.tzinfo is None:
        raise Refused(f"{text} names no time zone; write it like {text}Z or {text}+01:00")
    return at.astimezone(UTC)


def _restore(source: Path, at: datetime | None) -> tuple[Note, Buried]:
    settings = read_settings(os.environ)
    if isinstance(settings, list):
        raise Refused("settings are wrong: " + "; ".join(map(str, settings)))
    if settings.database_url:
        raise Refused(NOT_OURS)
    try:
        if read_note(source).proof != proof_of(settings.secret):
            raise Refused(
                "this backup was made under another GUERDON_SECRET; nothing sealed in it opens under this one"
            )
        # Before the first file is laid out: what nobody can read names somebody.
        graveyard = Graveyard(settings.home, Vault(settings.secret))
        buried = read_tombstones(graveyard.vault, [graveyard.file, source / TOMBSTONES])
        note = restore_backup(settings.home, source, at)
        # What only the backup knew is known here from now on.
        keep_copy(graveyard, buried)
    except (EmbeddedError, OSError, Damaged) as fault:
        raise Refused(str(fault)) from fault
    return note, buried


def _erase_again(opened: Installation, buried: Buried) -> Replayed:
    """Replay erasures before anything may be started; what fails puts the data aside."""
    if not buried.total:
        return Replayed()
    try:
        # Whoever is erased is erased as this version does it.
        bring_up_to_date(opened)
        with opened.connect("worker") as db:
            return replay_erasures(db, graveyard_of(opened), buried, utc_now())
    except Exception as fault:
        assert opened.server is not None
        aside = refuse_restored(opened.server.cluster)
        raise Refused(
            f"the data were put aside, in {aside}: erasures could not be replayed: {fault}"
        ) from fault


def _check(opened: Installation, buried: Buried, anchors: list[Anchor], until: datetime) -> Restored:
    with opened.connect("worker") as db:
        found = check_restored(db, anchors, until)
        left = check_erased(db, graveyard_of(opened), buried) if buried.total else []
    wrong = [*found.wrong, *left]
    if wrong:
        assert opened.server is not None
        aside = refuse_restored(opened.server.cluster)
        listed = "\n  ".join(wrong)
        raise Refused(f"the data were put aside, in {aside}, because they do not hold:\n  {listed}")
    return found
