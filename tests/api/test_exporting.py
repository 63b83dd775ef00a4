"""A member's data is handed over by a key with a right of its own, each time with a reason in the audit."""

from tests.api.house import ApiHouse

from guerdon.queries.privacy.person import tables_of_members
from guerdon.values.ids import show

WHY = {"reason": "Asked for by letter"}
TOLD = "select subject, reason from audit where action = 'member.exported' order by id"


def test_all_of_a_member_is_handed_over_and_each_time_written_down(house: ApiHouse) -> None:
    house.earn()
    member = house.member()
    there, key = f"/members/{member}/export", house.make_key(["export:members"])
    for wrong in ({}, {"reason": " "}, {**WHY, "more": 1}):
        assert house.post(there, wrong, key=key).status == 422
    assert house.inner.rows(TOLD) == []
    answer = house.post(there, WHY, once="mine", key=key)
    assert (answer.status, answer.body["member"]) == (200, member)
    assert {name for name in answer.body if name.startswith("table ")} == {
        f"table {table}" for table in tables_of_members()
    }
    assert len(answer.body["table rewards"]) == len(answer.body["decisions"]) == 1
    assert house.inner.rows(TOLD) == [(member, "Asked for by letter")]
    # By the same key of idempotency it is another handing over, and no answer of it was kept.
    house.earn()
    again = house.post(there, WHY, once="mine", key=key)
    assert len(again.body["table rewards"]) == 2
    assert house.inner.rows(TOLD) == [(member, "Asked for by letter")] * 2
    assert house.inner.rows("select from api_answers") == []


def test_whoever_has_no_right_to_it_or_names_nobody_is_refused(house: ApiHouse) -> None:
    there = f"/members/{house.member()}/export"
    others = house.make_key(["read:members", "erase:members", "write:consents"])
    elsewhere = house.make_key(["export:members"], market="NO")
    assert house.post(there, WHY, key=others).status == 403
    assert house.post(there, WHY, key=elsewhere).status == 404
    key = house.make_key(["export:members"])
    assert house.post(f"/members/{show('mem', 4_000_000)}/export", WHY, key=key).status == 404
    assert house.get(there, key=key).status == 405
    assert house.inner.rows(TOLD) == []
