"""Feeds of the catalog by the API: brought, looked at, accepted or dropped, by keys of the whole program."""

import json
from typing import Any
from uuid import uuid4

from tests.api.house import API, Answer, ApiHouse

ITEM: dict[str, Any] = {
    "id": "b1",
    "name": {"en": "Book", "de": "Buch"},
    "category": "books",
    "kind": "voucher",
    "markets": ["DE"],
    "currency": "EUR",
    "amounts": ["10.00"],
}


def rows(*skus: str, **more: object) -> bytes:
    return "".join(json.dumps({**ITEM, "id": sku, **more}) + "\n" for sku in skus).encode()


ROWS = rows("b1", "b2", "b3")


def feed(
    house: ApiHouse, name: str, raw: bytes = ROWS, *, key: str | None = None, once: str = "", **how: str
) -> Answer:
    said = {"Idempotency-Key": once or str(uuid4()), "Content-Type": "application/octet-stream"}
    query = "&".join(f"{name}={value}" for name, value in {"supplier": "cards", **how}.items() if value)
    return house.ask("POST", f"{API}/catalog/feeds/{name}/syncs?{query}", raw, key=key, headers=said)


def counted(answer: Answer) -> dict[str, Any]:
    names = ("state", "why", "found", "new", "changed", "same", "gone", "wrong")
    return {name: answer.body[name] for name in names if answer.body[name]}


def test_a_feed_is_brought_and_told_of(house: ApiHouse) -> None:
    first = feed(house, "told")
    assert first.status == 200, first.body
    assert counted(first) == {"state": "applied", "found": 3, "new": 3}
    bad = feed(house, "told", ROWS[:-40])
    assert counted(bad) == {"state": "refused", "why": "cut"}
    listed = house.get("/catalog/feeds")
    found = {each["feed"]: each for each in listed.body["feeds"]}
    assert (found["told"]["items"], found["told"]["supplier"], found["told"]["state"]) == (
        3,
        "cards",
        "refused",
    )
    assert found["program"]["items"] == 1


def test_what_waits_is_looked_at_and_settled(house: ApiHouse) -> None:
    feed(house, "waits")
    wrong = rows("b9", amounts=["-1"]) + rows("b1", brand="New") + rows("b4")
    waiting = feed(house, "waits", wrong)
    assert counted(waiting) == {
        "state": "staged",
        "why": "wrong",
        "found": 3,
        "new": 1,
        "changed": 1,
        "gone": 2,
        "wrong": 1,
    }
    path = f"/catalog/syncs/{waiting.body['id']}"
    page = house.get(f"{path}?limit=2").body
    assert [(row["line"], row["id"], row["what"]) for row in page["rows"]] == [
        (1, "b9", "wrong"),
        (2, "b1", "changed"),
    ]
    assert [(row["problem"], row["says"]) for row in page["rows"]] == [
        ("no_number", "amounts: “-1” is no number"),
        ("", ""),
    ]
    assert page["rows"][1]["item"]["brand"] == "New"
    rest = house.get(f"{path}?after={page['next']}").body
    assert [row["what"] for row in rest["rows"]] == ["new", "gone", "gone"]
    assert [row["id"] for row in house.get(f"{path}?what=new").body["rows"]] == ["b4"]
    accepted = house.post(f"{path}/accept")
    assert (accepted.status, accepted.body["state"]) == (200, "applied")
    assert accepted.body["settled_by"].startswith("key:")
    again = house.post(f"{path}/drop")
    assert (again.status, again.kind, again.body["reason"]) == (409, "refused", "state")


def test_the_same_request_reads_a_feed_once(house: ApiHouse) -> None:
    key, once = house.make_key(), str(uuid4())
    one, two = (feed(house, "once", key=key, once=once) for _ in range(2))
    assert one.raw == two.raw
    assert two.headers["idempotency-replayed"] == "true"
    # How it is read is part of what is asked.
    assert feed(house, "once", key=key, once=once, wait="yes").kind == "key-reused"


def test_a_delta_changes_what_it_names(house: ApiHouse) -> None:
    feed(house, "delta", rows(*(f"b{n}" for n in range(10))))
    sync = feed(house, "delta", rows("b1", brand="x") + b'{"id": "b2", "gone": true}\n', kind="delta")
    assert counted(sync) == {"state": "applied", "found": 1, "changed": 1, "gone": 1}


def test_feeds_are_for_keys_of_the_whole_program(house: ApiHouse) -> None:
    local = house.make_key(market="DE")
    waiting = feed(house, "local", wait="yes").body["id"]
    assert feed(house, "local", key=local).status == 404
    assert house.get("/catalog/feeds", key=local).status == 404
    assert house.get(f"/catalog/syncs/{waiting}", key=local).status == 404
    for deed in ("accept", "drop"):
        assert house.post(f"/catalog/syncs/{waiting}/{deed}", key=local).status == 404
    assert house.post("/catalog/syncs/syn_7ZZZZZZZZZZZZ/accept").status == 404
    assert house.get("/catalog/syncs/syn_7ZZZZZZZZZZZZ").status == 404


def test_what_cannot_be_a_feed_says_why(house: ApiHouse) -> None:
    for name, supplier, reason in (
        *(("fresh", "", "supplier"), ("program", "cards", "feed"), ("x", "nobody", "supplier")),
    ):
        answer = feed(house, name, supplier=supplier)
        assert (answer.status, answer.body["reason"]) == (409, reason)
    assert feed(house, "Bad-Name").status == 404
    assert feed(house, "x", kind="half").status == 422
    large = feed(house, "x", b"x" * (10 * 1024 * 1024 + 1))
    assert (large.status, large.kind) == (413, "too-large")
    answer = house.post("/catalog/feeds/x/syncs", {"id": "b1"})
    assert (answer.status, answer.kind) == (415, "media-type")
