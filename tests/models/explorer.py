"""Walks every state that a model can reach, the nearest first, and tells the shortest way to a violation.

A model is a value, the steps out of it, what must hold in each state, and which states are ends. A state with
no step that is no end is stuck: somebody waits for something that never comes.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)


@dataclass(frozen=True)
class Model(Generic[S]):
    """What is walked through."""

    start: S
    steps: Callable[[S], Iterable[tuple[str, S]]]
    broken: Callable[[S], str | None]
    is_end: Callable[[S], bool] = lambda _: True


@dataclass(frozen=True)
class Walk:
    """What was found: how many states, and the first violation with the steps that lead there."""

    states: int
    violation: str | None = None
    way: tuple[str, ...] = ()


def walk(model: Model[S], states_max: int = 1_000_000) -> Walk:
    """Visit all states, or stop at the first that breaks the model or is stuck."""
    came_from: dict[S, tuple[str, S] | None] = {model.start: None}
    ahead = deque([model.start])
    while ahead:
        state = ahead.popleft()
        what = model.broken(state)
        moved = False
        if what is None:
            for name, after in model.steps(state):
                moved = True
                if after not in came_from:
                    came_from[after] = (name, state)
                    ahead.append(after)
            if not moved and not model.is_end(state):
                what = "stuck"
        if what is not None:
            return Walk(len(came_from), what, _way(came_from, state))
        assert len(came_from) <= states_max, "the model is larger than it was meant to be"
    return Walk(len(came_from))


def _way(came_from: dict[S, tuple[str, S] | None], state: S) -> tuple[str, ...]:
    steps: list[str] = []
    at = came_from[state]
    while at is not None:
        steps.append(at[0])
        at = came_from[at[1]]
    return tuple(reversed(steps))
