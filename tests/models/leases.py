"""Two workers and a lane of events: leases that end too early, a worker that is paused or killed.

An event's effects and its leaving the inbox are one commit, which asks whether the fence is still ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.models.explorer import Model

EVENTS = 5
LEASES_MAX = 8
KILLS_MAX = 5


@dataclass(frozen=True)
class Worker:
    """A worker: the fence it believes in, which events it has taken, and how far it is."""

    fence: int = 0
    taken: frozenset[int] = frozenset()
    decided: bool = False
    written: bool = False


@dataclass(frozen=True)
class Lane:
    """All there is."""

    inbox: frozenset[int] = frozenset(range(EVENTS))
    effects: tuple[int, ...] = (0,) * EVENTS
    fence: int = 0
    kills: int = 0
    workers: tuple[Worker, ...] = (Worker(), Worker())


BUGS = frozenset(
    {"lease without fencing token", "effects in one transaction, inbox in another", "taken is gone"}
)


@dataclass(frozen=True)
class _Steps:
    """The ways out of a state, with one thing done wrong."""

    bug: str

    def steps(self, lane: Lane) -> Iterator[tuple[str, Lane]]:
        for n, worker in enumerate(lane.workers):
            for name, after, new in self._of_worker(lane, worker):
                yield f"{name} {n}", replace(after, workers=(*lane.workers[:n], new, *lane.workers[n + 1 :]))

    def _of_worker(self, lane: Lane, worker: Worker) -> Iterator[tuple[str, Lane, Worker]]:
        # A lease may end at any time (a pause, a clock): another takes the lane under the next number.
        if lane.fence < LEASES_MAX and lane.inbox:
            yield "lease", replace(lane, fence=lane.fence + 1), Worker(fence=lane.fence + 1)
        if worker.fence and lane.kills < KILLS_MAX:
            yield "killed", replace(lane, kills=lane.kills + 1), Worker()
        if worker.fence and not worker.taken:
            for size in (1, 2):
                take = frozenset(sorted(lane.inbox)[:size])
                if len(take) == size:
                    left = lane.inbox - take if self.bug == "taken is gone" else lane.inbox
                    yield f"take {size}", replace(lane, inbox=left), replace(worker, taken=take)
        if worker.taken and not worker.decided:
            yield "decide", lane, replace(worker, decided=True)
        if worker.decided:
            yield from self._commit(lane, worker)

    def _commit(self, lane: Lane, worker: Worker) -> Iterator[tuple[str, Lane, Worker]]:
        if worker.fence != lane.fence and self.bug != "lease without fencing token":
            yield "lost its lease", lane, Worker()
            return
        done = tuple(n + (event in worker.taken) for event, n in enumerate(lane.effects))
        rest = lane.inbox - worker.taken
        if self.bug != "effects in one transaction, inbox in another":
            yield "commit", replace(lane, effects=done, inbox=rest), Worker(worker.fence)
        elif not worker.written:
            yield "write effects", replace(lane, effects=done), replace(worker, written=True)
        else:
            yield "clear inbox", replace(lane, inbox=rest), Worker(worker.fence)


def model(bug: str = "") -> Model[Lane]:
    """The model, with one thing done wrong."""
    assert not bug or bug in BUGS
    return Model(Lane(), _Steps(bug).steps, _broken, lambda lane: not lane.inbox or lane.fence == LEASES_MAX)


def _broken(lane: Lane) -> str | None:
    if any(n > 1 for n in lane.effects):
        return "an event was decided twice"
    lost = any(
        n == 0 and event not in lane.inbox and all(event not in worker.taken for worker in lane.workers)
        for event, n in enumerate(lane.effects)
    )
    return "an event was lost" if lost else None
