"""Redemptions a second out of our own pools, each through the real web process, and how long each one takes.

Members with a reward each press "choose" as fast as they are answered; every answer must be the order's.
Whoever presses again at once gets the same order: none of these is counted.
Wanted: at least 80 a second, 99 of 100 within 200 ms.
"""

import http.client
import json
import secrets
import sys
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from bench_frame import options_of, print_result
from bench_house import FIRST_CONTACT, House, house
from bench_load import send_all

from guerdon.engine.codes import add_codes
from guerdon.store.codes import Code
from guerdon.store.database import transaction
from guerdon.store.sealing import Vault
from guerdon.values.claims import KEY_PURPOSE, claim_token
from guerdon.values.money import Money

PER_REQUEST = 100
WARM_UP = 100
SETTLE_S_MAX = 120


@dataclass(frozen=True, slots=True)
class Press:
    """A member's link and what they choose on it."""

    token: str
    item: str
    left_minor: int


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("redeem")
    parser.add_argument("--members", type=int, default=6_000, help="each redeems once")
    parser.add_argument("--at-once", type=int, default=8, help="members who press at the same time")
    args = parser.parse_args()
    with house(args.members) as where:
        result = _measure(where, args.at_once)
    return print_result(args, result)


def _measure(where: House, at_once: int) -> dict[str, object]:
    settings = where.opened.settings
    where.parts.start("web", ["-m", "guerdon", "web"])
    where.parts.start("worker", ["-m", "guerdon", "worker", "--only", "process"])
    assert where.parts.wait_until_answers(f"http://{settings.host}:{settings.port}/", 60)
    _reward_all(where)
    presses = _presses(where)
    _press_all(where, presses[:WARM_UP], at_once)
    measured = presses[WARM_UP:]
    started = time.monotonic()
    took_ms = sorted(_press_all(where, measured, at_once))
    took_s = time.monotonic() - started
    with where.opened.connect("worker") as db:
        row = db.execute(
            "select count(*), count(distinct order_id) from codes where state = 'issued'"
        ).fetchone()
    assert row == (len(presses), len(presses)), f"{row} codes went to {len(presses)} members"
    return {
        "redeemed": len(measured),
        "at_once": at_once,
        "seconds": round(took_s, 1),
        "per_s": round(len(measured) / took_s, 1),
        "ms": {
            f"p{p}": round(took_ms[min(len(took_ms) - 1, len(took_ms) * p // 100)], 1) for p in (50, 95, 99)
        },
    }


def _reward_all(where: House) -> None:
    """Every member books once, and is rewarded for it."""
    portal, now_ms = where.program.connections["hubspot_eu"].portal, int(time.time() * 1000)
    told = [
        {
            "eventId": n,
            "subscriptionId": 3312,
            "portalId": portal,
            "appId": 20411,
            "occurredAt": now_ms - 60_000,
            "subscriptionType": "contact.propertyChange",
            "attemptNumber": 0,
            "objectId": FIRST_CONTACT + n,
            "changeSource": "CRM_UI",
            "propertyName": "booking_status",
            "propertyValue": "confirmed",
            "sourceId": "userId:51",
        }
        for n in range(where.members)
    ]
    parts = [told[first : first + PER_REQUEST] for first in range(0, len(told), PER_REQUEST)]
    send_all(where, [json.dumps(part).encode() for part in parts], 4)
    until = time.monotonic() + SETTLE_S_MAX
    with where.opened.connect("worker") as db:
        while time.monotonic() < until:
            row = db.execute("select not exists (select from inbox)").fetchone()
            if row == (True,):
                return
            time.sleep(0.1)
    raise SystemExit("the inbox did not empty")


def _presses(where: House) -> list[Press]:
    """What every member will choose: the first item that their reward buys, with a code for each."""
    vault = Vault(where.opened.settings.secret)
    key = vault.key(KEY_PURPOSE)
    with where.opened.connect("worker") as db:
        rows = db.execute(
            """
            select r.member_id, r.id, r.value, r.unit, m.market from rewards r
            join members m using (program_id, member_id) where r.rule = 'booking' order by r.id
            """
        ).fetchall()
        presses, codes = list[Press](), list[Code]()
        for member_id, reward_id, value, unit, market in rows:
            item = where.program.choices(Money(value, unit), market)[0]
            token = claim_token(key, where.program_id, member_id, reward_id)
            presses.append(Press(token, item.key, value))
            codes.append(Code(item.key, Money(value, unit), secrets.token_hex(10)))
        with transaction(db, where.program_id) as tx:
            assert all(add_codes(tx, vault, where.program_id, codes))
    assert len(presses) == where.members, f"{len(presses)} of {where.members} members were rewarded"
    return presses


def _press_all(where: House, presses: list[Press], at_once: int) -> list[float]:
    left, lock = iter(presses), threading.Lock()
    took: list[float] = []
    wrong: list[str] = []

    def press() -> None:
        url = urlsplit(where.url)
        assert url.hostname
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        while True:
            with lock:
                one = next(left, None)
            if one is None:
                return
            began = time.perf_counter()
            status, location = _pressed(connection, one)
            took.append((time.perf_counter() - began) * 1000)
            if status != 303 or "/orders/" not in location:
                wrong.append(f"{status} {location}")

    threads = [threading.Thread(target=press) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, f"{len(wrong)} were not given their order: {sorted(set(wrong))[:3]}"
    return took


def _pressed(connection: http.client.HTTPConnection, one: Press) -> tuple[int, str]:
    same = secrets.token_hex(16)
    form = urlencode({"item": one.item, "left": str(one.left_minor), "csrfmiddlewaretoken": same})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrf={same}"}
    connection.request("POST", f"/r/{one.token}/choose", form.encode(), headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.getheader("Location", "")


if __name__ == "__main__":
    sys.exit(main())
