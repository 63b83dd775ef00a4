"""Why, among many events: how long one receipt takes with every rule, clause and value, and a member's list.

The events are written by SQL, as the engine would have left them over two years, a partition for each month;
their decisions were made by the rules themselves. A receipt is read by the web's role, explained, and put in
words for staff and for the member.
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import quantiles

import msgspec
from asking import EVENT, LEVELS, asking_program
from bench_frame import fresh_installation, options_of, print_result
from psycopg import sql

from guerdon.cli.installation import Installation
from guerdon.engine.publish import publish
from guerdon.engine.standings import standing_of
from guerdon.engine.why.accounts import Account, account_of, accounts_of
from guerdon.engine.why.telling import Teller
from guerdon.ledger.effects import encode_decision
from guerdon.program.model import Program
from guerdon.queries.why.events import WhyAsked, list_why, load_why
from guerdon.rules.decide import decide
from guerdon.rules.facts import Event, Facts, Own
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.members import MemberRow
from guerdon.values.clock import utc_now

EVENTS_PER_MEMBER = 25
MONTHS = 24
PART = 250_000
READS = 2_000
RULES, OF_EVENT = 50, 10
VARIANTS = 60
FIRST = 1_000_000
LISTED = 50


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("why")
    parser.add_argument("--events", type=int, default=200_000, help="among how many")
    args = parser.parse_args()
    with fresh_installation() as opened:
        result = _measure(opened, args.events)
    return print_result(args, result)


def _measure(opened: Installation, events: int) -> dict[str, object]:
    program = asking_program(RULES, OF_EVENT)
    start = utc_now() - timedelta(days=30 * MONTHS)
    with opened.connect("owner") as db:
        program_id = publish(db, program, "benchmark", start).program_id
    book = Playbook(program, program_id, 1)
    began = time.monotonic()
    members = max(1, events // EVENTS_PER_MEMBER)
    _fill(opened, book, (events, members, start))
    filled_s = time.monotonic() - began
    with opened.connect("web") as web:
        row = web.execute("select pg_size_pretty(pg_database_size(current_database()))").fetchone()
        return {
            "events": events,
            "members": members,
            "rules_of_the_event": OF_EVENT,
            "database": row[0] if row else "",
            "filled_s": round(filled_s),
            "receipt_ms": _timed(web, book, _receipt(program, events)),
            "list_of_50_ms": _timed(web, book, _list(program, members)),
        }


def _receipt(program: Program, events: int) -> Callable[[Transaction, Playbook, Random], None]:
    def read(tx: Transaction, book: Playbook, chance: Random) -> None:
        row = load_why(tx, FIRST + chance.randrange(events))
        assert row is not None
        account = account_of(row, book)
        assert account.trouble == "", [story for story in account.stories if not story.agrees][:1]
        _tell(program, account)

    return read


def _list(program: Program, members: int) -> Callable[[Transaction, Playbook, Random], None]:
    def read(tx: Transaction, book: Playbook, chance: Random) -> None:
        rows = list_why(tx, WhyAsked(1 + chance.randrange(members), LISTED))
        assert rows
        for account in accounts_of(rows, lambda _: book):
            assert Teller(program, "de").member_line(account)

    return read


def _tell(program: Program, account: Account) -> None:
    staff = Teller(program, "en")
    assert Teller(program, "de").member_line(account)
    told = [(staff.clauses(story, account), staff.policies(story, account)) for story in account.stories]
    assert len(told) == OF_EVENT


def _timed(
    web: Connection, book: Playbook, read: Callable[[Transaction, Playbook, Random], None]
) -> dict[str, float]:
    """Percentiles of a read in a transaction of its own, as a page has it."""
    chance = Random(1)  # noqa: S311  a seed, not a secret
    taken: list[float] = []
    for _ in range(READS):
        started = time.monotonic()
        with transaction(web, book.program_id) as tx:
            read(tx, book, chance)
        taken.append((time.monotonic() - started) * 1000)
    at = quantiles(taken, n=100)
    return {f"p{p}": round(at[p - 1], 2) for p in (50, 95, 99)}


def _fill(opened: Installation, book: Playbook, sizes: tuple[int, int, datetime]) -> None:
    _, members, start = sizes
    with opened.connect("owner") as db:
        db.execute("set role none")
        db.execute("set statement_timeout = 0")
        # Rows that have been there for long: what their first commit demanded of them was asked then.
        db.execute("set session_replication_role = replica")
        _make_months(db, start)
        db.execute(
            """
            insert into members (program_id, member_id, market, language, attributes, enrolled_at, state)
            select %(p)s, m, 'DE', 'de', json_build_object('level', (%(levels)s::text[])[m %% 3 + 1]), %(at)s,
                   m %% 2
            from generate_series(1, %(m)s) m
            """,
            {"p": book.program_id, "m": members, "at": start, "levels": list(LEVELS)},
        )
        # What every second member was before: the same, with another language.
        db.execute(
            """
            insert into member_states
            select program_id, member_id, 0, market, 'en', location, attributes, %s from members
            where state = 1
            """,
            (start,),
        )
        _fill_events(db, book, sizes)
        db.execute("vacuum analyze")
        db.execute("checkpoint")


def _fill_events(db: Connection, book: Playbook, sizes: tuple[int, int, datetime]) -> None:
    events, members, start = sizes
    db.execute(
        "create temp table variants (k int, level int, data json, decision json, outcome text, facts json)"
    )
    rows = [_variant(book, k, level, start) for k in range(VARIANTS) for level in range(len(LEVELS))]
    with db.cursor() as cursor:
        cursor.executemany("insert into variants values (%s, %s, %s, %s, %s, %s)", rows)
    for begin in range(0, events, PART):
        db.execute(
            """
            insert into events (program_id, member_id, id, type, source, external_id, market, version,
                                outcome, data, decision, happened_at, recorded_at, decided_at, state,
                                facts)
            select %(p)s, n.m, %(first)s + n.n, %(type)s, 'crm', n.n::text, 'DE', 1, v.outcome, v.data,
                   v.decision, n.at, n.at, n.at, case when n.n %% 2 = 0 then n.m %% 2 else 0 end, v.facts
            from (
              select n, n %% %(m)s + 1 as m,
                     %(start)s::timestamptz + n * (%(span)s::interval / %(events)s) as at
              from generate_series(%(from)s::bigint, %(to)s::bigint) n
            ) n join variants v on v.k = n.n / 7 %% %(variants)s and v.level = n.m %% 3
            """,
            {
                "p": book.program_id,
                "first": FIRST,
                "type": EVENT,
                "m": members,
                "start": start,
                "span": timedelta(days=30 * MONTHS - 1),
                "events": events,
                "variants": VARIANTS,
                "from": begin,
                "to": min(begin + PART, events) - 1,
            },
        )


def _make_months(db: Connection, start: datetime) -> None:
    """The partitions that there would be, had the installation run since then."""
    month = date(start.year, start.month, 1)
    while month < utc_now().date():
        after = (month + timedelta(days=32)).replace(day=1)
        name = f"events_{month:%Y_%m}"
        found = db.execute("select to_regclass(%s) is not null", (name,)).fetchone()
        if found != (True,):
            db.execute(
                sql.SQL("create table {} partition of events for values from ({}) to ({})").format(
                    sql.Identifier(name), sql.Literal(month.isoformat()), sql.Literal(after.isoformat())
                )
            )
        month = after


def _variant(book: Playbook, k: int, level: int, at: datetime) -> tuple[object, ...]:
    """An event as its rules decide it: what it said, the decision, and what was counted."""
    data: dict[str, object] = {"amount": k * 5, "kind": "net" if k % 2 else "store"}
    counted = {"count(order.paid, 90d)": k % 8}
    attributes = msgspec.json.encode({"level": LEVELS[level]}).decode()
    member = standing_of(book.program, MemberRow(1, "DE", "de", None, attributes, at))
    member = msgspec.structs.replace(member, attributes={**member.attributes, **counted}, seen=counted)
    when = at.astimezone(UTC)
    event = Event(1, EVENT, "crm", "x", when, when, book.day_of(when), data, {**data, "happened_at": when})
    pools = dict.fromkeys(book.pools, 10**12)
    facts = Facts(when, pools=pools, allowances={}, pool_units=book.pools, own=Own())
    decision = decide(book, facts, event, member)
    said = encode_decision(decision).decode()
    encode = msgspec.json.encode
    return (k, level, encode(data).decode(), said, decision.outcome, encode(counted).decode())


if __name__ == "__main__":
    raise SystemExit(main())
