"""Differences with suppliers by the API: listed page by page, and settled once, with a reason."""

from tests.api.house import ApiHouse
from tests.reconciling.planted import plant

THERE = "/differences"


def test_what_differs_is_listed_and_sifted(house: ApiHouse) -> None:
    place = (house.inner.url, house.inner.program_id)
    made = plant(*place, ["T-1", "T-2", "T-3"])
    (other,) = plant(*place, ["B-1"], supplier="books")
    found = house.get(THERE).body
    assert [each["id"] for each in found["differences"]] == [other, *reversed(made)]
    first = house.get(f"{THERE}?limit=2").body
    rest = house.get(f"{THERE}?limit=2&after={first['next']}").body
    assert (len(first["differences"]), rest["next"]) == (2, None)
    assert [each["subject"] for each in rest["differences"]] == ["T-2", "T-1"]
    of_books = house.get(f"{THERE}?supplier=books&kind=not_with_us&state=open").body["differences"]
    assert [each["id"] for each in of_books] == [other]
    told = of_books[0]
    assert (told["theirs"], told["stake"], told["currency"], told["digits"]) == (2_500, 2_500, "EUR", 2)
    assert (told["ours"], told["order"], told["done"], told["settled_by"]) == (None, None, None, None)
    assert house.get(f"{THERE}?kind=twice").body["differences"] == []
    assert house.get(f"{THERE}?kind=odd").status == 422
    assert house.get(f"{THERE}?state=closed").status == 422


def test_a_difference_is_settled_once_and_for_a_reason(house: ApiHouse) -> None:
    one, two = plant(house.inner.url, house.inner.program_id, ["T-1", "T-2"])
    done = {"done": "credit_expected", "reason": "They wrote", "amount": 2_000}
    for wrong in ({"done": "loss"}, {**done, "reason": " "}, {**done, "done": "odd"}, {**done, "amount": 0}):
        assert house.post(f"{THERE}/{one}/settle", wrong).status == 422
    key = house.make_key()
    answer = house.post(f"{THERE}/{one}/settle", done, once="mine", key=key)
    assert (answer.status, answer.body["state"], answer.body["done_amount"]) == (200, "settled", 2_000)
    assert answer.body["settled_by"] == f"key:{key.split('_')[1]}"
    again = house.post(f"{THERE}/{one}/settle", done, once="mine", key=key)
    assert (again.raw, again.headers["idempotency-replayed"]) == (answer.raw, "true")
    late = house.post(f"{THERE}/{one}/settle", done)
    assert (late.status, late.kind, late.body["reason"]) == (409, "refused", "settled")
    assert house.inner.rows("select their_id, expected_minor, state from supplier_credits") == [
        ("T-1", 2_000, "expected")
    ]
    assert [each["id"] for each in house.get(THERE).body["differences"]] == [two]
    settled = house.get(f"{THERE}?state=settled").body["differences"]
    assert [(each["id"], each["reason"]) for each in settled] == [(one, "They wrote")]
    audited = house.inner.rows("select subject, reason from audit where action = 'difference.settled'")
    assert audited == [(one, "They wrote")]


def test_a_key_does_no_more_than_its_scope_and_place(house: ApiHouse) -> None:
    (one,) = plant(house.inner.url, house.inner.program_id, ["T-1"])
    loss = {"done": "loss", "reason": "Too little"}
    reader = house.make_key(["read:ledger"])
    assert len(house.get(THERE, key=reader).body["differences"]) == 1
    assert house.post(f"{THERE}/{one}/settle", loss, key=reader).status == 403
    assert house.get(THERE, key=house.make_key(["write:differences"])).status == 403
    local = house.make_key(["read:ledger", "write:differences"], location="de-kiel")
    assert house.get(THERE, key=local).body == {"differences": [], "next": None}
    missing = house.post(f"{THERE}/dif_0000000000009/settle", loss)
    foreign = house.post(f"{THERE}/{one}/settle", loss, key=local)
    assert (foreign.status, foreign.raw) == (missing.status, missing.raw) == (404, missing.raw)
    assert house.inner.rows("select state from order_differences") == [("open",)]
