"""Webhooks by the API: looked after by keys of the whole program, their secrets told once."""

from typing import Any

import pytest
from tests.api.house import ApiHouse
from tests.webhooks.house import given_up

HOOK = {"name": "Shop", "url": "https://hooks.example/in", "types": ["reward.earned"]}


def made(house: ApiHouse, **other: object) -> dict[str, Any]:
    answer = house.post("/webhooks/make", {**HOOK, **other})
    assert answer.status == 201, answer.body
    body: dict[str, Any] = answer.body
    return body


def test_an_endpoint_lives_by_the_api(house: ApiHouse) -> None:
    endpoint = made(house)
    assert endpoint["secret"].startswith("whsec_")
    there = f"/webhooks/{endpoint['id']}"
    (shown,) = house.get("/webhooks").body["webhooks"]
    assert {"name": "Shop", "state": "enabled", "waiting": 0, "dead": 0, "rotating_until": None}.items() <= (
        shown.items()
    )
    assert "secret" not in shown
    assert house.post(f"{there}/test", None).body == {"id": endpoint["id"], "deliveries": 1}
    given_up(house.inner.url)
    waits = house.get(f"{there}/deliveries?state=waiting").body
    assert [each["type"] for each in waits["deliveries"]] == ["webhook.tested"]
    (dead,) = house.get(f"{there}/deliveries?state=dead&limit=1").body["deliveries"]
    assert (dead["status"], dead["reason"], dead["answer"]) == (500, "status", "<script>alert(1)</script>")
    first = house.get(f"{there}/deliveries?limit=1").body
    rest = house.get(f"{there}/deliveries?limit=1&after={first['next']}").body
    assert (len(first["deliveries"]), len(rest["deliveries"]), rest["next"]) == (1, 1, None)
    assert house.post(f"{there}/resend", None).body["deliveries"] == 1
    assert house.post(f"{there}/resend", None).kind == "refused"
    assert house.post(f"/webhooks/deliveries/{dead['id']}/resend", None).status == 200
    assert house.post(f"{there}/change", {**HOOK, "name": "Till", "types": []}).status == 200
    # What was made for an address goes to no other by the API.
    assert house.post(f"{there}/change", {**HOOK, "url": "https://new.example/in"}).status == 200
    refused = house.post(f"/webhooks/deliveries/{dead['id']}/resend", None)
    assert (refused.status, refused.body["reason"]) == (409, "former")
    assert house.post(f"{there}/change", {**HOOK, "name": "Till", "types": []}).status == 200
    rotated = house.post(f"{there}/rotate", None).body
    assert rotated["secret"] != endpoint["secret"]
    assert house.post(f"{there}/disable", {"reason": "moving"}).status == 200
    (shown,) = house.get("/webhooks").body["webhooks"]
    assert (shown["name"], shown["state"], shown["reason"], shown["types"]) == (
        *("Till", "disabled", "moving"),
        [],
    )
    assert shown["rotating_until"] is not None
    assert house.post(f"{there}/enable", None).status == 200
    assert house.post(f"{there}/remove", None).status == 200
    assert house.get("/webhooks").body["webhooks"] == []
    assert house.get(f"{there}/deliveries").status == 404
    assert house.post(f"{there}/test", None).status == 404


def test_a_secret_is_told_once_and_kept_nowhere(house: ApiHouse) -> None:
    key = house.make_key()
    first = house.post("/webhooks/make", HOOK, key=key, once="one")
    again = house.post("/webhooks/make", HOOK, key=key, once="one")
    assert (first.status, again.status) == (201, 201)
    assert again.body == {"id": first.body["id"], "secret": None}
    kept = str(house.inner.rows("select convert_from(body, 'utf8') from api_answers"))
    assert first.body["id"] in kept
    assert first.body["secret"].removeprefix("whsec_") not in kept


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"url": "https://10.0.0.1/"}, "/url"),
        ({"url": "http://hooks.example/"}, "/url"),
        ({"url": "https://a@hooks.example/"}, "/url"),
        ({"types": ["reward.lost"]}, "/types/0"),
        ({"name": ""}, "/name"),
    ],
)
def test_what_is_wrong_is_named(house: ApiHouse, changed: dict[str, Any], pointer: str) -> None:
    answer = house.post("/webhooks/make", {**HOOK, **changed})
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, pointer)


def test_a_key_of_one_place_or_without_the_scope_looks_after_none(house: ApiHouse) -> None:
    endpoint = made(house)
    there = f"/webhooks/{endpoint['id']}"
    local = house.make_key(["read:webhooks", "write:webhooks"], market="DE")
    assert house.get("/webhooks", key=local).body == {"webhooks": []}
    assert house.get(f"{there}/deliveries", key=local).status == 404
    assert house.post("/webhooks/make", HOOK, key=local).status == 404
    assert house.post(f"{there}/remove", None, key=local).status == 404
    reader = house.make_key(["read:webhooks"])
    assert house.get("/webhooks", key=reader).status == 200
    assert house.post(f"{there}/remove", None, key=reader).status == 403
    # Endpoints are told of members: who may not read of them sends it nowhere, and nowhere again.
    blind = house.make_key(["read:webhooks", "write:webhooks"])
    for path, body in (("/webhooks/make", HOOK), (f"{there}/change", HOOK), (f"{there}/resend", None)):
        refused = house.post(path, body, key=blind)
        assert (refused.status, refused.kind) == (403, "scope"), path
