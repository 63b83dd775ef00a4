"""What goes wrong with an order, by share and seed or as told: the same for the same reference each time."""

import random
from collections import Counter

# What can become of a request to place an order, beside going well.
KINDS = (
    "refused",  # refused before placing
    "out_of_stock",  # refused because nothing is left of it
    "limited",  # 429 before placing
    "before",  # 5xx before placing
    "after",  # 5xx after placing
    "cut",  # placed, and the connection ends without a word
    "late",  # no word, and placed only some time later
    "lost",  # no word, and never placed
    "slow",  # accepted, and done only some time later
    "failed",  # accepted, and failed some time later
    "wrong_amount",  # placed with another amount than was asked for
    "reused_code",  # placed, with a code that somebody else has
    "twice",  # told by a callback more than once
    "early",  # told by a callback before the reply
)
STATUSES = (500, 502, 503, 504)


class Faults:
    """Decides for every request whether it fails, and how."""

    kinds: tuple[str, ...] = KINDS

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.shares: dict[str, float] = {}
        self.read_share = 0.0
        self.next: list[str] = []
        self.hold_s = 0.02
        self.late_s = (20, 240)
        self.asked: Counter[str] = Counter()

    def share(self, total: float) -> None:
        """Spread a share evenly over every kind."""
        self.shares = {kind: total / len(self.kinds) for kind in self.kinds}

    def draw(self, reference: str) -> str | None:
        """The fault of this request to place, or none: told, or by the seed, the reference and its count."""
        if self.next:
            told = self.next.pop(0)
            return None if told == "none" else told
        self.asked[reference] += 1
        left = self.chance(f"{reference}:{self.asked[reference]}").random()
        for kind, share in self.shares.items():
            left -= share
            if left < 0:
                return kind
        return None

    def fails_reading(self, nth: int) -> bool:
        """Whether a request that only reads fails."""
        return self.read_share > 0 and self.chance(f"read:{nth}").random() < self.read_share

    def chance(self, about: str) -> random.Random:
        """A generator that only the seed and a subject decide."""
        return random.Random(f"{self.seed}:{about}")

    def delay_ms(self, reference: str) -> int:
        """How long what is late or slow takes."""
        return round(self.chance(f"delay:{reference}").uniform(*self.late_s) * 1000)

    def status(self, reference: str) -> int:
        """Which of the statuses of a server in trouble."""
        return self.chance(f"status:{reference}").choice(STATUSES)
