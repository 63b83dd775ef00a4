"""Members who bring friends: they share a link, friends open it and give its code, and some of them buy.

Members are known by their mails alone: behind the link of one is the page that shows their code. That a
friend gave a code, and that they bought, the CRM tells as it tells everything. Told once in a folder.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import CookieJar
from itertools import count
from pathlib import Path
from random import Random
from threading import Event as Flag
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

from .contacts import Contact, is_late
from .events import Change, Item
from .parcels import Parcel
from .phone import MOBILE, Customers, new_mails, open_page
from .wire import Address, Line, deliver, now_ms

CLAIM, PURCHASE = "friend_code", "vehicle_delivered_on"
# Of each referrer: how many open the link, give the code, and buy.
BROUGHT: Sequence[tuple[int, int, int]] = ((9, 4, 2), (6, 2, 1), (4, 2, 1), (3, 0, 0))
FIRST_NUMBER = 9_000_000_001
DONE = "friends.json"


@dataclass(frozen=True, slots=True)
class Circle:
    """Who there is, whose mails are read, and where the CRM tells of them."""

    contacts: Sequence[Contact]
    customers: Customers
    address: Address


def bring_friends(circle: Circle, stopping: Flag) -> None:
    """Let some members bring friends, unless this folder has that already; two of them bring each other."""
    done = circle.customers.folder / DONE
    if done.exists():
        return
    codes = _codes(circle, stopping)
    if stopping.is_set() or len(codes) < len(BROUGHT) + 2:
        return
    known = {contact.external_id: contact for contact in circle.contacts}
    chance = Random(f"friends:{circle.customers.seed}")
    strangers = [each for each in circle.contacts if _may_come(each) and each.external_id not in codes]
    coming = iter(chance.sample(strangers, len(strangers)))
    crm, told = _Crm(circle.address, stopping, chance), []
    *referrers, one, other = codes
    for referrer, (visits, claims, purchases) in zip(referrers, BROUGHT, strict=False):
        _open_link(circle.customers, codes[referrer], visits)
        friends = [next(coming) for _ in range(claims)]
        for friend in friends:
            crm.tell(friend, CLAIM, codes[referrer])
        for friend in friends[:purchases]:
            crm.tell(friend, PURCHASE, "2026-11-20")
        told.append({"referrer": referrer, "friends": [friend.external_id for friend in friends]})
    # Each came by the other's code: somebody has to look at that before anybody is rewarded.
    crm.tell(known[one], CLAIM, codes[other])
    crm.tell(known[other], CLAIM, codes[one])
    crm.tell(known[one], PURCHASE, "2026-11-20")
    crm.close()
    _write(done, [*told, {"referrer": other, "friends": [one]}, {"referrer": one, "friends": [other]}])


def _codes(circle: Circle, stopping: Flag) -> dict[str, str]:
    """The codes of the first members whose mails come: contact -> code."""
    by_mail = {contact.email: contact for contact in circle.contacts if _may_come(contact)}
    found: dict[str, str] = {}
    for mails in new_mails(circle.customers, stopping):
        for link, to in mails:
            contact = by_mail.get(to)
            if contact is None or contact.external_id in found:
                continue
            code = _own_code(circle.customers, link)
            if code:
                found[contact.external_id] = code
            if len(found) == len(BROUGHT) + 2:
                return found
    return found


def _may_come(contact: Contact) -> bool:
    return not contact.employee and not is_late(contact)


def _own_code(customers: Customers, link: str) -> str:
    """Ask for one's code on the page behind one's link; nothing when it does not show one."""
    phone = build_opener(HTTPCookieProcessor(CookieJar()))
    url = f"{customers.base_url}{urlsplit(link).path}/invite"
    try:
        page = open_page(phone, url)
        form = next((form for form in page.forms if form.hidden.get("scheme")), None)
        if form is not None and not page.invitation:
            body = urlencode({**form.hidden, "act": "code"}).encode()
            page = open_page(phone, urljoin(url, form.action), body, url)
    except (OSError, HTTPException):
        return ""
    return page.invitation


def _open_link(customers: Customers, code: str, visits: int) -> None:
    """So many people open a link, each with a phone of their own."""
    for number in range(visits):
        phone = build_opener()
        phone.addheaders = [("User-Agent", f"{MOBILE} {number}")]
        try:
            with phone.open(f"{customers.base_url}/i/{code}", timeout=15) as answer:
                answer.read()
        except (OSError, HTTPException):
            continue


class _Crm:
    """The CRM, which tells of one change at a time."""

    def __init__(self, address: Address, stopping: Flag, chance: Random) -> None:
        self._line, self._stopping, self._chance = Line(address), stopping, chance
        self._numbers: Iterator[int] = count(FIRST_NUMBER)

    def tell(self, contact: Contact, name: str, value: str) -> None:
        change = Change(next(self._numbers), int(contact.external_id), now_ms(), name, value)
        deliver(self._line, Parcel(0, "events", (Item(change, "friend"),)), self._stopping, self._chance)

    def close(self) -> None:
        self._line.close()


def _write(path: Path, told: Sequence[Mapping[str, object]]) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    draft.replace(path)
