"""The stand-in for Runa does as the documents say, and its faults do what they are called."""

from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
import standardwebhooks
from tests.standins.house import Receiver, wait_for
from tests.standins.suppliers import Said, Supplier, start, stop

ORDER = "/v2/order"
SILENT = 0
DAY_S = 86_400


@pytest.fixture(scope="module")
def process() -> Iterator[Supplier]:
    supplier = start("runa", "--checked")
    yield supplier
    assert stop(supplier) == 0


@pytest.fixture
def supplier(process: Supplier) -> Supplier:
    process.reset()
    return process


def order(reference: str, value: float = 25, **more: Any) -> dict[str, Any]:
    item = {
        "face_value": value,
        "distribution_method": {"type": "PAYOUT_LINK"},
        "products": {"type": "SINGLE", "value": "KORB-DE"},
        **more,
    }
    payment = {"type": "ACCOUNT_BALANCE", "currency": "EUR"}
    return {"payment_method": payment, "items": [item], "description": reference, "metadata": {"our": "1"}}


def place(
    supplier: Supplier,
    reference: str,
    key: str = "",
    value: float = 25,
    fault: str = "none",
    mode: str = "sync",
) -> Said:
    supplier.control("faults", next=[fault])
    headers = {"X-Idempotency-Key": key or reference, "X-Execution-Mode": mode}
    return supplier.ask("POST", ORDER, order(reference, value), headers)


def listed(supplier: Supplier) -> list[dict[str, Any]]:
    return list(supplier.ask("GET", ORDER).body["items"])


def test_the_answer_of_a_key_is_replayed_for_thirty_days_and_then_the_key_orders_anew(
    supplier: Supplier,
) -> None:
    first = place(supplier, "a")
    assert (first.status, first.body["status"]) == (200, "COMPLETED")
    assert place(supplier, "a") == first
    another = place(supplier, "a", value=30)
    assert (another.status, another.body["type"]) == (400, "idempotency_validation_error")
    assert len(supplier.issues("a")) == 1
    supplier.control("clock", advance_s=30 * DAY_S - 1)
    assert place(supplier, "a") == first
    supplier.control("clock", advance_s=1)
    assert place(supplier, "a").body["id"] != first.body["id"]
    assert len(supplier.issues("a")) == 2


@pytest.mark.parametrize(
    ("fault", "status", "issues", "again"),
    [
        ("refused", 400, 0, 400),
        ("out_of_stock", 400, 0, 400),
        ("before", 5, 0, 5),
        ("after", 5, 1, 5),
        ("limited", 429, 0, 200),
        ("lost", SILENT, 0, 200),
        ("cut", SILENT, 1, 200),
    ],
)
def test_a_key_replays_what_became_of_it_good_or_bad(
    supplier: Supplier, fault: str, status: int, issues: int, again: int
) -> None:
    said = place(supplier, "b", fault=fault)
    assert status in (said.status, said.status // 100)
    assert len(supplier.issues("b")) == issues
    repeat = place(supplier, "b")
    assert again in (repeat.status, repeat.status // 100)
    assert len(supplier.issues("b")) == (1 if again == 200 else issues)
    assert len(listed(supplier)) == len(supplier.issues("b"))
    assert place(supplier, "b", key="another").status == 200


@pytest.mark.parametrize("in_progress", [102, 400])
def test_while_a_key_is_in_progress_it_says_so_and_then_has_its_answer(
    supplier: Supplier, in_progress: int
) -> None:
    supplier.control("behaviour", in_progress=in_progress)
    assert place(supplier, "c", fault="late").status == SILENT
    during = place(supplier, "c")
    assert during.status == in_progress
    assert during.body is None or during.body["type"] == "idempotency_in_progress"
    assert supplier.issues("c") == []
    supplier.control("clock", advance_s=300)
    assert place(supplier, "c").status == 200
    assert len(supplier.issues("c")) == 1


def test_what_is_not_complete_does_not_say_whose_it_is(supplier: Supplier) -> None:
    for name in ("slow", "failed"):
        assert place(supplier, name, fault=name).body["status"] == "PROCESSING"
    assert {frozenset(one) for one in listed(supplier)} == {frozenset(("id", "status", "message"))}
    supplier.control("clock", advance_s=300)
    failed, slow = listed(supplier)
    assert (failed["status"], slow["status"], slow["description"]) == ("FAILED", "COMPLETED", "slow")
    balance = supplier.ask("GET", "/v2/balance?currency=EUR").body["balance"]
    assert balance == "99975.00"
    item = supplier.ask("GET", f"{ORDER}/{slow['id']}").body["items"][0]
    path = item["payout"]["url"].removeprefix(supplier.address)
    code = supplier.ask("GET", f"{path}?format=json").body["e_code"]
    assert (code["amount"], code["barcode_format"]) == ("25.00", "code-128")
    assert supplier.issues("slow")[0]["codes"] == [item["payout"]["url"]]


def test_a_browser_opens_the_link_of_a_payout(supplier: Supplier) -> None:
    (item,) = place(supplier, "a").body["items"]
    url = item["payout"]["url"]
    code = supplier.ask("GET", f"{url.removeprefix(supplier.address)}?format=json").body["e_code"]["code"]
    browser = {"Sec-Fetch-Mode": "navigate", "Cookie": "theme=dark", "sec-ch-ua": "Chromium"}
    with urlopen(Request(url, headers=browser), timeout=10) as opened:  # noqa: S310  an address of this machine
        assert opened.headers["Content-Type"] == "text/html; charset=utf-8"
        assert code in opened.read().decode()
    assert supplier.ask("GET", ORDER, headers={"Sec-Fetch-Mode": "navigate"}).status != 200


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        ({"invented": 1}, 422, "validation_error"),
        ({"face_value": "25"}, 422, "validation_error"),
        ({"face_value": 5000}, 400, "product_validation_error"),
        ({"products": {"type": "SINGLE", "value": "NO-SUCH"}}, 400, "product_validation_error"),
        ({"products": {"type": "SINGLE", "value": "PANIER-FR"}}, 200, None),
        (
            {"products": {"type": "SINGLE", "value": "PANIER-FR"}, "face_value": 30},
            400,
            "product_validation_error",
        ),
        ({"products": {"type": "SINGLE", "value": "BASKET-GB"}}, 400, "currency_mismatch"),
    ],
)
def test_what_is_not_as_documented_is_refused_and_that_is_replayed_too(
    supplier: Supplier, change: dict[str, Any], status: int, kind: str | None
) -> None:
    headers = {"X-Idempotency-Key": "d", "X-Execution-Mode": "sync"}
    said = supplier.ask("POST", ORDER, order("d", **change), headers)
    assert (said.status, said.body.get("type")) == (status, kind)
    assert len(supplier.issues("d")) == (1 if status == 200 else 0)
    assert supplier.ask("POST", ORDER, order("d", **change), headers) == said


def test_key_version_headers_mode_pace_and_money_are_looked_at(supplier: Supplier) -> None:
    assert supplier.ask("GET", ORDER, headers={"X-Api-Key": "another"}).status == 401
    assert supplier.ask("GET", ORDER, headers={"X-Api-Version": "2023-07-27"}).status == 410
    assert supplier.ask("GET", ORDER, headers={"X-Invented": "1"}).status == 422
    assert supplier.ask("GET", f"{ORDER}?description=a").status == 422
    assert supplier.ask("GET", "/v2/orders").status == 404
    assert supplier.ask("POST", ORDER, order("e")).status == 400
    assert place(supplier, "e", mode="fast").body["type"] == "invalid_execution_mode"
    supplier.control("balance", currency="EUR", balance=20)
    assert place(supplier, "poor").body["type"] == "insufficient_funds"
    supplier.control("limits", on=True, most=3)
    told = [place(supplier, f"pace-{number}", value=5000).status for number in range(4)]
    assert told == [400, 400, 400, 429], "what fails counts too"
    supplier.control("clock", advance_s=60)
    assert place(supplier, "pace-3", value=1).status == 200


def test_lists_go_from_page_to_page_without_a_gap(supplier: Supplier) -> None:
    for number in range(5):
        place(supplier, f"page-{number}")
    seen: list[str] = []
    cursor = ""
    while True:
        page = supplier.ask("GET", f"{ORDER}?limit=2{cursor}").body
        if not page["items"]:
            break
        seen += [one["description"] for one in page["items"]]
        cursor = f"&after={page['pagination']['cursors']['after']}"
    assert seen == [f"page-{number}" for number in range(4, -1, -1)]
    assert supplier.ask("GET", f"{ORDER}?after=nobody").body["type"] == "pagination_error"


def test_webhooks_verify_by_the_standard_come_twice_and_before_the_reply(
    supplier: Supplier, receiver: Receiver
) -> None:
    supplier.control("clock", at=None)
    supplier.control("hooks", url=receiver.url)
    assert place(supplier, "f", fault="early").status == 200
    assert len(receiver.received) == 1, "the callback came before the reply"
    place(supplier, "g", fault="twice", mode="async")
    wait_for(lambda: len(receiver.received) == 4)
    judge = standardwebhooks.Webhook(supplier.keys["secret"])
    told = []
    for one in receiver.received:
        headers = {name.lower().replace("svix-", "webhook-"): text for name, text in one.headers.items()}
        told.append(judge.verify(one.body, headers)["description"])
    assert told == ["f", "g", "g", "g"]


def test_another_amount_and_a_code_that_somebody_has(supplier: Supplier) -> None:
    wrong = place(supplier, "wrong", fault="wrong_amount").body
    assert (wrong["total_price"], wrong["items"][0]["face_value"]) == ("50.00", "50.00")
    reused = place(supplier, "reused", fault="reused_code").body
    assert reused["items"][0]["payout"]["url"] == wrong["items"][0]["payout"]["url"]
    assert supplier.issues("reused")[0]["codes"] == supplier.issues("wrong")[0]["codes"]
