"""Codes that end: a file says when, those that are over go to nobody, and the first to end goes first."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
import pytest
from tests.races import RACED, Race
from tests.redeem.house import EUR_200, NOW, PROGRAM, House
from tests.redeem.test_races import reasons
from tests.wallet.house import at_once

from guerdon.engine.codes import Became, Bringing, Opens, add_codes, bring_codes
from guerdon.engine.files.codes import read_codes_file
from guerdon.ledger.effects import Redeem, Refuse
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.queries.claims import find_offers_in_stock
from guerdon.queries.controls.codes import STATES
from guerdon.queries.invariants import check_invariants
from guerdon.queries.orders.orders import load_order
from guerdon.queries.orders.pools import Pool, list_pools
from guerdon.store.codes import GOOD_AT_LEAST, Code, code_index
from guerdon.store.database import Connection, Role, Transaction, connect, transaction
from guerdon.values.money import Money

ITEM = "green_basket"
MOMENT = timedelta(microseconds=1)


def stock(house: House, ends: Sequence[tuple[str, datetime | None]]) -> None:
    with house.working() as tx:
        codes = [Code(ITEM, EUR_200, text, end) for text, end in ends]
        assert all(add_codes(tx, house.vault, house.program_id, codes))


def given(house: House, member_id: int, said: Redeem | Refuse | None) -> str:
    """Which code went to it, or why none did."""
    if not isinstance(said, Redeem):
        return said.reason if said else "nothing"
    with house.opens(member_id)() as tx:
        order = load_order(tx, house.vault, house.program_id, member_id, said.order)
    assert order is not None
    return order.handed[0].text


def brought(house: House, opens: Opens, codes: Sequence[Code]) -> list[Became]:
    return bring_codes(opens, house.vault, Bringing(house.program_id, "import", NOW), codes)


def pool_of(house: House, now: datetime = NOW) -> Pool:
    with house.opens(None)() as tx:
        (pool,) = list_pools(tx, now)
    return pool


def test_a_file_says_until_when_codes_are_good() -> None:
    program = load_program(PROGRAM)
    assert isinstance(program, Program)
    rows = {
        "Item, value ,CODE, Expires_On": None,
        "green_basket,200.00 EUR,A-1,2026-12-31": datetime(2026, 12, 31, 23, tzinfo=UTC),
        # The day on which clocks go forward has an end as well.
        "green_basket,200.00 EUR,A-2,2027-03-28": datetime(2027, 3, 28, 22, tzinfo=UTC),
        "green_basket,200.00 EUR,A-3,2026-08-01T18:30:00+02:00": datetime(2026, 8, 1, 16, 30, tzinfo=UTC),
        "green_basket,200.00 EUR,A-4, 2026-08-01t16:30:00z ": datetime(2026, 8, 1, 16, 30, tzinfo=UTC),
        "green_basket,200.00 EUR,A-5,": None,
    }
    wrong = {
        "green_basket,200.00 EUR,B-1,31.12.2026": "neither a day nor a time",
        "green_basket,200.00 EUR,B-2,2026-02-30": "neither a day nor a time",
        "green_basket,200.00 EUR,B-3,2026-12-31T18:00:00": "neither a day nor a time",
        "green_basket,200.00 EUR,B-4,9999-12-31": "neither a day nor a time",
        "green_basket,200.00 EUR,2026-12-31,B-5-SECRET": "neither a day nor a time",
        "green_basket,200.00 EUR,B-6,2026-05-03": "has expired already",
        "green_basket,200.00 EUR,B-7,2026-05-04T09:30:00Z": "has expired already",
        "green_basket,200.00 EUR,B-8,2026-05-05T09:30:00Z": "within a day",
        "green_basket,200.00 EUR,B-9": "is not four cells",
        "green_basket,200.00 EUR,,2026-12-31": "the code is empty",
    }
    read = read_codes_file("\n".join([*rows, *wrong]).encode(), program, NOW)
    assert [(code.text, code.expires_at) for code in read.codes] == [
        (f"A-{n}", end) for n, end in enumerate(list(rows.values())[1:], 1)
    ]
    assert [problem.line for problem in read.problems] == [*range(7, 17)]
    for problem, (row, why) in zip(read.problems, wrong.items(), strict=True):
        assert why in str(problem), row
        # Where columns were mixed up, the cell is a code.
        assert "SECRET" not in str(problem)
    assert {problem.where for problem in read.problems} == {"expires_on", "", "code"}
    plain = read_codes_file(b"item,value,code\ngreen_basket,200.00 EUR,A-1,2026-12-31", program, NOW)
    assert "is not three cells" in str(plain.problems[0])


def test_the_first_to_end_goes_first_and_none_that_is_nearly_over(house: House) -> None:
    good = NOW + GOOD_AT_LEAST
    stock(
        house,
        [
            ("endless", None),
            ("over", NOW - MOMENT),
            ("nearly", good),
            ("in a month", NOW + timedelta(days=30)),
            ("just good", good + MOMENT),
            ("another endless", None),
            ("in a week", NOW + timedelta(days=7)),
        ],
    )
    house.enroll(7)
    told = [given(house, 7, house.choose(7, house.reward(7))) for _ in range(6)]
    assert told == ["just good", "in a week", "in a month", "endless", "another endless", "sold_out"]
    assert house.rows("select count(*) from codes where state = 'free'") == [(2,)]


def test_what_is_left_is_what_is_good(house: House) -> None:
    ends = [("a", 1), ("b", 3), ("c", 14), ("d", 20), ("e", 31)]
    stock(house, [("z", None), *((text, NOW + timedelta(days=days)) for text, days in ends)])
    pool = pool_of(house)
    assert (pool.free, pool.ending, pool.ending_soon, pool.expired) == (5, 3, 2, 1)
    assert pool.first_end == NOW + timedelta(days=3)
    assert pool.brought == 6
    assert pool.is_ending
    house.enroll(7)
    order = house.choose(7, house.reward(7))
    assert given(house, 7, order) == "b"
    later = pool_of(house, NOW + timedelta(days=16))
    assert (later.free, later.expired, later.issued, later.lapsed) == (3, 2, 1, 1)
    assert later.brought == 6
    with house.opens(7)() as tx:
        asked = (tx, house.program_id, [(ITEM, EUR_200)])
        assert find_offers_in_stock(*asked, NOW)
        tx.execute("set transaction read only")
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("delete from codes where expires_at = 'infinity'")
    with house.opens(7)() as tx:
        asked = (tx, house.program_id, [(ITEM, EUR_200)])
        assert find_offers_in_stock(*asked, NOW + timedelta(days=29))
        assert not find_offers_in_stock(*asked, NOW + timedelta(days=30))
    assert pool_of(house, NOW + timedelta(days=30)).free == 0


def test_a_pool_whose_codes_are_used_up_in_time_is_not_ending() -> None:
    pool = Pool(ITEM, "EUR", 20_000, 100, 40, 40, NOW, 0, 0, 0, 0, 0, 0, None)
    assert pool.is_ending
    # Twenty a week are forty until then.
    assert not Pool(ITEM, "EUR", 20_000, 100, 40, 40, NOW, 0, 0, 0, 0, 0, 20, None).is_ending
    assert Pool(ITEM, "EUR", 20_000, 100, 40, 40, NOW, 0, 0, 0, 0, 0, 15, None).is_ending
    assert not Pool(ITEM, "EUR", 20_000, 100, 40, 40, NOW, 0, 0, 0, 0, 0, 16, None).is_ending


def test_a_file_that_comes_again_with_an_end_changes_it_while_nobody_has_the_code(house: House) -> None:
    week, month = NOW + timedelta(days=7), NOW + timedelta(days=30)
    stock(house, [("given", None)])
    house.enroll(7)
    assert given(house, 7, house.choose(7, house.reward(7))) == "given"
    stock(house, [("free", None), ("ends", week), ("same", week), ("unsaid", week)])

    def bring(codes: Sequence[Code], role: Role) -> list[Became]:
        with connect(house.url, house.secret, role) as db:
            return brought(house, partial(transaction, db, house.program_id), codes)

    said = [("given", month), ("free", month), ("ends", month), ("same", week), ("unsaid", None)]
    codes = [Code(ITEM, EUR_200, text, end) for text, end in said]
    other = Code(ITEM, Money(2_500, "EUR"), "unsaid", month)
    twins = [Code(ITEM, EUR_200, "new", week), Code(ITEM, EUR_200, "new", month)]
    told = bring([*codes, other, codes[1], *twins], "worker")
    assert told == ["known", "ends", "ends", "known", "known", "known", "known", "new", "known"]
    # The console may do it as well.
    assert bring([*codes, Code(ITEM, EUR_200, "free", week)], "web") == ["known"] * 6
    assert bring([Code(ITEM, EUR_200, "free", week)], "web") == ["ends"]
    rows = house.rows("select code_index, nullif(expires_at, 'infinity') from codes")
    ends = {row[0]: row[1] for row in rows}
    kept = {"given": None, "free": week, "ends": month, "same": week, "unsaid": week, "new": week}
    assert {text: ends[code_index(house.vault, house.program_id, text)] for text in kept} == kept


def test_of_two_who_bring_one_file_and_one_who_chooses_none_waits_for_good(house: House) -> None:
    stock(house, [(f"c{n}", None) for n in range(200)])
    house.enroll(7)
    reward = house.reward(7)
    month = NOW + timedelta(days=30)
    codes = [Code(ITEM, EUR_200, f"c{n}", month) for n in range(200)]

    def bring(turned: Sequence[Code]) -> Callable[[], object]:
        return lambda: brought(house, house.working, turned).count("ends")

    told = at_once([bring(codes), bring(codes[::-1]), lambda: house.choose(7, reward)])
    assert isinstance(told[2], Redeem)
    # Whoever was first changed them; the one that went to somebody was not changed afterwards.
    assert sum(n for n in told[:2] if isinstance(n, int)) in {199, 200}
    assert house.rows("select count(*) from codes where state = 'free' and expires_at = 'infinity'") == [(0,)]


def test_a_file_that_comes_again_keeps_few_codes_from_members(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guerdon.engine.codes.ENDS_BATCH", 10)
    stock(house, [(f"c{n}", None) for n in range(40)])
    month, free = NOW + timedelta(days=30), list[int]()

    @contextmanager
    def watched() -> Iterator[Transaction]:
        with house.working() as tx:
            yield tx
            # What whoever chooses now could be handed.
            with house.working() as other:
                free.append(len(other.execute("select from codes for update skip locked").fetchall()))

    codes = [Code(ITEM, EUR_200, f"c{n}", month) for n in range(40)]
    fresh = [Code(ITEM, EUR_200, f"new {n}", month) for n in range(3)]
    assert brought(house, watched, [*fresh, *codes]) == ["new"] * 3 + ["ends"] * 40
    assert free == [40, *[33] * 4]
    assert house.rows("select detail from audit where action = 'codes.imported' order by id") == [
        ({"new": 3, "ends": 0},),
        *[({"new": 0, "ends": 10},)] * 4,
    ]


def test_a_code_that_somebody_is_being_given_is_not_waited_for(house: House) -> None:
    stock(house, [(f"c{n}", None) for n in range(3)])
    month = NOW + timedelta(days=30)
    codes = [Code(ITEM, EUR_200, f"c{n}", month) for n in range(3)]
    with house.working() as tx:
        tx.execute("select from codes order by id limit 1 for update")
        assert brought(house, house.working, codes) == ["known", "ends", "ends"]
    # Nobody has it after all.
    assert brought(house, house.working, codes) == ["ends", "known", "known"]


def test_what_was_held_for_a_moment_is_tried_once_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guerdon.engine.codes.ENDS_BATCH", 1)
    stock(house, [(f"c{n}", None) for n in range(2)])
    month = NOW + timedelta(days=30)
    codes = [Code(ITEM, EUR_200, f"c{n}", month) for n in range(2)]
    held, opened = ExitStack(), 0

    @contextmanager
    def counted() -> Iterator[Transaction]:
        nonlocal opened
        opened += 1
        # The first is held while its turn comes, and not any more afterwards.
        if opened == 2:
            holding = held.enter_context(house.working())
            holding.execute("select from codes order by id limit 1 for update")
        if opened == 3:
            held.close()
        with house.working() as tx:
            yield tx

    with held:
        assert brought(house, counted, codes) == ["ends", "ends"]
    assert opened == 4


def test_two_files_with_the_same_new_codes_in_other_orders_come_one_after_the_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guerdon.engine.codes.BATCH", 5)
    codes = [Code(ITEM, EUR_200, f"c{n}", None) for n in range(200)]
    told = at_once([partial(brought, house, house.working, each) for each in (codes, codes[::-1])])
    assert sorted(each.count("new") for each in told if isinstance(each, list)) == [0, 200]


@RACED
def test_thirty_two_members_share_the_ten_that_are_good(house: House, race: Race) -> None:
    over = [(f"over {n}", NOW + timedelta(hours=n - 15)) for n in range(30)]
    good = [(f"good {n}", NOW + timedelta(days=n + 2) if n % 2 else None) for n in range(10)]
    # As they come from suppliers: one among the others.
    stock(house, sorted([*over, *good], key=lambda each: hash(each[0])))
    rewards = {member: house.reward(house.enroll(member)) for member in range(1, 33)}

    def choosing(member: int, reward: int) -> Callable[[Connection], Redeem | Refuse | None]:
        return lambda db: house.choose(
            member, reward, opens=lambda: transaction(db, house.program_id, member)
        )

    answers = race.run(house, [("web", choosing(member, reward)) for member, reward in rewards.items()])
    assert reasons(answers) == ["sold_out"] * 22
    told = [given(house, member, said) for member, said in zip(rewards, answers, strict=True)]
    assert sorted(each for each in told if each != "sold_out") == [f"good {n}" for n in range(10)]
    assert house.rows("select state, count(*) from codes group by state order by state") == [
        ("free", 30),
        ("issued", 10),
    ]


def test_the_database_hands_out_none_that_is_over_and_the_books_would_show_it(house: House) -> None:
    stock(house, [("good", NOW + timedelta(days=2))])
    house.enroll(7)
    assert isinstance(house.choose(7, house.reward(7)), Redeem)
    spoil = "update codes set expires_at = issued_at"
    with psycopg.connect(house.url, options="-c search_path=guerdon", autocommit=True) as db:
        with pytest.raises(psycopg.errors.CheckViolation, match="codes_are_good_when_issued"):
            db.execute(spoil)
        db.execute("alter table codes drop constraint codes_are_good_when_issued")
        db.execute(spoil)
        with house.opens(None)() as tx:
            assert any(each.startswith("codes.states") for each in check_invariants(tx, [STATES]))
        # The books of a house are looked at when it is left.
        db.execute("update codes set expires_at = 'infinity'")
