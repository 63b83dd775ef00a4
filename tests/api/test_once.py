"""Every POST is done once: the same key, the same answer; nothing undone is ever told as done (I-06)."""

import json
from datetime import timedelta
from types import ModuleType
from typing import Any

import psycopg
import pytest
from tests.api.house import ApiHouse
from tests.races import RACED, Race
from tests.wallet.house import at_once

from guerdon.store.access.api_answers import (
    ABANDONED,
    KEPT,
    Claim,
    give_back_claim,
    record_claim,
    settle_claim,
)
from guerdon.store.database import connect, transaction
from guerdon.values.clock import utc_now

SPEND = {"unit": "PTS", "amount": 100}


@pytest.fixture
def key(house: ApiHouse) -> str:
    house.earn()
    return house.make_key()


def spend(house: ApiHouse, key: str, once: str, body: object = SPEND) -> Any:
    return house.post(f"/members/{house.member()}/spends", body, once=once, key=key)


def spent(house: ApiHouse) -> int:
    return int(house.inner.rows("select count(*) from events where type = 'value.spent'")[0][0])


def age(house: ApiHouse, by: timedelta) -> None:
    """Let all claims be older."""
    with psycopg.connect(house.inner.url, options="-c search_path=guerdon") as db:
        db.execute("update api_answers set created_at = created_at - %s", (by,))


def forget_outcome(house: ApiHouse) -> None:
    """As if the process had been killed at work."""
    with psycopg.connect(house.inner.url, options="-c search_path=guerdon") as db:
        db.execute("update api_answers set status = null, body = null")


def test_the_same_again_is_the_same_answer_and_one_effect(house: ApiHouse, key: str) -> None:
    first, second = spend(house, key, "a"), spend(house, key, "a")
    assert (first.status, second.status) == (201, 201)
    assert first.raw == second.raw
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert (spent(house), house.purse()) == (1, (900, 0, 0, 0))


def test_spaces_and_order_make_no_other_body(house: ApiHouse, key: str) -> None:
    first = spend(house, key, "a", b'{"unit":"PTS","amount":100}')
    second = spend(house, key, "a", b'{ "amount": 100,\n "unit": "PTS" }')
    assert first.raw == second.raw
    assert spent(house) == 1


def test_another_body_or_address_under_the_same_key_is_refused(house: ApiHouse, key: str) -> None:
    assert spend(house, key, "a").status == 201
    other = spend(house, key, "a", {"unit": "PTS", "amount": 101})
    elsewhere = house.post(f"/members/{house.member()}/holds", {**SPEND, "purpose": "x"}, once="a", key=key)
    for answer in (other, elsewhere):
        assert (answer.status, answer.kind) == (422, "key-reused")
        assert answer.body["errors"][0]["header"] == "Idempotency-Key"
    assert spent(house) == 1


def test_two_api_keys_do_not_meet_under_one_name(house: ApiHouse, key: str) -> None:
    assert spend(house, key, "a").status == spend(house, house.make_key(), "a").status == 201
    assert spent(house) == 2


def test_a_refusal_is_told_again_as_a_refusal_even_when_it_would_pass_now(house: ApiHouse, key: str) -> None:
    much = {"unit": "PTS", "amount": 5_000}
    first = spend(house, key, "a", much)
    assert (first.status, first.body["reason"]) == (409, "balance")
    house.earn(amount=10_000)
    second = spend(house, key, "a", much)
    assert (second.status, second.raw) == (409, first.raw)
    assert spent(house) == 0
    assert spend(house, key, "b", much).status == 201


def test_what_never_began_leaves_the_key_free(house: ApiHouse, key: str) -> None:
    """A malformed request, a wrong scope: the key was not used by them."""
    assert spend(house, key, "a", {"unit": "PTS"}).status == 422
    assert spend(house, key, "a", b"{").status == 400
    narrow = house.make_key(["read:members"])
    assert spend(house, narrow, "a").status == 403
    assert house.inner.rows("select count(*) from api_answers") == [(0,)]
    assert spend(house, key, "a").status == 201


@RACED
def test_64_at_once_are_one(house: ApiHouse, key: str, race: Race) -> None:
    from django.test import override_settings  # noqa: PLC0415  Django is prepared by then

    from guerdon.web.api.door import Api, addresses  # noqa: PLC0415

    # As many at once as no key may otherwise ask: all of them are let in, and race for one claim.
    wide = ModuleType("wide")
    wide.urlpatterns = addresses(Api(name="wide", per_second=1_000))  # type: ignore[attr-defined]
    with override_settings(ROOT_URLCONF=wide):
        assert spend(house, key, "before").status == 201
        # Twice by each of 32: more at the same moment than there are connections are told to come again.
        twos: list[Any] = at_once([lambda: [spend(house, key, "a") for _ in range(2)]] * 32)
    answers = [answer for two in twos for answer in two]
    assert {answer.status for answer in answers} <= {201, 409}
    told = [answer for answer in answers if answer.status == 201]
    race.figures.update(asked=len(answers), answered=len(told), told_to_wait=len(answers) - len(told))
    assert told
    assert {answer.raw for answer in told} == {told[0].raw}
    assert sum("idempotency-replayed" not in answer.headers for answer in told) == 1
    for answer in answers:
        if answer.status == 409:
            assert (answer.kind, answer.headers["retry-after"]) == ("in-flight", "1")
    assert (spent(house), house.purse()) == (2, (800, 0, 0, 0))
    assert spend(house, key, "a").raw == told[0].raw


def test_one_that_is_under_way_is_not_told_as_done(house: ApiHouse, key: str) -> None:
    assert spend(house, key, "a").status == 201
    forget_outcome(house)
    answer = spend(house, key, "a")
    assert (answer.status, answer.kind, answer.headers["retry-after"]) == (409, "in-flight", "1")
    # Another body is another mistake, whatever became of the first.
    assert spend(house, key, "a", {"unit": "PTS", "amount": 7}).kind == "key-reused"


def test_a_claim_without_outcome_is_taken_again_after_a_quarter_of_an_hour(house: ApiHouse, key: str) -> None:
    """And what had been done under it, though nobody could say so, is not done twice."""
    first = spend(house, key, "a")
    forget_outcome(house)
    age(house, ABANDONED - timedelta(minutes=1))
    assert spend(house, key, "a").status == 409
    age(house, timedelta(minutes=1))
    assert spend(house, key, "a", {"unit": "PTS", "amount": 7}).kind == "key-reused"
    second = spend(house, key, "a")
    assert (second.status, second.raw) == (201, first.raw)
    assert (spent(house), house.purse()) == (1, (900, 0, 0, 0))


def test_after_30_days_the_answer_is_forgotten_and_the_deed_is_not(house: ApiHouse, key: str) -> None:
    first = spend(house, key, "a")
    age(house, KEPT + timedelta(minutes=1))
    other = spend(house, key, "a", {"unit": "PTS", "amount": 7})
    assert (other.status, other.kind) == (422, "key-reused")
    age(house, KEPT + timedelta(minutes=1))
    assert spend(house, key, "a").raw == first.raw
    assert spent(house) == 1


def test_old_answers_go_when_new_ones_come(house: ApiHouse, key: str) -> None:
    for name in "abc":
        spend(house, key, name)
    age(house, KEPT + timedelta(minutes=1))
    spend(house, key, "d")
    assert house.inner.rows("select idempotency_key from api_answers") == [("d",)]


def test_a_request_asked_for_twice_is_one_request(house: ApiHouse, key: str) -> None:
    wanted = {
        "member": house.member(),
        "unit": "PTS",
        "amount": 50,
        "payer": "budget:pot:DE",
        "reason": "promised",
    }
    first = house.post("/requests/adjustments", wanted, once="a", key=key)
    forget_outcome(house)
    age(house, ABANDONED)
    second = house.post("/requests/adjustments", wanted, once="a", key=key)
    assert (first.status, first.raw) == (201, second.raw)
    assert house.inner.rows("select count(*) from requests") == [(1,)]


@pytest.mark.parametrize("given", ["", " ", "a b", "ä", "x" * 129, "a\tb"])
def test_a_post_needs_a_key_of_its_own(house: ApiHouse, given: str) -> None:
    answer = house.ask(
        "POST", f"/api/v1/members/{house.member()}/spends", SPEND, headers={"Idempotency-Key": given}
    )
    assert (answer.status, answer.kind) == (400, "no-idempotency-key")
    assert answer.body["errors"][0]["header"] == "Idempotency-Key"


def test_a_deed_and_its_answer_are_one_commit(house: ApiHouse, key: str) -> None:
    """Whoever lost the claim meanwhile commits nothing."""
    with connect(house.inner.url, house.inner.secret, "web") as db:
        now, sha = utc_now(), b"s" * 32
        claim = Claim(house.inner.program_id, key.split("_")[1], "a", now)
        later = Claim(claim.program_id, claim.key_id, "a", now + ABANDONED)
        with transaction(db, claim.program_id) as tx:
            assert record_claim(tx, claim, sha) is None
        with transaction(db, claim.program_id) as tx:
            assert record_claim(tx, later, sha) is None
        with transaction(db, claim.program_id) as tx:
            assert not settle_claim(tx, claim, 200, b"{}")
            give_back_claim(tx, claim)
            assert settle_claim(tx, later, 200, b"{}")
            # An outcome is never given back, nor written twice.
            give_back_claim(tx, later)
            assert not settle_claim(tx, later, 500, b"{}")
            found = record_claim(tx, Claim(claim.program_id, claim.key_id, "a", utc_now()), sha)
    assert found is not None
    assert (found.status, json.loads(found.body or b"")) == (200, {})


def test_what_failed_is_not_kept_and_may_be_tried_at_once(house: ApiHouse, key: str) -> None:
    """A deed that the database refuses at its commit is undone, and its key is free again."""
    with psycopg.connect(house.inner.url, options="-c search_path=guerdon", autocommit=True) as db:
        db.execute("alter table events add constraint planted check (type <> 'value.spent') not valid")
        answer = spend(house, key, "a")
        assert (answer.status, answer.kind) == (500, "broken")
        assert "planted" not in answer.raw.decode()
        assert house.inner.rows("select count(*) from api_answers") == [(0,)]
        db.execute("alter table events drop constraint planted")
    assert spend(house, key, "a").status == 201
    assert spent(house) == 1
