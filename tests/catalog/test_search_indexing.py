"""Changes of the catalog are found at once and whole; lists that grew find what lists made anew find."""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.sought import NOW, Sought, opened_catalog
from tests.servers import copied_database

from guerdon import embedded
from guerdon.rules.ranking import SOUND, Taste
from guerdon.store.catalog import indexing
from guerdon.store.catalog.indexing import reindex_items
from guerdon.text.words import fold, forms, misspelled_by, nearest, split
from guerdon.values.postings import CHUNK_SIZE, in_all, merged, numbers_set, pack

WORDS = ("amber", "bravo", "cedar", "delta", "ember", "fjord", "grove", "haven")
NUMBERS = st.sets(st.integers(0, 3 * CHUNK_SIZE), max_size=60)


@pytest.fixture(scope="module")
def sought(postgres: embedded.Server, migrated_template: str, secret: str) -> Iterator[Sought]:
    """Give a catalog that the tests of this file change one after the other."""
    with copied_database(postgres, migrated_template) as url:
        yield opened_catalog(url, secret)


def test_what_grew_is_what_is_made_anew(sought: Sought, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(3)  # noqa: S311  a seed, not a secret

    def answers() -> list[tuple[int, list[int]]]:
        asked = [*WORDS, "am", "gro", "cedra", "amber delta", ""]
        found = [sought.find(text, limit=100, sort="name") for text in asked]
        return [(each.total, sorted(hit.item.id for hit in each.items)) for each in found]

    names: dict[int, str] = {}
    for turn in range(12):
        changed = chance.sample(range(1, 40), 9)
        items = []
        for number in changed:
            names[number] = " ".join(chance.sample(WORDS, 2)).title()
            gone = NOW if chance.random() < 0.3 else None
            items.append({"id": number, "names": {"en": names[number]}, "gone_at": gone})
            if gone:
                del names[number]
        sought.put(*items)
        by_word = [sorted(n for n, name in names.items() if word.title() in name) for word in WORDS]
        assert [found for _, found in answers()[: len(WORDS)]] == by_word, turn
    grown = answers()
    with sought.opened() as tx:
        ((many,),) = tx.execute("select next_no from shelf_numbers where program_id = 1").fetchall()
        ((there,),) = tx.execute("select count(*) from catalog_items where gone_at is null").fetchall()
        reindex_items(tx, sought.program_id, None)
        ((few,),) = tx.execute("select next_no from shelf_numbers where program_id = 1").fetchall()
    assert (few, many > 60) == (there, True)
    assert answers() == grown
    # Former numbers are borne only so far.
    monkeypatch.setattr(indexing, "FORMER_MAX", 5)
    sought.put({"id": 1, "names": {"en": "Amber"}}, {"id": 2, "names": {"en": "Grove"}, "gone_at": NOW})
    sought.put(*({"id": n, "names": {"en": "Amber"}} for n in range(3, 12)))
    with sought.opened() as tx:
        rows = tx.execute("select next_no, (select count(*) from shelf_names) from shelf_numbers").fetchall()
    assert rows[0][0] - rows[0][1] <= max(5, rows[0][1] // 2)


def test_nobody_sees_half_of_a_change(sought: Sought) -> None:
    sought.put({"id": 60, "names": {"en": "Kestrel"}})
    with sought.opened() as tx:
        tx.execute(
            'update catalog_items set names = \'{"en": "Magpie"}\' where program_id = %s and id = 60',
            (sought.program_id,),
        )
        reindex_items(tx, sought.program_id, [60])
        assert (sought.ids("kestrel"), sought.ids("magpie ")) == ([60], [])
    assert (sought.ids("kestrel"), sought.ids("magpie")) == ([], [60])
    # It is not new because it is called otherwise.
    sought.put({"id": 61, "names": {"en": "Heron"}})
    with sought.opened() as tx:
        tx.execute("update catalog_items set changed_at = now() where id = 60")
        reindex_items(tx, sought.program_id, [60])
        rows = tx.execute("select distinct new_at from shelf where item_id in (60, 61)").fetchall()
    assert rows == [(NOW,)]


def test_an_item_in_several_markets_is_taken_out_of_one(sought: Sought) -> None:
    sought.put({"id": 70, "names": {"en": "Osprey"}, "markets": ["DE", "NO", "DE"]})
    assert (sought.ids("osprey"), sought.ids("osprey", market="NO")) == ([70], [70])
    sought.put({"id": 70, "names": {"en": "Osprey"}, "markets": ["NO"]})
    assert (sought.ids("osprey"), sought.ids("osprey", market="NO")) == ([], [70])


@given(one=NUMBERS, other=NUMBERS)
def test_lists_of_numbers_are_what_sets_are(one: set[int], other: set[int]) -> None:
    size = 3 * CHUNK_SIZE + 1

    def flags(numbers: set[int]) -> bytes:
        return merged([*pack(sorted(numbers)).items()], size)

    assert numbers_set(flags(one), 100) == sorted(one)
    both = in_all([flags(one), flags(other)], size).to_bytes(size, "little")
    assert numbers_set(both, 100) == sorted(one & other)
    assert numbers_set(flags(one), len(one) - 1) is None or not one
    # What came in after the end was asked for is not looked at.
    assert numbers_set(merged([*pack(sorted(one)).items()], 100), 200) == sorted(n for n in one if n < 100)


@pytest.mark.parametrize("size", [90, CHUNK_SIZE, CHUNK_SIZE + 3, 2 * CHUNK_SIZE, 3 * CHUNK_SIZE - 5])
def test_long_lists_are_put_together_as_short_ones_are(size: int) -> None:
    chance = Random(size)  # noqa: S311  a seed, not a secret
    # Some are of one number, some of nearly all, and what was asked before changes no answer.
    lists = [set(chance.sample(range(2 * CHUNK_SIZE + 9), many)) for many in (1, 255, 256, 5_000, 60_000)]
    for one in (*lists, *lists):
        for other in lists:
            packed = [*pack(sorted(one)).items(), *pack(sorted(other)).items()]
            met = merged(packed, size)
            assert len(met) == size
            assert numbers_set(met, size) == sorted(n for n in one | other if n < size)


@given(st.text(max_size=80))
def test_any_text_comes_apart_into_plain_words(text: str) -> None:
    for word in split(text):
        assert word
        for form in forms(word):
            assert form == fold(form)
            assert not form.isspace()
            assert "\x00" not in form


def test_nearest_words() -> None:
    assert misspelled_by("amzaon", "amazon") == 1
    assert misspelled_by("kaffee", "kafe") == 2
    assert nearest("amzaon", [("amazon", 1), ("amazing", 9)]) == "amazon"
    # Short words are never taken for others, and none is far from what it stands for.
    assert nearest("tae", [("tea", 9)]) is None
    assert nearest("shoe", [("shop", 1), ("shoes", 3)]) == "shoes"
    assert nearest("bicycle", [("recycle", 5)]) is None


def test_the_sound_ranking_trusts_what_was_chosen_often() -> None:
    once, often = SOUND.weigh(Taste({"a": 1})), SOUND.weigh(Taste({"a": 10, "b": 1}))
    assert 0 < once.categories["a"] < often.categories["a"] < SOUND.liked
    assert often.categories["b"] < often.categories["a"]
    assert SOUND.weigh(Taste()).categories == {}
    assert SOUND.weigh(Taste(marked=frozenset({5}))).items == {5: SOUND.marked}
