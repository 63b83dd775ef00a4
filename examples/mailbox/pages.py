"""All messages as pages and as JSON, for this machine alone: e-mail, text messages, push, and in the app.

Messages hold personal links, so whoever asks must ask for this machine by its own name. A mail is shown in a
frame without rights, because a mail can hold anything. Who may be answered has buttons for it.
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
from secrets import token_hex
from string import Template
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .answering import OWN_NAMES, answer, answers_to
from .carriers import App
from .mails import Kind, Mail, Mailbox

LISTED_MAX = 100
ANSWERED_MAX = 500
ANSWER_BYTES_MAX = 200
# Each with the address of its page.
TABS: dict[str, tuple[Kind, str]] = {
    "/": ("email", "E-mail"),
    "/sms": ("sms", "SMS"),
    "/push": ("push", "Push"),
    "/inapp": ("inapp", "In-app"),
}
NOTES: dict[Kind, str] = {
    "email": "Every mail of the demo arrives here over SMTP, whoever it is for.",
    "sms": "Text messages that the stand-in for Twilio says came to a phone.",
    "push": "Notifications as apps showed them, and browsers, which opened each with keys of their own.",
    "inapp": "Notices as the apps of some members heard them; what was taken back is gone from their inbox.",
}
LINKS: dict[Kind, str] = {
    "email": "Its link",
    "sms": "Its link",
    "push": "Its link",
    "inapp": "Their inbox",
}
ANSWERS = {"STOP": "Answer STOP", "START": "Answer START", "unsubscribe": "Unsubscribe, as mail programs do"}
REFUSED = "not"
SAID = {
    "STOP": "STOP was answered. The member's messages in the console show what follows.",
    "START": "START was answered. The member's messages in the console show what follows.",
    "unsubscribe": "One click ended it. The member's page of preferences shows it.",
    REFUSED: "The answer was not taken.",
}
# A frame's document obeys the page's policy as well as its own, so the mail's inline styles are allowed here.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class InboxServer(ThreadingHTTPServer):
    """Serves one mailbox."""

    daemon_threads = True

    def __init__(self, port: int, mailbox: Mailbox, apps: tuple[App, ...] = (), texts_url: str = "") -> None:
        super().__init__(("127.0.0.1", port), _Inbox)
        self.mailbox = mailbox
        self.apps = apps
        # Who takes the answers to text messages.
        self.texts_url = texts_url
        # Other people's pages do not know it, so they cannot answer.
        self.token = token_hex(16)

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
        if not self._for_us():
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", "This inbox answers on 127.0.0.1 only.\n")
        elif url.path in TABS:
            answered = asked.get("answered", [""])[0]
            self._page(_inbox_page(self.server, url.path, asked.get("q", [""])[0], SAID.get(answered, "")))
        elif url.path == "/refs.json":
            refs = [list(each) for each in self.server.mailbox.refs()]
            self._answer(HTTPStatus.OK, "application/json", json.dumps({"refs": refs}))
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
                self._page(_mail_page(mail, self.server))

    def do_POST(self) -> None:
        """Answer a message as its member would; only a page of ours may ask for it."""
        size = self.headers.get("Content-Length", "")
        if not (size.isascii() and size.isdigit() and int(size) <= ANSWER_BYTES_MAX):
            self._refuse(HTTPStatus.BAD_REQUEST, "An answer is short.\n")
            return
        said = parse_qs(self.rfile.read(int(size)).decode("utf-8", "replace"))
        if not self._for_us() or said.get("token") != [self.server.token]:
            self._refuse(HTTPStatus.FORBIDDEN, "Answers come from a page of this inbox.\n")
        else:
            number = urlsplit(self.path).path.removeprefix("/messages/").removesuffix("/answer")
            mail = self.server.mailbox.find(int(number)) if number.isascii() and number.isdigit() else None
            if mail is None:
                self._refuse(HTTPStatus.NOT_FOUND, "There is no such mail here.\n")
            else:
                what = said.get("answer", [""])[0]
                taken = what if answer(mail, what, self.server.texts_url) else REFUSED
                back = next(path for path, (kind, _) in TABS.items() if kind == mail.kind)
                self.send_response(HTTPStatus.SEE_OTHER)
                self.send_header("Location", f"{back}?answered={taken}")
                self.send_header("Content-Length", "0")
                self.end_headers()

    def _for_us(self) -> bool:
        return self.headers.get("Host", "").rpartition(":")[0] in OWN_NAMES

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        # What was sent along may not have been read, so nothing may follow it on this connection.
        self.close_connection = True
        self._answer(status, "text/plain", why)

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


def _inbox_page(server: InboxServer, path: str, looking_for: str, answered: str = "") -> str:
    kind, name = TABS[path]
    counts = server.mailbox.counts()
    tabs = "".join(
        f'<a href="{where}"{" aria-current=page" if where == path else ""}>{title}'
        f' <span class="count">{counts[each]}</span></a>\n'
        for where, (each, title) in TABS.items()
    )
    rows = "".join(_row(mail, server) for mail in server.mailbox.latest(kind, looking_for, LISTED_MAX))
    return _template("inbox.html").substitute(
        style=_file("inbox.css"),
        path=path,
        name=name,
        note=NOTES[kind],
        answered=f'<p role="status"><strong>{answered}</strong></p>' if answered else "",
        tabs=tabs,
        apps=_apps(server.apps) if kind == "inapp" else "",
        looking_for=escape(looking_for),
        rows=rows or '<li class="empty">Nothing yet.</li>',
    )


def _row(mail: Mail, server: InboxServer) -> str:
    """A message: to whom, when, what, and where it leads."""
    subject = f"<bdi>{escape(mail.subject)}</bdi>" if mail.subject else ""
    if mail.kind == "email":
        said = f'<a class="subject" href="/messages/{mail.n}">{subject or "(no subject)"}</a>'
    else:
        title = f'<strong class="subject">{subject}</strong>' if subject else ""
        text = mail.text.removesuffix(f"\n{mail.leads}") if mail.leads else mail.text
        said = f'{title}<p class="text" dir="auto">{escape(text)}</p>'
    leads = ""
    if mail.leads.startswith(("http://", "https://")):
        leads = (
            f'<a class="leads" href="{escape(mail.leads)}" rel="noopener noreferrer" target="_blank">'
            f"{LINKS[mail.kind]}</a>"
        )
    return (
        f'<li><span class="to" dir="auto">{escape(mail.to)}</span><time>{_clock(mail)}</time>'
        f"{said}{leads}{_answers(mail, server) if mail.kind == 'sms' else ''}</li>\n"
    )


def _answers(mail: Mail, server: InboxServer) -> str:
    """The buttons by which a message is answered."""
    buttons = "".join(
        f'<button name="answer" value="{each}">{ANSWERS[each]}</button>'
        for each in answers_to(mail, server.texts_url)
    )
    if not buttons:
        return ""
    token = f'<input type="hidden" name="token" value="{server.token}">'
    return f'<form class="answers" method="post" action="/messages/{mail.n}/answer">{token}{buttons}</form>'


def _apps(apps: tuple[App, ...]) -> str:
    if not apps:
        return ""
    links = "".join(
        f'<li><a href="{escape(app.url)}" rel="noopener noreferrer" target="_blank" dir="auto">'
        f"{escape(app.who)}</a></li>\n"
        for app in apps
    )
    return f'<h2>Whose inbox can be opened</h2>\n<ul class="apps">\n{links}</ul>'


def _mail_page(mail: Mail, server: InboxServer) -> str:
    # The mail's links open beside the inbox: the frame they stand in may go nowhere.
    framed = mail.html.replace("<head>", '<head><base target="_blank">', 1)
    return _template("mail.html").substitute(
        style=_file("inbox.css"),
        subject=escape(mail.subject),
        to=escape(mail.to),
        time=_clock(mail),
        answers=_answers(mail, server),
        frame=_template("frame.html").substitute(framed=escape(framed)) if mail.html else "",
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
