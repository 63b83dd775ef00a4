"""Consents by the API: given in the words that were read, withdrawn at once, told with their proof."""

from datetime import timedelta
from hashlib import sha256

import pytest
from tests.api.house import ApiHouse

from guerdon.values.clock import utc_now

WORDS = "I want offers by e-mail."
AGREED = {
    "topic": "marketing",
    "channel": "email",
    "words": WORDS,
    "language": "en",
    "source": "checkout",
    "network": "192.0.2.7",
}
STOPPED = {"topic": "marketing", "channel": "email", "source": "hotline"}


def test_what_a_member_says_is_kept_once_and_told_with_its_proof(house: ApiHouse) -> None:
    path = f"/members/{house.member()}/consents"
    assert house.get(path).body == {"member": house.member(), "consents": []}
    key = house.make_key()
    first = house.post(f"{path}/give", AGREED, key=key, once="ada-1")
    assert first.status == 200
    again = house.post(f"{path}/give", AGREED, key=key, once="ada-1")
    assert again.body == first.body
    assert again.headers["idempotency-replayed"] == "true"
    (told,) = house.get(path).body["consents"]
    assert [told] == first.body["consents"]
    said = {name: told[name] for name in ("topic", "channel", "state", "method", "language", "source")}
    assert said == {**{n: AGREED[n] for n in said if n in AGREED}, "state": "given", "method": "api"}
    assert told["text_sha256"] == sha256(WORDS.encode()).hexdigest()
    assert told["actor"].startswith("key:")
    # Neither the words nor the network are kept.
    ((mark,),) = house.inner.rows("select network_mark from consents")
    assert len(mark) == 32
    stopped = house.post(f"{path}/withdraw", STOPPED)
    assert [each["state"] for each in stopped.body["consents"]] == ["withdrawn"]
    assert house.get(path).body == stopped.body
    assert house.inner.rows("select what, method from consents order by id") == [
        ("given", "api"),
        ("withdrawn", "api"),
    ]


def test_what_was_agreed_to_before_it_was_withdrawn_changes_nothing(house: ApiHouse) -> None:
    path = f"/members/{house.member()}/consents"
    house.post(f"{path}/withdraw", STOPPED)
    before = {**AGREED, "happened_at": (utc_now() - timedelta(days=9)).isoformat()}
    answer = house.post(f"{path}/give", before)
    assert answer.status == 200
    assert [each["state"] for each in answer.body["consents"]] == ["withdrawn"]
    ahead = {**AGREED, "happened_at": (utc_now() + timedelta(hours=1)).isoformat()}
    assert house.post(f"{path}/give", ahead).status == 422


@pytest.mark.parametrize("deed", ["give", "withdraw"])
def test_who_may_and_about_whom_and_what(house: ApiHouse, deed: str) -> None:
    body = AGREED if deed == "give" else STOPPED
    path = f"/members/{house.member()}/consents/{deed}"
    assert house.post(path, {**body, "topic": "gossip"}).status == 422
    assert house.post(path, {**body, "channel": "fax"}).status == 422
    assert house.post(f"/members/mem_0000000000ZZZ/consents/{deed}", body).status == 404
    assert house.post(path, body, key=house.make_key(["read:members"])).status == 403
    # A key of one place sees members of it alone.
    elsewhere = house.make_key(["write:consents", "read:members"], market="NO")
    assert house.post(path, body, key=elsewhere).status == 404
    assert house.get(f"/members/{house.member()}/consents", key=elsewhere).status == 404
    assert house.inner.rows("select from consents") == []
