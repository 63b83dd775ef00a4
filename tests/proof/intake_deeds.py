"""Deeds on what came: quarantine settled and files taken, by keys and at the command line."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from tests.api.house import API as ROOT
from tests.api.house import ApiHouse
from tests.api.test_feeds import ROWS, feed
from tests.attacks.test_forged_forms import brought
from tests.proof.site import accepted

from guerdon.values.ids import show
from guerdon.web.routes import CONSOLE

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


def bringing_a_feed(site: Any) -> Callable[[], object]:
    house = site.api()
    key = house.make_key()
    return lambda: done(feed(house, "cards", key=key).status)


def settling_a_feed(deed: str) -> Ready:
    def ready(site: Any) -> Callable[[], object]:
        house = site.api()
        there, key = f"/catalog/syncs/{feed(house, 'cards', wait='yes').body['id']}/{deed}", house.make_key()
        return lambda: done(house.post(there, key=key).status)

    return ready


def importing(site: Any) -> Callable[[], object]:
    site.api()
    return lambda: site.command("catalog", "import", site.file(ROWS.decode()), "--feed", "cards")


def typing_over_a_feed(deed: str) -> Ready:
    def ready(site: Any) -> Callable[[], object]:
        sync = feed(site.api(), "cards", wait="yes").body["id"]
        return lambda: site.command("catalog", deed, sync)

    return ready


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


def trying_a_file(site: Any) -> Callable[[], object]:
    opa = site.doors().visitor("opa")
    file = SimpleUploadedFile("crm.csv", b"external_source,external_id,market\ncrm,1,XX\n", "text/csv")
    return lambda: accepted(opa.send("imports", act="try", kind="members", file=file).status_code)


def putting_away(site: Any) -> Callable[[], object]:
    doors = site.doors()
    there, opa = f"imports/{brought(doors.house)}", doors.visitor("opa")
    return lambda: accepted(opa.send(there, act="drop").status_code)


ROUTES: dict[str, tuple[Ready, list[str]]] = {
    CONSOLE + "imports": (trying_a_file, ["import.tried"]),
    CONSOLE + "imports/<slug:run>": (putting_away, ["import.dropped"]),
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
    API + "catalog/feeds/<feed>/syncs": (bringing_a_feed, ["catalog.applied"]),
    API + "catalog/syncs/<sync>/accept": (settling_a_feed("accept"), ["catalog.applied"]),
    API + "catalog/syncs/<sync>/drop": (settling_a_feed("drop"), ["catalog.dropped"]),
}
COMMANDS: dict[str, tuple[Ready, list[str]]] = {
    "drop": (taking, ["drop.taken"]),
    "catalog import": (importing, ["catalog.applied"]),
    "catalog accept": (typing_over_a_feed("accept"), ["catalog.applied"]),
    "catalog drop": (typing_over_a_feed("drop"), ["catalog.dropped"]),
    "quarantine retry": (typing("quarantine", "retry", "{parked}"), ["quarantine.retried"]),
    "quarantine put-away": (
        typing("quarantine", "put-away", "{parked}", "--why", "Theirs"),
        ["quarantine.put_away"],
    ),
}
READING = {
    *("drops", "catalog feeds", "quarantine list", "quarantine show", "client"),
    # What a restored database is told again stands in its audit by the certificates of then.
    *("privacy certificate", "privacy replay", "pictures"),
}
REHEARSING = {
    API + "drops/<name>/rehearse": "says what would come of a file, and keeps nothing (tests/drops)",
}
