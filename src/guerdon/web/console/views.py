"""The console's pages."""

from collections.abc import Mapping
from datetime import timedelta

from django.http import HttpResponse

from guerdon.queries import intake, receipts
from guerdon.queries import members as member_rows
from guerdon.queries import rewards as reward_rows
from guerdon.queries.catalog.keys import load_names
from guerdon.store.persons import load_persons
from guerdon.values.ids import read, show
from guerdon.values.texts import Text
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.finding.members import find_typed, is_telling, typed
from guerdon.web.console.masks import masked
from guerdon.web.console.places import read_place, timed_mark, written_place
from guerdon.web.console.regions import load_view, region_context
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

PAGE_ROWS = 50
COUNTS_DAYS = 30
STATES = ("ready", "redeemed", "expired", "reversed")
STANDINGS = ("decided", "waiting", "quarantined")


@staff_page
def overview(desk: Desk) -> HttpResponse:
    """The answer first, then what it rests on."""
    return _live_page(desk, "overview")


@staff_page
def live(desk: Desk) -> HttpResponse:
    """Events as they are decided."""
    return _live_page(desk, "live")


@staff_page
def members(desk: Desk) -> HttpResponse:
    """Members, newest first, or those who are exactly what was searched for."""
    asked, refused = typed(desk.request.POST, "q"), is_telling(typed(desk.request.GET, "q"))
    found = find_typed(desk, asked, PAGE_ROWS) if asked else []
    if len(found) == 1:
        there = desk.address(f"members/{show('mem', found[0])}")
        return HttpResponse(status=303, headers={"Location": there})
    after = read("mem", desk.request.GET.get("after", ""))
    with desk.transaction() as tx:
        if asked or refused:
            rows = member_rows.list_rows(tx, desk.cut.unit, found)
        else:
            rows = member_rows.list_members(tx, desk.cut.unit, PAGE_ROWS + 1, desk.cut.market, after)
        persons = load_persons(tx, room().vault, desk.program_id, [row.member_id for row in rows])
    names = {member_id: masked(person.name) for member_id, person in persons.items()}
    onward = (
        Namer(desk.program, desk.locale).member(rows[PAGE_ROWS - 1].member_id)
        if len(rows) > PAGE_ROWS
        else None
    )
    return _shown(
        desk,
        "members",
        {},
        status=400 if refused else 200,
        refused=refused,
        rows=rows[:PAGE_ROWS],
        person_names=names,
        asked=asked,
        onward=onward,
        paged=after is not None,
    )


def rewards_asked(desk: Desk) -> reward_rows.RewardsAsked:
    """Which rewards the address asks for."""
    state, rule = (desk.request.GET.get(name, "") for name in ("state", "rule"))
    return reward_rows.RewardsAsked(
        market=desk.cut.market,
        state=state if state in STATES else None,
        rule=rule if rule in desk.program.rules else None,
        after=read_place(desk.request.GET.get("after", "")),
    )


@staff_page
def rewards(desk: Desk) -> HttpResponse:
    """Rewards, newest first."""
    asked = rewards_asked(desk)
    with desk.transaction() as tx:
        rows = reward_rows.list_rewards(tx, asked, PAGE_ROWS + 1)
        named = load_names(tx, [row.item for row in rows])
    last = rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    onward = written_place(last.issued_at, last.id) if last else None
    mark = timed_mark(rows[0].issued_at, rows[0].id) if rows else ()
    return _shown(
        desk,
        "rewards",
        named,
        rows=rows[:PAGE_ROWS],
        state=asked.state,
        rule=asked.rule,
        states=STATES,
        onward=onward,
        stream=None if asked.after else desk.arriving("rewards", mark),
    )


@staff_page
def events(desk: Desk) -> HttpResponse:
    """Events: decided, waiting for their contact, or in quarantine."""
    standing = read_standing(desk)
    before = read("evt", desk.request.GET.get("before", ""))
    with desk.transaction() as tx:
        undecided = intake.load_undecided(tx)
        counts = intake.list_counts(tx, desk.today - timedelta(days=COUNTS_DAYS))
        decided = (
            receipts.list_latest(tx, PAGE_ROWS + 1, desk.cut.market, before) if standing == "decided" else []
        )
        named = load_names(tx, receipts.chosen(decided))
        waiting = intake.list_waiting(tx, PAGE_ROWS + 1, before) if standing == "waiting" else []
        parked = intake.list_quarantined(tx, PAGE_ROWS + 1, before) if standing == "quarantined" else []
    ids = [*(row.id for row in decided), *(row.id for row in waiting), *(row.id for row in parked)]
    onward = (
        Namer(desk.program, desk.locale).shown("evt", ids[PAGE_ROWS - 1]) if len(ids) > PAGE_ROWS else None
    )
    return _shown(
        desk,
        "events",
        named,
        standing=standing,
        undecided=undecided,
        counts=counts,
        decided=decided[:PAGE_ROWS],
        waiting=waiting[:PAGE_ROWS],
        quarantined=parked[:PAGE_ROWS],
        onward=onward,
        paged=before is not None,
        stream=None if before is not None else desk.arriving("events", tuple(ids[:1])),
    )


def read_standing(desk: Desk) -> str:
    """Which events the address asks for."""
    asked = desk.request.GET.get("standing", "")
    return asked if asked in STANDINGS else STANDINGS[0]


def _live_page(desk: Desk, view: str) -> HttpResponse:
    with desk.transaction() as tx:
        seen = load_view(tx, view, desk.program, desk.cut, desk.now)
    context = region_context(seen, desk.locale)
    for owned in ("program", "cut", "zone", "address"):
        del context[owned]
    return desk.show(f"console/{view}.html", view, stream=desk.address("stream", view=view), **context)


def _shown(desk: Desk, here: str, named: Mapping[str, Text], **context: object) -> HttpResponse:
    names = Namer(desk.program, desk.locale, named)
    return desk.show(f"console/{here}.html", here, names=names, unit=desk.unit, now=desk.now, **context)
