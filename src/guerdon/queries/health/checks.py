"""What figures of health mean: each check is good, wants a look, is bad, or cannot be seen from here.

Pure: figures in, checks out. What each says, and how it is mended, the page has words for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from guerdon.queries.health.standing import Health, Heard, Queue, Sent, Server, Standing
from guerdon.queries.locations.calls import ACTIVE_DAYS_MIN, SILENT_DAYS_MIN, SILENT_TIMES
from guerdon.store.lanes import CLOCK_GAP_MAX

State = Literal["bad", "look", "unseen", "good"]
# The worst first: as the page counts and orders them.
STATES: tuple[State, ...] = ("bad", "look", "unseen", "good")
# How late what waits may be before somebody should look, and before it is bad.
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LATE: Mapping[str, tuple[timedelta, timedelta]] = {
    "events": (30 * SECOND, 5 * MINUTE),
    "email": (5 * MINUTE, HOUR),
    "sms": (5 * MINUTE, HOUR),
    "push": (5 * MINUTE, HOUR),
    "inapp": (5 * MINUTE, HOUR),
    "announcements": (MINUTE, 10 * MINUTE),
    "webhooks": (5 * MINUTE, HOUR),
    "orders": (15 * MINUTE, 2 * HOUR),
    "errands": (15 * MINUTE, 2 * HOUR),
    "reports": (15 * MINUTE, 2 * HOUR),
    "seals": (MINUTE, 10 * MINUTE),
}
# Daily at 05:00, and a run takes its time.
CONTROLS_EVERY = timedelta(hours=26)
HEARD_DAYS = 28
FULL_SHARE = 0.8
FAILED_SHARE, FAILED_MIN = 0.2, 5
BACKUP_EVERY = timedelta(days=8)
GIGABYTE = 1_000_000_000
# Of a disk: so much in any case; and ten times that where it is less than this share of the whole.
DISK_LOOK, DISK_BAD = (5 * GIGABYTE, 0.10), (GIGABYTE, 0.03)
DISK_TIMES = 10


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its kind, what it is of (`subject`: a queue, an account), and which words tell it."""

    key: str
    state: State
    seen: str
    figures: Mapping[str, object] = field(default_factory=dict)
    subject: str = ""


def check_server(server: Server, gap: timedelta) -> Iterator[Check]:
    """The database itself, and whether somebody works on it; `gap` is how far its clock is from ours."""
    crowded = server.connections > FULL_SHARE * server.connections_max
    yield Check(
        "database",
        "look" if crowded else "good",
        "answers",
        {
            "version": server.version.partition(" ")[0],
            "size": server.size,
            "n": server.connections,
            "most": server.connections_max,
        },
    )
    if server.workers:
        yield Check("worker", "good", "alive", {"n": server.workers, "moment": server.worker_seen_at})
    elif server.worker_seen_at is None:
        yield Check("worker", "bad", "none")
    else:
        yield Check("worker", "bad", "gone", {"moment": server.worker_seen_at})
    yield Check("clock", "bad" if gap > CLOCK_GAP_MAX else "good", "gap", {"gap": gap})


def check_queues(queues: Mapping[str, Queue], names: Sequence[str], now: datetime) -> Iterator[Check]:
    """Whether each loop of the worker does what is due, in the order of `names`."""
    for name in names:
        queue = queues.get(name)
        if queue is None:
            yield Check("queue", "good", "empty", subject=name)
            continue
        look, bad = LATE[name]
        late = now - queue.oldest_at
        state: State = "bad" if late > bad else "look" if late > look else "good"
        yield Check("queue", state, "waits", {"n": queue.waiting, "moment": queue.oldest_at}, name)


def check_heard(connection: str, heard: Heard | None, today: date) -> Check:
    """Whether a connection is silent for longer than it usually is."""
    if heard is None:
        return Check("connection", "look", "never", {"days": HEARD_DAYS}, connection)
    usually = max(1, round(HEARD_DAYS / heard.days))
    silent = (today - heard.last_day).days
    told = {"days": silent, "usually": usually, "day": heard.last_day, "n": heard.days, "most": HEARD_DAYS}
    # Who hardly ever sent anything has no pace to fall behind.
    if heard.days >= ACTIVE_DAYS_MIN and silent >= max(SILENT_DAYS_MIN, SILENT_TIMES * usually):
        return Check("connection", "bad", "silent", told, connection)
    return Check("connection", "good", "heard", told, connection)


def check_account(key: str, name: str, health: Health | None, now: datetime) -> Check:
    """How an account stands with somebody whom we ask."""
    if health is None:
        return Check(key, "good", "unasked", subject=name)
    why = {"why": health.reason or "?"}
    if health.shut_at is not None:
        return Check(key, "bad", "shut", {"moment": health.shut_at, **why}, name)
    if health.failures and health.failing_since is not None:
        told = {"n": health.failures, "moment": health.failing_since, **why}
        return Check(key, "bad" if now - health.failing_since > HOUR else "look", "fails", told, name)
    if health.rests_until is not None and health.rests_until > now:
        return Check(key, "good", "rests", {"moment": health.rests_until}, name)
    return Check(key, "good", "well", subject=name)


def check_sent(channel: str, sent: Sent | None) -> Check:
    """How the latest messages of a channel went."""
    if sent is None:
        return Check("channel", "good", "unsent", subject=channel)
    failed = sent.failed >= FAILED_MIN and sent.failed > FAILED_SHARE * (sent.failed + sent.delivered)
    told = {"n": sent.delivered, "failed": sent.failed, "moment": sent.last_at}
    return Check("channel", "look" if failed else "good", "sent", told, channel)


def check_backup(taken_at: datetime | None, server: Server, now: datetime) -> Check:
    """Whether there is a backup to go on from, and its log is kept."""
    failed, kept = server.archive_failed_at, server.archived_at
    if failed is not None and (kept is None or failed > kept):
        return Check("backup", "bad", "not_kept", {"moment": failed})
    if taken_at is None:
        return Check("backup", "bad", "none")
    old = now - taken_at > BACKUP_EVERY
    return Check("backup", "look" if old else "good", "taken", {"moment": taken_at})


def check_disk(place: str, free: int, total: int) -> Check:
    """Whether a disk has room; sizes in bytes."""
    state: State = (
        "bad"
        if _is_short(free, total, *DISK_BAD)
        else "look"
        if _is_short(free, total, *DISK_LOOK)
        else "good"
    )
    return Check("disk", state, "room", {"free": free, "total": total}, place)


def _is_short(free: int, total: int, least: int, share: float) -> bool:
    return free < least or (free < share * total and free < DISK_TIMES * least)


def check_standing(standing: Standing, now: datetime) -> Iterator[Check]:
    """What was set apart, and when a seal was told outside last."""
    parked = standing.set_apart
    if parked is None:
        yield Check("quarantine", "good", "empty")
    else:
        yield Check("quarantine", "look", "waits", {"n": parked.waiting, "moment": parked.oldest_at})
    if standing.anchored_at is None:
        yield Check("anchor", "look", "none")
    else:
        late = now - standing.anchored_at > 25 * HOUR
        yield Check("anchor", "look" if late else "good", "told", {"moment": standing.anchored_at})
