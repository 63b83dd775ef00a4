"""What staff do for orders, codes and suppliers, and what a member does for a place; the audit tells each."""

from tests.orders.counter import ITEM
from tests.orders.office import POOLED, Office, opened_office
from tests.proof.site import Deed, Site, accepted

from guerdon.engine.orders.lanes.breaker import shut
from guerdon.store.orders.lanes import lock_lane, settle_lane
from guerdon.values.clock import utc_now

CONSOLE = "console/<slug:key>/"


def office(site: Site) -> Office:
    return site.stack.enter_context(opened_office(site.url, site.secret, site.home))


def delivering(site: Site) -> Deed:
    here = office(site)
    _, there = here.ordered()
    rita = here.visitor("rita")
    accepted(rita.send(there, act="take").status_code)
    return lambda: accepted(rita.send(there, act="deliver", code="A-CODE", reason="by hand").status_code)


def marking(site: Site) -> Deed:
    rita = office(site).visitor("rita")
    return lambda: accepted(rita.send("pools", act="mark", item=POOLED, low="5").status_code)


def reopening(site: Site) -> Deed:
    here = office(site)
    here.ordered(ITEM)
    here.here.work()
    house, rita = here.here.house, here.visitor("rita")
    with house.working() as tx:
        settle_lane(tx, house.program_id, shut(lock_lane(tx, house.program_id, "giftly"), utc_now(), "key"))
    return lambda: accepted(
        rita.send("suppliers", act="reopen", supplier="giftly", reason="a new key").status_code
    )


ROUTES = {
    CONSOLE + "orders/<slug:order>": (delivering, ["order.fulfilled", "order.delivered"]),
    CONSOLE + "pools": (marking, ["pool.marked"]),
    CONSOLE + "suppliers": (reopening, ["supplier.reopened"]),
}
ELSEWHERE = {
    r"\Ar/(?P<token>[^/]*)/wait\Z": "a turn for a place, and nothing of value (tests/orders/test_waiting.py)"
}
