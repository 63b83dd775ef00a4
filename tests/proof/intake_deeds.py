"""Deeds on what came: quarantine settled and files taken, by keys and at the command line."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.api.house import API as ROOT
from tests.api.house import ApiHouse

from guerdon.values.ids import show

Ready = Callable[[Any], Callable[[], object]]
API = "api/v1/"
TRIP = b'{"trip": "t-1", "customer": "ada", "at": "2026-05-04T09:30:00Z", "amount": 5}\n'


def parked(house: ApiHouse) -> str:
    """An event set apart as if nobody had accepted it; its id."""
    house.inner.keep("ben", "trip.booked", number=f"parked-{uuid4()}", amount=1)
    with house.inner.web() as tx:
        row = tx.execute(
            "insert into quarantine (program_id, connection, reason, detail, delivery_id, position,"
            " recorded_at) select program_id, connection, 'no_longer_fits', 'x', id, 0, recorded_at"
            " from deliveries order by id desc limit 1 returning id"
        ).fetchone()
    assert row is not None
    return show("qrt", row[0])


def settling(path: str, **body: object) -> Ready:
    def ready(site: Any) -> Callable[[], object]:
        house = site.api()
        there, key = f"/quarantine/{path.format(parked=parked(house))}", house.make_key()
        return lambda: done(house.post(there, body or None, key=key).status)

    return ready


def posting_a_file(site: Any) -> Callable[[], object]:
    house = site.api()
    key = house.make_key()
    said = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/octet-stream"}
    return lambda: done(house.ask("POST", f"{ROOT}/drops/trips", TRIP, key=key, headers=said).status)


def typing(*words: str) -> Ready:
    def ready(site: Any) -> Callable[[], object]:
        number = parked(site.api())
        return lambda: site.command(*(word.format(parked=number) for word in words))

    return ready


def taking(site: Any) -> Callable[[], object]:
    site.api()
    return lambda: site.command("drop", site.file(TRIP.decode()), "--mapping", "trips")


def done(status: int) -> None:
    assert status == 200, status


ROUTES: dict[str, tuple[Ready, list[str]]] = {
    API + "quarantine/retry": (settling("retry", reason="no_longer_fits"), ["quarantine.retried"]),
    API + "quarantine/put-away": (
        settling("put-away", reason="no_longer_fits", why="Theirs"),
        ["quarantine.put_away"],
    ),
    API + "quarantine/<parked>/retry": (settling("{parked}/retry"), ["quarantine.retried"]),
    API + "quarantine/<parked>/put-away": (
        settling("{parked}/put-away", why="Theirs"),
        ["quarantine.put_away"],
    ),
    API + "drops/<name>": (posting_a_file, ["drop.taken"]),
}
COMMANDS: dict[str, tuple[Ready, list[str]]] = {
    "drop": (taking, ["drop.taken"]),
    "quarantine retry": (typing("quarantine", "retry", "{parked}"), ["quarantine.retried"]),
    "quarantine put-away": (
        typing("quarantine", "put-away", "{parked}", "--why", "Theirs"),
        ["quarantine.put_away"],
    ),
}
READING = {"drops", "quarantine list", "quarantine show", "client"}
REHEARSING = {
    API + "drops/<name>/rehearse": "says what would come of a file, and keeps nothing (tests/drops)"
}
