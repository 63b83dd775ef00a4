"""The choice made behind a link: what the form says, what comes of it, and a kind word to a refusal."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.ledger.effects import Hold, Redeem, Refuse
from guerdon.program.model import Program
from guerdon.queries.orders.orders import list_orders
from guerdon.rules.choice.payment import Parts
from guerdon.rules.choice.prices import worth_of
from guerdon.store.database import UNAVAILABLE
from guerdon.values.ids import read, show
from guerdon.values.money import AMOUNT_MINOR_MAX, Money
from guerdon.web.member.catalog import show_item
from guerdon.web.member.devices import device_of
from guerdon.web.member.links.browsers import hold_others
from guerdon.web.member.links.proving import ask_proof
from guerdon.web.member.pages import Visit
from guerdon.web.member.views import missing_page, see_other, show_claim, visit_of
from guerdon.web.rooms import room

# Why a choice was refused, as the member reads it, and the answer's status.
NOTICES = {
    "expired": ("This reward has ended, so nothing was chosen. Whatever else you have is below.", 409),
    "pending": ("This reward cannot be used yet, so nothing was chosen.", 409),
    "changed": ("What there is to choose with has changed meanwhile. Please look and choose again.", 409),
    "unit:status": ("This counts for your status; nothing can be chosen for it.", 422),
    "withdrawn": ("What this reward was given for was canceled, so it was taken back.", 409),
    "sold_out": (
        "The last code of this item has just gone. Your reward is untouched: please choose another.",
        409,
    ),
    "balance": ("Your balance does not cover this reward at the moment, so nothing was chosen.", 409),
    "item:unknown": (
        "This item is not on offer any more. Your reward is untouched: please choose another.",
        422,
    ),
    "item:market": (
        "This item is not available in your country. Your reward is untouched: please choose another.",
        422,
    ),
    "item:policy": (
        "This item is not available in your country. Your reward is untouched: please choose another.",
        422,
    ),
    "item:value": (
        "This item cannot be had for this reward. Your reward is untouched: please choose another.",
        422,
    ),
    "busy": (
        "Many people are choosing right now. Please try again in a moment; no reward is ever used twice.",
        503,
    ),
    "item:hidden": (
        "This item is not on offer any more. Your reward is untouched: please choose another.",
        409,
    ),
    "item:locked": ("This is kept for some members, and not open to you yet. Nothing was chosen.", 409),
    "price": ("The price has changed in the meantime; the new one stands below. Nothing was chosen.", 409),
    "given": ("You gave this reward to somebody else, so nothing was chosen.", 409),
    "slot:unknown": ("This date is full or gone. Please choose another; your reward is untouched.", 409),
    "amount": ("This amount cannot be had. Please choose one of those below; nothing was chosen.", 422),
}
# These speak of the item, so its own page says them; all others end on the reward's.
OF_THE_ITEM = frozenset(
    {"price", "slot:unknown", "amount", "sold_out", "busy", "item:locked", "item:value", "balance"}
)
AMOUNT_DIGITS_MAX, PARTS_MAX = 19, 50
RATE = re.compile(r"[0-9]{1,19}(\.[0-9]{1,28})?")
NO_AMOUNT = Refuse(rule="", reason="amount")
BUSY = Refuse(rule="", reason="busy")
# A reward that was to help opens in another browser by now.
MOVED = Refuse(rule="", reason="changed")


@dataclass(frozen=True, slots=True)
class _Said:
    """What a form said of amounts: what is wanted, and what its page said that costs; or that it is none."""

    face: Money | None = None
    price_minor: int | None = None
    parts: Parts = ()
    beside: Money | None = None
    wrong: bool = False


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """Choose an item for a link's reward, once; then, and at every click after it, show what was chosen."""
    visit = visit_of(request, token)
    if visit is None:
        return missing_page(request)
    # A refusal stands at this address; who asks for it again wants the reward.
    elsewhere = ask_proof(request, token, visit) if request.method == "POST" else see_other(token)
    if elsewhere is not None:
        return elsewhere
    form = request.POST
    item, left, slot = form.get("item", "").replace("\0", ""), form.get("left"), form.get("slot")
    said = _amount_said(visit.program, form.get("amount", ""), form.get("unit", ""))
    if "rate" in form and said.face is not None:
        said = replace(said, price_minor=_price_said(visit.program, said.face, form["rate"]))
    choice = Choice(
        *(visit.program_id, visit.member_id, visit.reward_id, item, device_of(request.headers)),
        left_minor=None if left is None else _minor(left),
        face=said.face,
        price_minor=said.price_minor,
        parts=said.parts,
        beside=said.beside,
        slot_id=None if slot is None else read("slt", slot) or 0,
        gift=visit.gift,
        # What another browser has would come before these, and is not for this one to spend.
        fixed=visit.program.catalog.claim_links.one_time,
    )
    opens = partial(room().reading, visit.program_id, visit.member_id)
    held = None if said.wrong else hold_others(request, visit, [reward for reward, _ in said.parts])
    answer: Redeem | Hold | Refuse | None
    if said.wrong or held in {None, "elsewhere"}:
        answer = NO_AMOUNT if said.wrong else BUSY if held is None else MOVED
    else:
        answer = redeem(opens, visit.program, choice, visit.now)
    if answer is None:
        return missing_page(request)
    if isinstance(answer, Refuse) and answer.reason != "used":
        return _refused(request, token, visit, answer.reason, said)
    if isinstance(answer, Refuse):
        # Another click got through before: what it chose stands there.
        return see_other(_latest_order(token, visit))
    order = answer.request if isinstance(answer, Hold) else answer.order
    return see_other(f"{token}/orders/{show('ord', order)}")


def _refused(request: HttpRequest, token: str, visit: Visit, reason: str, said: _Said) -> HttpResponse:
    refusal, itm = NOTICES[reason], request.POST.get("from", "")
    if reason in OF_THE_ITEM and read("itm", itm) is not None:
        # Any amount that the reward does not cover: others may help, and their member sees which, and agrees.
        asked = said.face if reason == "item:value" and said.price_minor is None and not said.parts else None
        shown = show_item(request, token, visit, itm, refusal, asked)
        if shown.status_code in {refusal[1], 200}:
            return shown
    return show_claim(request, token, visit, refusal)


def _latest_order(token: str, visit: Visit) -> str:
    here = room()
    try:
        with here.reading(visit.program_id, visit.member_id) as tx:
            orders = list_orders(tx, here.vault, visit.program_id, visit.member_id)
    except UNAVAILABLE:
        return token
    mine = [order.id for order in orders if visit.shows(order) and not order.canceled_at]
    return f"{token}/orders/{show('ord', mine[0])}" if mine else token


def _amount_said(program: Program, text: str, unit_key: str) -> _Said:
    """What a form says: an amount in a unit, the price that stood beside it, and which rewards pay it."""
    if not text.strip():
        return _Said()
    face_text, _, more = text.partition(" ")
    price_text, *parts_said = more.split(" ")
    price = _minor(price_text) if price_text else None
    named = [each.partition(":") for each in parts_said[:PARTS_MAX]]
    parts = tuple((read("rwd", key) or 0, _minor(minor)) for key, _, minor in named if key.startswith("rwd_"))
    balances = [(key, _minor(minor)) for key, _, minor in named if not key.startswith("rwd_")]
    # One balance pays beside rewards, and none by itself here.
    if len(balances) > bool(parts):
        return _Said(wrong=True)
    beside = next((Money(minor, key) for key, minor in balances), None)
    if not face_text:
        return _Said(price_minor=price)
    unit = program.units.get(unit_key)
    try:
        face = Decimal(face_text) if len(face_text) <= AMOUNT_DIGITS_MAX and face_text.isascii() else None
    except InvalidOperation:
        face = None
    if unit is None or face is None or not face.is_finite() or face <= 0:
        return _Said(wrong=True)
    minor = face.scaleb(unit.digits)
    if minor != minor.to_integral_value() or minor > AMOUNT_MINOR_MAX:
        return _Said(wrong=True)
    return _Said(Money(int(minor), unit.key), price, parts, beside)


def _price_said(program: Program, face: Money, text: str) -> int:
    """What an amount costs by the rate that our page said; what no page ever said is no price."""
    unit, _, rate = text.partition(" ")
    if RATE.fullmatch(rate) is None:
        return -1
    then = replace(program, catalog=replace(program.catalog, worth={unit: (Decimal(rate), face.unit)}))
    price = worth_of(then, face, unit)
    return -1 if price is None else price


def _minor(text: str) -> int:
    """An amount that our page said; what no page ever said is none of it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= AMOUNT_DIGITS_MAX else -1
