"""What came: the last few thousand messages in memory, and in a file that a second start goes on from."""

import email.policy
import json
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Literal, get_args

KEPT_MAX = 5_000
Kind = Literal["email", "sms", "push", "inapp"]
KINDS: tuple[Kind, ...] = get_args(Kind)
UNSUBSCRIBE = re.compile(r"<(https?://[^>]+)>")
CLAIM_LINK = re.compile(r"https?://[^\s<>\"]+?/r/[\w-]+")

# The newer policies parse every header thoroughly and take ten times as long.
_PARSER = BytesParser(policy=email.policy.compat32)


@dataclass(frozen=True, slots=True)
class Mail:
    """A message for one recipient, counted from 1. `ref`: its carrier's name for it; `leads`: its link.

    `answer_to`: the number that a text message came from, or where a mail says that one click ends it.
    """

    n: int
    to: str
    subject: str
    text: str
    html: str
    received_at: int
    kind: Kind = "email"
    ref: str = ""
    leads: str = ""
    answer_to: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A message that did not come as a mail: as its carrier, or the app, showed it to whoever it was for."""

    kind: Kind
    ref: str
    to: str
    title: str
    text: str
    received_at: int
    leads: str = ""
    answer_to: str = ""


class Mailbox:
    """All messages, oldest first; written by who takes them, read by the pages."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "mails.jsonl"
        # By their carriers' names, without a bound: whoever counts finds the ones that are kept no more, too.
        self._refs: Counter[tuple[Kind, str]] = Counter()
        self._mails: deque[Mail] = deque(maxlen=KEPT_MAX)
        for mail in _read(self._path):
            self._refs[mail.kind, mail.ref] += 1
            self._mails.append(mail)
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
        found = CLAIM_LINK.search(text)
        ref, leads = str(message.get("Message-ID", "")).strip(), found.group() if found else ""
        mail = Mail(0, to, _subject(message), text, html, received_at, "email", ref, leads, _click(message))
        with self._lock:
            return self._put(mail)

    def tell(self, told: Told) -> bool:
        """Take in what came another way; False where it is here already."""
        found = CLAIM_LINK.search(told.text)
        leads = told.leads or (found.group() if found else "")
        with self._lock:
            if self._refs[told.kind, told.ref] or self._file.closed:
                return False
            shown = (told.to, told.title, told.text, "", told.received_at)
            self._put(Mail(0, *shown, told.kind, told.ref, leads, told.answer_to))
        return True

    def _put(self, mail: Mail) -> Mail:
        self._last += 1
        kept = replace(mail, n=self._last)
        self._file.write(f"{_line(kept)}\n")
        self._file.flush()
        self._refs[kept.kind, kept.ref] += 1
        self._mails.append(kept)
        return kept

    def refs(self) -> list[tuple[Kind, str, int]]:
        """Every message since the start and those kept before: kind, carrier's name, how often it came."""
        with self._lock:
            return [(kind, ref, times) for (kind, ref), times in self._refs.items() if times]

    def after(self, n: int, at_most: int) -> list[Mail]:
        """Give the messages that came after the n-th, oldest first."""
        with self._lock:
            first = self._mails[0].n if self._mails else 0
            start = max(0, n + 1 - first)
            return list(islice(self._mails, start, start + at_most))

    def latest(self, kind: Kind, looking_for: str, at_most: int) -> list[Mail]:
        """Give the latest of a kind whose recipient, subject or text has these words in it, newest first.

        Of mails the text is not looked through.
        """
        wanted = looking_for.casefold()
        with self._lock:
            newest_first = reversed(list(self._mails))
        found = (mail for mail in newest_first if mail.kind == kind and wanted in _shown(mail).casefold())
        return list(islice(found, at_most))

    def counts(self) -> dict[Kind, int]:
        """How many of each kind are kept."""
        with self._lock:
            found = Counter(mail.kind for mail in self._mails)
        return {kind: found[kind] for kind in KINDS}

    def find(self, n: int) -> Mail | None:
        """Give the n-th message, if it is still here."""
        found = self.after(n - 1, 1)
        return found[0] if found and found[0].n == n else None

    def close(self) -> None:
        """Let go of the file; who still tells something then is not listened to."""
        with self._lock:
            self._file.close()


def _shown(mail: Mail) -> str:
    beside = "" if mail.kind == "email" else mail.text
    return f"{mail.to}\n{mail.subject}\n{beside}"


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


def _click(message: Message) -> str:
    """Where one click ends what came, as mail programs find it (RFC 8058); nothing without one."""
    if not message.get("List-Unsubscribe-Post"):
        return ""
    found = UNSUBSCRIBE.search("".join(str(message.get("List-Unsubscribe", "")).split()))
    return found[1] if found else ""


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
