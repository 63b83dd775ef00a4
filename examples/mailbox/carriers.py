"""Who carries messages beside the mail server, watched: what they say came to somebody is kept as a mail is.

Each is asked for its books twice a second, from the first message on of which nobody knows yet how it ends.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.request import urlopen

from .mails import Mailbox, Told

PAUSE_S = 0.5
ANSWERS_WITHIN_S = 10.0
UNKNOWN = "a device that nobody here knows"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class App:
    """Somebody's app: whose it is, what the brand calls them, and the link that opens their messages."""

    who: str
    ref: str
    url: str


@dataclass(frozen=True, slots=True)
class People:
    """Whose devices there are, by the address that each is pushed to, and who has an app."""

    devices: Mapping[str, str]
    apps: tuple[App, ...] = ()


def read_people(path: Path | None) -> People:
    """Read a file of `devices` (address to name) and `apps` (`who`, `ref`, `url`); without one, nobody."""
    if path is None:
        return People({})
    said = json.loads(path.read_text(encoding="utf-8"))
    return People(dict(said["devices"]), tuple(App(**each) for each in said["apps"]))


@dataclass(slots=True)
class Carrier:
    """One of them. `read`: a row of its books as a message; None while, or where, it came to nobody."""

    url: str
    read: Callable[[Row, People, str], Told | None]
    is_open: Callable[[Row], bool]
    known: int = 0

    def look(self, mailbox: Mailbox, people: People) -> None:
        """Take in what came since the last look; raises OSError where it does not answer."""
        with urlopen(  # noqa: S310  an address of this machine
            f"{self.url}/_control/ledger?after={self.known}", timeout=ANSWERS_WITHIN_S
        ) as answer:
            rows: list[Row] = json.load(answer)["issues"]
        for row in rows:
            told = self.read(row, people, self.url)
            if told is not None:
                mailbox.tell(told)
        self.known += next((n for n, row in enumerate(rows) if self.is_open(row)), len(rows))


def twilio(url: str) -> Carrier:
    """Text messages: here once they arrived."""
    return Carrier(url, _text_message, lambda row: not row["arrived"] and row["ended_ms"] is None)


def fcm(url: str) -> Carrier:
    """What apps on phones show."""
    return Carrier(url, _shown_by_app, lambda row: row["state"] == "waiting")


def webpush(url: str) -> Carrier:
    """What browsers show, once they opened it with their own keys."""
    return Carrier(url, _shown_by_browser, lambda row: row["state"] == "waiting")


def watch(carriers: list[Carrier], mailbox: Mailbox, people: People, stop: Event) -> list[Thread]:
    """Watch each in a thread of its own until told to stop."""
    threads = [Thread(target=_watch, args=(each, mailbox, people, stop), daemon=True) for each in carriers]
    for thread in threads:
        thread.start()
    return threads


def _watch(carrier: Carrier, mailbox: Mailbox, people: People, stop: Event) -> None:
    while not stop.wait(PAUSE_S):
        try:
            carrier.look(mailbox, people)
        except (OSError, HTTPException):
            # It is not there yet, or not any more.
            continue


def _text_message(row: Row, _people: People, _url: str) -> Told | None:
    if not row["arrived"] or row["direction"] != "outbound-api":
        return None
    at_ms, sender = row["sent_ms"] or row["created_ms"], row.get("sender", "")
    return Told("sms", row["sid"], row["to"], "", row["body"], at_ms, answer_to=sender)


def _shown_by_app(row: Row, people: People, _url: str) -> Told | None:
    if row["state"] != "delivered":
        return None
    who = people.devices.get(row["token"], UNKNOWN)
    text, leads = row["text"] or "", row["data"].get("url", "")
    return Told("push", row["name"], who, row["title"] or "", _with(text, leads), row["shown_ms"], leads)


def _shown_by_browser(row: Row, people: People, url: str) -> Told | None:
    said = row["said"]
    if row["state"] != "shown" or said is None:
        return None
    who = people.devices.get(url + row["place"], UNKNOWN)
    title, text, leads = (str(said.get(name, "")) for name in ("title", "body", "url"))
    return Told("push", url + row["name"], who, title, _with(text, leads), row["at_ms"], leads)


def _with(text: str, leads: str) -> str:
    """The text with the address that tapping on it opens, as programs find it."""
    return f"{text}\n{leads}" if leads else text
