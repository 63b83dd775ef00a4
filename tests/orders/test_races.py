"""T-03: five hundred members at once on a hundred codes, fifty places and one limited edition: exact."""

import io
import json
from collections import Counter as Tally
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from random import Random

import pytest
from tests.evidence import Figures, scaled
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.races import Race
from tests.redeem.house import BUDGET, NOW, House, opened_house

from guerdon.engine.apply import Rows, add_decision, apply_rows
from guerdon.engine.catalog.feeds import read_feed
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.staging import Asked, take_feed
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.ledger.effects import Decision, Hold, Issue, Post, Redeem, Refuse
from guerdon.program.catalog.nouns import Catalog
from guerdon.rules.facts import Event, Facts, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Connection, connect, transaction
from guerdon.values.ids import derived_id
from guerdon.values.money import Money

MEMBERS, CODES, PLACES = 500, 100, 50
EUR_1 = Money(100, "EUR")
# The server of the tests lets sixty in.
HANDS = scaled(24, 32)
Said = list[tuple[str, Redeem | Hold | Refuse | None]]
# A row of a feed: there is one of it, ever.
LAMP = {
    "id": "lamp",
    "name": "Lamp of the year",
    "category": "gift_card",
    "kind": "product",
    "delivery": "code",
    "markets": ["DE"],
    "currency": "EUR",
    "amounts": ["1.00"],
    "limited_to": 1,
}
EDITION = "editions:lamp"


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


def take_edition(here: Counter) -> None:
    """Read the feed that has the limited edition, as the catalog takes any feed."""
    house, feed = here.house, io.BytesIO(json.dumps(LAMP).encode())
    ground = Ground(house.program_id, here.program, "editions", "giftly")
    with closing(connect(house.url, house.secret, "worker")) as db:
        asked = Asked("editions", "test", supplier="giftly")
        sync = take_feed(db, ground, asked, read_feed(feed), lambda: NOW)
    assert (sync.state, sync.counts.new, sync.counts.wrong) == ("applied", 1, 0)


@pytest.mark.full(minutes=0.3, gate=True)
@pytest.mark.parametrize("round_", range(scaled(1, 5)))
def test_five_hundred_members_on_what_there_is_of_each(
    database: str, secret: str, figures: Figures, round_: int
) -> None:
    with opened_house(database, secret) as house:
        catalog = Catalog(kinds=house.program.catalog.kinds)
        here = Counter(house, {"giftly": Fake("giftly")}, catalog=catalog)
        here.shelve("coded", ["pool"], denominations=[100])
        here.shelve("tour", ["giftly"], denominations=[100], slots=[(1, PLACES)])
        take_edition(here)
        house.stock(CODES, "coded", EUR_1)
        wanted = [
            (member, reward, item)
            for member, rewards in rewarded(house, 3).items()
            for reward, item in zip(rewards, ("coded", "tour", EDITION), strict=True)
        ]
        Random(round_).shuffle(wanted)  # noqa: S311

        def choosing(hand: int) -> Callable[[Connection], Said]:
            return lambda db: [
                (item, _chosen(here, db, member, reward, item))
                for member, reward, item in wanted[hand::HANDS]
            ]

        hands = Race(round_, figures, HANDS).run(house, [("web", choosing(hand)) for hand in range(HANDS)])
        said = [one for hand in hands for one in hand]
        figures.update(members=MEMBERS, asked=len(said), orders=CODES + PLACES + 1)
        told = Tally(
            (item, one.reason if isinstance(one, Refuse) else type(one).__name__) for item, one in said
        )
        assert told == {
            ("coded", "Redeem"): CODES,
            ("coded", "sold_out"): MEMBERS - CODES,
            ("tour", "Hold"): PLACES,
            ("tour", "sold_out"): MEMBERS - PLACES,
            (EDITION, "Hold"): 1,
            (EDITION, "sold_out"): MEMBERS - 1,
        }
        assert house.rows("select taken, capacity from catalog_slots order by taken") == [
            (1, 1),
            (PLACES, PLACES),
        ]
        here.work()
        assert house.rows("select state, count(*) from fulfillments group by 1") == [
            ("fulfilled", CODES + PLACES + 1)
        ]
        here.check()


def _chosen(
    here: Counter, db: Connection, member: int, reward: int, item: str
) -> Redeem | Hold | Refuse | None:
    choice = Choice(here.house.program_id, member, reward, item, "phone")
    return redeem(lambda: transaction(db, here.house.program_id, member), here.program, choice, NOW)
