"""Statements as the stand-ins of both suppliers tell them, against orders that were really placed there."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any, cast

import pytest
from tests.orders.counter import ITEM, Counter
from tests.redeem.house import opened_house
from tests.standins.suppliers import start, stop
from tests.suppliers.test_against_standins import SKUS, Meeting, account_of

from guerdon.cli.suppliers.listing import balance_said
from guerdon.engine.orders.port import Canceled, Placed
from guerdon.engine.reconciling.taking import Taken, ask_statement
from guerdon.ledger.effects import Hold
from guerdon.queries.reconciling.standing import Sifting, list_differences
from guerdon.store.database import connect
from guerdon.store.orders.reconciling.statements import Wanted
from guerdon.values.money import Money

FACE = 2_500


@pytest.fixture(params=["tremendous", "runa"])
def meeting(request: pytest.FixtureRequest) -> Iterator[Meeting]:
    stand = start(request.param)
    stand.reset()
    yield Meeting(request.param, stand, account_of(request.param, stand))
    assert stop(stand) == 0


def test_what_they_tell_is_compared(meeting: Meeting, database: str, secret: str) -> None:
    house = opened_house(database, secret).__enter__()
    here = Counter(house, cast("Any", {"cards": meeting.supplier}), now=meeting.now)
    here.shelve(denominations=(FACE,))
    with house.working() as tx:
        tx.execute("update catalog_offers set sku = %s", (SKUS[meeting.kind],))
    for member in (7, 8):
        house.enroll(member)
        reward = house.reward(member, value=Money(FACE, "EUR"), at=here.now)
        here.tell(member)
        assert isinstance(here.choose(member, reward, ITEM), Hold)
        here.work(1)
        meeting.stand.control("clock", advance_s=60)
        here.now = meeting.now
    delivered = sorted(
        str(their_id)
        for (their_id,) in house.rows("select their_id from supplier_attempts where state = 'done'")
    )
    assert len(delivered) == 2
    assert compared(here, meeting).found == 0
    said, can_be_asked = balance_said(meeting.supplier)
    assert can_be_asked
    # Runa's stand-in has several currencies, which are no one balance.
    assert said.endswith(" USD left") if meeting.kind == "tremendous" else said == "tells no balance"
    assert balance_said(None) == ("cannot be asked: its key is not set here", False)
    _, strange = meeting.ask()
    assert isinstance(strange, Placed)
    planted = {("not_with_us", strange.their_id)}
    if meeting.supplier.abilities.cancels:
        void = delivered[0]
        assert isinstance(meeting.supplier.cancel(void), Canceled)
        planted.add(("undelivered", void))
    taken = compared(here, meeting)
    assert taken.lines == 3
    with house.opens(None)() as tx:
        found = {(each.kind, each.subject) for each in list_differences(tx, Sifting(), 10)}
    assert found == planted


def compared(here: Counter, meeting: Meeting) -> Taken:
    """Two hours later their statement is asked for."""
    meeting.stand.control("clock", advance_s=7_200)
    now = meeting.now
    since = now - timedelta(hours=9)
    wanted = Wanted(here.house.program_id, "cards", "asked", since, now, "per_f", now)
    with closing(connect(here.house.url, here.house.secret, "worker")) as db:
        return ask_statement(db, meeting.supplier, wanted, lambda: now)
