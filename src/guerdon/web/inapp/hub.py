"""The hub: hears whose notices changed, reads them for all who listen, and hands them to their streams.

What one would not guess: a stream is asked for more only once it took what it has. So a slow reader holds a
page of notices and no more, and loses nothing, because the rows are the truth.
"""

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from guerdon.queries.live import LISTENING, noticed
from guerdon.store.database import UNAVAILABLE
from guerdon.store.messages.inapp import load_generations, load_heard
from guerdon.values.clock import utc_now
from guerdon.web.member.inbox.cookies import Reader
from guerdon.web.member.inbox.writing import Said, write_notices
from guerdon.web.rooms import room

# All that is heard in this time is read by one query a program.
GATHER_S = 0.02
# How long a stream goes on whose reader's links went on, or who is there no more.
CHECK_S = 5.0
RETRY_S = 1.0
# For each member at a time; a stream holds twice as many at the most.
ROWS_AT_ONCE = 20
STREAMS_MAX, STREAMS_MEMBER_MAX = 2_000, 5

log = logging.getLogger(__name__)
# A program and a member of it.
Whose = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A notice as it goes over the wire, and since when it reads otherwise than it did."""

    position: int
    corrected_at: datetime | None
    body: bytes


@dataclass(frozen=True, slots=True)
class News:
    """What is new for one member: notices, those they had and that were corrected, what was taken back."""

    notices: tuple[Line, ...]
    corrected: tuple[Line, ...]
    gone: tuple[int, ...]
    more: bool


@dataclass(eq=False, slots=True)
class Stream:
    """One open page: how far it is, and what waits for it."""

    reader: Reader
    after: int
    pending: deque[bytes] = field(default_factory=deque)
    told_gone: set[int] = field(default_factory=set)
    # Since when each reads otherwise, as far as this page was told.
    told_corrected: dict[int, datetime] = field(default_factory=dict)
    fresh: asyncio.Event = field(default_factory=asyncio.Event)
    behind: bool = False
    over: bool = False

    @property
    def whose(self) -> Whose:
        """Whose notices it is of."""
        return self.reader.program_id, self.reader.member_id

    @property
    def full(self) -> bool:
        """Whether it has enough for now."""
        return len(self.pending) >= ROWS_AT_ONCE

    def offer(self, news: News) -> None:
        """Take what it has not had, in order; of corrections no more than there is room for."""
        # A page that is further than others of its member has some of these notices already.
        had = [each for each in news.notices if each.position <= self.after]
        for each in (*news.corrected, *had):
            if each.corrected_at is None or self.told_corrected.get(each.position) == each.corrected_at:
                continue
            if self.full:
                self.behind = True
                break
            self.pending.append(b"event: corrected\n" + each.body)
            self.told_corrected[each.position] = each.corrected_at
        for each in news.notices:
            if each.position > self.after:
                self.pending.append(f"id: {each.position}\nevent: notice\n".encode() + each.body)
                self.after = each.position
                if each.corrected_at is not None:
                    self.told_corrected[each.position] = each.corrected_at
        gone = [each for each in news.gone if each not in self.told_gone]
        if gone:
            self.told_gone.update(gone)
            self.pending.append(f"event: gone\ndata: {json.dumps(gone)}\n\n".encode())
        if self.pending:
            self.fresh.set()

    def end(self) -> None:
        """Have it end."""
        self.over = True
        self.fresh.set()


class Hub:
    """All streams of this process."""

    def __init__(self) -> None:
        self._streams: dict[Whose, set[Stream]] = {}
        self._heard: set[Whose] = set()
        self._stirred = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.hearing = False
        self.open = 0

    def has_room(self, whose: Whose) -> bool:
        """Whether one more stream of this member is let in."""
        return self.open < STREAMS_MAX and len(self._streams.get(whose, ())) < STREAMS_MEMBER_MAX

    @contextmanager
    def joined(self, stream: Stream) -> Iterator[None]:
        """Listen for the length of a block; with the last stream all work ends."""
        self._streams.setdefault(stream.whose, set()).add(stream)
        self.open += 1
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(each) for each in (self._listen(), self._serve(), self._check())
            ]
        self.hear(stream.whose)
        try:
            yield
        finally:
            self.open -= 1
            streams = self._streams[stream.whose]
            streams.discard(stream)
            if not streams:
                del self._streams[stream.whose]
            if not self._streams:
                for task in self._tasks:
                    task.cancel()
                self._tasks = []
                self.hearing = False

    def hear(self, *whose: Whose) -> None:
        """Have these members' notices looked at."""
        self._heard.update(whose)
        self._stirred.set()

    async def take(self, stream: Stream) -> bytes:
        """What waits for a stream; it may be asked for more then."""
        body = b"".join(stream.pending)
        stream.pending.clear()
        stream.fresh.clear()
        if stream.behind:
            stream.behind = False
            self.hear(stream.whose)
        return body

    async def _listen(self) -> None:
        settings = room().settings
        while True:
            try:
                async for program_id, member_id in _heard_of(settings.database_url, settings.secret):
                    if program_id == LISTENING:
                        # What was said before this moment was not heard.
                        self.hearing = True
                        self.hear(*self._streams)
                    elif (program_id, member_id) in self._streams:
                        self.hear((program_id, member_id))
            except UNAVAILABLE:
                log.warning("notices are not heard of: the database does not answer; trying again")
            self.hearing = False
            await asyncio.sleep(RETRY_S)

    async def _serve(self) -> None:
        while True:
            await self._stirred.wait()
            await asyncio.sleep(GATHER_S)
            self._stirred.clear()
            heard, self._heard = self._heard, set()
            asks = self._asks(heard)
            if not asks:
                continue
            try:
                found = await asyncio.to_thread(_load, asks)
            except UNAVAILABLE:
                log.warning("notices could not be read: the database does not answer")
                self.hear(*heard)
                await asyncio.sleep(RETRY_S)
                continue
            except Exception:
                # The rows are the truth: whoever comes back asks for them again.
                log.exception("notices could not be read")
                self._end_all(heard)
                continue
            for whose, news in found.items():
                asked = asks[whose[0]][whose[1]]
                for stream in self._streams.get(whose, ()):
                    # One that came meanwhile, or took what it had, may lack what is before: it is heard too.
                    if not stream.full and stream.after >= asked:
                        stream.offer(news)
                if news.more:
                    self.hear(whose)

    def _asks(self, heard: Iterable[Whose]) -> dict[int, dict[int, int]]:
        """How far members' streams are, by program; those that have enough are asked once they took it."""
        asks: dict[int, dict[int, int]] = {}
        for whose in heard:
            streams = self._streams.get(whose, ())
            ready = [each.after for each in streams if not each.full]
            for stream in streams:
                stream.behind = stream.behind or stream.full
            if ready:
                asks.setdefault(whose[0], {})[whose[1]] = min(ready)
        return asks

    def _end_all(self, heard: Iterable[Whose]) -> None:
        for whose in heard:
            for stream in self._streams.get(whose, ()):
                stream.end()

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            members: dict[int, list[int]] = {}
            for program_id, member_id in self._streams:
                members.setdefault(program_id, []).append(member_id)
            with contextlib.suppress(*UNAVAILABLE):
                now = await asyncio.to_thread(_generations, members)
                for whose, streams in self._streams.items():
                    for stream in streams:
                        if now.get(whose, stream.reader.generation) != stream.reader.generation:
                            stream.end()


def wire(said: Said) -> bytes:
    """A notice as it goes over the wire, but for the name of its event."""
    body = {
        "position": said.position,
        "title": said.title,
        "body": list(said.body),
        "button": said.button,
        "leads": said.leads,
        "day": said.day,
        "time": said.time,
        "at": said.created_at.isoformat(),
        "seen": said.seen,
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return f"data: {text}\n\n".encode()


async def _heard_of(url: str, secret: str) -> AsyncIterator[Whose]:
    async for payload in noticed(url, secret):
        program_id, _, member_id = payload.partition(":")
        if program_id.isdecimal() and member_id.isdecimal():
            yield int(program_id), int(member_id)


def _load(asks: Mapping[int, Mapping[int, int]]) -> dict[Whose, News]:
    """Read and write out what is new, one query a program. Blocks."""
    found: dict[Whose, News] = {}
    for program_id, after in asks.items():
        with room().reading(program_id) as tx:
            heard = load_heard(tx, program_id, after, ROWS_AT_ONCE)
            lying = [each for news in heard.values() for each in (*news.notices, *news.corrected)]
            said = write_notices(tx, program_id, lying, utc_now())
        lines = iter([Line(a.position, a.corrected_at, wire(b)) for a, b in zip(lying, said, strict=True)])
        for member_id, news in heard.items():
            notices = tuple(islice(lines, len(news.notices)))
            corrected = tuple(islice(lines, len(news.corrected)))
            more = len(notices) == ROWS_AT_ONCE
            found[program_id, member_id] = News(notices, corrected, tuple(news.gone), more)
    return found


def _generations(members: Mapping[int, list[int]]) -> dict[Whose, int]:
    found: dict[Whose, int] = {}
    for program_id, member_ids in members.items():
        with room().reading(program_id) as tx:
            now = load_generations(tx, program_id, member_ids)
        found |= {(program_id, member_id): generation for member_id, generation in now.items()}
    return found
