"""The one that writes for the doors: it answers everybody, and nothing that one of them sends ends it."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from tests.web.intake.house import House, change, furnished, packed

from guerdon.config import Settings, read_settings
from guerdon.connectors.hubspot.payload import read_arrivals
from guerdon.engine.arrivals import Arrival, Unusable
from guerdon.engine.intake import Delivery, Kept
from guerdon.web.intake.writer import EVENTS_MAX, WAITING_MAX, Busy, Writer
from guerdon.web.rooms import Room

ONE = Kept(1, 0, 0)


@pytest.fixture
def furnished_house(database: str, secret: str, tmp_path: Path) -> House:
    """Return a furnished house with no process running."""
    return furnished(database, secret, tmp_path)


@pytest.fixture
def writer(furnished_house: House) -> Iterator[Writer]:
    """Give a writer at work."""
    settings = read_settings(furnished_house.environment)
    assert isinstance(settings, Settings)
    room = Room(settings)
    made = Writer(room)
    yield made
    made.close()
    room.connections.close()


def good() -> Delivery:
    body = packed(change())
    read = read_arrivals(body)
    assert not isinstance(read, Unusable)
    return Delivery("hubspot_eu", body, read)


def several(events: int) -> Delivery:
    body = packed(*(change() for _ in range(events)))
    read = read_arrivals(body)
    assert not isinstance(read, Unusable)
    return Delivery("hubspot_eu", body, read)


def spoiled() -> Delivery:
    """A request that no statement takes: its hash fits no number of the database's."""
    return Delivery("hubspot_eu", b"[]", [Arrival(0, "0" * 32, 2**70, 0, "x")])


def hopeless() -> Delivery:
    """A request that cannot even be set apart: its connection's name fits no text."""
    return Delivery("hubspot\0eu", b"[]", [Arrival(0, "0" * 32, 1, 0, "x")])


def keep_all(writer: Writer, house: House, *deliveries: Delivery) -> list[Kept | BaseException]:
    async def ask() -> list[Kept | BaseException]:
        asked = [writer.keep(house.program_id, delivery) for delivery in deliveries]
        return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(ask())


def test_a_request_that_spoils_the_commit_is_set_apart_and_the_others_stand(
    writer: Writer, furnished_house: House
) -> None:
    told = keep_all(writer, furnished_house, good(), spoiled(), good())
    assert told == [ONE, Kept(0, 0, 1), ONE]
    found = furnished_house.quarantined()
    assert [row[1] for row in found] == ["not_kept"]
    assert "NumericValueOutOfRange" in found[0][2]
    assert furnished_house.decide() == 2
    furnished_house.check_nothing_lost()


def test_a_request_that_cannot_be_kept_at_all_is_told_so_and_the_next_one_is_kept(
    writer: Writer, furnished_house: House
) -> None:
    told = keep_all(writer, furnished_house, hopeless(), good(), hopeless())
    assert [type(t) for t in told] == [Busy, Kept, Busy]
    assert keep_all(writer, furnished_house, good()) == [ONE]


def test_when_too_many_wait_the_next_are_told_to_come_again(writer: Writer, furnished_house: House) -> None:
    many = [good() for _ in range(WAITING_MAX + 60)]

    async def ask() -> list[Kept | BaseException]:
        with closing(psycopg.connect(furnished_house.url, options="-c search_path=guerdon")) as other:
            other.execute("lock table event_keys")
            asked = [asyncio.create_task(writer.keep(furnished_house.program_id, d)) for d in many]
            # The last ones are turned away while the first still wait.
            await asyncio.wait(asked[-1:])
        return await asyncio.gather(*asked, return_exceptions=True)

    told = asyncio.run(ask())
    assert {type(t) for t in told} == {Kept, Busy}
    assert WAITING_MAX < sum(t == ONE for t in told) < len(many)
    assert furnished_house.rows("select count(*) from inbox") == [(sum(t == ONE for t in told),)]


def test_one_event_does_not_wait_for_a_flood(writer: Writer, furnished_house: House) -> None:
    flood = [several(100) for _ in range(30)]

    async def ask() -> list[Kept]:
        with closing(psycopg.connect(furnished_house.url, options="-c search_path=guerdon")) as other:
            other.execute("lock table event_keys")
            asked = [asyncio.create_task(writer.keep(furnished_house.program_id, d)) for d in flood]
            last = asyncio.create_task(writer.keep(furnished_house.program_id, good()))
            # All of it stands at the door.
            await asyncio.sleep(0)
        assert await last == ONE
        assert sum(task.done() for task in asked) <= 2 * EVENTS_MAX / 100
        return await asyncio.gather(*asked)

    assert asyncio.run(ask()) == [Kept(100, 0, 0)] * 30
    assert furnished_house.rows("select count(*) from inbox") == [(3_001,)]
    # No commit of them was larger than is said.
    most = furnished_house.rows(
        "select max(n) from (select count(*) as n from inbox group by recorded_at) commits"
    )
    assert most == [(EVENTS_MAX,)]


def test_what_still_waits_is_written_before_the_writer_stops(furnished_house: House) -> None:
    settings = read_settings(furnished_house.environment)
    assert isinstance(settings, Settings)
    room = Room(settings)
    writer = Writer(room)

    async def ask() -> list[Kept]:
        asked = [asyncio.create_task(writer.keep(furnished_house.program_id, good())) for _ in range(50)]
        await asyncio.sleep(0)
        writer.close()
        return await asyncio.gather(*asked)

    assert asyncio.run(ask()) == [ONE] * 50
    room.connections.close()
    assert furnished_house.rows("select count(*) from inbox") == [(50,)]
