"""What a rule would give beyond a limit waits for people; little by hand never slips past one."""

from datetime import datetime, timedelta

import msgspec
from tests.approvals.house import GERMANY, KIEL, NOW, PROGRAM, House
from tests.approvals.test_granting import approved, work

from guerdon.connectors.cloudevents.sample import sample_delivery
from guerdon.engine.approvals.acting import Stood
from guerdon.engine.approvals.asking import edit
from guerdon.engine.approvals.deadlines import expire_requests
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.engine.publish import publish
from guerdon.ledger.contents import GiveReward, read_content
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.database import connect
from guerdon.values.ids import show


def order(house: House, number: int, at: datetime = NOW, kind: str = "order.placed") -> None:
    """A member's order, or what else happens to it, comes in and is decided."""
    event = {
        "specversion": "1.0",
        "id": f"{kind}-{number}",
        "source": "/shop",
        "type": kind,
        "subject": f"crm:c{KIEL}",
        "time": at.isoformat(),
        "data": {"order_no": str(number)},
    }
    delivery = sample_delivery(house.program, [event])
    assert isinstance(delivery, Delivery), delivery
    with connect(house.url, house.secret, "web") as db:
        keep_deliveries(db, house.vault, house.program_id, [delivery], at)
    work(house, at)


def held(house: House) -> tuple[int, GiveReward]:
    """The request of the reward that was held."""
    number, text = house.rows(
        "select request_id, content::text from revisions order by recorded_at, revision desc limit 1"
    )[0]
    assert isinstance(number, int)
    content = read_content(str(text))
    assert isinstance(content, GiveReward)
    return number, content


def test_what_exceeds_a_limit_waits_with_its_money_and_is_given_when_signed(house: House) -> None:
    posted, _ = house.pool()
    order(house, 1)
    order(house, 2)
    request, content = held(house)
    assert (content.value, content.rule, content.reference) == (20_000, "order", "2")
    assert house.pool() == (posted - 20_000, 20_000)
    state = house.rows("select maker, reason, state, rung, kind from requests")
    assert state == [("rule:order", "limit:gift", "open", 0, "reward")]
    assert house.say("kim", request) == "approved"
    work(house)
    assert house.pool() == (posted - 40_000, 0)
    assert house.purse() == (40_000, 0)
    assert house.rows("select reference from rewards where unit = 'EUR' order by 1") == [("1",), ("2",)]
    # Its message goes out as the rule says, once for each.
    assert house.rows("select message, count(*) from outbox group by 1") == [("reward_ready", 2)]
    # People saw past the limit: it counts what the rule gave alone.
    assert house.rows("select used from allowances where name = 'gift'") == [(20_000,)]


def test_what_nobody_signs_ends_and_its_money_is_free(house: House) -> None:
    posted, _ = house.pool()
    order(house, 1)
    order(house, 2)
    request, _ = held(house)
    with connect(house.url, house.secret, "worker") as db:
        assert expire_requests(db, NOW + timedelta(days=14)) == 1
    assert house.pool() == (posted - 20_000, 0)
    assert house.state(request) == "expired"


def test_whoever_answers_for_a_rule_made_it_and_does_not_sign_it(house: House) -> None:
    order(house, 1)
    order(house, 2)
    request, content = held(house)
    assert house.say("kim", request, "ask", reason="is this the same car?") == "returned"
    with house.opened() as tx:
        less = msgspec.structs.replace(content, value=10_000)
        stood = edit(tx, house.acting(tx, "karl"), (request, 1), less, "half of it was paid before")
    assert stood == Stood(request, "open", 2)
    assert house.pool()[1] == 10_000
    assert house.say("karl", request, revision=2) == "no:maker"
    assert house.say("kim", request, revision=2) == "approved"
    work(house)
    assert house.purse() == (30_000, 0)


def with_returns(house: House) -> None:
    """A version in which an order may be returned."""
    text = PROGRAM.read_text("utf-8")
    placed = "  order.placed:\n    fields:\n      order_no: { type: string }\n"
    rule = (
        "  returned:\n    name: Return\n    when: order.returned\n    promise: public\n    then:\n"
        "      - reverse: { rule: order, reference: order_no, if_spent: debt }\nmessages:\n"
    )
    assert placed in text
    text = text.replace(placed, placed + placed.replace("placed", "returned")).replace("messages:\n", rule)
    made = read_program(text, None, house.program.key)
    assert isinstance(made, Program), made
    with connect(house.url, house.secret, "owner") as db:
        publish(db, made, "test", NOW - timedelta(days=1))
    house.program = made


def test_what_was_approved_beyond_a_limit_gives_nothing_back_to_it(house: House) -> None:
    with_returns(house)
    order(house, 1)
    order(house, 2)
    request, _ = held(house)
    assert house.say("kim", request) == "approved"
    work(house)
    used = "select used from allowances where name = 'gift'"
    assert house.rows(used) == [(20_000,)]
    # The limit had not counted what people gave past it; what its rule gave, it had.
    order(house, 2, kind="order.returned")
    assert (house.purse()[0], house.rows(used)) == (20_000, [(20_000,)])
    order(house, 3)
    assert house.rows("select reason from requests where state = 'open'") == [("limit:gift",)]
    order(house, 1, kind="order.returned")
    assert (house.purse()[0], house.rows(used)) == (0, [(0,)])


def with_little_by_hand(house: House) -> None:
    """A version in which up to 50 euros by hand need no signature."""
    text = PROGRAM.read_text("utf-8").replace(
        "  reward:\n    - { up_to",
        "  reward:\n    - { up_to: [50.00 EUR, 500.00 NOK, 1000 PTS], people: 0 }\n    - { up_to",
    )
    made = read_program(text, None, house.program.key)
    assert isinstance(made, Program), made
    with connect(house.url, house.secret, "owner") as db:
        publish(db, made, "test", NOW - timedelta(days=1))
    house.program = made


def test_little_by_hand_passes_and_is_counted_and_never_over_a_limit(house: House) -> None:
    with_little_by_hand(house)
    order(house, 1)
    for _ in range(2):
        approved(house, house.reward(5_000), by="lea")
    work(house)
    assert house.purse() == (30_000, 0)
    assert house.rows("select used, ceiling from allowances where name = 'gift'") == [(30_000, 30_000)]
    over = approved(house, house.reward(100), by="lea")
    work(house)
    assert house.rows("select state, why, rung from requests where id = %s", over) == [
        ("open", "limit:gift", 1)
    ]
    assert house.say("olga", over) == "no:role"
    assert house.say("kim", over) == "approved"
    work(house)
    assert house.purse() == (30_100, 0)
    assert house.rows("select used from allowances where name = 'gift'") == [(30_000,)]


def test_what_a_batch_held_never_passes_by_itself_however_little_it_is(house: House) -> None:
    with_little_by_hand(house)
    text = house.program.text.replace('"200.00 EUR"', '"40.00 EUR"').replace('"300.00 EUR"', '"50.00 EUR"')
    made = read_program(text, None, house.program.key)
    assert isinstance(made, Program), made
    with connect(house.url, house.secret, "owner") as db:
        publish(db, made, "test", NOW - timedelta(hours=1))
    house.program = made
    order(house, 1)
    order(house, 2)
    request, content = held(house)
    assert (content.value, content.payer) == (4_000, GERMANY)
    assert house.rows("select state, rung from requests where id = %s", request) == [("open", 1)]


def test_the_receipt_names_the_event_that_would_have_given_it(house: House) -> None:
    order(house, 1)
    order(house, 2)
    request, content = held(house)
    house.say("kim", request)
    work(house)
    told = house.rows("select data -> 'approval' from events where type = 'approval.granted'")
    expected = {
        "counted": False,
        "event": show("evt", content.event_id),
        "request": show("apr", request),
        "revision": 1,
    }
    assert told == [(expected,)]
