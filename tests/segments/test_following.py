"""Segments follow what happens: events, imports, time and publications, and nothing else."""

import json
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.engine.harbor_house import Deed, deed
from tests.engine.house import NOW
from tests.segments.house import SurfHouse

from guerdon.config import Settings, read_settings
from guerdon.values.clock import utc_now
from guerdon.worker import Worker

HOUR, DAY = 1.0, 24.0


def random_row(chance: random.Random, name: str) -> str:
    """A member of whom a fifth of all is missing."""

    def told(value: object) -> object:
        return value if chance.random() < 0.8 else ""

    market, location = chance.choice([("BR", "br-rio"), ("PT", "pt-ericeira")])
    joined = datetime(2026, 11, 21, tzinfo=UTC) - timedelta(days=chance.randint(-2, 400))
    seen = datetime(2026, 11, 21, 12, tzinfo=UTC) - timedelta(hours=chance.randint(-40, 600))
    cells = (
        *(name, market, told(location), told(chance.choice(["reef", "wave"])), told(chance.randint(-3, 9))),
        *(told(chance.choice(["true", "false"])), told(joined.date()), told(seen.isoformat())),
    )
    return ",".join(map(str, cells))


def random_deed(chance: random.Random, name: str, hours: float) -> Deed:
    at = hours - chance.choice([0, 0, 1, 30, 200, 700])
    number = str(chance.randint(1, 3))
    match chance.randint(0, 3):
        case 0:
            return deed(name, "board.bought", at, number=number, kind=chance.choice(["short", "long"]))
        case 1:
            return deed(name, "board.sold", at, number=number)
        case _:
            return deed(
                name,
                "wave.ridden",
                at,
                **({"meters": chance.randint(1, 90)} if chance.random() < 0.8 else {}),
            )


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_is_what_the_conditions_answer_at_every_moment(surf: SurfHouse, seed: int) -> None:
    """Random histories: after each step all is as Python says, and no recount finds anything."""
    chance = random.Random(seed)  # noqa: S311  a seed, not a secret
    names = [f"m{n}" for n in range(30)]
    surf.enroll_rows(*(random_row(chance, name) for name in names))
    began = surf.now
    for _ in range(12):
        hours = (surf.now - began).total_seconds() / 3600
        surf.tell_and_work(*(random_deed(chance, chance.choice(names), hours) for _ in range(20)))
        if chance.random() < 0.5:
            surf.enroll_rows(*(random_row(chance, name) for name in chance.sample(names, 3)))
        surf.follow()
        assert surf.kept() == surf.meant()
        surf.pass_time(hours=chance.choice([0.5, 3, 9, 24, 24 * 9, 24 * 40]), minutes=chance.randint(0, 59))
        surf.follow()
        assert surf.kept() == surf.meant()
    recounted = surf.rows("select detail->>'found' from audit where action = 'segments.recounted'")
    assert recounted
    assert {n for (said,) in recounted for n in json.loads(str(said)).values()} == {0}


def test_membership_follows_an_event_within_two_seconds(database: str, secret: str, tmp_path: Path) -> None:
    """The worker itself, by the clock on the wall."""
    house = SurfHouse(database, secret, now=utc_now())
    house.begin()
    house.enroll_rows("ada,BR,br-rio,,,,,")
    settings = read_settings(
        {"DATABASE_URL": database, "GUERDON_SECRET": secret, "GUERDON_HOME": str(tmp_path)}
    )
    assert isinstance(settings, Settings)
    worker = Worker(settings, "segments")
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        house.await_true("select exists (select from segments) and every(pass is null) from segments")
        hours = (utc_now() - NOW).total_seconds() / 3600
        house.call([deed("ada", "wave.ridden", hours, meters=5)])
        house.now = utc_now()
        house.work()
        began = time.monotonic()
        house.await_true("select exists (select from segment_members where segment = 'ever')")
        assert time.monotonic() - began < 2
    finally:
        worker.stop()
        thread.join()
    house.now = utc_now()
    house.check()


def test_they_follow_a_kind_of_holding_that_is_declared_otherwise(surf: SurfHouse) -> None:
    surf.enroll_rows("ann,BR,br-rio,,,,,")
    surf.tell_and_work(
        deed("ann", "board.bought", -5, number="1", kind="short"), deed("ann", "board.sold", -4, number="1")
    )
    surf.follow()
    assert "owner" not in surf.kept()
    surf.pass_time(hours=1)
    # The same words, and nothing is told: but who sold a board has it still.
    surf.begin(("    until: { event: board.sold, key: number }\n", ""))
    surf.follow()
    assert surf.kept() == surf.meant()
    assert surf.kept()["owner"] == {"ann"}
