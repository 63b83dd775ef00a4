"""The operations that Tremendous documents, and how it refuses."""

from typing import Any

from standins.hubspot.wire import Request
from standins.suppliers.application import Refusal, Route
from standins.suppliers.pictures import picture
from standins.suppliers.table import Problem
from standins.tremendous import ordering, reading, rewards, webhooks
from standins.tremendous.refusals import refusal
from standins.tremendous.world import TABLE, World

BASE = "/api/v2"


def route(
    method: str,
    path: str,
    operation: Any,
    *answers: str,
    query: str = "query:none",
    body: str | None = None,
) -> Route:
    """An operation under the base of all addresses."""
    return Route(method, BASE + path, operation, query, body, answers)


class Tremendous:
    """What differs from other suppliers."""

    table = TABLE
    routes = [  # noqa: RUF012 - read only
        route("POST", "/orders", ordering.create, "OrderAnswer", body="NewOrder"),
        route("GET", "/orders", reading.orders, "OrdersAnswer", query="query:orders"),
        route("GET", "/orders/{id}", reading.order, "OrderAnswer"),
        route("GET", "/rewards", reading.rewards, "RewardsAnswer", query="query:rewards"),
        route("GET", "/rewards/{id}", reading.reward, "RewardAnswer"),
        route("POST", "/rewards/{id}/generate_link", rewards.generate_link, "LinkAnswer"),
        route("POST", "/rewards/{id}/cancel", rewards.cancel, "Empty"),
        route("POST", "/rewards/{id}/resend", rewards.resend, "Empty", body="Resend"),
        route("GET", "/products", reading.products, "ProductsAnswer", query="query:products"),
        route("GET", "/products/{id}", reading.product, "ProductAnswer"),
        route("GET", "/funding_sources", reading.funding_sources, "FundingsAnswer"),
        route("GET", "/funding_sources/{id}", reading.funding_source, "FundingAnswer"),
        route(
            "GET",
            "/balance_transactions",
            reading.transactions,
            "TransactionsAnswer",
            query="query:transactions",
        ),
        route("GET", "/webhooks", webhooks.listed, "WebhooksAnswer"),
        route("POST", "/webhooks", webhooks.create, "WebhookAnswer", body="NewWebhook"),
        route("GET", "/webhooks/{id}", webhooks.one, "WebhookAnswer"),
        route("DELETE", "/webhooks/{id}", webhooks.delete),
        route("GET", "/webhooks/{id}/events", webhooks.events, "EventsAnswer"),
        route("POST", "/webhooks/{id}/simulate", webhooks.simulate, "Empty", body="Simulate"),
        Route("GET", "/pictures/{name}", picture, is_open=True),
    ]

    def make(self, seed: int) -> World:
        """A world of it."""
        return World(seed)

    def admit(self, world: World, request: Request, route: Route) -> None:
        """Check the token, then the pace."""
        if route.is_open:
            return
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or token != world.token:
            raise refusal(401, "Unauthorized: the API key is missing or not valid.")
        if not world.pace.take(world.clock.now_ms()):
            raise refusal(429, "Too many requests")

    def refuse(self, status: int, problem: Problem) -> Refusal:
        """Name the fields that are wrong, at their place in the request."""
        payload: dict[str, Any] = {}
        for step in reversed(problem.place):
            payload = {step: payload or problem.text}
        return refusal(status, "Validation failure" if problem.place else problem.text, payload)

    def trouble(self, status: int) -> Refusal:
        """Say that something broke."""
        return refusal(status, "Something went wrong")
