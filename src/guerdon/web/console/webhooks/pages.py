"""All endpoints, and one: how far behind it is, why it fails and what to do, and every delivery.

A secret is shown on the page that answers the form that made it, and on no other.
"""

from collections.abc import Callable
from functools import partial
from hashlib import sha256

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.announcements.shapes import CHOICES
from guerdon.engine.webhooks import endpoints
from guerdon.engine.webhooks.endpoints import Looking, Made, Refused, Wanted
from guerdon.queries.alarms import list_alarms
from guerdon.queries.webhooks.standing import Standing, list_deliveries, list_webhook_standings
from guerdon.store.database import Transaction
from guerdon.store.webhooks.endpoints import Endpoint, find_endpoint, list_endpoints
from guerdon.values.ids import read, show
from guerdon.web.console.decisions.sayings import WEBHOOK_FAILING, alarm_said
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.webhooks.sayings import failure_said, refusal_said, state_said
from guerdon.web.rooms import room

PATH = "webhooks"
MARK_LETTERS = 16
ROWS_SHOWN = 50
ALARMS_SHOWN = 20
STATES = ("waiting", "delivered", "dead")
# What a deed came to: nothing more to say, a secret to be shown, or why it was refused.
Done = Made | Refused | None


@staff_page
def webhooks(desk: Desk) -> HttpResponse:
    """Show all endpoints, or make one."""
    if desk.request.method != "POST":
        return _listed(desk)
    with desk.transaction() as tx:
        made = endpoints.make_endpoint(tx, _looking(desk), _wanted(desk))
    if isinstance(made, Refused):
        return _listed(desk, made.why)
    return _shown(desk, made.id, secret=made.secret)


@staff_page
def webhook(desk: Desk, webhook: str) -> HttpResponse:
    """Show one endpoint, or do something with it."""
    number = read("whk", webhook)
    if number is None:
        raise Http404
    if desk.request.method != "POST":
        return _shown(desk, number)
    act = _ACTS.get(desk.request.POST.get("act", ""))
    if act is None:
        raise Http404
    with desk.transaction() as tx:
        done = act(tx, desk, number)
    if isinstance(done, Made):
        return _shown(desk, number, secret=done.secret)
    if isinstance(done, Refused):
        if done.why == "missing":
            raise Http404
        return _shown(desk, number, refused=done.why)
    gone = desk.request.POST.get("act") == "remove"
    return HttpResponse(status=303, headers={"Location": desk.address(PATH if gone else f"{PATH}/{webhook}")})


def _change(tx: Transaction, desk: Desk, number: int) -> Done:
    stands = find_endpoint(tx, desk.program_id, number)
    # A tab from before: what a colleague wrote since then is not written over unseen.
    if stands is not None and desk.request.POST.get("was", mark := _mark(stands)) != mark:
        return Refused("stale")
    return _refused(endpoints.change_endpoint(tx, _looking(desk), number, _wanted(desk)))


def _mark(endpoint: Endpoint) -> str:
    """What an endpoint says, in few letters."""
    said = "\n".join((endpoint.name, endpoint.url, *endpoint.types))
    return sha256(said.encode()).hexdigest()[:MARK_LETTERS]


def _rotate(tx: Transaction, desk: Desk, number: int) -> Done:
    return endpoints.rotate_secret(tx, _looking(desk), number)


def _disable(tx: Transaction, desk: Desk, number: int) -> Done:
    reason = desk.request.POST.get("reason", "").strip()
    if not reason or "\0" in reason:
        return Refused("reason")
    return _refused(endpoints.set_state(tx, _looking(desk), number, "disabled", reason))


def _enable(tx: Transaction, desk: Desk, number: int) -> Done:
    return _refused(endpoints.set_state(tx, _looking(desk), number, "enabled"))


def _remove(tx: Transaction, desk: Desk, number: int) -> Done:
    return endpoints.remove_endpoint(tx, _looking(desk), number)


def _test(tx: Transaction, desk: Desk, number: int) -> Done:
    return endpoints.send_test(tx, _looking(desk), number)


def _resend(tx: Transaction, desk: Desk, number: int) -> Done:
    delivery = read("msg", desk.request.POST.get("delivery", ""))
    if delivery is None:
        return Refused("missing")
    anywhere = desk.request.POST.get("anywhere") == "yes"
    return _refused(endpoints.resend(tx, _looking(desk), delivery, number, anywhere=anywhere))


def _resend_dead(tx: Transaction, desk: Desk, number: int) -> Done:
    former = desk.request.POST.get("anywhere") == "yes"
    return _refused(endpoints.resend_dead(tx, _looking(desk), number, former=former))


_ACTS: dict[str, Callable[[Transaction, Desk, int], Done]] = {
    "change": _change,
    "rotate": _rotate,
    "disable": _disable,
    "enable": _enable,
    "remove": _remove,
    "test": _test,
    "resend": _resend,
    "resend_dead": _resend_dead,
}


def _refused(done: object) -> Refused | None:
    return done if isinstance(done, Refused) else None


def _looking(desk: Desk) -> Looking:
    if not desk.scope.whole:
        # Whoever looks after one market does not have everybody's told.
        raise PermissionDenied
    allow = room().settings.outbound_allow
    return Looking(desk.program_id, desk.program.key, room().vault, allow, desk.actor, desk.now)


def _wanted(desk: Desk) -> Wanted:
    given = desk.request.POST
    return Wanted(given.get("name", ""), given.get("url", "").strip(), given.getlist("types"))


def _listed(desk: Desk, refused: str = "") -> HttpResponse:
    with desk.transaction() as tx:
        found, standings = list_endpoints(tx, desk.program_id), list_webhook_standings(tx)
        alarms = list_alarms(tx, ALARMS_SHOWN, kinds=(WEBHOOK_FAILING,), only_open=True)
    typed = desk.request.POST if refused else None
    answer = desk.show(
        "console/webhooks/list.html",
        "webhooks",
        alarms=alarms,
        alarm_said=partial(alarm_said, locale=desk.locale),
        endpoints=[(each, standings[each.id]) for each in found],
        typed=_wanted(desk) if typed is not None else Wanted("", "https://", ()),
        **_words(desk, refused),
    )
    answer.status_code = 422 if refused else 200
    return answer


def _shown(desk: Desk, number: int, *, secret: str = "", refused: str = "") -> HttpResponse:
    state = desk.request.GET.get("state", "")
    after = read("msg", desk.request.GET.get("after", ""))
    with desk.transaction() as tx:
        endpoint = find_endpoint(tx, desk.program_id, number)
        if endpoint is None:
            raise Http404
        standing = list_webhook_standings(tx)[number]
        chosen = state if state in STATES else None
        rows = list_deliveries(tx, number, chosen, ROWS_SHOWN + 1, after)
    answer = desk.show(
        "console/webhooks/one.html",
        "webhooks",
        endpoint=endpoint,
        standing=standing,
        deliveries=rows[:ROWS_SHOWN],
        onward=show("msg", rows[ROWS_SHOWN - 1].id) if len(rows) > ROWS_SHOWN else None,
        chosen=chosen or "",
        mark=_mark(endpoint),
        states=STATES,
        secret=secret,
        **_words(desk, refused),
    )
    answer.status_code = (409 if refused == "stale" else 422) if refused else 200
    if secret:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _words(desk: Desk, refused: str) -> dict[str, object]:
    return {
        "choices": CHOICES,
        "shown": show,
        "now": desk.now,
        "writes": desk.may("setup", "write") and desk.scope.whole,
        "refused": refusal_said(refused, desk.locale) if refused else "",
        "failure_said": lambda status, reason: failure_said(status, reason, desk.locale),
        "state_said": partial(state_said, locale=desk.locale),
        "condition": _condition,
        "answer_said": lambda answer: answer.decode("utf-8", "replace"),
    }


def _condition(endpoint: Endpoint, standing: Standing) -> str:
    """An endpoint's state, as somebody looks at it."""
    if endpoint.state == "disabled":
        return "disabled"
    return "failing" if standing.failures else "enabled"
