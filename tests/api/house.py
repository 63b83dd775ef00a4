"""The house of the API's tests: points and money, members at three places, keys of every kind."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.furnishing import read_once
from tests.lending import lent
from tests.rooms import opened_room
from tests.wallet.house import House

from guerdon.config import Settings, read_settings
from guerdon.engine.codes import add_codes
from guerdon.engine.enroll import enroll_members
from guerdon.engine.library import Library
from guerdon.engine.proof.controls import check_controls
from guerdon.engine.proof.seals import seal_new
from guerdon.engine.publish import publish
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.engine.segments import follow_segments
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.access.api_keys import KEY_SCOPES, ApiKey, KeyScope, record_api_key, revoke_api_key
from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.store.audit import record_audit
from guerdon.store.codes import Code
from guerdon.store.database import transaction
from guerdon.store.rates import RateRow, record_rates
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.money import Money
from guerdon.web import rooms
from guerdon.web.rooms import Room

PROGRAM = Path(__file__).with_name("program.yaml")
EVERYTHING: tuple[KeyScope, ...] = tuple(scope for scope in KEY_SCOPES if scope != "write:events")
API = "/api/v1"
CODES = 4
_ADDRESSES = count(1)
# Who is enrolled, by the id that the customer system knows: market and location.
CONTACTS = {"ada": ("DE", "de-kiel"), "ben": ("DE", "de-bonn"), "ole": ("NO", "no-oslo")}


@dataclass(frozen=True)
class Answer:
    """What the API said."""

    status: int
    body: Any
    raw: bytes
    headers: Mapping[str, str]

    @property
    def kind(self) -> str:
        """The type of a problem, without its prefix."""
        return str(self.body["type"]).removeprefix("urn:guerdon:")


@dataclass
class ApiHouse:
    """An installation with the API open in this process."""

    inner: House
    settings: Settings
    room: Room
    members: dict[str, int] = field(default_factory=dict)
    _key: str = ""
    _asked: int = 0

    @property
    def key(self) -> str:
        """A key that may do everything, and another one before it is used too often."""
        if self._asked % 15 == 0:
            self._key = self.make_key()
        self._asked += 1
        return self._key

    def member(self, contact: str = "ada") -> str:
        return show("mem", self.members[contact])

    def make_key(
        self,
        scopes: Sequence[KeyScope] = EVERYTHING,
        *,
        market: str | None = None,
        location: str | None = None,
        days: float = 1,
    ) -> str:
        """A key, as the command makes one."""
        key_id, secret, now = secrets.token_hex(6), secrets.token_hex(20), utc_now()
        source = "/tests" if "write:events" in scopes else ""
        key = ApiKey(
            key_id,
            sha256(secret.encode()).digest(),
            "test",
            source,
            now + timedelta(days=days),
            None,
            tuple(scopes),
            market,
            location,
        )
        with self.inner.web() as tx:
            record_api_key(tx, self.inner.program_id, key, now)
            record_audit(tx, self.inner.program_id, "test", "key.added", key_id, now)
        return f"gdn_{key_id}_{secret}"

    def revoke(self, key: str) -> None:
        with self.inner.web() as tx:
            assert revoke_api_key(tx, self.inner.program_id, key.split("_")[1], utc_now())
            record_audit(tx, self.inner.program_id, "test", "key.revoked", key.split("_")[1], utc_now())

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        address: str = "",
    ) -> Answer:
        """Ask as a program does, from an address of its own; a body that is bytes is sent as it is."""
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        # A process has one room; here several houses take turns.
        rooms._rooms[:] = [self.room]  # noqa: SLF001
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        said = {"Authorization": f"Bearer {self.key if key is None else key}", **(headers or {})}
        # A server answers what we raise; a test's client would raise it here.
        number = next(_ADDRESSES)
        own = address or f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
        client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False, REMOTE_ADDR=own)
        given = client.generic(method, path, raw, content_type="application/json", headers=said)
        content = given.content
        told = json.loads(content) if "json" in given.headers.get("Content-Type", "") and content else None
        return Answer(given.status_code, told, content, {k.lower(): v for k, v in given.headers.items()})

    def get(self, path: str, *, key: str | None = None) -> Answer:
        return self.ask("GET", API + path, key=key)

    def post(
        self, path: str, body: object = None, *, once: str | None = None, key: str | None = None
    ) -> Answer:
        """Post under a key of idempotency, a new one if none is said."""
        return self.ask("POST", API + path, body, key=key, headers={"Idempotency-Key": once or str(uuid4())})

    def earn(self, contact: str = "ada", amount: int = 1000) -> None:
        self.inner.now = utc_now()
        self.inner.tell(contact, "order.paid", order_no=f"o-{uuid4()}", amount=amount)

    def sign_contract(self, contact: str = "ada") -> None:
        self.inner.now = utc_now()
        self.inner.tell(contact, "contract.signed", order_no=f"c-{uuid4()}")

    def replace(self, *changes: tuple[str, str]) -> None:
        """Publish another text, live at once."""
        text = self.get("/versions/1").body["text"]
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        program = self.inner.program = read(text)
        with lent(self.inner.url, self.inner.secret, "owner") as db:
            publish(db, program, "test", utc_now())

    def replay(self, text: str) -> None:
        """A replay of a text over all that happened, as it stands when it is done."""
        program, now = read(text), utc_now()
        with self.inner.web() as tx:
            tx.execute(
                "insert into replays (program_id, title, bundle, sha, since, until, state, asked_by,"
                " asked_at, finished_at, result)"
                " values (%s, 'x', %s, %s, %s, %s, 'done', 'test', %s, %s, '{\"events\": 1}')",
                (self.inner.program_id, program.text, program.sha, now - timedelta(days=90), now, now, now),
            )
            record_audit(tx, self.inner.program_id, "test", "replay.asked", "x", now)

    def schedule(self) -> int:
        """Schedule another version for tomorrow; its number."""
        text = self.inner.program.text.replace("Harbor wallet", "Harbor purse")
        program, now = read(text), utc_now()
        assert program.sha != self.inner.program.sha
        with lent(self.inner.url, self.inner.secret, "owner") as db:
            return publish(db, program, "test", now, now + timedelta(days=1)).version

    def stock(self, *texts: str) -> None:
        with self.inner.worker() as db, transaction(db, self.inner.program_id) as tx:
            codes = [Code("basket", Money(20_000, "EUR"), text) for text in texts]
            assert all(add_codes(tx, self.inner.vault, self.inner.program_id, codes))

    def choose(self, contact: str = "ada") -> None:
        """Redeem a contract's reward: the next code goes to the member."""
        member = self.members[contact]
        ((reward,),) = self.inner.rows(
            "select id from rewards where member_id = %(m)s and rule = 'contract' and state = 'ready'"
            " order by issued_at limit 1",
            m=member,
        )

        @contextmanager
        def opens() -> Iterator[Any]:
            with (
                lent(self.inner.url, self.inner.secret, "web") as db,
                transaction(db, self.inner.program_id, member) as tx,
            ):
                yield tx

        choice = Choice(self.inner.program_id, member, reward, "basket", "phone", None)
        redeem(opens, self.inner.program, choice, utc_now())

    def purse(self, contact: str = "ada", unit: str = "PTS") -> tuple[int, int, int, int]:
        return self.inner.purse(self.members[contact], unit)


def read(text: str) -> Program:
    """A text that is right."""
    program = read_program(text, None)
    assert isinstance(program, Program), program
    return program


@contextmanager
def opened_api(url: str, secret: str, home: Path) -> Iterator[ApiHouse]:
    """A house with some value in it, whose books are checked when the test is done."""
    program = read_once(PROGRAM)
    with lent(url, secret, "owner") as db:
        published = publish(db, program, "test", utc_now())
    inner = House(url, secret, program, published.program_id, utc_now())
    settings = read_settings({"DATABASE_URL": url, "GUERDON_SECRET": secret, "GUERDON_HOME": str(home)})
    assert isinstance(settings, Settings)
    with opened_room(settings) as room:
        house = ApiHouse(inner, settings, room)
        lines = ["external_source,external_id,market,location\n"]
        lines += [f"crm,{contact},{market},{place}\n" for contact, (market, place) in CONTACTS.items()]
        with inner.worker() as db:
            enroll_members(db, inner.vault, (inner.program_id, program), lines, inner.now)
        found = inner.rows("select external_id, member_id from member_ids")
        house.members = {contact: int(number) for contact, number in found}
        yield house
        inner.check()


def furnish(house: ApiHouse) -> None:
    """Something of everything that can be read."""
    for contact, amount in (("ada", 1000), ("ada", 500), ("ben", 700), ("ole", 300)):
        house.earn(contact, amount)
    house.inner.tell("ada", "trip.booked", amount=150)
    house.stock(*(f"CODE-{number}" for number in range(CODES)))
    for _ in range(CODES):
        house.sign_contract("ada")
        house.choose("ada")
    with house.inner.worker() as db, transaction(db, house.inner.program_id) as tx:
        rate = RateRow(date(2026, 5, 4), "EUR", "NOK", Decimal("11.50"), "test")
        record_rates(tx, house.inner.program_id, [rate], utc_now())
        record_audit(tx, house.inner.program_id, "test", "rates.imported", "rates", utc_now())
        alarm = AlarmRow("budget_used", "budget:pot:NO", "2026:70", {"percent": 70})
        record_alarms(tx, house.inner.program_id, [alarm], utc_now())
    with house.inner.worker() as db:
        while follow_segments(db, Library(house.inner.vault, {}), utc_now()):
            pass
        check_controls(db, house.inner.program_id, utc_now())
        seal_new(db, utc_now())
