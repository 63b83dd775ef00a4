"""Trying an event at 50 rules: facts loaded without a lock, decided, explained and put in words.

In a transaction of the web's role that may only read, for members who have done something, and for somebody
invented; all 50 rules are of the event's own type.
"""

import time
from datetime import datetime, timedelta
from random import Random
from statistics import quantiles

from asking import EVENT, LEVELS, asking_program
from bench_frame import fresh_installation, options_of, print_result

from guerdon.cli.installation import Installation
from guerdon.engine.publish import publish
from guerdon.engine.why.accounts import Account
from guerdon.engine.why.telling import Teller
from guerdon.engine.why.trying import Invented, Trial, try_event
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Connection, transaction
from guerdon.store.versions.timeline import load_timeline
from guerdon.values.clock import utc_now

RULES = 50
MEMBERS = 20_000
DAYS = 90


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("try")
    parser.add_argument("--trials", type=int, default=2_000)
    args = parser.parse_args()
    with fresh_installation() as opened:
        result = _measure(opened, args.trials)
    return print_result(args, result)


def _measure(opened: Installation, trials: int) -> dict[str, object]:
    program = asking_program(RULES, RULES)
    now = utc_now()
    with opened.connect("owner") as db:
        program_id = publish(db, program, "benchmark", now - timedelta(days=DAYS)).program_id
    book = Playbook(program, program_id, 1)
    _fill(opened, book, now)
    with opened.connect("web") as web:
        return {
            "rules": RULES,
            "members": MEMBERS,
            "of_a_member_ms": _timed(web, book, trials, invented=False),
            "of_somebody_invented_ms": _timed(web, book, trials, invented=True),
        }


def _timed(web: Connection, book: Playbook, trials: int, *, invented: bool) -> dict[str, float]:
    chance, now = Random(1), utc_now()  # noqa: S311  a seed, not a secret
    staff, taken = Teller(book.program, "en"), []
    for _ in range(trials):
        said = {"amount": chance.randrange(600), "kind": chance.choice(["net", "store"])}
        who: int | Invented = 1 + chance.randrange(MEMBERS)
        if invented:
            who = Invented("DE", attributes={"level": chance.choice(LEVELS)})
        started = time.monotonic()
        with transaction(web, book.program_id) as tx:
            load_timeline(tx, book.program_id)
            tried = try_event(tx, book, Trial(EVENT, said, who, now), now)
        assert isinstance(tried, Account), tried
        told = [(staff.clauses(story, tried), staff.policies(story, tried)) for story in tried.stories]
        assert len(told) == RULES
        assert Teller(book.program, "de").member_line(tried)
        taken.append((time.monotonic() - started) * 1000)
    at = quantiles(taken, n=100)
    return {f"p{p}": round(at[p - 1], 2) for p in (50, 95, 99)}


def _fill(opened: Installation, book: Playbook, now: datetime) -> None:
    """Members with what was counted of them on some days, and what they used of their limit."""
    with opened.connect("owner") as db:
        db.execute("set role none")
        db.execute("set session_replication_role = replica")
        said = {"p": book.program_id, "m": MEMBERS, "at": now, "levels": list(LEVELS), "days": DAYS}
        db.execute(
            """
            insert into members (program_id, member_id, market, language, attributes, enrolled_at)
            select %(p)s, m, 'DE', 'de', json_build_object('level', (%(levels)s::text[])[m %% 3 + 1]), %(at)s
            from generate_series(1, %(m)s) m
            """,
            said,
        )
        db.execute(
            "update programs set counted = %s where program_id = %s", (sorted(book.counted), book.program_id)
        )
        db.execute(
            """
            insert into member_days (program_id, member_id, what, day, amount)
            select %(p)s, m, 'order.paid', (%(at)s::timestamptz - make_interval(days => d * 9))::date, 1
            from generate_series(1, %(m)s) m, generate_series(0, 9) d where (m + d) %% 4 = 0
            """,
            said,
        )
        db.execute(
            """
            insert into allowances (program_id, member_id, name, period, used, ceiling)
            select %(p)s, m, 'month', date_trunc('month', %(at)s at time zone 'Europe/Berlin'), m %% 900000,
                   1000000
            from generate_series(1, %(m)s) m
            """,
            said,
        )
        db.execute("vacuum analyze")


if __name__ == "__main__":
    raise SystemExit(main())
