"""The inbox as pages and as JSON, for this machine alone.

Mails hold personal links, so whoever asks must ask for this machine by its own name. A mail is shown in a
frame without rights, because a mail can hold anything.
"""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from functools import cache
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .mails import Mail, Mailbox

LISTED_MAX = 100
ANSWERED_MAX = 500
OWN_NAMES = {"127.0.0.1", "localhost"}
# A frame's document obeys the page's policy as well as its own, so the mail's inline styles are allowed here.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class InboxServer(ThreadingHTTPServer):
    """Serves one mailbox."""

    daemon_threads = True

    def __init__(self, port: int, mailbox: Mailbox) -> None:
        super().__init__(("127.0.0.1", port), _Inbox)
        self.mailbox = mailbox

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a browser that went away go; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Inbox(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: InboxServer
    timeout = 30

    def do_GET(self) -> None:
        """Answer with a page, or with mails as JSON."""
        url = urlsplit(self.path)
        asked = parse_qs(url.query)
        if self.headers.get("Host", "").rpartition(":")[0] not in OWN_NAMES:
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", "This inbox answers on 127.0.0.1 only.\n")
        elif url.path == "/":
            self._page(_inbox_page(self.server.mailbox, asked.get("q", [""])[0]))
        elif url.path == "/messages.json":
            after = asked.get("after", ["0"])[0]
            if not (after.isascii() and after.isdigit()):
                self._answer(HTTPStatus.BAD_REQUEST, "text/plain", "after is a number, like after=0\n")
            else:
                self._answer(HTTPStatus.OK, "application/json", _as_json(self.server.mailbox, int(after)))
        else:
            number = url.path.removeprefix("/messages/")
            mail = self.server.mailbox.find(int(number)) if number.isascii() and number.isdigit() else None
            if mail is None:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", "There is no such mail here.\n")
            else:
                self._page(_mail_page(mail))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the standard library's name
        """Stay silent: the demo's terminal is for the demo."""

    def _page(self, html: str) -> None:
        self._answer(HTTPStatus.OK, "text/html", html)

    def _answer(self, status: HTTPStatus, content_type: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def _as_json(mailbox: Mailbox, after: int) -> str:
    mails = mailbox.after(after, ANSWERED_MAX)
    last = mails[-1].n if mails else after
    return json.dumps({"messages": [asdict(mail) for mail in mails], "last": last}, ensure_ascii=False)


def _inbox_page(mailbox: Mailbox, looking_for: str) -> str:
    mails = mailbox.latest(looking_for, LISTED_MAX)
    rows = "".join(
        f'<li><a href="/messages/{mail.n}"><span class="to" dir="auto">{escape(mail.to)}</span>'
        f'<span class="subject" dir="auto">{escape(mail.subject)}</span>'
        f"<time>{_clock(mail)}</time></a></li>\n"
        for mail in mails
    )
    return _template("inbox.html").substitute(
        style=_file("inbox.css"),
        looking_for=escape(looking_for),
        rows=rows or '<li class="empty">No mail yet.</li>',
    )


def _mail_page(mail: Mail) -> str:
    # The mail's links open beside the inbox: the frame they stand in may go nowhere.
    framed = mail.html.replace("<head>", '<head><base target="_blank">', 1)
    return _template("mail.html").substitute(
        style=_file("inbox.css"),
        to=escape(mail.to),
        subject=escape(mail.subject),
        time=_clock(mail),
        framed=escape(framed),
        text=escape(mail.text),
    )


def _clock(mail: Mail) -> str:
    return datetime.fromtimestamp(mail.received_at / 1000).astimezone().strftime("%H:%M:%S")


@cache
def _template(name: str) -> Template:
    return Template(_file(name))


@cache
def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
