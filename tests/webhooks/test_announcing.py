"""What others are told: everything that happens, once, in its order; nothing where nobody wants to know."""

from threading import Thread

from tests.wallet.test_orders import choose, stock
from tests.wallet.test_spending import restored, spend_in
from tests.webhooks.house import House

from guerdon.engine.announcements.shapes import CHOICES, TYPES
from guerdon.engine.wallet.commands import Done
from guerdon.engine.webhooks.endpoints import remove_endpoint, set_state
from guerdon.store.announcements.queue import take_announcements
from guerdon.store.database import connect, transaction
from guerdon.values.ids import show


def waiting(house: House) -> int:
    return int(house.rows("select count(*) from announcements")[0][0])


def live_through(house: House) -> int:
    """Everything that can be told happens to a member."""
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    assert isinstance(spend_in(house, member, "k", 30), Done)
    house.tell("1", "order.returned", order_no="a", refunded=1, total=2)
    house.tell("1", "trip.booked", order_no="t", amount=7)
    house.later(days=15)
    house.run_timers()
    house.later(days=100)
    house.run_timers()
    stock(house, A="basket 10000 EUR", B="basket 20000 EUR")
    house.tell("1", "contract.signed", order_no="c")
    choose(house, member, "basket")
    return member


def test_nobody_is_told_and_nothing_is_written_where_nobody_asked(house: House) -> None:
    live_through(house)
    assert waiting(house) == 0
    made = house.endpoint()
    house.tell("1", "order.paid", order_no="b", amount=5)
    assert waiting(house) == 1
    with house.web() as tx:
        set_state(tx, house.looking(), made.id, "disabled", "for now")
    house.tell("1", "order.paid", order_no="c", amount=5)
    assert waiting(house) == 1
    with house.web() as tx:
        set_state(tx, house.looking(), made.id, "enabled")
    house.tell("1", "order.paid", order_no="d", amount=5)
    assert waiting(house) == 2
    with house.web() as tx:
        remove_endpoint(tx, house.looking(), made.id)
    house.tell("1", "order.paid", order_no="e", amount=5)
    assert waiting(house) == 2
    house.announce()
    assert (waiting(house), house.types()) == (0, [])


def test_everything_that_happens_to_a_member_is_told_in_its_order(house: House) -> None:
    house.endpoint()
    member = live_through(house)
    house.announce()
    told = house.payloads()
    assert waiting(house) == 0
    assert [each["type"] for each in told if each["type"] != "balance.changed"] == [
        "member.enrolled",
        "reward.earned",
        "reward.redeemed",
        "reward.reversed",
        "reward.earned",
        "reward.ready",
        "reward.expired",
        "reward.expired",
        "reward.earned",
        "reward.redeemed",
    ]
    by_type = {each["type"]: each for each in told}
    for each in told:
        assert set(each) == {"type", "timestamp", "data"}
        assert each["data"]["program"] == "harbor_wallet"
        assert each["data"]["member"] == {
            "id": show("mem", member),
            "market": "DE",
            "external_ids": [{"source": "crm", "external_id": "1"}],
        }
    # A later one has the higher number, and balances are told once, as they are at the end.
    numbers = [each["data"]["sequence"] for each in told]
    assert numbers == sorted(numbers)
    assert [each["type"] for each in told].count("balance.changed") == 1
    assert told[-1]["type"] == "balance.changed"
    euros = {each["unit"]: each for each in told[-1]["data"]["balances"]}["EUR"]
    assert (euros["available"], euros["digits"]) == (0, 2)
    earned = by_type["reward.earned"]["data"]
    assert earned["value"] == {"unit": "EUR", "amount": 20_000, "digits": 2}
    assert (earned["rule"], earned["reference"], earned["pending"]) == ("contract", "c", False)
    assert (earned["event"]["type"], earned["event"]["source"]) == ("contract.signed", "api")
    used = by_type["reward.redeemed"]["data"]
    assert (used["item"], used["value"]["amount"], used["rule"]) == ("basket", 20_000, "contract")
    assert used["reward"] == earned["reward"]


def test_what_is_spent_is_told_and_what_is_given_back_changes_the_balance(house: House) -> None:
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    house.endpoint()
    spent = spend_in(house, member, "k", 30)
    assert isinstance(spent, Done)
    house.announce()
    assert house.types() == ["reward.redeemed", "balance.changed"]
    redeemed, balance = house.payloads()
    assert redeemed["data"]["value"] == {"unit": "PTS", "amount": 30, "digits": 0}
    assert (redeemed["data"]["item"], redeemed["data"]["rule"]) == (None, "order")
    assert balance["data"]["balances"][0]["available"] == 70
    restored(house, member, spent.event_id)
    house.announce()
    assert house.types()[2:] == ["balance.changed"]
    assert house.payloads()[-1]["data"]["balances"][0]["available"] == 100


def test_a_refusal_is_told_with_its_reason_and_nothing_is_told_of_nothing(house: House) -> None:
    house.enroll("1", market="NO")
    house.endpoint()
    # Norway has 100 points to give, and this asks for more.
    house.tell("1", "gift.given", order_no="a", amount=5_000)
    house.tell("1", "order.returned", order_no="unknown", refunded=1, total=1)
    house.announce()
    refused = [each["data"] for each in house.payloads() if each["type"] == "reward.refused"]
    assert [(each["rule"], each["reason"]) for each in refused] == [("gift", "budget:pot")]
    assert "balance.changed" not in house.types()


def test_each_is_told_what_it_wants(house: House) -> None:
    all_of_it = house.endpoint(name="All")
    rewards = house.endpoint("reward.earned", "reward.refused", name="Rewards")
    house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=100)
    house.announce()
    assert house.types(all_of_it.id) == ["member.enrolled", "reward.earned", "balance.changed"]
    assert house.types(rewards.id) == ["reward.earned"]


def test_nothing_of_a_person_is_told(house: House) -> None:
    house.endpoint()
    lines = ["external_source,external_id,market,name,email\n", "crm,7,DE,Ada Lovelace,ada@example.com\n"]
    from guerdon.engine.enroll import enroll_members  # noqa: PLC0415

    with house.worker() as db:
        enroll_members(db, house.vault, (house.program_id, house.program), lines, house.now)
    house.tell("7", "order.paid", order_no="a", amount=100)
    house.announce()
    said = str(house.payloads())
    assert "'external_id': '7'" in said
    assert "Ada" not in said
    assert "ada@" not in said


def test_what_was_not_committed_is_not_told_and_what_was_taken_comes_back_if_it_is_not(house: House) -> None:
    house.endpoint()
    house.enroll("1")
    with house.worker() as db:
        with transaction(db, house.program_id) as tx, tx.transaction(force_rollback=True):
            assert len(take_announcements(tx, house.program_id, 10)) == 1
        with transaction(db, house.program_id) as tx, tx.transaction(force_rollback=True):
            tx.execute(
                "insert into members (program_id, member_id, market, language, enrolled_at)"
                " values (%s, 77, 'DE', 'de', now())",
                (house.program_id,),
            )
    house.announce()
    assert house.types() == ["member.enrolled"]
    house.announce()
    assert house.types() == ["member.enrolled"]


def test_whoever_asks_to_be_told_misses_nothing_that_commits_later(house: House) -> None:
    (member,) = house.enroll("1")
    made = []
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        # It began before anybody wanted to know, and ends after somebody did.
        tx.execute("insert into members select * from members where false")
        asking = Thread(target=lambda: made.append(house.endpoint()))
        asking.start()
        asking.join(0.3)
        assert made == []
        tx.execute("update members set language = 'en' where member_id = %s", (member,))
    asking.join()
    assert len(made) == 1


def test_two_who_hand_on_at_once_keep_the_order_and_tell_nothing_twice(house: House) -> None:
    house.endpoint("reward.earned")
    house.enroll("1")
    for n in range(20):
        house.keep("1", "order.paid", order_no=f"o{n}", amount=n + 1)
    house.work()
    threads = [Thread(target=house.announce) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    house.announce()
    assert [each["data"]["value"]["amount"] for each in house.payloads()] == list(range(1, 21))


def test_each_type_has_a_shape_and_says_what_it_means() -> None:
    assert set(CHOICES) < set(TYPES)
    assert all(shape.__doc__ for shape in TYPES.values())
