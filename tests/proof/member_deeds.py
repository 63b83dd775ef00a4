"""What a member does behind a link, and which of it the audit tells."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from unittest.mock import patch

from tests.proof.site import Site, accepted
from tests.redeem.house import opened_house
from tests.rooms import opened_room
from tests.web.contact.conftest import Letterbox, fields_of, in_two_ways
from tests.web.member.conftest import Door
from tests.web.member.test_claim_page import choose, field_of, ready, text_of
from tests.web.member.test_devices import subscription

from guerdon.config import Settings, read_settings
from guerdon.program.catalog.nouns import ClaimLinks
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.web.rooms import room

Deed = Callable[[], object]
LINK = r"\Ar/(?P<token>[^/]*)"
CATALOG, ITEM = LINK + "/catalog", r"/(?P<itm>[^/]*)"
ORDERS = LINK + r"/orders/(?P<ord>[^/]*)"


def choosing(site: Site) -> Deed:
    door, link = a_link(site)
    return lambda: accepted(choose(door, link, "green_basket").status_code)


def complaining(site: Site) -> Deed:
    door, link = a_link(site)
    order, form = choose(door, link, "green_basket")["Location"], {"what": "other"}
    form["csrfmiddlewaretoken"] = field_of(text_of(door.client.get(order)), "csrfmiddlewaretoken")
    return lambda: accepted(door.client.post(f"{order}/case", form).status_code)


def giving(site: Site) -> Deed:
    door, link = a_link(site)
    form = {"csrfmiddlewaretoken": field_of(text_of(door.client.get(f"{link}/give")), "csrfmiddlewaretoken")}
    return lambda: accepted(door.client.post(f"{link}/give", {**form, "act": "give"}).status_code)


def taking(site: Site) -> Deed:
    door, link = a_link(site)
    form = {"csrfmiddlewaretoken": field_of(text_of(door.client.get(f"{link}/give")), "csrfmiddlewaretoken")}
    shown = text_of(door.client.post(f"{link}/give", {**form, "act": "give"}))
    gift = shown.partition('data-share="')[2].partition('"')[0].partition("/r/")[2]
    form["csrfmiddlewaretoken"] = field_of(text_of(door.client.get(f"/r/{gift}")), "csrfmiddlewaretoken")
    return lambda: accepted(door.client.post(f"/r/{gift}/take", form).status_code)


def proving(site: Site) -> Deed:
    door, link = a_link(site)
    with door.house.working() as tx:
        known = seal_person(door.house.vault, door.house.program_id, 7, Person("Ada", "ada@example.com", ""))
        record_persons(tx, door.house.program_id, [known])
    form = {"csrfmiddlewaretoken": field_of(text_of(door.client.get(f"{link}/prove")), "csrfmiddlewaretoken")}
    return lambda: accepted(door.client.post(f"{link}/prove", {**form, "act": "send"}).status_code)


def opening_here(site: Site) -> Deed:
    door, link = a_link(site)
    form = {"csrfmiddlewaretoken": field_of(text_of(door.client.get(f"{link}/prove")), "csrfmiddlewaretoken")}
    return lambda: accepted(door.client.post(f"{link}/here", form).status_code)


def adding_device(site: Site) -> Deed:
    door, link = a_link(site)
    headers = {"X-CSRFToken": field_of(text_of(door.client.get(f"{link}/give")), "csrfmiddlewaretoken")}
    kind = "application/json"
    return lambda: accepted(
        door.client.post(f"{link}/devices", subscription(), content_type=kind, headers=headers).status_code
    )


def renewing(site: Site) -> Deed:
    door, link = a_link(site)
    ((reward,),) = door.house.rows("select id from rewards")
    ended = door.link(7, int(str(reward)), date(2020, 1, 1))
    with door.house.working() as tx:
        known = seal_person(door.house.vault, door.house.program_id, 7, Person("Ada", "ada@example.com", ""))
        record_persons(tx, door.house.program_id, [known])
    form = {"csrfmiddlewaretoken": field_of(text_of(door.client.get(f"{link}/prove")), "csrfmiddlewaretoken")}
    return lambda: accepted(door.client.post(f"{ended}/renew", form).status_code)


def choosing_messages(site: Site) -> Deed:
    box = a_letterbox(site)
    link = box.link("preferences")
    page = box.get(link)
    return lambda: accepted(box.choose(link, "service|email", "offers|sms", page=page).status_code)


def unsubscribing(site: Site) -> Deed:
    box = a_letterbox(site)
    link, body = box.link("unsubscribe", about="offers|email"), "List-Unsubscribe=One-Click"
    form = "application/x-www-form-urlencoded"
    return lambda: accepted(box.mailer().post(link, body, content_type=form).status_code)


def confirming(site: Site) -> Deed:
    box = a_letterbox(site)
    box.choose(box.link("preferences"), "service|email", "service|push", "offers|email")
    link = box.confirming()
    form = {"csrfmiddlewaretoken": fields_of(box.get(link), "csrfmiddlewaretoken")[0]}
    return lambda: accepted(box.client.post(link, form).status_code)


def a_letterbox(site: Site) -> Letterbox:
    house = site.stack.enter_context(opened_house(site.url, site.secret))
    settings = read_settings({**site.environment(), "HUBSPOT_CLIENT_SECRET": "only-for-tests" * 3})
    assert isinstance(settings, Settings), settings
    here = site.stack.enter_context(opened_room(settings))
    program = in_two_ways(house.program)
    site.stack.enter_context(patch.object(here, "programs", lambda: {house.program_id: program}))
    box = Letterbox(house, program)
    box.enroll(market="DE")
    return box


def a_link(site: Site) -> tuple[Door, str]:
    house = site.stack.enter_context(opened_house(site.url, site.secret))
    settings = read_settings({**site.environment(), "HUBSPOT_CLIENT_SECRET": "only-for-tests" * 3})
    assert isinstance(settings, Settings), settings
    site.stack.enter_context(opened_room(settings))
    # Each link of it belongs to the browser that sends the first form.
    program = replace(
        house.program, catalog=replace(house.program.catalog, claim_links=ClaimLinks(60, one_time=True))
    )
    site.stack.enter_context(patch.object(room(), "programs", lambda: {house.program_id: program}))
    house.stock(2)
    door = Door(house)
    return door, door.link(7, ready(house))


ROUTES: dict[str, tuple[Callable[[Site], Deed], list[str]]] = {
    LINK + r"/choose\Z": (choosing, ["link.bound", "order.placed"]),
    LINK + r"/give\Z": (giving, ["link.bound", "gift.made"]),
    LINK + r"/devices\Z": (adding_device, ["link.bound", "device.added"]),
    LINK + r"/prove\Z": (proving, ["proof.sent"]),
    LINK + r"/here\Z": (opening_here, ["link.bound"]),
    LINK + r"/renew\Z": (renewing, ["link.sent"]),
    LINK + r"/take\Z": (taking, ["gift.taken"]),
    ORDERS + r"/(?P<deed>seen|resend|case|cancel)\Z": (complaining, ["case.opened"]),
    # What was switched off, and what was agreed to.
    r"(?s)\Ap/(?P<token>.*)\Z": (choosing_messages, ["consent.withdrawn", "consent.given"]),
    r"(?s)\Au/(?P<token>.*)\Z": (unsubscribing, ["consent.withdrawn"]),
    r"(?s)\Ac/(?P<token>.*)\Z": (confirming, ["consent.confirmed"]),
}
ELSEWHERE = {
    "api/v1/members/<member>/export": "reads; that it was handed over is told to the audit (tests/api)",
    r"\Adevices/worker\.js\Z": "reads",
    **dict.fromkeys((r"(?s)\Ar/(?P<token>.*)\Z", CATALOG + r"\Z", CATALOG + ITEM + r"\Z"), "reads"),
    LINK + r"/contact\Z": "leads on to what its member chose",
    LINK + r"/seen\Z": "notes that a page was in view (tests/web/member)",
    **dict.fromkeys((ORDERS + r"\Z", r"\Aimages/(?P<hash>[0-9a-f]{64})\Z"), "reads"),
    ORDERS
    + r"/pass/(?P<wallet>apple|google)\Z": "notes that a code was seen, as its page (tests/web/member)",
    **dict.fromkeys((r"(?s)\An/(?P<token>.*)\Z", r"\Ainbox\Z", "inbox/live"), "reads"),
    **dict.fromkeys(
        (r"\Ainbox/seen\Z", r"\Ainbox/follow\Z"), "notes that notices were seen (tests/web/inbox)"
    ),
    CATALOG + ITEM + r"/favorite\Z": "marks an item, and nothing of value (tests/web/member)",
}
