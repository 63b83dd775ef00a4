import json
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from examples.mailbox.mails import KEPT_MAX, Mailbox

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Running:
    """The mail server as a process, the way the demo starts it."""

    process: subprocess.Popen[str]
    smtp_port: int
    http_port: int

    def send(
        self, to: str, subject: str = "Hello", text: str = "A line\n", html: str = "<p>A line</p>\n"
    ) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "sender@example.com", to, subject
        message.set_content(text)
        message.add_alternative(html, subtype="html")
        with smtplib.SMTP("127.0.0.1", self.smtp_port, "client.example", timeout=10) as smtp:
            smtp.send_message(message)

    def get(self, path: str, host: str = "") -> tuple[int, dict[str, str], str]:
        connection = HTTPConnection("127.0.0.1", self.http_port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{self.http_port}"})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def messages(self, after: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.get(f"/messages.json?after={after}")[2])
        return found


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    command = [
        sys.executable,
        "examples/mailbox",
        "--smtp-port",
        "0",
        "--http-port",
        "0",
        "--dir",
        str(folder),
    ]
    with subprocess.Popen(
        [*command, *options], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            smtp_port = int(process.stdout.readline().rpartition(":")[2])
            http_port = int(process.stdout.readline().strip().strip("/").rpartition(":")[2])
            yield Running(process, smtp_port, http_port)
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.stderr.read()
            process.wait(20)
        assert process.returncode == 0
        assert said == ""


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as started:
        yield started


def test_tells_programs_what_came_in_order(mailbox: Running) -> None:
    mailbox.send("ada@example.com", "مكافأتك جاهزة", "سطر\n", "<p>سطر</p>\n")
    mailbox.send("ben@example.com")
    told = mailbox.messages()
    assert told["last"] == 2
    first = told["messages"][0]
    assert first.pop("received_at") > 0
    assert first == {
        "n": 1,
        "to": "ada@example.com",
        "subject": "مكافأتك جاهزة",
        "text": "سطر\n",
        "html": "<p>سطر</p>\n",
        "kind": "email",
        "ref": "",
        "leads": "",
        "answer_to": "",
    }
    assert [mail["to"] for mail in mailbox.messages(after=1)["messages"]] == ["ben@example.com"]
    assert mailbox.messages(after=2) == {"messages": [], "last": 2}


def test_shows_an_inbox_and_each_mail_without_rights(mailbox: Running) -> None:
    mailbox.send("ada@example.com", "<b>Hello</b>", "text & more\n", "<head></head><script>1</script>")
    status, headers, page = mailbox.get("/")
    assert status == 200
    assert "&lt;b&gt;Hello&lt;/b&gt;" in page
    assert 'href="/messages/1"' in page
    assert "script" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    status, _, page = mailbox.get("/messages/1")
    assert status == 200
    assert "<script>" not in page
    assert "&lt;script&gt;1&lt;/script&gt;" in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "text &amp; more" in page


def test_finds_the_mails_of_a_recipient(mailbox: Running) -> None:
    mailbox.send("ada@example.com")
    mailbox.send("ben@example.com")
    page = mailbox.get("/?q=ADA")[2]
    assert "ada@example.com" in page
    assert "ben@example.com" not in page


@pytest.mark.parametrize("path", ["/messages/1", "/messages/x", "/messages/-1", "/nothing", "/messages/²"])
def test_what_is_not_there_is_not_found(mailbox: Running, path: str) -> None:
    assert mailbox.get(path.replace("²", "%C2%B2"))[0] == 404


def test_answers_only_to_its_own_name(mailbox: Running) -> None:
    assert mailbox.get("/", host="evil.example")[0] == 403
    assert mailbox.get("/messages.json?after=0", host="evil.example:8726")[0] == 403


def test_after_must_be_a_number(mailbox: Running) -> None:
    assert mailbox.get("/messages.json?after=x")[0] == 400


def test_a_second_start_goes_on_from_the_same_mails(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        first.send("ada@example.com")
    with (tmp_path / "mails.jsonl").open("a") as file:
        file.write('{"n": 2, "to": "torn')
    with running(tmp_path) as second:
        second.send("ben@example.com")
        assert [(mail["n"], mail["to"]) for mail in second.messages()["messages"]] == [
            (1, "ada@example.com"),
            (2, "ben@example.com"),
        ]


def test_puts_off_and_refuses_when_told_to(tmp_path: Path) -> None:
    with running(tmp_path, "--refuse", "0.5", "--reject") as moody:
        codes = []
        with smtplib.SMTP("127.0.0.1", moody.smtp_port, "client.example", timeout=10) as smtp:
            for n in range(40):
                smtp.ehlo_or_helo_if_needed()
                smtp.mail("sender@example.com")
                codes.append(smtp.rcpt(f"m{n}@example.com")[0])
                smtp.rset()
            smtp.mail("sender@example.com")
            assert smtp.rcpt("reject.me@example.com")[0] == 550
        assert 5 < codes.count(451) < 35
        assert set(codes) == {250, 451}


def test_keeps_no_more_than_it_can_hold(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    for n in range(KEPT_MAX + 5):
        mailbox.keep(f"m{n}@example.com", b"Subject: x\r\n\r\nx\r\n", n)
    assert mailbox.find(5) is None
    assert mailbox.find(6) is not None
    assert [mail.n for mail in mailbox.after(0, 2)] == [6, 7]
    mailbox.close()
    again = Mailbox(tmp_path)
    assert [mail.n for mail in again.after(0, 1)] == [6]
    assert len((tmp_path / "mails.jsonl").read_text().splitlines()) == KEPT_MAX
    again.close()


def test_odd_mails_are_shown_as_far_as_they_can_be_read(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    odd = [
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?nonsense?b?!!!?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\nx\xff",
    ]
    for raw in odd:
        mailbox.keep("ada@example.com", raw, 1)
    assert len(mailbox.after(0, 10)) == len(odd)
    mailbox.close()
