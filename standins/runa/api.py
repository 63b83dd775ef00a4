"""The operations that Runa documents, and how it refuses."""

from typing import Any

from standins.hubspot.wire import Request
from standins.runa import ordering, reading
from standins.runa.refusals import invalid, refusal, trouble
from standins.runa.world import REMOVED, TABLE, VERSION, World
from standins.suppliers.application import Refusal, Route
from standins.suppliers.pictures import picture
from standins.suppliers.table import Problem

BASE = "/v2"


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


class Runa:
    """What differs from other suppliers."""

    table = TABLE
    routes = [  # noqa: RUF012 - read only
        route("GET", "/ping", reading.ping, "Ping"),
        route("GET", "/balance", reading.balance, query="query:balance"),
        Route("POST", f"{BASE}/order", ordering.create, reads_body=True, answers=("Full", "Accepted")),
        route("GET", "/order", reading.orders, "Orders", query="query:orders"),
        route("POST", "/order/estimate", reading.estimate, "Estimate", body="NewEstimate"),
        route("GET", "/order/{id}", reading.order, "Full", "Incomplete"),
        route("GET", "/product", reading.products, "Products", query="query:products"),
        route("GET", "/product/countries", reading.countries, "Countries"),
        route("GET", "/product/categories", reading.categories, "Categories"),
        route("GET", "/product/{code}", reading.product, "Product", query="query:product"),
        Route(
            "GET",
            "/-/{token}",
            reading.redeem,
            "query:redeem",
            None,
            ("Redeemed",),
            is_open=True,
            is_page=True,
        ),
        Route("GET", "/pictures/{name}", picture, is_open=True),
    ]

    def make(self, seed: int) -> World:
        """A world of it."""
        return World(seed)

    def admit(self, world: World, request: Request, route: Route) -> None:
        """Check the key, then the version, then the pace of orders."""
        if route.is_open:
            return
        if request.headers.get("x-api-key") != world.key:
            raise refusal(401, "invalid_api_key")
        version = request.headers.get("x-api-version", VERSION)
        if version in REMOVED:
            raise refusal(410, "version_removed")
        if version != VERSION:
            raise refusal(400, "invalid_version")
        if route.operation is ordering.create and not world.pace.take(world.clock.now_ms()):
            raise Refusal(429, {"error": "rate exceeded"})

    def refuse(self, status: int, problem: Problem) -> Refusal:
        """Name the field that is wrong."""
        if status in (404, 405):
            return refusal(status, "not_found")
        if not problem.place:
            return refusal(400, "bad_request", problem.text)
        return invalid(problem.place, problem.text)

    def trouble(self, status: int) -> Refusal:
        """Say that something broke."""
        return Refusal(status, trouble(status))
