"""Tremendous by its official client's models: what we ask they take, what they say we read."""

from typing import Any

import pytest
from tests.suppliers.desk import KEY, NOW, answered, lost, opened, order
from tests.suppliers.test_listings import CARD
from tests.suppliers.test_tremendous_orders import DONE, LINK, WITHOUT_LINK, their_order
from tremendous.models.create_order200_response import CreateOrder200Response
from tremendous.models.create_order_request import CreateOrderRequest
from tremendous.models.generate_reward_link200_response import GenerateRewardLink200Response
from tremendous.models.get_order200_response import GetOrder200Response
from tremendous.models.list_funding_sources200_response import ListFundingSources200Response
from tremendous.models.list_orders200_response import ListOrders200Response
from tremendous.models.list_products_response import ListProductsResponse
from tremendous.models.single_reward_order import SingleRewardOrder

from guerdon.engine.orders.port import (
    Balance,
    ItemPage,
    Pending,
    Placed,
    Recipient,
    Rejected,
    StatementPage,
)

EVERYBODY = Recipient("Ana", "ana@example.com", "+4912345", "DE", "de")


def written(model: Any) -> Any:
    """An answer as their model writes it."""
    return answered(model.to_json().encode())


@pytest.mark.parametrize("ask", [order(), order(recipient=EVERYBODY, sku="PRODUCT1~EUR"), order(digits=0)])
def test_what_is_asked_is_an_order_by_their_model(ask: Any) -> None:
    supplier, http = opened("tremendous", lost(sent=True), campaign="CAMPAIGN1", funding_source="SOURCE12")
    supplier.place(ask)
    body = (http.asked[0].body or b"").decode()
    request = CreateOrderRequest.from_json(body).actual_instance
    assert isinstance(request, SingleRewardOrder)
    # No field is one that they do not have: it would be gone.
    assert request.to_dict() == http.asked[0].said


def test_what_they_say_of_an_order_is_read_to_the_same() -> None:
    made = CreateOrder200Response.from_dict(their_order())
    assert made is not None
    assert opened("tremendous", written(made))[0].place(order()) == DONE
    # One that is asked for later has no link, and a new one is made.
    later = GetOrder200Response.from_dict(their_order(rewards=[WITHOUT_LINK]))
    link = GenerateRewardLink200Response.from_dict({"reward": {"id": "REWARD1", "link": LINK}})
    assert opened("tremendous", written(later), written(link))[0].find(order()) == DONE


# Their statuses, in the words of the model's own page.
STATES = {
    "CANCELED": Rejected,
    "OPEN": Pending,
    "EXECUTED": Placed,
    "FAILED": Rejected,
    "PENDING APPROVAL": Pending,
    "PENDING INTERNAL PAYMENT APPROVAL": Pending,
    "PENDING SETTLEMENT": Pending,
}


def test_each_of_their_states_is_known() -> None:
    page = CreateOrder200Response.model_fields["order"].annotation
    assert page is not None
    said = page.model_fields["status"].description
    assert [state for state in STATES if f"<code>{state}</code>" not in said] == []
    assert said.count("<code>") == len(STATES)
    for state, kind in STATES.items():
        answer = written(CreateOrder200Response.from_dict(their_order(state)))
        assert isinstance(opened("tremendous", answer)[0].place(order()), kind), state


def test_what_they_list_is_read_to_the_same() -> None:
    page = opened("tremendous", written(ListProductsResponse.from_dict({"products": [CARD]})))[0].list_items(
        None
    )
    assert isinstance(page, ItemPage)
    assert [each.row["id"] for each in page.items] == ["OKMHM2X2OHYV~EUR", "OKMHM2X2OHYV~USD"]
    meta = {"available_amount": 6000, "available_cents": 600000, "currency_code": "USD"}
    sources = {"funding_sources": [{"id": "GCTHLCMFVYMD", "method": "balance", "meta": meta}]}
    answer = written(ListFundingSources200Response.from_dict(sources))
    assert opened("tremendous", answer)[0].balance() == Balance(600000, "USD")
    orders = {"orders": [their_order(rewards=[WITHOUT_LINK])["order"]], "total_count": 1}
    books = opened("tremendous", written(ListOrders200Response.from_dict(orders)))[0].list_orders(NOW, None)
    assert isinstance(books, StatementPage)
    assert [(line.ref, line.state, line.face_minor) for line in books.lines] == [(KEY, "placed", 2500)]
