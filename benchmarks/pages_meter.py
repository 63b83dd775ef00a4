"""What asking costs: milliseconds of each answer, and processor time of whoever worked for it.

Processor time stays about the same while others use the machine; milliseconds do not.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

_TICKS = os.sysconf("SC_CLK_TCK")
# Of /proc/PID/stat behind the name: whose child, own time in two modes, that of children who ended.
_PARENT, _OWN, _ENDED = 1, slice(11, 13), slice(13, 15)


@dataclass(frozen=True, slots=True)
class Took:
    """What each answer took, and about how much processor time one of them."""

    times_ms: Sequence[float]
    cpu_ms: float

    @property
    def p95(self) -> float:
        """Milliseconds within which 95 of 100 were there."""
        return percentiles(self.times_ms)["p95"]


@dataclass(frozen=True, slots=True)
class Meter:
    """Reads the work of some processes and, where one is named, of a database server with its connections."""

    processes: Sequence[int]
    server: int | None = None

    def measure(self, rounds: int, ask: Callable[[], float]) -> Took:
        """Ask so often; `ask` gives milliseconds."""
        began = self.cpu_s()
        times = [ask() for _ in range(rounds)]
        return Took(times, (self.cpu_s() - began) * 1000 / rounds)

    def cpu_s(self) -> float:
        """Seconds that all of them have worked so far."""
        ticks = sum(_ticks(pid, _OWN) for pid in self.processes)
        if self.server is not None:
            ticks += _ticks(self.server, _ENDED) + sum(_ticks(pid, _OWN) for pid in _children(self.server))
        return ticks / _TICKS


def parent_of(pid: int) -> int:
    """Whose child a process is."""
    return int(_fields(pid)[_PARENT])


def memory_mb(pid: int, measure: str = "VmRSS") -> float:
    """Resident memory of a process, in MB: the larger of itself and its child, where it is but a leash.

    `measure`: as /proc calls it; VmHWM is the most that it ever was.
    """
    sizes = []
    for each in (pid, *_children(pid)):
        status = Path(f"/proc/{each}/status").read_text(encoding="ascii")
        sizes.append(int(status.partition(f"{measure}:")[2].split()[0]))
    return round(max(sizes) / 1024, 1)


def percentiles(times_ms: Sequence[float]) -> dict[str, float]:
    """The 50th, 95th and 99th of at least two times."""
    at = quantiles(times_ms, n=100, method="inclusive")
    return {f"p{p}": round(at[p - 1], 1) for p in (50, 95, 99)}


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(each) for each in found.split()]


def _ticks(pid: int, which: slice) -> int:
    return sum(int(each) for each in _fields(pid)[which])


def _fields(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        # It ended meanwhile, and is among those of its parent who did.
        return ["0"] * 16
