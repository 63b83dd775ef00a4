"""The wire of an account on which no request goes out before its turn."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from guerdon.engine.orders.lanes.turnstile import next_turn
from guerdon.http import Answer, Unreachable
from guerdon.suppliers import Asks


class NoTurn(Unreachable):
    """Nothing went out: it is not our turn for another `after_s` seconds, and nobody waits for so long."""

    def __init__(self, after_s: float) -> None:
        super().__init__("turn")
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class ByTurns:
    """What asks another address, each time only when it may."""

    http: Asks = field(repr=False)

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        """The answer; raises `Unreachable` and nothing else."""
        after_s = next_turn()
        if after_s > 0:
            raise NoTurn(after_s)
        return self.http.ask(method, url, headers, body, within_s)
