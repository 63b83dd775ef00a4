"""Runa: what is asked of it, and what each of its answers is taken for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.suppliers.desk import KEY, NOW, REF, SECRET, answered, lost, opened, order, paths

from guerdon.engine.orders.port import (
    Absent,
    Credential,
    Later,
    Pending,
    Placed,
    Rejected,
    Shut,
    Unknown,
)

LINK = "https://gift.example/s/1c2b3a"
PRODUCT = "AMZ-DE"


def item(**changed: Any) -> dict[str, Any]:
    payout = {"status": "ACTIVE", "status_updated_at": "2026-11-22T12:00:01Z", "url": LINK}
    given = {
        "id": "E-NWPEKW4VL",
        "distribution_method": {"type": "PAYOUT_LINK"},
        "products": {"type": "SINGLE", "value": PRODUCT},
        "face_value": "25.00",
        "price": "23.75",
        "payout": payout,
        "currency": "EUR",
    }
    return given | changed


def basic(status: str = "COMPLETED", at: datetime = NOW, **changed: Any) -> dict[str, Any]:
    """An order as their list has it."""
    given = {
        "id": "O-01H5WQ",
        "status": status,
        "created_at": at.isoformat().replace("+00:00", "Z"),
        "description": REF,
        "payment_method": {"type": "ACCOUNT_BALANCE", "currency": "EUR"},
        "currency": "EUR",
        "total_price": "23.75",
        "total_discount": "1.25",
    }
    return given | changed


def their_order(status: str = "COMPLETED", **changed: Any) -> dict[str, Any]:
    return basic(status) | {"items": [item()]} | changed


def listed(*orders: dict[str, Any], after: str = "A-2") -> Any:
    pagination = {"cursors": {"after": after, "before": "A-1"}, "page": {"limit": 500}}
    return answered({"items": list(orders), "pagination": pagination})


DONE = Placed("O-01H5WQ", (Credential("url", LINK),), "EUR", 2500, 2375, "EUR")
LOOK = order(sku=PRODUCT)


def test_one_link_is_asked_for_at_once_under_the_attempts_key_and_our_reference() -> None:
    supplier, http = opened("runa", answered(their_order()))
    assert supplier.place(LOOK) == DONE
    (asked,) = http.asked
    assert (asked.method, asked.path) == ("POST", "/order")
    assert {name: asked.headers[name] for name in asked.headers if name.startswith("X-")} == {
        "X-Api-Key": SECRET,
        "X-Api-Version": "2024-02-05",
        "X-Idempotency-Key": KEY,
        "X-Execution-Mode": "sync",
    }
    assert asked.body is not None
    assert b'"face_value":25.00,' in asked.body
    assert asked.said == {
        "payment_method": {"type": "ACCOUNT_BALANCE", "currency": "EUR"},
        "items": [
            {
                "face_value": 25.0,
                "distribution_method": {"type": "PAYOUT_LINK"},
                "products": {"type": "SINGLE", "value": PRODUCT},
            }
        ],
        "description": REF,
    }
    supplier, http = opened("runa", answered(their_order()), currency="USD")
    supplier.place(LOOK)
    assert http.asked[0].said["payment_method"] == {"type": "ACCOUNT_BALANCE", "currency": "USD"}


def refusal(kind: str, status: int = 400, **more: object) -> Any:
    return answered({"type": kind, "message": "No", "help": "None", **more}, status)


TAKEN_BACK = {"status": "CANCELLED", "url": LINK}
FIELD = {"type": "value_error", "message": "is wrong", "location": ["items", "0", "face_value"]}
PLACED: list[tuple[str, Any, object]] = [
    ("done", answered(their_order()), DONE),
    ("accepted", answered({"id": "O-01H5WQ", "status": "PROCESSING"}, 202),
     Pending("O-01H5WQ", "processing")),
    ("a state nobody told us of", answered(their_order("TELEPORTED")), Pending("O-01H5WQ", "teleported")),
    ("failed", answered({"id": "O-01H5WQ", "status": "FAILED"}),
     Rejected("refused", "failed", False, "O-01H5WQ")),
    ("its link was canceled", answered(their_order(items=[item(payout=TAKEN_BACK)])),
     Rejected("refused", "its link is canceled", True, "O-01H5WQ")),
    ("another amount is told as it is", answered(their_order(items=[item(face_value="250")])),
     Placed("O-01H5WQ", (Credential("url", LINK),), "EUR", 25000, 2375, "EUR")),
    ("another's order", answered(their_order(description="other")),
     Unknown("they answer with another order than the one asked for")),
    ("no JSON", answered(b"<html>"), Unknown("the answer cannot be read: is no JSON")),
    ("no items", answered(basic()), Unknown("the answer cannot be read: items is absent")),
    ("no link", answered(their_order(items=[item(payout={"status": "ACTIVE"})])),
     Unknown("the answer cannot be read: its link or its value is absent")),
    ("a float of many digits", answered(their_order(items=[item(face_value="1e5")])),
     Unknown("the answer cannot be read: face_value is no number")),
    ("still being processed", answered(b"", 102), Unknown("answered 102")),
    ("the same, by another status", refusal("idempotency_in_progress"), Unknown("No")),
    ("the key of another body", refusal("idempotency_validation_error"), Unknown("No")),
    ("a fault of theirs", refusal("internal_server_error", 500), Unknown("answered 500")),
    ("a time-out of theirs", refusal("timeout", 504), Unknown("answered 504")),
    ("no answer", lost(sent=True), Unknown("no answer: timeout")),
    ("nobody there", lost(sent=False), Later(5.0, "unreachable")),
    ("too fast", answered({"error": "rate exceeded"}, 429), Later(5.0, "limit")),
    ("a wrong key", refusal("invalid_api_key", 401), Shut("401: No")),
    ("a limit of spending", refusal("ordering_restricted", 403), Shut("403: No")),
    ("funds", refusal("insufficient_funds"), Rejected("funds", "No", permanent=False)),
    ("a product", refusal("product_validation_error"), Rejected("unknown_item", "No")),
    ("a field", refusal("validation_error", 422, details=[FIELD]), Rejected("amount", "No")),
    ("currencies", refusal("currency_mismatch"), Rejected("refused", "No")),
    ("a no that is not theirs", answered(b"Blocked", 400), Unknown("answered 400, which cannot be read")),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "told"), [row[1:] for row in PLACED], ids=[row[0] for row in PLACED])
def test_an_answer_to_an_order_is_one_of_the_closed_set(answer: Any, told: object) -> None:
    supplier, _ = opened("runa", answer)
    assert supplier.place(LOOK) == told


def test_an_order_is_found_in_their_list_by_our_reference_and_then_asked_for() -> None:
    others = [basic(id=f"O-{n}", description=f"ord_{n}") for n in range(3)]
    supplier, http = opened("runa", listed(*others), listed(basic()), listed(), answered(their_order()))
    assert supplier.find(LOOK) == DONE
    assert paths(http) == [
        "GET /order?limit=500",
        "GET /order?limit=500&after=A-2",
        "GET /order?limit=500&after=A-2",
        "GET /order/O-01H5WQ",
    ]


OLD = basic(at=NOW - timedelta(days=3), description="b")
NAMELESS = {"id": "O-9", "status": "PROCESSING", "message": "wait"}
HIDDEN = Unknown("an order is being processed, and whose it is cannot be seen")
FOUND: list[tuple[str, list[Any], object]] = [
    ("none at all", [listed()], Absent()),
    ("only older ones, the newest first",
     [listed(basic(description="a"), OLD)], Absent()),
    ("only older ones, the oldest first",
     [listed(OLD), listed()], Absent()),
    ("one that failed, surely of this attempt",
     [listed(basic("FAILED", at=NOW + timedelta(minutes=5))), listed()],
     Rejected("refused", "failed", False, "O-01H5WQ")),
    ("one that failed, maybe of an attempt before", [listed(basic("FAILED")), listed()], Absent()),
    ("one that failed and says no more", [listed({"id": "O-9", "status": "FAILED"}), listed()], Absent()),
    ("one that is being processed", [listed(NAMELESS), listed()], HIDDEN),
    ("one that is being processed, among old ones that are sorted in no way",
     [listed(basic(description="a"), OLD, NAMELESS, basic(description="c")), listed()], HIDDEN),
    ("one that is being processed, among old ones",
     [listed(basic(description="a"), OLD, NAMELESS)],
     Absent()),
    ("sorted in no way",
     [listed(OLD, basic(description="a")), listed(basic()), listed(), answered(their_order())], DONE),
    ("one that failed, and one after it", [listed(basic("FAILED", id="O-1"), basic()), listed(),
                                           answered(their_order())], DONE),
    ("a list that cannot be read", [answered(b"[]")], Later(5.0, "trouble")),
    ("a list without an answer", [lost(sent=True)], Later(5.0, "unreachable")),
    ("a list that is closed", [answered({"message": "No"}, 403)], Shut("403: No")),
    ("a list without an end", [listed(basic(at=NOW + timedelta(days=1), description="b"))] * 20,
     Unknown("the list is too long to be read")),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "told"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_that_there_is_no_order_is_said_only_where_the_list_proves_it(
    answers: list[Any], told: object
) -> None:
    supplier, http = opened("runa", *answers)
    assert supplier.find(LOOK) == told
    assert http.answers == []


def test_an_order_that_is_processed_is_another_where_a_younger_one_stands_below_it() -> None:
    late, young = basic(at=NOW + timedelta(minutes=8), description="c"), basic(at=NOW, description="a")
    asked = order(sku=PRODUCT, asked_at=NOW)
    assert opened("runa", listed(NAMELESS, late, OLD))[0].find(asked) == Absent()
    # When it was asked for last is not known; below it stands none that is younger; it is sorted in no way.
    for ask, answers in (
        (LOOK, [listed(NAMELESS, late, OLD)]),
        (asked, [listed(late, NAMELESS, young, OLD)]),
        (asked, [listed(NAMELESS), listed(young, OLD)]),
        (asked, [listed(NAMELESS, late, OLD, young), listed()]),
        (asked, [listed(late, young, NAMELESS), listed()]),
    ):
        assert opened("runa", *answers)[0].find(ask) == HIDDEN


def test_what_became_of_an_order_is_asked_by_their_number() -> None:
    waiting = answered({"id": "O-01H5WQ", "status": "PROCESSING", "message": "wait"})
    supplier, http = opened("runa", waiting, answered({}, 404), answered({}, 500))
    assert supplier.fetch("O-01H5WQ", LOOK) == Pending("O-01H5WQ", "processing")
    assert supplier.fetch("O-01H5WQ", LOOK) == Unknown("they do not know the number that they gave")
    assert supplier.fetch("O-01H5WQ", LOOK) == Later(5.0, "trouble")
    assert isinstance(supplier.fetch("O/1", LOOK), Unknown)
    assert paths(http) == ["GET /order/O-01H5WQ"] * 3
    assert isinstance(supplier.cancel("O-01H5WQ"), Rejected)


def test_an_older_payout_says_when_it_ends_and_in_what_it_is_paid() -> None:
    payout = {"status": "EXPIRED", "url": LINK, "expiry_date": "2027-11-22T00:00:00+00:00"}
    odd = item(payout=payout)
    del odd["currency"]
    told = opened("runa", answered(their_order(items=[odd])))[0].fetch("O-01H5WQ", LOOK)
    assert isinstance(told, Placed)
    assert (told.currency, told.expires_at) == ("EUR", datetime(2027, 11, 22, tzinfo=UTC))
    assert LINK not in repr(told)
