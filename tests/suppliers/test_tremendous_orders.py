"""Tremendous: what is asked of it, and what each of its answers is taken for."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.suppliers.desk import KEY, SECRET, answered, lost, opened, order, paths

from guerdon.engine.orders.port import (
    Absent,
    Canceled,
    Credential,
    Later,
    Pending,
    Placed,
    Recipient,
    Rejected,
    Shut,
    Unknown,
)

LINK = "https://testflight.example/rewards/payout/ve0jrwn6q"


def reward(**changed: Any) -> dict[str, Any]:
    given = {
        "id": "REWARD1",
        "order_id": "ORDER1",
        "value": {"denomination": 25, "currency_code": "EUR"},
        "delivery": {"method": "LINK", "status": "SUCCEEDED", "link": LINK},
    }
    return given | changed


def their_order(status: str = "EXECUTED", **changed: Any) -> dict[str, Any]:
    payment = {"subtotal": 27.1, "total": 27.13, "fees": 0, "discount": 0, "currency_code": "USD"}
    given = {
        "id": "ORDER1",
        "external_id": KEY,
        "created_at": "2026-11-22T12:00:00.000-05:00",
        "status": status,
        "payment": payment,
        "rewards": [reward()],
    }
    return {"order": given | changed}


ENDS = datetime(2027, 11, 22, tzinfo=UTC)
WITHOUT_LINK = reward(delivery={"method": "LINK", "status": "SUCCEEDED"})
DONE = Placed("ORDER1", (Credential("url", LINK),), "EUR", 2500, 2713, "USD")
NONE = answered({"errors": {"message": "not found"}}, 404)


def test_one_reward_is_asked_for_by_a_link_under_the_attempts_key() -> None:
    supplier, http = opened("tremendous", answered(their_order()), campaign="CAMPAIGN1")
    ask = order(recipient=Recipient(name="Ana", language="de-AT"), sku="PRODUCT1~EUR")
    assert supplier.place(ask) == DONE
    (asked,) = http.asked
    assert (asked.method, asked.path) == ("POST", "/orders")
    assert asked.headers["Authorization"] == f"Bearer {SECRET}"
    assert asked.body is not None
    assert b'"denomination":25.00' in asked.body
    assert asked.said == {
        "external_id": KEY,
        "payment": {"funding_source_id": "BALANCE"},
        "reward": {
            "campaign_id": "CAMPAIGN1",
            "products": ["PRODUCT1"],
            "value": {"denomination": 25.0, "currency_code": "EUR"},
            "recipient": {"name": "Ana"},
            "delivery": {"method": "LINK"},
            "language": "de",
        },
    }


@pytest.mark.parametrize(
    ("digits", "minor", "written"), [(0, 5000, b"5000"), (2, 5, b"0.05"), (3, 1, b"0.001")]
)
def test_an_amount_is_written_exactly(digits: int, minor: int, written: bytes) -> None:
    supplier, http = opened("tremendous", lost(sent=True))
    supplier.place(order(currency="JPY", digits=digits, face_minor=minor))
    assert b'"denomination":' + written + b"," in (http.asked[0].body or b"")


# What was answered to an order, and what that is.
PLACED: list[tuple[str, Any, object]] = [
    ("done", answered(their_order()), DONE),
    ("the order that there is", answered(their_order(), 201), DONE),
    ("under review", answered(their_order("PENDING INTERNAL PAYMENT APPROVAL", rewards=[])),
     Pending("ORDER1", "pending internal payment approval")),
    ("not yet begun", answered(their_order("OPEN")), Pending("ORDER1", "open")),
    ("a state nobody told us of", answered(their_order("TELEPORTED")), Pending("ORDER1", "teleported")),
    ("canceled", answered(their_order("CANCELED")), Rejected("refused", "canceled", True, "ORDER1")),
    ("failed", answered(their_order("FAILED")), Rejected("refused", "failed", False, "ORDER1")),
    ("another amount is told as it is",
     answered(their_order(rewards=[reward(value={"denomination": 52.5, "currency_code": "EUR"})])),
     Placed("ORDER1", (Credential("url", LINK),), "EUR", 5250, 2713, "USD")),
    ("it ends", answered(their_order(rewards=[reward(expires_at="2027-11-22T00:00:00Z")])),
     Placed("ORDER1", (Credential("url", LINK),), "EUR", 2500, 2713, "USD", ENDS)),
    ("another's order", answered(their_order(external_id="other")),
     Unknown("they answer with another order than the one asked for")),
    ("no JSON", answered(b"<html>"), Unknown("the answer cannot be read: is no JSON")),
    ("nothing", answered(b""), Unknown("the answer cannot be read: is no JSON")),
    ("two rewards", answered(their_order(rewards=[reward(), reward()])),
     Unknown("the answer cannot be read: it has 2 rewards")),
    ("a part of a cent", answered(their_order(rewards=[reward(value={"denomination": 25.001})])),
     Unknown("the answer cannot be read: an amount has more digits than its currency")),
    ("no link but words", answered(their_order(rewards=[reward(delivery={"link": "javascript:alert(1)"})])),
     Unknown("the answer cannot be read: link is no link")),
    ("a fault of theirs", answered({}, 500), Unknown("answered 500")),
    ("a gateway", answered(b"Bad gateway", 502), Unknown("answered 502")),
    ("too late", answered({}, 408), Unknown("answered 408")),
    ("led elsewhere", answered(b"", 302), Unknown("answered 302")),
    ("no answer", lost(sent=True), Unknown("no answer: timeout")),
    ("nobody there", lost(sent=False), Later(5.0, "unreachable")),
    ("too fast", answered({"errors": {"message": "Too many requests"}}, 429), Later(1.0, "limit")),
    ("too fast, and for how long", answered({}, 429, retry_after="17"), Later(17.0, "limit")),
    ("a wrong key", answered({"errors": {"message": f"Invalid token {SECRET}"}}, 401),
     Shut("401: Invalid token [secret]")),
    ("it may not", answered({}, 403), Shut("403")),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "told"), [row[1:] for row in PLACED], ids=[row[0] for row in PLACED])
def test_an_answer_to_an_order_is_one_of_the_closed_set(answer: Any, told: object) -> None:
    supplier, _ = opened("tremendous", answer)
    assert supplier.place(order()) == told


REFUSED: list[tuple[str, int, object, Rejected]] = [
    ("funds", 402, {}, Rejected("funds", "Order failed", permanent=False)),
    ("a source that is none", 400, {"payment": {"funding_source_id": "none"}},
     Rejected("funds", "Order failed", permanent=False)),
    ("a product that is gone", 422, {"reward": {"products": "none is there"}},
     Rejected("unknown_item", "Order failed")),
    ("an amount", 400, {"rewards": [{"value": {"denomination": "too much"}}]},
     Rejected("amount", "Order failed")),
    ("a recipient", 400, {"reward": {"recipient": {"email": "is none"}}},
     Rejected("recipient", "Order failed")),
    ("something else", 422, {"colour": "is wrong"}, Rejected("refused", "Order failed")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "payload", "told"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_refusal_is_believed_once_their_books_have_no_order_of_the_key(
    status: int, payload: object, told: Rejected
) -> None:
    refusal = answered({"errors": {"message": "Order failed", "payload": payload}}, status)
    supplier, http = opened("tremendous", refusal, NONE)
    assert supplier.place(order()) == told
    assert paths(http) == ["POST /orders", f"GET /orders/{KEY}"]


def test_a_refusal_of_what_was_taken_before_is_none() -> None:
    refusal = answered({"errors": {"message": "Order failed"}}, 402)
    assert opened("tremendous", refusal, answered(their_order()))[0].place(order()) == DONE
    told = opened("tremendous", refusal, lost(sent=True))[0].place(order())
    assert isinstance(told, Unknown)
    conflict = answered({"errors": {"message": "other parameters"}}, 409)
    assert opened("tremendous", conflict, answered(their_order()))[0].place(order()) == DONE
    assert isinstance(opened("tremendous", conflict, NONE)[0].place(order()), Unknown)
    # There is one of that key, so it is not as if nothing went out.
    for unread in (lost(sent=False), answered({}, 429), answered({}, 503), answered({}, 401)):
        assert isinstance(opened("tremendous", conflict, unread)[0].place(order()), Unknown)


def test_a_link_that_is_not_told_again_is_made_anew() -> None:
    executed = answered(their_order(rewards=[WITHOUT_LINK]))
    made = answered({"reward": {"id": "REWARD1", "link": LINK}})
    supplier, http = opened("tremendous", executed, made)
    assert supplier.find(order()) == DONE
    assert paths(http) == [f"GET /orders/{KEY}", "POST /rewards/REWARD1/generate_link"]
    # It is placed, whatever becomes of its link: nothing else may come in its place.
    for answer in (lost(sent=True), lost(sent=False), answered({}, 403), answered({}, 500), answered(b"{")):
        supplier, _ = opened("tremendous", executed, answer)
        assert supplier.fetch("ORDER1", order()) == Pending(
            "ORDER1", "executed, and its link is not there yet"
        )


def test_what_became_of_an_order_is_asked_by_our_key_or_their_number() -> None:
    supplier, http = opened("tremendous", NONE, NONE, answered({}, 503), lost(sent=True), answered({}, 401))
    assert supplier.find(order()) == Absent()
    assert supplier.fetch("ORDER1", order()) == Unknown("they do not know the number that they gave")
    assert supplier.find(order()) == Later(5.0, "trouble")
    assert supplier.find(order()) == Later(5.0, "unreachable")
    assert supplier.find(order()) == Shut("401")
    assert isinstance(supplier.fetch("../rewards", order()), Unknown)
    assert paths(http)[1] == "GET /orders/ORDER1"


def test_taking_an_order_back_voids_its_reward() -> None:
    supplier, http = opened("tremendous", answered(their_order()), answered({}))
    assert supplier.cancel("ORDER1") == Canceled()
    assert paths(http) == ["GET /orders/ORDER1", "POST /rewards/REWARD1/cancel"]
    void, asked = opened("tremendous", answered(their_order("CANCELED")))
    assert (void.cancel("ORDER1"), paths(asked)) == (Canceled(), ["GET /orders/ORDER1"])
    refusal = answered({"errors": {"message": "it cannot be canceled"}}, 422)
    told = opened("tremendous", answered(their_order()), refusal)[0].cancel("ORDER1")
    assert told == Rejected("refused", "it cannot be canceled")
    gone = opened("tremendous", answered(their_order()), lost(sent=True))[0].cancel("ORDER1")
    assert gone == Unknown("no answer: timeout")
    assert isinstance(opened("tremendous", NONE)[0].cancel("ORDER1"), Rejected)


def test_what_a_member_is_handed_is_in_no_line_that_is_written_down() -> None:
    supplier, _ = opened("tremendous", answered(their_order()))
    told = supplier.place(order(recipient=Recipient(email="ana@example.com")))
    assert LINK not in repr(told)
    assert SECRET not in repr(supplier)
    said = answered({"errors": {"message": f"cannot send {LINK} to ana@example.com"}}, 403)
    assert opened("tremendous", said)[0].place(order()) == Shut("403: cannot send [link] to [e-mail]")
