"""The brand at which journeys happen: the demo, filled by its own customers, with one thing more to confirm.

Web, worker, mail server, suppliers and carriers are processes, as in `./guerdon demo`; events come through
the front door, codes from suppliers that answer. Dealers confirm a visit here and pay for it, so that a
counter has something to do and the budget of one place can run out.
"""

import json
import re
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

from tests.journeys.people import HERE, NEXT_DOOR, PASSWORD, PEOPLE, hire_people
from tests.servers import quick_folder

from guerdon.cli.demo import LAST_ABOVE, demo_ports
from guerdon.cli.demo.agreeing import agree_to_offers
from guerdon.cli.demo.filling import fill
from guerdon.cli.demo.house import EXAMPLE, DemoHouse, Order, Ports, demo_house
from guerdon.cli.imports import import_members
from guerdon.cli.publish import checked_program, publish_as
from guerdon.engine.api_keys import WantedKey, keep_key, new_key
from guerdon.engine.cards.confirming import Counter, confirm
from guerdon.engine.messages.consents.consenting import Grant, give
from guerdon.engine.messages.port import ChannelKind
from guerdon.engine.privacy.erasing import erase_asked
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.engine.sessions.keeping import begin_session
from guerdon.program.model import Program
from guerdon.store.access.api_keys import EVENTS
from guerdon.store.database import Connection, transaction
from guerdon.store.orders.choices import load_live_version
from guerdon.store.sealing import Vault
from guerdon.values.app.cards import KEY_PURPOSE, card_digits, card_seed, window_at
from guerdon.values.app.sessions import write_session
from guerdon.values.app.visits import Visit
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show

CUSTOMERS, EVENTS_OF_CUSTOMERS = 240, 420
FIRST_PORT, LAST_PORT = 24_000, 28_600
# What the demo's program has not: something that a counter confirms, out of a budget of its own.
SECTIONS = Path(__file__).with_name("wheels.yaml")
# Members whose visits leave nothing of a dealer's budget.
EMPTYING = 2
SOURCE = "/journeys"
COLUMNS = ("external_source", "external_id", "name", "email", "market", "language", "location", "employee")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the brand: their number, as it is shown, and how they are reached."""

    id: int
    name: str
    email: str
    # Their id in the other system that tells of them.
    outside: str

    @property
    def number(self) -> str:
        return show("mem", self.id)


@dataclass(frozen=True, slots=True)
class Brand:
    """The demo's house, running."""

    house: DemoHouse
    program: Program
    # A key by which another system tells what happened.
    key: str
    numbers: Iterator[int]

    @property
    def url(self) -> str:
        return self.house.base_url

    @property
    def console(self) -> str:
        """The address of the console's first page."""
        return f"{self.url}/console/{self.program.key}/"

    @property
    def app(self) -> str:
        """The address of the member app."""
        return f"{self.url}/m/{self.program.key}"

    def counter(self, location: str = HERE) -> str:
        """The address of a location's app."""
        return f"{self.url}/location/{self.program.key}/{location}"

    def rows(self, question: str, **values: object) -> list[tuple[Any, ...]]:
        """Ask the books as the worker, whom row security does not bind."""
        with self._worker() as db:
            return db.execute(question.encode(), values).fetchall()

    def audited(self, action: str) -> list[tuple[Any, ...]]:
        """Who did so to what: actor, subject, reason."""
        return self.rows(
            "select actor, subject, reason from audit where action = %(a)s order by id", a=action
        )

    @staticmethod
    def id(shown: str) -> int:
        """The number behind an id as it is shown."""
        number = read(shown.partition("_")[0], shown)
        assert number is not None, shown
        return number

    def eventually(self, question: str, **values: object) -> tuple[Any, ...]:
        """The first row of an answer, as soon as the worker has made one."""
        from tests.journeys.browser import until  # noqa: PLC0415  it asks for a browser's things

        return until(lambda: self.rows(question, **values))[0]

    def joins(
        self,
        name: str,
        *,
        market: str = "DE",
        language: str = "en",
        location: str = "",
        staff: bool = False,
    ) -> Member:
        """Somebody joins, by a file that is imported; each journey has members of its own."""
        outside = f"j{next(self.numbers)}"
        email = f"{outside}@members.example"
        cells = ("crm", outside, name, email, market, language, location, str(staff).lower())
        file = self.house.home / f"{outside}.csv"
        file.write_text(f"{','.join(COLUMNS)}\n{','.join(cells)}\n", encoding="utf-8")
        done = import_members(self.house.opened, file)
        assert (done.enrolled, done.problems) == (1, []), done
        question = "select member_id from member_ids where source = 'crm' and external_id = %(o)s"
        return Member(self.rows(question, o=outside)[0][0], name, email, outside)

    def happens(self, member: Member, kind: str, **said: object) -> str:
        """Something is told of a member through the front door, and decided; the event as it is shown."""
        external_id = f"{member.outside}-{next(self.numbers)}"
        assert self.tell(self.key, external_id, kind, f"crm:{member.outside}", **said) == 202
        question = "select id from events where external_id = %(e)s"
        return show("evt", self.eventually(question, e=external_id)[0])

    def tell(self, key: str, external_id: str, kind: str, subject: str, **said: object) -> int:
        """Send an event as another system does; the answer's status."""
        event = {
            "specversion": "1.0",
            "id": external_id,
            "source": SOURCE,
            "type": kind,
            "subject": subject,
            "time": utc_now().isoformat(),
            "data": said,
        }
        wire = HTTPConnection("127.0.0.1", self.house.order.ports.web, timeout=30)
        headers = {"authorization": f"Bearer {key}", "content-type": "application/cloudevents+json"}
        wire.request("POST", "/v1/events", json.dumps(event), headers)
        status = wire.getresponse().status
        wire.close()
        return status

    def reward_of(self, member: Member, kind: str = "test_drive.completed") -> int:
        """A member is rewarded: the reward, ready to be chosen for."""
        before = len(self.rows("select 1 from rewards where member_id = %(m)s", m=member.id))
        self.happens(member, kind)
        question = "select id from rewards where member_id = %(m)s and state = 'ready' order by issued_at"
        found = self.rows(question, m=member.id)
        assert len(found) > before, "nothing was given"
        return int(found[-1][0])

    def agrees(self, member: Member, topic: str, channel: ChannelKind) -> None:
        """A member agrees to be told of a topic, as their own system tells us."""
        with self._worker() as db, transaction(db, self.house.program_id) as tx:
            give(
                tx,
                self.program,
                Grant(
                    program_id=self.house.program_id,
                    member_id=member.id,
                    topic=topic,
                    channel=channel,
                    method="import",
                    actor="journeys",
                    version=load_live_version(tx, self.house.program_id, utc_now()),
                    language="en",
                    text_sha=None,
                    source="CRM",
                    network_mark=None,
                    at=utc_now(),
                ),
            )

    def erase_asked(self) -> None:
        """Have whoever asked for it be erased now: the worker comes to it every ten minutes."""
        graveyard = Graveyard(self.house.home, Vault(self.house.opened.settings.secret))
        with self._worker() as db:
            erase_asked(db, graveyard, self.house.program_id, utc_now())

    def phone(self, member: Member) -> tuple[tuple[str, str], Callable[[], str]]:
        """A phone on which a member is signed in: its cookie, and what its code page shows now."""
        vault = Vault(self.house.opened.settings.secret)
        with self.house.opened.connect("web") as db, transaction(db, self.house.program_id) as tx:
            session = begin_session(tx, self.house.program_id, member.id, "phone", utc_now())
        assert session is not None
        seed = card_seed(vault.key(KEY_PURPOSE), session.hash)
        kept = f"member-{self.program.key}", write_session(session)
        return kept, lambda: card_digits(seed, window_at(utc_now()))

    def visits(self, member: Member, location: str) -> None:
        """A counter confirms a visit of a member, without anybody at a page."""
        vault = Vault(self.house.opened.settings.secret)
        at = utc_now().replace(microsecond=0)
        visit = Visit(self.house.program_id, location, member.id, at)
        counter = Counter(self.house.program_id, self.program, self.program.locations[location], "journeys")
        with self.house.opened.connect("web") as db, transaction(db, self.house.program_id) as tx:
            assert confirm(tx, vault, counter, visit, "wheels.changed", utc_now()) == "confirmed"

    @contextmanager
    def _worker(self) -> Iterator[Connection]:
        with self.house.opened.connect("worker") as db:
            yield db


@contextmanager
def open_brand() -> Iterator[Brand]:
    """Open the brand for a run of journeys; its folder is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="gd-", dir=quick_folder()))
    # Whoever drives a browser has a loop in the main thread, beside which Django wants another.
    with ThreadPoolExecutor(1) as aside:
        making = demo_house(home, Order(_free_ports(), CUSTOMERS, 1, CUSTOMERS))
        house = aside.submit(making.__enter__).result()
        try:
            yield aside.submit(_furnished, house).result()
        finally:
            aside.submit(making.__exit__, None, None, None).result()
            aside.submit(_close_django).result()
            shutil.rmtree(home, ignore_errors=True)


def _close_django() -> None:
    from django.db import connections  # noqa: PLC0415  Django is prepared by then

    # They are the thread's that hired people.
    connections.close_all()


def _furnished(house: DemoHouse) -> Brand:
    program = _edition(house)
    publish_as(house.opened, program, by="journeys")
    key, text = new_key(WantedKey("Journeys", SOURCE, timedelta(days=1), (EVENTS,), None, None), utc_now())
    with house.opened.connect("web") as db, transaction(db, house.program_id) as tx:
        keep_key(tx, house.program_id, key, "journeys", utc_now())
    brand = Brand(house, program, text, count(1))
    agree_to_offers(house)
    hire_people(house)
    fill(house, EVENTS_OF_CUSTOMERS)
    for _ in range(EMPTYING):
        brand.visits(brand.joins("Ada Lang", location=NEXT_DOOR), NEXT_DOOR)
    return brand


def _edition(house: DemoHouse) -> Program:
    """The demo's program with the sections above."""
    folder = house.home / "journeys"
    shutil.copytree(house.home / "program", folder)
    file = folder / (EXAMPLE / "program.yaml").name
    text = file.read_text(encoding="utf-8")
    sections = SECTIONS.read_text(encoding="utf-8")
    for heading, more in re.findall(r"^(\w+:\n)((?:  .*\n)+)", sections, re.MULTILINE):
        assert text.count(f"\n{heading}") == 1, heading
        text = text.replace(f"\n{heading}", f"\n{heading}{more}")
    file.write_text(text, encoding="utf-8")
    return checked_program(file)


def _free_ports() -> Ports:
    """The ports of a demo, at the first place where all of them are free."""
    for first in range(FIRST_PORT, LAST_PORT, LAST_ABOVE + 1):
        probes = [socket.socket() for _ in range(LAST_ABOVE + 1)]
        try:
            for n, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + n))
        except OSError:
            continue
        else:
            return demo_ports(first)
        finally:
            for probe in probes:
                probe.close()
    raise AssertionError("no ports are free")


__all__ = ["HERE", "NEXT_DOOR", "PASSWORD", "PEOPLE", "Brand", "Member", "open_brand"]
