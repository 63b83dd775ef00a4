"""All connections and one: how each stands and what to do; connected by a token, taken off, read over."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.connectors.hubspot.api import oauth
from guerdon.connectors.hubspot.wired import Office, office_of
from guerdon.engine.crm import accounts, backfill
from guerdon.engine.crm.accounts import Looking, why_closed
from guerdon.engine.crm.port import Closed, No, NotNow
from guerdon.program.model import Connection
from guerdon.queries.crm.standing import Numbers, count_connections
from guerdon.store.crm.accounts import Account, Granted, find_account, find_keys, list_accounts, open_token
from guerdon.store.crm.backfills import list_backfills
from guerdon.store.crm.cursors import list_cursors
from guerdon.store.sealing import Unreadable
from guerdon.values.clock import utc_now
from guerdon.web.console.connections.hindrances import hindering
from guerdon.web.console.connections.sayings import (
    advice_said,
    backfill_said,
    refusal_said,
    state_said,
    trouble_said,
)
from guerdon.web.console.connections.twin_rows import twins_of
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.versions.sayings import names_of
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

PATH = "connections"
COUNTED_DAYS = 30
TOKEN_LETTERS = range(20, 500)


@staff_page
def connections(desk: Desk) -> HttpResponse:
    """List all connections of the live program."""
    with desk.transaction() as tx:
        known = {each.connection: each for each in list_accounts(tx, desk.program_id)}
        numbers = count_connections(tx, desk.today - timedelta(days=COUNTED_DAYS))
        cursors = list_cursors(tx, desk.program_id)
    rows = [
        (each, condition(each, known.get(each.key)), numbers.get(each.key, Numbers()), cursors.get(each.key))
        for each in desk.program.connections.values()
    ]
    return desk.show("console/connections/list.html", "connections", rows=rows, **words_of(desk))


@staff_page
def connection(desk: Desk, connection: str) -> HttpResponse:
    """Show one, or do something with it."""
    declared = declared_of(desk, connection)
    if desk.request.method != "POST":
        return shown(desk, declared)
    act = _ACTS.get(desk.request.POST.get("act", ""))
    if act is None:
        raise Http404
    refused = act(desk, declared)
    if refused:
        return shown(desk, declared, refused)
    return HttpResponse(status=303, headers={"Location": desk.address(f"{PATH}/{connection}")})


def declared_of(desk: Desk, connection: str) -> Connection:
    """A connection that the live program declares."""
    declared = desk.program.connections.get(connection)
    # Whoever looks after a part of the program finds nothing of theirs here.
    if declared is None or not desk.scope.whole:
        raise Http404
    return declared


def office() -> Office:
    """HubSpot, as this installation may ask it."""
    return office_of(room().settings, utc_now)


def looking(desk: Desk) -> Looking:
    """Who does something with a connection: somebody who looks after all of the program."""
    if not desk.scope.whole:
        raise PermissionDenied
    return Looking(desk.program_id, room().vault, desk.actor, desk.now)


def take(desk: Desk, declared: Connection, granted: Granted) -> str:
    """Keep what opens an account, if it is the declared one; why not, if not."""
    found = office().whose(declared, granted.access)
    match found:
        case int():
            if found != declared.portal:
                return "other_portal"
        case Closed():
            return "revoked"
        case NotNow():
            return "unreachable"
        case No():
            return "refused"
    who = looking(desk)
    with desk.transaction() as tx:
        accounts.keep_account(tx, who, declared, granted)
    return ""


def _take_token(desk: Desk, declared: Connection) -> str:
    token = desk.request.POST.get("token", "").strip()
    if len(token) not in TOKEN_LETTERS or not (token.isascii() and token.isprintable()) or " " in token:
        return "token"
    return take(desk, declared, Granted("token", token, declared.portal))


def _take_off(desk: Desk, declared: Connection) -> str:
    who = looking(desk)
    _revoke(desk, declared)
    with desk.transaction() as tx:
        return "" if accounts.drop_account(tx, who, declared.key) else "not_connected"


def _revoke(desk: Desk, declared: Connection) -> None:
    """Have HubSpot forget a consent as well; whether it does, ours is forgotten."""
    with desk.transaction() as tx:
        account = find_account(tx, desk.program_id, declared.key)
        keys = find_keys(tx, desk.program_id, declared.key)
    ours = office()
    app = ours.app_of(desk.program.key, declared)
    if account is None or account.state != "connected" or keys is None or keys.refresh is None or app is None:
        return
    try:
        refresh = open_token(room().vault, desk.program_id, declared.key, keys.refresh, refresh=True)
    except Unreadable:
        return
    oauth.revoke(ours.bare(declared), app, refresh)


def _backfill(desk: Desk, declared: Connection) -> str:
    if declared.contacts is None:
        return "contacts"
    typed = desk.request.POST.get("since", "").strip()
    day = _midnight(desk, typed) if typed else None
    events = desk.request.POST.get("what") == "events"
    if (typed or events) and day is None:
        return "day"
    times = (None, day) if events else (day, None)
    dry = desk.request.POST.get("dry") == "yes"
    who = looking(desk)
    with desk.transaction() as tx:
        return "" if backfill.ask_backfill(tx, who, declared.key, *times, dry=dry) else "running"


def _cancel(desk: Desk, declared: Connection) -> str:
    who = looking(desk)
    with desk.transaction() as tx:
        return "" if backfill.cancel_backfill(tx, who, declared.key) else "running"


def _resume(desk: Desk, declared: Connection) -> str:
    who = looking(desk)
    with desk.transaction() as tx:
        return "" if backfill.resume_backfill(tx, who, declared.key) else "running"


def _midnight(desk: Desk, typed: str) -> datetime | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    if not 2000 <= day.year < 2100:
        return None
    return datetime.combine(day, time(), ZoneInfo(desk.program.time_zone)).astimezone(UTC)


_ACTS: dict[str, Callable[[Desk, Connection], str]] = {
    "connect": _take_token,
    "disconnect": _take_off,
    "backfill": _backfill,
    "cancel": _cancel,
    "resume": _resume,
}


def shown(desk: Desk, declared: Connection, refused: str = "", consent: str = "") -> HttpResponse:
    """One connection; `consent` is where to go to agree to it."""
    ours = office()
    with desk.transaction() as tx:
        account = find_account(tx, desk.program_id, declared.key)
        numbers = count_connections(tx, desk.today - timedelta(days=COUNTED_DAYS))
        cursor = list_cursors(tx, desk.program_id).get(declared.key)
        reading = list_backfills(tx, desk.program_id).get(declared.key)
        who = [account.connected_by if account else None, reading.asked_by if reading else None]
        names = names_of(tx, who)
        in_the_way = hindering(tx, desk, declared)
    answer = desk.show(
        "console/connections/one.html",
        "connections",
        declared=declared,
        linked=account,
        state=condition(declared, account),
        counts=numbers.get(declared.key, Numbers()),
        cursor=cursor,
        reading=reading,
        people=names,
        consent=consent,
        by_consent=ours.app_of(desk.program.key, declared) is not None,
        redirect=ours.redirect_of(desk.program.key),
        hook=f"{room().settings.public_url}/hooks/hubspot/{declared.key}",
        refused=refusal_said(refused, desk.locale) if refused else "",
        **in_the_way,
        **twins_of(desk, declared),
        **words_of(desk),
    )
    answer.status_code = 422 if refused else 200
    answer.headers["Cache-Control"] = "no-store"
    return answer


def condition(declared: Connection, account: Account | None) -> str:
    """How a connection stands, as far as is known without asking."""
    shut = why_closed(account, declared.portal)
    return shut.reason if shut is not None else "connected"


def words_of(desk: Desk) -> dict[str, object]:
    """What every page of connections says things by."""
    return {
        "names": Namer(desk.program, desk.locale),
        "writes": desk.may("setup", "write") and desk.scope.whole,
        "maps": desk.may("rules"),
        "days": COUNTED_DAYS,
        "state_said": lambda state: state_said(state, desk.locale),
        "advice_said": lambda state: advice_said(state, desk.locale),
        "trouble_said": lambda why: trouble_said(why, desk.locale),
        "backfill_said": lambda state: backfill_said(state, desk.locale),
    }
