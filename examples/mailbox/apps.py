"""The brand's app on some phones: each opens the link to its messages once and stays on its stream.

It knows what any app would: the link, the form behind it, and server-sent events, each with the position from
which it goes on after a break.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from http.client import HTTPException
from http.cookiejar import CookieJar
from threading import Event, Thread
from typing import BinaryIO
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from .carriers import App
from .mails import Mailbox, Told

STREAM = "/inbox/live"
# The brand's server says something every fifteen seconds.
SILENCE_S_MAX = 40.0
PAUSE_S = 2.0


class _Form(HTMLParser):
    """The hidden fields of a page's forms."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a hidden field says."""
        said = {name: text or "" for name, text in attrs}
        if tag == "input" and said.get("type") == "hidden":
            self.hidden[said.get("name", "")] = said.get("value", "")


def open_apps(apps: tuple[App, ...], mailbox: Mailbox, stop: Event) -> list[Thread]:
    """Let each app listen in a thread of its own until told to stop."""
    threads = [Thread(target=_listen, args=(each, mailbox, stop), daemon=True) for each in apps]
    for thread in threads:
        thread.start()
    return threads


def _listen(app: App, mailbox: Mailbox, stop: Event) -> None:
    phone, after = build_opener(HTTPCookieProcessor(CookieJar())), 0
    is_open = False
    while not stop.is_set():
        try:
            if not is_open:
                _open(phone, app)
                is_open = True
            for position, told in _notices(phone, app, after):
                mailbox.tell(told)
                after = position
                if stop.is_set():
                    return
        except (OSError, HTTPException, ValueError):
            # The brand's server is not there yet, or was started anew; the link still opens then.
            is_open = False
        stop.wait(PAUSE_S)


def _open(phone: OpenerDirector, app: App) -> None:
    """Open the link as a person does: see the page, press its button."""
    with phone.open(app.url, timeout=SILENCE_S_MAX) as answer:
        form = _Form(answer.read().decode())
    with phone.open(app.url, urlencode(form.hidden).encode(), timeout=SILENCE_S_MAX) as answer:
        answer.read()


def _notices(phone: OpenerDirector, app: App, after: int) -> Iterator[tuple[int, Told]]:
    """Notices as they come, with their positions, until the stream ends."""
    url = f"{urljoin(app.url, STREAM)}?after={after}"
    with phone.open(url, timeout=SILENCE_S_MAX) as stream:
        for kind, said in _events(stream):
            if kind == "notice":
                notice = json.loads(said)
                position = int(notice["position"])
                at = datetime.fromisoformat(notice["at"])
                text = "\n".join(notice["body"])
                yield (
                    position,
                    Told(
                        "inapp",
                        f"{app.ref} {position}",
                        app.who,
                        notice["title"],
                        text,
                        round(at.timestamp() * 1000),
                        app.url,
                    ),
                )


def _events(stream: BinaryIO) -> Iterator[tuple[str, str]]:
    """Events of a stream: what each is, and its text."""
    kind, lines = "message", list[str]()
    for raw in stream:
        line = raw.decode().rstrip("\r\n")
        name, _, text = line.partition(":")
        if not line:
            if lines:
                yield kind, "\n".join(lines)
            kind, lines = "message", []
        elif name == "event":
            kind = text.removeprefix(" ")
        elif name == "data":
            lines.append(text.removeprefix(" "))
