"""The stand-in for Tremendous does as the documents say, and its faults do what they are called."""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest
from tests.standins.house import Receiver, wait_for
from tests.standins.suppliers import Said, Supplier, start, stop

ORDERS = "/api/v2/orders"
SILENT = 0


@pytest.fixture(scope="module")
def process() -> Iterator[Supplier]:
    supplier = start("tremendous", "--checked")
    yield supplier
    assert stop(supplier) == 0


@pytest.fixture
def supplier(process: Supplier) -> Supplier:
    process.reset()
    return process


def order(reference: str | None, value: float = 25, **more: Any) -> dict[str, Any]:
    reward = {
        "products": ["GRUENERKORB1"],
        "value": {"denomination": value, "currency_code": "EUR"},
        "recipient": {"name": "Ida"},
        "delivery": {"method": "LINK"},
        **more,
    }
    return {"external_id": reference, "payment": {"funding_source_id": "BALANCE"}, "reward": reward}


def place(supplier: Supplier, reference: str, value: float = 25, fault: str = "none") -> Said:
    supplier.control("faults", next=[fault])
    return supplier.ask("POST", ORDERS, order(reference, value))


def link_of(said: Said) -> str | None:
    link: str | None = said.body["order"]["rewards"][0]["delivery"].get("link")
    return link


def test_a_reference_orders_once_and_its_link_is_told_once(supplier: Supplier) -> None:
    first, again = place(supplier, "a"), place(supplier, "a")
    assert (first.status, again.status) == (200, 201)
    assert first.body["order"]["id"] == again.body["order"]["id"]
    assert link_of(first) is not None
    assert link_of(again) is None
    assert place(supplier, "a", 30).status == 409
    assert len(supplier.issues("a")) == 1
    reward = first.body["order"]["rewards"][0]["id"]
    made = supplier.ask("POST", f"/api/v2/rewards/{reward}/generate_link").body["reward"]["link"]
    assert made != link_of(first)
    for found in (
        supplier.ask("GET", f"{ORDERS}?external_id=a").body["orders"],
        [supplier.ask("GET", f"{ORDERS}/a").body["order"]],
    ):
        assert [one["id"] for one in found] == [first.body["order"]["id"]]
        assert "link" not in found[0]["rewards"][0]["delivery"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"invented": 1}, 400),
        ({"value": {"denomination": 25, "currency_code": "GBP"}}, 400),
        ({"value": {"denomination": 5000, "currency_code": "EUR"}}, 400),
        ({"value": {"denomination": "25", "currency_code": "EUR"}}, 400),
        ({"products": ["NOSUCHPRODUCT"]}, 400),
        ({"delivery": {"method": "EMAIL"}}, 422),
        ({"delivery": {"method": "PIGEON"}}, 400),
    ],
)
def test_what_is_not_as_documented_is_refused_and_leaves_nothing(
    supplier: Supplier, change: dict[str, Any], status: int
) -> None:
    said = supplier.ask("POST", ORDERS, order("b", **change))
    assert said.status == status
    assert said.body["errors"]["payload"]
    assert supplier.issues("b") == []
    assert supplier.ask("GET", f"{ORDERS}/b").status == 404
    assert place(supplier, "b").status == 200


def test_token_header_parameter_address_pace_and_money_are_looked_at(supplier: Supplier) -> None:
    assert supplier.ask("GET", ORDERS, headers={"Authorization": "Bearer another"}).status == 401
    assert supplier.ask("GET", ORDERS, headers={"Idempotency-Key": "a"}).status == 400
    assert supplier.ask("GET", f"{ORDERS}?reference=a").status == 400
    assert supplier.ask("GET", "/api/v1/orders").status == 404
    supplier.control("balance", cents=2749)
    assert place(supplier, "poor").status == 402
    supplier.control("balance", cents=2750)
    assert place(supplier, "poor").status == 200
    supplier.control("limits", on=True)
    told = [supplier.ask("GET", "/api/v2/products").status for _ in range(11)]
    assert told == [200] * 10 + [429]
    supplier.control("clock", advance_s=1)
    assert supplier.ask("GET", "/api/v2/products").status == 200


@pytest.mark.parametrize(
    ("fault", "status", "issues"),
    [
        ("refused", 400, 0),
        ("out_of_stock", 400, 0),
        ("limited", 429, 0),
        ("before", 5, 0),
        ("after", 5, 1),
        ("cut", SILENT, 1),
        ("lost", SILENT, 0),
    ],
)
def test_after_any_fault_the_same_reference_leads_to_one_issue(
    supplier: Supplier, fault: str, status: int, issues: int
) -> None:
    said = place(supplier, "c", fault=fault)
    assert said.status == status or said.status // 100 == status
    assert len(supplier.issues("c")) == issues
    again = place(supplier, "c")
    assert again.status == (201 if issues else 200)
    assert len(supplier.issues("c")) == 1


def test_late_slow_and_failed_end_only_when_the_time_has_passed(supplier: Supplier) -> None:
    assert place(supplier, "late", fault="late").status == SILENT
    assert supplier.ask("GET", f"{ORDERS}?external_id=late").body["total_count"] == 0
    assert place(supplier, "late").body["order"]["status"] == "OPEN"
    for name in ("slow", "failed"):
        assert place(supplier, name, fault=name).body["order"]["status"].startswith("PENDING")
    supplier.control("clock", advance_s=300)
    ended = {
        name: supplier.ask("GET", f"{ORDERS}/{name}").body["order"] for name in ("late", "slow", "failed")
    }
    assert [one["status"] for one in ended.values()] == ["EXECUTED", "EXECUTED", "CANCELED"]
    assert ended["failed"]["payment"]["refund"]["total"] == ended["failed"]["payment"]["total"]
    assert [len(supplier.issues(name)) for name in ended] == [1, 1, 1]


def test_another_amount_and_a_code_that_somebody_has(supplier: Supplier) -> None:
    first = place(supplier, "first")
    wrong = place(supplier, "wrong", fault="wrong_amount")
    assert wrong.body["order"]["rewards"][0]["value"]["denomination"] == 50
    assert supplier.issues("wrong")[0]["amount"] == "50.00"
    assert link_of(place(supplier, "again", fault="reused_code")) == link_of(wrong)
    assert link_of(first) != link_of(wrong)


def test_only_what_could_not_be_delivered_is_canceled(supplier: Supplier) -> None:
    reward = place(supplier, "d").body["order"]["rewards"][0]["id"]
    before = supplier.ask("GET", "/api/v2/funding_sources/balance").body["funding_source"]["meta"]
    assert supplier.ask("POST", f"/api/v2/rewards/{reward}/cancel").status == 422
    supplier.control("rewards/fail", id=reward)
    assert supplier.ask("POST", f"/api/v2/rewards/{reward}/cancel").status == 200
    assert supplier.ask("GET", f"{ORDERS}/d").body["order"]["status"] == "CANCELED"
    after = supplier.ask("GET", "/api/v2/funding_sources/balance").body["funding_source"]["meta"]
    assert after["available_cents"] - before["available_cents"] == 2750
    moved = supplier.ask("GET", "/api/v2/balance_transactions").body["transactions"]
    assert [one["amount"] for one in moved] == [27.5, -27.5]


def test_webhooks_are_signed_come_more_than_once_and_before_the_reply(
    supplier: Supplier, receiver: Receiver
) -> None:
    made = supplier.ask("POST", "/api/v2/webhooks", {"url": receiver.url}).body["webhook"]
    assert place(supplier, "e", fault="early").status == 200
    assert len(receiver.received) == 1, "the callback came before the reply"
    place(supplier, "f", fault="twice")
    wait_for(lambda: len(receiver.received) == 4)
    bodies = {one.body for one in receiver.received}
    assert len(bodies) == 2
    for one in receiver.received:
        digest = hmac.new(made["private_key"].encode(), one.body, hashlib.sha256).hexdigest()
        assert one.headers["Tremendous-Webhook-Signature"] == f"sha256={digest}"


def test_a_share_of_faults_is_the_same_for_the_same_seed_whatever_the_order(supplier: Supplier) -> None:
    def run(names: list[str]) -> dict[str, int]:
        supplier.reset()
        supplier.control("faults", share=0.2, seed=3, hold_s=0.001)
        return {name: supplier.ask("POST", ORDERS, order(name, 1)).status for name in names}

    names = [f"order-{number}" for number in range(150)]
    first = run(names)
    assert run(names[::-1]) == first
    well = [status for status in first.values() if status == 200]
    assert 100 < len(well) < 148
