"""What `guerdon bench pages` asks: every console page of the table of routes, with ids of real rows.

A page that needs an id for which there is no row is not asked, and said to be so; a new page whose ids are
known here is asked without further ado.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench_house import House
from pages_fill import budget_of

from guerdon.store.database import Connection
from guerdon.values.ids import show
from guerdon.web.routes import CONSOLE, ROUTES

_PART = re.compile(r"<(?:\w+:)?(\w+)>")
# What somebody takes away, or is led to, and no page.
FILES = (
    "exports/<str:file>",
    "messages/figures.csv",
    "reconciliation/differences.csv",
    "delivery/table",
    "delivery/rewards",
    "members/<slug:member>/privacy/certificate",
    "events/quarantine/<slug:parked>/raw",
    "connections/return",
    "views",
)
STREAM = "stream"
FRAGMENTS = ("messages/<str:message>/mail",)
# Ids of rows: the prefix that one is shown with, and the statement that finds it.
_FOUND: Mapping[str, tuple[str, str]] = {
    "member": (
        "mem",
        "select member_id from rewards where rule = 'test_drive' order by issued_at desc limit 1",
    ),
    "much": ("mem", "select min(member_id) from members"),
    "order": ("ord", "select id from orders order by placed_at desc limit 1"),
    "item": ("itm", "select id from catalog_items order by id limit 1"),
    "transfer": ("trf", "select id from transfers where member_id > 0 order by recorded_at desc limit 1"),
    "event": ("evt", "select id from events where outcome = 'earned' order by recorded_at desc limit 1"),
    "parked": ("qrt", "select id from quarantine where settled_at is null order by id limit 1"),
    "difference": ("dif", "select id from order_differences where state = 'open' order by id limit 1"),
    "apr": ("apr", "select id from requests where state = 'open' order by id limit 1"),
    "pair": ("ref", "select id from referral_pairs where state = 'held' order by id limit 1"),
    "draft": ("drf", "select id from program_drafts order by id limit 1"),
    "replay": ("rpl", "select id from replays order by id limit 1"),
    "broadcast": ("brc", "select id from broadcasts order by id limit 1"),
    "sync": ("syn", "select id from catalog_syncs where feed = 'bench' order by id desc limit 1"),
    "webhook": ("whk", "select id from webhook_endpoints order by id limit 1"),
}
# Rows that are named together with the member whose they are.
_READY = "select member_id, id from rewards where state = 'ready' order by issued_at desc limit 1"
_REDEEMED = "select member_id, id from rewards where state = 'redeemed' order by issued_at desc limit 1"
_PAIRS: Mapping[str, tuple[str, str, str]] = {
    "members/<slug:member>/rewards/<slug:reward>": ("reward", "rwd", _READY),
    "delivery/<slug:member>/<slug:reward>": ("reward", "rwd", _REDEEMED),
    "members/<slug:member>/messages/<slug:message>": (
        "message",
        "msg",
        "select member_id, id from messages order by created_at desc limit 1",
    ),
}
# How people narrow a page; each is asked beside the page itself.
LOOKS: Mapping[str, Sequence[str]] = {
    "": ("market={market}", "from={month}", "from={month}&market={market}", "in={unit}"),
    "live": ("market={market}",),
    "members": ("market={market}", "after={member}"),
    "members/<slug:member>": tuple(
        f"kind={kind}" for kind in ("events", "rewards", "orders", "messages", "consents", "acts", "money")
    ),
    "messages": ("market={market}", "from={month}"),
    "rewards": (
        "market={market}",
        "state=expired",
        "rule=booking&state=ready",
        "market={market}&state=redeemed",
    ),
    "orders": (
        "state=unknown",
        "market={market}&state=fulfilled",
        "queue=cases",
        "supplier=pool",
        "item={item_key}",
    ),
    "catalog": ("q=card", "category=charging"),
    "events": ("market={market}", "standing=waiting", "standing=quarantined", "before={event}"),
    "events/quarantine": ("state=settled",),
    "audit": ("q={much}", "action=request.made", "from={month}"),
    "ledger": ("account={budget}", "member={much}", "unit={unit}&from={month}", "account=purse"),
    "ledger/<slug:transfer>": (),
    "owed": ("market={market}",),
    "delivery": ("location={location}", "rule=booking", "market={market}", "part=opened", "from={year}"),
    "locations": ("show=all", "market={market}", "find=kiel"),
    "locations/compare": ("of={location}&of={other}",),
    "locations/consistency": ("rule=booking",),
    "locations/<slug:location>/rewards": ("rule=booking", "became=redeemed"),
    "referrals": ("state=all", "state=qualified"),
    "segments/<slug:segment>": ("after={member}",),
    "requests": ("state=closed",),
    "decisions": ("view=open", "view=decided"),
    "why": ("member={much}",),
    "reconciliation": ("state=settled",),
    "budgets": ("market={market}",),
}


@dataclass(frozen=True, slots=True)
class Address:
    """A page under its pattern, and where it is asked for; `is_fragment`: a part of a page."""

    pattern: str
    path: str
    is_fragment: bool = False


def patterns() -> list[str]:
    """All console pages of the table of routes, without the program's place before them."""
    return [
        pattern.removeprefix(CONSOLE)
        for pattern, row in ROUTES.items()
        if row.who == "staff" and pattern.startswith(CONSOLE)
    ]


def known_words(house: House, db: Connection) -> dict[str, str]:
    """What stands for each part of a pattern or a look: ids of rows, names of the program's things."""
    program = house.program
    market = next(iter(program.markets))
    here = [place.key for place in program.locations.values() if place.market == market]
    words = {
        "market": market,
        "location": here[0],
        "other": here[-1],
        "unit": next(iter(program.units)),
        "rule": "booking",
        "message": "reward_ready",
        "segment": next(iter(program.segments)),
        "connection": next(iter(program.connections)),
        "feed": "bench",
        "account": budget_of(program).removeprefix("budget:"),
        "budget": budget_of(program),
        "version": "1",
        "item_key": next(iter(program.items)),
        **({"table": next(iter(program.tables))} if program.tables else {}),
    }
    for name, (prefix, statement) in _FOUND.items():
        # The owner reads past row security here, for there is one program.
        row = db.execute(statement.encode()).fetchone()
        if row is not None and row[0] is not None:
            words[name] = show(prefix, int(row[0]))
    months = db.execute("select (now() - interval '30 days')::date, (now() - interval '360 days')::date")
    words["month"], words["year"] = (f"{day:%Y-%m-%d}" for day in months.fetchall()[0])
    return words


def addresses(house: House, db: Connection) -> tuple[list[Address], list[str]]:
    """Where to ask, and the patterns for which no row is there."""
    words = known_words(house, db)
    asked, left = [], []
    for pattern in patterns():
        if pattern in FILES or pattern == STREAM:
            continue
        own = {**words, **_own_words(db, pattern)}
        if not set(_PART.findall(pattern)) <= own.keys():
            left.append(pattern)
            continue
        path = _filled(pattern, own)
        asked += [
            Address(pattern, f"/console/{house.program.key}/{each}", pattern in FRAGMENTS)
            for each in (path, *(f"{path}?{look.format_map(own)}" for look in LOOKS.get(pattern, ())))
        ]
    return asked + list(_much(house, words)), left


def _filled(pattern: str, words: Mapping[str, str]) -> str:
    return _PART.sub(lambda part: words[part[1]], pattern)


def _own_words(db: Connection, pattern: str) -> dict[str, str]:
    if pattern not in _PAIRS:
        return {}
    name, prefix, statement = _PAIRS[pattern]
    row = db.execute(statement.encode()).fetchone()
    return {} if row is None else {"member": show("mem", int(row[0])), name: show(prefix, int(row[1]))}


def _much(house: House, words: Mapping[str, str]) -> Iterator[Address]:
    """The member who has much history."""
    base = "members/<slug:member>"
    there = f"/console/{house.program.key}/members/{words['much']}"
    yield Address(base, there)
    for look in LOOKS[base]:
        yield Address(base, f"{there}?{look}")
    for more in ("messages", "privacy"):
        yield Address(f"{base}/{more}", f"{there}/{more}")
