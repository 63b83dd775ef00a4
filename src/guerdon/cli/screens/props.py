"""What pages are opened by that no link of another page leads to: sessions, links of letters, visits, guests.

Each is made as the part of the house that gives it out makes it.
"""

import secrets
from datetime import datetime
from urllib.parse import urlsplit

from guerdon.cli.demo.house import DemoHouse
from guerdon.cli.installation import Refused
from guerdon.cli.screens.speaking import retell
from guerdon.cli.staff import NewStaff, add_staff
from guerdon.engine.cards.confirming import Counter, confirm, confirmable
from guerdon.engine.messages.consents.confirming import link_about
from guerdon.engine.messages.links import Links
from guerdon.engine.referrals.codes import code_of, written
from guerdon.engine.sessions.keeping import begin_session
from guerdon.engine.staff.inviting import link_sha
from guerdon.queries.demo import find_asked_consent, find_earned_event, list_members_of
from guerdon.store.access.invitations import NewInvitation, record_invitation, record_links
from guerdon.store.access.people import record_person
from guerdon.store.database import transaction
from guerdon.store.messages.inapp import load_generations
from guerdon.store.sealing import Vault
from guerdon.values.app.sessions import write_session
from guerdon.values.app.visits import KEY_PURPOSE as VISITS
from guerdon.values.app.visits import Visit, write_visit
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.links import KEY_PURPOSE, member_token

BY = "demo"
# Who signs in with more than a password: one has yet to begin with it.
NEWCOMER = NewStaff("mara.lind@example.com", "Mara Lind", ("auditor",))
AUTHENTICATED = NewStaff("tomas.horvat@example.com", "Tomáš Horvát", ("auditor",))
GUEST = ("yuki.tanaka@example.com", "Yuki Tanaka")
# So many visits were confirmed at the counter today.
VISITS_CONFIRMED = 3


def _vault(house: DemoHouse) -> Vault:
    return Vault(house.opened.settings.secret)


def add_people(house: DemoHouse) -> None:
    """Let those sign in who need more than a password."""
    for new in (NEWCOMER, AUTHENTICATED):
        add_staff(house.opened, house.program.key, new, house.password)


def earned_event(house: DemoHouse) -> str:
    """The id of an event that earned somebody something."""
    with house.opened.connect("worker") as db:
        found = find_earned_event(db, house.program_id)
    if found is None:
        raise Refused("nothing was earned")
    return show("evt", found)


def app_session(house: DemoHouse, member_id: int) -> dict[str, str]:
    """The cookie of a member who is signed in to the app."""
    with house.opened.connect("web") as db, transaction(db, house.program_id) as tx:
        session = begin_session(tx, house.program_id, member_id, "phone", utc_now())
    if session is None:
        raise Refused("the member is not there any more")
    return {f"member-{house.program.key}": write_session(session)}


def letter_links(house: DemoHouse, member_id: int) -> tuple[str, ...]:
    """The paths of what letters lead to: the inbox, the way out of offers, and a consent to confirm."""
    links, program_id = Links(_vault(house), house.opened.settings.public_url), house.program_id
    offers = next(key for key, topic in house.program.topics.items() if topic.kind == "marketing")
    with house.opened.connect("worker") as db:
        asked = find_asked_consent(db, program_id)
        if asked is None:
            raise Refused("nobody was asked to confirm anything")
        whose = load_generations(db, program_id, [member_id, asked.member_id])
    about = link_about(asked.topic, asked.channel, asked.id)
    found = (
        links.member_url("inbox", program_id, member_id, whose[member_id]),
        links.member_url("unsubscribe", program_id, member_id, whose[member_id], f"{offers}|email"),
        links.member_url("confirm", program_id, asked.member_id, whose[asked.member_id], about),
    )
    return (*(urlsplit(each).path for each in found), "/inbox")


def inbox_cookie(house: DemoHouse, member_id: int) -> dict[str, str]:
    """The cookie of a browser in which a member's inbox was opened."""
    with house.opened.connect("worker") as db:
        generation = load_generations(db, house.program_id, [member_id])[member_id]
    key = _vault(house).key(KEY_PURPOSE)
    return {"inbox": member_token(key, "inbox", house.program_id, member_id, generation, "browser")}


def friend_path(house: DemoHouse, member_id: int) -> str:
    """Where a member's code leads their friends."""
    scheme = next(iter(house.program.referrals))
    whose = (house.program_id, scheme, member_id)
    with house.opened.connect("web") as db, transaction(db, house.program_id) as tx:
        code = code_of(tx, _vault(house), whose, BY, utc_now())
    if code is None:
        raise Refused("the member has no code to bring friends by")
    return f"/i/{written(code)}"


def invitation_path(house: DemoHouse) -> str:
    """Where the invitation of a new colleague leads."""
    token, now = secrets.token_urlsafe(32), utc_now()
    with house.opened.connect("web") as db, transaction(db, house.program_id) as tx:
        person = record_person(tx, house.program_id, GUEST, BY, now)
        new = NewInvitation(person, "DE", None, "marketing", "en", ())
        number = record_invitation(tx, house.program_id, new, BY, now)
        record_links(tx, house.program_id, {number: link_sha(token)}, now)
    return f"/account/invitation/{token}"


def open_visit(house: DemoHouse, place: str) -> str:
    """The path of a visit of which nothing was confirmed, at a location that gets a few members for it."""
    here = Counter(house.program_id, house.program, house.program.locations[place], BY)
    now = utc_now().replace(microsecond=0)
    with house.opened.connect("worker") as db:
        members = list_members_of(db, house.program_id, here.place.market, place, VISITS_CONFIRMED + 1)
    retell(house, members, location=place)
    kinds = confirmable(house.program)
    for n, member_id in enumerate(members[1:], 1):
        if kinds:
            _confirm(house, here, _visit(house, place, member_id, now), kinds[n % len(kinds)].key)
    visit = _visit(house, place, members[0], now)
    key = _vault(house).key(VISITS)
    return f"/location/{house.program.key}/{place}/visits/{write_visit(key, visit)}"


def _visit(house: DemoHouse, place: str, member_id: int, at: datetime) -> Visit:
    return Visit(house.program_id, place, member_id, at)


def _confirm(house: DemoHouse, here: Counter, visit: Visit, kind: str) -> None:
    with house.opened.connect("web") as db, transaction(db, house.program_id) as tx:
        confirm(tx, _vault(house), here, visit, kind, utc_now())
