"""What the simulator writes down, line by line as it happens, so that it may be killed at any time.

An expectation is written before its event is sent: what was sent and never answered may still have been
recorded on the other side. Later starts in the same folder add to the same files.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

from .expect import Expectation, from_json, to_json
from .parcels import Parcel
from .wire import Answer

# The same event once more, or one that must not get in: none of these is a business event of its own.
NOT_COUNTED = frozenset({"duplicate", "reused_id", "stale_replay"})


@dataclass(slots=True)
class Record:
    """The open files of one output folder."""

    folder: Path
    sent: TextIO
    requests: TextIO
    expectations: TextIO
    counts: Counter[str] = field(default_factory=Counter)
    lost: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def before(self, parcel: Parcel) -> None:
        """Write what the events of a parcel must earn."""
        with self._lock:
            for item in parcel.items:
                if item.expectation:
                    _write(self.expectations, to_json(item.expectation))
            self.expectations.flush()

    def after(self, parcel: Parcel, portal: int, answers: list[Answer]) -> None:
        """Write how a parcel was answered."""
        final = answers[-1]
        with self._lock:
            for answer in answers:
                _write(self.requests, _request(parcel, answer))
            for item in parcel.items:
                key = item.change.key(portal)
                _write(self.sent, {"event_id": key, "kind": item.kind, **_times(final)})
                if final.calls_for_retry:
                    self.lost.add(key)
            self.sent.flush()
            self.requests.flush()
            self.counts.update(_counts(parcel, answers))

    def can_follow(self, parcel: Parcel, portal: int) -> bool:
        """Tell whether a reused id has its original on the other side; without it, it would be the first."""
        with self._lock:
            return not any(
                item.kind == "reused_id" and item.change.key(portal) in self.lost for item in parcel.items
            )

    def summarize(self) -> None:
        """Replace summary.json by the counts of all starts so far."""
        with self._lock:
            counts = dict(sorted(self.counts.items()))
        _replace(self.folder / "summary.json", counts)

    def close(self) -> None:
        """Write the last summary and let go of the files."""
        self.summarize()
        for file in (self.sent, self.requests, self.expectations):
            file.close()


def open_record(folder: Path) -> Record:
    """Open the files to add to, and go on counting where an earlier start ended."""
    folder.mkdir(parents=True, exist_ok=True)
    return Record(
        folder=folder,
        sent=_appending(folder / "sent.jsonl"),
        requests=_appending(folder / "requests.jsonl"),
        expectations=_appending(folder / "expected.jsonl"),
        counts=Counter(load_json(folder / "summary.json")),
    )


def load_expectations(folder: Path) -> Iterator[Expectation]:
    """Read expected.jsonl."""
    path = folder / "expected.jsonl"
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from (from_json(json.loads(line)) for line in file)


def next_start(folder: Path) -> int:
    """Count the starts in this folder; each start's event numbers are new."""
    folder.mkdir(parents=True, exist_ok=True)
    state = load_json(folder / "state.json")
    state["starts"] = state.get("starts", 0) + 1
    _replace(folder / "state.json", state)
    return int(state["starts"])


def load_json(path: Path) -> dict[str, Any]:
    """Read a small file that may not exist yet."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def _counts(parcel: Parcel, answers: list[Answer]) -> Counter[str]:
    """Count a parcel under the words of summary.json."""
    counts: Counter[str] = Counter(
        requests=len(answers),
        retries=len(answers) - 1,
        quarantined=parcel.quarantined,
        requests_unanswered=int(answers[-1].calls_for_retry),
    )
    counts[f"requests_{parcel.kind}"] += 1
    if parcel.seal != "right":
        counts["stale_or_forged"] += 1
        return counts
    if parcel.raw is not None or parcel.strays:
        counts["malformed"] += 1
    for item in parcel.items:
        counts[item.kind] += 1
        if item.kind not in NOT_COUNTED:
            counts["events_sent"] += 1
            counts["events_unanswered"] += answers[-1].calls_for_retry
    return counts


def _request(parcel: Parcel, answer: Answer) -> dict[str, Any]:
    events = len(parcel.items) + len(parcel.strays)
    return {"kind": parcel.kind, "lane": parcel.lane, "events": events, **_times(answer)}


def _times(answer: Answer) -> dict[str, Any]:
    return {
        "status": answer.status,
        "attempt": answer.attempt,
        "sent_at": answer.sent_at,
        "answered_at": answer.answered_at,
    }


def _write(file: TextIO, line: Mapping[str, Any]) -> None:
    file.write(json.dumps(line, separators=(",", ":")) + "\n")


def _appending(path: Path) -> TextIO:
    """Open a file to add lines, less a last line that a kill cut short."""
    written = path.read_bytes() if path.exists() else b""
    path.write_bytes(written[: written.rfind(b"\n") + 1])
    return path.open("a", encoding="utf-8")


def _replace(path: Path, content: Mapping[str, Any]) -> None:
    """Write a small file whole or not at all."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    draft.replace(path)
