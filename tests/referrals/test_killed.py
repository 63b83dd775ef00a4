"""A worker that is killed in the middle of referrals: whoever comes next pays each pair, once."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psycopg
import pytest
from tests.engine.test_killed_worker import killed_at
from tests.evidence import scaled
from tests.referrals.house import House

from guerdon.values.clock import utc_now

PAIRS = 40
# What a batch says to the database on its way through referrals.
LOCKED = "%pg_advisory_xact_lock%"
STAGES = (
    LOCKED,
    "%update referral_pairs%",
    "%record_intake%",
    "%into referral_pairs%",
    "%into referral_marks%",
)


@pytest.mark.full(minutes=1, gate=True)
def test_a_killed_worker_tells_every_pair_once(house: House, tmp_path: Path) -> None:
    interrupted = 0
    for stage in STAGES[: scaled(1, len(STAGES))]:
        house.now = utc_now()
        number = len(house.members)
        ones, friends = ([f"{kind}{number + n}" for n in range(PAIRS)] for kind in ("one", "friend"))
        house.enroll_all({name: {"card": name} for name in (*ones, *friends)})
        codes = house.codes(ones)
        for one, friend in zip(ones, friends, strict=True):
            house.use(friend, codes[one], -2)
            house.buy(friend, -1)
        with psycopg.connect(house.url) as db:
            if stage == LOCKED:
                # Here it waits for us, and is surely met.
                db.execute("select pg_advisory_xact_lock(1735289470, %s)", (house.program_id,))
            interrupted += killed_at(house, tmp_path, stage)  # type: ignore[arg-type]
        house.now = utc_now()
        house.work()
        assert {state for state, _ in house.pairs().values()} == {"qualified"}
        purses = house.purses()
        assert {purses[one] for one in ones} == {350}
        assert {purses[friend] for friend in friends} == {200}
    assert interrupted
    assert house.quarantined() == []


def test_two_workers_at_once_count_a_referrers_successes_as_one(house: House) -> None:
    friends = [f"f{number}" for number in range(12)]
    house.enroll(["ada", *friends])
    code = house.code("ada")
    for name in friends:
        house.use(name, code, -2)
    house.work()
    for name in friends:
        house.buy(name, -1)
    with house.worker() as first, house.worker() as second, ThreadPoolExecutor(2) as both:
        # Half of the lanes each.
        for worker in (first, second, first):
            worker.lease()
        list(both.map(partial(house.work_by, at_most=1), (first, second)))
    house.work()
    states = [state for state, _ in house.pairs().values()]
    assert (states.count("qualified"), states.count("held")) == (5, 7)
