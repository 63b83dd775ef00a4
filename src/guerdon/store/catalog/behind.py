"""What the server works on while we go on reckoning: one piece after another, in the order given.

A connection can be asked from two threads, and answers one at a time: so what is done here may belong to the
transaction that is open on it, as long as nothing that is asked beside it has to be before it.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

# For fewer rows than so many a thread is not worth its while.
APART_FROM = 500


class Behind:
    """Does pieces of work in a thread of its own; without `apart` each at once, where it is given."""

    def __init__(self, *, apart: bool = True) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="behind") if apart else None
        self._last: Future[object] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        # Whatever else went wrong meanwhile: what failed here failed first, and is why.
        try:
            self.wait()
        finally:
            if self._threads is not None:
                self._threads.shutdown()

    def do(self, work: Callable[[], object]) -> None:
        """Begin a piece of work as soon as the one before it is done; raises what that one raised."""
        self.wait()
        if self._threads is None:
            work()
        else:
            self._last = self._threads.submit(work)

    def wait(self) -> None:
        """Wait until all that was begun is done; raises what it raised."""
        last, self._last = self._last, None
        if last is not None:
            last.result()
