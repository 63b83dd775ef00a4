"""Waits from an event at the door to the last of 800 open consoles that shows it, and the web's memory.

Web and worker are those that `up` starts. Three of four consoles see the whole program, the others a market
each; half of them are open at the overview and half at the live page, in three languages, each in a session
of its own. An event is shown by a console as soon as an update has come that tells of it or of a later one.
Wanted: all screens within 500 ms (p99), web <= 400 MB.
"""

import argparse
import asyncio
import hashlib
import re
import resource
import secrets
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import lru_cache

from bench_frame import options_of, print_result
from bench_house import House, house
from bench_load import Sender, booking_body
from console_visitor import Visitor, hire
from pages_meter import Meter, memory_mb, parent_of, percentiles

from guerdon.access.roles import ROLES, WIDEST
from guerdon.cli.staff import NewStaff
from guerdon.values.ids import show

LANGUAGES = ("en", "de", "ar")
MARKETS = 4
# What was just started is not counted.
WARM_UP = 10
OPEN_S_MAX, SETTLE_S_MAX = 120, 30
AT_ONCE = 50
FILES = 8192
LINE_MAX = 4 * 2**20
_MEMBER = re.compile(rb"mem_[0-9A-Z]{13}")


@dataclass
class Event:
    """Something that happens to a member: when it was sent, and when the first and last screens had it."""

    contact: int
    member: bytes
    market: str
    sent_s: float = 0.0
    answered_s: float = 0.0
    shown_s: list[float] = field(default_factory=list)


@dataclass
class Screen:
    """An open console: whose it is, what it shows, and which events it is to show, as they are sent."""

    cookie: str
    language: str
    view: str
    # A market's alone; nothing: of all.
    market: str
    expected: list[Event] = field(default_factory=list)
    places: dict[bytes, int] = field(default_factory=dict)
    shown: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)
    status: bytes = b""

    def expect(self, events: Sequence[Event]) -> None:
        """Tell what is going to happen where this screen looks."""
        self.expected = [each for each in events if self.market in {"", each.market}]
        self.places = {each.member: place for place, each in enumerate(self.expected)}
        self.shown = 0
        self.caught_up.clear()
        self._note()

    def take(self, body: bytes, now_s: float) -> None:
        """An update came: whatever it tells of, and what was before that, is on the screen now."""
        upto = max((self.places.get(each, -1) for each in _members_in(body)), default=-1) + 1
        for each in self.expected[self.shown : upto]:
            each.shown_s.append(now_s)
        self.shown = max(self.shown, upto)
        self._note()

    def _note(self) -> None:
        if self.shown >= len(self.expected):
            self.caught_up.set()


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("live")
    parser.add_argument("--consoles", type=int, default=800)
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--rate", type=float, default=2.0, help="events a second")
    args = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # What is started from here has it, too.
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, most), most))
    with house(args.events + WARM_UP) as where:
        result = asyncio.run(_measure(where, args))
    return print_result(args, result)


async def _measure(where: House, args: argparse.Namespace) -> dict[str, object]:
    settings = where.opened.settings
    where.parts.start("web", ["-m", "guerdon", "web"])
    where.parts.start("worker", ["-m", "guerdon", "worker"])
    assert where.parts.wait_until_answers(f"http://{settings.host}:{settings.port}/", 60)
    events = _events(where)
    screens = await asyncio.to_thread(_screens, where, args.consoles)
    async with AsyncExitStack() as stack:
        for begin in range(0, len(screens), AT_ONCE):
            beginning = screens[begin : begin + AT_ONCE]
            for screen in beginning:
                stack.callback(asyncio.create_task(_read(where, screen)).cancel)
            async with asyncio.timeout(OPEN_S_MAX):
                for screen in beginning:
                    await screen.opened.wait()
        refused = sum(not each.status.startswith(b"HTTP/1.1 200") for each in screens)
        open_screens = [each for each in screens if each.status.startswith(b"HTTP/1.1 200")]
        idle_mb = memory_mb(where.parts.running["web"].pid)
        web = Meter((where.parts.running["web"].pid,))
        with where.opened.connect("owner") as db:
            base = Meter((), parent_of(db.info.backend_pid))
        began, web_s, base_s = time.monotonic(), web.cpu_s(), base.cpu_s()
        for some in (events[:WARM_UP], events[WARM_UP:]):
            for screen in open_screens:
                screen.expect(some)
            await asyncio.to_thread(_send_paced, where, some, args.rate)
            await _settle(open_screens)
        seconds, working_mb = time.monotonic() - began, memory_mb(where.parts.running["web"].pid)
        web_share, base_share = ((each.cpu_s() - at) / seconds for each, at in ((web, web_s), (base, base_s)))
    counted = events[WARM_UP:]
    lost = sum(len(each.expected) - each.shown for each in open_screens)
    last = [max(each.shown_s) - each.sent_s for each in counted if each.shown_s]
    every = [at - each.sent_s for each in counted for at in each.shown_s]
    return {
        "measured": "from before the request of an event to the update of an open console that tells of it",
        "consoles": len(open_screens),
        "consoles_refused": refused,
        "events": len(counted),
        "events_per_s": args.rate,
        "event_to_all_screens_ms": _percentiles(last),
        "event_to_a_screen_ms": _percentiles(every),
        "answered_ms": _percentiles([each.answered_s - each.sent_s for each in counted]),
        "never_shown": lost,
        "web_idle_mb": idle_mb,
        "web_mb": working_mb,
        # Of one processor, the events' own work in it.
        "web_cpu_share": round(web_share, 2),
        "database_cpu_share": round(base_share, 2),
    }


def _events(where: House) -> list[Event]:
    with where.opened.connect("owner") as db:
        db.execute("set role none")
        rows = db.execute(
            "select i.external_id::bigint, i.member_id, m.market from member_ids i"
            " join members m on m.program_id = i.program_id and m.member_id = i.member_id order by 1"
        ).fetchall()
    return [Event(contact, show("mem", member_id).encode(), market) for contact, member_id, market in rows]


def _screens(where: House, consoles: int) -> list[Screen]:
    """Consoles with a session each: three of four of who sees all, the others of markets."""
    whole = tuple(role for role in ROLES if WIDEST[role] == "program")
    people = {"": NewStaff("ines.okafor@example.com", "Ines Okafor", whole, waived=True)}
    for market in list(where.program.markets)[:MARKETS]:
        login = f"of.{market.lower()}@example.com"
        people[market] = NewStaff(login, f"Of {market}", ("marketing",), (market,), waived=True)
    hire(where, people)
    markets = list(people)[1:]
    whose = [markets[n // 4 % len(markets)] if n % 4 == 3 else "" for n in range(consoles)]
    cookies = {market: _sessions(where, new.email, whose.count(market)) for market, new in people.items()}
    return [
        Screen(
            cookie=cookies[market].pop(),
            language=LANGUAGES[n % len(LANGUAGES)],
            view="live" if n // 2 % 2 else "overview",
            market=market,
        )
        for n, market in enumerate(whose)
    ]


def _sessions(where: House, email: str, number: int) -> list[str]:
    """So many open sessions of somebody, as cookies: one is signed in, the others are like it."""
    from guerdon.web.accounts.models import StaffSession  # noqa: PLC0415  Django is prepared by then

    visitor = Visitor(where)
    visitor.sign_in(email)
    name, _, key = next(each for each in visitor.cookie.split("; ") if "staff" in each).partition("=")
    own = StaffSession.objects.get(key_sha=hashlib.sha256(key.encode()).digest())
    keys = [secrets.token_urlsafe(32) for _ in range(number)]
    StaffSession.objects.bulk_create(
        StaffSession(
            key_sha=hashlib.sha256(each.encode()).digest(),
            data=own.data,
            staff_id=own.staff_id,
            started_at=own.started_at,
            seen_at=own.seen_at,
        )
        for each in keys
    )
    return [f"{name}={each}" for each in keys]


async def _read(where: House, screen: Screen) -> None:
    """Listen as a console does."""
    settings = where.opened.settings
    reader, writer = await asyncio.open_connection(settings.host, settings.port, limit=LINE_MAX)
    writer.write(
        f"GET /console/{where.program.key}/stream?view={screen.view} HTTP/1.1\r\n"
        f"Host: {settings.host}:{settings.port}\r\nSec-Fetch-Site: same-origin\r\n"
        f"Accept-Language: {screen.language}\r\nCookie: {screen.cookie}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    screen.status = head.partition(b"\r\n")[0]
    try:
        # Each update is a chunk of its own, and the first is only a greeting.
        while size := int((await reader.readuntil(b"\r\n")).strip() or b"0", 16):
            body = await reader.readexactly(size + 2)
            if body.startswith(b"id:"):
                screen.take(body, time.monotonic())
                screen.opened.set()
    finally:
        screen.opened.set()
        writer.close()


@lru_cache(maxsize=64)
def _members_in(body: bytes) -> frozenset[bytes]:
    """Who is told of; most updates go to many screens, so each is searched once."""
    return frozenset(_MEMBER.findall(body))


async def _settle(screens: Sequence[Screen]) -> None:
    """Wait for the last update; what never comes is counted."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_S_MAX):
            for screen in screens:
                await screen.caught_up.wait()


def _send_paced(where: House, events: Sequence[Event], rate: float) -> None:
    """Send each event at its time, one behind the other: what a screen tells of last came last."""
    sender = Sender(where)
    started = time.monotonic()
    for n, event in enumerate(events):
        pause_s = started + n / rate - time.monotonic()
        if pause_s > 0:
            time.sleep(pause_s)
        body = booking_body(where, event.contact)
        event.sent_s = time.monotonic()
        status = sender.send(body)
        event.answered_s = time.monotonic()
        assert status == 200, status


def _percentiles(waits_s: Sequence[float]) -> dict[str, float]:
    return percentiles([1000 * each for each in waits_s]) | {"most": round(1000 * max(waits_s), 1)}


if __name__ == "__main__":
    sys.exit(main())
