"""From what a supplier lists to what a member has of it: read in, seen by a person, chosen, delivered."""

from contextlib import closing
from threading import Event

import pytest
from tests.orders.counter import Counter
from tests.redeem.house import NOW, opened_house
from tests.standins.suppliers import start, stop
from tests.suppliers.test_against_standins import account_of

from guerdon.engine.catalog.applying import accept_sync
from guerdon.engine.catalog.rounds import Rounds, read_due
from guerdon.store.catalog.feeds import SyncRow, list_syncs
from guerdon.store.database import connect
from guerdon.values.money import Money


@pytest.mark.parametrize(
    ("kind", "item", "found", "elsewhere"),
    [("tremendous", "cards:gruenerkorb1", 3, 3), ("runa", "cards:korb-de", 3, 2)],
)
def test_what_a_supplier_lists_is_chosen_and_delivered_by_it(
    database: str, secret: str, kind: str, item: str, found: int, elsewhere: int
) -> None:
    stand = start(kind)
    try:
        stand.control("clock", at=NOW.isoformat())
        with opened_house(database, secret) as house:
            account = account_of(kind, stand)
            here = Counter(house, {"cards": account}, catalog=house.program.catalog)  # type: ignore[dict-item]
            rounds = Rounds(here.desk.open_account, here.desk.library, lambda: here.now, Event())
            with closing(connect(house.url, house.secret, "worker")) as db:
                assert read_due(db, rounds, house.program_id) == 1
            with house.opens(None)() as tx:
                (sync,) = list_syncs(tx, house.program_id, "cards", 9)
                assert (sync.state, sync.why, sync.counts.wrong) == ("staged", "preview", 0)
                assert (sync.counts.found, sync.counts.elsewhere) == (found, elsewhere)
                assert isinstance(accept_sync(tx, house.program_id, sync.id, "per_1", here.now), SyncRow)
            # This worker has no way to their pictures, and asks for none: test_pictures.py has one that does.
            assert house.rows("select count(*), count(image) from catalog_items where feed = 'cards'") == [
                (found, 0)
            ]
            assert house.rows("select from catalog_images") == []
            order = here.ordered(value=Money(25_00, "EUR"), item=item)
            here.work_on(minutes=2)
            had = here.order(order)
            (issue,) = stand.ask("GET", "/_control/ledger").body["issues"]
            assert (had.state, had.supplier) == ("fulfilled", "cards")
            assert [each.text for each in had.handed] == issue["codes"]
            assert (issue["amount"], issue["currency"]) == ("25.00", "EUR")
    finally:
        assert stop(stand) == 0
