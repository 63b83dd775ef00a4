"""Which of a member's orders go onto a phone, and what stands on them."""

from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from guerdon.channels.passes.apple import CONTENT_TYPE, write_pass
from guerdon.channels.passes.card import Card, CardKind, Livery, symbology_of
from guerdon.channels.passes.google import Saved, is_savable, save_link
from guerdon.program.brand.mending import mend
from guerdon.program.brand.naming import brand_name
from guerdon.program.model import Program
from guerdon.queries.orders.orders import MemberOrder
from guerdon.values.money import Money
from guerdon.web.brands.serving import market_of
from guerdon.web.member.handed import OrderShown, is_safe_link
from guerdon.web.member.pages import Visit
from guerdon.web.rooms import room

Wallet = Literal["apple", "google"]
PURPOSE = "passes"
# Enough that no two orders share it, and it fits into a link.
SERIAL_DIGITS = 24
KINDS: dict[str, CardKind] = {"gift_card": "gift_card", "prepaid": "gift_card", "experience": "ticket"}
# Nothing of these counts any more.
OVER = frozenset({"failed", "canceled", "returned"})


def is_over(order: MemberOrder) -> bool:
    """Whether an order has nothing to show any more."""
    return order.state in OVER or order.code_state == "void"


def wallets_of(visit: Visit, order: MemberOrder, shown: OrderShown) -> list[Wallet]:
    """Which wallets an order can go into: only those that we can sign for now."""
    card, keys = _card(visit, order, shown), room().pass_keys
    found: list[Wallet] = []
    if card is None:
        return found
    if keys.apple is not None and keys.apple.is_valid(visit.now):
        found.append("apple")
    if keys.google is not None and is_savable(card, keys.google, _reader(visit, shown)):
        found.append("google")
    return found


def write_apple(visit: Visit, order: MemberOrder, shown: OrderShown) -> HttpResponse:
    """Answer with the pass of an order that `wallets_of` lets into Apple's."""
    card, keys = _card(visit, order, shown), room().pass_keys.apple
    assert card is not None
    assert keys is not None, "asked of what can be signed alone"
    answer = HttpResponse(write_pass(card, keys), content_type=CONTENT_TYPE)
    answer.headers["Content-Disposition"] = 'attachment; filename="reward.pkpass"'
    return answer


def google_link(visit: Visit, order: MemberOrder, shown: OrderShown) -> str:
    """Where Google saves the pass of an order that `wallets_of` lets into theirs."""
    card, keys = _card(visit, order, shown), room().pass_keys.google
    assert card is not None
    assert keys is not None, "asked of what can be signed alone"
    link = save_link(card, keys, _reader(visit, shown))
    assert link is not None, "asked of what fits alone"
    return link


def _reader(visit: Visit, shown: OrderShown) -> Saved:
    there = urlsplit(room().settings.public_url)
    return Saved(shown.locale, f"{there.scheme}://{there.netloc}", visit.now)


def _card(visit: Visit, order: MemberOrder, shown: OrderShown) -> Card | None:
    """What a phone shows of an order; None where there is nothing to show, yet or any more."""
    ended = order.good_until is not None and order.good_until <= visit.now
    if order.state != "fulfilled" or is_over(order) or ended:
        return None
    # A bar code before a code to be typed in, where a supplier gives both.
    codes = sorted((each for each in order.handed if each.kind in {"code", "barcode"}), key=lambda e: e.kind)
    links = [each.text for each in order.handed if each.kind == "url" and is_safe_link(each.text)]
    if not codes and not links:
        return None
    code = codes[0] if codes else None
    starts_at, ends_at, venue = order.slot or (None, None, None)
    zone = ZoneInfo(shown.time_zone)

    def local(instant: datetime | None) -> datetime | None:
        """As clocks show it there: Google writes down the hour it is told, whatever the offset beside it."""
        return instant.astimezone(zone) if instant is not None else None

    return Card(
        serial=room().vault.index(PURPOSE, f"{visit.program_id}|{order.id}").hex()[:SERIAL_DIGITS],
        kind=KINDS.get(shown.kind, "voucher"),
        brand=brand_name(visit.program, market_of(visit.program, shown.locale)),
        name=shown.name,
        code=code.text if code else "",
        symbology=symbology_of(code.text, code.format) if code else "",
        pin=next((each.text for each in order.handed if each.kind == "pin"), ""),
        link=links[0] if links else "",
        notes=tuple(each.text for each in order.handed if each.kind == "note"),
        use=shown.use,
        worth=_worth(visit.program, shown),
        digits=shown.digits((shown.face or shown.value).unit),
        starts_at=local(starts_at),
        ends_at=local(ends_at),
        venue=venue or "",
        until=local(order.good_until),
        livery=_livery(visit.program, market_of(visit.program, shown.locale)),
    )


def _livery(program: Program, market: str) -> Livery:
    brand = program.brand.of(market)
    tokens = mend(brand.looks).tokens["light"]
    icon = brand.icon.body if brand.icon is not None else b""
    return Livery(tokens["card"], tokens["card-ink"], tokens["foil"], icon)


def _worth(program: Program, shown: OrderShown) -> Money | None:
    """What it is worth, where that is money; what it cost in points says nothing of that."""
    found = shown.face or shown.value
    unit = program.units.get(found.unit)
    return found if shown.face is not None or (unit is not None and unit.kind == "money") else None
