"""Stems of words, by the dictionaries that every PostgreSQL has for our six languages."""

from collections.abc import Iterable

from guerdon.store import arrays
from guerdon.store.database import Transaction

DICTIONARIES = {
    "en": "english_stem",
    "es": "spanish_stem",
    "de": "german_stem",
    "fr": "french_stem",
    "ar": "arabic_stem",
    "id": "indonesian_stem",
}


def find_stems(tx: Transaction, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The stem of each word by its language; words that say nothing (`the`) have none."""
    asked = [each for each in dict.fromkeys(wanted) if each[0] in DICTIONARIES]
    if not asked:
        return {}
    rows = tx.execute(
        """
        select n, stems[1] from unnest(%s::text::text[], %s::text::text[]) with ordinality w (dict, word, n),
               lateral (select ts_lexize(dict::regdictionary, word)) s (stems)
        where stems <> '{}'
        """,
        (
            arrays.texts(f"pg_catalog.{DICTIONARIES[language]}" for language, _ in asked),
            arrays.texts(word for _, word in asked),
        ),
    ).fetchall()
    return {asked[n - 1]: stem for n, stem in rows}
