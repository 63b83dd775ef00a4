"""A member's browser is pushed to: its subscription comes from their page, and is kept once, sealed."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from tests.redeem.house import House
from tests.web.member.conftest import Door
from tests.web.member.test_claim_page import field_of, ready, text_of

from guerdon.channels.push.encryption import point
from guerdon.channels.push.tokens import coded
from guerdon.engine.messages.consents.addressing import DEVICES_MAX, usable

KEY = coded(point(generate_private_key(SECP256R1()).public_key()))
SECRET = coded(b"s" * 16)
ENDPOINT = "https://push.example/send/abc"


def subscription(endpoint: str = ENDPOINT, key: str = KEY, secret: str = SECRET) -> bytes:
    keys = {"p256dh": key, "auth": secret}
    return json.dumps({"endpoint": endpoint, "expirationTime": None, "keys": keys}).encode()


def add(door: Door, link: str, body: bytes, *, token: str | None = None) -> Any:
    if token is None:
        token = field_of(text_of(door.client.get(link)), "csrfmiddlewaretoken")
    headers = {"X-CSRFToken": token, "sec-fetch-site": "same-origin"}
    return door.client.post(f"{link}/devices", body, content_type="application/json", headers=headers)


def kept(house: House) -> list[tuple[object, ...]]:
    return house.rows("select member_id, provider, state, reason, label from addresses order by id")


def test_the_page_offers_it_and_the_browser_is_kept_once(door: Door, house: House) -> None:
    link = door.link(7, ready(house))
    page = text_of(door.client.get(link))
    from guerdon.web.rooms import room  # noqa: PLC0415

    key = room().channels.browser_key(house.program)
    assert key is not None
    assert f'data-key="{key}"' in page
    for _ in range(2):
        assert add(door, link, subscription()).status_code == 201
    assert kept(house) == [(7, "web", "usable", "", "computer")]
    with house.working() as tx:
        [located] = usable(tx, house.vault, house.program_id, [7])[7]
    assert getattr(located.address, "endpoint", "") == ENDPOINT
    # Nothing of where it leads stands there to be read.
    assert "push.example" not in str(house.rows("select row_to_json(a)::text from addresses a"))
    # It is an address, and no consent.
    assert house.rows("select count(*) from consents") == [(0,)]


def test_of_more_than_ten_the_oldest_is_used_no_more(door: Door, house: House) -> None:
    link = door.link(7, ready(house))
    for number in range(DEVICES_MAX + 1):
        assert add(door, link, subscription(f"{ENDPOINT}{number}")).status_code == 201
    states = [row[2:4] for row in kept(house)]
    assert states == [("retired", "replaced")] + [("usable", "")] * DEVICES_MAX


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff",
        b'{"endpoint": 7, "keys": {}}',
        subscription("http://push.example/x"),
        subscription("https://127.0.0.1/x"),
        subscription("https://10.0.0.1/x"),
        subscription("https://push.example:8443/x"),
        subscription("https://user@push.example/x"),
        subscription("javascript:alert(1)"),
        subscription(key="AAAA"),
        subscription(key=coded(bytes(65))),
        subscription(secret=coded(b"short")),
        subscription(f"https://push.example/{'x' * 5000}"),
        subscription() + b" " * 5000,
    ],
    ids=range(17),
)
def test_what_we_would_never_push_to_is_not_kept(door: Door, house: House, body: bytes) -> None:
    assert add(door, door.link(7, ready(house)), body).status_code == 422
    assert kept(house) == []


def test_only_from_the_members_own_page(door: Door, house: House) -> None:
    link = door.link(7, ready(house))
    assert add(door, link, subscription(), token="").status_code == 403
    assert add(door, link, subscription(), token="x" * 64).status_code == 403
    assert door.client.get(f"{link}/devices").status_code == 405
    token = field_of(text_of(door.client.get(link)), "csrfmiddlewaretoken")
    assert add(door, link + "x", subscription(), token=token).status_code == 404
    assert kept(house) == []


def test_a_program_that_pushes_to_no_browser_offers_nothing(
    door: Door, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from guerdon.program.messages.accounts import ChannelAccounts  # noqa: PLC0415
    from guerdon.web.rooms import room  # noqa: PLC0415

    link = door.link(7, ready(house))
    token = field_of(text_of(door.client.get(link)), "csrfmiddlewaretoken")
    silent = replace(house.program, channels=ChannelAccounts())
    monkeypatch.setattr(room(), "programs", lambda: {house.program_id: silent})
    assert 'id="device"' not in text_of(door.client.get(link))
    assert add(door, link, subscription(), token=token).status_code == 404


def test_a_link_adds_devices_a_number_of_times_and_not_without_end(
    door: Door, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guerdon.web.guesses import Guesses  # noqa: PLC0415
    from guerdon.web.rooms import room  # noqa: PLC0415

    monkeypatch.setattr(room(), "wrong_codes", Guesses(3, 60.0))
    link = door.link(7, ready(house))
    told = [add(door, link, subscription(f"{ENDPOINT}{n}")).status_code for n in range(5)]
    assert told == [201, 201, 201, 429, 429]


def test_the_worker_is_a_script_of_its_own_place(door: Door) -> None:
    answer = door.client.get("/devices/worker.js")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert answer["Cache-Control"] == "no-cache"
    assert 'addEventListener("push"' in answer.content.decode()
    assert door.client.post("/devices/worker.js").status_code in (403, 405)
