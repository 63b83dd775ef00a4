"""The code: a QR symbol and six digits that turn every thirty seconds; and what a phone keeps for offline.

The page is drawn with the code of now; its script turns it by the seed, which no other phone has.
"""

from base64 import b64encode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from guerdon.program.brand.naming import words_for_units
from guerdon.text.catalogs import words
from guerdon.text.formats import day, moment, money
from guerdon.text.qr import draw_qr
from guerdon.text.units.words import has_words, naming_units
from guerdon.values.app.cards import (
    KEY_PURPOSE,
    WINDOW_S,
    CardText,
    card_digits,
    card_seed,
    window_at,
    write_card,
)
from guerdon.values.money import Money
from guerdon.values.texts import text_in
from guerdon.web.member.app.home import load_have
from guerdon.web.member.entering import Here, app_page, signed_in
from guerdon.web.rooms import room

MILLISECONDS = 1_000


@require_safe
@signed_in
def code(request: HttpRequest, here: Here) -> HttpResponse:
    """Show the code of now."""
    digits = card_digits(_seed(here), window_at(here.now))
    text = write_card(CardText(here.program_id, here.member_id, digits))
    # Script draws it of the same size, so that nothing moves.
    return app_page(request, here, "code", digits=digits, qr=draw_qr(text, version=2), every=WINDOW_S)


@require_safe
@signed_in
def snapshot(request: HttpRequest, here: Here) -> HttpResponse:
    """What a phone keeps for when it is offline: dated, in words, with the seed of its code."""
    del request
    with room().reading(*here.whose) as tx:
        have = load_have(tx, here)
    say = words(here.locale, "app").gettext
    ready = [
        {
            "title": say("%(amount)s reward") % {"amount": written(here, each.value)},
            "about": text_in(each.name, here.locale),
            "until": say("Until %(day)s") % {"day": day(here.last_day(each.expires_at), here.locale)}
            if each.expires_at is not None
            else "",
        }
        for each in have.usable
    ]
    return JsonResponse(
        {
            "at": int(here.now.timestamp() * MILLISECONDS),
            "dated": moment(here.now, here.time_zone, here.locale),
            "worth": [written(here, each) for each in have.worth],
            "balances": [written(here, each.spendable) for each in have.balances],
            "rewards": ready,
            "seed": b64encode(_seed(here)).decode(),
            "head": write_card(CardText(here.program_id, here.member_id, "")),
        }
    )


def written(here: Here, value: Money) -> str:
    """An amount in words: money with its sign, any other unit with its name."""
    with naming_units(words_for_units(here.program, here.market)):
        text = money(value.amount_minor, value.unit, here.digits(value.unit), here.locale)
        named = here.is_money(value.unit) or has_words(value.unit)
    return text if named else f"{text} {value.unit.replace('_', ' ')}"


def _seed(here: Here) -> bytes:
    return card_seed(room().vault.key(KEY_PURPOSE), here.session.hash)
