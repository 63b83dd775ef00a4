"""Deeds on feeds: one is sent by the console's form and read, and somebody accepts what waited."""

from tests.approvals.doors import Doors, opened_doors
from tests.catalog.shelves import ROWS, opened_house, sent, where
from tests.proof.site import Deed, Site, accepted

from guerdon.engine.catalog.checking import item_id
from guerdon.values.ids import show

CONSOLE = "console/<slug:key>/"


def shelved(site: Site) -> Doors:
    """The console of a house with a catalog."""
    house = opened_house(site.url, site.secret)
    return site.stack.enter_context(opened_doors(house, site.home))


def sending(site: Site) -> Deed:
    olga = shelved(site).visitor("olga")
    return lambda: accepted(sent(olga, "shelf", ROWS).status_code)


def accepting(site: Site) -> Deed:
    olga = shelved(site).visitor("olga")
    there = where(sent(olga, "shelf", ROWS, wait="yes"))
    return lambda: accepted(olga.send(there, act="accept").status_code)


def hiding(site: Site) -> Deed:
    doors = shelved(site)
    olga, there = doors.visitor("olga"), f"catalog/{show('itm', item_id(doors.house.program_id, 'cake'))}"
    return lambda: accepted(olga.send(there, act="hide", reason="It is stale").status_code)


def bringing_old_vouchers(site: Site) -> Deed:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    olga = shelved(site).visitor("olga")
    file = SimpleUploadedFile("old.csv", b"requested_on,delivered_on\n2026-01-02,2026-01-09\n")
    return lambda: accepted(olga.send("delivery/before", act="bring", file=file).status_code)


ROUTES = {
    CONSOLE + "delivery/before": (bringing_old_vouchers, ["vouchers.imported"]),
    CONSOLE + "catalog/<slug:item>": (hiding, ["item.hidden"]),
    CONSOLE + "catalog/feeds": (sending, ["catalog.applied"]),
    CONSOLE + "catalog/syncs/<slug:sync>": (accepting, ["catalog.applied"]),
}
