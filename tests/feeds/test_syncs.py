"""What a feed does to the catalog: all of it or nothing, and never more than it should."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from psycopg import errors
from tests.feeds.house import NOW, Shop, counts, row, rows, written
from tests.feeds.images import encoded, png

from guerdon.engine.catalog import applying
from guerdon.engine.catalog.applying import NotSettled, accept_sync
from guerdon.engine.catalog.feeds import RawRow
from guerdon.engine.catalog.offered import item_of
from guerdon.engine.catalog.pulling import pull_feed
from guerdon.engine.catalog.staging import SET_ROWS, SILENT_AFTER, Asked, NotRead, begin, take_feed
from guerdon.engine.catalog.wrong import UnfitFeed
from guerdon.engine.orders.port import Abilities, Account, ItemPage, Later, Listed
from guerdon.engine.publish import publish, put_items_of_before
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.catalog.keys import load_names
from guerdon.store.catalog.feeds import SyncRow
from guerdon.store.catalog.items import load_items, load_offers, load_slots
from guerdon.store.database import connect
from guerdon.values.money import Money
from guerdon.web.console.words import Namer


def test_a_feed_is_read_and_read_again(shop: Shop) -> None:
    first = shop.brought(rows(10))
    assert (first.state, counts(first)) == ("applied", {"found": 10, "new": 10})
    assert shop.staged(first)[0].what == "new"
    again = shop.brought(rows(10))
    assert (again.state, counts(again)) == ("applied", {"found": 10, "same": 10})
    # Nothing was written for what is the same, and what the first had read is let go of.
    assert shop.staged(again) == shop.staged(first) == []
    assert shop.ask("select distinct generation from catalog_items where feed = 'main'") == [(1,)]
    third = shop.brought([*rows(8), row("b8", amounts=["50.00"]), row("b10")])
    assert counts(third) == {"found": 10, "new": 1, "changed": 1, "same": 8, "gone": 1}
    assert shop.live() == {*(f"b{n}" for n in range(9)), "b10"}
    item = shop.items("b8")["main:b8"]
    assert (item.denominations, item.generation) == ((5000,), 3)
    # Who ordered what is gone can read it yet.
    gone = shop.items("b9")["main:b9"]
    assert gone.gone_at is not None
    assert (gone.names["de"], gone.is_visible(shop.now)) == ("Buch b9", False)
    back = shop.brought([*rows(10), row("b8", amounts=["50.00"], id="b10")])
    assert counts(back)["changed"] == 3 - 1 + 1
    assert shop.items("b9")["main:b9"].gone_at is None


def test_an_item_has_all_that_its_row_says(shop: Shop) -> None:
    image = encoded(png())
    said = row(
        "b1", amounts=None, min="5", max="500", step="0.50", image=image,
        terms="T", segments=["loyal"], visible_from="2026-12-01", limited_to=3, cost="0.97",
        needs=["email"], popularity=4,
    )  # fmt: skip
    assert shop.brought([said]).state == "applied"
    item = shop.items("b1")["main:b1"]
    assert (item.range, item.terms, item.segments) == (
        (500, 50000, 50),
        {"en": "T"},
        ("loyal",),
    )
    assert (item.markets, item.supplier, item.popularity) == (("DE", "NO"), "cards", 4)
    assert item.visible_from is not None
    assert item.visible_from.isoformat() == "2026-11-30T23:00:00+00:00"
    with shop.tx("web", 7) as tx:
        # A member sees what there is to choose.
        (offer,) = load_offers(tx, shop.program_id, [item.id])[item.id]
        (slot,) = load_slots(tx, shop.program_id, [item.id])[item.id]
        assert tx.execute("select type from catalog_images where hash = %s", (item.image,)).fetchall() == [
            ("image/png",)
        ]
        assert tx.execute("select from catalog_feeds").fetchall() == []
    assert (offer.cost_bp, offer.needs, offer.prefer) == (9700, ("email",), 10)
    assert (slot.capacity, slot.left, slot.starts_at) == (3, 3, None)


def test_whoever_has_a_place_keeps_it(shop: Shop) -> None:
    slots = [{"id": name, "capacity": 10, "starts_at": "2026-12-01"} for name in ("a", "b")]
    shop.brought([row("e1", kind="experience", slots=slots)])
    (item,) = shop.items("e1").values()
    with shop.tx() as tx:
        tx.execute("update catalog_slots set taken = 4 where ref = 'a'")
    shop.brought([row("e1", kind="experience", slots=[{**slots[0], "capacity": 2}])])
    with shop.tx() as tx:
        kept, gone = load_slots(tx, shop.program_id, [item.id])[item.id]
    assert (kept.ref, kept.capacity, kept.taken, kept.left) == ("a", 4, 4, 0)
    assert (gone.ref, gone.left, gone.gone_at is None) == ("b", 0, False)


BROKEN: list[tuple[str, bytes, str, str]] = [
    ("nothing", b"", "staged", "empty"),
    ("an empty list", b"[]", "staged", "empty"),
    ("a page of an error", b"<html>503</html>", "refused", "form"),
    ("cut off", written(rows(100))[:-20], "refused", "cut"),
    ("a third less", written(rows(69)), "staged", "gone"),
    (
        "six wrong of a hundred",
        written([*rows(94), *(row(f"w{n}", amounts=None) for n in range(6))]),
        "staged",
        "wrong",
    ),
    ("everything wrong", written([row(f"b{n}", currency="USD") for n in range(100)]), "staged", "empty"),
]


@pytest.mark.parametrize(
    ("data", "state", "why"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_a_broken_feed_never_empties_the_catalog(shop: Shop, data: bytes, state: str, why: str) -> None:
    shop.brought(rows(100))
    was = shop.live()
    sync = shop.bring(data)
    assert (sync.state, sync.why) == (state, why)
    assert shop.live() == was
    assert (sync.ended_at is None) == (state == "staged")
    if state == "refused":
        assert shop.accept(sync) == NotSettled("state")
        # The next good one is read as ever.
        assert shop.brought(rows(100)).state == "applied"


def test_within_bounds_nobody_has_to_look(shop: Shop) -> None:
    shop.brought(rows(100))
    wrong = [row(f"b{n}", amounts=None) for n in range(70, 73)]
    sync = shop.brought([*rows(70), *wrong, row("b73", brand="New")])
    assert (sync.state, counts(sync)) == (
        "applied",
        {"found": 74, "changed": 1, "same": 70, "gone": 26, "wrong": 3},
    )
    # A wrong row takes nothing away: its item is as it was.
    assert {"b70", "b71", "b72"} < shop.live()


def test_a_wrong_row_is_kept_with_its_reason(shop: Shop) -> None:
    listed = [
        *rows(60),
        row("b60", about="x" * 5_000_000),
        row("B1"),
        {"id": "nul\0", "name": "\ud800", "x": [1, {"y": 2}], "z": float("nan")},
    ]
    sync = shop.brought(listed)
    assert (sync.state, counts(sync)) == ("applied", {"found": 63, "new": 60, "wrong": 3})
    great, twice, odd = [each for each in shop.staged(sync) if each.what == "wrong"]
    assert (great.line, great.sku) == (61, "b60")
    assert (great.problem, great.said) == ("long", {"field": "about (en)", "n": 5_000_000, "most": 5_000})
    assert str(great.row["about"]).endswith("(5,000,000 letters)")
    assert len(str(great.row["about"])) < 21_000
    assert (twice.problem, twice.said) == ("id_twice", {"given": "B1"})
    # What is quoted can be written down, and steers no terminal.
    assert (odd.problem, odd.said) == ("id_form", {"given": "nul\ufffd", "most": 80})
    assert odd.row["x"] == [1, {"y": 2}]


def test_what_waits_is_accepted_or_dropped(shop: Shop) -> None:
    shop.brought(rows(10))
    waiting = shop.brought(rows(2), wait=True)
    assert (waiting.state, waiting.why, counts(waiting)) == (
        "staged",
        "preview",
        {"found": 2, "same": 2, "gone": 8},
    )
    assert [each.sku for each in shop.staged(waiting)] == [f"b{n}" for n in range(2, 10)]
    dropped = shop.drop(waiting)
    assert not isinstance(dropped, NotSettled)
    assert (dropped.state, dropped.settled_by, len(shop.live())) == ("dropped", "per_1", 10)
    assert shop.accept(waiting) == shop.drop(waiting) == NotSettled("state")
    waiting = shop.brought(rows(2))
    assert waiting.why == "gone"
    accepted = shop.accept(waiting)
    assert not isinstance(accepted, NotSettled)
    assert (accepted.state, shop.live()) == ("applied", {"b0", "b1"})
    assert shop.accept(replace(waiting, id=99_999)) == NotSettled("unknown")
    told = shop.ask("select action, actor from audit where action like 'catalog.%%' order by id")
    assert told[-4:] == [
        *(("catalog.staged", "test"), ("catalog.dropped", "per_1")),
        *(("catalog.staged", "test"), ("catalog.applied", "per_1")),
    ]


LESS: list[tuple[str, dict[str, Any]]] = [
    ("it ended", {"visible_to": "2026-11-01"}),
    ("it begins later", {"visible_from": "2027-11-01"}),
    ("nobody has it", {"stock": 0}),
    ("fewer markets", {"markets": ["DE"]}),
    ("for some alone", {"segments": ["loyal"]}),
    ("another currency", {"currency": "NOK"}),
    ("other amounts", {"amounts": ["10.00", "20.00"]}),
    ("another price", {"amounts": None, "prices": {"stars": 9}}),
]


@pytest.mark.parametrize("kind", ["full", "delta"])
def test_what_takes_away_from_many_items_waits_for_somebody(shop: Shop, kind: str) -> None:
    shop.brought(rows(10))
    for name, less in LESS:
        four = [row(f"b{n}", **less) for n in range(4)]
        sync = shop.brought([*four, *rows(10)[4:]], kind=kind)
        assert (sync.state, sync.why, counts(sync)["changed"]) == ("staged", "gone", 4), name
    gone = [{"id": "b9", "gone": True}] if kind == "delta" else []
    three = [row(f"b{n}", stock=0) for n in range(3)]
    assert shop.brought([*three, *rows(9)[3:], *gone], kind=kind).why == "gone"
    # Three of ten may; and whatever is no less may change in all of them.
    assert shop.brought([*three, *rows(10)[3:]], kind=kind).state == "applied"
    more = [row(f"b{n}", brand="B", amounts=["10.00", "25.00", "50.00"]) for n in range(10)]
    assert shop.brought(more, kind=kind).state == "applied"


def test_no_row_however_odd_ends_a_reading(shop: Shop) -> None:
    odd: list[dict[str, Any]] = [
        row("o1", offers=[{"supplier": "cards", "x\0\ud800": 1}]),
        row("o2", name={"en": "Book", "x\0\ud800": "y"}),
        row("o3", prices={"\0\ud800": 1}),
        row("o4", **{"x\0\ud800": 1}),
        row("o5", popularity=10**400),
        row("o6", x_more=10**30, kind="\0"),
        row("x" * 80),
    ]
    feed = "f" * 40
    sync = shop.brought([*rows(200), row("late", visible_from="2026-12-01T00:00+20:00"), *odd], feed=feed)
    assert (sync.state, counts(sync)) == ("applied", {"found": 208, "new": 201, "wrong": 7})


def test_a_fault_at_the_end_leaves_the_feed_free(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(*_: object) -> None:
        raise OSError("full")

    with monkeypatch.context() as patch:
        patch.setattr("guerdon.engine.catalog.staging.apply_sync", breaking)
        with pytest.raises(OSError, match="full"):
            shop.brought(rows(2))
    assert shop.ask("select state from catalog_syncs where feed = 'main'") == [("refused",)]
    assert shop.brought(rows(2)).state == "applied"


def test_a_newer_reading_takes_the_place_of_one_that_waits(shop: Shop) -> None:
    shop.brought(rows(10))
    waiting = shop.brought(rows(1))
    assert shop.brought(rows(10)).state == "applied"
    assert (shop.sync(waiting).state, shop.sync(waiting).why) == ("dropped", "newer")
    assert shop.accept(waiting) == NotSettled("state")


def test_a_delta_changes_what_it_names_alone(shop: Shop) -> None:
    shop.brought(rows(10))
    changes: list[dict[str, Any]] = [
        *(
            row("b1", brand="New"),
            row("b10"),
            {"id": "B2", "gone": True},
            {"id": "nobody", "gone": "true"},
            row("b3"),
        ),
    ]
    sync = shop.brought(changes, kind="delta")
    assert (sync.state, counts(sync)) == (
        "applied",
        {"found": 4, "new": 1, "changed": 1, "same": 2, "gone": 1},
    )
    assert shop.live() == {"b0", "b1", *(f"b{n}" for n in range(3, 11))}
    many = shop.brought([{"id": f"b{n}", "gone": True} for n in range(3, 10)], kind="delta")
    assert (many.state, many.why) == ("staged", "gone")
    assert shop.brought([], kind="delta").state == "applied"


def test_no_reader_sees_half_of_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.brought(rows(40))
    before, after = (0, 40, 40, 1), (50, 50, 50, 2)

    def look() -> tuple[int, ...]:
        (found,) = shop.ask(
            "select count(*) filter (where brand = 'New'), count(*), count(o), max(f.generation)"
            " from catalog_items i join catalog_feeds f on f.key = i.feed"
            " left join catalog_offers o on o.item_id = i.id where feed = 'main' and gone_at is null"
        )
        return found

    # Somebody looks after each step of it, on a connection of their own, before it is committed.
    seen: dict[str, tuple[int, ...]] = {}

    def watched(name: str) -> Callable[..., object]:
        step = getattr(applying, name)

        def stepped(*given: object) -> object:
            done = step(*given)
            seen[name] = look()
            return done

        return stepped

    steps = ("apply_items", "apply_offers", "apply_slots", "advance_feed", "settle_sync", "reindex_items")
    for name in steps:
        monkeypatch.setattr(applying, name, watched(name))
    assert look() == before
    sync = shop.brought([row(f"b{n}", brand="New") for n in range(10, 60)])
    assert sync.state == "applied"
    assert seen == dict.fromkeys(steps, before)
    assert look() == after


def test_one_feed_is_read_by_one_at_a_time(shop: Shop) -> None:
    shop.brought(rows(3))
    asked = Asked("main", "somebody", supplier="cards")
    with connect(shop.url, shop.secret, "worker") as db:
        begun = begin(db, shop.ground, asked, shop.clock())
        with pytest.raises(NotRead) as told:
            shop.brought(rows(3))
        assert told.value.why == "reading"
        # Another feed is nobody's business.
        assert shop.brought(rows(1), feed="other").state == "applied"
        # It was killed: after a minute of silence its place is free, and the catalog as it was.
        shop.now += SILENT_AFTER + timedelta(seconds=1)
        assert shop.brought(rows(4)).state == "applied"
    with shop.tx() as tx:
        dead = tx.execute("select state, why from catalog_syncs where id = %s", (begun.sync_id,)).fetchall()
    assert dead == [("dropped", "silent")]


def test_who_puts_a_feed_in_place_is_not_disturbed(shop: Shop) -> None:
    waiting = shop.brought(rows(3), wait=True)
    with shop.tx("web") as tx:
        accept_sync(tx, shop.program_id, waiting.id, "per_1", shop.clock())
        with pytest.raises(NotRead) as told:
            shop.brought(rows(4))
        assert told.value.why == "reading"
    assert shop.live() == {"b0", "b1", "b2"}
    assert shop.brought(rows(4)).state == "applied"


@pytest.mark.parametrize("last", [5, SET_ROWS + 1])
def test_a_reader_that_was_thought_dead_changes_nothing_more(shop: Shop, last: int) -> None:
    def slow() -> Any:
        for number in range(last):
            if number == last - 1:
                # While it waits for its supplier, another has long taken its place.
                shop.now += SILENT_AFTER + timedelta(seconds=1)
                assert shop.brought(rows(2)).state == "applied"
            yield RawRow(number + 1, row(f"b{number}"))

    with connect(shop.url, shop.secret, "worker") as db:
        sync = take_feed(db, shop.ground, Asked("main", "slow", supplier="cards"), slow(), shop.clock)
    assert (sync.state, sync.why) == ("dropped", "silent")
    assert shop.live() == {"b0", "b1"}


def test_what_breaks_off_leaves_the_catalog_and_the_feed_free(shop: Shop) -> None:
    def breaking() -> Any:
        yield RawRow(1, row("b9"))
        raise OSError("gone")

    shop.brought(rows(2))
    with connect(shop.url, shop.secret, "worker") as db, pytest.raises(OSError, match="gone"):
        take_feed(db, shop.ground, Asked("main", "x"), breaking(), shop.clock)
    assert shop.live() == {"b0", "b1"}
    assert shop.ask("select state from catalog_feeds where key = 'main'") == [("refused",)]
    assert shop.brought(rows(2)).state == "applied"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"feed": "program"}, "feed"),
        ({"feed": "My feed"}, "feed"),
        ({"feed": "x" * 41}, "feed"),
        ({"supplier": "nobody"}, "supplier"),
        ({"supplier": None}, "supplier"),
    ],
)
def test_a_feed_that_cannot_be_one_is_not_read(shop: Shop, asked: dict[str, Any], why: str) -> None:
    with pytest.raises(NotRead) as told:
        shop.brought(rows(1), **asked)
    assert told.value.why == why


def test_a_feed_remembers_who_delivers_it(shop: Shop) -> None:
    shop.brought(rows(1), supplier="manual")
    shop.brought(rows(2), supplier=None)
    assert {item.supplier for item in shop.items("b0", "b1").values()} == {"manual"}
    # An account delivers the feed of its own name.
    shop.brought(rows(1), feed="cards", supplier=None)
    assert shop.items("b0", feed="cards")["cards:b0"].supplier == "cards"


def test_images_that_nobody_shows_go(shop: Shop) -> None:
    one, two = encoded(png(2)), encoded(png(3))
    shop.brought([row("b1", image=one), row("b2", image=one)])
    assert shop.ask("select count(*) from catalog_images") == [(1,)]
    waiting = shop.brought([row("b1", image=two), row("b2", image=one)], wait=True)
    shop.brought([row("c1")], feed="other")
    assert shop.ask("select count(*) from catalog_images") == [(2,)]
    shop.drop(waiting)
    shop.brought([row("c1", brand="x")], feed="other")
    # Of today it may be of a sync that nobody else can see yet.
    assert shop.ask("select count(*) from catalog_images") == [(2,)]
    shop.now += timedelta(days=1)
    shop.brought([row("c1", brand="y")], feed="other")
    assert shop.ask("select count(*) from catalog_images") == [(1,)]


# Items of the program's own text.


def test_items_of_the_program_are_in_its_catalog(shop: Shop) -> None:
    with shop.tx() as tx:
        items = load_items(tx, shop.program_id, ["cake", "tea"])
    cake, tea = items["cake"], items["tea"]
    assert (cake.currency, cake.denominations, cake.other_amounts, cake.prices) == (
        *("EUR", (2500,), {"NOK": (29000,)}, {"stars": 1300}),
    )
    assert (cake.names["de"], cake.supplier, cake.feed, tea.abouts) == (
        "Kuchen",
        "pool",
        "program",
        {"en": "Green"},
    )
    # Norway allows books alone.
    assert cake.markets == tea.markets == ("DE",)
    assert item_of(shop.program, cake, "DE") == replace(shop.program.items["cake"], markets=("DE",))
    with connect(shop.url, shop.secret, "owner") as db:
        publish(db, shop.program, "test", shop.clock())
        changed = read_program(shop.program.text.replace("Kuchen", "Torte").replace('"tea"', '"mate"'))
        assert isinstance(changed, Program)
        publish(db, changed, "test", shop.clock())
    assert shop.live("program") == {"cake", "mate"}
    assert shop.ask("select count(*) from catalog_syncs where feed = 'program'") == [(2,)]


def test_rules_see_an_item_as_one_of_theirs(shop: Shop) -> None:
    shop.brought(
        [
            row("b1", amounts=["10.01"]),
            row("b2"),
            row("b3", amounts=None, min=1, max=9),
            row("f", category="food"),
        ]
    )
    one, two, three, food = shop.items("b1", "b2", "b3", "f").values()
    seen = item_of(shop.program, one, "NO")
    # 10.01 of money at 0.02 a star are 500.5 stars: 501.
    assert seen.values == (Money(1001, "EUR"), Money(501, "stars"))
    assert (seen.key, seen.markets, seen.range) == ("main:b1", ("NO",), None)
    assert item_of(shop.program, two, "DE").values == (Money(1000, "EUR"), Money(2500, "EUR"))
    assert (item_of(shop.program, three, "DE").range, item_of(shop.program, three, "DE").currency) == (
        (100, 900, 100),
        "EUR",
    )
    assert item_of(shop.program, food, "NO").markets == ()


# What a supplier lists.


class Lists:
    """An account that lists so many items, two a page; from one page on it does not answer."""

    abilities = Abilities("none", None, 60, 1.0, finds=False, lists_items=True)
    account = Account("cards", "https://cards.example/", "x")

    def __init__(self, n: int, broken_at: str | None = None) -> None:
        self.n, self.broken_at = n, broken_at

    def list_items(self, after: str | None) -> ItemPage | Later:
        if after == self.broken_at and after is not None:
            return Later(5, "unreachable")
        at = int(after or 0)
        items = [Listed(row(f"b{n}")) for n in range(at, min(at + 2, self.n))]
        return ItemPage(items, str(at + 2) if at + 2 < self.n else None)


def test_an_account_lists_its_items_page_by_page(shop: Shop) -> None:
    with connect(shop.url, shop.secret, "worker") as db:
        listing: Any = Lists(5)
        sync = pull_feed(db, shop.ground, listing, Asked("cards", "worker"), shop.clock)
        assert isinstance(sync, SyncRow)
        assert (sync.state, counts(sync)) == ("applied", {"found": 5, "new": 5})
        broken: Any = Lists(5, "4")
        sync = pull_feed(db, shop.ground, broken, Asked("cards", "worker"), shop.clock)
        assert isinstance(sync, SyncRow)
        assert (sync.state, sync.why) == ("refused", "cut")
    assert len(shop.live("cards")) == 5


class Endless(Lists):
    """An account whose pages come one after another for ever: without items, or slowly with one each."""

    def __init__(self, shop: Shop, each_s: float, items: int) -> None:
        super().__init__(0)
        self.shop, self.each, self.items, self.asked = shop, timedelta(seconds=each_s), items, 0

    def list_items(self, after: str | None) -> ItemPage | Later:
        self.shop.now += self.each
        self.asked += 1
        assert self.asked < 2_000
        at = int(after or 0)
        return ItemPage([Listed(row(f"b{at}-{n}")) for n in range(self.items)], str(at + 1))


@pytest.mark.parametrize(("each_s", "items", "why"), [(1, 0, "without items"), (50, 1, "too long")])
def test_an_account_whose_pages_never_end_is_refused(shop: Shop, each_s: float, items: int, why: str) -> None:
    endless: Any = Endless(shop, each_s, items)
    with connect(shop.url, shop.secret, "worker") as db:
        sync = pull_feed(db, shop.ground, endless, Asked("cards", "worker"), shop.clock)
    assert isinstance(sync, SyncRow)
    assert (sync.state, sync.why) == ("refused", "cut")
    assert why in sync.said
    assert endless.asked < 200


def test_who_reads_slowly_is_not_taken_for_dead(shop: Shop) -> None:
    slow: Any = Lists(9)
    listing, seen = slow.list_items, list[bool]()

    def listed(after: str | None) -> ItemPage | Later:
        shop.now += SILENT_AFTER / 2
        if after is not None:
            with pytest.raises(NotRead):
                shop.brought(rows(1), feed="cards")
            seen.append(True)
        found: ItemPage | Later = listing(after)
        return found

    slow.list_items = listed
    with connect(shop.url, shop.secret, "worker") as db:
        sync = pull_feed(db, shop.ground, slow, Asked("cards", "worker"), shop.clock)
    assert isinstance(sync, SyncRow)
    assert (sync.state, len(seen)) == ("applied", 4)


def test_a_sync_cannot_be_settled_unseen(shop: Shop) -> None:
    sync = shop.brought(rows(1), wait=True)
    with pytest.raises(errors.CheckViolation, match="has no audit row"), shop.tx("web") as tx:
        tx.execute("update catalog_syncs set state = 'applied', ended_at = now() where id = %s", (sync.id,))


def test_a_fault_of_a_feed_says_what_it_is() -> None:
    fault = UnfitFeed("cut", "line_cut", line=1_200)
    assert (str(fault), fault.why) == ("the feed ends in the middle of line 1200", "cut")


def test_a_program_of_before_the_catalog_gets_its_items_when_the_worker_starts(shop: Shop) -> None:
    with connect(shop.url, shop.secret, "owner") as db:
        db.execute(
            "truncate shelf, shelf_names, shelf_words, catalog_items, catalog_staged, catalog_syncs, "
            "catalog_feeds cascade"
        )
        db.commit()
    with connect(shop.url, shop.secret, "worker") as db:
        put_items_of_before(db, NOW)
        put_items_of_before(db, NOW)
    assert shop.live("program") == {*shop.program.items}
    assert shop.ask("select count(*) from audit where action = 'catalog.applied'") == [(1,)]


def test_staff_read_what_an_item_is_called_though_it_is_gone(shop: Shop) -> None:
    shop.brought(rows(3))
    shop.brought(rows(2))
    with shop.tx("web") as tx:
        named = load_names(tx, ["main:b2", "main:b1", "nobody:x", None])
    assert set(named) == {"main:b1", "main:b2"}
    own = next(iter(shop.program.items.values()))
    namer = Namer(shop.program, "en", named)
    assert namer.item("main:b2") == named["main:b2"]["en"] != "main:b2"
    assert (namer.item(own.key), namer.item("nobody:x"), namer.item(None)) == (own.name["en"], "nobody:x", "")
