"""What goes wrong, by a seed's chance or as told: failing before or after, a line cut, being slow."""

import random

KINDS = ("before", "after", "cut", "slow")
STATUSES = (500, 502, 503, 504)


class Faults:
    """Decides for every request whether it fails, and how."""

    def __init__(self, seed: int, fail: float) -> None:
        self.chance = random.Random(seed)
        self.fail = fail
        self.kinds = list(KINDS)
        self.slow_s = 1.0
        self.next: list[str] = []

    def draw(self) -> str | None:
        """The fault of this request, or none."""
        if self.next:
            told = self.next.pop(0)
            return None if told == "none" else told
        if self.fail and self.chance.random() < self.fail:
            return self.chance.choice(self.kinds)
        return None

    def status(self) -> int:
        """Which of the statuses of a server in trouble."""
        return self.chance.choice(STATUSES)
