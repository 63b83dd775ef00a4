"""Deeds by which somebody is to be erased, by a key and on the member's page."""

from collections.abc import Callable

from tests.approvals.house import KIEL
from tests.proof.site import Deed, Site, accepted

from guerdon.values.ids import show
from guerdon.web.routes import API, CONSOLE


def erasing(site: Site) -> Deed:
    """A key asks for it."""
    house = site.api()
    key, ada = house.make_key(), house.member()
    body = {"reason": "Asked for by letter"}
    return lambda: accepted(house.post(f"/members/{ada}/erasure", body, key=key).status)


def erasing_by_hand(site: Site) -> Deed:
    """Compliance asks for it."""
    cora, member = site.doors().visitor("cora"), show("mem", KIEL)
    form = {"act": "erase", "typed": member, "reason": "Asked for by letter"}
    return lambda: accepted(cora.send(f"members/{member}/privacy", **form).status_code)


ROUTES: dict[str, tuple[Callable[[Site], Deed], list[str]]] = {
    API + "members/<member>/erasure": (erasing, ["erasure.asked"]),
    CONSOLE + "members/<slug:member>/privacy": (erasing_by_hand, ["erasure.asked"]),
}
