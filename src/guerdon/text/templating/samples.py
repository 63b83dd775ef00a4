"""Values that stand in for a member's when a template is checked or shown before anybody is written to.

They are as long as such values usually are in each language, since a subject that is right for "Ann" and
5 EUR is cut off for everybody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from guerdon.text.templating.filters import Reader
from guerdon.text.templating.names import NAMES, Amount, Kind, Value
from guerdon.values.texts import FALLBACK_LANGUAGE, Text, text_in

# Pages of members begin like this in samples, so that a sample's links are as long as real ones.
SAMPLE_ADDRESS = "https://rewards.example"
_TOKEN = "8f3k2m9q7r5t4v6w1x0y8f3k2m9q7r5t4v6w1x0y8f3k2m9q7r5t4v"  # noqa: S105  it opens nothing

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "member.name": "Alexandra Thompson",
        "friend.name": "Christopher Mitchell",
        "reward.rule": "Test drive completed",
        "item.name": "Weekend by the sea for two",
        "place.venue": "Old Harbour Hall",
    },
    "es": {
        "member.name": "María Fernández Ortega",
        "friend.name": "José Antonio Ramírez",
        "reward.rule": "Prueba de conducción realizada",
        "item.name": "Fin de semana junto al mar para dos",
        "place.venue": "Sala del Puerto Viejo",
    },
    "de": {
        "member.name": "Katharina Zimmermann",
        "friend.name": "Maximilian Schönfelder",
        "reward.rule": "Probefahrt abgeschlossen",
        "item.name": "Wochenende am Meer für zwei Personen",
        "place.venue": "Alte Hafenhalle",
    },
    "fr": {
        "member.name": "Élodie Lefèvre-Girard",
        "friend.name": "Jean-Baptiste Moreau",
        "reward.rule": "Essai sur route effectué",
        "item.name": "Week-end au bord de la mer pour deux",
        "place.venue": "Salle du Vieux-Port",
    },
    "ar": {
        "member.name": "نور الدين الهاشمي",
        "friend.name": "عبد الرحمن المنصوري",
        "reward.rule": "إتمام تجربة القيادة",
        "item.name": "عطلة نهاية الأسبوع على البحر لشخصين",
        "place.venue": "قاعة الميناء القديم",
    },
    "id": {
        "member.name": "Dewi Kartikasari",
        "friend.name": "Muhammad Rizky Pratama",
        "reward.rule": "Uji berkendara selesai",
        "item.name": "Akhir pekan di tepi laut untuk dua orang",
        "place.venue": "Balai Pelabuhan Lama",
    },
}
# September is long in most languages.
_DAY = date(2026, 9, 30)
_MOMENT = datetime(2026, 9, 30, 17, 45, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SampleMarket:
    """What a sample has to know of a market; its money is of this unit, and `amount_minor` a usual amount."""

    key: str
    language: str = FALLBACK_LANGUAGE
    zone: str = "UTC"
    name: Text = field(default_factory=dict)
    unit: str = "EUR"
    digits: int = 2
    amount_minor: int = 125_050

    def reader(self, language: str) -> Reader:
        """Somebody of this market who reads this language."""
        return Reader(language, self.key, self.zone)


def sample(language: str, market: SampleMarket, program: str = "Nordlys Circle") -> dict[str, Value]:
    """A value for every name there is, as a member of the market would read it in a language."""
    texts = _TEXTS.get(language.partition("-")[0], _TEXTS[FALLBACK_LANGUAGE])
    usual: Mapping[Kind, Value] = {
        "text": "",
        "money": Amount(market.amount_minor, market.unit, market.digits),
        "date": _DAY,
        "moment": _MOMENT,
        "number": 30,
        "link": f"{SAMPLE_ADDRESS}/c/{_TOKEN}",
    }
    named: Mapping[str, Value] = {
        **texts,
        "member.market": text_in(market.name, language) if market.name else market.key,
        "program.name": program,
        "order.number": "ORD-2026-004711",
        "preferences.link": f"{SAMPLE_ADDRESS}/p/{_TOKEN}",
    }
    return {key: named.get(key, usual[name.kind]) for key, name in NAMES.items()}


def poorest(values: Mapping[str, Value]) -> dict[str, Value]:
    """The same values without those that may be missing: all that some messages know."""
    return {key: value for key, value in values.items() if not NAMES[key].may_miss}
