"""Rows of a feed, one an item. The same seed makes the same rows, and fewer rows are the first of more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any

from .brands import Brand, invent_brand
from .countries import COUNTRIES, Country, Regional, regional
from .dates import invent_places, invent_window
from .faces import invent_face, pick_currency
from .offers import invent_offers
from .pictures import picture_of
from .words import LANGUAGES, Category, Text, categories, sentence, things

Row = dict[str, Any]
BRANDS_EACH = 60
SOLD_MOST = 100_000
ODDS_OF_SEVERAL_COUNTRIES = 0.15
ODDS_OF_A_LOCK = 0.03
DELIVERED = {
    "gift_card": "code",
    "prepaid": "link",
    "donation": "donation",
    "product": "physical",
    "experience": "place",
    "service": "account",
    "voucher": "code",
}
LEAD_MINUTES = {"code": 0, "link": 2, "donation": 0, "physical": 5_760, "place": 60, "account": 5}


@dataclass(frozen=True, slots=True)
class Terms:
    """What the program that the catalog is for has.

    `currencies`: its units of money; where a country's own is not among them, items there are in the first.
    `suppliers`: keys of its accounts, at most two. `points`: a unit of points, and how many one euro costs.
    `pictures`: items name files beside the feed, which `pictures` draws.
    """

    currencies: tuple[str, ...] = ("EUR",)
    suppliers: tuple[str, ...] = ("tremendous_eu", "runa_eu")
    segments: tuple[str, ...] = ()
    points: tuple[str, int] | None = None
    today: date = date(2026, 11, 2)
    pictures: bool = False


AS_EVER = Terms()


@dataclass(frozen=True, slots=True)
class Maker:
    """Whose item it is, and where."""

    name: str
    arabic: str
    place: str
    since: int


def items(seed: int, count: int = 21_000, terms: Terms = AS_EVER) -> Iterator[Row]:
    """The rows of a feed."""
    for number in range(1, count + 1):
        yield item(seed, number, terms)


def item(seed: int, number: int, terms: Terms = AS_EVER) -> Row:
    """One row, which depends on nothing but its number."""
    dice = Random(f"{seed}:{number}")
    country, category = _pick_country(dice), _pick_category(dice)
    kind = dice.choices(tuple(category.kinds), tuple(category.kinds.values()))[0]
    maker = _pick_maker(dice, seed, kind, category.key, country)
    thing = dice.choice(things(category.key, kind))
    currency, times = pick_currency(country, terms.currencies)
    delivery = "link" if kind == "gift_card" and dice.random() < 0.25 else DELIVERED[kind]
    slug = "".join(each if each.isascii() and each.isalnum() else "-" for each in maker.name.lower())
    row: Row = {
        "id": f"{country.key.lower()}-{'-'.join(filter(None, slug.split('-')))[:40]}-{number:06d}",
        "kind": kind,
        "category": category.key,
        "brand": maker.name,
        "delivery": delivery,
        "lead_minutes": LEAD_MINUTES[delivery],
        "markets": _pick_markets(dice, kind, country, currency, terms),
        "currency": currency,
        **invent_face(dice, kind, times, terms.points),
        **_texts(dice, kind, delivery, maker, thing),
    }
    row["segments"] = _locks(dice, terms)
    row |= invent_window(dice, terms.today)
    row["popularity"] = int(SOLD_MOST / (1 + 21_000 * dice.random()) ** 0.9)
    row["offers"] = invent_offers(dice, row, terms.suppliers)
    row |= invent_places(dice, row, maker.place, terms.today)
    if terms.pictures:
        row["image"] = picture_of(category.key, maker.name)
    return row


@cache
def _weights() -> tuple[Sequence[Country], Sequence[int], Sequence[Category], Sequence[int]]:
    countries, all_categories = tuple(COUNTRIES.values()), tuple(categories().values())
    return (
        countries,
        tuple(accumulate(each.weight for each in countries)),
        all_categories,
        tuple(accumulate(each.weight for each in all_categories)),
    )


def _pick_country(dice: Random) -> Country:
    countries, weights, _, _ = _weights()
    return dice.choices(countries, cum_weights=weights)[0]


def _pick_category(dice: Random) -> Category:
    _, _, found, weights = _weights()
    return dice.choices(found, cum_weights=weights)[0]


def _pick_maker(dice: Random, seed: int, kind: str, category: str, country: Country) -> Maker:
    """A regional brand for a voucher where the country has a list of them, else one of the category's."""
    town = dice.choice(country.towns)
    if kind == "voucher":
        known: Sequence[Regional] = regional(country.key).get(category, ())
        if known:
            each = dice.choice(known)
            return Maker(each.name, each.name, each.place, each.since)
    # The first brands of a category are sold most.
    brand = _brands(seed, category)[int(BRANDS_EACH * dice.random() ** 2)]
    return Maker(brand.name, brand.arabic, town, brand.since)


@cache
def _brands(seed: int, category: str) -> Sequence[Brand]:
    dice = Random(f"{seed}:{category}")
    found: dict[str, Brand] = {}
    while len(found) < BRANDS_EACH:
        brand = invent_brand(dice)
        found[brand.name] = brand
    return tuple(found.values())


def _pick_markets(dice: Random, kind: str, country: Country, currency: str, terms: Terms) -> list[str]:
    """Its own country first; what can be used anywhere is sold in others of the same currency too."""
    if kind in ("voucher", "experience", "service") or dice.random() >= ODDS_OF_SEVERAL_COUNTRIES:
        return [country.key]
    others = [
        other.key
        for other in COUNTRIES.values()
        if other.key != country.key and pick_currency(other, terms.currencies)[0] == currency
    ]
    return [country.key, *sorted(dice.sample(others, min(len(others), dice.randint(1, 5))))]


def _locks(dice: Random, terms: Terms) -> list[str]:
    if terms.segments and dice.random() < ODDS_OF_A_LOCK:
        return [dice.choice(terms.segments)]
    return []


def _texts(dice: Random, kind: str, delivery: str, maker: Maker, thing: Text) -> Mapping[str, Text]:
    about = sentence(f"about {kind} {dice.randint(1, 2)}")
    months = dice.choice((12, 18, 24, 36))
    texts: dict[str, dict[str, str]] = {"name": {}, "about": {}, "terms": {}, "use": {}}
    for tongue in LANGUAGES:
        gaps = {
            "brand": maker.arabic if tongue == "ar" else maker.name,
            "thing": thing[tongue],
            "place": maker.place,
            "year": maker.since,
            "months": months,
        }
        name = sentence(f"name {kind}")[tongue].format_map(gaps)
        texts["name"][tongue] = name[0].upper() + name[1:]
        said = about[tongue].format_map(gaps)
        texts["about"][tongue] = said[0].upper() + said[1:]
        texts["terms"][tongue] = sentence(f"terms {delivery}")[tongue].format_map(gaps)
        texts["use"][tongue] = sentence(f"use {delivery}")[tongue]
    return texts
