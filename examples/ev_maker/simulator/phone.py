"""Customers with a phone: a mail comes, they open its link, choose a reward and see their code.

They know nothing but the mail and the page. Some press the button twice at once, and must see one and the
same code.
"""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from threading import Event as Flag
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from .page import Form, Page

MOBILE = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36"
CLAIM_LINK = re.compile(r"https?://[^\s<>\"]+?/r/[\w-]+")
DOUBLE_CLICKS = 0.1
ANSWER_SECONDS_MAX = 15
POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Customers:
    """Who picks up the phone: a share of all who get mail, so many at a time."""

    base_url: str
    inbox_url: str
    folder: Path
    share: float
    seed: int
    phones: int = 4
    idle_seconds: float | None = None
    pause_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Redemption:
    """One line of redeemed.jsonl; `codes` has two entries when the button was pressed twice."""

    link: str
    to: str
    item: str
    code: str
    codes: list[str]
    ms: int
    at: int
    problem: str


def redeem(customers: Customers, stopping: Flag) -> int:
    """Redeem what the mails offer, until stopped or until no mail has come for a while; say how many."""
    path = customers.folder / "redeemed.jsonl"
    customers.folder.mkdir(parents=True, exist_ok=True)
    known = _links_in(path)
    visit = partial(_visit, customers, stopping)
    redeemed = 0
    with ThreadPoolExecutor(customers.phones) as phones, path.open("a", encoding="utf-8") as file:
        for mails in new_mails(customers, stopping):
            offers = [(link, to) for link, to in mails if link not in known and _picks_up(customers, link)]
            known.update(link for link, _ in offers)
            for redemption in phones.map(visit, offers):
                if redemption:
                    file.write(json.dumps(asdict(redemption), ensure_ascii=False) + "\n")
                    file.flush()
                    redeemed += not redemption.problem
    return redeemed


def new_mails(customers: Customers, stopping: Flag) -> Iterator[list[tuple[str, str]]]:
    """Poll the inbox; each answer becomes the claim links in it with their addressees."""
    last, heard_at = 0, time.monotonic()
    while not stopping.is_set():
        messages = _messages(customers.inbox_url, last)
        if messages:
            last, heard_at = max(message["n"] for message in messages), time.monotonic()
            found = ((CLAIM_LINK.search(message["text"]), message["to"]) for message in messages)
            yield [(link.group(), to) for link, to in found if link]
            heard_at = time.monotonic()
        elif customers.idle_seconds is not None and time.monotonic() - heard_at > customers.idle_seconds:
            return
        else:
            stopping.wait(POLL_SECONDS)


def _messages(inbox_url: str, after: int) -> list[dict[str, Any]]:
    """Read new mails; an inbox that is not there (yet) has none."""
    try:
        with build_opener().open(
            f"{inbox_url}/messages.json?after={after}", timeout=ANSWER_SECONDS_MAX
        ) as answer:
            found: list[dict[str, Any]] = json.load(answer)["messages"]
    except (OSError, HTTPException):
        return []
    return found


def _visit(customers: Customers, stopping: Flag, offer: tuple[str, str]) -> Redemption | None:
    """Open a link, choose, and read the code."""
    if stopping.wait(customers.pause_seconds):
        return None
    link, to = offer
    began = time.monotonic()
    try:
        item, codes = _choose(customers, link)
        problem = _problem(codes)
    except (OSError, HTTPException) as error:
        item, codes, problem = "", [""], f"{type(error).__name__}: {error}"
    spent_ms = int((time.monotonic() - began) * 1000)
    at = time.time_ns() // 1_000_000
    return Redemption(link, to, item, codes[0], codes, spent_ms, at, problem)


def _choose(customers: Customers, link: str) -> tuple[str, list[str]]:
    """Choose one of the items, perhaps with two presses at once; the codes are what each press showed."""
    phone = build_opener(HTTPCookieProcessor(CookieJar()))
    parts = urlsplit(link)
    url = customers.base_url + parts.path + (f"?{parts.query}" if parts.query else "")
    page = open_page(phone, url)
    if page.items and not page.choices:
        url = urljoin(url, page.items[int(_draw(customers.seed, "item", link) * len(page.items))])
        page = open_page(phone, url)
    if page.code or not page.choices:
        return "", [page.code]
    form, item = page.choices[int(_draw(customers.seed, "item", link) * len(page.choices))]
    if _draw(customers.seed, "twice", link) >= DOUBLE_CLICKS:
        return item, [_press(phone, url, form, item)]
    with ThreadPoolExecutor(2) as fingers:
        presses = [fingers.submit(_press, phone, url, form, item) for _ in range(2)]
        return item, [press.result() for press in presses]


def _press(phone: OpenerDirector, url: str, form: Form, item: str) -> str:
    """Send the form, follow where it leads, and read the code there."""
    return open_page(
        phone, urljoin(url, form.action), urlencode({**form.hidden, "item": item}).encode(), url
    ).code


def open_page(phone: OpenerDirector, url: str, form: bytes | None = None, referer: str = "") -> Page:
    """Open a page as a phone does; with a form, send it."""
    headers = {"User-Agent": MOBILE, "Accept": "text/html", **({"Referer": referer} if referer else {})}
    with phone.open(Request(url, form, headers), timeout=ANSWER_SECONDS_MAX) as answer:  # noqa: S310 - our own host
        return Page(answer.read().decode())


def _problem(codes: list[str]) -> str:
    """Say what is wrong with what was shown, if anything."""
    if not all(codes):
        return "no code shown"
    return "two presses, two codes" if len(set(codes)) > 1 else ""


def _picks_up(customers: Customers, link: str) -> bool:
    return _draw(customers.seed, "share", link) < customers.share


def _draw(seed: int, what: str, link: str) -> float:
    """Draw a number below 1 that belongs to a link, so that nobody changes their mind on the next start."""
    return int.from_bytes(sha256(f"{seed}:{what}:{link}".encode()).digest()[:6]) / 2**48


def _links_in(path: Path) -> set[str]:
    if not path.exists():
        return set()
    return {json.loads(line)["link"] for line in path.read_text("utf-8").splitlines() if line.endswith("}")}
