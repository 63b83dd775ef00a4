"""What the declarations of a connection may name."""

from collections.abc import Mapping
from dataclasses import dataclass

from guerdon.program.declared import Event, Field, Location, Market
from guerdon.values.money import Unit


@dataclass(frozen=True, slots=True)
class Nouns:
    """The nouns of the program that stand before its connections."""

    sources: tuple[str, ...]
    attributes: Mapping[str, Field]
    events: Mapping[str, Event]
    markets: Mapping[str, Market]
    locations: Mapping[str, Location]
    units: Mapping[str, Unit]
