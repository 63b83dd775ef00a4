"""Letters: a row of the outbox written out for its recipient, for the channel whose turn it is.

Nothing here touches the database or a provider.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo

from guerdon.engine.deliveries.news import ANSWERED, FAILED, THERE
from guerdon.engine.gifts.proving import MESSAGE as PROOF
from guerdon.engine.messages.consents.confirming import link_about
from guerdon.engine.messages.consents.consenting import MESSAGE as CONFIRM
from guerdon.engine.messages.desk import Addressed, Desk
from guerdon.engine.messages.diverting import CHANGED, CODE
from guerdon.engine.messages.falling import topic_of
from guerdon.engine.messages.port import Address, ChannelKind, Content, Parcel, Phone, Push, Sms
from guerdon.engine.messages.telling import Said, Unwritable, tell
from guerdon.engine.orders.waiting import MESSAGE as PLACE
from guerdon.program.brand.mending import mend
from guerdon.program.brand.naming import brand_name, legal_line, sender_name, words_for_units
from guerdon.program.messages.accounts import takes_answers
from guerdon.program.model import Program
from guerdon.store.orders.news import OrderTold
from guerdon.store.orders.waits import Kept
from guerdon.text.letters import (
    ConfirmConsent,
    Dress,
    Mail,
    OrderNews,
    Own,
    PlaceOffered,
    Proof,
    RewardNews,
    RewardReady,
    WayOut,
    Ways,
    dressed,
    mail_language,
    render_confirm_consent,
    render_contact_changed,
    render_order_news,
    render_place_offered,
    render_proof,
    render_reward_news,
    render_reward_ready,
    write_code,
    write_contact_changed,
    write_own_mail,
    write_own_push,
    write_own_sms,
    write_push,
    write_sms,
)
from guerdon.text.templating import Mistake
from guerdon.text.units.words import naming_units
from guerdon.values.ids import show
from guerdon.values.proofs import proof_code
from guerdon.values.texts import FALLBACK_LANGUAGE, text_in

TELLS: Mapping[str, Literal["there", "failed", "answered"]] = {
    THERE: "there",
    FAILED: "failed",
    ANSWERED: "answered",
}
ASKED_FOR = frozenset({PROOF, CONFIRM, CODE, CHANGED})
# For so long a provider may keep trying to reach a phone that is switched off.
TTL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail; its name is plain letters, digits, dots and dashes."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered mail with its recipient: all that a channel needs."""

    id: int
    program_id: int
    program: str
    name: str
    address: str
    mail: Mail
    written_at: datetime
    # Where a mail program unsubscribes its reader by itself, by the web and by a mail; empty: it does not.
    unsubscribe_url: str = field(repr=False, default="")
    unsubscribe_mail: str = field(repr=False, default="")
    # Whom it is written to; none: no member.
    member_id: int | None = None
    attachments: tuple[Attachment, ...] = ()
    # Who it comes from, by name, where a brand says so.
    sender: str = ""


def write_letter(desk: Desk, to: Addressed, now: datetime) -> Letter:
    """Write the mail of a row that nothing hinders; raises `Unwritable`."""
    row, person = to.row, to.person
    market = row.market or ""
    name = text_in(brand_name(desk.program, market), _language(to))
    ways = _ways(desk, to)
    with dressed(dress_of(desk.program, market, _language(to), desk.public_url)):
        mail = _mail(desk, to, ways, now)
    return Letter(
        *(row.id, desk.program_id, name, person.name, person.email, mail, now),
        unsubscribe_url=ways.unsubscribe_url,
        member_id=row.member_id,
        sender=sender_name(desk.program, market, _language(to)),
    )


def dress_of(program: Program, market: str, language: str, public_url: str = "") -> Dress:
    """How mails to a market look; as they do without a brand where none is given.

    Without the address of the installation there is no icon: a mail lies elsewhere.
    """
    if not program.brand.is_given:
        return Dress()
    tokens = mend(program.brand.of(market).looks).tokens
    dark = tokens["dark"]
    legal = legal_line(program, market, language)
    mark = program.brand.of(market).icon
    # One address for all members: that somebody's mail program asks for it tells nothing of anybody.
    there = f"{public_url}/brand/{program.key}/files/{mark.mark}.png" if mark and public_url else ""
    words = words_for_units(program, market)
    return Dress(tokens["light"]["accent"], dark["accent"], dark["fill"], legal, there, words)


def write_parcel(
    desk: Desk, to: Addressed, there: tuple[ChannelKind, Address, UUID], now: datetime
) -> Parcel:
    """Write a row for another channel than e-mail; raises `Unwritable`."""
    row, (kind, address, ref) = to.row, there
    with naming_units(words_for_units(desk.program, row.market or "")):
        content = _content(desk, to, (kind, address), now)
    return Parcel(
        ref=ref,
        message_id=row.id,
        program_id=desk.program_id,
        member_id=row.member_id,
        kind=kind,
        address=address,
        language=_language(to),
        content=content,
        written_at=now,
        ttl=TTL,
        urgent=topic_of(row.message, desk.program).urgent,
        callback_url=desk.callback_url,
    )


def _language(to: Addressed) -> str:
    return mail_language(to.row.language or FALLBACK_LANGUAGE)


def _ways(desk: Desk, to: Addressed) -> Ways:
    topic = topic_of(to.row.message, desk.program)
    choices = desk.page("preferences", to)
    # A code or a link that was asked for has no way out: nothing of it is chosen.
    if to.row.message in ASKED_FOR:
        return Ways()
    one_click = desk.page("unsubscribe", to, f"{topic.key}|email") if topic.kind == "marketing" else ""
    return Ways(choices, one_click)


def _mail(desk: Desk, to: Addressed, ways: Ways, now: datetime) -> Mail:
    row, program, language = to.row, desk.program, _language(to)
    market = row.market or ""
    if row.message in ASKED_FOR:
        return _asked_for(desk, to, language)
    assert row.reward is not None or row.message in program.messages
    if row.message == PLACE or row.message in TELLS:
        assert row.reward is not None
        link, zone = desk.link(row.member_id, row.reward.id, now), _zone(program, market)
        if row.message == PLACE:
            offered = _offered((program, market), desk.places[row.id], zone.key, link, language)
            return render_place_offered(offered, language, market, ways)
        news = _news((program, market), row.message, desk.orders[row.id], zone, (link, language))
        return render_order_news(news, language, market, ways)
    said = tell(desk, to, now)
    if isinstance(said, Own):
        written = write_own_mail(said, ways)
        return written if isinstance(written, Mail) else _unwritable(written)
    render = render_reward_ready if isinstance(said, RewardReady) else render_reward_news
    return partial(render, said)(language, market, ways)  # type: ignore[arg-type]


def _asked_for(desk: Desk, to: Addressed, language: str) -> Mail:
    """What somebody asked for in that moment, and the word of it to whoever had the address until then."""
    row, name = to.row, text_in(brand_name(desk.program, to.row.market or ""), language)
    if row.message == CONFIRM:
        return render_confirm_consent(_confirming(desk, to), language)
    if row.message == CHANGED:
        return render_contact_changed(name, language)
    code = proof_code(desk.code_key, desk.program_id, row.member_id, row.id)
    return render_proof(Proof(name, code), language)


def _way_out(desk: Desk, to: Addressed, address: Address) -> WayOut | None:
    """How marketing by SMS is ended; where its sender takes no answer, on the page of preferences."""
    if topic_of(to.row.message, desk.program).kind != "marketing":
        return None
    country = address.country if isinstance(address, Phone) else ""
    answers = takes_answers(desk.program.channels.sms, country)
    return WayOut(answers, desk.page("preferences", to))


def _content(desk: Desk, to: Addressed, there: tuple[ChannelKind, Address], now: datetime) -> Content:
    language, market = _language(to), to.row.market or ""
    kind, address = there
    if to.row.message in {CODE, CHANGED}:
        return Sms(_text_elsewhere(desk, to))
    said = _confirming(desk, to) if to.row.message == CONFIRM else tell(desk, to, now)
    if kind == "sms":
        out = _way_out(desk, to, address)
        text = write_own_sms(said, out) if isinstance(said, Own) else write_sms(said, language, market, out)
        return Sms(text) if isinstance(text, str) else _unwritable(text)
    shown = write_own_push(said) if isinstance(said, Own) else write_push(said, language, market)
    if isinstance(shown, Mistake):
        return _unwritable(shown)
    return Push(shown.title, shown.body, _url(said), show("msg", to.row.id))


def _text_elsewhere(desk: Desk, to: Addressed) -> str:
    """The text message to a number that is to be a member's, or was it until now."""
    language = _language(to)
    name = text_in(brand_name(desk.program, to.row.market or ""), language)
    if to.row.message == CHANGED:
        return write_contact_changed(name, language)
    code = proof_code(desk.code_key, desk.program_id, to.row.member_id, to.row.id)
    return write_code(name, code, language)


def _url(said: Said | ConfirmConsent) -> str:
    match said:
        case Own():
            return said.url
        case ConfirmConsent():
            return said.confirm_url
        case RewardReady() | RewardNews():
            return said.claim_url


def _unwritable(mistake: Mistake) -> NoReturn:
    raise Unwritable(str(mistake))


def _confirming(desk: Desk, to: Addressed) -> ConfirmConsent:
    asked, language = desk.confirming[to.row.id], _language(to)
    topic = desk.program.topics.get(asked.topic)
    return ConfirmConsent(
        text_in(brand_name(desk.program, to.row.market or ""), language),
        text_in(topic.name, language) if topic else asked.topic,
        asked.channel,
        desk.page("confirm", to, link_about(asked.topic, asked.channel, to.row.event_id)),
    )


def _zone(program: Program, market: str) -> ZoneInfo:
    declared = program.markets.get(market)
    return ZoneInfo(declared.time_zone if declared else program.time_zone)


def _offered(where: tuple[Program, str], place: Kept, zone: str, link: str, language: str) -> PlaceOffered:
    """What is told of a place. `where`: the program, and the market in which it has its brand."""
    assert place.until is not None, "a place is told of that is nobody's"
    return PlaceOffered(
        program=text_in(brand_name(*where), language),
        item=text_in(place.names, language),
        venue=place.venue,
        starts_at=place.starts_at,
        until=place.until,
        zone=zone,
        item_url=f"{link}/catalog/{show('itm', place.item_id)}",
    )


def _news(
    where: tuple[Program, str], message: str, order: OrderTold, zone: ZoneInfo, to: tuple[str, str]
) -> OrderNews:
    """What is told of an order. `where` as above; `to`: the link that leads to it, and the language."""
    (program, _), (link, language) = where, to
    known = program.items.get(order.item)
    names = order.names or (known.name if known is not None else {FALLBACK_LANGUAGE: order.item})
    # The end is the first moment at which it is too late.
    until = order.until - timedelta(microseconds=1) if order.until else None
    return OrderNews(
        program=text_in(brand_name(*where), language),
        item=text_in(names, language),
        tells=TELLS[message],
        chosen_on=order.chosen_at.astimezone(zone).date(),
        back=order.back,
        last_on=until.astimezone(zone).date() if until else None,
        claim_url=link,
    )
