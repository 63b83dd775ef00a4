"""Who may be told an offer: 27 markets of the EU, five channels, six states of consent, all by one table.

What is expected is written here by hand from the law and from what each market says, not by the code it
checks.
"""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from tests.conscience.asking import ACCOUNT, CODES, NOON, OFFERS, answer

from guerdon.program.messages.nouns import CHANNELS, ChannelKind, Contact, Manners, Quiet
from guerdon.rules.conscience import Ask, Go, Held, Known, No
from guerdon.rules.conscience.nouns import Standing

EU = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)
# What a program might say: strict markets, one with confirmation by two channels, and some with the soft
# rule.
CONFIRMED_BY: dict[str, tuple[ChannelKind, ...]] = {
    "DE": ("email", "sms", "whatsapp"),
    "AT": ("email",),
    "LU": ("email",),
}
SOFT = frozenset({"SE", "DK", "IE", "AT", "FI"})
SINCE = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)
BOUGHT = datetime(2026, 3, 1, 12, tzinfo=UTC)
STATES: dict[str, tuple[Standing | None, bool]] = {
    "nothing": (None, False),
    "bought": (None, True),
    "asked": ("asked", True),
    "given": ("given", False),
    "confirmed": ("confirmed", False),
    "withdrawn": ("withdrawn", True),
}


def law() -> Contact:
    own = {
        market: Manners(
            consent="soft" if market in SOFT else "opt_in",
            double_opt_in=CONFIRMED_BY.get(market, ()),
            said=("consent", "double_opt_in"),
        )
        for market in EU
    }
    return Contact(sales=("order.paid",), markets=own)


def known(state: str) -> Known:
    standing, bought = STATES[state]
    held = None if standing is None else Held(7, standing, SINCE)
    return Known(consent=held, bought_at=BOUGHT if bought else None)


def expected(market: str, channel: str, state: str) -> str:
    """What the table says, in words: go by a consent, go by a sale, or the reason for not going."""
    match state:
        case "confirmed":
            return "consent 7"
        case "given":
            return "consent:unconfirmed" if channel in CONFIRMED_BY.get(market, ()) else "consent 7"
        case "bought" if market in SOFT and channel in {"email", "sms"}:
            return "soft@2026-03-01"
        case "nothing" | "bought":
            return "consent:none"
        case "asked":
            return "consent:asked"
        case _:
            # Half past ten in the evening in UTC is the next day in most of the EU.
            return "consent:withdrawn@2026-05-05"


def words(found: object) -> str:
    match found:
        case Go(consent_id=int(number), exception=""):
            return f"consent {number}"
        case Go(consent_id=None, exception=exception):
            return exception
        case No(reason=reason, everywhere=False):
            return reason
    return repr(found)


def test_the_table_has_all_of_the_union() -> None:
    assert len(set(EU)) == 27
    assert len(CHANNELS) == 5
    assert len(STATES) == 6


@pytest.mark.parametrize("market", EU)
@pytest.mark.parametrize("channel", CHANNELS)
def test_an_offer_goes_by_the_law_of_its_market(market: str, channel: ChannelKind) -> None:
    ask = Ask(1, OFFERS, channel, market, "Europe/Berlin", NOON)
    found = {state: words(answer(law(), ask, known(state))) for state in STATES}
    assert found == {state: expected(market, channel, state) for state in STATES}


@pytest.mark.parametrize("market", EU)
@pytest.mark.parametrize("channel", CHANNELS)
def test_service_needs_no_consent_to_marketing(market: str, channel: ChannelKind) -> None:
    ask = Ask(1, ACCOUNT, channel, market, "Europe/Berlin", NOON)
    shall = dict.fromkeys(STATES, "service")
    if channel != "inapp":
        shall["withdrawn"] = "consent:withdrawn@2026-05-05"
    if channel == "whatsapp":
        # Its owner wants a consent for everything; nothing excepts from it.
        shall = {state: expected(market, channel, state) for state in STATES}
    assert {state: words(answer(law(), ask, known(state))) for state in STATES} == shall


def test_the_soft_rule_is_for_goods_of_ones_own_after_a_sale() -> None:
    ask = Ask(1, OFFERS, "email", "SE", "Europe/Stockholm", NOON)
    assert words(answer(law(), ask, Known(bought_at=BOUGHT))) == "soft@2026-03-01"
    of_others = replace(ask, topic=replace(OFFERS, similar_goods=False))
    assert answer(law(), of_others, Known(bought_at=BOUGHT)) == No("consent:none")
    assert answer(law(), replace(ask, now=BOUGHT.replace(day=1, hour=11)), Known(bought_at=BOUGHT)) == No(
        "consent:none"
    )


def test_an_account_is_no_sale() -> None:
    ask = Ask(1, OFFERS, "email", "SE", "Europe/Stockholm", NOON)
    assert answer(law(), ask, Known()) == No("consent:none")


def test_no_address_comes_before_everything_then_what_is_suppressed_then_consent() -> None:
    ask = Ask(1, OFFERS, "sms", "DE", "Europe/Berlin", NOON)
    withdrawn = known("withdrawn").consent
    everything = Known(consent=withdrawn, suppressed="stop", address="retired")
    assert answer(law(), ask, everything) == No("address:retired")
    assert answer(law(), ask, replace(everything, address="usable")) == No("suppressed:stop")
    assert answer(law(), ask, Known(consent=withdrawn)) == No("consent:withdrawn@2026-05-05")


@pytest.mark.parametrize("why", ["bounce", "complaint", "stop"])
def test_what_is_suppressed_gets_no_code_either(why: str) -> None:
    ask = Ask(1, CODES, "email", "DE", "Europe/Berlin", NOON, requested=True)
    assert answer(law(), ask, Known(suppressed=why)) == No(f"suppressed:{why}")  # type: ignore[arg-type]


def test_what_was_asked_for_just_now_goes_though_service_was_withdrawn() -> None:
    ask = Ask(1, ACCOUNT, "email", "DE", "Europe/Berlin", NOON)
    assert isinstance(answer(law(), ask, known("withdrawn")), No)
    went = answer(law(), replace(ask, requested=True), known("withdrawn"))
    assert went == Go(None, "requested", NOON.date(), counts=False)


def test_no_offer_goes_by_being_called_urgent_or_asked_for() -> None:
    ask = Ask(1, OFFERS, "email", "DE", "Europe/Berlin", NOON, urgent=True, requested=True)
    assert answer(law(), ask, known("nothing")) == No("consent:none")
    night = Contact(everywhere=Manners(quiet=Quiet(time(8), time(20))))
    assert not isinstance(answer(night, ask, known("confirmed")), Go)


def test_a_market_that_says_nothing_has_what_holds_everywhere() -> None:
    contact = Contact(
        everywhere=Manners(double_opt_in=("email",)),
        markets={"FR": Manners(consent="soft", said=("consent",))},
    )
    ask = Ask(1, OFFERS, "email", "NO", "Europe/Oslo", NOON)
    assert answer(contact, ask, known("given")) == No("consent:unconfirmed")
    # And one that says something has the rest of it.
    assert answer(contact, replace(ask, market="FR"), known("given")) == No("consent:unconfirmed")


def test_without_a_zone_nothing_is_decided() -> None:
    ask = Ask(1, OFFERS, "email", "DE", "Europe/Berlin", NOON)
    with pytest.raises(ValueError, match="Mars/Olympus"):
        answer(law(), replace(ask, zone="Mars/Olympus"), known("given"))
    with pytest.raises(ValueError, match="time zone"):
        answer(law(), replace(ask, now=NOON.replace(tzinfo=None)), known("given"))
