"""What is found, counted and ordered: every figure is the one that a naive look at all items gives."""
# ruff: noqa: RUF001  Arabic and accents are what this is about

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.catalog.sought import NOW, Sought, opened_catalog
from tests.servers import copied_database

from guerdon import embedded
from guerdon.queries.catalog.taste import load_taste
from guerdon.rules.ranking import SOUND, Taste
from guerdon.store.catalog.favorites import mark_favorite, unmark_favorite
from guerdon.store.catalog.indexing import reindex_items
from guerdon.store.database import connect, transaction
from guerdon.store.privacy.forgetting import forget_members
from guerdon.values.money import Money

KINDS = ("gift_card", "product", "donation")
BRANDS = ("Alba", "Borealis", "Crown", "")
CATEGORIES = ("coffee", "sports", "books")
SPREAD = 60


def spread() -> Iterator[dict[str, Any]]:
    """Items of every combination that matters, in amounts from 5 to 300."""
    for n in range(SPREAD):
        yield {
            "id": 1000 + n,
            "brand": BRANDS[n % 4],
            "category": CATEGORIES[n % 3],
            "kind": KINDS[n // 2 % 3],
            "delivery": "physical" if n // 2 % 3 == 1 else "code",
            "denominations": [500 * (n % 60 + 1), 500 * (n % 60 + 3)],
            "prices": {"PTS": 100 + n} if n % 10 == 0 else {},
            "names": {"en": f"Common thing {n:02d}"},
            "popularity": n * n,
            "lead_minutes": n % 7 * 60,
        }


ONES = (
    {"id": 1, "names": {"en": "Roasted coffee beans", "de": "Geröstete Kaffeebohnen", "fr": "Café en grains",
                        "es": "Café tostado en granos", "id": "Minuman kopi panggang",
                        "ar": "حُبوب القهــوة المُحمّصة"}, "brand": "Würzbrunn", "category": "coffee"},
    {"id": 2, "names": {"en": "Running shoes", "de": "Laufschuhe", "es": "Zapatillas de niño",
                        "fr": "Chaussures d'été", "ar": "أحذية رياضية", "id": "Sepatu lari"},
     "category": "sports", "brand": "L'Oréal"},
    {"id": 3, "names": {"en": "Only in Norway"}, "markets": ["NO"]},
    {"id": 4, "names": {"en": "Vanished lantern"}, "gone_at": NOW},
    {"id": 5, "names": {"en": "Tomorrow lantern"}, "visible_from": NOW + timedelta(seconds=1)},
    {"id": 6, "names": {"en": "Yesterday lantern"}, "visible_to": NOW},
    {"id": 7, "names": {"en": "Locked lantern"}, "segments": ["gold", "vip"]},
    {"id": 8, "names": {"en": "Open lantern"}, "visible_from": NOW, "visible_to": NOW + timedelta(seconds=1)},
    {"id": 9, "names": {"en": "Plain mug"},
     "abouts": {"en": "Made for espresso lovers", "de": "Für Genießer"}},
    {"id": 10, "names": {"en": "Ticket 2024"}, "abouts": {"en": "entrance"}, "denominations": [],
     "range_min": 1000, "range_max": 5000, "range_step": 250},
    {"id": 11, "names": {"en": "Espresso machine"}, "denominations": [20_000]},
    {"id": 12, "names": {"en": "Waterfall"}, "kind": "experience"},
)  # fmt: skip


@pytest.fixture(scope="module")
def sought(postgres: embedded.Server, migrated_template: str, secret: str) -> Iterator[Sought]:
    """Give a catalog that the tests of this file only look at."""
    with copied_database(postgres, migrated_template) as url:
        made = opened_catalog(url, secret)
        made.put(*ONES, *spread())
        yield made


@pytest.mark.parametrize(
    ("language", "typed", "found"),
    [
        # A stem that is not the word itself.
        ("en", "roasting bean", 1), ("de", "geröstet kaffeebohne", 1), ("fr", "cafés grain", 1),
        ("es", "tostados", 1), ("ar", "حبوب محمصة", 1), ("id", "dipanggang", 1),
        # Without accents, with two letters for an umlaut, without vowels, hamzas and tatweel.
        ("de", "gerostete ", 1), ("de", "geroestete ", 1), ("de", "wuerzbrunn", 1), ("en", "wurzbrunn ", 1),
        ("fr", "cafe ", 1), ("es", "nino ", 2), ("fr", "ete ", 2), ("ar", "قهوه ", 1), ("ar", "القهوة ", 1),
        ("ar", "احذيه", 2), ("en", "loreal", 2), ("en", "l’oreal ", 2), ("en", "COFFEE", 1),
        # As one types.
        ("en", "r", 1), ("en", "ro", 1), ("en", "roas", 1), ("de", "Kaffeebo", 1), ("ar", "قهو", 1),
        ("ar", "ري", 2), ("en", "running sh", 2),
        # In a language of one's own, what has only English; what is said of it; digits of another script.
        ("de", "running", 2), ("de", "mug", 9), ("en", "lovers mug", 9), ("de", "genießer", 9),
        ("en", "entrance", 10), ("ar", "٢٠٢٤", 10),
        # Its category, as the program calls it.
        ("de", "tee", 1), ("en", "sport", 2), ("ar", "رياضه", 2),
        # Its kind, as anybody calls it.
        ("en", "experiences", 12), ("es", "experiencia ", 12), ("de", "erlebnisse", 12),
        ("fr", "expérience", 12), ("ar", "تجربه", 12), ("id", "pengalaman", 12), ("de", "Gutscheinkarte", 10),
        ("en", "experience waterfall", 12),
    ],
)  # fmt: skip
def test_each_language_finds_what_is_written_otherwise(
    sought: Sought, language: str, typed: str, found: int
) -> None:
    answer = sought.find(typed, language, limit=100)
    assert found in [hit.item.id for hit in answer.items]
    assert answer.meant is None


@pytest.mark.parametrize(
    ("language", "typed", "meant", "found"),
    [
        ("en", "cofee", "coffee", 1), ("en", "runing shoos ", "running shoes", 2),
        ("de", "Lauffschuhe", "laufschuhe", 2), ("es", "zapatilas", "zapatillas", 2),
        ("fr", "chausures", "chaussures", 2), ("id", "sepattu", "sepatu", 2),
        ("ar", "القحوة", "القهوه", 1), ("ar", "رياضيىة", "رياضيه", 2), ("en", "wurzbrnun", "wurzbrunn", 1),
    ],
)  # fmt: skip
def test_a_letter_that_is_wrong_is_understood_and_said(
    sought: Sought, language: str, typed: str, meant: str, found: int
) -> None:
    answer = sought.find(typed, language)
    assert [hit.item.id for hit in answer.items][:1] == [found]
    assert answer.meant == meant


def test_nothing_is_found_that_one_may_not_have(sought: Sought) -> None:
    assert sought.ids("lantern") == [8]
    assert sought.ids("lantern", segments=["vip"]) in ([7, 8], [8, 7])
    assert sought.ids("lantern", segments=["others"]) == [8]
    assert sought.ids("norway") == []
    assert sought.ids("norway", market="NO") == [3]
    everything = set(sought.ids(limit=100))
    assert {1, 2, 8, 9, 10, 11} <= everything
    assert not everything & {3, 4, 5, 6, 7}
    assert sought.ids(market="SE") == []


def test_what_it_is_called_comes_before_what_is_said_of_it(sought: Sought) -> None:
    assert sought.ids("espresso") == [11, 9]


@pytest.mark.parametrize(
    "text",
    [
        "'", '"', "%", "\\", "' or 1=1 --", "<script>alert(1)</script>", "{}", '{"a"}', "\x00", "a\x00b",
        "()&|!:*", "....", "—", "🎁", "\u202eabc\u202c קפה قهوة", "a" * 10_000, "x " * 10_000, "\ud800",
        "%s %(x)s", "NULL", "0", "\u0301", "İstanbul", "ﷺ", "é" * 300,
    ],
)  # fmt: skip
def test_whatever_is_typed_has_a_clear_answer(sought: Sought, text: str) -> None:
    answer = sought.find(text)
    assert answer.total == len(answer.items) or answer.total > 24
    if not any(letter.isalnum() for letter in text):
        # Signs alone are as good as nothing typed.
        assert answer.total == sought.find().total


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.sampled_from(("", "common", "thing", "com", "alba", "comon ")),
    said=st.fixed_dictionaries(
        {
            "category": st.sampled_from((None, *CATEGORIES)),
            "kind": st.sampled_from((None, *KINDS)),
            "brand": st.sampled_from((None, *BRANDS[:3])),
            "segments": st.sampled_from(([], ["vip"])),
        }
    ),
    bounds=st.sampled_from(((None, None), (0, 999), (1000, 9_999), (5_000, None), (None, 2_000))),
    paid=st.sampled_from(
        (
            {"unit": "EUR"},
            *(
                {"left": left, "afford": afford}
                for left in (Money(4_000, "EUR"), Money(900, "PTS"))
                for afford in (None, "enough", "almost")
            ),
        )
    ),
)
def test_each_count_of_a_facet_is_what_filtering_by_it_gives(
    sought: Sought, text: str, said: dict[str, Any], bounds: tuple[Any, Any], paid: dict[str, Any]
) -> None:
    said = {**said, **paid, "price_from": bounds[0], "price_to": bounds[1]}
    found = sought.find(text, **said, limit=100)
    assert found.exact
    assert found.total == len(found.items)
    for facet in ("category", "kind", "brand", "delivery", "afford", "price"):
        for value, count in found.facets[facet]:
            change: dict[str, Any] = {facet: value}
            if facet == "price":
                low, _, high = value.partition("-")
                change = {"price_from": int(low), "price_to": int(high) if high else None}
            assert sought.find(text, **said | change, limit=1).total == count, (facet, value)
    if said["category"] is None:
        assert sum(count for _, count in found.facets["category"]) == found.total


def test_facets_and_prices_are_those_of_a_naive_look_at_all_items(sought: Sought) -> None:
    found = sought.find("common", left=Money(4_000, "EUR"), limit=100)
    items = list(spread())
    assert found.total == SPREAD
    for facet in ("category", "kind", "delivery"):
        naive = {
            value: sum(item[facet] == value for item in items) for value in {item[facet] for item in items}
        }
        assert dict(found.facets[facet]) == naive
    assert dict(found.facets["brand"]) == dict.fromkeys(BRANDS[:3], SPREAD // 4)
    lowest = [item["denominations"][0] for item in items]
    assert dict(found.facets["afford"]) == {
        "enough": sum(low <= 4_000 for low in lowest), "almost": sum(4_000 < low <= 5_000 for low in lowest)
    }  # fmt: skip
    assert dict(found.facets["price"])["1000-2499"] == sum(1000 <= low <= 2499 for low in lowest)
    assert {hit.item.id: hit.price_minor for hit in found.items} == {
        item["id"]: item["denominations"][0] for item in items
    }
    # In points: its own price, or what its least amount is worth.
    prices = {hit.item.id: hit.price_minor for hit in sought.find("common", unit="PTS", limit=100).items}
    assert (prices[1010], prices[1011]) == (110, 6_000)


def test_orders(sought: Sought) -> None:
    price = [hit.price_minor or 0 for hit in sought.find("common", sort="price", limit=100, unit="EUR").items]
    assert price == sorted(price)
    dear = [
        hit.price_minor or 0 for hit in sought.find("common", sort="dearest", limit=100, unit="EUR").items
    ]
    assert dear == sorted(price, reverse=True)
    assert sought.ids("common", sort="name", limit=100) == [1000 + n for n in range(SPREAD)]
    waits = [hit.item.lead_minutes for hit in sought.find("common", sort="soonest", limit=100).items]
    assert waits == sorted(waits)
    # By default: what can be paid, then what many choose.
    left = Money(2_000, "EUR")
    fit = sought.find("common", left=left, limit=100).items
    assert [hit.afford for hit in fit[:4]] == ["enough"] * 4
    assert fit[0].item.id == 1003
    liked = SOUND.weigh(Taste({"books": 3}, frozenset({1000})))
    assert all(n.item.category == "books" for n in sought.find("common", left=left, weights=liked).items[:1])


def test_pages_follow_each_other_without_gap_or_double(sought: Sought) -> None:
    pages = [sought.ids("common", page=page, limit=25) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [25, 25, 10, 0]
    assert len({item for page in pages for item in page}) == SPREAD
    assert sought.ids("common", page=10**12) == []
    assert len(sought.ids(limit=10**6)) <= 100


def test_what_is_had_for_exactly_an_amount(sought: Sought) -> None:
    assert 10 in sought.ids("ticket", unit="EUR", exactly=1250)
    assert sought.ids("ticket", unit="EUR", exactly=1251) == []
    assert sought.ids("ticket", unit="EUR", exactly=5250) == []
    assert sought.ids("common", unit="EUR", exactly=1500, sort="name") == [1000, 1002]


def test_favorites_and_taste_are_a_members_own(sought: Sought) -> None:
    program, member = sought.program_id, 11
    with connect(sought.url, sought.secret, "web") as db:
        with transaction(db, program, member) as tx:
            mark_favorite(tx, program, member, 9, NOW)
            mark_favorite(tx, program, member, 9, NOW)
            mark_favorite(tx, program, member, 4, NOW)
        with transaction(db, program, member) as tx:
            assert load_taste(tx, program, member) == Taste({}, frozenset({9}))
    assert sought.ids(favorites_of=member) == [9]
    assert sought.ids("common", favorites_of=member) == []
    assert sought.ids(favorites_of=12) == []
    with connect(sought.url, sought.secret, "web") as db, transaction(db, program, member) as tx:
        unmark_favorite(tx, program, member, 9)
    assert sought.ids(favorites_of=member) == []


def test_marks_of_whoever_is_forgotten_are_gone(sought: Sought) -> None:
    program, member = sought.program_id, 13
    with sought.opened() as tx:
        mark_favorite(tx, program, member, 9, NOW)
        mark_favorite(tx, program, member + 1, 9, NOW)
        forget_members(tx, program, [member], [], NOW)
    assert (sought.ids(favorites_of=member), sought.ids(favorites_of=member + 1)) == ([], [9])


def test_stock_is_asked_of_offers_places_and_codes(sought: Sought) -> None:
    items: list[dict[str, Any]] = [
        {"id": 2000 + n, "names": {"en": "Stocked"}, "supplier": "pool" if n == 4 else "manual"}
        for n in range(8)
    ]
    sought.put(*items, index=False)
    with sought.opened() as tx:
        p = sought.program_id
        tx.execute(
            "insert into catalog_offers (program_id, item_id, supplier, sku, in_stock)"
            " values (%s, 2000, 'manual', 'a', true), (%s, 2001, 'manual', 'b', false)",
            (p, p),
        )
        tx.execute(
            "insert into catalog_slots (program_id, item_id, id, ref, starts_at, capacity, taken)"
            " values (%(p)s, 2002, 1, 'a', null, 5, 4), (%(p)s, 2003, 1, 'a', null, 5, 5),"
            " (%(p)s, 2003, 2, 'b', %(past)s, 5, 0), (%(p)s, 2005, 1, 'a', %(soon)s, 5, 0)",
            {"p": p, "past": NOW - timedelta(days=1), "soon": NOW + timedelta(days=1)},
        )
        # A limit that was lifted is none; of dates that are all gone none is left.
        tx.execute(
            "insert into catalog_slots (program_id, item_id, id, ref, starts_at, capacity, gone_at)"
            " values (%(p)s, 2006, 1, 'a', null, 5, %(now)s), (%(p)s, 2007, 1, 'a', %(soon)s, 5, %(now)s)",
            {"p": p, "now": NOW, "soon": NOW + timedelta(days=1)},
        )
        reindex_items(tx, p, [item["id"] for item in items])
    assert sorted(sought.ids("stocked", in_stock=True)) == [2000, 2002, 2005, 2006]
    there = {hit.item.id: hit.in_stock for hit in sought.find("stocked").items}
    assert there == {2000: True, 2001: False, 2002: True, 2003: False, 2004: False, 2005: True} | {
        2006: True,
        2007: False,
    }
