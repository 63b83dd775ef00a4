"""How fast a supplier lets itself be asked: so many calls in a rolling window of its own time."""

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Pace:
    """The figures, which a test may change, and the calls that count."""

    most: int
    window_ms: int
    on: bool = True
    taken: deque[int] = field(default_factory=deque)

    def take(self, now_ms: int) -> bool:
        """Count a call; false where it is one too many, which is not counted itself."""
        if not self.on:
            return True
        while self.taken and self.taken[0] <= now_ms - self.window_ms:
            self.taken.popleft()
        if len(self.taken) >= self.most:
            return False
        self.taken.append(now_ms)
        return True
