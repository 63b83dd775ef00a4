"""The adapters and the stand-ins, each made from the documents without the other: here they meet."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.standins.suppliers import Supplier as Stand
from tests.standins.suppliers import start, stop
from tests.suppliers.desk import order

from guerdon.engine.orders.port import (
    Absent,
    Account,
    Ask,
    Balance,
    ItemPage,
    Later,
    Listed,
    Notice,
    Pending,
    Placed,
    Rejected,
    Shut,
    StatementLine,
    StatementPage,
    Supplier,
    Told,
    Unknown,
)
from guerdon.http import Client
from guerdon.suppliers import vendors
from guerdon.values.destinations import read_networks

BASES = {"tremendous": "/api/v2", "runa": "/v2"}
SKUS = {"tremendous": "GRUENERKORB1", "runa": "KORB-DE"}
_numbers = itertools.count(1)


@dataclass
class Meeting:
    """A stand-in, and our account with it."""

    kind: str
    stand: Stand
    supplier: Supplier

    @property
    def now(self) -> datetime:
        told = self.stand.ask("GET", "/_control/clock").body
        return datetime.fromtimestamp(told["now_ms"] / 1000, UTC)

    def ask(self, fault: str = "none", **changed: Any) -> tuple[Ask, Told]:
        """Order something, with a fault."""
        n = next(_numbers)
        given = {"ref": f"ord_{n}", "key": f"key-{n}", "sku": SKUS[self.kind], "first_asked_at": self.now}
        asked = order(**given | changed)
        self.stand.control("faults", next=[fault])
        return asked, self.supplier.place(asked)

    def issues(self, asked: Ask) -> list[dict[str, Any]]:
        """What was really made of an order."""
        told = self.stand.ask("GET", "/_control/ledger").body
        return [each for each in told["issues"] if each["key"] == asked.key]

    def resolved(self, asked: Ask, told: Told) -> Told:
        """Ask as the engine does, until it is known: the same again, then their books, and time goes by."""
        for _ in range(20):
            if not isinstance(told, Unknown | Pending | Later):
                return told
            if isinstance(told, Pending):
                told = self.supplier.fetch(told.their_id, asked)
            else:
                told = self.supplier.place(asked)
            if isinstance(told, Unknown):
                found = self.supplier.find(asked)
                # That there is none is believed only once nothing can be under way any more.
                late = (
                    self.now - asked.first_asked_at
                ).total_seconds() > self.supplier.abilities.lands_within_s
                told = found if late or not isinstance(found, Absent) else told
            self.stand.control("clock", advance_s=60)
        raise AssertionError(f"{asked.key} is {told} after twenty minutes")


def account_of(kind: str, stand: Stand, **changed: str) -> Supplier:
    keys = {**stand.keys, **changed}
    secret, hook = keys.get("token") or keys["key"], keys.get("private_key") or keys["secret"]
    account = Account("cards", stand.address + BASES[kind], secret, hook)
    return vendors()[kind].opens(Client(read_networks("127.0.0.1/32") or ()), account)


@pytest.fixture(scope="module", params=["tremendous", "runa"])
def process(request: pytest.FixtureRequest) -> Iterator[tuple[str, Stand]]:
    stand = start(request.param)
    yield request.param, stand
    assert stop(stand) == 0


@pytest.fixture
def meeting(process: tuple[str, Stand]) -> Meeting:
    kind, stand = process
    stand.reset()
    return Meeting(kind, stand, account_of(kind, stand))


# What befalls an order, what is known at once, and what it comes to.
FAULTS: list[tuple[str, Any, Any]] = [
    ("none", Placed, Placed),
    ("refused", Rejected, None),
    ("out_of_stock", Rejected, None),
    ("limited", Later, Placed),
    ("before", Unknown, Placed | Absent),
    ("after", Unknown, Placed),
    ("cut", Unknown, Placed),
    ("late", Unknown, Placed),
    ("lost", Unknown, Placed),
    ("slow", Pending, Placed),
    ("failed", Pending, Rejected),
    ("wrong_amount", Placed, Placed),
    ("reused_code", Placed, Placed),
    ("twice", Placed, Placed),
    ("early", Placed, Placed),
]


@pytest.mark.parametrize(("fault", "at_once", "at_last"), FAULTS, ids=[row[0] for row in FAULTS])
def test_whatever_befalls_an_order_it_comes_to_one_and_is_known(
    meeting: Meeting, fault: str, at_once: Any, at_last: Any
) -> None:
    asked, told = meeting.ask(fault)
    assert isinstance(told, at_once), told
    if at_last is None:
        assert meeting.issues(asked) == []
        assert isinstance(meeting.supplier.find(asked), Absent)
        return
    last = meeting.resolved(asked, told)
    assert isinstance(last, at_last), last
    issued = [each for each in meeting.issues(asked) if each["state"] == "issued"]
    assert len(issued) == isinstance(last, Placed)
    if isinstance(last, Placed):
        (issue,) = issued
        (credential,) = last.credentials
        assert credential.text in issue["codes"]
        assert (last.their_id, last.currency) == (issue["id"], issue["currency"])
        assert f"{last.face_minor / 100:.2f}" == issue["amount"]
        assert (last.face_minor == asked.face_minor) == (fault != "wrong_amount")
        assert meeting.supplier.fetch(last.their_id, asked).their_id == last.their_id  # type: ignore[union-attr]


def test_what_is_not_to_be_had_is_refused_with_its_reason(meeting: Meeting) -> None:
    whys = [
        meeting.ask(**changed)[1].why  # type: ignore[union-attr]
        for changed in ({"sku": "NOSUCH123456"}, {"face_minor": 999_999_00}, {"face_minor": 1})
    ]
    assert whys[0] == "unknown_item"
    assert set(whys[1:]) <= {"amount", "unknown_item", "funds", "refused"}
    told = account_of(meeting.kind, meeting.stand, token="TEST_wrong", key="wrong").place(order())
    assert isinstance(told, Shut)


def test_everything_that_is_listed_can_be_ordered_and_stands_in_the_books(meeting: Meeting) -> None:
    items: list[Listed] = []
    after: str | None = None
    for _ in range(10):
        page = meeting.supplier.list_items(after)
        assert isinstance(page, ItemPage)
        items, after = [*items, *page.items], page.after
        if after is None:
            break
    assert after is None
    balance = meeting.supplier.balance()
    assert isinstance(balance, Balance | None)
    rows = [each.row for each in items if each.row["currency"] == "EUR"]
    assert len(rows) >= 3
    # Of each they name the address of a card and of something smaller.
    for row in rows:
        assert str(row["x_image"]).startswith(f"{meeting.stand.address}/pictures/")
        assert str(row["x_image"]).endswith("-card.png")
    made = {}
    for row in rows:
        amounts: Any = row.get("amounts") or [row["min"]]
        asked, told = meeting.ask(sku=row["id"], face_minor=round(float(amounts[0]) * 100))
        assert isinstance(told, Placed), told
        made[told.their_id] = asked
    lines: list[StatementLine] = []
    more: str | None = None
    for _ in range(10):
        books = meeting.supplier.list_orders(meeting.now.replace(hour=0), more)
        assert isinstance(books, StatementPage)
        lines, more = [*lines, *books.lines], books.after
        if more is None:
            break
    assert more is None
    assert {line.their_id for line in lines} == set(made)
    for line in lines:
        asked = made[line.their_id]
        assert line.ref in (asked.ref, asked.key)
        assert line.face_minor in (None, asked.face_minor)
        assert line.state == "placed"


def test_their_callbacks_are_believed_and_nobody_elses(meeting: Meeting) -> None:
    meeting.stand.control("callbacks/take")
    asked, told = meeting.ask()
    assert isinstance(told, Placed)
    named = []
    for callback in meeting.stand.control("callbacks/take"):
        headers, body = dict(callback["headers"]), callback["body"].encode()
        notice = meeting.supplier.read_notice(headers, body, meeting.now)
        assert isinstance(notice, Notice), callback
        named.append((notice.their_id, notice.ref))
        assert meeting.supplier.read_notice(headers, body + b" ", meeting.now) is None
        other = account_of(meeting.kind, meeting.stand, private_key="other", secret="whsec_b3RoZXI=")
        assert other.read_notice(headers, body, meeting.now) is None
    assert named
    assert any(told.their_id == number or asked.ref == ref for number, ref in named)


def test_taking_back_what_was_had_is_refused_by_both(meeting: Meeting) -> None:
    _, told = meeting.ask()
    assert isinstance(told, Placed)
    assert isinstance(meeting.supplier.cancel(told.their_id), Rejected)
