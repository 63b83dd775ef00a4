"""The catalog in the console: what is there, a feed sent by a form, what it would change, somebody's word.

They share a house, in whichever order they run: each sends feeds of its own but reads that of `olga`.
"""
# ruff: noqa: RUF001  a dash is what pages show where there is nothing

from collections import Counter
from collections.abc import Iterator

import pytest
from tests.approvals.doors import Doors, Visitor, opened_doors, plain
from tests.catalog.shelves import JAZZ, LAMP, LINK, MUG, ROWS, opened_house, sent, where
from tests.servers import copied_database

from guerdon import embedded
from guerdon.engine.catalog.checking import item_id
from guerdon.queries.feeds.items import Sought, find_items
from guerdon.store.catalog.items import load_items
from guerdon.values.clock import utc_now


@pytest.fixture(scope="module")
def doors(
    postgres: embedded.Server, migrated_template: str, secret: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Doors]:
    """Open the console on a program with a catalog, for all of these tests."""
    with copied_database(postgres, migrated_template) as url:
        house = opened_house(url, secret)
        with opened_doors(house, tmp_path_factory.mktemp("home")) as opened:
            yield opened


def held(doors: Doors, feed: str) -> dict[str, tuple[object, ...]]:
    """What the catalog has of a feed now."""
    with doors.house.opened() as tx:
        rows = tx.execute(
            "select sku, denominations, gone_at is null from catalog_items where feed = %s", (feed,)
        ).fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}


def reasons(doors: Doors, action: str) -> list[str]:
    """What was said for why something was done."""
    with doors.house.opened() as tx:
        rows = tx.execute("select reason from audit where action = %s", (action,)).fetchall()
    return [row[0] for row in rows]


@pytest.fixture
def olga(doors: Doors) -> Visitor:
    """Somebody who may do it, with a feed that is read."""
    visitor = doors.visitor("olga")
    if held(doors, "shelf").keys() != {"lamp", "jazz", "mug"}:
        sent(visitor, "shelf", ROWS)
    return visitor


def test_a_feed_that_is_sent_waits_is_shown_and_is_accepted(doors: Doors) -> None:
    olga = doors.visitor("olga")
    assert "No feed was read in yet." not in olga.plain("catalog/feeds")  # the program's own items are one
    there = where(sent(olga, "first", [*ROWS, {**LAMP, "id": "torn", "currency": "XAU"}], wait="yes"))
    assert held(doors, "first") == {}
    page = olga.plain(f"{there}?what=new")
    assert "It was asked to wait." in page
    for text in ("Lamp &amp; Vole gift card", "Jazz night in Kiel", "€25 – €50", "DE · NO", "Gift cards"):
        assert text in page, text
    wrong = olga.plain(f"{there}?what=wrong")
    assert "currency: “XAU” is not known" in wrong
    # Each reads it in their own language.
    for language, said in {
        "es": "currency: no se conoce «XAU»",
        "de": "currency: „XAU“ ist nicht bekannt",
        "fr": "currency : « XAU » est inconnu",
        "ar": "«\u2068XAU\u2069» غير معروف",
        "id": "currency: “XAU” tidak dikenal",
    }.items():
        assert said in olga.plain(f"{there}?what=wrong", language), language
    assert "torn" in wrong
    answer = olga.send(there, act="accept")
    assert answer.status_code == 303
    assert held(doors, "first").keys() == {"lamp", "jazz", "mug"}
    assert "Applied" in olga.plain(there)
    # Once is enough.
    again = olga.send(there, act="accept")
    assert again.status_code == 422
    assert "somebody has settled it already" in plain(again.content.decode())
    assert "waits" not in olga.plain("catalog/feeds/first")


def test_what_would_change_is_shown_field_by_field_and_dropped_for_a_reason(
    doors: Doors, olga: Visitor
) -> None:
    dearer = {
        **LAMP,
        "name": {"en": "Lamp & Vole card", "de": "Gutschein Lamp & Vole", "fr": "Carte Lamp & Vole"},
        "amounts": ["30.00", "50.00"],
        "markets": ["DE"],
        "offers": [{"supplier": "cards", "sku": "LMP1", "cost": "0.97", "needs": ["email"], "stock": 0}],
    }
    later = {**JAZZ, "slots": [{**JAZZ["slots"][0], "capacity": 40}], "visible_to": "2027-06-01"}  # type: ignore[index]
    there = where(sent(olga, "shelf", [dearer, later], wait="yes"))
    page = olga.plain(f"{there}?what=changed")
    for before, after in (
        ("Lamp &amp; Vole gift card", "Lamp &amp; Vole card"),
        ("–", "Carte Lamp &amp; Vole"),
        ("€25 · €50", "€30 · €50"),
        ("DE · NO", "DE"),
        ("LMP1 · 100 · 97.0% · In stock", "LMP1 · 100 · 97.0% · Sold out"),
        ("lamp · 50 · In stock", "–"),
        ("1 Mar 2027, 19:00 · Old Mill, Kiel · 30", "1 Mar 2027, 19:00 · Old Mill, Kiel · 40"),
        ("1 Jan 2026, 00:00", "1 Jun 2027, 00:00"),
    ):
        assert f"{before}{after}" in page.replace(" ", " "), (before, after, page)
    assert "Mug of the year" in olga.plain(f"{there}?what=gone")
    assert "a reason is needed" in plain(olga.send(there, act="drop").content.decode())
    assert olga.send(there, act="drop", reason="the wrong file").status_code == 303
    assert held(doors, "shelf")["lamp"] == ([2500, 5000], True)
    assert "the wrong file" in reasons(doors, "catalog.dropped")
    assert "the wrong file" in olga.plain(there)


def test_a_feed_that_would_empty_the_shelf_waits_for_somebody(doors: Doors, olga: Visitor) -> None:
    sent(olga, "small", ROWS)
    there = where(sent(olga, "small", [LAMP]))
    assert held(doors, "small")["mug"][1] is True
    why = "More than 30 of 100 items of the feed would be gone, or would lose something."
    assert why in olga.plain(there)
    assert "Waits for somebody" in olga.plain("catalog/feeds")
    # A newer reading takes its place.
    newer = where(sent(olga, "small", ROWS, wait="yes"))
    assert "Dropped" in olga.plain(there)
    assert olga.send(newer, act="accept").status_code == 303


def test_what_cannot_be_read_says_why(olga: Visitor) -> None:
    for fields, text in (
        ({"feed": "program"}, "and not program"),
        ({"feed": "Big Feed"}, "and not program"),
        ({"supplier": "nobody"}, "nobody of this name delivers"),
    ):
        answer = sent(olga, **{"feed": "other", "rows": ROWS, **fields})  # type: ignore[arg-type]
        assert answer.status_code == 422
        assert text in plain(answer.content.decode())
    missing = olga.send("catalog/feeds", act="read", feed="other", supplier="cards")
    assert missing.status_code == 422
    assert "no file was sent" in plain(missing.content.decode())
    there = where(sent(olga, "other", '{"id": "x"'))
    broken = olga.plain(there)
    assert "Refused" in broken
    assert "ends in the middle" in broken
    # Each reads it in their own language.
    for language, said in {
        "es": "la fuente termina en mitad de la línea 1",
        "de": "der Feed endet mitten in Zeile 1",
        "fr": "le flux se termine au milieu de la ligne 1",
        "ar": "تنتهي التغذية في وسط السطر \u20681\u2069",
        "id": "umpan berakhir di tengah baris 1",
    }.items():
        assert said in olga.plain(there, language), language


def test_items_are_looked_for_and_filtered_in_the_address(olga: Visitor) -> None:
    everything = olga.page("catalog?feed=shelf")
    assert next(name for _, name in LINK.findall(everything)) == "Lamp &amp; Vole gift card"
    assert 'href="/console/harbor_motors/catalog?feed=shelf&amp;state=ended"' in everything
    for query, found in (
        ("feed=shelf&q=VOLE", {"Lamp &amp; Vole gift card"}),
        ("feed=shelf&q=gutschein", {"Lamp &amp; Vole gift card"}),
        ("feed=shelf&market=NO&kind=product", {"Mug of the year"}),
        ("feed=shelf&category=concerts", {"Jazz night in Kiel"}),
        ("feed=shelf&supplier=manual", {"Jazz night in Kiel", "Mug of the year"}),
        ("feed=shelf&state=ended", {"Jazz night in Kiel"}),
        ("feed=shelf&state=sold_out", {"Mug of the year"}),
        ("feed=program", {"Cake"}),
        ("q=no%00such_thing", set()),
    ):
        page = olga.page(f"catalog?{query}")
        assert {name for _, name in LINK.findall(page)} == found, query
    assert "No item matches." in olga.plain("catalog?q=nosuchthing")


def test_a_page_of_items_says_how_many_there_are_whichever_page_it_is(doors: Doors, olga: Visitor) -> None:
    assert olga.plain("catalog")
    with doors.house.opened() as tx:
        whole = find_items(tx, Sought(utc_now()), 1000)
        counts = Counter(each.state for each in whole.rows)
        assert whole.counts == counts
        assert len(counts) > 0
        places = [(each.popularity, each.id) for each in whole.rows]
        assert places == sorted(places, reverse=True)
        found: list[int] = []
        while page := find_items(
            tx, Sought(utc_now(), after=places[len(found) - 1] if found else None), 2
        ).rows:
            found += [each.id for each in page]
        assert found == [each.id for each in whole.rows]
        last = find_items(tx, Sought(utc_now(), after=places[-1]), 2)
        assert (last.rows, last.counts) == ([], counts)
        # A state is one of those that are counted; what one looks for otherwise is counted alone.
        gone = find_items(tx, Sought(utc_now(), state="later"), 1000)
        assert (len(gone.rows), gone.counts) == (counts["later"], counts)
        mugs = find_items(tx, Sought(utc_now(), text="MUG of the", feed="shelf"), 1000)
        assert [each.key for each in mugs.rows] == ["shelf:mug"]
        assert sum(mugs.counts.values()) == 1
        none = find_items(tx, Sought(utc_now(), text="nothing like it"), 1000)
        assert (none.rows, none.counts) == ([], {})


def test_an_item_says_all_that_is_known_of_it(olga: Visitor) -> None:
    listed = olga.page("catalog?feed=shelf")
    addresses = {name: path for path, name in LINK.findall(listed)}
    lamp = olga.plain(addresses["Lamp &amp; Vole gift card"])
    for text in ("Germany · Norway", "€25 · €50", "LMP1", "97.0%", "E-mail", "No codes left", "Missing",
                 "Light for long evenings.", "Nobody yet."):  # fmt: skip
        assert text in lamp, text
    jazz = olga.plain(addresses["Jazz night in Kiel"])
    for text in ("No longer: 1 Jan 2026", "Old Mill, Kiel", "Staff", "At a place"):
        assert text in jazz, text
    mug = olga.plain(addresses["Mug of the year"])
    for text in ("Sold out", "Limited edition", "NOK", "700", "Address"):
        assert text in mug, text
    assert olga.get("catalog/itm_0000000000001").status_code == 404
    assert olga.get("catalog/none").status_code == 404


def test_rights_end_where_they_should(doors: Doors, olga: Visitor) -> None:
    # Compliance reads; marketing of one market sees items and no feeds, and sends none.
    cora, mara = doors.visitor("cora"), doors.visitor("mara")
    assert "Send a feed" not in cora.plain("catalog/feeds")
    assert sent(cora, "other", ROWS).status_code == 403
    assert "Lamp &amp; Vole gift card" in mara.page("catalog")
    assert "for whoever looks after the whole program" in mara.plain("catalog/feeds")
    assert mara.get("catalog/feeds/shelf").status_code == 404
    assert sent(mara, "other", ROWS).status_code == 403
    assert doors.visitor("lea").get("catalog").status_code == 404
    there = where(sent(olga, "other", ROWS, wait="yes"))
    assert mara.get(there).status_code == 404
    assert cora.send(there, "catalog", act="accept").status_code == 403
    assert "Accept it" not in cora.plain(there)
    assert held(doors, "other") == {}


@pytest.mark.parametrize("language", ["ar", "de", "es", "fr", "id"])
def test_every_page_speaks_the_reader_s_language(olga: Visitor, language: str) -> None:
    there = where(sent(olga, "tongues", [LAMP, {"id": "torn"}], wait="yes"))
    for path in (
        "catalog",
        "catalog/feeds",
        "catalog/feeds/shelf",
        f"{there}?what=new",
        f"{there}?what=wrong",
    ):
        page = olga.page(path, language)
        assert f'lang="{language}"' in page
        assert "Supplier" not in page
    if language == "de":
        assert "Gutschein Lamp &amp; Vole" in olga.page("catalog", "de")


def test_an_item_is_hidden_by_hand_whatever_its_feed_says(doors: Doors, olga: Visitor) -> None:
    sent(olga, "stale", [LAMP, MUG])
    listed = olga.page("catalog?feed=stale")
    there = {name: path for path, name in LINK.findall(listed)}["Mug of the year"]
    number = item_id(doors.house.program_id, "stale:mug")

    def shelved() -> int:
        with doors.house.opened() as tx:
            ((count,),) = tx.execute("select count(*) from shelf where item_id = %s", (number,)).fetchall()
        return int(count)

    assert shelved() == 1
    assert olga.send(there, act="hide").status_code == 422
    assert olga.send(there, act="hide", reason="It breaks").status_code == 303
    assert "Hidden by hand: It breaks" in olga.plain(there)
    assert olga.send(there, act="hide", reason="It breaks").status_code == 422
    # Its feed says it anew, and otherwise.
    assert sent(olga, "stale", [LAMP, {**MUG, "popularity": 41}]).status_code == 303
    assert "Hidden by hand" in olga.plain(there)
    assert shelved() == 0
    with doors.house.opened() as tx:
        (mug,) = load_items(tx, doors.house.program_id, ["stale:mug"]).values()
    assert mug.popularity == 41
    assert not mug.is_visible(utc_now())
    assert {name for _, name in LINK.findall(olga.page("catalog?feed=stale&state=hidden"))} == {
        "Mug of the year"
    }
    # Whoever looks after one market hides nothing from the others.
    assert "Show it again" not in doors.visitor("mara").plain(there)
    assert doors.visitor("mara").send(there, "catalog", act="show", reason="mine").status_code == 403
    assert olga.send(there, act="show", reason="Mended").status_code == 303
    assert shelved() == 1
    assert reasons(doors, "item.hidden") == ["It breaks"]
    assert reasons(doors, "item.shown") == ["Mended"]


def test_what_a_supplier_lists_is_read_when_somebody_asks(doors: Doors, olga: Visitor) -> None:
    page = olga.plain("catalog/feeds")
    assert "What suppliers list" in page
    assert "Within a few seconds" in page
    with doors.house.opened() as tx:
        tx.execute(
            "insert into catalog_pulls (program_id, account, next_at, why, said, tries)"
            " values (%s, 'cards', now() + interval '1 hour', 'shut', 'Key 7 is closed', 1)",
            (doors.house.program_id,),
        )
    for language, text in (("en", "They do not let us ask"), ("de", "Sie lassen uns nicht fragen")):
        page = olga.page("catalog/feeds", language)
        assert text in page
        assert "Key 7 is closed" in page
    with doors.house.opened("worker") as tx:
        tx.execute("update catalog_pulls set why = 'cut', said = 'the supplier does not answer: unreachable'")
    for language, text in (("en", "does not answer: unreachable"), ("de", "Er ist nicht erreichbar")):
        assert text in olga.plain("catalog/feeds", language)
    assert olga.send("catalog/feeds", act="pull", account="cards").status_code == 303
    with doors.house.opened() as tx:
        ((due, by),) = tx.execute("select next_at <= now(), asked_by from catalog_pulls").fetchall()
        ((actor, subject),) = tx.execute(
            "select actor, subject from audit where action = 'catalog.asked'"
        ).fetchall()
    assert (due, by, subject) == (True, actor, "cards")
    # Of an account alone, and by whoever may.
    for account in ("pool", "nobody", ""):
        assert olga.send("catalog/feeds", act="pull", account=account).status_code == 422
    assert "Read it now" not in doors.visitor("cora").plain("catalog/feeds")
    assert doors.visitor("mara").send("catalog/feeds", act="pull", account="cards").status_code == 403
    assert "What suppliers list" not in doors.visitor("mara").plain("catalog/feeds")


def test_what_is_for_other_countries_is_said(doors: Doors, olga: Visitor) -> None:
    there = where(sent(olga, "cards", [LAMP], wait="yes"))
    with doors.house.opened() as tx:
        tx.execute("update catalog_syncs set elsewhere = 1204 where feed = 'cards'")
    for path in (there, "catalog/feeds/cards"):
        page = olga.plain(path)
        assert "For other countries or currencies" in page
        assert "1,204" in page
    # The feed of an account has the button, too.
    assert "Read it now" in olga.plain("catalog/feeds/cards")
    assert "Read it now" not in olga.plain("catalog/feeds/shelf")


def test_pictures_that_did_not_come_are_said_with_their_reason(doors: Doors, olga: Visitor) -> None:
    there = where(sent(olga, "cards", [LAMP], wait="yes"))
    assert "Pictures that did not come" not in olga.plain(there)
    with doors.house.opened("worker") as tx:
        tx.execute("update catalog_syncs set pictures = 7, pictures_failed = 1, pictures_left = 1302")
        tx.execute(
            "insert into catalog_pictures (program_id, address, why, said, feed, sku, tries,"
            " asked_at, named_at) values (%s, 'https://pictures.example/a.png', 'picture_status',"
            " '{\"status\": 404}', 'cards',"
            " 'lamp-7', 1, now(), now())",
            (doors.house.program_id,),
        )
    page = olga.plain(there)
    for text in ("Pictures fetched", "Pictures for the next reading", "1,302", "lamp-7"):
        assert text in page
    assert "https://pictures.example/a.png" in page
    assert "its picture is not where they say: the answer there is 404" in page
    assert "Bilder, die nicht kamen" in olga.page(there, "de")
