"""T-22: a decision is a function of its event, the version, the facts of then and the clock that was given.

So a program's whole life is decided again from its events, by whoever audits it, and every byte comes out as
it was stored; and what was told a second program of the same text came to the same there.
"""

import ast
import copy
import random
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.engine.harbor_house import Deed, HarborHouse, deed, later
from tests.evidence import Figures, scaled
from tests.replay.replaying import differences, read_life
from tests.rules.harbor import HARBOR

from guerdon.engine.process import process
from guerdon.engine.publish import publish
from guerdon.ledger.effects import encode_decision
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.rules.decide import decide
from guerdon.store.database import connect

DECISIONS = scaled(500, 5_000)
PHASES = 5
RICH = ("amounts: { DE: 1000.00, NO: 100.00 }", "amounts: { DE: 20000.00, NO: 100.00 }")
# Version two gives other amounts; its limits and budgets are the same.
OTHERWISE = (("value: 60 CAP", "value: 35 CAP"), ('rate: "0.05"', 'rate: "0.10"'))
PURE = ("rules", "ledger", "expressions")
SOURCES = Path(__file__).resolve().parents[2] / "src" / "guerdon"


@pytest.fixture
def house(database: str, secret: str) -> HarborHouse:
    """Give the harbor's house; each program's books are checked by the test."""
    return HarborHouse(database, secret)


def busy(chance: random.Random, members: list[str], number: int) -> list[Deed]:
    """Deeds of all kinds, about few enough orders, contracts and sellers that they meet."""
    told: list[Deed] = []
    for _ in range(number):
        who, hours = chance.choice(members), chance.uniform(-100, 0)
        order: dict[str, object] = {"order_no": f"{who}-{chance.randint(1, 12)}"}
        contract: dict[str, object] = {"contract": f"{who}-{chance.randint(1, 3)}"}
        share: dict[str, object] = {"refunded": chance.randint(1, 5), "total": 5}
        kinds: list[tuple[str, dict[str, object]]] = [
            ("order.placed", {**order, "amount": chance.randint(0, 9_000)}),
            ("order.placed", {**order, "amount": chance.randint(0, 9_000)}),
            ("order.returned", {**order, **share}),
            ("order.delivered", order),
            ("visit.done", {}),
            ("visit.undone", {}),
            ("gift.given", contract),
            ("gift.undone", contract),
            ("walk.done", {}),
            ("walk.undone", {}),
            ("sale.made", {"seller": f"s{chance.randint(1, 4)}"}),
        ]
        kind, data = chance.choice(kinds)
        told.append((who, kind, hours, data))
    return told


def spend_some(house: HarborHouse, chance: random.Random) -> int:
    """Some members spend what they have, so that what is taken back later becomes a debt; how many."""
    rich = house.rows(
        "select i.external_id, a.unit, a.posted - a.held from accounts a"
        " join member_ids i using (program_id, member_id) join programs p using (program_id)"
        " where a.unit in ('PTS', 'CAP') and a.posted > a.held order by 1, 2"
    )
    spenders = chance.sample(rich, min(len(rich), 6))
    for name, unit, free in spenders:
        assert isinstance(free, int)
        house.now += timedelta(seconds=1)
        house.spend(str(name), str(unit), chance.randint(1, free))
    return len(spenders)


def publish_again(house: HarborHouse, *changes: tuple[str, str]) -> None:
    """The next version of the house's program is live from now on."""
    text = HARBOR.read_text(encoding="utf-8")
    for old, new in (RICH, *changes):
        assert old in text, old
        text = text.replace(old, new)
    program = read_program(text, None, "harbor")
    assert isinstance(program, Program), program
    with connect(house.url, house.secret, "owner") as db:
        assert publish(db, program, "test", house.now).version == 2
    house.program = program


@pytest.mark.full(minutes=2, gate=True)
def test_a_programs_life_is_decided_again_and_every_byte_comes_out_as_it_was(
    house: HarborHouse, figures: Figures
) -> None:
    # Seeded by the run's own seed, which the runner prints.
    chance = random.Random(random.getrandbits(32))  # noqa: S311
    members = [f"m{n}" for n in range(max(DECISIONS // 60, 8))]
    house.open("harbor", RICH)
    house.join(*members)
    spent = 0
    for phase in range(PHASES):
        # The third walk within three hours waits for somebody's approval.
        walks = [deed(chance.choice(members), "walk.done", -1)] * 3
        house.call([*busy(chance, members, DECISIONS // PHASES), *walks], 50)
        house.work(at_most=chance.choice((7, 31, 100)))
        spent += spend_some(house, chance)
        later(house, minutes=5)
        if phase == PHASES // 2:
            publish_again(house, *OTHERWISE)
    house.check()
    again, wrong = differences(house)
    assert again == house.ids - spent
    assert wrong == []
    figures.update(decisions=again, outcomes=sorted(set(house.outcomes())))
    # A life in which little happened would prove little.
    assert {"earned", "refused", "reversed", "waiting", "held"} <= set(house.outcomes())
    assert house.count("select count(distinct version) from events") == 2


def test_the_same_telling_comes_to_the_same_in_a_second_program_of_the_same_text(house: HarborHouse) -> None:
    chance = random.Random(random.getrandbits(32))  # noqa: S311  the run's own seed
    members = [f"m{n}" for n in range(6)]
    deeds = busy(chance, members, 150)
    came_to = []
    for key in ("first", "second"):
        house.open(key, RICH)
        house.join(*members)
        house.ids = 0
        # However the worker cuts its batches.
        house.call(deeds)
        house.work(at_most=chance.choice((9, 40, 1_000)))
        effects = house.rows(
            "select e.external_id, e.type, e.outcome, e.decision::text from events e"
            " join programs p using (program_id) where p.key = (select key from programs"
            " order by program_id desc limit 1) order by e.external_id"
        )
        came_to.append(([_without_ids(row) for row in effects], house.ends()))
        house.check()
    assert came_to[0] == came_to[1]
    assert len(came_to[0][0]) == 150


def _without_ids(row: tuple[object, ...]) -> tuple[object, ...]:
    """A decision in which each id that we made stands as the place where it first appeared."""
    places: dict[object, int] = {}
    decision = msgspec.json.decode(str(row[3]))
    for effect in decision["effects"]:
        for name in ("id", "post", "reward", "request"):
            if effect.get(name) is not None:
                effect[name] = places.setdefault(effect[name], len(places))
    return (*row[:3], msgspec.json.encode(decision))


def test_deciding_twice_with_the_same_facts_gives_the_same_bytes(house: HarborHouse) -> None:
    house.open("harbor", RICH)
    house.join("ann", "bob")
    house.call(busy(random.Random(1), ["ann", "bob"], 80))  # noqa: S311  the same in every run
    house.work()
    replay, life = read_life(house)
    for stored in life:
        facts, playbook = copy.deepcopy(replay.facts), replay.playbooks[stored.version]
        facts.now = stored.decided_at
        first = encode_decision(decide(playbook, facts, stored.event, replay.standings[stored.member_id]))
        assert first == replay.decides(stored) == stored.decision


def test_each_event_is_decided_once_and_by_the_version_that_was_live(house: HarborHouse) -> None:
    chance = random.Random(random.getrandbits(32))  # noqa: S311  the run's own seed
    house.open("harbor", RICH)
    members = [f"m{n}" for n in range(10)]
    house.join(*members)
    house.call([deed(who, "visit.done", -24 * n) for n in range(10) for who in members], 50)
    # The version changes while two workers are in the middle of the inbox, and news of before it still come.
    with house.worker() as one, house.worker() as other:
        leases = [(each, each.lease()) for each in (one, other)]
        leases = [(each, each.lease()) for each, _ in leases]
        for turn in range(40):
            if turn == 9:
                publish_again(house, ("value: 60 CAP", "value: 3 CAP"), ("cap: 100 CAP", "cap: 100000 CAP"))
            told = [chance.choice(members) for _ in range(4)]
            house.call([deed(who, "visit.done", _hours(house, chance.uniform(-20, 1))) for who in told])
            if turn in (9, 10, 14):
                # At the very instant of the change, and as little before it as a clock can tell.
                at = _hours(house, -2 * (turn - 9))
                house.call([deed(told[0], "visit.done", at), deed(told[1], "visit.done", at - 1e-6 / 3600)])
            for each, lease in leases:
                process(each.db, each.library, lease, lambda: house.now, 5)
            later(house, seconds=2)
    house.work()
    ((changed,),) = house.rows("select live_from from program_versions where version = 2")
    assert house.count("select count(*) from inbox") == 0
    rows = house.rows("select external_id, version, least(happened_at, recorded_at) from events")
    assert len({name for name, _, _ in rows}) == len(rows) == 266
    assert [row for row in rows if row[1] != (1 if row[2] < changed else 2)] == []  # type: ignore[operator]
    assert {version for _, version, _ in rows} == {1, 2}
    late = house.rows("select count(*) from events where version = 1 and decided_at > happened_at")
    assert late != [(0,)]
    at_once = house.rows(
        "select distinct version from events e join program_versions v using (program_id, version)"
        " where e.happened_at = v.live_from and version = 2"
    )
    assert at_once == [(2,)]
    # And no reward of an event is that of the other version.
    given = house.rows(
        "select distinct e.version, r.value from rewards r"
        " join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id"
        " order by 1, 2"
    )
    assert {value for version, value in given if version == 2} == {3}
    assert 3 not in {value for version, value in given if version == 1}
    house.check()


def _hours(house: HarborHouse, seconds: float) -> float:
    """So many seconds from now, as deeds are told."""
    return (house.now - HarborHouse.now + timedelta(seconds=seconds)) / timedelta(hours=1)


def test_no_rule_can_read_a_clock_or_throw_dice() -> None:
    # Facts bring the time; a rule that asked anybody else would come out otherwise tomorrow.
    for path in sorted(each for folder in PURE for each in (SOURCES / folder).rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        imported = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
        imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        called = {
            node.func.attr
            for node in nodes
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not imported & {"time", "random", "secrets", "os", "uuid", "guerdon.values.clock"}, path
        assert not called & {"now", "utcnow", "today", "utc_now"}, path
