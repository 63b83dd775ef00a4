"""T-03: five hundred members at once on a hundred codes, fifty places and one limited edition: exact."""

from collections import Counter as Tally
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from random import Random
from threading import Barrier

from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.redeem.house import BUDGET, NOW, House, opened_house

from guerdon.engine.apply import Rows, add_decision, apply_rows
from guerdon.engine.redeeming.redeem import Choice, redeem
from guerdon.ledger.effects import Decision, Hold, Issue, Post, Redeem, Refuse
from guerdon.rules.facts import Event, Facts, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store.database import connect, transaction
from guerdon.values.ids import derived_id
from guerdon.values.money import Money

MEMBERS, CODES, PLACES = 500, 100, 50
EUR_1 = Money(100, "EUR")
HANDS = 24


def rewarded(house: House, each: int) -> dict[int, list[int]]:
    """Give all members so many rewards at once, by the batch path itself."""
    with house.working() as tx:
        tx.execute(
            "insert into members (program_id, member_id, market, language, enrolled_at)"
            " select %s, n, 'DE', 'en', %s from generate_series(1, %s) n",
            (house.program_id, NOW, MEMBERS),
        )
    playbook = Playbook(house.program, house.program_id, 1)
    total = MEMBERS * each * EUR_1.amount_minor
    facts = Facts(NOW, pools={BUDGET: total}, allowances={})
    rows = Rows(playbook, NOW)
    given: dict[int, list[int]] = {}
    for member in range(1, MEMBERS + 1):
        for number in range(each):
            event_id = 1_000_000 + member * 10 + number
            reward = derived_id(event_id, "booking")
            given.setdefault(member, []).append(reward)
            effects = (
                Issue("booking", reward, "EUR", 100, NOW + timedelta(days=90), BUDGET, None),
                Post(reward, BUDGET, "purse", "EUR", 100),
            )
            facts.fold_pool(BUDGET, -100, "EUR")
            event = Event(
                id=event_id,
                type="booking.confirmed",
                connection="hubspot_eu",
                external_id=str(event_id),
                happened_at=NOW,
                recorded_at=NOW,
                day=playbook.day_of(NOW),
                data={},
                fields={},
            )
            add_decision(rows, event, Standing(member, "DE", "en", None, {}), Decision(effects))
    with house.working() as tx:
        apply_rows(tx, rows, facts)
    return given


def test_five_hundred_members_on_what_there_is_of_each(database: str, secret: str) -> None:
    with opened_house(database, secret) as house:
        here = Counter(house, {"giftly": Fake("giftly")})
        here.shelve("coded", ["pool"], denominations=[100])
        here.shelve("tour", ["giftly"], denominations=[100], slots=[(1, PLACES)])
        here.shelve("edition", ["giftly"], denominations=[100], slots=[(1, 1)])
        house.stock(CODES, "coded", EUR_1)
        wanted = [
            (member, reward, item)
            for member, rewards in rewarded(house, 3).items()
            for reward, item in zip(rewards, ("coded", "tour", "edition"), strict=True)
        ]
        Random(7).shuffle(wanted)  # noqa: S311
        gate = Barrier(HANDS)

        def choosing(hand: int) -> list[tuple[str, Redeem | Hold | Refuse | None]]:
            with closing(connect(house.url, house.secret, "web")) as db:
                gate.wait()
                return [
                    (item, _chosen(here, db, member, reward, item))
                    for member, reward, item in wanted[hand::HANDS]
                ]

        with ThreadPoolExecutor(HANDS) as pool:
            said = [one for hand in pool.map(choosing, range(HANDS)) for one in hand]
        told = Tally(
            (item, one.reason if isinstance(one, Refuse) else type(one).__name__) for item, one in said
        )
        assert told == {
            ("coded", "Redeem"): CODES,
            ("coded", "sold_out"): MEMBERS - CODES,
            ("tour", "Hold"): PLACES,
            ("tour", "sold_out"): MEMBERS - PLACES,
            ("edition", "Hold"): 1,
            ("edition", "sold_out"): MEMBERS - 1,
        }
        assert house.rows("select taken from catalog_slots order by taken") == [(1,), (PLACES,)]
        here.work()
        assert house.rows("select state, count(*) from fulfillments group by 1") == [
            ("fulfilled", CODES + PLACES + 1)
        ]
        here.check()


def _chosen(here: Counter, db: object, member: int, reward: int, item: str) -> Redeem | Hold | Refuse | None:
    choice = Choice(here.house.program_id, member, reward, item, "phone")
    return redeem(lambda: transaction(db, here.house.program_id, member), here.program, choice, NOW)  # type: ignore[arg-type]
