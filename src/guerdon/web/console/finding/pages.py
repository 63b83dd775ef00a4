"""Finding from every page: its field, and what is found as one types.

What is typed may say who somebody is, so it is posted and stands in no address. A kind of thing is looked for
where the reader may open its page, within the part of the program that this shows them; members by an id, or
their exact e-mail or phone, everything else by words of its name.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.http import HttpResponse

from guerdon.engine.messages.staff.previewing import known_messages
from guerdon.queries.catalog.named import find_named
from guerdon.queries.orders.standing import load_story
from guerdon.store.persons import load_persons
from guerdon.text.catalogs import words
from guerdon.values.ids import read, show
from guerdon.values.texts import text_in
from guerdon.web.accounts.answers import page
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.finding.members import find_typed, typed
from guerdon.web.console.frame.menu import menu_of
from guerdon.web.console.masks import masked
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room
from guerdon.web.routes import CONSOLE, ROUTES

PATH = "find"
# Of each kind; whoever looks for more says more.
HITS_MAX = 8
# What a script asks for: what was found, without the page around it.
PART = "X-Part"
WHOLE_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]{2,}")
# Below this, digits are the beginning of an id or a phone and nobody's.
TELLING_MIN = 4
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: what it is called, what else tells it apart, and where its page is."""

    name: str
    more: str
    address: str
    # Its own; without one, its kind's.
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """What was found of one kind, the best first."""

    key: str
    title: str
    icon: str
    hits: Sequence[Hit]


@staff_page
def find(desk: Desk) -> HttpResponse:
    """Show the field, or what was found; the only thing found is opened at once."""
    asked, refused = typed(desk.request.POST, "q"), bool(typed(desk.request.GET, "q"))
    kinds = found_kinds(desk, asked) if asked else []
    if desk.request.headers.get(PART) == PATH:
        return page(desk.request, "console/found.html", locale=desk.locale, kinds=kinds)
    every = [hit for kind in kinds for hit in kind.hits]
    if len(every) == 1:
        return HttpResponse(status=303, headers={"Location": every[0].address})
    return desk.show(
        "console/find.html", PATH, status=400 if refused else 200, refused=refused, asked=asked, kinds=kinds
    )


def found_kinds(desk: Desk, asked: str) -> list[Kind]:
    """All that is called so, by kind."""
    say, names = words(desk.locale, "console").gettext, Namer(desk.program, desk.locale)
    wanted = asked.casefold().split()
    looked: tuple[tuple[str, str, str, Callable[[], Iterable[Hit]]], ...] = (
        (PATH, say("Pages"), "layout-dashboard", lambda: _pages(desk, wanted)),
        ("members", say("Members"), "users", lambda: _members(desk, names, asked)),
        ("locations", say("Locations"), "store", lambda: _locations(desk, wanted)),
        ("catalog", say("Catalog"), "gift", lambda: _items(desk, asked)),
        ("rules", say("Rules"), "zap", lambda: _rules(desk, wanted)),
        ("orders", say("Orders"), "ticket", lambda: _orders(desk, names, asked)),
        ("segments", say("Segments"), "users", lambda: _segments(desk, wanted)),
        ("messages", say("Messages"), "mail", lambda: _messages(desk, names, wanted)),
    )
    kinds = [
        Kind(key, title, icon, list(look())[:HITS_MAX])
        for key, title, icon, look in looked
        if desk.rights.opens(key)
    ]
    return [kind for kind in kinds if kind.hits]


def _pages(desk: Desk, wanted: Sequence[str]) -> Iterator[Hit]:
    menu = menu_of(desk.rights.opens, desk.locale)
    titles = {entry.name: group.title for group in menu.groups for entry in group.entries}
    called = [(entry.text, entry.name, entry) for entry in menu]
    for entry in _fitting(called, wanted):
        yield Hit(entry.text, titles[entry.name], desk.address(entry.path), entry.icon)


def _members(desk: Desk, names: Namer, asked: str) -> Iterator[Hit]:
    whole_email = WHOLE_EMAIL.fullmatch(asked) is not None
    digits = len(asked) >= TELLING_MIN and any(map(str.isdecimal, asked))
    inner = desk.seeing("members")
    if inner is None or not (whole_email or digits):
        return
    # A phone or an id on its way to being typed is nobody's: of those only who was found is told.
    found = find_typed(inner, asked, HITS_MAX, misses=whole_email)
    with inner.transaction() as tx:
        persons = load_persons(tx, room().vault, desk.program_id, found)
    for member_id in found:
        name = masked(persons[member_id].name) if member_id in persons else ""
        shown = names.member(member_id)
        yield Hit(name or shown, shown if name else "", desk.address(f"members/{shown}"))


def _locations(desk: Desk, wanted: Sequence[str]) -> Iterator[Hit]:
    row = ROUTES.get(CONSOLE + "locations/<slug:location>")
    scope = desk.rights.reads(row) if row else None
    if scope is None:
        return
    markets = {key: text_in(market.name, desk.locale) for key, market in desk.program.markets.items()}
    called = [
        (location.name, f"{key} {markets.get(location.market, '')}", (key, location))
        for key, location in desk.program.locations.items()
        if scope.covers(location.market, key)
    ]
    for key, location in _fitting(called, wanted):
        yield Hit(location.name, markets.get(location.market, ""), desk.address(f"locations/{key}"))


def _items(desk: Desk, asked: str) -> Iterator[Hit]:
    inner = desk.seeing("catalog")
    if inner is None or "@" in asked:
        return
    with inner.transaction() as tx:
        found = find_named(tx, desk.program, desk.locale, asked, list(desk.program.markets), HITS_MAX)
    for each in found:
        yield Hit(
            text_in(each.names, desk.locale) or each.key,
            each.key,
            desk.address(f"catalog/{show('itm', each.id)}"),
        )


def _rules(desk: Desk, wanted: Sequence[str]) -> Iterator[Hit]:
    called = [
        (text_in(rule.name, desk.locale), key, (key, text_in(rule.name, desk.locale)))
        for key, rule in desk.program.rules.items()
    ]
    for key, name in _fitting(called, wanted):
        yield Hit(name, key, desk.address(f"rules/{key}"))


def _orders(desk: Desk, names: Namer, asked: str) -> Iterator[Hit]:
    number, inner = read("ord", asked), desk.seeing("redemption")
    if number is None or inner is None:
        return
    with inner.transaction() as tx:
        found = load_story(tx, number)
    if found is not None:
        shown = show("ord", number)
        yield Hit(shown, names.item(found.row.item), desk.address(f"orders/{shown}"))


def _segments(desk: Desk, wanted: Sequence[str]) -> Iterator[Hit]:
    called = [
        (text_in(segment.name, desk.locale), key, (key, text_in(segment.name, desk.locale)))
        for key, segment in desk.program.segments.items()
    ]
    for key, name in _fitting(called, wanted):
        yield Hit(name, key, desk.address(f"segments/{key}"))


def _messages(desk: Desk, names: Namer, wanted: Sequence[str]) -> Iterator[Hit]:
    called = [(names.message(key), key, (key, names.message(key))) for key in known_messages(desk.program)]
    for key, name in _fitting(called, wanted):
        yield Hit(name, key, desk.address(f"messages/{key}"))


def _fitting(called: Iterable[tuple[str, str, T]], wanted: Sequence[str]) -> list[T]:
    """Things in whose name or key all words stand: those first whose name begins with what was typed."""
    begun: list[T] = []
    within: list[T] = []
    for name, key, thing in called:
        folded = name.casefold()
        if all(word in folded or word in key.casefold() for word in wanted):
            (begun if folded.startswith(" ".join(wanted)) else within).append(thing)
    return [*begun, *within]
