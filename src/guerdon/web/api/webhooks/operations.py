"""Endpoints and deliveries, for keys of the whole program: they are told of all of it."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Body, Path, Query, Router

from guerdon.engine.webhooks import endpoints
from guerdon.engine.webhooks.endpoints import Looking, Made, Refused, Wanted
from guerdon.queries.webhooks.standing import DeliveryLine, Standing, list_deliveries, list_webhook_standings
from guerdon.store.webhooks.endpoints import Endpoint as Stored
from guerdon.store.webhooks.endpoints import find_endpoint, list_endpoints
from guerdon.values.ids import show
from guerdon.web.api.answers import changes, reading, reads, told
from guerdon.web.api.callers import Caller, caller_of, demand
from guerdon.web.api.ids import cursor_of_number, number_after, number_of, page_of
from guerdon.web.api.once import Doing, once
from guerdon.web.api.problems import Trouble, WrongField, missing, wrong
from guerdon.web.api.shapes.plain import DeliveryId, WebhookId
from guerdon.web.api.shapes.webhooks import (
    Deliveries,
    Delivery,
    Disabling,
    Endpoint,
    Webhook,
    WebhookDone,
    Webhooks,
    WebhookSecret,
    WhichDeliveries,
)
from guerdon.web.rooms import room

router = Router(tags=["webhooks"])
WebhookPath = Annotated[WebhookId, Path(...)]
DeliveryPath = Annotated[DeliveryId, Path(...)]
_FIELDS = {
    "name": WrongField(detail="it has no name", pointer="/name"),
    "url": WrongField(detail="it is no address of a receiver", pointer="/url"),
    "address": WrongField(detail="it has to be https on port 443, to the open network", pointer="/url"),
    "types": WrongField(detail="there is no such type", pointer="/types"),
}
_SAID = {
    "many": f"There are {endpoints.ENDPOINTS_MAX} already",
    "state": "It is so already, or has to be enabled first",
    "none": "Nothing was given up at the present address",
    "former": "It was made for a former address; somebody has to send it to the present one in the console",
}


@router.get("/webhooks", response=reads(Webhooks), operation_id="list_webhooks")
def list_webhooks(request: HttpRequest) -> HttpResponse:
    """List the endpoints, and how each is doing."""
    caller = caller_of(request)
    with reading(request) as tx:
        found, standings = list_endpoints(tx, caller.program_id), list_webhook_standings(tx)
    return told(Webhooks(webhooks=[_webhook(each, standings[each.id]) for each in found]))


@router.get("/webhooks/{webhook}/deliveries", response=reads(Deliveries, 404), operation_id="list_deliveries")
def list_deliveries_of(
    request: HttpRequest, webhook: WebhookPath, which: Annotated[WhichDeliveries, Query(...)]
) -> HttpResponse:
    """List what was told to an endpoint, the newest first."""
    number, after = number_of("whk", webhook), number_after(which.after)
    with reading(request) as tx:
        if find_endpoint(tx, caller_of(request).program_id, number) is None:
            raise missing()
        found = list_deliveries(tx, number, which.state, which.limit + 1, after)
    rows, last = page_of(found, which.limit)
    return told(
        Deliveries(
            webhook=show("whk", number),
            deliveries=[_delivery(row) for row in rows],
            next=None if last is None else cursor_of_number(last.id),
        )
    )


@router.post("/webhooks/make", response=changes(WebhookSecret, 404, status=201), operation_id="make_webhook")
def make_webhook(request: HttpRequest, wanted: Annotated[Endpoint, Body(...)]) -> HttpResponse:
    """Make an endpoint; its secret is told here and never again."""

    def work(doing: Doing) -> WebhookSecret:
        return _secret(endpoints.make_endpoint(doing.tx, looking(request, doing), _wanted(wanted)))

    return once(request, work, 201)


@router.post("/webhooks/{webhook}/change", response=changes(WebhookDone, 404), operation_id="change_webhook")
def change_webhook(
    request: HttpRequest, webhook: WebhookPath, wanted: Annotated[Endpoint, Body(...)]
) -> HttpResponse:
    """Give an endpoint another name, address or choice of types."""

    def work(doing: Doing) -> WebhookDone:
        number = number_of("whk", webhook)
        _accepted(endpoints.change_endpoint(doing.tx, looking(request, doing), number, _wanted(wanted)))
        return WebhookDone(id=show("whk", number), deliveries=0)

    return once(request, work)


@router.post(
    "/webhooks/{webhook}/rotate", response=changes(WebhookSecret, 404), operation_id="rotate_webhook_secret"
)
def rotate_webhook_secret(request: HttpRequest, webhook: WebhookPath) -> HttpResponse:
    """Make a new secret; for 24 hours everything is signed by the one before, too."""

    def work(doing: Doing) -> WebhookSecret:
        return _secret(endpoints.rotate_secret(doing.tx, looking(request, doing), number_of("whk", webhook)))

    return once(request, work)


@router.post(
    "/webhooks/{webhook}/disable", response=changes(WebhookDone, 404), operation_id="disable_webhook"
)
def disable_webhook(
    request: HttpRequest, webhook: WebhookPath, why: Annotated[Disabling, Body(...)]
) -> HttpResponse:
    """Send nothing there for now; what waits goes on waiting, and what happens meanwhile is not told."""

    def work(doing: Doing) -> WebhookDone:
        number = number_of("whk", webhook)
        _accepted(endpoints.set_state(doing.tx, looking(request, doing), number, "disabled", why.reason))
        return WebhookDone(id=show("whk", number), deliveries=0)

    return once(request, work)


@router.post("/webhooks/{webhook}/enable", response=changes(WebhookDone, 404), operation_id="enable_webhook")
def enable_webhook(request: HttpRequest, webhook: WebhookPath) -> HttpResponse:
    """Send there again."""

    def work(doing: Doing) -> WebhookDone:
        number = number_of("whk", webhook)
        _accepted(endpoints.set_state(doing.tx, looking(request, doing), number, "enabled"))
        return WebhookDone(id=show("whk", number), deliveries=0)

    return once(request, work)


@router.post("/webhooks/{webhook}/remove", response=changes(WebhookDone, 404), operation_id="remove_webhook")
def remove_webhook(request: HttpRequest, webhook: WebhookPath) -> HttpResponse:
    """Remove an endpoint, with everything that waits for it."""

    def work(doing: Doing) -> WebhookDone:
        number = number_of("whk", webhook)
        _accepted(endpoints.remove_endpoint(doing.tx, looking(request, doing), number))
        return WebhookDone(id=show("whk", number), deliveries=0)

    return once(request, work)


@router.post("/webhooks/{webhook}/test", response=changes(WebhookDone, 404), operation_id="test_webhook")
def test_webhook(request: HttpRequest, webhook: WebhookPath) -> HttpResponse:
    """Send a test, of type webhook.tested."""

    def work(doing: Doing) -> WebhookDone:
        number = number_of("whk", webhook)
        _accepted(endpoints.send_test(doing.tx, looking(request, doing), number))
        return WebhookDone(id=show("whk", number), deliveries=1)

    return once(request, work)


@router.post(
    "/webhooks/{webhook}/resend", response=changes(WebhookDone, 404), operation_id="resend_dead_deliveries"
)
def resend_dead_deliveries(request: HttpRequest, webhook: WebhookPath) -> HttpResponse:
    """Send everything again that was given up."""

    def work(doing: Doing) -> WebhookDone:
        number = number_of("whk", webhook)
        done = endpoints.resend_dead(doing.tx, looking(request, doing), number)
        _accepted(done)
        assert isinstance(done, int)
        return WebhookDone(id=show("whk", number), deliveries=done)

    return once(request, work)


@router.post(
    "/webhooks/deliveries/{delivery}/resend",
    response=changes(WebhookDone, 404),
    operation_id="resend_delivery",
)
def resend_delivery(request: HttpRequest, delivery: DeliveryPath) -> HttpResponse:
    """Send one delivery again, whatever became of it, under the id it has."""

    def work(doing: Doing) -> WebhookDone:
        done = endpoints.resend(doing.tx, looking(request, doing), number_of("msg", delivery))
        _accepted(done)
        assert isinstance(done, int)
        return WebhookDone(id=show("whk", done), deliveries=1)

    return once(request, work)


def looking(request: HttpRequest, doing: Doing) -> Looking:
    """Who does something, if their key is one of the whole program and reads what endpoints are told."""
    caller: Caller = doing.caller
    if not caller.place.whole:
        raise missing()
    demand(request, caller, "read:members")
    return Looking(
        doing.program_id,
        doing.program.key,
        room().vault,
        room().settings.outbound_allow,
        caller.name,
        doing.now,
    )


def _wanted(given: Endpoint) -> Wanted:
    return Wanted(given.name, given.url, given.types)


def _secret(made: Made | Refused) -> WebhookSecret:
    _accepted(made)
    assert isinstance(made, Made)
    return WebhookSecret(id=show("whk", made.id), secret=made.secret)


def _accepted(done: object) -> None:
    if not isinstance(done, Refused):
        return
    if done.why == "missing":
        raise missing()
    if done.why in _FIELDS:
        raise wrong([_FIELDS[done.why]])
    raise Trouble(409, "refused", _SAID[done.why], reason=done.why)


def _webhook(stored: Stored, standing: Standing) -> Webhook:
    return Webhook(
        id=show("whk", stored.id),
        name=stored.name,
        url=stored.url,
        types=list(stored.types),
        state="enabled" if stored.state == "enabled" else "disabled",
        reason=stored.reason,
        created_at=stored.created_at,
        rotating_until=stored.rotating_until,
        waiting=standing.waiting,
        dead=standing.dead,
        behind_since=standing.behind_since,
        failures=standing.failures,
        failing_since=standing.failing_since,
        hold_until=standing.hold_until,
        last_status=standing.status,
        last_reason=standing.reason,
    )


def _delivery(line: DeliveryLine) -> Delivery:
    return Delivery(
        id=show("msg", line.id),
        type=line.type,
        state=line.state,
        attempts=line.attempts,
        recorded_at=line.recorded_at,
        next_at=line.next_at if line.state == "waiting" else None,
        settled_at=line.settled_at,
        tried_at=line.tried_at,
        took_ms=line.took_ms,
        status=line.status,
        reason=line.reason,
        answer=line.answer.decode("utf-8", "replace"),
    )
