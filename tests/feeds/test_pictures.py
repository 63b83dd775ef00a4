"""Pictures that a supplier names by an address: asked once, paced and bounded, and never in an item's way."""

from collections import Counter
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from threading import Event
from time import monotonic
from typing import Any

import psycopg
import pytest
from tests.feeds.house import Shop, counts, row
from tests.feeds.images import jpeg, png
from tests.feeds.test_rounds import DAY, Cards, rounds_of, syncs

from guerdon.engine.catalog import pictures
from guerdon.engine.catalog.images import BYTES_MAX
from guerdon.engine.catalog.rounds import read_due
from guerdon.engine.catalog.wrong import Reason
from guerdon.store.catalog.images import KEPT, ImageRow, record_images
from guerdon.store.catalog.pictures import NAMED_FOR, PictureRow, look_up_pictures, record_pictures
from guerdon.store.database import connect

SILENT = Reason("picture_silent", {})


class Gallery:
    """What stands at addresses, and who asked for it when."""

    def __init__(self, **there: bytes | Reason) -> None:
        self.there = there
        self.asked: Counter[str] = Counter()
        self.order: list[str] = []
        self.at: list[float] = []

    def fetch(self, address: str) -> bytes | Reason:
        self.asked[name_of(address)] += 1
        self.order.append(name_of(address))
        self.at.append(monotonic())
        return self.there.get(name_of(address), SILENT)


def address(name: str) -> str:
    return f"https://pictures.example/{name}.png"


def name_of(said: str) -> str:
    return said.removeprefix("https://pictures.example/").removesuffix(".png")


def listing(**named: str) -> Cards:
    """An account whose items name each an address."""
    cards = Cards()
    cards.rows = [row(sku, x_image=address(name)) for sku, name in named.items()]
    return cards


def went(
    shop: Shop, cards: Cards, gallery: Gallery, later: timedelta = timedelta(0), stop: Event | None = None
) -> dict[str, int]:
    """Read the account when it is due, accept it where it waits, and say what it came to."""
    shop.now += later
    before = [each.id for each in syncs(shop)][:1]
    rounds = rounds_of(shop, cards, stop)
    with closing(connect(shop.url, shop.secret, "worker")) as db:
        asked = type(rounds)(
            rounds.open_account,
            rounds.library,
            rounds.clock,
            rounds.stop,
            lambda *_: gallery.fetch,
        )
        assert read_due(db, asked, shop.program_id) == 1
    sync = syncs(shop)[0]
    assert [sync.id] > before
    if sync.state == "staged":
        shop.accept(sync)
    assert syncs(shop)[0].state == "applied", syncs(shop)[0]
    return dict(counts(syncs(shop)[0]))


def shown(shop: Shop) -> dict[str, str | None]:
    """The image of each item of the account."""
    return dict(shop.ask("select sku, image from catalog_items where feed = 'cards' and gone_at is null"))


def hash_of(raw: bytes) -> str:
    return sha256(raw).hexdigest()


def test_a_picture_is_fetched_once_and_shared_by_whoever_names_it(shop: Shop) -> None:
    gallery = Gallery(one=png(), two=jpeg())
    cards = listing(b1="one", b2="two", b3="one")
    assert went(shop, cards, gallery) == {"found": 3, "new": 3, "pictures": 2}
    assert shown(shop) == {"b1": hash_of(png()), "b2": hash_of(jpeg()), "b3": hash_of(png())}
    assert shop.ask("select hash, type from catalog_images order by type") == [
        (hash_of(jpeg()), "image/jpeg"),
        (hash_of(png()), "image/png"),
    ]
    assert gallery.asked == {"one": 1, "two": 1}
    # Nothing is asked again, and nothing changes by that.
    assert went(shop, cards, gallery, DAY) == {"found": 3, "same": 3}
    assert gallery.asked == {"one": 1, "two": 1}
    # Another address is another picture.
    gallery.there["new"] = png(4, 4)
    cards.rows[1] = row("b2", x_image=address("new"))
    assert went(shop, cards, gallery, DAY) == {"found": 3, "same": 2, "changed": 1, "pictures": 1}
    assert shown(shop)["b2"] == hash_of(png(4, 4))
    assert gallery.asked == {"one": 1, "two": 1, "new": 1}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"<html>a page</html>", "image_kind"),
        (b"", "image_kind"),
        (png(9999, 9999), "image_size"),
        (png(padding=BYTES_MAX), "image_bytes"),
        (Reason("image_more", {"most": BYTES_MAX}), "image_more"),
        (Reason("picture_address", {}), "picture_address"),
        (Reason("picture_status", {"status": 302}), "picture_status"),
        (SILENT, "picture_silent"),
    ],
)
def test_what_is_no_picture_leaves_the_item_without_one_and_is_told(
    shop: Shop, answer: bytes | Reason, why: str
) -> None:
    gallery = Gallery(bad=answer, good=png())
    assert went(shop, listing(b1="bad", b2="good"), gallery) == {
        "found": 2,
        "new": 2,
        "pictures": 1,
        "pictures_failed": 1,
    }
    assert shown(shop) == {"b1": None, "b2": hash_of(png())}
    assert shop.ask("select sku, address, why from catalog_pictures where why <> ''") == [
        ("b1", address("bad"), why)
    ]
    assert shop.ask("select count(*) from catalog_images") == [(1,)]


def test_what_did_not_come_is_asked_again_ever_more_rarely(shop: Shop) -> None:
    gallery, cards = Gallery(), listing(b1="late", b2="late")
    went(shop, cards, gallery)
    times = [0]
    for day in range(1, 40):
        assert went(shop, cards, gallery, DAY)["pictures_failed"] == 2
        if gallery.asked["late"] > len(times):
            times.append(day)
    assert times == [0, 1, 3, 7, 15, 31]
    gallery.there["late"] = png()
    told = [went(shop, cards, gallery, DAY) for _ in range(40, 64)]
    assert [each for each in told if "pictures" in each] == [
        {"found": 2, "changed": 2, "pictures": 1},
    ]
    assert set(shown(shop).values()) == {hash_of(png())}
    assert shop.ask("select why, said, tries from catalog_pictures") == [("", {}, 0)]


def test_so_many_are_asked_in_one_reading_and_the_rest_in_the_next(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "FETCHED_MAX", 2)
    gallery = Gallery(**{f"p{n}": png(n + 1, 2) for n in range(5)})
    cards = listing(**{f"b{n}": f"p{n}" for n in range(5)})
    assert went(shop, cards, gallery) == {"found": 5, "new": 5, "pictures": 2, "pictures_left": 3}
    told = went(shop, cards, gallery, DAY)
    assert told == {"found": 5, "same": 3, "changed": 2, "pictures": 2, "pictures_left": 1}
    assert went(shop, cards, gallery, DAY) == {"found": 5, "same": 4, "changed": 1, "pictures": 1}
    assert all(shown(shop).values())
    assert gallery.asked == {f"p{n}": 1 for n in range(5)}
    # Not faster than so.
    gaps = [later - earlier for earlier, later in pairwise(gallery.at[:2])]
    assert min(gaps) >= pictures.APART_S * 0.95


def test_where_nobody_answers_it_is_not_asked_for_all_of_them(shop: Shop) -> None:
    gallery = Gallery()
    cards = listing(**{f"b{n}": f"p{n}" for n in range(9)})
    told = went(shop, cards, gallery)
    assert (told["pictures_failed"], told["pictures_left"]) == (pictures.SILENT_MAX, 9 - pictures.SILENT_MAX)
    assert gallery.asked.total() == pictures.SILENT_MAX
    # Who answers anything is there: what is no picture does not count as silence.
    other = Gallery(**{f"q{n}": b"none" for n in range(9)})
    told = went(shop, listing(**{f"b{n}": f"q{n}" for n in range(9)}), other, DAY)
    assert told["pictures_failed"] == 9


def test_a_host_that_does_not_answer_stands_in_no_others_way(shop: Shop) -> None:
    gallery = Gallery(p1=png(), p2=jpeg())
    cards = listing(b1="p1", b2="p2")
    dead = [f"https://dead.example/{n}" for n in range(7)]
    cards.rows[1:1] = [row(f"d{n}", x_image=each) for n, each in enumerate(dead)]
    told = went(shop, cards, gallery)
    assert told == {"found": 9, "new": 9, "pictures": 2, "pictures_failed": 5, "pictures_left": 2}
    assert gallery.order == ["p1", *dead[:5], "p2"]
    # The same host by another way to write it is no other host.
    cards.rows[1:-1] = [row(f"e{n}", x_image=each.replace("dead.", "Dead.")) for n, each in enumerate(dead)]
    assert went(shop, cards, gallery, DAY)["pictures_left"] == 2


def test_what_nobody_asked_yet_is_asked_before_what_did_not_come(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "TOGETHER", 3)
    gallery = Gallery(**{f"p{n}": png(n + 1, 2) for n in range(6)})
    dead = {f"d{n}": f"dead{n}" for n in range(pictures.SILENT_MAX)}
    went(shop, listing(**dead), gallery)
    gallery.order.clear()
    # They stand before all others, with the same host: so many do not end it for those behind them.
    told = went(shop, listing(**dead, **{f"b{n}": f"p{n}" for n in range(6)}), gallery, DAY)
    assert told == {"found": 11, "same": 5, "new": 6, "pictures": 6, "pictures_failed": 5}
    assert gallery.order == [*(f"p{n}" for n in range(6)), *dead.values()]
    # No more are held back than may be; the others have not come.
    monkeypatch.setattr(pictures, "HELD_MAX", 2)
    gallery.there |= {name: png(9, 9) for name in dead.values()}
    gallery.order.clear()
    told = went(shop, listing(**dead), gallery, DAY * 3)
    assert (told["pictures"], told["pictures_failed"], gallery.order) == (2, 3, ["dead0", "dead1"])


def test_of_two_that_are_called_the_same_the_first_counts_though_it_is_held_back(shop: Shop) -> None:
    gallery = Gallery()
    went(shop, listing(b1="late"), gallery)
    cards = listing(b1="late")
    cards.rows += [row("b2"), row("B1 ", name="Another")]
    assert went(shop, cards, gallery, DAY) == {
        "found": 3,
        "new": 1,
        "same": 1,
        "wrong": 1,
        "pictures_failed": 1,
    }
    assert [each.line for each in shop.staged(syncs(shop)[0]) if each.what == "wrong"] == [3]
    assert shop.items("b1", feed="cards")["cards:b1"].names["en"] == "Book b1"


@pytest.mark.parametrize("way", ["failed", "left", "stopped", "known"])
def test_an_item_keeps_the_picture_that_it_shows_until_another_has_come(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    stop = Event()

    class Moved(Gallery):
        def fetch(self, address: str) -> bytes | Reason:
            if way == "stopped" and "new" in address:
                stop.set()
            return super().fetch(address)

    gallery = Moved(one=png(), two=png(3, 3), three=jpeg())
    went(shop, listing(b1="one", b2="two", b3="three"), gallery)
    before = shown(shop)
    assert before == {"b1": hash_of(png()), "b2": hash_of(png(3, 3)), "b3": hash_of(jpeg())}
    if way == "left":
        monkeypatch.setattr(pictures, "FETCHED_MAX", 0)
    elif way != "failed":
        gallery.there["new1"] = png()
    moved = listing(b1="new1", b2="new2", b3="new3")
    told = went(shop, moved, gallery, DAY, stop)
    assert (
        told
        == {
            "failed": {"found": 3, "same": 3, "pictures_failed": 3},
            "left": {"found": 3, "same": 3, "pictures_left": 3},
            "stopped": {"found": 3, "same": 3, "pictures": 1, "pictures_left": 2},
            "known": {"found": 3, "same": 3, "pictures": 1, "pictures_failed": 2},
        }[way]
    )
    assert shown(shop) == before
    if way == "known":
        # Not due yet, or changed in something else: it is kept all the same.
        moved.rows[2] = row("b3", x_image=address("new3"), brand="Brand")
        assert went(shop, moved, gallery, DAY)["changed"] == 1
        assert shown(shop) == before


def test_who_names_no_picture_any_more_has_none_and_who_was_gone_does_not_find_the_old_one(
    shop: Shop,
) -> None:
    gallery = Gallery(one=png(), two=png(3, 3))
    went(shop, listing(b1="one", b2="two"), gallery)
    cards = Cards()
    cards.rows = [row("b1")]
    assert went(shop, cards, gallery, DAY) == {"found": 1, "changed": 1, "gone": 1}
    assert shown(shop) == {"b1": None}
    cards.rows.append(row("b2", x_image=address("dead")))
    assert went(shop, cards, gallery, DAY)["pictures_failed"] == 1
    assert shown(shop) == {"b1": None, "b2": None}


def test_a_slow_gallery_does_not_hold_the_others_up_for_long(shop: Shop) -> None:
    class Slow(Gallery):
        def fetch(self, address: str) -> bytes | Reason:
            shop.now += timedelta(seconds=10)
            return super().fetch(address)

    gallery = Slow(**{f"p{n}": png(n + 1, 2) for n in range(30)})
    told = went(shop, listing(**{f"b{n}": f"p{n}" for n in range(30)}), gallery)
    assert (told["pictures"], told["pictures_left"]) == (12, 18)


def test_rows_are_kept_in_one_order_whoever_keeps_them(shop: Shop) -> None:
    raws = [png(n + 1, 2) for n in range(9)]
    images = sorted((ImageRow(hash_of(raw), "image/png", raw) for raw in raws), key=lambda each: each.hash)
    with shop.tx() as tx:
        record_images(tx, shop.program_id, images[::-1], shop.now)
        told = [PictureRow(address(f"p{n}"), "cards", "b", images[n].hash) for n in range(9)]
        record_pictures(tx, shop.program_id, told[::-1], shop.now)
    assert shop.ask("select hash from catalog_images order by ctid") == [(each.hash,) for each in images]
    written = "select address from catalog_pictures order by ctid"
    assert shop.ask(written) == [(each.address,) for each in told]
    # So is what is written down again.
    shop.now += DAY
    with shop.tx() as tx:
        look_up_pictures(tx, shop.program_id, [each.address for each in told][::-1], shop.now)
    assert shop.ask(written) == [(each.address,) for each in told]


def test_an_image_stays_while_its_address_is_named_and_goes_by_itself_when_it_is_not(shop: Shop) -> None:
    gallery = Gallery(one=png(), two=png(3, 3))
    went(shop, listing(b1="one", b2="two"), gallery)
    went(shop, listing(b1="one"), gallery, DAY)
    shop.now += timedelta(minutes=1)

    def tidied() -> int:
        with closing(connect(shop.url, shop.secret, "worker")) as db:
            return pictures.let_go_pictures(db, shop.now)

    two = hash_of(png(3, 3))
    kept = "select count(*) from catalog_images where hash = %s"
    # A gone item still has its image; then nothing has.
    assert (tidied(), shop.ask(kept, two)) == (0, [(1,)])
    with shop.tx() as tx:
        tx.execute("update catalog_items set image = null where sku = 'b2'")
        # A reading has just learned that it is known: its rows are not to be seen yet.
        assert look_up_pictures(tx, shop.program_id, [address("two")], shop.now)[address("two")].image == two
    assert (tidied(), shop.ask(kept, two)) == (0, [(1,)])
    shop.now += KEPT + timedelta(minutes=1)
    assert (tidied(), shop.ask(kept, two)) == (1, [(0,)])
    assert shop.ask("select count(*) from catalog_pictures") == [(2,)]
    shop.now += NAMED_FOR
    assert tidied() == 0
    assert shop.ask("select count(*) from catalog_pictures") == [(0,)]
    assert set(shown(shop).values()) == {hash_of(png())}
    assert shop.ask(kept, hash_of(png())) == [(1,)]


def test_a_reading_that_takes_too_long_asks_for_no_more(shop: Shop) -> None:
    class Slow(Gallery):
        def fetch(self, address: str) -> bytes | Reason:
            shop.now += pictures.FETCHING_MAX
            return super().fetch(address)

    gallery = Slow(p1=png(), p2=png(3, 3))
    assert went(shop, listing(b1="p1", b2="p2"), gallery) == {
        "found": 2,
        "new": 2,
        "pictures": 1,
        "pictures_left": 1,
    }


def test_nobody_asks_for_what_is_of_other_countries_or_comes_by_a_file(shop: Shop) -> None:
    gallery = Gallery(far=png(), near=png(3, 3))
    cards = listing(b1="near")
    cards.rows.append(row("b2", markets=["US"], x_image=address("far")))
    assert went(shop, cards, gallery) == {"found": 1, "new": 1, "elsewhere": 1, "pictures": 1}
    assert gallery.asked == {"near": 1}
    shop.brought([row("c1", x_image=address("far"))])
    assert gallery.asked == {"near": 1}
    assert shop.items("c1")["main:c1"].image is None


def test_an_image_that_was_let_go_is_fetched_again_and_addresses_are_forgotten(shop: Shop) -> None:
    gallery = Gallery(one=png(), two=png(3, 3), three=jpeg())
    went(shop, listing(b1="one", b2="two"), gallery)
    # Nothing shows the second any more, so it is let go of.
    went(shop, listing(b1="one", b2="three"), gallery, DAY * 2)
    assert set(shop.ask("select hash from catalog_images")) == {(hash_of(png()),), (hash_of(jpeg()),)}
    went(shop, listing(b1="one", b2="two"), gallery, DAY)
    assert (gallery.asked, shown(shop)["b2"]) == ({"one": 1, "two": 2, "three": 1}, hash_of(png(3, 3)))
    for _ in range(9):
        went(shop, listing(b1="one", b2="two"), gallery, NAMED_FOR / 8)
    assert set(shop.ask("select address from catalog_pictures")) == {(address("one"),), (address("two"),)}
    assert gallery.asked == {"one": 1, "two": 2, "three": 1}


def test_looking_up_costs_as_many_questions_for_many_items_as_for_few(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    execute: Any = psycopg.Connection.execute

    def counted(self: psycopg.Connection, query: object, *terms: object, **more: object) -> Any:
        if "catalog_pictures" in str(query) or "catalog_images" in str(query):
            asked.append(str(query))
        return execute(self, query, *terms, **more)

    monkeypatch.setattr(pictures, "APART_S", 0.0)
    gallery = Gallery(**{f"p{n}": png(n + 1, 2) for n in range(60)})
    few, many = listing(b0="p0", b1="p1"), listing(**{f"b{n}": f"p{n}" for n in range(60)})
    monkeypatch.setattr(psycopg.Connection, "execute", counted)
    for cards in (few, many):
        asked.clear()
        went(shop, cards, gallery, DAY)
        if cards is few:
            first = len(asked)
    assert first > 0
    assert len(asked) == first
    assert all(shown(shop).values())
