"""What staff do in the app of their location: a code is taken, and a visit confirmed."""

from tests.location.conftest import COUNTER, open_house, opened_till
from tests.proof.site import Deed, Site, accepted

from guerdon.web.routes import LOCATION


def scanning(site: Site) -> Deed:
    till = site.stack.enter_context(opened_till(open_house(site.url, site.secret), site.home))
    phone = till.member()
    till.sign_in(COUNTER)
    return lambda: accepted(till.scan(phone.symbol()).status_code)


ROUTES = {LOCATION + "/scan": (scanning, ["card.taken"])}
ELSEWHERE = {
    **dict.fromkeys((LOCATION, LOCATION + "/budget"), "reads"),
    LOCATION + "/visits/<slug:visit>": "keeps what came, to be decided (tests/location)",
}
