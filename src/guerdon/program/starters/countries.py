"""Countries that a starter can begin in: names in our languages, the language of its members, its clock."""

from dataclasses import dataclass
from typing import NamedTuple

from guerdon.values.texts import LANGUAGES


class Country(NamedTuple):
    """A market as a starter writes it: its key, the language it is written to, its zone, and its names."""

    key: str
    language: str
    time_zone: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    # key, language, zone, then names in the order of our languages: en, es, de, fr, ar, id.
    text: str

    def read(self) -> dict[str, Country]:
        found = {}
        for line in self.text.strip().splitlines():
            key, language, zone, *names = (part.strip() for part in line.split("|"))
            assert len(names) == len(LANGUAGES), line
            found[key] = Country(key, language, zone, tuple(names))
        return found


COUNTRIES = _Rows("""
AE|ar|Asia/Dubai|United Arab Emirates|Emiratos Árabes Unidos|Vereinigte Arabische Emirate|Émirats arabes unis|الإمارات العربية المتحدة|Uni Emirat Arab
AT|de|Europe/Vienna|Austria|Austria|Österreich|Autriche|النمسا|Austria
AU|en|Australia/Sydney|Australia|Australia|Australien|Australie|أستراليا|Australia
BE|fr|Europe/Brussels|Belgium|Bélgica|Belgien|Belgique|بلجيكا|Belgia
CH|de|Europe/Zurich|Switzerland|Suiza|Schweiz|Suisse|سويسرا|Swiss
DE|de|Europe/Berlin|Germany|Alemania|Deutschland|Allemagne|ألمانيا|Jerman
DK|en|Europe/Copenhagen|Denmark|Dinamarca|Dänemark|Danemark|الدنمارك|Denmark
ES|es|Europe/Madrid|Spain|España|Spanien|Espagne|إسبانيا|Spanyol
FR|fr|Europe/Paris|France|Francia|Frankreich|France|فرنسا|Prancis
GB|en|Europe/London|United Kingdom|Reino Unido|Vereinigtes Königreich|Royaume-Uni|المملكة المتحدة|Britania Raya
ID|id|Asia/Jakarta|Indonesia|Indonesia|Indonesien|Indonésie|إندونيسيا|Indonesia
IT|en|Europe/Rome|Italy|Italia|Italien|Italie|إيطاليا|Italia
MX|es|America/Mexico_City|Mexico|México|Mexiko|Mexique|المكسيك|Meksiko
NL|en|Europe/Amsterdam|Netherlands|Países Bajos|Niederlande|Pays-Bas|هولندا|Belanda
NO|en|Europe/Oslo|Norway|Noruega|Norwegen|Norvège|النرويج|Norwegia
PL|en|Europe/Warsaw|Poland|Polonia|Polen|Pologne|بولندا|Polandia
PT|en|Europe/Lisbon|Portugal|Portugal|Portugal|Portugal|البرتغال|Portugal
SA|ar|Asia/Riyadh|Saudi Arabia|Arabia Saudí|Saudi-Arabien|Arabie saoudite|السعودية|Arab Saudi
SE|en|Europe/Stockholm|Sweden|Suecia|Schweden|Suède|السويد|Swedia
US|en|America/New_York|United States|Estados Unidos|Vereinigte Staaten|États-Unis|الولايات المتحدة|Amerika Serikat
""").read()  # noqa: E501  a country is a line
# Money with two digits after the point, so that a starter's amounts can be written in any of it.
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "AED", "SAR", "AUD", "MXN", "IDR")
ZONES = ("UTC", *sorted({country.time_zone for country in COUNTRIES.values()}))
