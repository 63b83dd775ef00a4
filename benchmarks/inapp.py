"""Waits from an event at the door to its notice on the wire of an open page, with a thousand pages open.

Web and worker are those that `up` starts. Each event is of a member whose page is open, and is sent as the
CRM sends it; its wait begins before its request and ends when the line of its notice is read, by one clock.
"""

import argparse
import asyncio
import json
import resource
import sys
import threading
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench_frame import options_of, print_result
from bench_house import FIRST_CONTACT, House, house
from bench_load import Sender, booking_body
from pages_meter import memory_mb

from guerdon.store.sealing import Vault
from guerdon.values.links import KEY_PURPOSE, member_token

SENDERS = 4
# Pages and the first events of a process that was just started are not counted.
WARM_UP = 20
OPEN_S_MAX, SETTLE_S_MAX = 120, 60
FILES = 8192


@dataclass
class Page:
    """An open page: when it was there, when its event was sent, when its notice came."""

    contact: int
    member_id: int
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    sent_s: float = 0.0
    answered_s: float = 0.0
    came_s: float = 0.0
    # From the moment for which the notice was written to its line, by the clock of this machine.
    posted_ago_s: float = 0.0


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("inapp")
    parser.add_argument("--streams", type=int, default=1000, help="pages that are open; each has one event")
    parser.add_argument("--rate", type=float, default=50.0, help="events a second")
    args = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # What is started from here has it, too.
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, most), most))
    members = args.streams + WARM_UP
    with house(members, channel="inapp") as where:
        result = asyncio.run(_measure(where, args))
    return print_result(args, result)


async def _measure(where: House, args: argparse.Namespace) -> dict[str, object]:
    settings = where.opened.settings
    where.parts.start("web", ["-m", "guerdon", "web"])
    where.parts.start("worker", ["-m", "guerdon", "worker"])
    assert where.parts.wait_until_answers(f"http://{settings.host}:{settings.port}/", 60)
    pages = _pages(where)
    async with AsyncExitStack() as stack:
        for page in pages:
            task = asyncio.create_task(_read(where, page))
            stack.callback(task.cancel)
        async with asyncio.timeout(OPEN_S_MAX):
            for page in pages:
                await page.opened.wait()
        warm, counted = pages[:WARM_UP], pages[WARM_UP:]
        await _send(where, warm, args.rate)
        await _send(where, counted, args.rate)
    lost = sum(page.came_s == 0 for page in counted)
    assert not lost, f"{lost} of {len(counted)} notices did not come within {SETTLE_S_MAX} seconds"
    return {
        "measured": "from before the request of an event to the line of its notice",
        "streams": len(pages),
        "events": len(counted),
        "events_per_s": args.rate,
        "event_to_line_ms": _percentiles([page.came_s - page.sent_s for page in counted]),
        "answer_to_line_ms": _percentiles([page.came_s - page.answered_s for page in counted]),
        "post_begun_to_line_ms": _percentiles([page.posted_ago_s for page in counted]),
        "web_mb": memory_mb(where.parts.running["web"].pid),
    }


def _pages(where: House) -> list[Page]:
    with where.opened.connect("worker") as db:
        rows = db.execute("select external_id::bigint, member_id from member_ids order by 1").fetchall()
    pages = [Page(contact, member_id) for contact, member_id in rows]
    assert pages, "nobody is enrolled"
    assert pages[0].contact == FIRST_CONTACT
    return pages


async def _read(where: House, page: Page) -> None:
    """Listen as a page does."""
    settings = where.opened.settings
    key = Vault(settings.secret).key(KEY_PURPOSE)
    token = member_token(key, "inbox", where.program_id, page.member_id, 0, "browser")
    reader, writer = await asyncio.open_connection(settings.host, settings.port)
    writer.write(
        f"GET /inbox/live?after=0 HTTP/1.1\r\nHost: {settings.host}:{settings.port}\r\n"
        f"Sec-Fetch-Site: same-origin\r\nCookie: inbox={token}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    try:
        while True:
            line = await reader.readuntil(b"\n")
            if line.startswith(b": here"):
                page.opened.set()
            elif line == b"event: notice\n":
                page.came_s, came_at = time.monotonic(), datetime.now(UTC)
                said = json.loads((await reader.readuntil(b"\n")).partition(b": ")[2])
                page.posted_ago_s = (came_at - datetime.fromisoformat(said["at"])).total_seconds()
                page.came.set()
    finally:
        writer.close()


async def _send(where: House, pages: list[Page], rate: float) -> None:
    """Send each page's event at its time, and wait for what comes of all."""
    await asyncio.to_thread(_send_paced, where, pages, rate)
    try:
        async with asyncio.timeout(SETTLE_S_MAX):
            for page in pages:
                await page.came.wait()
    except TimeoutError:
        print("not all notices came", file=sys.stderr)


def _send_paced(where: House, pages: list[Page], rate: float) -> None:
    started = time.monotonic()
    wrong: list[int] = []

    def work(place: int) -> None:
        sender = Sender(where)
        for n in range(place, len(pages), SENDERS):
            pause_s = started + n / rate - time.monotonic()
            if pause_s > 0:
                time.sleep(pause_s)
            body, page = booking_body(where, pages[n].contact), pages[n]
            page.sent_s = time.monotonic()
            status = sender.send(body)
            page.answered_s = time.monotonic()
            if status != 200:
                wrong.append(status)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, f"{len(wrong)} requests were answered {sorted(set(wrong))}"


def _percentiles(waits_s: list[float]) -> dict[str, float]:
    ordered = sorted(waits_s)
    return {
        f"p{p}": round(1000 * ordered[min(len(ordered) - 1, len(ordered) * p // 100)], 1)
        for p in (50, 95, 99)
    } | {"most": round(1000 * ordered[-1], 1)}


if __name__ == "__main__":
    sys.exit(main())
