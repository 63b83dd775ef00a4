"""Devices by the API: an app says by whom it is used, once and for one member alone, and by whom no more."""

import pytest
from tests.api.house import Answer, ApiHouse

TOKEN = "dXyZ0:APA91bExampleOfAToken"
PHONE = {"token": TOKEN, "label": "Ada's phone"}


def taken(house: ApiHouse, path: str, key: str | None = None) -> Answer:
    return house.ask("DELETE", f"/api/v1{path}", key=key)


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [each["id"] for each in answer.body["devices"]]


def audited(house: ApiHouse) -> list[tuple[object, ...]]:
    return house.inner.rows(
        "select action, subject, coalesce(nullif(reason, ''), detail ->> 'reason') from audit"
        " where action like 'device.%%' order by id"
    )


def test_an_app_is_kept_once_and_taken_away_once(house: ApiHouse) -> None:
    path = f"/members/{house.member()}/devices"
    key = house.make_key()
    first = house.post(path, PHONE, key=key, once="ada-1")
    (device,) = ids(first)
    said = {name: first.body["devices"][0][name] for name in ("kind", "label")}
    assert said == {"kind": "app", "label": "Ada's phone"}
    assert first.body["member"] == house.member()
    again = house.post(path, PHONE, key=key, once="ada-1")
    assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")
    # Asked anew, the same token is the same device.
    assert house.post(path, PHONE).body == first.body
    assert ids(house.post(path, {"token": f"{TOKEN}2"}))[1:] == [device]
    for _ in range(2):
        assert device not in ids(taken(house, f"{path}/{device}"))
    assert house.inner.rows("select state, reason from addresses order by id") == [
        ("retired", "removed"),
        ("usable", ""),
    ]
    # The app is there once more.
    assert device in ids(house.post(path, PHONE))
    # Of the token nothing is told or kept to be read.
    assert TOKEN not in str(first.body)
    assert house.inner.rows("select from addresses where sealed::text like '%%APA91b%%'") == []
    assert [action for action, *_ in audited(house)] == [
        *("device.added", "device.added", "device.retired", "device.added"),
    ]


def test_whoever_signs_in_on_a_phone_has_it_alone(house: ApiHouse) -> None:
    ada, other = house.member(), house.member("ben")
    house.post(f"/members/{ada}/devices", PHONE)
    assert len(ids(house.post(f"/members/{other}/devices", PHONE))) == 1
    used = house.inner.rows("select count(*) from addresses where state = 'usable'")
    assert used == [(1,)]
    assert ("device.retired", ada, "replaced") in audited(house)


def test_of_more_than_ten_the_oldest_gives_way(house: ApiHouse) -> None:
    path = f"/members/{house.member()}/devices"
    (first,) = ids(house.post(path, PHONE))
    found = [ids(house.post(path, {"token": f"{TOKEN}{n}"})) for n in range(10)]
    assert (len(found[-1]), first in found[-1], first in found[-2]) == (10, False, True)


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"token": ""}, {"token": "a b"}, {"token": "x" * 1_001}, {"token": 7}),
        *(
            {**PHONE, "label": "x" * 81},
            {**PHONE, "label": "\n"},
            {**PHONE, "endpoint": "https://push.example/x"},
        ),
    ],
)
def test_what_is_no_app_is_refused(house: ApiHouse, body: object) -> None:
    assert house.post(f"/members/{house.member()}/devices", body).status == 422
    assert house.inner.rows("select from addresses") == []


def test_who_may_and_whose(house: ApiHouse) -> None:
    path = f"/members/{house.member()}/devices"
    (device,) = ids(house.post(path, PHONE))
    reader = house.make_key(["read:members"])
    # A key of one place sees members of it alone.
    elsewhere = house.make_key(["write:consents"], market="NO")
    for key, status in ((reader, 403), (elsewhere, 404)):
        assert house.post(path, PHONE, key=key).status == status
        assert taken(house, f"{path}/{device}", key).status == status
    assert house.post("/members/mem_0000000000ZZZ/devices", PHONE).status == 404
    assert taken(house, f"/members/mem_0000000000ZZZ/devices/{device}").status == 404
    # By another member's name it takes nothing away.
    assert ids(taken(house, f"/members/{house.member('ben')}/devices/{device}")) == []
    assert taken(house, f"{path}/dev_x").status in {404, 422}
    assert house.inner.rows("select state from addresses") == [("usable",)]
