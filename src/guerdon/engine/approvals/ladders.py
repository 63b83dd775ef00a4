"""Ladders: on which rung a request stands, by its amount and market, and what that rung still lacks.

Pure. A request stands on one rung at a time; time moves it up. What one would not guess: where a rung asks
for as many people as it names roles, or more, each role has to be among them: "finance and brand" is both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from guerdon.program.model import Rung


@dataclass(frozen=True, slots=True)
class Weight:
    """What a ladder asks of a request: where it stands, and how much it is about, unit by unit."""

    market: str | None = None
    location: str | None = None
    amounts: Mapping[str, int] = field(default_factory=dict)

    @property
    def unit(self) -> str | None:
        """Its unit, where it is about one only."""
        return next(iter(self.amounts)) if len(self.amounts) == 1 else None

    @property
    def amount(self) -> int | None:
        """Its amount, where it is about one unit only."""
        return next(iter(self.amounts.values())) if len(self.amounts) == 1 else None


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a rung still lacks: so many people, and of these roles at least one each."""

    people: int
    roles: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether it is complete."""
        return self.people <= 0 and not self.roles


def first_rung(ladder: Sequence[Rung], weight: Weight, *, held: bool = False) -> int:
    """The rung on which a request stands at first: the lowest that takes all of its amounts.

    What was held for exceeding a limit never passes by itself, so it stands above every rung without people.
    """
    asked = [
        number
        for number, rung in enumerate(ladder)
        if not (held and rung.people == 0) and _takes_all(rung, weight)
    ]
    # An amount beyond every bound is for those at the top.
    return asked[0] if asked else len(ladder) - 1


def next_rung(ladder: Sequence[Rung], rung: int, market: str | None) -> int | None:
    """The rung above that has people for this market, or None at the top."""
    return next(
        (
            number
            for number in range(rung + 1, len(ladder))
            if ladder[number].people > 0 and (not ladder[number].markets or market in ladder[number].markets)
        ),
        None,
    )


def lacking(rung: Rung, signed_as: Iterable[str]) -> Lacking:
    """What a rung lacks when these roles have signed, one for each person."""
    counted = [role for role in signed_as if role in rung.roles]
    people = rung.people - len(counted)
    if rung.people == 0 or rung.people < len(rung.roles):
        return Lacking(max(people, 0))
    return Lacking(max(people, 0), tuple(role for role in rung.roles if role not in counted))


def role_to_sign(rung: Rung, roles: Iterable[str], signed_as: Sequence[str]) -> str | None:
    """The role under which somebody with these roles signs: one that is still lacking, if they have it."""
    held = [role for role in rung.roles if role in set(roles)]
    wanted = lacking(rung, signed_as).roles
    return next((role for role in held if role in wanted), held[0] if held else None)


def _takes_all(rung: Rung, weight: Weight) -> bool:
    if not weight.amounts:
        return not rung.markets or weight.market in rung.markets
    return all(rung.takes(weight.market, unit, amount) for unit, amount in weight.amounts.items())
