"""The twelve countries: how much of the catalog each has, its currency, its towns, its regional brands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .words import read_rows

REGIONAL = Path(__file__).resolve().parent / "regional"


@dataclass(frozen=True, slots=True)
class Country:
    """A country; a round price there is `prices` times one in euros."""

    key: str
    weight: int
    currency: str
    prices: int
    towns: Sequence[str]


@dataclass(frozen=True, slots=True)
class Regional:
    """A brand of one town."""

    name: str
    place: str
    category: str
    since: int


COUNTRIES: Mapping[str, Country] = {
    country.key: country
    for country in (
        Country("DE", 20, "EUR", 1, ("Berlin", "Hamburg", "München", "Köln", "Leipzig", "Stuttgart")),
        Country("FR", 15, "EUR", 1, ("Paris", "Lyon", "Marseille", "Lille", "Nantes", "Strasbourg")),
        Country("IT", 10, "EUR", 1, ("Roma", "Milano", "Torino", "Bologna", "Napoli")),
        Country("ES", 12, "EUR", 1, ("Madrid", "Barcelona", "Valencia", "Sevilla", "Bilbao")),
        Country("NL", 8, "EUR", 1, ("Amsterdam", "Rotterdam", "Utrecht", "Groningen")),
        Country("BE", 6, "EUR", 1, ("Bruxelles", "Gent", "Antwerpen", "Liège")),
        Country("AT", 6, "EUR", 1, ("Wien", "Graz", "Linz", "Innsbruck")),
        Country("SE", 6, "SEK", 10, ("Stockholm", "Göteborg", "Malmö", "Uppsala")),
        Country("PL", 6, "PLN", 4, ("Warszawa", "Kraków", "Gdańsk", "Wrocław")),
        Country("DK", 4, "DKK", 8, ("København", "Aarhus", "Odense", "Aalborg")),
        Country("NO", 4, "NOK", 10, ("Oslo", "Bergen", "Trondheim", "Stavanger")),
        Country("PT", 3, "EUR", 1, ("Lisboa", "Porto", "Braga", "Faro")),
    )
}


@cache
def regional(country: str) -> Mapping[str, Sequence[Regional]]:
    """The regional brands of a country by category; most have no list."""
    path = REGIONAL / f"{country}.csv"
    found: dict[str, list[Regional]] = {}
    for row in read_rows(path) if path.exists() else ():
        brand = Regional(row["brand"], row["place"], row["category"], int(row["since"]))
        found.setdefault(brand.category, []).append(brand)
    return found
