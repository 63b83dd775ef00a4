"""Who walks where: the people whose pages are shown, where each begins, and what their browser has kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from guerdon.cli.demo import claim_url
from guerdon.cli.demo.house import STAFF, DemoHouse
from guerdon.cli.installation import Refused
from guerdon.cli.screens import props
from guerdon.cli.screens.rows import SEEN
from guerdon.queries.demo import find_ready_reward, list_busy_locations
from guerdon.values.clock import utc_now

# Whose desks are walked through; of people at the same desk the first sees most.
DESKS = ("everything", "compliance", "finance")
COUNTER = "dealer manager in Hamburg"
PLACES_COMPARED = 3


@dataclass(frozen=True, slots=True)
class Walk:
    """Pages that one person walks through: where they begin, and which rows of the routes are theirs.

    `email`: as whom of the staff they sign in; `cookies`: what their browser has kept, by name; empty: nobody
    and nothing. `also`: other faces of their pages, by the name of the picture. `member_id`: in whose
    language pages are, whatever the browser asks for; 0: in the browser's. `base_url`: where, if not in the
    demo.
    """

    name: str
    begins: tuple[str, ...]
    rows: tuple[str, ...]
    email: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)
    member_id: int = 0
    base_url: str = ""


def walks(house: DemoHouse) -> Iterator[Sequence[Walk]]:
    """Who walks where, one after the other; who stands behind another one sees what that one may not.

    Raises `Refused` where the demo has not what is shown.
    """
    yield _staff(house)
    yield _counter(house)
    member_id, claim = _member(house)
    app = f"/m/{house.program.key}"
    yield [Walk("a member by a link", (claim,), SEEN["claim"], member_id=member_id)]
    session = props.app_session(house, member_id)
    yield [Walk("a member in the app", (app,), SEEN["app"], cookies=session, member_id=member_id)]
    letters = props.letter_links(house, member_id)
    kept = props.inbox_cookie(house, member_id)
    yield [Walk("who reads our letters", letters, SEEN["letters"], cookies=kept, member_id=member_id)]
    yield [_doors(house, member_id)]
    yield _factors()


def _staff(house: DemoHouse) -> Sequence[Walk]:
    home = f"/console/{house.program.key}/"
    with house.opened.connect("worker") as db:
        places = [("of", key) for key in list_busy_locations(db, house.program_id, PLACES_COMPARED)]
    receipt = f"{home}why/{props.earned_event(house)}"
    begins = (home, f"{home}locations?show=all", f"{home}referrals?state=all", receipt)
    also = {
        "console-key-locations-need": f"{home}locations",
        "console-key-locations-compared": f"{home}locations/compare?{urlencode(places)}",
        "fault-missing": f"{home}nowhere",
    }
    return [
        Walk(what, begins, SEEN["staff"], STAFF[what].email, also={} if n else also)
        for n, what in enumerate(DESKS)
    ]


def _counter(house: DemoHouse) -> Sequence[Walk]:
    who = STAFF[COUNTER]
    place = who.locations[0]
    begins = (f"/location/{house.program.key}/{place}", props.open_visit(house, place))
    return [Walk(f"a {COUNTER}", begins, SEEN["location"], who.email)]


def _member(house: DemoHouse) -> tuple[int, str]:
    """A member whose reward waits to be chosen, and the path of its link."""
    claim = urlsplit(claim_url(house)).path
    with house.opened.connect("worker") as db:
        found = find_ready_reward(db, house.program_id, utc_now())
    if found is None or not claim.startswith("/r/"):
        raise Refused("nobody has a reward")
    return found[0], claim


def _doors(house: DemoHouse, member_id: int) -> Walk:
    app = f"/m/{house.program.key}"
    begins = (
        "/account/sign-in",
        "/account/signed-out",
        f"{app}/sign-in",
        f"{app}/offline",
        props.friend_path(house, member_id),
        props.invitation_path(house),
    )
    return Walk("nobody in particular", begins, SEEN["doors"], also={"fault-no-link": "/r/nothing"})


def _factors() -> Sequence[Walk]:
    rows, everything = SEEN["factors"], STAFF["everything"].email
    new, other = ("/account/second-factor/new",), ("/account/second-factor",)
    return [
        Walk("somebody new", new, rows, props.NEWCOMER.email),
        Walk("somebody with an authenticator", other, rows, props.AUTHENTICATED.email),
        Walk("whoever has passkeys", ("/account/passkeys",), rows, everything),
    ]
