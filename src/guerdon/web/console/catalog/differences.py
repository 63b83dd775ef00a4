"""What of an item a sync would change: each field as it stands and as it would be, in a reader's words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.catalog.items import CatalogItem, Offer, Slot
from guerdon.text.catalogs import words
from guerdon.text.formats import moment, money, number, percent
from guerdon.web.console.catalog import sayings
from guerdon.web.console.words import Namer

LETTERS_SHOWN = 300
TEXTS = ("names", "abouts", "terms", "uses")
# Amounts of `currency`.
AMOUNTS = frozenset({"denominations", "range_min", "range_max", "range_step"})
INSTANTS = frozenset({"visible_from", "visible_to"})
# In the order in which they are shown.
FIELDS = (
    *("category", "kind", "brand", "delivery", "lead_minutes", "markets", "currency", "denominations"),
    *(
        "range_min",
        "range_max",
        "range_step",
        "other_amounts",
        "prices",
        "segments",
        "visible_from",
        "visible_to",
    ),
    *("popularity", "image", "supplier"),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that would be otherwise: its name, how it stands and how it would be; nothing where none is."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Standing:
    """An item as the catalog has it, with who delivers it and when."""

    item: CatalogItem
    offers: Sequence[Offer] = ()
    slots: Sequence[Slot] = ()


@dataclass(frozen=True, slots=True)
class Comparing:
    """Compares in the words of one reader."""

    names: Namer
    zone: str

    def differences(self, standing: Standing, row: Mapping[str, object]) -> list[Difference]:
        """All fields that would be otherwise."""
        return [*self._texts(standing.item, row), *self._fields(standing.item, row),
                *self._offers(standing.offers, row), *self._slots(standing.slots, row)]  # fmt: skip

    def _texts(self, item: CatalogItem, row: Mapping[str, object]) -> Iterator[Difference]:
        for field in TEXTS:
            before, after = getattr(item, field), _mapping(row.get(field))
            for language in sorted({*before, *after}):
                was, will = before.get(language, ""), str(after.get(language, ""))
                if was != will:
                    yield Difference(f"{self._name(field)} ({language})", _short(was), _short(will))

    def _fields(self, item: CatalogItem, row: Mapping[str, object]) -> Iterator[Difference]:
        for field in FIELDS:
            was, will = _plain(getattr(item, field)), _plain(row.get(field))
            if field in INSTANTS:
                was, will = _moment(was), _moment(will)
            if was != will:
                # Amounts are in the currency of their own time.
                before = self._said(field, was, item.currency)
                after = self._said(field, will, _text_or_none(row.get("currency")))
                yield Difference(self._name(field), before, after)

    def _offers(self, offers: Sequence[Offer], row: Mapping[str, object]) -> Iterator[Difference]:
        before = {offer.supplier: self._offer(offer.sku, offer.prefer, offer.cost_bp, stock=offer.in_stock)
                  for offer in offers}  # fmt: skip
        after = {
            str(each["supplier"]): self._offer(
                str(each["sku"]),
                _whole(each["prefer"]),
                _whole(each["cost_bp"]),
                stock=bool(each["in_stock"]),
            )
            for each in _mappings(row.get("offers"))
        }
        for supplier in sorted({*before, *after}):
            if before.get(supplier) != after.get(supplier):
                name = sayings.supplier_said(supplier, self.names.locale)
                yield Difference(name, before.get(supplier, ""), after.get(supplier, ""))

    def _slots(self, slots: Sequence[Slot], row: Mapping[str, object]) -> Iterator[Difference]:
        before = {
            slot.ref: self._slot(slot.starts_at, slot.venue, slot.capacity)
            for slot in slots
            if slot.gone_at is None
        }
        after = {
            str(each["ref"]): self._slot(
                _moment(each.get("starts_at")), _text_or_none(each.get("venue")), _whole(each["capacity"])
            )
            for each in _mappings(row.get("slots"))
        }
        for ref in sorted({*before, *after}):
            if before.get(ref) != after.get(ref):
                yield Difference(self._name("slots"), before.get(ref, ""), after.get(ref, ""))

    def _name(self, field: str) -> str:
        return sayings.field_said(field, self.names.locale)

    def _said(self, field: str, value: object, currency: str | None) -> str:
        locale = self.names.locale
        if value in (None, "", [], {}):
            return ""
        said: dict[str, Callable[[], str]] = {
            "kind": lambda: sayings.kind_said(str(value), locale),
            "delivery": lambda: sayings.delivery_said(str(value), locale),
            "supplier": lambda: sayings.supplier_said(str(value), locale),
            "visible_from": lambda: self._at(value),
            "visible_to": lambda: self._at(value),
            "other_amounts": lambda: " · ".join(
                f"{unit}: {_short(str(amounts))}" for unit, amounts in _mapping(value).items()
            ),
            "prices": lambda: " · ".join(self._money(each, unit) for unit, each in _mapping(value).items()),
        }
        if field in said:
            return said[field]()
        if field in AMOUNTS and currency is not None:
            amounts = value if isinstance(value, list) else [value]
            return _short(" · ".join(self._money(each, currency) for each in amounts))
        if isinstance(value, list):
            return _short(" · ".join(map(str, value)))
        return number(value, locale) if isinstance(value, int) else _short(str(value))

    def _money(self, amount: object, unit: str) -> str:
        return money(_whole(amount) or 0, unit, self.names.digits(unit), self.names.locale)

    def _at(self, value: object) -> str:
        at = _moment(value)
        return "" if at is None else moment(at, self.zone, self.names.locale)

    def _offer(self, sku: str, prefer: int | None, cost_bp: int | None, *, stock: bool) -> str:
        say = words(self.names.locale, "console").gettext
        cost = [] if cost_bp is None else [percent(cost_bp / 10_000, self.names.locale, 1)]
        return " · ".join([sku, str(prefer), *cost, say("In stock") if stock else say("Sold out")])

    def _slot(self, starts_at: datetime | None, venue: str | None, capacity: int | None) -> str:
        say = words(self.names.locale, "console").gettext
        when = say("Limited edition") if starts_at is None else self._at(starts_at)
        return " · ".join([when, *([venue] if venue else []), number(capacity or 0, self.names.locale)])


def _plain(value: object) -> object:
    """A value as it is compared: the same whether it comes from the catalog or out of a row."""
    return list(value) if isinstance(value, tuple) else value


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return value if isinstance(value, datetime) else None


def _short(text: str) -> str:
    return text if len(text) <= LETTERS_SHOWN else f"{text[:LETTERS_SHOWN]}…"
