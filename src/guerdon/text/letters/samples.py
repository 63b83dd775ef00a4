"""Every letter of ours with invented values, in each language: to look at, and to see when one changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from guerdon.text.letters.layout import Mail, Ways
from guerdon.text.letters.orders import OrderNews, PlaceOffered, render_order_news, render_place_offered
from guerdon.text.letters.own import Own, write_own_inapp, write_own_mail, write_own_push, write_own_sms
from guerdon.text.letters.proofs import ConfirmConsent, Proof, render_confirm_consent, render_proof
from guerdon.text.letters.rewards import RewardNews, RewardReady, render_reward_news, render_reward_ready
from guerdon.text.letters.short import (
    Notice,
    PushText,
    ShortSaid,
    WayOut,
    write_inapp,
    write_push,
    write_sms,
)
from guerdon.text.templating import Links, Mistake, SampleMarket, sample
from guerdon.values.sms import segments
from guerdon.values.texts import LANGUAGES, Text

PROGRAM = "Nordlys Circle"
ADDRESS = "https://rewards.example"
_TOKEN = "0123456789ABCDEFGHJKMNPQRSTVWXYZ0123456789ABCDEFGHJK"  # noqa: S105  it opens nothing
CLAIM_URL = f"{ADDRESS}/r/{_TOKEN}"
SERVICE_WAYS = Ways(preferences_url=f"{ADDRESS}/p/{_TOKEN}")
MARKETING_WAYS = Ways(SERVICE_WAYS.preferences_url, f"{ADDRESS}/u/{_TOKEN}")
# Of marketing by SMS whose sender takes no answer: the longer of the two.
WAY_OUT = WayOut(answers=False, url=SERVICE_WAYS.preferences_url)
# The market that stands for a language.
MARKETS: Mapping[str, SampleMarket] = {
    "en": SampleMarket("IE", "en", "Europe/Dublin"),
    "es": SampleMarket("ES", "es", "Europe/Madrid"),
    "de": SampleMarket("DE", "de", "Europe/Berlin"),
    "fr": SampleMarket("FR", "fr", "Europe/Paris"),
    "ar": SampleMarket("AE", "ar", "Asia/Dubai", unit="AED"),
    "id": SampleMarket("ID", "id", "Asia/Jakarta"),
}
_TOPICS = {
    "en": "Offers",
    "es": "Ofertas",
    "de": "Angebote",
    "fr": "Offres",
    "ar": "العروض",
    "id": "Penawaran",
}
_REASONS = {
    "en": "The test drive was canceled",
    "es": "La prueba de conducción se canceló",
    "de": "Die Probefahrt wurde abgesagt",
    "fr": "L\u2019essai sur route a été annulé",
    "ar": "أُلغيت تجربة القيادة",
    "id": "Uji berkendara dibatalkan",
}
_EARNED, _READY, _ENDS = date(2026, 2, 4), date(2026, 2, 18), date(2026, 8, 3)


@dataclass(frozen=True, slots=True)
class Written:
    """A letter in all the forms that it has."""

    mail: Mail
    sms: str | None = None
    push: PushText | None = None
    inapp: Notice | None = None


@dataclass(frozen=True, slots=True)
class _Push:
    title: Text
    body: Text


@dataclass(frozen=True, slots=True)
class _Extra:
    words: Text


@dataclass(frozen=True, slots=True)
class _OwnText:
    headline: Text
    subject_line: Text | None
    preheader: Text | None
    body: Text | None
    button: Text | None
    sms: Text | None
    push: _Push | None
    extra: tuple[_Extra, ...]


_OFFER = _OwnText(
    headline={
        "en": "{{#if member.name}}{{member.name}}, {{/if}}spring is here",
        "es": "{{#if member.name}}{{member.name}}, {{/if}}ya es primavera",
        "de": "{{#if member.name}}{{member.name}}, {{/if}}der Frühling ist da",
        "fr": "{{#if member.name}}{{member.name}}, {{/if}}voici le printemps",
        "ar": "{{#if member.name}}{{member.name}}، {{/if}}حلّ الربيع",
        "id": "{{#if member.name}}{{member.name}}, {{/if}}musim semi tiba",
    },
    subject_line={
        "en": "Spring is here",
        "es": "Ya es primavera",
        "de": "Der Frühling ist da",
        "fr": "Voici le printemps",
        "ar": "حلّ الربيع",
        "id": "Musim semi tiba",
    },
    preheader={
        "en": "A weekend by the sea",
        "es": "Un fin de semana junto al mar",
        "de": "Ein Wochenende am Meer",
        "fr": "Un week-end au bord de la mer",
        "ar": "عطلة على البحر",
        "id": "Akhir pekan di tepi laut",
    },
    body={
        "en": "You have {{balance.value}}.{{#if reward.ends}}\nUntil {{reward.ends|day}}.{{/if}}\n\n"
        "What about {{item.name}}?",
        "es": "Tiene {{balance.value}}.{{#if reward.ends}}\nHasta el {{reward.ends|day}}.{{/if}}\n\n"
        "¿Qué tal {{item.name}}?",
        "de": "Sie haben {{balance.value}}.{{#if reward.ends}}\nBis {{reward.ends|day}}.{{/if}}\n\n"
        "Wie wäre es mit {{item.name}}?",
        "fr": "Vous avez {{balance.value}}.{{#if reward.ends}}\nJusqu\u2019au {{reward.ends|day}}.{{/if}}\n\n"
        "Que diriez-vous de {{item.name}}\u00a0?",
        "ar": "لديك {{balance.value}}.{{#if reward.ends}}\nحتى {{reward.ends|day}}.{{/if}}\n\n"
        "هل يعجبك {{item.name}}؟",
        "id": "Anda punya {{balance.value}}.{{#if reward.ends}}\nHingga {{reward.ends|day}}.{{/if}}\n\n"
        "Bagaimana dengan {{item.name}}?",
    },
    button={
        "en": "Look",
        "es": "Ver",
        "de": "Ansehen",
        "fr": "Découvrir",
        "ar": "شاهد",
        "id": "Lihat",
    },
    sms=None,
    push=None,
    extra=(
        _Extra(
            {
                "en": "Bring a friend, and both of you get something.",
                "es": "Traiga a un amigo y los dos reciben algo.",
                "de": "Bringen Sie jemanden mit, dann bekommen beide etwas.",
                "fr": "Amenez quelqu\u2019un, et vous recevrez tous deux quelque chose.",
                "ar": "ادعُ صديقًا ليحصل كل منكما على شيء.",
                "id": "Ajak seorang teman, dan kalian berdua mendapat sesuatu.",
            }
        ),
    ),
)
_FACTS = frozenset({"member.name", "balance.value", "item.name", "reward.ends"})


def _amounts(language: str) -> tuple[int, str, int]:
    return 20_000, MARKETS[language].unit, 2


def _told(language: str, text: ShortSaid, mail: Mail) -> Written:
    market = MARKETS[language].key
    return Written(
        mail,
        write_sms(text, language, market),
        write_push(text, language, market),
        write_inapp(text, language, market),
    )


def _ready(language: str, *, again: bool = False, chosen: bool = True) -> Written:
    amount_minor, unit, digits = _amounts(language)
    reason = str(sample(language, MARKETS[language])["reward.rule"])
    said = RewardReady(
        PROGRAM, reason, amount_minor, unit, digits, _EARNED, _ENDS, CLAIM_URL, again=again, chosen=chosen
    )
    mail = render_reward_ready(said, language, MARKETS[language].key, SERVICE_WAYS)
    return _told(language, said, mail)


def reward_news(language: str, tells: str) -> RewardNews:
    """What is told of an invented reward."""
    amount_minor, unit, digits = _amounts(language)
    reason = str(sample(language, MARKETS[language])["reward.rule"])
    common = (reason, amount_minor, unit, digits, _EARNED, CLAIM_URL)
    match tells:
        case "earned":
            return RewardNews(PROGRAM, "earned", *common, ready_on=_READY)
        case "taken_back":
            return RewardNews(PROGRAM, "taken_back", *common, why=_REASONS[language])
        case "waiting":
            return RewardNews(PROGRAM, "waiting", *common, last_on=_ENDS, waited_days=30)
        case _:
            return RewardNews(PROGRAM, "expiring", *common, last_on=_ENDS)


def _news(tells: str) -> Callable[[str], Written]:
    def write(language: str) -> Written:
        said = reward_news(language, tells)
        return _told(language, said, render_reward_news(said, language, MARKETS[language].key, SERVICE_WAYS))

    return write


def _order(tells: str) -> Callable[[str], Written]:
    def write(language: str) -> Written:
        item = str(sample(language, MARKETS[language])["item.name"])
        match tells:
            case "there":
                said = OrderNews(PROGRAM, item, "there", _EARNED, False, None, CLAIM_URL)
            case "answered":
                said = OrderNews(PROGRAM, item, "answered", _EARNED, False, None, CLAIM_URL)
            case _:
                said = OrderNews(PROGRAM, item, "failed", _EARNED, True, _ENDS, CLAIM_URL)
        return Written(render_order_news(said, language, MARKETS[language].key, SERVICE_WAYS))

    return write


def _place(language: str) -> Written:
    market = MARKETS[language]
    values = sample(language, market)
    place = PlaceOffered(
        program=PROGRAM,
        item=str(values["item.name"]),
        venue=str(values["place.venue"]),
        starts_at=datetime(2026, 3, 21, 17, 30, tzinfo=UTC),
        until=datetime(2026, 2, 5, 9, 41, tzinfo=UTC),
        zone=market.zone,
        item_url=f"{CLAIM_URL}/catalog/itm_0123456789",
    )
    return Written(render_place_offered(place, language, market.key, SERVICE_WAYS))


def _proof(language: str) -> Written:
    return Written(render_proof(Proof(PROGRAM, "493817"), language))


def confirm_consent(language: str) -> ConfirmConsent:
    """What is asked of somebody invented."""
    return ConfirmConsent(PROGRAM, _TOPICS[language], "email", f"{ADDRESS}/k/{_TOKEN}")


def _confirm(language: str) -> Written:
    said = confirm_consent(language)
    return _told(language, said, render_confirm_consent(said, language))


def _own(language: str) -> Written:
    market = MARKETS[language]
    own = Own(
        words=_OFFER,
        program=PROGRAM,
        facts=_FACTS,
        values=sample(language, market),
        reader=market.reader(language),
        links=Links(own=ADDRESS),
        url=f"{CLAIM_URL}/catalog",
    )
    mail, sms = write_own_mail(own, MARKETING_WAYS), write_own_sms(own, WAY_OUT)
    push, inapp = write_own_push(own), write_own_inapp(own)
    assert not isinstance(mail, Mistake), mail
    assert not isinstance(sms, Mistake), sms
    assert not isinstance(push, Mistake), push
    assert not isinstance(inapp, Mistake), inapp
    return Written(mail, sms, push, inapp)


LETTERS: Mapping[str, Callable[[str], Written]] = {
    "reward_ready": _ready,
    "reward_link": lambda language: _ready(language, again=True, chosen=False),
    "reward_again": lambda language: _ready(language, again=True),
    "reward_earned": _news("earned"),
    "reward_taken_back": _news("taken_back"),
    "reward_waiting": _news("waiting"),
    "reward_expiring": _news("expiring"),
    "confirm_consent": _confirm,
    "proof": _proof,
    "place_offered": _place,
    "order_there": _order("there"),
    "order_failed": _order("failed"),
    "order_answered": _order("answered"),
    "own_text": _own,
}


def in_files() -> dict[str, str]:
    """Every letter in every language, by name of file: `reward_ready/de.html`; `.txt` has the plain forms."""
    files = {}
    for name, write in LETTERS.items():
        for language in LANGUAGES:
            written = write(language)
            files[f"{name}/{language}.html"] = f"{written.mail.html}\n"
            files[f"{name}/{language}.txt"] = _plain_forms(written)
    return files


def _plain_forms(written: Written) -> str:
    parts = [f"Subject: {written.mail.subject}\n\n{written.mail.text}"]
    if written.sms is not None:
        counted = segments(written.sms)
        parts.append(f"--- SMS, {counted.encoding}, parts: {counted.count}\n{written.sms}\n")
    if written.push is not None:
        parts.append(f"--- push\n{written.push.title}\n{written.push.body}\n")
    if written.inapp is not None:
        inapp = written.inapp
        parts.append(f"--- in the app\n{inapp.title}\n{inapp.body}\n[{inapp.button}]\n")
    return "\n".join(parts)
