"""Milliseconds of every console page with 425,000 members and 5 million events, and what a first page loads.

The installation is loaded in sets (`pages_fill.py`); each page of the table of routes is asked through the
real web process over one kept connection on loopback, as people ask it (`pages_addresses.py`): by somebody
who sees the whole program, by one of a market, and by one of a location. Wanted: pages p95 <= 100 ms, parts
of pages p95 <= 50 ms; console JS <= 35 kB and CSS <= 30 kB, a member's page JS <= 25 kB, compressed.
"""

import argparse
import gzip
import http.client
import os
import re
import sys
import time
from collections.abc import Iterable, Mapping
from functools import partial

from bench_frame import options_of, print_result
from bench_house import FIRST_CONTACT, House
from console_visitor import Visitor, hire
from pages_addresses import FILES, Address, addresses
from pages_fill import ask_some, brand_house, fill
from pages_meter import Meter, Took, parent_of, percentiles

from guerdon.access.roles import ROLES, WIDEST
from guerdon.cli.staff import NewStaff
from guerdon.store.sealing import Vault
from guerdon.values.claims import KEY_PURPOSE, claim_token
from guerdon.values.clock import utc_now
from guerdon.web.console.regions import VIEWS

WARM_UP = 2
PAGES_MS, PARTS_MS = 100, 50
# Pages of people who see all; the statements of row security are another's, so theirs are asked too.
WHOLE, MARKET, PLACE = "all", "market", "location"
# Views of what has a number are opened by their pages.
NUMBERED = {"decision", "replay", "broadcast"}
_LOADED = re.compile(r'(?:src|href)="(/static/[^"]+\.(js|css))"')


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("pages")
    parser.add_argument("--members", type=int, default=425_000)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=20, help="how often each page is asked for")
    parser.add_argument("--slowest", type=int, default=40, help="how many of them are printed")
    args = parser.parse_args()
    with brand_house(args.members) as where:
        result = _measure(where, args)
    return print_result(args, result)


def _measure(where: House, args: argparse.Namespace) -> dict[str, object]:
    began = time.monotonic()
    fill(where, args.events, utc_now())
    filled_s = time.monotonic() - began
    people = _people(where)
    hire(where, people)
    ask_some(where, people[WHOLE].email)
    settings = where.opened.settings
    where.parts.start("web", ["-m", "guerdon", "web"])
    assert where.parts.wait_until_answers(f"http://{settings.host}:{settings.port}/", 60)
    with where.opened.connect("owner") as db:
        db.execute("set role none")
        asked, left = addresses(where, db)
        row = db.execute("select pg_size_pretty(pg_database_size(current_database()))").fetchone()
        server = db.info.backend_pid
    meter = Meter((where.parts.running["web"].pid,), parent_of(server))
    took: dict[str, Took] = {}
    parts: dict[str, Took] = {}
    answered: dict[str, int] = {}
    for who, new in people.items():
        visitor = Visitor(where)
        visitor.sign_in(new.email)
        pages, others = _ask_all(visitor, asked, (who, args.rounds, meter))
        took.update(pages)
        # What is not theirs is not there for them; whoever sees all should see all.
        answered.update(others if who == WHOLE else {})
        parts.update(_parts(where, visitor, (who, args.rounds, meter)))
    fragments = {name for name in took if any(each.is_fragment and each.pattern in name for each in asked)}
    parts.update({name: took.pop(name) for name in fragments})
    return {
        "members": args.members,
        "events": args.events,
        "database": row[0] if row else "",
        "filled_s": round(filled_s),
        "pages": len(took),
        "pages_ms": _of_all(took),
        f"pages_above_{PAGES_MS}_ms": sum(each.p95 > PAGES_MS for each in took.values()),
        "parts_ms": _of_all(parts),
        f"parts_above_{PARTS_MS}_ms": sum(each.p95 > PARTS_MS for each in parts.values()),
        "slowest_pages_ms": _slowest(took, args.slowest),
        "slowest_parts_ms": _slowest(parts, args.slowest),
        # A row of each is missing, or they answered otherwise than with a page.
        "not_asked": left,
        "not_a_page": answered,
        "files_not_asked": list(FILES),
        "first_load_bytes": _first_loads(where, people[WHOLE].email),
        "load_average": round(os.getloadavg()[0], 1),
    }


def _people(where: House) -> dict[str, NewStaff]:
    program = where.program
    market = next(iter(program.markets))
    place = next(each.key for each in program.locations.values() if each.market == market)
    whole = tuple(role for role in ROLES if WIDEST[role] == "program")
    return {
        WHOLE: NewStaff("ines.okafor@example.com", "Ines Okafor", whole, waived=True),
        MARKET: NewStaff(
            "mara.lind@example.com", "Mara Lind", ("marketing", "finance"), (market,), waived=True
        ),
        PLACE: NewStaff(
            "lena.vogt@example.com", "Lena Vogt", ("dealer_manager",), locations=(place,), waived=True
        ),
    }


def _ask_all(
    visitor: Visitor, asked: Iterable[Address], how: tuple[str, int, Meter]
) -> tuple[dict[str, Took], dict[str, int]]:
    """What each page took, by its name, and the statuses of those that are none; `how`: who, how often."""
    who, rounds, meter = how
    took: dict[str, Took] = {}
    others: dict[str, int] = {}
    for each in asked:
        path = each.path.split("/", 3)[3]
        status = visitor.ask(each.path).status
        if status != 200:
            others[path] = status
            continue
        for _ in range(WARM_UP):
            visitor.ask(each.path)
        took[f"{who} {each.pattern} /{path}"] = meter.measure(rounds, partial(_asked_ms, visitor, each.path))
    return took, others


def _parts(where: House, visitor: Visitor, how: tuple[str, int, Meter]) -> dict[str, Took]:
    """What a page has sent to it: what is found while somebody types, and the first state of what is live."""
    who, rounds, meter = how
    base = f"/console/{where.program.key}"
    found: dict[str, Took] = {}
    if visitor.ask(f"{base}/find").status == 200:
        token = visitor.token_of(f"{base}/find")
        typed = {
            "e-mail": "m77@example.com",
            "contact": str(FIRST_CONTACT + 77),
            "place": "kiel",
            "item": "card",
        }
        for name, text in typed.items():
            fields = {"csrfmiddlewaretoken": token, "q": text}
            _found_ms(visitor, f"{base}/find", fields)
            found[f"{who} find {name}"] = meter.measure(
                rounds, partial(_found_ms, visitor, f"{base}/find", fields)
            )
    segment = next(iter(where.program.segments))
    for view in VIEWS:
        if view in NUMBERED:
            continue
        about = f"&about={segment}" if view == "segment" else ""
        address = f"{base}/stream?view={view}{about}"
        # A live page of what is not theirs is not there for them.
        if _first_state(where, visitor, address) is not None:
            found[f"{who} stream {view}"] = meter.measure(rounds, partial(_state_ms, where, visitor, address))
    return found


def _asked_ms(visitor: Visitor, address: str) -> float:
    return visitor.ask(address).took_ms


def _found_ms(visitor: Visitor, address: str, fields: Mapping[str, str]) -> float:
    answer = visitor.post(address, fields, {"X-Part": "find"})
    assert answer.status == 200, answer.status
    return answer.took_ms


def _state_ms(where: House, visitor: Visitor, address: str) -> float:
    took_ms = _first_state(where, visitor, address)
    assert took_ms is not None, address
    return took_ms


def _first_state(where: House, visitor: Visitor, address: str) -> float | None:
    """Milliseconds until a live page's first state is there; None where it is not for who asks."""
    settings = where.opened.settings
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=60)
    try:
        began = time.perf_counter()
        headers = {"sec-fetch-site": "same-origin", "accept-language": "en", "cookie": visitor.cookie}
        connection.request("GET", address, headers=headers)
        answer = connection.getresponse()
        if answer.status != 200:
            return None
        while line := answer.readline():
            if line.startswith(b"id:"):
                break
        # Whoever stopped meanwhile sends nothing, for ever.
        assert line, "the stream ended before its first state"
        while answer.readline().strip():
            pass
        return (time.perf_counter() - began) * 1000
    finally:
        connection.close()


def _first_loads(where: House, email: str) -> dict[str, dict[str, int]]:
    """Compressed bytes of scripts and styles that a page names, by page."""
    console, stranger = Visitor(where), Visitor(where)
    console.sign_in(email)
    with where.opened.connect("owner") as db:
        db.execute("set role none")
        row = db.execute("select member_id, id from rewards where state = 'ready' order by id desc limit 1")
        found = row.fetchone()
    loads = {
        "console": _loaded(console, f"/console/{where.program.key}/"),
        "app": _loaded(stranger, f"/m/{where.program.key}/sign-in"),
    }
    if found is not None:
        key = Vault(where.opened.settings.secret).key(KEY_PURPOSE)
        token = claim_token(key, where.program_id, int(found[0]), int(found[1]), utc_now().date())
        # Of what a link opens, it loads the most.
        loads["member"] = _loaded(stranger, f"/r/{token}/catalog")
    return loads


def _loaded(visitor: Visitor, address: str) -> dict[str, int]:
    answer = visitor.ask(address)
    if answer.status != 200:
        return {"status": answer.status}
    sums = {"html": len(gzip.compress(answer.body)), "js": 0, "css": 0}
    for path, kind in dict.fromkeys(_LOADED.findall(answer.body.decode())):
        sums[kind] += len(visitor.ask(path, {"accept-encoding": "gzip"}).body)
    return sums


def _of_all(took: Mapping[str, Took]) -> dict[str, float]:
    return percentiles([each for found in took.values() for each in found.times_ms])


def _slowest(took: Mapping[str, Took], most: int) -> dict[str, dict[str, float]]:
    slowest = sorted(took.items(), key=lambda item: -item[1].p95)[:most]
    return {name: {**percentiles(each.times_ms), "cpu": round(each.cpu_ms, 1)} for name, each in slowest}


if __name__ == "__main__":
    sys.exit(main())
