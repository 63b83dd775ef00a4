"""The console's pages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from django.http import Http404, HttpResponse

from guerdon.queries import intake, receipts
from guerdon.queries import members as member_rows
from guerdon.queries import rewards as reward_rows
from guerdon.queries.catalog.keys import load_names
from guerdon.queries.crm.twins import list_twins_of
from guerdon.queries.messages.timeline import list_entries
from guerdon.queries.statements import list_units, load_statement
from guerdon.store.persons import load_person, load_persons
from guerdon.values.ids import read, show
from guerdon.values.money import Unit
from guerdon.values.texts import Text
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.ledger import AccountNamer
from guerdon.web.console.masks import masked
from guerdon.web.console.members.finding import find_typed, is_telling, typed
from guerdon.web.console.messages.sayings import words_of
from guerdon.web.console.places import read_place, written_place
from guerdon.web.console.regions import load_view, region_context
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

PAGE_ROWS = 50
RECEIPTS_SHOWN = 100
MESSAGES_SHOWN = 10
STATEMENT_ROWS = 10
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


@staff_page
def member(desk: Desk, member: str) -> HttpResponse:
    """One member: what they have in one of their units, what came, was decided and why, what became of it."""
    member_id = read("mem", member)
    if member_id is None:
        raise Http404
    after = read_place(desk.request.GET.get("after", ""))
    with desk.transaction() as tx:
        units = _in_order(desk, list_units(tx, member_id))
        asked = desk.request.GET.get("unit", "")
        key = asked if asked in units else (units or [desk.cut.unit])[0]
        found = member_rows.load_member(tx, key, member_id)
        if found is None:
            raise Http404
        statement = load_statement(tx, member_id, key, STATEMENT_ROWS + 1, after)
        person = load_person(tx, room().vault, desk.program_id, member_id)
        timeline = receipts.list_of_member(tx, member_id, RECEIPTS_SHOWN)
        twins = list_twins_of(tx, member_id)
        messages = list_entries(tx, member_id, MESSAGES_SHOWN)
        keys = [*receipts.chosen(timeline), *(reward.item for reward in found.rewards)]
        named = load_names(tx, keys)
    lines = statement.lines if statement else ()
    last = lines[STATEMENT_ROWS - 1] if len(lines) > STATEMENT_ROWS else None
    return desk.show(
        "console/member.html",
        "member",
        **{**words_of(desk), "names": Namer(desk.program, desk.locale, named)},
        accounts=AccountNamer(desk),
        messages=messages,
        # Of a unit that the program does not have any more nobody knows the digits.
        unit=desk.program.units.get(key, Unit(key, "points", 0)),
        units=units,
        statement=replace(statement, lines=lines[:STATEMENT_ROWS]) if statement else None,
        onward=written_place(last.recorded_at, last.id) if last else None,
        paged=after is not None,
        member=found,
        person_name=masked(person.name) if person else "",
        person_email=masked(person.email) if person else "",
        timeline=timeline,
        twins=[(each.other_id if each.one_id == member_id else each.one_id, each) for each in twins],
        rewards={reward.id: reward for reward in found.rewards},
        extends=desk.may("ledger", "write"),
        keeps=desk.may("members", "unmask"),
    )


@staff_page
def rewards(desk: Desk) -> HttpResponse:
    """Rewards, newest first."""
    state, rule = (desk.request.GET.get(name, "") for name in ("state", "rule"))
    asked = reward_rows.RewardsAsked(
        market=desk.cut.market,
        state=state if state in STATES else None,
        rule=rule if rule in desk.program.rules else None,
        after=read_place(desk.request.GET.get("after", "")),
    )
    with desk.transaction() as tx:
        rows = reward_rows.list_rewards(tx, asked, PAGE_ROWS + 1)
        named = load_names(tx, [row.item for row in rows])
    last = rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    onward = written_place(last.issued_at, last.id) if last else None
    return _shown(
        desk,
        "rewards",
        named,
        rows=rows[:PAGE_ROWS],
        state=asked.state,
        rule=asked.rule,
        states=STATES,
        onward=onward,
    )


@staff_page
def events(desk: Desk) -> HttpResponse:
    """Events: decided, waiting for their contact, or in quarantine."""
    asked = desk.request.GET.get("standing", "")
    standing = asked if asked in STANDINGS else STANDINGS[0]
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
    )


def _in_order(desk: Desk, units: Sequence[str]) -> list[str]:
    """Units in the program's order; those that it does not have any more come last."""
    order = list(desk.program.units)
    return sorted(units, key=lambda key: order.index(key) if key in order else len(order))


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
