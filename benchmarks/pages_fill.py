"""A large installation for `guerdon bench pages`: members enrolled for real, what they did written by SQL.

Two years of events with all that follows from them (`pages.sql`), part by part, then people's work beside it
(`pages_few.sql`). What the engine derives in sets, such as delivery figures and segments, it derives here.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from bench_house import House, house
from bench_program import EV_MAKER

from guerdon.cli.demo.edition import write_edition
from guerdon.engine.approvals.acting import Acting, Stood
from guerdon.engine.approvals.asking import ask
from guerdon.engine.library import Library
from guerdon.engine.segments import follow_segments
from guerdon.engine.versions.drafts import begin_draft
from guerdon.ledger.contents import AdjustBalance
from guerdon.program.model import Program
from guerdon.rules.playbook import Playbook
from guerdon.store.access.people import find_person
from guerdon.store.batch.memory import Kept, record_kept
from guerdon.store.database import transaction
from guerdon.store.deliveries.counts import count_ended
from guerdon.store.programs import load_live
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.worker import MAPPERS

DAYS = 720
GROUP = 5
PART = 50_000
# Behind the ids that the engine gives out in a house of this size, before those that follow from events.
FIRST_EVENT = 1_000_000_000
AT_ONCE = 100_000_000
ASKED = 40
_ROWS = {
    name: Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
    for name in ("pages", "pages_few")
}


@contextmanager
def brand_house(members: int) -> Iterator[House]:
    """A house of the EV maker's demo edition, which has segments and broadcasts, with budgets for all."""
    with tempfile.TemporaryDirectory(prefix="gp-") as folder:
        file = write_edition(EV_MAKER, Path(folder) / "program")
        # The center's amount, and each market's below it.
        amount = re.compile(r"^(      [A-Z]{2}: |    amount: )(\d+)(\.00)", re.MULTILINE)
        file.write_text(
            amount.sub(r"\g<1>\g<2>0000\g<3>", file.read_text(encoding="utf-8")), encoding="utf-8"
        )
        with house(members, program=file) as where:
            yield where


def fill(where: House, events: int, now: datetime) -> None:
    """Write so many events, in groups, and all that stands beside them."""
    terms = terms_of(where, events, now)
    groups = max(1, events // GROUP)
    with where.opened.connect("owner") as db:
        db.execute("set role none")
        db.execute("set statement_timeout = 0")
        db.execute("set work_mem = '128MB'")
        # Rows that have been there for long: what their first commit demanded of them was asked then.
        db.execute("set session_replication_role = replica")
        playbook = Playbook(where.program, where.program_id, 1)
        kept = Kept(playbook.counted, playbook.program.time_zone, playbook.held)
        record_kept(db, where.program_id, kept, playbook.version)
        for begin in range(0, groups, PART):
            _run(db, _ROWS["pages"], {**terms, "from": begin, "to": min(begin + PART, groups) - 1})
        _run(db, _ROWS["pages_few"], terms)
    derive(where)
    with where.opened.connect("owner") as db:
        db.execute("set role none")
        db.execute("set statement_timeout = 0")
        db.execute("vacuum analyze")
        db.execute("checkpoint")


def terms_of(where: House, events: int, now: datetime) -> dict[str, object]:
    """What the statements name."""
    program = where.program
    playbook = Playbook(program, where.program_id, 1)
    with where.opened.connect("owner") as db:
        db.execute("set role none")
        row = db.execute("select min(member_id), count(*) from members").fetchone()
        assert row is not None
        for month in (now - timedelta(days=DAYS), now - timedelta(days=DAYS / 2)):
            db.execute("select make_months(%s)", (month,))
    # The last group ends now, and none lies before the first month.
    start = now - timedelta(days=DAYS)
    return {
        "program": where.program_id,
        "member": row[0],
        "members": row[1],
        "start": start,
        "step": (now - timedelta(hours=10) - start) / max(1, events // GROUP),
        "now": now,
        "first": FIRST_EVENT,
        "zone": program.time_zone,
        "item": next(iter(program.items)),
        "counted": sorted(playbook.counted),
        "connection": next(iter(program.connections)),
        "supplier": next(iter(program.suppliers)),
        "segment": next(iter(program.segments)),
        "markets": list(program.markets),
        "audited": max(1000, events // 100),
    }


def derive(where: House) -> None:
    """Let the engine count deliveries and build segments, as it does behind whoever decides."""
    with where.opened.connect("worker") as db:
        with transaction(db, where.program_id) as tx:
            tx.execute("set local statement_timeout = 0")
            tx.execute("set local work_mem = '256MB'")
            program = where.program
            count_ended(tx, where.program_id, program.time_zone, program.deliveries, most=AT_ONCE)
        library = Library(Vault(where.opened.settings.secret), MAPPERS)
        while follow_segments(db, library, utc_now()):
            pass


def ask_some(where: House, email: str) -> None:
    """Requests that wait, and a draft, as somebody at the console makes them."""
    now = utc_now()
    with where.opened.connect("web") as db, transaction(db, where.program_id) as tx:
        person = find_person(tx, where.program_id, email)
        stored = load_live(tx, where.program_id, now)
        assert person is not None
        assert stored is not None
        acting = Acting(where.program_id, where.program, person, Vault(where.opened.settings.secret), now)
        begin_draft(tx, acting, "spring", stored)
        rows = tx.execute("select member_id, market from members order by member_id limit %s", (ASKED,))
        for member_id, market in rows.fetchall():
            payer = f"budget:by_market:{market}"
            wish = AdjustBalance(member_id, "EUR", 2500, payer, "a gesture")
            asked = ask(tx, acting, wish, "asked by phone")
            assert isinstance(asked, Stood), asked


def _run(db: psycopg.Connection[tuple[object, ...]], text: str, terms: Mapping[str, object]) -> None:
    with db.transaction():
        for statement in text.split(";\n"):
            psycopg.ClientCursor(db).execute(statement.encode(), terms)


def budget_of(program: Program) -> str:
    """The account of a market's budget."""
    return f"budget:by_market:{next(iter(program.markets))}"
