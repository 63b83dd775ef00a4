"""A replay that is done, with something in each of its tables, to be looked at."""

from datetime import timedelta

from msgspec import json
from tests.redeem.house import House

from guerdon.engine.replay.report import Everybody, report
from guerdon.engine.replay.states import Part, State, Who
from guerdon.engine.replay.tally import DRAFT, LIVE, Figures, Sample, Tally
from guerdon.store.database import connect, transaction
from guerdon.store.versions.replays import NewReplay, record_replay, record_result, take_replay
from guerdon.values.clock import utc_now

PLACE = ("DE", "de-hamburg-hafencity")


def furnish_replay(house: House) -> None:
    """Keep the first replay of the house's program."""
    now, tally, everybody = utc_now(), Tally(events=12_345, otherwise=2, failed=1), Everybody()
    for side, given in ((LIVE, 1_234_500), (DRAFT, 2_000_000)):
        figures = Figures(given, 3, given + 50_000, 50_000, 10_000)
        tally.month("2026-10", "booking", "EUR", side).add(figures)
        tally.place(PLACE, "booking", "EUR", side).add(figures)
        tally.use("2026-10", "budget:by_market:DE", side, "EUR").paid = given
        tally.refusals("booking", "limit:member_month", "EUR", side)[0] = side + 1
        tally.outstanding["EUR"] = everybody.outstanding["EUR"] = given
    tally.samples.append(Sample(1, 7, "booking", "EUR", 20_000, 35_000, "", "limit:member_month"))
    states = []
    for member in (7, 8):
        who = Who(0, "DE", "de", PLACE[1], "{}", now)
        state = State(who=who, totals={"EUR": (20_000, 35_000)}, otherwise=1)
        state.parts = [Part("booking", "EUR", *PLACE, 20_000, 35_000)]
        states.append((member, state))
    rows = list(everybody.rows(states, now))
    result = json.encode(report(house.program, tally, everybody)).decode()
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        new = NewReplay("Spring", "{}", "sha", now - timedelta(days=90), now, "somebody")
        number = record_replay(tx, house.program_id, new, now)
        assert number == 1
        lease = take_replay(tx, house.program_id, number, "test", now)
        assert lease is not None
        assert record_result(tx, lease, result, rows, now)
