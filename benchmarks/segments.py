"""Seconds to build the segments of a million members, and to follow those who changed.

Members, what they did by day and what they have are written by SQL (`segments.sql`); the segments are those
of `segments_program.yaml`. Then: the first build, two thousand members who changed, and a nightly recount,
which must find nothing.
"""

import argparse
import sys
import time
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import LiteralString

from bench_frame import options_of, print_measured
from bench_program import published

from guerdon.cli.installation import Installation
from guerdon.engine.library import Library
from guerdon.engine.segments import Recount, follow_segments, recount_segments
from guerdon.rules.playbook import Playbook
from guerdon.store.batch.memory import Kept, record_kept
from guerdon.store.database import transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.worker import MAPPERS

FOLDER = Path(__file__).parent
PART = 100_000
TOUCHED = 2_000


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("segments")
    parser.add_argument("--members", type=int, default=1_000_000)
    return print_measured(parser.parse_args(), _measure)


def _measure(opened: Installation, args: argparse.Namespace) -> dict[str, object]:
    members = int(args.members)
    program_id, program = published(opened, FOLDER / "segments_program.yaml")
    began = time.monotonic()
    _fill(opened, Playbook(program, program_id, 1), members)
    filled_s = time.monotonic() - began
    library = Library(Vault(opened.settings.secret), MAPPERS)
    with opened.connect("worker") as db:
        began = time.monotonic()
        while follow_segments(db, library, utc_now()):
            pass
        built_s = time.monotonic() - began
        with transaction(db, program_id) as tx:
            sizes = dict(
                tx.execute("select segment, sum(n)::bigint from segment_sizes group by 1").fetchall()
            )
            checks = tx.execute("select count(*) from segment_checks").fetchall()[0][0]
            _touch(tx, program_id, members)
        began = time.monotonic()
        while follow_segments(db, library, utc_now()):
            pass
        touched_s = time.monotonic() - began
        began = time.monotonic()
        found = recount_segments(db, library, Recount(program_id, "bench"), utc_now)
        recounted_s = time.monotonic() - began
    assert set(sizes) == set(program.segments), sizes
    assert not any(found.values()), found
    return {
        "members": members,
        "segments": len(program.segments),
        "seconds": round(built_s, 1),
        "members_per_s": round(members / built_s),
        "memberships": sum(sizes.values()),
        "checks": checks,
        "touched_members": TOUCHED,
        "touched_s": round(touched_s, 2),
        "recounted_s": round(recounted_s, 1),
        "filled_s": round(filled_s),
    }


def _fill(opened: Installation, playbook: Playbook, members: int) -> None:
    today = utc_now().astimezone(playbook.zone).date() - timedelta(days=1)
    with opened.connect("owner") as db:
        db.execute("set role none")
        db.execute("set statement_timeout = 0")
        db.execute("set session_replication_role = replica")
        # What the events of long ago came to is there already.
        kept = Kept(playbook.counted, playbook.program.time_zone, playbook.held)
        record_kept(db, playbook.program_id, kept, playbook.version)
        for begin in range(1, members + 1, PART):
            upto = min(begin + PART, members + 1) - 1
            db.execute(
                _statement(), {"program": playbook.program_id, "from": begin, "to": upto, "today": today}
            )
        db.execute("vacuum analyze")
        db.execute("checkpoint")


def _touch(tx: object, program_id: int, members: int) -> None:
    tx.execute(  # type: ignore[attr-defined]
        """
        insert into segment_touches (program_id, member_id, what)
        select %(p)s, n * %(each)s, w from generate_series(1, %(n)s) n,
               unnest(array['booking.confirmed', 'booking.confirmed#deposit']) w
        """,
        {"p": program_id, "n": TOUCHED, "each": members // TOUCHED},
    )


@cache
def _statement() -> LiteralString:
    return (FOLDER / "segments.sql").read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
