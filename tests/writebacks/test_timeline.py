"""What happened to a contact stands on its timeline, in its order, and once however often it was sent."""

from tests.wallet.test_orders import choose, stock
from tests.writebacks.house import House


def live_through(house: House) -> tuple[str, str]:
    """Everything that is told of happens to two contacts."""
    (one,) = house.contacts(1)
    (other,) = house.stand.add("contacts", {"email": "norway@x.example"})
    house.enroll(other, market="NO")
    stock(house, A="basket 10000 EUR", B="basket 20000 EUR")
    house.tell(one, "contract.signed", order_no="c")
    house.tell(one, "trip.booked", order_no="t", amount=7)
    house.tell(one, "trip.ended", order_no="t")
    ((member,),) = house.rows("select member_id from member_ids where external_id = %(e)s", e=one)
    choose(house, member, "basket")
    # Norway has 100 points to give, and this asks for more.
    house.tell(other, "gift.given", order_no="a", amount=5_000)
    return one, other


def test_what_happens_is_told_in_its_order_with_what_it_is_about(house: House) -> None:
    one, other = live_through(house)
    house.write_back()
    told = house.timeline()
    assert [(each["contact"], each["eventName"]) for each in told] == [
        (one, "pe4242_reward_earned"),
        (one, "pe4242_reward_earned"),
        (one, "pe4242_reward_ready"),
        (one, "pe4242_reward_redeemed"),
        (other, "pe4242_reward_refused"),
    ]
    earned, pending, ready, redeemed, refused = [each["properties"] for each in told]
    assert earned | {"reward": ""} == {
        "reward": "",
        "rule": "contract",
        "amount": "200.00",
        "unit": "EUR",
        "reference": "c",
        "pending": "false",
    }
    assert (pending["pending"], pending["amount"]) == ("true", "7")
    assert ready["reward"] == pending["reward"]
    assert (redeemed["item"], redeemed["amount"]) == ("basket", "200.00")
    assert refused == {"rule": "gift", "reason": "budget:pot", "amount": "5000", "unit": "PTS"}
    assert house.rows("select state, count(*) from writeback_events group by 1") == [("written", 5)]


def test_an_answer_that_is_lost_doubles_nothing(house: House) -> None:
    live_through(house)
    house.gather()
    with house.worker() as db:
        db.execute("update writeback_contacts set state = 'written', waiting_since = null")
    # Taken though no answer came, and taken though an error did.
    house.stand.control("POST", "/faults", {"next": ["cut", "after"]})
    for reason in ("unreachable", "trouble"):
        house.write()
        assert house.lane("reason") == (reason,)
        house.later(seconds=61)
    house.write()
    kept = house.stand.control("GET", "/completions")
    told = kept["completions"]
    assert (len(told), len({each["uuid"] for each in told}), kept["dropped"]) == (5, 5, 10)
    assert house.rows("select count(*) from writeback_events where state = 'written'") == [(5,)]
    assert house.lane("reason", "failures") == ("", 0)


def test_the_same_event_twice_is_one_on_the_timeline(house: House) -> None:
    live_through(house)
    house.write_back()
    with house.worker() as db:
        db.execute("update writeback_events set state = 'waiting', settled_at = null")
    house.write()
    there = house.stand.control("GET", "/completions")
    assert (len(there["completions"]), there["dropped"]) == (5, 5)
    assert house.rows("select state, min(attempts), count(*) from writeback_events group by 1") == [
        ("written", 2, 5)
    ]


def test_an_event_that_nobody_defined_is_found_and_the_others_are_told(house: House) -> None:
    (one,) = house.contacts(1)
    house.write_back()
    for n in range(9):
        house.tell(one, "order.paid", order_no=f"o{n}", amount=n + 1)
    house.gather()
    with house.worker() as db:
        db.execute("update writeback_events set event = 'nobody_made_this' where id = (select min(id) + 4"
                   " from writeback_events)")  # fmt: skip
    house.write()
    assert [each["properties"]["amount"] for each in house.timeline()] == list("12346789")
    ((reason, attempts),) = house.rows("select reason, attempts from writeback_events where state = 'failed'")
    assert reason.startswith("VALIDATION_ERROR: event pe4242_nobody_made_this is not defined")
    assert attempts == 1
    assert house.lane("reason", "failures", "events_max") == ("", 0, 4)


def test_what_was_settled_long_ago_is_forgotten(house: House) -> None:
    live_through(house)
    house.write_back()
    house.later(days=29)
    house.forget()
    assert house.rows("select count(*) from writeback_events") == [(5,)]
    assert house.rows("select count(*) from writeback_batches") == [(0,)]
    house.later(days=2)
    house.forget()
    assert house.rows("select count(*) from writeback_events") == [(0,)]
