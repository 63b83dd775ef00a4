"""Home: what a member has is worth today, what is ready and what ends, and what earns next."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.program.model import Rule
from guerdon.program.sentences import Naming
from guerdon.queries.app.standing import Ending, Standing, Usable, list_ending, list_standings, list_usable
from guerdon.queries.claims import list_asked_for, list_pending
from guerdon.rules.choice.prices import face_worth
from guerdon.store.database import Transaction
from guerdon.store.messages.inapp import load_shelf
from guerdon.text.rosette import banknote
from guerdon.values.ids import show
from guerdon.values.money import Money
from guerdon.values.texts import FALLBACK_LANGUAGE, Text
from guerdon.web.member.entering import Here, app_page, signed_in
from guerdon.web.member.pages import spelled
from guerdon.web.rooms import room

ENDS_SOON = timedelta(days=60)
EARN_MAX = 5


@dataclass(frozen=True, slots=True)
class UsableShown:
    """Something that can be used now, with the link to it; `balance`: it is all of a unit."""

    number: str
    link: str
    name: Text
    value: Money
    balance: bool
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Earning:
    """What earns something: what it is called, upon what, and how much where that is certain."""

    name: Text
    upon: str
    value: Money | None


@dataclass(frozen=True, slots=True)
class Have:
    """All that a member has: its worth today by currency, the greatest first, and their balances."""

    worth: Sequence[Money]
    balances: Sequence[Standing]
    debts: Sequence[Money]
    usable: Sequence[UsableShown]
    ending: Sequence[Ending]


@require_safe
@signed_in
def home(request: HttpRequest, here: Here) -> HttpResponse:
    """Show how a member stands."""
    with room().reading(*here.whose) as tx:
        have = load_have(tx, here)
        pending = list_pending(tx, *here.whose, 0)
        asked_for = list_asked_for(tx, *here.whose)
        shelf = load_shelf(tx, *here.whose)
    return app_page(
        request,
        here,
        "home",
        have=have,
        card_number=show("mem", here.member_id),
        banknote=banknote,
        pending=[(rule_name(here, each.rule), each.value, each.available_at) for each in pending],
        asked_for=[(rule_name(here, each.rule), each.value) for each in asked_for],
        unseen=shelf.unseen if shelf is not None else 0,
        earnings=earnings_of(here),
        invite=f"{here.link(0)}/invite" if here.program.referrals else "",
    )


def load_have(tx: Transaction, here: Here) -> Have:
    """Read what a member has."""
    standings = list_standings(tx, *here.whose, here.now)
    balances = [each for each in standings if not here.is_money(each.spendable.unit)]
    units = [unit.key for unit in here.program.units.values() if unit.kind != "money"]
    # What counts for a status alone buys nothing.
    spent = [unit.key for unit in here.program.units.values() if unit.kind == "status"]
    usable = [each for each in list_usable(tx, here.whose, units, here.now) if each.left.unit not in {*spent}]
    worth: Counter[str] = Counter()
    for each in standings:
        unit = each.spendable.unit
        value = each.spendable if here.is_money(unit) else face_worth(here.program, each.spendable)
        if value is not None and value.amount_minor > 0:
            worth[value.unit] += value.amount_minor
    left = {each.spendable.unit: each.spendable for each in standings}
    return Have(
        worth=[Money(amount, unit) for unit, amount in worth.most_common()],
        balances=balances,
        debts=[each.debt for each in standings if each.debt.amount_minor],
        usable=[_shown(here, each, left) for each in usable],
        ending=list_ending(tx, here.whose, here.now, here.now + ENDS_SOON),
    )


def rule_name(here: Here, key: str) -> Text:
    """What a rule is called; of one that the program has no more, its key as a word."""
    rule = here.program.rules.get(key)
    return rule.name if rule is not None else {FALLBACK_LANGUAGE: spelled(key)}


def earnings_of(here: Here) -> list[Earning]:
    """What earns something today in the member's market, by the rules that promise it to all."""
    today = here.local(here.now)
    rules = sorted(here.program.rules.values(), key=lambda rule: -rule.priority)
    found = [_earning(here, rule) for rule in rules if _is_open(here, rule, today)]
    return found[:EARN_MAX]


def _is_open(here: Here, rule: Rule, today: date) -> bool:
    if rule.reward is None or rule.promise != "public" or rule.campaign is not None or rule.segments:
        return False
    first, last = rule.valid
    in_time = (first is None or first <= today) and (last is None or today <= last)
    in_market = not rule.markets or here.market in rule.markets
    return in_time and in_market and rule.reward.unit_in(here.market) is not None


def _earning(here: Here, rule: Rule) -> Earning:
    assert rule.reward is not None
    naming = Naming(here.program, rule.when, here.locale)
    return Earning(rule.name, naming.event_label(rule.when), rule.reward.value_in(here.market))


def _shown(here: Here, each: Usable, left: dict[str, Money]) -> UsableShown:
    balance = not here.is_money(each.left.unit)
    return UsableShown(
        number=show("rwd", each.id),
        link=here.link(each.id),
        name=rule_name(here, each.rule),
        value=left.get(each.left.unit, each.left) if balance else each.left,
        balance=balance,
        expires_at=each.expires_at,
    )
