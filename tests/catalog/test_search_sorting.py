"""By name: pages are those of a plain sort of all names, and read few of them; brands, counted by number."""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.sought import NOW, Sought, opened_catalog
from tests.servers import copied_database

from guerdon import embedded
from guerdon.queries.catalog.asked import BRANDS_SHOWN_MAX, Asked
from guerdon.queries.catalog.search import find_items
from guerdon.store.catalog import indexing, sorting
from guerdon.store.catalog.indexing import reindex_items
from guerdon.store.catalog.sorting import name_at, split_names, splits_kept, splits_read
from guerdon.store.catalog.wording import sorted_names
from guerdon.values.texts import LANGUAGES

ITEMS = 240
LETTERS = (
    "Alder",
    "Birch",
    "Cedar",
    "Kartu",
    "Hadiah",
    "\u0628\u0637\u0627\u0642\u0629",
    "\u00c9mile",
    "Zoo",
)
NAMES = st.lists(
    st.lists(st.text("ab \u00e9\u0628\U0001f381", max_size=6), min_size=6, max_size=6), max_size=40
)


@pytest.fixture
def sought(postgres: embedded.Server, migrated_template: str, secret: str) -> Iterator[Sought]:
    """Give each test a catalog of its own."""
    with copied_database(postgres, migrated_template) as url:
        yield opened_catalog(url, secret)


def made(first: int, count: int, chance: Random) -> list[dict[str, Any]]:
    """Items of few words, so that many are called the same; some in other languages, too."""
    found = []
    for number in range(first, first + count):
        names = {"en": " ".join(chance.choices(LETTERS, k=2))}
        for language in chance.sample(("de", "ar", "id"), chance.randint(0, 2)):
            names[language] = " ".join(chance.choices(LETTERS, k=3))
        found.append(
            {
                "id": number,
                "markets": ["SE"],
                "names": names,
                "category": chance.choice(("books", "sports")),
                "brand": f"Brand {chance.randint(0, 9) * chance.randint(0, 9):02d}",
                "denominations": [500 * chance.randint(1, 9)],
            }
        )
    return found


def plainly(items: Sequence[dict[str, Any]], language: str) -> list[int]:
    """All of them by name; whoever is called the same, by number."""
    place = LANGUAGES.index(language)
    return [each["id"] for each in sorted(items, key=lambda it: (sorted_names(it["names"])[place], it["id"]))]


def check_pages(sought: Sought, items: Sequence[dict[str, Any]]) -> None:
    for language in LANGUAGES:
        for said, kept in (
            ({}, items),
            ({"category": "books"}, [each for each in items if each["category"] == "books"]),
            ({"brand": "Brand 06"}, [each for each in items if each["brand"] == "Brand 06"]),
            (
                {"price_from": 1000, "price_to": 2500, "unit": "EUR"},
                [each for each in items if 1000 <= each["denominations"][0] <= 2500],
            ),
        ):
            wanted = plainly(kept, language)
            assert wanted
            for page, limit in ((1, 7), (2, 7), (5, 24), (1, 100), (3, 100)):
                found = sought.ids("", language, "SE", sort="name", page=page, limit=limit, **said)
                assert found == wanted[(page - 1) * limit : page * limit], (language, said, page, limit)


def test_pages_by_name_are_those_of_a_plain_sort(sought: Sought, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(5)  # noqa: S311  a seed, not a secret
    items = made(1, ITEMS // 2, chance)
    sought.put(*items)
    # Nothing divides the names of so few.
    with sought.opened() as tx:
        assert tx.execute("select distinct name_at from shelf where market = 'SE'").fetchall() == [(0,)]
    check_pages(sought, items)
    # Five parts of many items each; what comes later falls between the same names.
    monkeypatch.setattr(sorting, "SPLITS_MAX", 4)
    with sought.opened() as tx:
        reindex_items(tx, sought.program_id, None)
        ((kept,),) = tx.execute("select splits from shelf_numbers").fetchall()
        assert [len(each) for each in splits_read(kept)] == [4] * len(LANGUAGES)
        ((parts,),) = tx.execute(
            "select count(distinct name_at & 1023) from shelf where market = 'SE'"
        ).fetchall()
        assert parts == 5
    check_pages(sought, items)
    more = made(1 + ITEMS // 2, ITEMS - ITEMS // 2, chance)
    sought.put(*more)
    check_pages(sought, [*items, *more])
    with sought.opened() as tx:
        assert tx.execute("select splits from shelf_numbers").fetchall() == [(kept,)]


def test_a_page_by_name_reads_few_names(sought: Sought) -> None:
    """Not one of each item that fits; fails where a page's names are not narrowed first."""
    chance = Random(6)  # noqa: S311  a seed, not a secret
    sought.put(*made(20_000, ITEMS, chance))
    with sought.opened() as tx:
        reindex_items(tx, sought.program_id, None)
    with sought.opened("web") as tx:
        for page in (1, 4):
            before = looked_up(tx)
            asked = Asked("SE", "en", NOW, sort="name", limit=8, page=page)
            assert find_items(tx, sought.program, asked).total == ITEMS
            # Those of the page and before it, and whoever is called like the last of them.
            assert 8 * page <= looked_up(tx) - before <= 8 * page + 30


def looked_up(tx: Any) -> int:
    ((times,),) = tx.execute(
        "select idx_scan + seq_scan from pg_stat_xact_user_tables where relname = 'shelf_names'"
    ).fetchall()
    return int(times)


def test_when_items_are_many_more_their_names_are_divided_anew(
    sought: Sought, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "SPLIT_FROM", 20)
    sought.put(*({"id": 30_000 + n, "names": {"en": f"Elm {n}"}, "markets": ["SE"]} for n in range(40)))
    with sought.opened() as tx:
        tx.execute("update shelf_numbers set splits = '{}', split_of = 1")
        reindex_items(tx, sought.program_id, [30_000])
        rows = tx.execute("select split_of, (select count(*) from shelf_names) from shelf_numbers").fetchall()
        assert rows[0][0] == rows[0][1]
        ((parts,),) = tx.execute("select count(distinct name_at & 1023) from shelf").fetchall()
        ((names,),) = tx.execute("select count(distinct names[1]) from shelf_names").fetchall()
        assert parts == names


@given(NAMES)
def test_a_place_never_contradicts_a_name(names: list[list[str]]) -> None:
    splits = split_names(names)
    assert splits_read(splits_kept(splits)) == splits
    for n in range(len(LANGUAGES)):
        ordered = sorted(names, key=lambda each: each[n].encode())
        places = [name_at(splits, each) >> 10 * n & 1023 for each in ordered]
        assert places == sorted(places)


def test_brands_are_counted_as_a_plain_look_counts_them(sought: Sought) -> None:
    chance = Random(7)  # noqa: S311  a seed, not a secret
    items = [
        {"id": 9000 + n, "names": {"en": "Branded"}, "brand": f"Maker {chance.randint(0, 70):02d}"}
        | {"category": chance.choice(("books", "sports")), "kind": chance.choice(("gift_card", "product"))}
        | {"markets": ["SE"]}
        for n in range(200)
    ]
    sought.put(*items, {"id": 9999, "names": {"en": "Branded"}, "brand": "", "markets": ["SE"]})
    for said in ({}, {"category": "sports"}, {"category": "books", "kind": "product"}):
        of = Counter(each["brand"] for each in items if said.items() <= each.items())
        wanted = sorted(of.items(), key=lambda each: (-each[1], str(each[0])))[:BRANDS_SHOWN_MAX]
        assert sought.find("branded ", market="SE", **said).facets["brand"] == wanted
        # By one of them, the others say what they said.
        assert sought.find("branded ", market="SE", **said, brand=str(wanted[3][0])).facets["brand"] == wanted
    assert sought.find("branded ", market="SE", brand="Nobody").total == 0
    with sought.opened() as tx:
        rows = tx.execute(
            """
            select count(*), count(*) filter (where (c.category, c.kind, c.delivery, m.brand)
                                              is distinct from (i.category, i.kind, i.delivery, i.brand)
                                              or c.crate <> c.id or m.maker <> m.id)
            from shelf s join catalog_items i on i.id = s.item_id
            left join shelf_racks c on c.id = s.crate left join shelf_racks m on m.id = s.maker
            where s.market = 'SE'
            """
        ).fetchall()
    assert rows == [(201, 0)]
