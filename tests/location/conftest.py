"""A house with shops that confirm, phones of members, and somebody behind the counter."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.access.people import grant_of, hire
from tests.furnishing import read_once
from tests.lending import lent
from tests.locations.house import AGO, House
from tests.rooms import opened_room

from guerdon.config import Settings, read_settings
from guerdon.engine.cards.confirming import Counter, confirm
from guerdon.engine.publish import publish
from guerdon.engine.sessions.keeping import begin_session
from guerdon.store.access.people import record_persona
from guerdon.store.database import connect, transaction
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.app.cards import KEY_PURPOSE, CardText, card_digits, card_seed, window_at, write_card
from guerdon.values.app.visits import KEY_PURPOSE as VISITS
from guerdon.values.app.visits import Visit, write_visit
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.accounts import migrate_accounts

if TYPE_CHECKING:
    from django.test import Client

    from guerdon.access.roles import Role

PROGRAM = Path(__file__).with_name("program.yaml")
MANAGER, COUNTER, AUDITOR, CELLE, FINANCE = (
    "bo.shop@example.com",
    "fay.front@example.com",
    "ada.audit@example.com",
    "cy.celle@example.com",
    "fi.nance@example.com",
)
PASSWORD = "a password of the tests"
BONN = "/location/tea_house/de-bonn"


@dataclass
class Phone:
    """A phone of a member, which shows their code."""

    house: House
    member_id: int
    secret: bytes

    @property
    def number(self) -> str:
        return show("mem", self.member_id)

    @property
    def digits(self) -> str:
        return card_digits(card_seed(self.house.vault.key(KEY_PURPOSE), self.secret), window_at(utc_now()))

    @property
    def wrong(self) -> str:
        return f"{(int(self.digits) + 1) % 10**6:06}"

    def symbol(self, program_id: int | None = None) -> str:
        """What a camera reads off it."""
        return write_card(CardText(program_id or self.house.program_id, self.member_id, self.digits))


@dataclass
class Till:
    """A browser behind a counter, and the house around it."""

    house: House
    client: "Client"

    def member(self, location: str = "de-bonn", name: str = "Ann Lee") -> Phone:
        """A new member of a shop, signed in on a phone."""
        contact = self.house.joins(location)[0]
        ((member_id,),) = self.house.rows(
            "select member_id from member_ids where external_id = %(c)s", c=contact
        )
        with self.house.worker() as db, transaction(db, self.house.program_id) as tx:
            person = Person(name, f"member{contact}@example.com", "+49 30 1234567")
            sealed = seal_person(self.house.vault, self.house.program_id, member_id, person)
            record_persons(tx, self.house.program_id, [sealed])
        with self.house.web() as tx:
            made = begin_session(tx, self.house.program_id, member_id, "phone", utc_now())
        assert made is not None
        return Phone(self.house, member_id, made.hash)

    def sign_in(self, email: str) -> str:
        """Sign in; where that leads."""
        self.client.logout()
        self.client.get("/account/sign-in")
        sent = {"csrfmiddlewaretoken": self.token, "email": email, "password": PASSWORD, "next": "/"}
        assert self.client.post("/account/sign-in", sent).status_code == 302
        return str(self.client.get("/")["Location"])

    @property
    def token(self) -> str:
        return self.client.cookies["csrf"].value

    def post(self, path: str, **form: str) -> Any:
        return self.client.post(path, {"csrfmiddlewaretoken": self.token, **form})

    def scan(self, code: str, digits: str = "", base: str = BONN) -> Any:
        return self.post(f"{base}/scan", code=code, digits=digits)

    def visit(self, phone: Phone, base: str = BONN) -> str:
        """Take a member's code; the address of their visit."""
        answer = self.scan(phone.symbol(), base=base)
        assert answer.status_code == 303, text_of(answer)
        return str(answer["Location"])

    def begins(self, name: str = "Ann Lee") -> Visit:
        """A visit of a new member, without asking the pages."""
        at = utc_now().replace(microsecond=0)
        return Visit(self.house.program_id, "de-bonn", self.member(name=name).member_id, at)

    def confirms(self, visit: Visit, kind: str) -> None:
        """It is confirmed, without asking the pages."""
        place = self.house.program.locations[visit.location]
        counter = Counter(self.house.program_id, self.house.program, place, "test")
        with self.house.web() as tx:
            assert confirm(tx, self.house.vault, counter, visit, kind, utc_now()) == "confirmed"

    def address(self, visit: Visit) -> str:
        return f"{BONN}/visits/{write_visit(self.house.vault.key(VISITS), visit)}"

    def work(self) -> None:
        """Decide what came in, by the clock of the pages."""
        self.house.now = utc_now()
        self.house.work()

    def audited(self, action: str) -> list[tuple[Any, ...]]:
        return self.house.rows("select actor, subject from audit where action = %(a)s", a=action)

    def told(self) -> int:
        """How many events came from here."""
        found = self.house.rows(
            "select count(*) from events where source = 'location_app'"
            " union all select count(*) from inbox where connection = 'location_app'"
        )
        return sum(int(row[0]) for row in found)


def text_of(answer: Any) -> str:
    """What somebody reads."""
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", main)))


def open_house(url: str, secret: str) -> House:
    """A house with three shops and nothing in it, beside one that is not theirs."""
    program = read_once(PROGRAM)
    with lent(url, secret, "owner") as db:
        program_id = publish(db, program, "test", utc_now() - AGO).program_id
        publish(db, replace(program, key="other_house"), "test", utc_now() - AGO)
    return House(url, secret, program, program_id)


@contextmanager
def opened_till(house: House, home: Path) -> Iterator[Till]:
    """Open the pages, for two of Bonn, one of Celle and who reads all of it."""
    settings = read_settings(
        {"DATABASE_URL": house.url, "GUERDON_SECRET": house.secret, "GUERDON_HOME": str(home)}
    )
    assert isinstance(settings, Settings)
    with opened_room(settings, partial(migrate_accounts, settings), _enroll):
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        roles: tuple[tuple[str, Role, str | None], ...] = (
            (MANAGER, "dealer_manager", "de-bonn"),
            (COUNTER, "frontline", "de-bonn"),
            (CELLE, "frontline", "de-celle"),
            (AUDITOR, "auditor", None),
            (FINANCE, "finance", None),
        )
        with connect(house.url, house.secret, "web") as db:
            for login, role, location in roles:
                market = "DE" if location else None
                grant = grant_of(house.program_id, role, market=market, location=location)
                person = hire(db, house.program_id, login, [grant])
                if role == "frontline":
                    # Several personas serve at a counter, and only one of them is its.
                    with transaction(db, house.program_id) as tx:
                        record_persona(tx, house.program_id, person, "after_sales", "test", utc_now())
        client = Client(
            enforce_csrf_checks=True, SERVER_NAME="127.0.0.1", headers={"sec-fetch-site": "same-origin"}
        )
        yield Till(house, client)


@pytest.fixture
def house(database: str, secret: str) -> House:
    """Give a house with three shops and nothing in it."""
    return open_house(database, secret)


@pytest.fixture
def till(house: House, tmp_path: Path) -> Iterator[Till]:
    """Open the pages of a house."""
    with opened_till(house, tmp_path) as made:
        yield made


def _enroll() -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    for email in (MANAGER, COUNTER, CELLE, AUDITOR, FINANCE):
        enroll_staff(email, "Bo Shop", PASSWORD, waived=True)
