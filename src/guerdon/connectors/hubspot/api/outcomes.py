"""What can come of asking HubSpot: a closed set, so that whoever asks has an answer to each.

May it be asked again? `Later`: yes, then. `Unsure`, and a `Later` that is `perhaps`: it may have taken
effect, so only what may happen twice (an upsert by a unique id, an event with its uuid). `TokenGone`: with
another token. `Refused`: not unless something is changed. Of a `Partial`, only what it names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from guerdon.connectors.hubspot.api.errors import Wrong

Answered = TypeVar("Answered")
Other = TypeVar("Other")
# pace: our own count of their limit; limit, day: their 429; trouble: theirs, a 5xx and the like; else: nobody
# or nothing readable answered.
WhyLater = Literal["pace", "limit", "day", "trouble", "unreachable"]


@dataclass(frozen=True, slots=True)
class Done(Generic[Answered]):
    """It took effect, whole."""

    answer: Answered


@dataclass(frozen=True, slots=True)
class Partial(Generic[Answered]):
    """A part took effect: the answer has it, `errors` the rest."""

    answer: Answered
    errors: tuple[Wrong, ...]

    @property
    def by_trace(self) -> Mapping[str, Wrong]:
        """What is wrong with each input that an error names."""
        return {trace: wrong for wrong in self.errors for trace in wrong.traces}


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be taken as it is. The status is 0 where nothing was asked."""

    status: int
    wrong: Wrong

    @property
    def category(self) -> str:
        """HubSpot's name of the reason."""
        return self.wrong.category

    @property
    def message(self) -> str:
        """HubSpot's words, without anything secret."""
        return self.wrong.message


@dataclass(frozen=True, slots=True)
class Later:
    """Not now. `perhaps`: a server in trouble may have done it before it said so."""

    after_s: float
    why: WhyLater
    perhaps: bool = False


@dataclass(frozen=True, slots=True)
class Unsure:
    """It was sent and no answer came: it may have taken effect."""

    why: str


@dataclass(frozen=True, slots=True)
class TokenGone:
    """The token opens nothing: its time is over, or somebody revoked it."""

    expired: bool


Outcome = Done[Answered] | Partial[Answered] | Refused | Later | Unsure | TokenGone


def then(outcome: Outcome[Answered], change: Callable[[Answered], Other]) -> Outcome[Other]:
    """The same outcome with another answer."""
    match outcome:
        case Done(answer):
            return Done(change(answer))
        case Partial(answer, errors):
            return Partial(change(answer), errors)
    return outcome


def refused(category: str, message: str, status: int = 0) -> Refused:
    """A refusal of our own, in the shape of theirs."""
    return Refused(status, Wrong(category, message))


def not_missing(outcome: Done[Answered] | Partial[Answered]) -> Refused | None:
    """What is wrong with a part of what was read, other than that some of it is not there."""
    errors = outcome.errors if isinstance(outcome, Partial) else ()
    others = [wrong for wrong in errors if wrong.category not in ("", "OBJECT_NOT_FOUND")]
    return Refused(207, others[0]) if others else None
