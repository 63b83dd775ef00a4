"""T-09: what members have in the end depends on what happened, not on the order or number of tellings.

Each sequence is a member of its own: orders with returns and deliveries, told doubled, shuffled, the return
first, a month late, with gaps, and with ids that were used for something else before. The canonical telling
is a second program.
"""

import random
from datetime import timedelta

import pytest
from tests.engine.harbor_house import HarborHouse, later
from tests.evidence import scaled

Told = dict[str, object]
PHASES = 3
RICH = (("amounts: { DE: 1000.00, NO: 100.00 }", "amounts: { DE: 90000000.00, NO: 100.00 }"),)


@pytest.fixture
def house(database: str, secret: str) -> HarborHouse:
    """Give the harbor's house; each program's books are checked by the test."""
    return HarborHouse(database, secret)


def happened(chance: random.Random, who: str) -> list[Told]:
    """What happened to a member, in the order in which it did; some orders were never told of."""
    told: list[Told] = []
    for number in range(chance.randint(1, 3)):
        placed = chance.uniform(-900, -500)
        about: Told = {"order_no": f"{who}-{number}"}
        if chance.random() < 0.9:
            told.append(_event(who, "order.placed", placed, {**about, "amount": chance.randint(0, 9_000)}))
        for _ in range(chance.choice((0, 1, 1, 2))):
            share = {"refunded": chance.randint(1, 5), "total": 5}
            told.append(_event(who, "order.returned", placed + chance.uniform(1, 90), {**about, **share}))
        if chance.random() < 0.5:
            told.append(_event(who, "order.delivered", placed + chance.uniform(1, 90), about))
    told.sort(key=lambda event: str(event["time"]))
    return [{**event, "id": f"{who}.{n}"} for n, event in enumerate(told)]


def _event(who: str, kind: str, hours: float, data: Told) -> Told:
    at = (HarborHouse.now + _hours(hours)).isoformat()
    return {
        "source": "shop",
        "specversion": "1.0",
        "type": kind,
        "subject": f"crm:{who}",
        "time": at,
        "data": data,
    }


def _hours(hours: float) -> timedelta:
    return timedelta(hours=hours)


def scrambled(chance: random.Random, events: list[Told]) -> list[list[Told]]:
    """The same, one to five times each, in any order, some months later; at the end ids are used again."""
    phases: list[list[Told]] = [[] for _ in range(PHASES)]
    for event in events:
        first = chance.randrange(PHASES)
        phases[first].append(event)
        for _ in range(chance.randint(0, 4)):
            phases[chance.randrange(first, PHASES)].append(event)
        if chance.random() < 0.1:
            data = event["data"]
            assert isinstance(data, dict)
            other = {**event, "data": {**data, "order_no": "stolen"}}
            phases.append([other])
    for phase in phases[:PHASES]:
        chance.shuffle(phase)
    return phases


def _merged(parts: list[list[list[Told]]]) -> list[list[Told]]:
    most = max(len(phases) for phases in parts)
    return [[event for phases in parts if n < len(phases) for event in phases[n]] for n in range(most)]


@pytest.mark.full(minutes=4, gate=True)
def test_the_order_of_telling_changes_nothing(house: HarborHouse) -> None:
    # Seeded by the run's own seed, which the runner prints.
    chance = random.Random(random.getrandbits(32))  # noqa: S311
    members = [f"m{n}" for n in range(scaled(500, 10_000))]
    stories = {who: happened(chance, who) for who in members}

    house.open("canonical", *RICH)
    house.join(*members)
    house.call_events([event for events in stories.values() for event in events], 100)
    house.work()
    later(house, days=90)
    expected = house.ends()
    house.check()

    house.now, house.program_id = HarborHouse.now, 0
    house.open("scrambled", *RICH)
    house.join(*members)
    phases = _merged([scrambled(chance, events) for events in stories.values()])
    for phase in phases:
        house.call_events(phase, 100)
        house.work(at_most=chance.choice((37, 200, 1_000)))
        later(house, days=30)
    assert house.ends() == expected
    house.check()

    reused = sum(len(phase) for phase in phases[PHASES:])
    set_apart = house.rows(
        "select count(*) from quarantine join programs using (program_id)"
        " where reason = 'reused_id' and programs.key = 'scrambled'"
    )
    assert set_apart == [(reused,)]
