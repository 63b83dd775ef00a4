"""How the one broadcast stands that somebody has open: what its page shows, and what its stream sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from guerdon.program.model import Program
from guerdon.queries.messages.left_out import WAITING, list_counts
from guerdon.queries.overview import Cut
from guerdon.store.database import Transaction
from guerdon.store.messages.broadcasts.counts import Counted
from guerdon.store.messages.broadcasts.standing import Broadcast, find_broadcast
from guerdon.text.catalogs import words
from guerdon.text.hindrances import Hindered, hindrance_text
from guerdon.web.console.broadcasts.sayings import outcome_said, state_said
from guerdon.web.console.messages.sayings import channel_said
from guerdon.web.console.seen import Seen

VIEW = "broadcast"
LEFT_OUT = "left_out"
# What stands after the rest: whoever is told later, and then whoever is not.
LAST = {"later": 1, LEFT_OUT: 2}


@dataclass(frozen=True, slots=True)
class Progress:
    """A broadcast with what its check found, and what became of it until now."""

    broadcast: Broadcast
    checked: Sequence[Counted]
    told: Sequence[Counted]

    @property
    def is_under_way(self) -> bool:
        """Whether it changes without anybody doing anything."""
        state, ended = self.broadcast.state, self.broadcast.ended_at is not None
        return state in {"checking", "running", "paused"} or (state == "stopped" and not ended)

    @property
    def meant(self) -> int:
        """How many its check went through, or more, where more had come into the segment since."""
        return max(sum(each.members for each in counted) for counted in (self.checked, self.told))

    @property
    def foreseen(self) -> int:
        """How many of them would be told, at once or later."""
        return sum(each.members for each in self.checked if each.outcome != LEFT_OUT)

    @property
    def done(self) -> int:
        """Of how many it is known what became of their message."""
        return sum(each.members for each in self.told if each.outcome != WAITING)


def load_progress(tx: Transaction, program: Program, cut: Cut, whose: tuple[int, int], now: datetime) -> Seen:
    """A broadcast as it stands: (program, number)."""
    return Seen(VIEW, program, cut, now, {"progress": find_progress(tx, whose)})


def find_progress(tx: Transaction, whose: tuple[int, int]) -> Progress | None:
    """A broadcast with its counts: (program, number)."""
    broadcast = find_broadcast(tx, *whose)
    if broadcast is None:
        return None
    checked, told = (list_counts(tx, *whose, of) for of in ("check", "told"))
    return Progress(broadcast, checked, told)


def progress_context(progress: Progress, locale: str, *, is_page: bool = False) -> Mapping[str, object]:
    """What the region is given beside the broadcast itself; `is_page`: no stream sends it."""
    broadcast = progress.broadcast
    return {
        "is_page": is_page,
        "state": state_said(broadcast.state, locale, resumes=broadcast.resumes_at is not None),
        "by_reason": together(progress.checked),
        "by_outcome": together(progress.told),
        "outcome_said": partial(outcome_said, locale=locale),
        "channel_said": partial(channel_said, locale=locale),
        "reason_said": partial(reason_said, locale=locale),
    }


def together(counted: Sequence[Counted]) -> list[tuple[tuple[str, str, str], int, list[tuple[str, int]]]]:
    """What was counted by outcome, channel and reason, over all markets and in each.

    Whoever is told stands first, whoever is left out last; of these the largest first.
    """
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    for each in counted:
        markets = found.setdefault((each.outcome, each.channel, each.reason), {})
        markets[each.market] = markets.get(each.market, 0) + each.members
    lines = [
        (kind, sum(markets.values()), sorted(markets.items(), key=lambda one: (-one[1], one[0])))
        for kind, markets in found.items()
    ]
    return sorted(lines, key=lambda line: (LAST.get(line[0][0], 0), -line[1], line[0]))


def reason_said(reason: str, locale: str) -> str:
    """Why members are left out, or wait; nothing where there is no reason."""
    return hindrance_text(words(locale, "reasons"), reason, Hindered(locale=locale)) if reason else ""
