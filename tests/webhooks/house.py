"""A house that tells others what happens in it: endpoints, announcements handed on, and a sender at hand."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.lending import lent, looking
from tests.wallet import house as wallet

from guerdon.channels.webhooks.wire import webhook_post
from guerdon.engine.announcements.fanning import Fan, announce, forget, tell_endpoints
from guerdon.engine.library import Library
from guerdon.engine.publish import publish
from guerdon.engine.webhooks.endpoints import Looking, Made, Wanted, make_endpoint, send_test
from guerdon.engine.webhooks.judging import Replied
from guerdon.engine.webhooks.sending import Office, Post, Sender
from guerdon.store.database import transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.values.destinations import Network, read_networks
from guerdon.values.ids import show
from guerdon.worker import MAPPERS

LOCAL: tuple[Network, ...] = read_networks("127.0.0.0/8") or ()
HOOK = "https://hooks.example/in"


@dataclass
class House(wallet.House):
    """An installation whose program others may be told of."""

    def looking(self, actor: str = "per_test") -> Looking:
        return Looking(self.program_id, self.program.key, self.vault, LOCAL, actor, self.now)

    def endpoint(self, *types: str, url: str = HOOK, name: str = "Shop") -> Made:
        with self.web() as tx:
            made = make_endpoint(tx, self.looking(), Wanted(name, url, types))
        assert isinstance(made, Made), made
        return made

    def announce(self) -> None:
        with self.worker() as db:
            while announce(db, Fan(Library(self.vault, MAPPERS), (tell_endpoints,)), self.now):
                pass

    def forget(self) -> bool:
        with self.worker() as db:
            return forget(db, self.now)

    def payloads(self, endpoint: int | None = None) -> list[dict[str, Any]]:
        """What waits for an endpoint or was sent to it, in its order."""
        rows = self.rows(
            "select payload from webhook_deliveries"
            " where endpoint_id = coalesce(%(e)s, endpoint_id) order by id",
            e=endpoint,
        )
        return [json.loads(row[0]) for row in rows]

    def types(self, endpoint: int | None = None) -> list[str]:
        return [each["type"] for each in self.payloads(endpoint)]

    def states(self) -> list[tuple[str, int]]:
        return [
            (row[0], row[1])
            for row in self.rows("select state, attempts from webhook_deliveries order by id")
        ]

    @contextmanager
    def sender(self, post: Post | None = None, chance: float = 0.0) -> Iterator["Sending"]:
        office = Office(self.vault, post or webhook_post(LOCAL), lambda: self.now, lambda: chance)
        with self.worker() as db, ThreadPoolExecutor(32) as threads:
            yield Sending(Sender(office, threads), db)


@dataclass
class Sending:
    """A sender and its connection."""

    sender: Sender
    db: Any

    def work(self) -> None:
        """Send what is due, and wait for it."""
        self.sender.claim(self.db)
        while self.sender.under_way:
            self.sender.rest(self.db, idle=False)
            self.sender.turn(self.db)


class Postman:
    """Takes what is posted, and replies as a test says."""

    def __init__(self, reply: Callable[[str], Replied] | Replied | None = None) -> None:
        self.posted: list[tuple[str, dict[str, str], bytes]] = []
        self._reply = reply or Replied(200)

    def reply_with(self, reply: Replied) -> None:
        self._reply = reply

    def __call__(self, url: str, headers: dict[str, str], body: bytes, within_s: float) -> Replied:
        assert within_s == 15.0
        self.posted.append((url, headers, body))
        return self._reply if isinstance(self._reply, Replied) else self._reply(url)


def given_up(url: str) -> str:
    """A delivery that was given up, to each endpoint that is there; the id of the last."""
    with looking(url) as db:
        rows = db.execute(
            "insert into webhook_deliveries (program_id, endpoint_id, type, payload, state, attempts,"
            " recorded_at, next_at, settled_at)"
            " select program_id, id, 'reward.earned', '{}', 'dead', 10, now(), now(), now()"
            " from webhook_endpoints returning id"
        ).fetchall()
        db.execute(
            "insert into webhook_attempts (program_id, delivery_id, number, at, took_ms, status, reason,"
            " answer) select program_id, id, 10, now(), 7, 500, 'status', '<script>alert(1)</script>'"
            " from webhook_deliveries where state = 'dead'"
        )
        return show("msg", rows[-1][0])


def furnish_webhooks(url: str, secret: str, program_id: int) -> None:
    """Make a program's first endpoint, which fails; something waits for it and something was given up."""
    vault, now = Vault(secret), utc_now()
    ours = Looking(program_id, "x", vault, (), "per_test", now)
    with lent(url, secret, "web") as db, transaction(db, program_id) as tx:
        made = make_endpoint(tx, ours, Wanted("The shop's till", f"{HOOK}?{'long' * 60}", ()))
        assert isinstance(made, Made)
        assert made.id == 1
        assert send_test(tx, ours, made.id) is None
    given_up(url)
    with looking(url) as db:
        db.execute(
            "update webhook_health set failures = 3, failing_since = now(), status = 500, reason = 'status',"
            " hold_until = now() + interval '1 hour'"
        )


@contextmanager
def opened_house(url: str, secret: str) -> Iterator[House]:
    """A house whose books are checked when the test is done."""
    program = wallet.wallet_program()
    with lent(url, secret, "owner") as db:
        published = publish(db, program, "test", wallet.NOW)
    made = House(url, secret, program, published.program_id)
    yield made
    made.check()
