"""The mails that came: the last few thousand in memory, and in a file that a second start goes on from."""

import email.policy
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from itertools import islice
from pathlib import Path
from threading import Lock

KEPT_MAX = 5_000

# The newer policies parse every header thoroughly and take ten times as long.
_PARSER = BytesParser(policy=email.policy.compat32)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail for one recipient, counted from 1."""

    n: int
    to: str
    subject: str
    text: str
    html: str
    received_at: int


class Mailbox:
    """All mails, oldest first; written by the mail server, read by the pages."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "mails.jsonl"
        self._mails: deque[Mail] = deque(_read(self._path), maxlen=KEPT_MAX)
        self._lock = Lock()
        self._last = self._mails[-1].n if self._mails else 0
        written = self._path.with_suffix(".new")
        written.write_text("".join(f"{_line(mail)}\n" for mail in self._mails), encoding="utf-8")
        written.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def keep(self, to: str, raw: bytes, received_at: int) -> Mail:
        """Take in a mail for one recipient."""
        message = _PARSER.parsebytes(raw)
        text, html = _body(message, "text/plain"), _body(message, "text/html")
        with self._lock:
            self._last += 1
            mail = Mail(self._last, to, _subject(message), text, html, received_at)
            self._file.write(f"{_line(mail)}\n")
            self._file.flush()
            self._mails.append(mail)
        return mail

    def after(self, n: int, at_most: int) -> list[Mail]:
        """Give the mails that came after the n-th, oldest first."""
        with self._lock:
            first = self._mails[0].n if self._mails else 0
            start = max(0, n + 1 - first)
            return list(islice(self._mails, start, start + at_most))

    def latest(self, looking_for: str, at_most: int) -> list[Mail]:
        """Give the latest mails whose recipient or subject has these words in it, newest first."""
        wanted = looking_for.casefold()
        with self._lock:
            newest_first = reversed(list(self._mails))
        found = (mail for mail in newest_first if wanted in f"{mail.to}\n{mail.subject}".casefold())
        return list(islice(found, at_most))

    def find(self, n: int) -> Mail | None:
        """Give the n-th mail, if it is still here."""
        found = self.after(n - 1, 1)
        return found[0] if found and found[0].n == n else None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _read(path: Path) -> Iterator[Mail]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                yield Mail(**json.loads(line))
            except (ValueError, TypeError):
                # The machine went down in the middle of a line.
                continue


def _line(mail: Mail) -> str:
    return json.dumps(asdict(mail), ensure_ascii=False)


def _subject(message: Message) -> str:
    written = str(message.get("Subject", ""))
    try:
        return str(make_header(decode_header(written)))
    except (ValueError, LookupError):
        return written


def _body(message: Message, content_type: str) -> str:
    for part in message.walk():
        if part.get_content_type() == content_type:
            payload = part.get_payload(decode=True)
            raw = payload if isinstance(payload, bytes) else b""
            try:
                return raw.decode(part.get_content_charset("utf-8"), "replace").replace("\r\n", "\n")
            except LookupError:
                return raw.decode("utf-8", "replace")
    return ""
