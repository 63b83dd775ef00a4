"""The page of all messages: SMS, push and in-app beside the mails, each with where it leads."""

import json
import re
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from examples.mailbox.mails import Mailbox, Told
from tests.mailbox.test_mailbox import Running, running

CLAIM = "https://rewards.example/r/ABC123"
SENT_MS = 1_790_000_000_000
NOTICE = {
    "position": 1,
    "title": "25 € are ready",
    "body": ["Choose until <August>."],
    "leads": "claim",
    "at": "2026-11-22T12:00:00+00:00",
}


class Carriers:
    """The books of three who carry messages, and a brand's inbox with its stream."""

    def __init__(self) -> None:
        self.books: dict[str, list[dict[str, Any]]] = {"twilio": [], "fcm": [], "webpush": []}
        self.opened: list[str] = []
        self.answered: list[tuple[str, str]] = []
        self.asked_after: list[str] = []
        self.notices = [NOTICE]
        carriers = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                _, name, *rest = url.path.split("/")
                if rest == ["_control", "ledger"]:
                    after = int(parse_qs(url.query)["after"][0])
                    self._answer(json.dumps({"issues": carriers.books[name][after:]}))
                elif url.path == "/n/TOKEN":
                    form = '<form method="post"><input type="hidden" name="csrf" value="x&amp;y"></form>'
                    self._answer(form, cookie="csrf=1; Path=/")
                elif url.path == "/inbox/live" and "inbox=yes" in self.headers.get("Cookie", ""):
                    after = int(parse_qs(url.query)["after"][0])
                    carriers.asked_after.append(str(after))
                    new = [each for each in carriers.notices if int(str(each["position"])) > after]
                    events = [f"id: 1\nevent: notice\ndata: {json.dumps(each)}\n\n" for each in new]
                    self._answer("retry: 1\n: here\n\nevent: beat\ndata: \n\n" + "".join(events))
                else:
                    self._answer("no", 404)

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if self.path in {"/twilio/_control/inbound", "/u/TOKEN"}:
                    carriers.answered.append((self.path, sent))
                    self._answer("", 200 if "+1555" in sent or "Click" in sent else 422)
                    return
                carriers.opened.append(sent)
                self._answer("", cookie="inbox=yes; Path=/inbox; HttpOnly")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Stay silent."""

            def _answer(self, text: str, status: int = 200, cookie: str = "") -> None:
                self.send_response(status)
                if cookie:
                    self.send_header("Set-Cookie", cookie)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def carriers() -> Iterator[Carriers]:
    made = Carriers()
    yield made
    made.close()


@contextmanager
def watching(carriers: Carriers, folder: Path) -> Iterator[Running]:
    people = folder / "people.json"
    there = f"{carriers.url}/webpush/push/1"
    app = {"who": "eve@example.com", "ref": "mem_1", "url": f"{carriers.url}/n/TOKEN"}
    people.write_text(json.dumps({"devices": {"t1": "ada (Android)", there: "ben (Browser)"}, "apps": [app]}))
    names = [f"--{name}={carriers.url}/{name}" for name in carriers.books]
    with running(folder / "mails", *names, f"--people={people}") as started:
        yield started


def text(sid: str, body: str, **more: object) -> dict[str, Any]:
    row = {"sid": sid, "to": "+493023125001", "body": body, "direction": "outbound-api", "arrived": True}
    return {**row, "sent_ms": SENT_MS, "created_ms": SENT_MS, "ended_ms": None, **more}


def app_row(**more: object) -> dict[str, Any]:
    row: dict[str, Any] = {"name": "projects/p/messages/1", "token": "t1", "state": "delivered"}
    shown = {"title": "Ready", "text": "<25> euros", "data": {"url": CLAIM}, "shown_ms": SENT_MS}
    return {**row, **shown, **more}


def browser_row(**more: object) -> dict[str, Any]:
    said = {"title": "Bereit", "body": "25 Euro", "url": CLAIM}
    row = {"name": "/message/1", "place": "/push/1", "state": "shown", "said": said, "at_ms": SENT_MS}
    return {**row, **more}


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def kinds(started: Running) -> list[str]:
    return sorted(each["kind"] for each in started.messages()["messages"])


def test_each_way_has_its_page_with_who_when_what_and_the_link(carriers: Carriers, tmp_path: Path) -> None:
    carriers.books["twilio"].append(text("SM1", f"Your <reward> is ready: {CLAIM}"))
    carriers.books["fcm"].append(app_row())
    carriers.books["webpush"].append(browser_row())
    with watching(carriers, tmp_path) as started:
        started.send("ada@example.com", "A mail", f"Here: {CLAIM}\n")
        wait_for(lambda: kinds(started) == ["email", "inapp", "push", "push", "sms"])
        pages = {path: started.get(path)[2] for path in ("/", "/sms", "/push", "/inapp")}
    for path, page in pages.items():
        assert f'href="{path}" aria-current=page' in page
        assert "<script" not in page
        assert re.search(r"<time>\d\d:\d\d:\d\d</time>", page)
    for path in ("/", "/sms", "/push"):
        assert f'<a class="leads" href="{CLAIM}"' in pages[path]
    assert "ada@example.com" in pages["/"]
    assert "ada@example.com" not in pages["/sms"]
    assert "+493023125001" in pages["/sms"]
    assert "Your &lt;reward&gt; is ready" in pages["/sms"]
    assert "ada (Android)" in pages["/push"]
    assert "&lt;25&gt; euros</p>" in pages["/push"]
    assert "ben (Browser)" in pages["/push"]
    assert "25 € are ready" in pages["/inapp"]
    assert "Choose until &lt;August&gt;." in pages["/inapp"]
    assert f'href="{carriers.url}/n/TOKEN"' in pages["/inapp"]


def test_programs_read_every_kind_in_one_list(carriers: Carriers, tmp_path: Path) -> None:
    carriers.books["webpush"].append(browser_row())
    with watching(carriers, tmp_path) as started:
        wait_for(lambda: kinds(started) == ["inapp", "push"])
        told = {each["kind"]: each for each in started.messages()["messages"]}
        refs = json.loads(started.get("/refs.json")[2])["refs"]
    name = f"{carriers.url}/webpush/message/1"
    # A phone that follows links finds the one of a push message in its text.
    assert told["push"]["text"] == f"25 Euro\n{CLAIM}"
    assert (told["push"]["ref"], told["push"]["leads"]) == (name, CLAIM)
    assert sorted(refs) == [["inapp", "mem_1 1", 1], ["push", name, 1]]


def test_only_what_came_to_somebody_is_shown_and_once(carriers: Carriers, tmp_path: Path) -> None:
    waiting = text("SM1", "later", arrived=False)
    carriers.books["twilio"] += [waiting, text("SM2", "STOP", direction="inbound"), text("SM3", "now")]
    carriers.books["fcm"].append(app_row(state="waiting", shown_ms=None))
    carriers.books["webpush"].append(browser_row(state="unreadable", said=None))
    with watching(carriers, tmp_path) as started:
        wait_for(lambda: kinds(started) == ["inapp", "sms"])
        waiting["arrived"] = True
        wait_for(lambda: kinds(started) == ["inapp", "sms", "sms"])
        carriers.books["twilio"].append(text("SM4", "failed", arrived=False, ended_ms=SENT_MS))
        carriers.books["twilio"].append(text("SM5", "last"))
        wait_for(lambda: kinds(started) == ["inapp", "sms", "sms", "sms"])
        texts = [each["text"] for each in started.messages()["messages"] if each["kind"] == "sms"]
    assert texts == ["now", "later", "last"]


def test_an_app_opens_its_link_once_and_goes_on_from_where_it_was(carriers: Carriers, tmp_path: Path) -> None:
    with watching(carriers, tmp_path) as started:
        wait_for(lambda: kinds(started) == ["inapp"])
        carriers.notices.append({**NOTICE, "position": 2, "title": "Another"})
        wait_for(lambda: kinds(started) == ["inapp", "inapp"])
    assert carriers.opened == ["csrf=x%26y"]
    assert carriers.asked_after[:2] == ["0", "1"]


def test_a_second_start_keeps_what_came_and_takes_nothing_twice(carriers: Carriers, tmp_path: Path) -> None:
    carriers.books["twilio"].append(text("SM1", "once"))
    for _ in range(2):
        with watching(carriers, tmp_path) as started:
            wait_for(lambda: kinds(started) == ["inapp", "sms"])
            carriers.asked_after.clear()
            wait_for(lambda: bool(carriers.asked_after))
            assert kinds(started) == ["inapp", "sms"]


def answer_from(started: Running, page: str, what: str, token: str = "") -> str:
    """Press the first button of a page; where it leads."""
    found = re.search(
        r'action="(/messages/\d+/answer)"><input type="hidden" name="token" value="(\w+)">', page
    )
    assert found
    connection = HTTPConnection("127.0.0.1", started.http_port, timeout=10)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", found[1], f"token={token or found[2]}&answer={what}", form)
    answer = connection.getresponse()
    connection.close()
    return answer.headers["Location"] or str(answer.status)


def test_a_member_answers_stop_to_the_number_that_wrote(carriers: Carriers, tmp_path: Path) -> None:
    carriers.books["twilio"].append(text("SM1", "Ready", sender="+15550001", to="+33199000001"))
    with watching(carriers, tmp_path) as started:
        wait_for(lambda: kinds(started) == ["inapp", "sms"])
        page = started.get("/sms")[2]
        assert answer_from(started, page, "STOP", token="guessed") == "403"
        assert carriers.answered == []
        leads = answer_from(started, page, "STOP")
        assert "STOP was answered" in started.get(leads)[2]
        assert answer_from(started, page, "HELLO") == "/sms?answered=not"
    said = {"from": "+33199000001", "to": "+15550001", "body": "STOP"}
    assert [(path, json.loads(body)) for path, body in carriers.answered] == [
        ("/twilio/_control/inbound", said)
    ]


def test_a_name_cannot_be_answered(carriers: Carriers, tmp_path: Path) -> None:
    carriers.books["twilio"].append(text("SM1", "Ready", sender="NORDLYS"))
    with watching(carriers, tmp_path) as started:
        wait_for(lambda: kinds(started) == ["inapp", "sms"])
        page = started.get("/sms")[2]
    assert "Ready" in page
    assert "Answer STOP" not in page


def test_a_mail_that_one_click_ends_has_its_button(carriers: Carriers, tmp_path: Path) -> None:
    way_out = f"List-Unsubscribe: <mailto:a@b.example>,\r\n <{carriers.url}/u/TOKEN>\r\n"
    mails = (way_out + "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", way_out)
    with watching(carriers, tmp_path) as started:
        with smtplib.SMTP("127.0.0.1", started.smtp_port, "client.example", timeout=10) as smtp:
            for more in mails:
                smtp.sendmail("s@b.example", "ada@example.com", f"Subject: Offer\r\n{more}\r\nText\r\n")
        numbers = [each["n"] for each in started.messages()["messages"] if each["kind"] == "email"]
        offer, other = (started.get(f"/messages/{n}")[2] for n in numbers)
        assert "Unsubscribe" not in other
        leads = answer_from(started, offer, "unsubscribe")
        assert "One click ended it" in started.get(leads)[2]
    assert carriers.answered == [("/u/TOKEN", "List-Unsubscribe=One-Click")]


def test_words_are_found_within_one_kind(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    mailbox.keep("ada@example.com", b"Subject: ready\r\n\r\nx\r\n", 1)
    assert mailbox.tell(Told("sms", "SM1", "+49301", "", f"Ready: {CLAIM}", 2))
    assert not mailbox.tell(Told("sms", "SM1", "+49301", "", "again", 3))
    assert [mail.text for mail in mailbox.latest("sms", "READY", 9)] == [f"Ready: {CLAIM}"]
    assert [mail.leads for mail in mailbox.latest("sms", "", 9)] == [CLAIM]
    assert mailbox.latest("push", "", 9) == []
    assert mailbox.counts() == {"email": 1, "sms": 1, "push": 0, "inapp": 0}
    mailbox.close()
    assert not mailbox.tell(Told("sms", "SM2", "+49301", "", "late", 4))


def test_mails_that_an_earlier_demo_kept_are_read(tmp_path: Path) -> None:
    kept = {"n": 7, "to": "a@b.example", "subject": "S", "text": "t", "html": "", "received_at": 1}
    (tmp_path / "mails.jsonl").write_text(json.dumps(kept) + "\n")
    mailbox = Mailbox(tmp_path)
    assert [(mail.n, mail.kind) for mail in mailbox.latest("email", "", 9)] == [(7, "email")]
    mailbox.close()
