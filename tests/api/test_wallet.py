"""Value by command: spent, held, taken, freed, given back, a code used; and how each is refused."""

from datetime import timedelta
from typing import Any

import pytest
from tests.api.house import Answer, ApiHouse

from guerdon.values.clock import utc_now

NOBODY = "mem_7ZZZZZZZZZZZZ"


@pytest.fixture
def ada(house: ApiHouse) -> str:
    """A member with a thousand points."""
    house.earn()
    return f"/members/{house.member()}"


def held(house: ApiHouse, ada: str, amount: int = 300, **more: object) -> Answer:
    return house.post(f"{ada}/holds", {"unit": "PTS", "amount": amount, "purpose": "Order 4711", **more})


def balance(house: ApiHouse, ada: str, unit: str = "PTS") -> dict[str, Any]:
    found = house.get(f"{ada}/balances").body["balances"]
    (one,) = [each for each in found if each["unit"] == unit]
    return dict(one)


def test_a_spend_says_what_moved_and_which_lots_paid(house: ApiHouse, ada: str) -> None:
    house.earn(amount=500)
    done = house.post(f"{ada}/spends", {"unit": "PTS", "amount": 1200, "purpose": "Car wash"})
    assert done.status == 201
    assert sum(each["amount"] for each in done.body["transfers"]) == 1200
    assert {each["to_account"] for each in done.body["transfers"]} == {"spent:pot:DE"}
    assert {each["digits"] for each in done.body["transfers"]} == {0}
    assert sorted(each["amount"] for each in done.body["lots"]) == [200, 1000]
    left = balance(house, ada)
    assert (left["available"], [lot["remaining"] for lot in left["lots"]]) == (300, [300])
    ((actor, action),) = house.inner.rows(
        "select actor, action from audit where subject = %(s)s", s=done.body["event"]
    )
    assert action == "value.spent"
    assert actor.startswith("key:")


def test_a_spend_is_given_back_once_and_whole(house: ApiHouse, ada: str) -> None:
    event = house.post(f"{ada}/spends", {"unit": "PTS", "amount": 400}).body["event"]
    back = house.post(f"{ada}/spends/{event}/restore")
    assert back.status == 200
    assert [each["amount"] for each in back.body["lots"]] == [-400]
    assert balance(house, ada)["available"] == 1000
    # Asked again, under whatever key, it is the deed that was done.
    assert house.post(f"{ada}/spends/{event}/restore").body == back.body
    assert balance(house, ada)["available"] == 1000


def test_a_hold_is_taken_in_part_and_the_rest_is_free(house: ApiHouse, ada: str) -> None:
    hold = held(house, ada)
    assert hold.status == 201
    assert (hold.body["amount"], hold.body["expires_at"]) == (300, None)
    assert [balance(house, ada)[name] for name in ("available", "held")] == [700, 300]
    taken = house.post(f"{ada}/holds/{hold.body['hold']}/capture", {"amount": 100})
    assert (taken.status, sum(each["amount"] for each in taken.body["transfers"])) == (200, 100)
    assert [balance(house, ada)[name] for name in ("available", "held")] == [900, 0]
    late = house.post(f"{ada}/holds/{hold.body['hold']}/release")
    assert (late.status, late.body["reason"]) == (409, "hold:closed")


def test_a_hold_is_taken_whole_where_no_amount_is_said(house: ApiHouse, ada: str) -> None:
    hold = held(house, ada).body["hold"]
    assert house.post(f"{ada}/holds/{hold}/capture", {}).status == 200
    assert balance(house, ada)["available"] == 700


def test_a_hold_is_freed(house: ApiHouse, ada: str) -> None:
    until = (utc_now() + timedelta(hours=2)).isoformat()
    hold = held(house, ada, expires_at=until)
    assert hold.body["expires_at"].endswith("Z")
    assert house.post(f"{ada}/holds/{hold.body['hold']}/release").status == 200
    assert [balance(house, ada)[name] for name in ("available", "held")] == [1000, 0]


def test_what_is_held_cannot_be_spent(house: ApiHouse, ada: str) -> None:
    held(house, ada, 900)
    refused = house.post(f"{ada}/spends", {"unit": "PTS", "amount": 101})
    assert (refused.status, refused.kind, refused.body["reason"]) == (409, "refused", "balance")
    assert house.post(f"{ada}/spends", {"unit": "PTS", "amount": 100}).status == 201


@pytest.mark.parametrize(
    ("unit", "reason"),
    [("EUR", "redeemed whole"), ("STARS", "never spent"), ("XXX", "no such unit")],
)
def test_a_unit_that_is_not_spent_from_the_balance_is_a_wrong_field(
    house: ApiHouse, ada: str, unit: str, reason: str
) -> None:
    house.sign_contract()
    answer = house.post(f"{ada}/spends", {"unit": unit, "amount": 1})
    assert (answer.status, answer.kind) == (422, "wrong")
    (error,) = answer.body["errors"]
    assert error["pointer"] == "/unit"
    assert reason in error["detail"]


def test_a_hold_that_is_over_before_it_begins_is_refused(house: ApiHouse, ada: str) -> None:
    answer = held(house, ada, expires_at="2020-01-01T00:00:00Z")
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/expires_at")


def test_more_than_was_held_is_not_taken(house: ApiHouse, ada: str) -> None:
    hold = held(house, ada).body["hold"]
    answer = house.post(f"{ada}/holds/{hold}/capture", {"amount": 301})
    assert (answer.status, answer.body["reason"]) == (409, "hold:amount")


def test_anothers_hold_and_spend_are_not_there(house: ApiHouse, ada: str) -> None:
    house.earn("ben")
    ben = f"/members/{house.member('ben')}"
    hold = held(house, ada).body["hold"]
    event = house.post(f"{ada}/spends", {"unit": "PTS", "amount": 1}).body["event"]
    nothing = house.post(f"{ben}/holds/hld_7ZZZZZZZZZZZZ/release")
    assert nothing.status == 404
    for path, body in (
        (f"{ben}/holds/{hold}/release", None),
        (f"{ben}/holds/{hold}/capture", {}),
        (f"{ben}/spends/{event}/restore", None),
        (f"/members/{NOBODY}/spends", {"unit": "PTS", "amount": 1}),
        ("/members/mem_x/spends", {"unit": "PTS", "amount": 1}),
    ):
        answer = house.post(path, body)
        assert (answer.status, answer.raw) == (404, nothing.raw), path
    assert house.purse("ben") == (1000, 0, 0, 0)


def test_a_code_is_used_once_and_every_other_is_as_good_as_none(house: ApiHouse) -> None:
    house.stock("CODE-1", "CODE-2")
    house.sign_contract()
    house.choose()
    key = house.make_key()
    used = house.post("/codes/uses", {"code": "CODE-1"}, once="till", key=key)
    assert used.status == 201
    assert used.body["order"].startswith("ord_")
    # The till asks again, because the line was cut.
    assert house.post("/codes/uses", {"code": "CODE-1"}, once="till", key=key).raw == used.raw
    others = [house.post("/codes/uses", {"code": code}) for code in ("CODE-1", "CODE-2", "CODE-3", "code-1")]
    assert {(answer.status, answer.raw) for answer in others} == {(404, others[0].raw)}
    assert house.inner.rows("select state from codes order by id") == [("redeemed",), ("free",)]
    assert house.inner.rows("select count(*) from audit where action = 'code.used'") == [(1,)]


LATER, LATER_ENDS = "2031-03-31", "2031-03-31T22:00:00Z"


def lot_of(house: ApiHouse, ada: str) -> dict[str, Any]:
    (lot,) = balance(house, ada)["lots"]
    return dict(lot)


def extended(house: ApiHouse, ada: str, reward: str, **changes: object) -> Answer:
    wanted = {"last_day": LATER, "reason": "The shop was closed", **changes}
    return house.post(f"{ada}/rewards/{reward}/extend", wanted)


def test_a_reward_is_extended_and_every_door_shows_its_new_end(house: ApiHouse, ada: str) -> None:
    lot = lot_of(house, ada)
    done = extended(house, ada, lot["id"])
    assert done.status == 200
    assert done.body == {
        "event": done.body["event"],
        "member": house.member(),
        "reward": lot["id"],
        "expires_at": LATER_ENDS,
        "before": lot["expires_at"],
    }
    assert lot_of(house, ada) == {**lot, "expires_at": LATER_ENDS}
    (listed,) = house.get(f"{ada}/rewards").body["rewards"]
    assert listed["expires_at"] == LATER_ENDS
    ((actor, reason),) = house.inner.rows(
        "select actor, reason from audit where subject = %(s)s", s=done.body["event"]
    )
    assert actor.startswith("key:")
    assert reason == "The shop was closed"


def test_the_same_key_extends_once(house: ApiHouse, ada: str) -> None:
    path, key = f"{ada}/rewards/{lot_of(house, ada)['id']}/extend", house.make_key()
    wanted = {"last_day": LATER, "reason": "closed"}
    first, second = (house.post(path, wanted, once="e", key=key) for _ in range(2))
    assert (first.status, second.raw) == (200, first.raw)
    assert second.headers["idempotency-replayed"] == "true"
    other = house.post(path, {**wanted, "last_day": "2032-01-01"}, once="e", key=key)
    assert (other.status, other.kind) == (422, "key-reused")
    assert house.inner.rows("select count(*) from events where type = 'reward.extended'") == [(1,)]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"last_day": "2020-01-01"}, "/last_day"),
        ({"last_day": "9999-12-31"}, "/last_day"),
        ({"last_day": "soon"}, "/last_day"),
        ({"last_day": None}, "/last_day"),
        ({"reason": ""}, "/reason"),
        ({"more": 1}, "/more"),
    ],
)
def test_a_wrong_extension_names_its_field(
    house: ApiHouse, ada: str, changes: dict[str, object], pointer: str
) -> None:
    answer = extended(house, ada, lot_of(house, ada)["id"], **changes)
    assert (answer.status, answer.kind) == (422, "wrong")
    assert [error["pointer"] for error in answer.body["errors"]] == [pointer]


def test_what_is_not_there_or_used_up_is_not_extended(house: ApiHouse, ada: str) -> None:
    lot = lot_of(house, ada)["id"]
    house.earn("ben")
    nothing = extended(house, ada, "rwd_7ZZZZZZZZZZZZ")
    assert (nothing.status, nothing.kind) == (404, "missing")
    assert extended(house, f"/members/{house.member('ben')}", lot).raw == nothing.raw
    far = house.make_key(market="NO")
    wanted = {"last_day": LATER, "reason": "closed"}
    assert house.post(f"{ada}/rewards/{lot}/extend", wanted, key=far).raw == nothing.raw
    reader = house.make_key(("read:members",))
    assert house.post(f"{ada}/rewards/{lot}/extend", wanted, key=reader).kind == "scope"
    house.post(f"{ada}/spends", {"unit": "PTS", "amount": 1000})
    used = extended(house, ada, lot)
    assert (used.status, used.kind, used.body["reason"]) == (409, "refused", "reward:used")
