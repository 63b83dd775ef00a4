"""T-11: whatever suppliers do, and whoever is killed meanwhile, nobody gets a reward twice or loses one."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from standins.suppliers.faults import KINDS as FAULTS
from tests.crashes.killing import let_the_dead_go, work_in_child
from tests.evidence import Figures, scaled
from tests.orders.faulty import FACE, FIRST, KINDS, SECOND, STEP, Faulty, opened, seed
from tests.redeem.house import NOW
from tests.standins.suppliers import Supplier as Stand
from tests.standins.suppliers import start, stop

ORDERS = scaled(120, 2_000)
KILLS = scaled(3, 40)
# Killed at one of so many points, each a statement, a commit or a question to a supplier.
SPAN = scaled(500, 2_000)
SHARE = 0.2
# Each fault alone: in the gate those that mutants show in, and the one that looks most like nothing.
GATE, ALONE = {"cut", "late", "wrong_amount"}, scaled(16, 200)
# How long what is late or slow takes, in seconds: longer than anybody waits for an answer.
LATE_S = (35, 90)
UNKNOWN_MAX = timedelta(minutes=15)
AT_LAST = timedelta(hours=6)
FAILURES_MAX = 5


@pytest.fixture(scope="module")
def processes() -> Iterator[Mapping[str, Stand]]:
    """Run both stand-ins; each test starts them anew."""
    stands = {key: start(kind) for key, kind in KINDS.items()}
    yield stands
    assert [stop(stand) for stand in stands.values()] == [0, 0]


@pytest.fixture
def house(database: str, secret: str, processes: Mapping[str, Stand]) -> Iterator[Faulty]:
    with opened(database, secret, processes) as made:
        yield made


@pytest.mark.full(minutes=8, gate=True)
@pytest.mark.timeout(1_500)
def test_at_most_one_issue_each_and_none_is_lost_whoever_fails_or_is_killed(
    house: Faulty, figures: Figures
) -> None:
    number = seed()
    for key, stand in house.stands.items():
        stand.control("faults", share=SHARE, seed=number, read_share=SHARE / 4, hold_s=0.005, late_s=LATE_S)
        figures[f"{key} faults"] = SHARE
    house.listen()
    house.order(ORDERS)
    killed = work_and_kill(house, Random(number))  # noqa: S311  moments to play again, no secret
    assert killed == KILLS
    faults = {issue["fault"] for found in house.truth().values() for issue in found}
    assert {"after", "cut", "late"} & faults, "too little went wrong"
    figures.update(seed=number, orders=ORDERS, killed=killed, simulated=house.told_time() - NOW)
    compare(house, ORDERS, figures)


@pytest.mark.timeout(1_500)
@pytest.mark.parametrize(
    "fault",
    [pytest.param(fault, marks=pytest.mark.full(minutes=0.5, gate=fault in GATE)) for fault in FAULTS],
)
def test_each_fault_alone_comes_to_one_issue_or_to_none(house: Faulty, figures: Figures, fault: str) -> None:
    for stand in house.stands.values():
        # Half of all requests, so that asking again often fails in the same way.
        stand.control("faults", shares={fault: 0.5}, seed=seed(), hold_s=0.001, late_s=LATE_S)
    house.listen()
    house.order(ALONE)
    house.work(NOW + AT_LAST)
    compare(house, ALONE, figures)


def work_and_kill(house: Faulty, chance: Random) -> int:
    """Work in processes that are killed, and in one that is not at last."""
    killed = 0
    while True:
        fatal = chance.randint(1, SPAN) if killed < KILLS else 0
        if work_in_child(lambda: house.work(NOW + AT_LAST), fatal) is not None:
            return killed
        killed += 1
        let_the_dead_go(house.url)


def compare(house: Faulty, orders: int, figures: Figures) -> None:
    """Everybody has one code or their value again; what came otherwise than asked for waits for a person."""
    issues, states = house.truth(), house.states()
    assert len(states) == orders
    assert set(issues) <= set(states), "nobody ordered what was issued"
    told_twice = [brief(found) for found in issues.values() if len(found) > 1]
    assert told_twice == []
    waits = house.for_persons()
    for ref, state in states.items():
        if ref in waits:
            assert state == "unknown"
            assert is_odd(issues, ref, waits[ref]), (ref, issues[ref])
        else:
            assert state == ("fulfilled" if ref in issues else "failed"), (ref, state, issues.get(ref))
    wrong = {ref for ref, found in issues.items() if found[0]["amount"] != found[0]["asked"]}
    assert wrong == {ref for ref, why in waits.items() if why == "wrong_amount"}
    assert house.two_codes() == []
    told = Counter(states.values())
    where = house.accounted()
    assert where["issued"] == orders * FACE.amount_minor == where["spent"] + where["left"]
    assert where["spent"] == told["fulfilled"] * FACE.amount_minor
    assert where["held"] == len(waits) * FACE.amount_minor
    unsure = house.unsure()
    figures.update(dict(told), waits=len(waits), longest_unknown=unsure[0][0] if unsure else timedelta())
    assert [one for one in unsure if one[0] > UNKNOWN_MAX] == []


def brief(issues: list[dict[str, Any]]) -> list[str]:
    """Issues of one order in few words."""
    told = ("supplier", "key", "fault", "at_ms", "requests")
    return [" ".join(str(one[name]) for name in told) for one in issues]


def is_odd(issues: Mapping[str, list[dict[str, Any]]], ref: str, why: str) -> bool:
    """Whether a person has reason to look: another amount, or a code that another order has too."""
    (issue,) = issues[ref]
    if why == "wrong_amount":
        return bool(issue["amount"] != issue["asked"])
    others = {
        code for other, found in issues.items() if other != ref for one in found for code in one["codes"]
    }
    return why == "code_twice" and not others.isdisjoint(issue["codes"])


def test_the_breaker_opens_after_five_failures_and_the_other_delivers(house: Faulty) -> None:
    house.in_flight = 1
    house.stands[FIRST].control("faults", shares={"before": 1.0})
    house.order(12)
    house.work(NOW + STEP)
    failed = house.stands[FIRST].ask("GET", "/_control/counts").body
    asked = sum(count for name, count in failed.items() if name.startswith("status 5"))
    assert 1 <= asked <= FAILURES_MAX
    # Nothing was placed, and that is known as soon as the supplier answers again.
    house.stands[FIRST].control("faults", shares={})
    house.work(NOW + timedelta(minutes=15))
    assert set(house.states().values()) == {"fulfilled"}
    by = Counter(issue["supplier"] for found in house.truth().values() for issue in found)
    assert by.total() == 12
    assert by[SECOND] >= 6
