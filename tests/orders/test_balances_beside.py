"""A balance of points pays what rewards of money are short of: exactly, as seen, and each back its own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.orders.reversing import lot, owed, reverse, waits
from tests.races import RACED, Race
from tests.redeem.house import NOW, PROGRAM, opened_house

from guerdon.engine.announcements.reading import Known, Read, read_announcements
from guerdon.engine.announcements.shapes import RewardRedeemed
from guerdon.engine.gifts.proving import is_guarded
from guerdon.engine.orders.canceling import Taking, cancel_order
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.holding import OfHold, capture, release
from guerdon.engine.wallet.spending import Restore, Spend, restore, spend
from guerdon.ledger.effects import Draw, Hold, Post, Redeem, Refuse
from guerdon.ledger.lots import Lot
from guerdon.program.catalog.nouns import Catalog
from guerdon.program.load import load_program
from guerdon.program.model import Item, Program
from guerdon.queries.orders.ended import list_ended, told_of
from guerdon.rules.choice.payment import Balance, Claim, balance_worth, beside_hold, payment_for
from guerdon.rules.choice.prices import face_worth, worth_of
from guerdon.rules.choice.wishes import Wish, decide_wish
from guerdon.store.announcements.queue import Taken
from guerdon.store.announcements.told import RewardFacts
from guerdon.store.database import Connection, transaction
from guerdon.store.orders.choices import load_helping
from guerdon.values.ids import show
from guerdon.values.money import Money

AT = datetime(2026, 5, 4, tzinfo=UTC)
SOLD = Item("card", {"en": "Card"}, "gift_card", (), ("DE",), {}, {}, (1, 100_000, 1), "EUR")
# Three points are worth two cents.
RATE = Decimal("0.0066666")
BESIDE = Catalog(split=True, combine=True, pay_rest_with="PTS", worth={"PTS": (Decimal("0.01"), "EUR")})


@cache
def told() -> Program:
    found = load_program(Path(PROGRAM))
    assert isinstance(found, Program)
    points = replace(found.units["EUR"], key="PTS", digits=0, kind="points")
    return replace(found, allowed={}, units={**found.units, "PTS": points}, catalog=BESIDE)


def with_points(folder: Path) -> Path:
    """The program's text with points that pay the rest, in a folder of its own."""
    copytree(PROGRAM.parent, folder)
    written = folder / PROGRAM.name
    text = written.read_text(encoding="utf-8")
    for old, new in (
        (
            "  EUR: { kind: money, digits: 2 }\n",
            "  EUR: { kind: money, digits: 2 }\n  PTS: { kind: points, digits: 0 }\n",
        ),
        ("  combine: true\n", "  combine: true\n  pay_rest_with: PTS\n  worth: { PTS: 0.01 EUR }\n"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    written.write_text(text, encoding="utf-8")
    return written


def lots_of(given: list[tuple[int, int, int]], first: int) -> list[Lot]:
    return [
        Lot(number, left, min(held, left), f"budget:b{number % 2}:DE", AT + timedelta(days=days), AT)
        for number, (left, held, days) in enumerate(given, start=first)
    ]


LOTS = st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 5_000), st.integers(-3, 30)), max_size=4)


@settings(max_examples=200, deadline=None)
@given(
    own=st.integers(1, 5_000),
    others=LOTS,
    points=LOTS,
    price=st.integers(1, 25_000),
    rules=st.tuples(st.booleans(), st.booleans()),
    rate=st.sampled_from([Decimal("0.01"), Decimal(2), RATE]),
)
def test_rewards_and_points_come_to_the_price(
    own: int,
    others: list[tuple[int, int, int]],
    points: list[tuple[int, int, int]],
    price: int,
    rules: tuple[bool, bool],
    rate: Decimal,
) -> None:
    split, combine = rules
    catalog = replace(BESIDE, split=split, combine=combine, worth={"PTS": (rate, "EUR")})
    program = replace(told(), catalog=catalog)
    money, balance = lots_of([(own, 0, 9), *others], 1), lots_of(points, 50)
    free = sum(each.free for each in balance)
    claim = Claim(1, "booking", Money(own, "EUR"), "ready", None, "DE", 100_000, money[:1], others=money)
    claim = replace(claim, balance=Balance("PTS", free, balance))
    paying = payment_for(program, claim, SOLD, Money(price, "EUR"), AT)
    most = balance_worth(program, claim, AT)
    assert face_worth(program, Money(sum(x.free for x in balance if not x.lapsed(AT)), "PTS")) == Money(
        most, "EUR"
    )
    if paying is None:
        # What the points reach beside the reward alone, they pay.
        assert not own < price <= own + most
        return
    assert own < price
    assert paying.drawn[0] == (money[0], own)
    assert all(0 < part <= each.free and not each.lapsed(AT) for each, part in paying.drawn)
    assert combine or len(paying.drawn) == 1
    assert split or all(part == each.remaining for each, part in paying.drawn)
    missing = price - paying.minor
    if paying.beside is None:
        assert (missing, list(paying.beside_drawn)) == (0, [])
    else:
        assert missing > 0
        assert paying.beside == Money(worth_of(program, Money(missing, "EUR"), "PTS") or 0, "PTS")
        assert sum(part for _, part in paying.beside_drawn) == paying.beside.amount_minor
        assert all(0 < part <= each.free and not each.lapsed(AT) for each, part in paying.beside_drawn)
        # Rewards of money come first: nothing of them stays that would have fitted.
        assert all(part == each.free for each, part in paying.drawn)
    wish = Wish("card", SOLD, Money(price, "EUR"), paying.minor, parts=paying.parts, beside=paying.beside)
    effects = decide_wish(program, claim, wish, own, AT)
    assert isinstance(effects[0], Redeem)
    assert effects[0].value == paying.minor
    posts = {each.id: each for each in effects if isinstance(each, Post)}
    assert len(posts) == sum(isinstance(each, Post) for each in effects)
    for unit, drawn in (("EUR", paying.drawn), ("PTS", paying.beside_drawn)):
        assert sum(post.amount for post in posts.values() if post.unit == unit) == sum(x for _, x in drawn)
    draws = {each.reward: each for each in effects if isinstance(each, Draw)}
    assert {key: each.amount for key, each in draws.items()} == {
        each.reward_id: part for each, part in (*paying.drawn, *paying.beside_drawn)
    }
    # Somebody who saw less of it agreed to something else.
    if paying.beside is not None:
        for other in (None, Money(paying.beside.amount_minor - 1, "PTS"), Money(1, "EUR")):
            (refusal,) = decide_wish(program, claim, replace(wish, beside=other), own, AT)
            assert isinstance(refusal, Refuse)
            assert refusal.reason == "changed"


def test_a_gift_and_points_themselves_are_with_balance_by_nothing() -> None:
    claim = Claim(1, "booking", Money(500, "EUR"), "ready", None, "DE", 500, lots_of([(500, 0, 9)], 1))
    claim = replace(claim, balance=Balance("PTS", 900, lots_of([(900, 0, 9)], 50)))
    face = Money(1_000, "EUR")
    assert payment_for(told(), claim, SOLD, face, AT) is not None
    assert payment_for(told(), replace(claim, gift=3), SOLD, face, AT) is None
    assert balance_worth(told(), replace(claim, gift=3), AT) == 0
    # A gift that nobody took in time is its member's own again.
    assert payment_for(told(), replace(claim, gift=3, gift_until=AT), SOLD, face, AT) is not None
    assert payment_for(told(), replace(claim, value=Money(500, "PTS")), SOLD, face, AT) is None
    assert payment_for(told(), replace(claim, balance=Balance("PTS", 499, ())), SOLD, face, AT) is None


class Bench:
    """A member with fifty euros of a reward, 4,000 points in two lots, and a card of eighty euros."""

    def __init__(self, here: Counter) -> None:
        self.here, house = here, here.house
        house.enroll(7)
        here.tell(7)
        self.first = house.reward(7, value=Money(5_000, "EUR"), days=90)
        self.soon = house.reward(7, value=Money(1_000, "PTS"), rule="referral", days=5)
        self.late = house.reward(7, value=Money(3_000, "PTS"), rule="referral", days=60)
        self.saw: dict[str, Any] = {
            "face": Money(8_000, "EUR"),
            "price_minor": 5_000,
            "left_minor": 5_000,
            "parts": ((self.first, 5_000),),
            "beside": Money(3_000, "PTS"),
        }

    def choose(self, **more: Any) -> Redeem | Hold | Refuse | None:
        return self.here.choose(7, self.first, **{**self.saw, **more})

    def left(self) -> list[tuple[Any, ...]]:
        return [lot(self.here.house, each)[:2] for each in (self.first, self.soon, self.late)]

    def purses(self) -> dict[str, tuple[int, int]]:
        rows = self.here.house.rows("select unit, posted, held from accounts where member_id = 7")
        return {str(unit): (int(str(posted)), int(str(held))) for unit, posted, held in rows}

    def event(self, order: int) -> int:
        ((event,),) = self.here.house.rows(
            "select id from events where external_id = %(o)s::text and type = 'reward.redeemed'", o=str(order)
        )
        return int(str(event))


@pytest.fixture
def bench(database: str, secret: str, tmp_path: Path) -> Iterator[Bench]:
    house = opened_house(database, secret, with_points(tmp_path / "written")).__enter__()
    here = Counter(house, {"giftly": Fake("giftly")}, catalog=house.program.catalog)
    here.shelve(denominations=[8_000], offers=["giftly"])
    here.shelve("own", ["pool"], denominations=[8_000])
    yield Bench(here)
    here.check()


FULL = [(5_000, 0), (1_000, 0), (3_000, 0)]
SPENT = [(0, 0), (0, 0), (1_000, 0)]
HELD = [(5_000, 5_000), (1_000, 1_000), (3_000, 2_000)]


def test_a_code_of_our_own_is_paid_by_both_and_given_back_to_both(bench: Bench) -> None:
    here, house = bench.here, bench.here.house
    house.stock(1, "own", Money(8_000, "EUR"))
    said = bench.choose(item="own")
    assert isinstance(said, Redeem), said
    assert (bench.left(), bench.purses()) == (SPENT, {"EUR": (0, 0), "PTS": (1_000, 0)})
    order = here.order(said.order)
    assert (order.value, order.beside, order.face) == (
        Money(5_000, "EUR"),
        Money(3_000, "PTS"),
        Money(8_000, "EUR"),
    )
    assert house.rows("select sum(redeemed)::int, sum(redeemed_value)::int from rollups") == [(1, 5_000)]
    here.check()
    with house.opens(None)() as tx:
        done = restore(tx, here.program, Restore(house.program_id, 7, bench.event(said.order)), NOW)
    assert isinstance(done, Done), done
    assert (bench.left(), bench.purses()) == (FULL, {"EUR": (5_000, 0), "PTS": (4_000, 0)})
    assert house.rows("select sum(redeemed)::int, sum(redeemed_value)::int from rollups") == [(0, 0)]


def test_others_are_told_how_much_of_each_reward_it_took(bench: Bench) -> None:
    house = bench.here.house
    house.stock(1, "own", Money(8_000, "EUR"))
    said = bench.choose(item="own")
    assert isinstance(said, Redeem), said
    event = bench.event(said.order)
    ((decision,),) = house.rows("select decision::text from events where id = %(e)s", e=event)
    facts = {
        (7, int(str(reward))): RewardFacts(str(rule), str(unit), int(str(value)), None, None)
        for reward, rule, unit, value in house.rows("select id, rule, unit, value from rewards")
    }
    taken = Taken(1, 7, event, NOW, "reward.redeemed", "guerdon", str(said.order), NOW, str(decision))
    told = read_announcements([Read(taken)], Known(bench.here.program, facts, {}, {}))
    used = [each.said for each in told if isinstance(each.said, RewardRedeemed)]
    assert {(each.reward, each.value.unit, each.value.amount) for each in used} == {
        (show("rwd", bench.first), "EUR", 5_000),
        (show("rwd", bench.soon), "PTS", 1_000),
        (show("rwd", bench.late), "PTS", 2_000),
    }
    assert {(each.item, each.order) for each in used} == {("own", show("ord", said.order))}


def test_a_supplier_is_paid_by_both_once_it_delivered(bench: Bench) -> None:
    said = bench.choose()
    assert isinstance(said, Hold), said
    assert (bench.left(), bench.purses()) == (HELD, {"EUR": (5_000, 5_000), "PTS": (4_000, 3_000)})
    bench.here.check()
    bench.here.work()
    assert bench.here.state(said.request) == "fulfilled"
    assert (bench.left(), bench.purses()) == (SPENT, {"EUR": (0, 0), "PTS": (1_000, 0)})
    assert [each for (each,) in bench.here.house.rows("select state from holds")] == ["captured"] * 2


def test_what_was_refused_or_called_off_is_both_again(bench: Bench) -> None:
    house = bench.here.house
    said = bench.choose()
    assert isinstance(said, Hold), said
    with house.opens(7)() as tx:
        assert cancel_order(tx, Taking(house.program_id, 7, said.request, "mem"), NOW) is None
    assert (bench.left(), bench.purses()) == (FULL, {"EUR": (5_000, 0), "PTS": (4_000, 0)})
    bench.here.check()
    bench.here.fakes["giftly"].faults.append("sold out")
    again = bench.choose()
    assert isinstance(again, Hold), again
    bench.here.work_on()
    assert bench.here.state(again.request) == "failed"
    assert bench.left() == FULL


def test_what_has_ended_of_both_is_told_unit_by_unit(bench: Bench) -> None:
    house, ended = bench.here.house, dict[int, str]()
    said = bench.choose()
    assert isinstance(said, Hold), said
    with house.opens(7)() as tx:
        for days in (4, 5, 60, 90):
            found = list_ended(tx, house.program_id, (7, said.request), NOW + timedelta(days=days))
            ended[days] = told_of(each.value for each in found)
    assert ended == {4: "", 5: "PTS:1000", 60: "PTS:3000", 90: "EUR:5000 PTS:3000"}


def test_nobody_knows_how_either_hold_ends_while_somebody_was_asked(bench: Bench) -> None:
    house = bench.here.house
    bench.here.fakes["giftly"].faults.append("fails")
    said = bench.choose()
    assert isinstance(said, Hold), said
    known = "select distinct outcome_known from holds"
    assert house.rows(known) == [(True,)]
    bench.here.work()
    assert (bench.here.state(said.request), house.rows(known)) == ("unknown", [(False,)])
    # Nor does anybody else end what an order holds.
    held = OfHold(house.program_id, 7, beside_hold(said.request, "PTS"))
    with house.opens(None)() as tx:
        for ended in (release(tx, held, NOW), capture(tx, held, None, NOW)):
            assert isinstance(ended, Refuse)
            assert ended.reason == "hold:order"
    bench.here.check()
    bench.here.work_on()
    assert bench.here.state(said.request) in ("fulfilled", "failed")


@RACED
def test_five_tabs_take_both_once(bench: Bench, race: Race) -> None:
    said = race.run(bench.here.house, [("web", lambda _: bench.choose()) for _ in range(5)])
    assert sum(isinstance(one, Hold) for one in said) == 1, said
    assert {one.reason for one in said if isinstance(one, Refuse)} == {"used"}
    assert bench.left() == HELD
    bench.here.work()


def test_points_that_went_elsewhere_refuse_what_was_seen(bench: Bench) -> None:
    house = bench.here.house
    with house.opens(None)() as tx:
        gone = spend(tx, bench.here.program, Spend(house.program_id, 7, "k1", "PTS", 1_001), NOW)
    assert isinstance(gone, Done), gone
    said = bench.choose()
    assert isinstance(said, Refuse)
    assert said.reason == "changed"
    assert house.rows("select from orders") == []


@RACED
def test_a_spend_and_an_order_at_once_never_take_the_same_points(bench: Bench, race: Race) -> None:
    house = bench.here.house

    def chooses(_: Connection) -> object:
        race.dawdle(0.01)
        return bench.choose()

    def spends(db: Connection) -> object:
        race.dawdle(0.01)
        with transaction(db, house.program_id) as tx:
            return spend(tx, bench.here.program, Spend(house.program_id, 7, "k1", "PTS", 2_000), NOW)

    said = race.run(house, [("web", chooses), ("web", spends)])
    assert sum(isinstance(one, Refuse) for one in said) == 1, said
    assert bench.purses()["PTS"][0] - bench.purses()["PTS"][1] >= 0


@pytest.mark.parametrize("delivered", [False, True])
def test_points_that_are_taken_back_wait_for_the_order_that_holds_them(
    bench: Bench, *, delivered: bool
) -> None:
    house = bench.here.house
    said = bench.choose()
    assert isinstance(said, Hold), said
    with house.opens(None)() as tx:
        # Of a balance any points pay, so long as some are free.
        rest = spend(tx, bench.here.program, Spend(house.program_id, 7, "k1", "PTS", 1_000), NOW)
    assert isinstance(rest, Done), rest
    if delivered:
        bench.here.fakes["giftly"].faults.append("lost")
        bench.here.work()
    reverse(bench.here, 7, bench.soon, "debt")
    assert waits(house) == [(1_000, None)]
    bench.here.check()
    bench.here.work_on()
    if bench.here.state(said.request) == "fulfilled":
        assert delivered
        assert waits(house) == [(1_000, "spent")]
        assert (bench.left(), owed(house)) == ([(0, 0)] * 3, (1_000, 0))
    else:
        # Nobody was asked: it is called off, and what is taken back is not the member's again.
        assert not delivered
        assert waits(house) == [(1_000, "taken_back")]
        assert bench.left() == [(5_000, 0), (0, 0), (2_000, 0)]


def test_an_order_paid_by_both_is_not_voided_for_the_money_alone(bench: Bench) -> None:
    house = bench.here.house
    house.stock(1, "own", Money(8_000, "EUR"))
    said = bench.choose(item="own")
    assert isinstance(said, Redeem), said
    reverse(bench.here, 7, bench.first, "debt")
    # The points would be lost with it: its member keeps the code, and owes the money.
    assert house.rows("select state from codes where order_id is not null") == [("issued",)]
    assert (owed(house), bench.left()[1:]) == ((5_000, 0), SPENT[1:])


def test_what_a_link_opens_counts_what_pays_beside_it(bench: Bench) -> None:
    house, whose = bench.here.house, (bench.here.house.program_id, 7, bench.first)

    def guarded(bound: int) -> bool:
        catalog = replace(BESIDE, combine=False, second_factor_above={"EUR": Money(bound, "EUR")})
        with house.opens(None)() as tx:
            return is_guarded(tx, replace(bench.here.program, catalog=catalog), whose)

    assert (guarded(8_999), guarded(9_000)) == (True, False)
    said = bench.choose()
    assert isinstance(said, Hold), said
    # With the points gone, the code on its page is worth as much.
    assert (guarded(7_999), guarded(9_000)) == (True, False)


def test_a_link_to_money_opens_no_more_points_than_one_to_points(bench: Bench) -> None:
    house, whose = bench.here.house, (bench.here.house.program_id, 7, bench.first)

    def guarded(bound: int) -> bool:
        catalog = replace(BESIDE, second_factor_above={"PTS": Money(bound, "PTS")})
        with house.opens(None)() as tx:
            return is_guarded(tx, replace(bench.here.program, catalog=catalog), whose)

    assert (guarded(3_999), guarded(4_000)) == (True, False)
    said = bench.choose()
    assert isinstance(said, Hold), said
    assert (guarded(2_999), guarded(3_000)) == (True, False)


def test_what_helps_is_what_nobody_gave_away(bench: Bench) -> None:
    with bench.here.house.opens(7)() as tx:
        found = load_helping(tx, bench.here.house.program_id, 7, "EUR", NOW)
    assert [each.reward_id for each in found] == [bench.first]
