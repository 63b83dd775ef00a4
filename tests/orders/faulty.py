"""A house whose rewards two suppliers deliver, badly: stand-ins in processes of their own.

The time is the suppliers': it stands still but for the steps of whoever works, so that all agree on it, and
goes on where somebody was killed.
"""

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
from tests.evidence import scaled
from tests.redeem.house import NOW, PROGRAM, House
from tests.standins.suppliers import Supplier as Stand
from tests.web.intake.house import free_port

from guerdon.engine.library import Library
from guerdon.engine.orders.desk import Desk
from guerdon.engine.orders.looking import note
from guerdon.engine.orders.working import order_once
from guerdon.engine.publish import publish
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.ledger.effects import Hold
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.invariants import check_invariants
from guerdon.store.database import connect, transaction
from guerdon.suppliers.wired import Suppliers
from guerdon.values.ids import show
from guerdon.values.money import Money

FIRST, SECOND = "first", "second"
KINDS = {FIRST: "tremendous", SECOND: "runa"}
BASES = {FIRST: "/api/v2", SECOND: "/v2"}
FACE = Money(2_500, "EUR")
# In the gate time goes on in greater steps; an account saves up no more than a second's worth of questions.
STEP, NAP = timedelta(seconds=scaled(4, 1)), timedelta(seconds=20)
SUPPLIERS = "\nsuppliers:\n"
MORE = f"""{SUPPLIERS}  {FIRST}: {{ kind: tremendous, secret: FIRST_KEY, hook_secret: FIRST_HOOK, prefer: 1 }}
  {SECOND}: {{ kind: runa, secret: SECOND_KEY, hook_secret: SECOND_HOOK, prefer: 2 }}
"""
# What controls ask of rewards that came in by a door; those of the house come from nowhere.
OF_DOORS = ("rewards.rule", "limits.used", "intake.places")
# Why an order waits for a person, though everybody knows what came of it: it is not what was asked for.
PERSONS = ("wrong_amount", "code_twice")
# Who may have been asked for what, as long as nobody knows what came of it.
UNSURE = """
    insert into t11.unsure as u (member_id, order_id, attempt, since, until)
    select a.member_id, a.order_id, a.attempt, %(now)s, %(now)s
    from guerdon.supplier_attempts a
    where a.doubted and a.state in ('sent', 'unknown') and a.reason <> all (%(persons)s)
    on conflict (order_id, attempt) do update set until = excluded.until
"""


@dataclass(frozen=True)
class Ours:
    """The settings of the house, as far as suppliers are concerned."""

    suppliers: Mapping[str, str]
    secrets: Mapping[str, str]
    outbound_allow: tuple[Any, ...] = ()

    def connection_secret(self, name: str) -> str | None:
        return self.secrets.get(name)


@dataclass
class Faulty(House):
    """The house, its suppliers, and what they say really happened."""

    stands: Mapping[str, Stand] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    in_flight: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ours = Ours(
            {kind: self.stands[key].address + BASES[key] for key, kind in KINDS.items()},
            {
                "FIRST_KEY": self.stands[FIRST].keys["token"],
                "FIRST_HOOK": self.stands[FIRST].keys["private_key"],
                "SECOND_KEY": self.stands[SECOND].keys["key"],
                "SECOND_HOOK": self.stands[SECOND].keys["secret"],
            },
        )
        self.suppliers = Suppliers(self.ours)

    def lay_out(self) -> None:
        """Two items: each is asked of one supplier first, and may be had of the other."""
        with psycopg.connect(self.url, options="-c search_path=guerdon") as db:
            db.execute(
                "insert into catalog_feeds (program_id, key, supplier) values (%s, 'cards', %s)",
                (self.program_id, FIRST),
            )
            for number, (item, order) in enumerate((("one", (1, 2)), ("two", (2, 1))), start=1):
                db.execute(
                    """
                    insert into catalog_items (program_id, id, key, feed, sku, category, kind, delivery,
                                               markets, currency, denominations, names, supplier, generation,
                                               content_hash, changed_at)
                    values (%s, %s, %s, 'cards', %s, 'shopping', 'gift_card', 'link', '{DE}', 'EUR', %s,
                            '{"en": "A card"}', %s, 1, sha256('x'), %s)
                    """,
                    (self.program_id, number, item, item, [FACE.amount_minor], FIRST, NOW),
                )
                offers = ((FIRST, "GRUENERKORB1", order[0]), (SECOND, "KORB-DE", order[1]))
                for supplier, sku, prefer in offers:
                    db.execute(
                        "insert into catalog_offers (program_id, item_id, supplier, sku, prefer)"
                        " values (%s, %s, %s, %s, %s)",
                        (self.program_id, number, supplier, sku, prefer),
                    )
            # What is only watched by the test lies beside what is tested.
            db.execute("create schema t11")
            db.execute(
                "create table t11.unsure (member_id bigint, order_id bigint, attempt int, since timestamptz,"
                " until timestamptz, primary key (order_id, attempt))"
            )

    def order(self, count: int, each: int = 4) -> None:
        """Members choose, as many orders as told: half of them of each item."""
        with connect(self.url, self.secret, "web") as web:
            for number in range(count):
                member_id = 10_000 + number // each
                if number % each == 0:
                    self.enroll(member_id)
                reward_id = self.reward(member_id, value=FACE)
                choice = Choice(
                    self.program_id, member_id, reward_id, ("one", "two")[number % 2], "phone", face=FACE
                )
                opens = partial(transaction, web, self.program_id, member_id)
                assert isinstance(redeem(opens, self.program, choice, NOW), Hold)

    def set_time(self, now: datetime) -> None:
        """Let it be as late as told, for all suppliers."""
        for stand in self.stands.values():
            stand.control("clock", at=now.isoformat())

    def told_time(self) -> datetime:
        """How late it is."""
        said = self.stands[FIRST].ask("GET", "/_control/clock").body
        return datetime.fromtimestamp(said["now_ms"] / 1000, UTC)

    def work(self, until: datetime) -> None:
        """Work off orders, step by step, until all of them rest or it is too late."""
        with (
            self._listening(),
            connect(self.url, self.secret, "worker") as db,
            psycopg.connect(self.url, autocommit=True) as watching,
        ):
            now = self.told_time()
            desk = Desk(
                open_account=self.suppliers.open,
                library=Library(self.vault, {}),
                clock=self.told_time,
                in_flight=self.in_flight,
            )
            while now < until and (next_at := _next_at(watching)) is not None:
                now = max(now + STEP, min(next_at, now + NAP))
                self.set_time(now)
                while order_once(db, desk, now):
                    pass
                watching.execute(UNSURE, {"now": now, "persons": list(PERSONS)})

    @contextmanager
    def _listening(self) -> Iterator[None]:
        house = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): text for name, text in self.headers.items()}
                taken = house.take(self.path.strip("/"), headers, body)
                with suppress(OSError):
                    self.send_response(200 if taken else 401)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Door)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def take(self, key: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Take a callback as the door does; its time is the one at which it was signed."""
        at = int(headers["svix-timestamp"]) if "svix-timestamp" in headers else None
        now = self.told_time() if at is None else datetime.fromtimestamp(at, UTC)
        notice = self.suppliers.read_notice(self.program, key, headers, body, now)
        if notice is None:
            return False
        with (
            connect(self.url, self.secret, "web") as connection,
            transaction(connection, self.program_id) as tx,
        ):
            note(tx, self.program_id, key, notice, now)
        return True

    def listen(self) -> None:
        """Have the suppliers call whoever works."""
        for key, stand in self.stands.items():
            stand.control("hooks", url=f"http://127.0.0.1:{self.port}/{key}")

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        """What was really issued, by our order, whoever issued it."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for key, stand in self.stands.items():
            told = stand.ask("GET", "/_control/ledger").body
            for issue in told["issues"]:
                if issue["state"] == "issued":
                    # A key is the order's name and the attempt's number.
                    ref = issue["reference"].partition("-")[0]
                    asked = told["asked"].get(issue["reference"], [])
                    found[ref].append({**issue, "supplier": key, "requests": asked})
        return found

    def states(self) -> dict[str, str]:
        """Where each order stands, by its public name."""
        rows = self.rows("select order_id, state from fulfillments")
        return {show("ord", int(str(order))): str(state) for order, state in rows}

    def for_persons(self) -> dict[str, str]:
        """Orders that came otherwise than they were asked for, and why a person has to look."""
        rows = self.rows(
            """
            select f.order_id, a.reason from fulfillments f
            join supplier_attempts a using (program_id, member_id, order_id)
            where f.next_at is null and f.state = 'unknown' and a.state = 'unknown'
            """
        )
        return {show("ord", int(str(order))): str(reason) for order, reason in rows}

    def unsure(self) -> list[tuple[timedelta, str]]:
        """For how long nobody knew what came of an attempt, the longest first; whose, and the last word."""
        rows = self.rows(
            """
            select u.until - u.since, a.supplier || ' ' || a.key || ' ' || a.state || ' ' || a.reason
            from t11.unsure u join supplier_attempts a using (member_id, order_id, attempt)
            order by 1 desc limit 10
            """
        )
        found = []
        for lasted, whose in rows:
            assert isinstance(lasted, timedelta)
            found.append((lasted, str(whose)))
        return found

    def two_codes(self) -> list[tuple[object, ...]]:
        """Orders with more than one code."""
        return self.rows(
            "select order_id, count(*) from codes where order_id is not null group by 1 having count(*) > 1"
        )

    def accounted(self) -> Counter[str]:
        """What was given, and where it is: spent, or left (of which some is held)."""
        rows = self.rows(
            """
            select 'issued', coalesce(sum(value), 0) from rewards
            union all select 'left', coalesce(sum(remaining), 0) from rewards
            union all select 'held', coalesce(sum(amount), 0) from holds where state = 'open'
            union all select 'spent', coalesce(sum(amount), 0)
              from transfers where starts_with(to_account, 'spent:')
            """
        )
        return Counter({str(name): int(str(amount)) for name, amount in rows})

    def check_books(self) -> None:
        """Assert what must hold after any test, by every control but those of doors."""
        with self.opens(None)() as tx:
            found = [line for line in check_invariants(tx) if not line.startswith(OF_DOORS)]
        assert found == [], found


def _next_at(watching: psycopg.Connection) -> datetime | None:
    """When an order is looked at next by a clock; None: all of them rest."""
    row = watching.execute("select min(next_at) from guerdon.fulfillments").fetchone()
    assert row
    assert row[0] is None or isinstance(row[0], datetime)
    return row[0]


@contextmanager
def opened(url: str, secret: str, stands: Mapping[str, Stand]) -> Iterator[Faulty]:
    """Give a house with two suppliers that were started anew; its books are checked in the end."""
    text = PROGRAM.read_text(encoding="utf-8")
    assert SUPPLIERS in text
    program = read_program(text.replace(SUPPLIERS, MORE), PROGRAM.parent)
    assert isinstance(program, Program), program
    for stand in stands.values():
        stand.reset()
        stand.control("clock", at=NOW.isoformat())
        stand.control("limits", on=True)
    stands[FIRST].control("balance", cents=100_000_000)
    stands[SECOND].control("balance", currency="EUR", balance=10_000_000)
    with connect(url, secret, "owner") as connection:
        published = publish(connection, program, "test", NOW)
    house = Faulty(url, secret, program, published.program_id, stands=stands)
    house.lay_out()
    yield house
    house.check_books()


def seed() -> int:
    """The run's own, which the runner prints."""
    return random.getrandbits(20)
