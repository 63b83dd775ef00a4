"""The catalog section: which categories there are, and how members may use what feeds bring.

The items themselves come with feeds and never stand in here; those of `items` are in the catalog as well.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from guerdon.program.catalog.nouns import Catalog, ClaimLinks, Item, Kind
from guerdon.program.document import Scalar
from guerdon.program.places import Place
from guerdon.program.texts import read_name
from guerdon.program.units import FROM_A_BALANCE, read_money
from guerdon.values.money import Money, Unit
from guerdon.values.problems import did_you_mean

OPTIONAL = (
    "split",
    "combine",
    "pay_rest_with",
    "worth",
    "second_factor_above",
    "gift_days",
    "claim_links",
)
LINK_FIELDS = ("open_days", "one_time")
KIND_FIELDS = ("name", "icon")
GIFT_DAYS_MAX = 90
OPEN_DAYS_MAX = 3650
KINDS_MAX = 200

_ICON = re.compile(r"[a-z][a-z0-9-]{0,31}")
_WORTH = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) +([A-Za-z0-9_]+)")


def read_catalog(place: Place | None, units: Mapping[str, Unit]) -> Catalog:
    """Read `catalog`; without it there is nothing but `items`."""
    if place is None:
        return Catalog()
    fields = place.fields(required=["kinds"], optional=OPTIONAL)
    days = fields["gift_days"].whole(1, GIFT_DAYS_MAX) if "gift_days" in fields else None
    worth = _read_worth(fields["worth"], units) if "worth" in fields else {}
    return Catalog(
        kinds=_read_kinds(fields["kinds"]) if "kinds" in fields else {},
        split=_truth(fields.get("split")),
        combine=_truth(fields.get("combine")),
        pay_rest_with=_read_rest(fields["pay_rest_with"], units, worth)
        if "pay_rest_with" in fields
        else None,
        worth=worth,
        second_factor_above=(
            _read_bounds(fields["second_factor_above"], units) if "second_factor_above" in fields else {}
        ),
        gift_days=days or Catalog().gift_days,
        claim_links=_read_links(fields.get("claim_links")),
    )


def check_categories(place: Place | None, items: Mapping[str, Item], catalog: Catalog) -> None:
    """Name items whose category the catalog does not have."""
    if place is None or not catalog.kinds:
        return
    for key, each in place.table().items():
        if key in items and items[key].category and items[key].category not in catalog.kinds:
            where = each.table().get("category", each)
            where.unknown("category of the catalog", items[key].category, catalog.kinds)


def _read_kinds(place: Place) -> dict[str, Kind]:
    found = {}
    for key, each in place.keyed(example="gift_card", entries_max=KINDS_MAX).items():
        fields = each.fields(optional=KIND_FIELDS)
        icon = fields["icon"].word() if "icon" in fields else None
        if icon is not None and not _ICON.fullmatch(icon):
            fields["icon"].wrong(
                f"{icon[:40]} cannot be the name of an icon", "write it like gift or coffee-cup"
            )
        found[key] = Kind(key, read_name(fields.get("name"), key), icon or "gift")
    if not found:
        place.wrong("no category is declared", "add one like `gift_card: { name: Gift cards, icon: gift }`")
    return found


def _read_links(place: Place | None) -> ClaimLinks:
    fields = place.fields(optional=LINK_FIELDS) if place is not None else {}
    days = fields["open_days"].whole(1, OPEN_DAYS_MAX) if "open_days" in fields else None
    return ClaimLinks(days, _truth(fields.get("one_time")))


def _truth(place: Place | None) -> bool:
    return place is not None and place.truth() is True


def _read_rest(
    place: Place, units: Mapping[str, Unit], worth: Mapping[str, tuple[Decimal, str]]
) -> str | None:
    """The unit that pays what rewards of money are short of: by its worth, so it needs one."""
    word = place.word()
    if word is None or word in worth:
        return word
    if word in units and units[word].kind in FROM_A_BALANCE:
        place.wrong(f"{word} has no worth", f"say in `worth` what one pays: {word}: 0.01 {_money(units)}")
    elif word in units:
        place.wrong(f"{word} is not spent from a balance", "name a unit of points or credits")
    else:
        place.unknown("unit", word, [key for key, unit in units.items() if unit.kind in FROM_A_BALANCE])
    return None


def _read_worth(place: Place, units: Mapping[str, Unit]) -> dict[str, tuple[Decimal, str]]:
    found = {}
    for key, each in place.table().items():
        unit = units.get(key)
        if unit is None:
            each.unknown("unit", key, units)
        elif unit.kind not in FROM_A_BALANCE:
            each.wrong(f"{key} is not spent from a balance", "say what one point or credit is worth")
        else:
            worth = _one_worth(each, units)
            if worth is not None:
                found[key] = worth
    return found


def _one_worth(place: Place, units: Mapping[str, Unit]) -> tuple[Decimal, str] | None:
    word = place.word()
    if word is None:
        return None
    said = _WORTH.fullmatch(word.strip())
    if said is None:
        place.wrong(f"{word[:40]} is no worth of one", f"write it like 0.01 {_money(units)}")
        return None
    amount, unit = Decimal(said.group(1)), said.group(2)
    if unit not in units or units[unit].kind != "money":
        money = [key for key, each in units.items() if each.kind == "money"]
        place.wrong(f"{unit[:40]} is no money of this program", did_you_mean(unit, money))
        return None
    if not amount:
        place.wrong("it would be worth nothing", "leave the line out, and nothing is paid with it")
        return None
    return amount, unit


def _read_bounds(place: Place, units: Mapping[str, Unit]) -> dict[str, Money]:
    """Read `100.00 EUR`, or a list with a bound for each unit."""
    found: dict[str, Money] = {}
    single = isinstance(place.node, Scalar)
    for item in [place] if single else place.listing("no bound is listed", "write `100.00 EUR`"):
        bound = read_money(item, units)
        if bound is not None and bound.unit in found:
            item.wrong(f"{bound.unit} has a bound already", "write one amount a unit")
        elif bound is not None:
            found[bound.unit] = bound
    return found


def _money(units: Mapping[str, Unit]) -> str:
    return next((key for key, unit in units.items() if unit.kind == "money"), "EUR")
