"""Trying an event in the console: the form of its type, by declared fields, and what would happen.

It changes nothing, but is posted: what was typed may say who somebody is, and must not stand in an address.
An address names the type of the event and, by an id of ours, the member.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from guerdon.engine.why.trying import NOBODY, Invented, Trial, try_event
from guerdon.program.fields import read_instant
from guerdon.program.model import Field, Program
from guerdon.program.sentences import Naming
from guerdon.queries.api.members import is_member
from guerdon.rules.playbook import Playbook
from guerdon.store.versions.drafts import list_drafts
from guerdon.store.versions.timeline import load_timeline
from guerdon.values.ids import read, show
from guerdon.values.money import BadAmount, parse_amount
from guerdon.values.problems import Problem
from guerdon.web.books import Which, playbook_for, reaches
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.finding.members import find_typed, is_telling
from guerdon.web.console.why.stories import AccountShown, shown
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

LETTERS_MAX = 1_000
NUMBER_DIGITS_MAX = 9
OF_EVENT, OF_MEMBER = "field.", "fact."
# What may say who somebody is.
WHO = ("member", "invited_by")
# What an address of the form may hold.
ADDRESSED = ("type", "member")


@staff_page
def trying(desk: Desk) -> HttpResponse:
    """Show the form, and what would happen once it is filled in."""
    sent = desk.request.method == "POST"
    given = desk.request.POST if sent else desk.request.GET
    typed = {name: str(said)[:LETTERS_MAX].replace("\0", "").strip() for name, said in given.items()}
    refused = not sent and ("try" in typed or any(is_telling(typed.get(name, "")) for name in WHO))
    if not sent:
        typed = {} if refused else {name: typed[name] for name in ADDRESSED if name in typed}
    program = desk.program
    kind = typed.get("type", "")
    problems: list[Problem] = []
    told = _told(desk, typed, problems) if sent else None
    with desk.transaction() as tx:
        versions = [era.version for era in load_timeline(tx, desk.program_id).eras]
        drafts = [
            (show("drf", row.id), row.title)
            for row in list_drafts(tx, desk.program_id)
            if row.stands or row.waits
        ]
    return desk.show(
        "console/why/try.html",
        "try",
        status=400 if refused else 200,
        refused=refused,
        names=Namer(program, desk.locale),
        naming=Naming(program, kind, desk.locale),
        kind=kind if kind in program.events else "",
        typed=typed,
        versions=list(reversed(versions)),
        drafts=drafts,
        problems=problems,
        told=told,
    )


def _told(desk: Desk, typed: dict[str, str], problems: list[Problem]) -> AccountShown | None:
    """What would happen; the member stands in the form by their own id from then on."""
    member = _member(desk, typed, problems)
    if isinstance(member, int):
        typed["member"] = show("mem", member)
    at = _time(desk.program, typed, desk.now, problems)
    with desk.transaction() as tx:
        book = playbook_for(tx, desk.program_id, _which(typed.get("text", "")), at, desk.now)
    if isinstance(book, Problem):
        problems.append(book)
        return None
    return _tried(desk, typed, (book, member, at), problems)


def _tried(
    desk: Desk,
    typed: Mapping[str, str],
    asked: tuple[Playbook, int | Invented | None, datetime],
    problems: list[Problem],
) -> AccountShown | None:
    book, member, at = asked
    kind = typed.get("type", "")
    declared = book.program.events.get(kind)
    fields = _given(typed, OF_EVENT, declared.fields if declared else {}, book.program, problems)
    # The member was looked for in the reader's part; what decides is all of the program's.
    whose = NOBODY if member is None else member
    trial = Trial(kind, fields, whose, at, _inviter(desk, typed, problems), room().vault)
    with room().reading(desk.program_id) as tx:
        found = try_event(tx, book, trial, desk.now)
    if isinstance(found, list):
        said = {problem.where for problem in problems}
        problems += [each for each in found if each.where not in said]
    if problems or isinstance(found, list):
        return None
    with desk.transaction() as tx:
        # Of the other side there is told what this reader may see of it.
        sides = {account.receipt.member_id for pair in found.pairs for _, account in pair.told}
        seen = {each for each in sides if each == NOBODY or is_member(tx, each)}
    return shown(found, desk.program, desk.locale, seen)


def _time(program: Program, typed: Mapping[str, str], now: datetime, problems: list[Problem]) -> datetime:
    at = read_instant(_in_zone(program, typed["at"])) if typed.get("at") else now
    if at is None:
        problems.append(Problem("at", None, "is no time", "write it like 2026-05-04T09:30"))
    return at or now


def _which(text: str) -> Which:
    if text.isdecimal() and len(text) <= NUMBER_DIGITS_MAX:
        return Which(version=int(text))
    return Which(draft=read("drf", text)) if text else Which()


def _member(desk: Desk, typed: Mapping[str, str], problems: list[Problem]) -> int | Invented | None:
    program, asked = desk.program, typed.get("member", "")
    if not asked:
        facts = _given(typed, OF_MEMBER, program.attributes, program, problems)
        invented = Invented(typed.get("market", ""), "", typed.get("location", ""), facts)
        if reaches(desk.scope, invented):
            return invented
        problems.append(Problem("market", None, "not in your part of the program"))
        problems.append(Problem("member", None, "nobody is named"))
        return None
    known = find_typed(desk, asked, 2)
    if len(known) != 1:
        what = "there is no such member" if not known else "several members are called so"
        problems.append(Problem("member", None, what))
        return None
    return known[0]


def _inviter(desk: Desk, typed: Mapping[str, str], problems: list[Problem]) -> int | None:
    """Who would have invited the member, where that is said."""
    asked = typed.get("invited_by", "")
    known = find_typed(desk, asked, 2) if asked else []
    if asked and len(known) != 1:
        what = "there is no such member" if not known else "several members are called so"
        problems.append(Problem("invited_by", None, what))
    return known[0] if len(known) == 1 else None


def _given(
    typed: Mapping[str, str],
    prefix: str,
    declared: Mapping[str, Field],
    program: Program,
    problems: list[Problem],
) -> dict[str, object]:
    """What was typed for declared fields; nothing where nothing was."""
    given: dict[str, object] = {}
    for name, said in typed.items():
        key = name.removeprefix(prefix)
        if not name.startswith(prefix) or not said:
            continue
        field = declared.get(key)
        value: object = said
        unit = program.units.get(field.unit or "") if field is not None and field.type == "money" else None
        if unit is not None:
            amount = parse_amount(said, unit)
            if isinstance(amount, BadAmount):
                problems.append(Problem(name, None, f"{said[:40]!r} is no amount", "write it like 25.00"))
                continue
            value = amount
        if field is not None and field.type == "timestamp":
            value = _in_zone(program, said)
        given[key] = value
    return given


def _in_zone(program: Program, said: str) -> str:
    """A time as it is typed is one in the program's zone."""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return said
    return said if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(program.time_zone)).isoformat()
