"""What stands in quarantine, by reason, connection and day; one of it, raw and mapped side by side; forms.

A whole reason or connection is settled in sets, each a commit of its own, of what stood there when it was
asked.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse

from guerdon.engine.arrivals import Meaning
from guerdon.engine.quarantine import settling
from guerdon.engine.quarantine.looking import MASK, Sight, look, masked_raw
from guerdon.queries.quarantine import standing
from guerdon.queries.quarantine.standing import Parked, Sifting
from guerdon.store.audit import record_audit
from guerdon.store.quarantine.settling import Chosen, Settled, last_set_apart
from guerdon.store.versions.drafts import DraftRow, list_drafts
from guerdon.values.ids import read, show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.quarantine.sayings import refusal_said
from guerdon.web.console.versions.sayings import names_of
from guerdon.web.console.words import Namer
from guerdon.web.readers import mapper_of, reading_of
from guerdon.web.rooms import room

PATH = "events/quarantine"
ROWS_SHOWN = 50
# So many sets one request waits for; whatever is left can be asked for again.
SETS_MAX = 20
LETTERS_MAX = 100


@staff_page
def quarantine(desk: Desk) -> HttpResponse:
    """List what was set apart, or settle all of a reason or a connection."""
    sifted = _sifted(desk, desk.request.GET)
    if desk.request.method != "POST":
        return _listed(desk, sifted)
    sifted = _sifted(desk, desk.request.POST)
    if desk.request.POST.get("act") not in {"retry", "put_away"} or not (sifted.reason or sifted.connection):
        raise Http404
    with desk.transaction() as tx:
        last = last_set_apart(tx)
    chosen = Chosen(
        desk.program_id, settling.CHUNK, reason=sifted.reason, connection=sifted.connection, last=last
    )
    for n in range(SETS_MAX):
        done = _settle(desk, chosen)
        if done is None:
            return _listed(desk, sifted, "reason")
        if done == 0 and n == 0:
            return _listed(desk, sifted, "done")
        if done < settling.CHUNK:
            break
    there = desk.address(PATH, reason=sifted.reason, connection=sifted.connection)
    return HttpResponse(status=303, headers={"Location": there})


@staff_page
def parked(desk: Desk, parked: str) -> HttpResponse:
    """Show one, or settle it."""
    found = _found(desk, parked)
    if desk.request.method != "POST":
        return _shown(desk, found)
    if desk.request.POST.get("act") not in {"retry", "put_away"}:
        raise Http404
    done = _settle(desk, Chosen(desk.program_id, 1, id=found.id))
    if not done:
        return _shown(desk, found, refused="reason" if done is None else "done")
    return HttpResponse(status=303, headers={"Location": desk.address(f"{PATH}/{parked}")})


@staff_page
def raw(desk: Desk, parked: str) -> HttpResponse:
    """Show one as it came, and tell the audit who looked."""
    found = _found(desk, parked)
    with desk.transaction() as tx:
        record_audit(tx, desk.program_id, desk.actor, "quarantine.opened", show("qrt", found.id), desk.now)
    answer = _shown(desk, found, unmasked=True)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _settle(desk: Desk, chosen: Chosen) -> int | None:
    """Settle one set; how much it was, or None where a reason is missing."""
    settled, why = Settled(desk.actor, desk.now), desk.request.POST.get("why", "").strip()
    with desk.transaction() as tx:
        if desk.request.POST.get("act") == "retry":
            return len(settling.retry(tx, reading_of(desk.program), chosen, settled).ids)
        if not why or "\0" in why or len(why) > settling.REASON_MAX:
            return None
        return len(settling.put_away(tx, chosen, settled, why))


def _found(desk: Desk, parked: str) -> Parked:
    number = read("qrt", parked)
    with desk.transaction() as tx:
        found = standing.find_parked(tx, number) if number is not None else None
    if found is None:
        raise Http404
    return found


def _sifted(desk: Desk, said: Mapping[str, str]) -> Sifting:
    day = _day(said.get("day", ""))
    since = None if day is None else _midnight(desk, day)
    return Sifting(
        reason=_word(said.get("reason", "")),
        connection=_word(said.get("connection", "")),
        since=since,
        until=None if day is None else _midnight(desk, day + timedelta(days=1)),
        before=read("qrt", said.get("before", "")),
    )


def _word(typed: str) -> str | None:
    return typed[:LETTERS_MAX].replace("\0", "") or None


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2100 else None


def _midnight(desk: Desk, day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(desk.program.time_zone))


def _listed(desk: Desk, sifted: Sifting, refused: str = "") -> HttpResponse:
    with desk.transaction() as tx:
        counts = standing.count_parked(tx)
        rows = standing.list_parked(tx, sifted, ROWS_SHOWN + 1)
    chosen = {
        "reason": sifted.reason or "",
        "connection": sifted.connection or "",
        "day": desk.request.GET.get("day", "") if sifted.since else "",
    }
    answer = desk.show(
        "console/quarantine/list.html",
        "events",
        names=Namer(desk.program, desk.locale),
        counts=counts,
        reasons=sorted({each.reason for each in counts}),
        connections=sorted({each.connection for each in counts}),
        chosen=chosen,
        rows=rows[:ROWS_SHOWN],
        onward=show("qrt", rows[ROWS_SHOWN - 1].id) if len(rows) > ROWS_SHOWN else None,
        shown=show,
        writes=_writes(desk),
        refused=refusal_said(refused, desk.locale) if refused else "",
    )
    answer.status_code = 422 if refused else 200
    return answer


def _shown(desk: Desk, found: Parked, *, unmasked: bool = False, refused: str = "") -> HttpResponse:
    with desk.transaction() as tx:
        body = standing.load_body(tx, found.id)
        who = names_of(tx, [found.settled_by])
        drafts = list_drafts(tx, desk.program_id) if desk.may("rules", "write") else None
    mapper = mapper_of(desk.program, found.connection)
    sight = look(room().vault, desk.program_id, desk.program, mapper, found, body)
    answer = desk.show(
        "console/quarantine/one.html",
        "events",
        names=Namer(desk.program, desk.locale),
        row=found,
        here_path=f"{PATH}/{show('qrt', found.id)}",
        again=f"{PATH}/{show('qrt', body.again)}" if body.again is not None else "",
        raw=_raw_of(sight, unmasked=unmasked),
        kind=type(sight.element).__name__,
        element=sight.element,
        fields=_fields(sight, unmasked=unmasked),
        unmasked=unmasked,
        unmasks=desk.may("members", "unmask") and not unmasked,
        writes=_writes(desk) and found.settled_at is None,
        mending="" if drafts is None else _mending(desk, found, drafts),
        settled_by=who.get(found.settled_by or "", ""),
        refused=refusal_said(refused, desk.locale) if refused else "",
    )
    answer.status_code = 422 if refused else 200
    return answer


def _raw_of(sight: Sight, *, unmasked: bool) -> str:
    if sight.raw is None:
        return ""
    return sight.raw if unmasked else masked_raw(sight.raw)


def _fields(sight: Sight, *, unmasked: bool) -> dict[str, str]:
    if not isinstance(sight.element, Meaning):
        return {}
    return {
        # A day may be a birthday and a number a phone's; yes and no say nothing of who it is.
        key: str(value) if unmasked or isinstance(value, bool) else MASK
        for key, value in sight.element.fields.items()
    }


def _writes(desk: Desk) -> bool:
    # What stands nowhere is for whoever does it in the whole program.
    scope = desk.rights.scope("events", "write")
    return scope is not None and scope.whole


def _mending(desk: Desk, found: Parked, drafts: Sequence[DraftRow]) -> str:
    """Where the mapping is mended: in the latest draft, at the connection; else where drafts are begun."""
    if not drafts:
        return desk.address("program")
    lines = drafts[0].text.splitlines()
    named = (n for n, line in enumerate(lines, 1) if line.strip().startswith(f"{found.connection}:"))
    line = next(named, 1)
    return f"{desk.address('program/drafts/' + show('drf', drafts[0].id))}#line-{line}"
