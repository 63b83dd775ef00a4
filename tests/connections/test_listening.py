"""The journal as a second source: with webhooks it tells everything once, wherever its reader is killed."""

import os
import signal
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from tests.connections.house import KEY, PORTAL, House
from tests.standins.house import Stand

from guerdon.connectors.hubspot.payload import read_arrivals
from guerdon.engine import intake
from guerdon.engine.arrivals import Unusable
from guerdon.engine.bodies import open_body
from guerdon.engine.crm import journal
from guerdon.engine.crm.journal import QUIET_S, TROUBLE_S, Listener
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.store.crm.accounts import Granted
from guerdon.store.database import connect
from guerdon.values.clock import utc_now

EVENTS = "select count(*) from events where external_id ^@ '4242-'"


@pytest.fixture
def listening(house: House, hubspot: Stand, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """A connected house; its journal holds what happens to contacts from now on."""
    monkeypatch.setattr(journal, "BEGIN_AFTER", timedelta(seconds=-60))
    house.connect(Granted("token", hubspot.token, PORTAL))
    # What the journal is to hold is asked for with the first question.
    listen(house)
    return hubspot


def listen(house: House, until: Callable[[], bool] = lambda: False) -> list[float]:
    """Read until nothing is newer; how long each page leaves the journal alone."""
    listener = Listener(house.library(), house.hubspot.open, house.clock)
    waits: list[float] = []
    with connect(house.url, house.secret, "worker") as db:
        while not waits or (waits[-1] == 0 and not until()):
            waits.append(listener.read(db, house.program_id, KEY))
    return waits


def customers(hubspot: Stand, n: int) -> list[str]:
    """Contacts who become customers."""
    ids = hubspot.add("contacts", *({"country": "Germany"} for _ in range(n)))
    for each in ids:
        hubspot.control("PATCH", f"/records/contacts/{each}", {"properties": {"lifecyclestage": "customer"}})
    return ids


def enroll(house: House, ids: Sequence[str]) -> None:
    with house.opened("worker") as tx:
        for each in ids:
            tx.execute(
                "insert into member_ids (program_id, source, external_id, member_id)"
                " values (%s, 'crm', %s, 7)",
                (house.program_id, each),
            )


def test_what_webhooks_and_the_journal_tell_counts_once(house: House, listening: Stand) -> None:
    ids = customers(listening, 3)
    enroll(house, ids)
    assert listen(house)[-1] == QUIET_S
    house.decide()
    assert house.rows(EVENTS) == [(3,)]
    before = house.rows("select position from crm_cursors")
    # The same by webhooks, as HubSpot sends it, after and once more.
    (body,) = journaled(house)
    for number in (1, 2):
        tell(house, body.replace(b'"subscriptionId":0', b'"subscriptionId":%d' % number))
    house.decide()
    assert house.rows(EVENTS) == [(3,)]
    assert listen(house) == [QUIET_S]
    assert house.rows("select position from crm_cursors") == before


def journaled(house: House) -> list[bytes]:
    """The bodies that were kept."""
    rows = house.rows("select body from deliveries where connection = %s", KEY)
    kept = [row[0] for row in rows if isinstance(row[0], bytes)]
    return [open_body(house.vault, house.program_id, KEY, body) for body in kept]


def tell(house: House, body: bytes) -> None:
    read = read_arrivals(body)
    assert not isinstance(read, Unusable)
    with connect(house.url, house.secret, "web") as db:
        keep_deliveries(db, house.vault, house.program_id, [Delivery(KEY, body, read)], utc_now())


def test_a_reader_that_is_killed_anywhere_loses_nothing_and_doubles_nothing(
    house: House, listening: Stand
) -> None:
    ids = []
    for _ in range(4):
        ids += customers(listening, 5)
        # Looking closes what is written to, so each is a file of its own.
        listening.ask("GET", "/webhooks-journal/journal/2026-03/latest", token=listening.journal_token())
    enroll(house, ids)
    for point in ("before", "within", "after"):
        child = os.fork()
        if child == 0:
            _die(house, point)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL, point
    listen(house)
    house.decide()
    assert house.rows(EVENTS) == [(20,)]
    assert house.rows("select count(distinct external_id) from events where external_id ^@ '4242-'") == [
        (20,)
    ]


def _die(house: House, point: str) -> None:
    """Read a page, and be killed before, within or after its commit."""
    listener = Listener(house.library(), house.hubspot.open, house.clock)
    kept = intake.keep_sealed

    def killed(*given: Any) -> None:
        if point == "within":
            kept(*given)
        os.kill(os.getpid(), signal.SIGKILL)

    try:
        if point != "after":
            vars(journal)["keep_sealed"] = killed
        with connect(house.url, house.secret, "worker") as db:
            listener.read(db, house.program_id, KEY)
    finally:
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_place_that_is_gone_is_said_and_the_journal_goes_on_from_what_there_is(
    house: House, listening: Stand
) -> None:
    customers(listening, 1)
    listen(house)
    listening.control("POST", "/clock", {"advance_s": 4 * 86_400})
    ids = customers(listening, 2)
    # The token of the app ended as well: the first question finds that out.
    listen(house)
    listen(house)
    ((missed,),) = house.rows("select missed_at is not null from crm_cursors")
    assert missed is True
    enroll(house, ids)
    house.decide()


def test_what_is_wrong_with_it_is_kept_and_forgotten_when_it_answers(house: House, listening: Stand) -> None:
    listening.control("POST", "/faults", {"next": ["before"]})
    assert listen(house)[-1] > 0
    assert house.rows("select trouble from crm_cursors") == [("trouble",)]
    assert listen(house) == [QUIET_S]
    assert house.rows("select trouble, heard_at is not null from crm_cursors") == [("", True)]
    listening.control("POST", "/revoke", {"token": listening.token})
    house.ahead = timedelta(hours=2)
    assert listen(house) == [TROUBLE_S]
    assert house.rows("select trouble from crm_cursors") == [("revoked",)]


def test_what_happened_before_the_journal_was_read_is_left_to_webhooks(house: House, hubspot: Stand) -> None:
    house.connect(Granted("token", hubspot.token, PORTAL))
    listen(house)
    # What happened within the first seconds may have been decided by a version without a journal.
    customers(hubspot, 2)
    listen(house)
    assert house.rows("select count(*) from deliveries") == [(0,)]
    assert house.rows("select position is not null from crm_cursors") == [(True,)]
