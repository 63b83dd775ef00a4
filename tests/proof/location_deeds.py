"""What staff do in the app of their location: a code taken, a visit confirmed, a note, more asked for."""

from tests.location.conftest import BONN, COUNTER, MANAGER, open_house, opened_till
from tests.proof.site import Deed, Site, accepted

from guerdon.values.ids import show
from guerdon.web.routes import LOCATION


def scanning(site: Site) -> Deed:
    till = site.stack.enter_context(opened_till(open_house(site.url, site.secret), site.home))
    phone = till.member()
    till.sign_in(COUNTER)
    return lambda: accepted(till.scan(phone.symbol()).status_code)


def noting(site: Site) -> Deed:
    till = site.stack.enter_context(opened_till(open_house(site.url, site.secret), site.home))
    visit = till.begins()
    till.confirms(visit, "ride.taken")
    till.sign_in(COUNTER)
    address = f"{BONN}/customers/{show('mem', visit.member_id)}"
    return lambda: accepted(till.post(address, act="note", words="Likes tea").status_code)


def asking(site: Site) -> Deed:
    till = site.stack.enter_context(opened_till(open_house(site.url, site.secret), site.home))
    till.sign_in(MANAGER)
    wish = {"account": "budget:shops:de-bonn", "amount": "10.00", "reason": "A busy week"}
    return lambda: accepted(till.post(f"{BONN}/budget", **wish).status_code)


ROUTES = {
    LOCATION + "/scan": (scanning, ["card.taken"]),
    LOCATION + "/customers/<slug:member>": (noting, ["note.written"]),
    LOCATION + "/budget": (asking, ["request.made"]),
}
ELSEWHERE = {
    **dict.fromkeys((LOCATION, LOCATION + "/customers", LOCATION + "/team"), "reads"),
    LOCATION + "/visits/<slug:visit>": "keeps what came, to be decided (tests/location)",
}
