"""A member's erasure is asked for by a key with a right of its own, once, and its state is told."""

from tests.api.house import ApiHouse

from guerdon.values.ids import show

WHY = {"reason": "Asked for by letter"}


def test_an_erasure_is_asked_for_once_and_told(house: ApiHouse) -> None:
    there = f"/members/{house.member()}/erasure"
    assert house.get(there).status == 404
    key = house.make_key(["erase:members"])
    for wrong in ({}, {"reason": " "}, {**WHY, "more": 1}):
        assert house.post(there, wrong, key=key).status == 422
    answer = house.post(there, WHY, once="mine", key=key)
    assert (answer.status, answer.body["state"], answer.body["done_at"]) == (202, "waiting", None)
    assert (answer.body["orders_under_way"], answer.body["certificate_sha"]) == (0, None)
    assert house.post(there, WHY, key=key).body["asked_at"] == answer.body["asked_at"]
    assert house.get(there, key=key).body == answer.body
    assert house.inner.rows("select reason from audit where action = 'erasure.asked'") == [
        ("Asked for by letter",)
    ]


def test_whoever_has_no_right_to_it_or_names_nobody_is_refused(house: ApiHouse) -> None:
    there = f"/members/{house.member()}/erasure"
    key = house.make_key(["read:members", "write:wallet"])
    assert [house.post(there, WHY, key=key).status, house.get(there, key=key).status] == [403, 403]
    nobody = f"/members/{show('mem', 4_000_000)}/erasure"
    assert [house.post(nobody, WHY).status, house.get(nobody).status] == [404, 404]
    assert house.inner.rows("select count(*) from erasures") == [(0,)]
