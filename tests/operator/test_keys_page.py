"""The page of keys: made and shown once, ended, listed; and never for more than its maker may."""

import re

import pytest
from tests.locations.conftest import EVERYTHING, SHOP, Doors
from tests.operator.conftest import AUDITOR, OPERATOR
from tests.operator.pages import LANGUAGES, line_of, post, text_of

from guerdon.access.policy import AREAS, POWERS
from guerdon.store.access.api_keys import KEY_SCOPES, find_api_key, read_token
from guerdon.store.audit import record_audit
from guerdon.store.database import transaction
from guerdon.values.clock import utc_now
from guerdon.web.console.keys.granting import STANDS_FOR

WANTED = {"act": "make", "name": "Dealer system", "scope": ["write:events"], "source": "/dms", "days": "365"}


def kept(doors: Doors) -> list[tuple[object, ...]]:
    return doors.house.rows(
        "select name, source, scopes, for_market, for_location, revoked_at is null,"
        " expires_at::date - created_at::date from api_keys order by created_at"
    )


def told(doors: Doors) -> list[tuple[object, ...]]:
    return doors.house.rows(
        "select action, left(actor, 4) = 'per_' from audit where left(action, 4) = 'key.' order by id"
    )


def test_a_key_is_made_shown_once_and_opens_the_door(staffed: Doors) -> None:
    staffed.sign_in(OPERATOR)
    assert "No key opens the API." in text_of(staffed.page("keys"))
    status, page = post(staffed, "keys", **WANTED)
    assert status == 200
    (text,) = re.findall(r"gdn_[0-9a-f]{12}_[a-z2-7]{32}", page)
    assert kept(staffed) == [("Dealer system", "/dms", ["write:events"], None, None, True, 365)]
    assert told(staffed) == [("key.added", True)]
    token = read_token(f"Bearer {text}".encode())
    assert token is not None
    with staffed.house.sees() as tx:
        key = find_api_key(tx, staffed.house.program_id, token[0])
    assert key is not None
    assert key.opened_by(token[1], utc_now())
    again = staffed.page("keys")
    assert token[1] not in again
    assert "1 key opens the API." in text_of(again)
    row = line_of(again, "Dealer system")
    assert "Opens Send events /dms" in row
    assert "Olga" in row
    for language in LANGUAGES:
        assert "opens the API" not in text_of(staffed.page("keys", language))


def test_a_key_is_ended_once(staffed: Doors) -> None:
    staffed.sign_in(OPERATOR)
    post(staffed, "keys", **WANTED)
    ((key_id,),) = staffed.house.rows("select key_id from api_keys")
    assert post(staffed, "keys", act="end", key=key_id)[0] == 303
    assert post(staffed, "keys", act="end", key=key_id)[0] == 404
    assert kept(staffed)[0][5] is False
    assert told(staffed) == [("key.added", True), ("key.revoked", True)]
    page = staffed.page("keys")
    assert "Withdrawn" in line_of(page, "Dealer system")
    assert "No key opens the API." in text_of(page)


@pytest.mark.parametrize("key_id", ["", "0123456789ab", "x" * 33, "a_b", "\0", "é"])
def test_what_is_no_key_is_not_ended(staffed: Doors, key_id: str) -> None:
    staffed.sign_in(OPERATOR)
    assert post(staffed, "keys", act="end", key=key_id)[0] == 404
    assert told(staffed) == []


def test_another_programs_key_is_not_there(staffed: Doors) -> None:
    staffed.sign_in(OPERATOR)
    with staffed.house.by_hand() as db:
        db.execute(
            "insert into api_keys (program_id, key_id, secret_sha, name, source, created_at)"
            " values (%s, 'feedfacecafe', sha256('x'), 'Theirs', '/theirs', now())",
            (staffed.house.program_id + 1,),
        )
    assert "Theirs" not in staffed.page("keys")
    assert post(staffed, "keys", act="end", key="feedfacecafe")[0] == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": " "}, "say what it is for"),
        ({"name": "x" * 101}, "say what it is for"),
        ({"name": "a\u202eb"}, "say what it is for"),
        ({"scope": []}, "choose what it may do"),
        ({"scope": ["write:everything"]}, "choose what it may do"),
        ({"days": "36500"}, "choose how long it holds"),
        ({"source": ""}, "say for which sources it sends"),
        ({"source": "x" * 201}, "say for which sources it sends"),
        ({"scope": ["read:members"]}, "only a key that sends events has sources"),
        ({"place": "market:DE"}, "events belong to sources"),
        ({"place": "market:XX"}, "no such market or location"),
        ({"place": "location:none"}, "no such market or location"),
    ],
)
def test_what_is_not_asked_for_rightly_makes_none(
    staffed: Doors, changed: dict[str, object], said: str
) -> None:
    staffed.sign_in(OPERATOR)
    status, page = post(staffed, "keys", **{**WANTED, **changed})
    assert status == 422
    assert said in text_of(page)
    assert kept(staffed) == []
    assert told(staffed) == []


# What an operator's role gives; everything else is somebody else's to give.
OF_AN_OPERATOR = {
    *("read:members", "read:webhooks", "write:webhooks", "read:quarantine", "write:quarantine"),
    *("write:drops", "read:catalog", "write:catalog", "write:events"),
}


def test_nobody_makes_a_key_that_may_more_than_they(staffed: Doors) -> None:
    staffed.sign_in(OPERATOR)
    page = staffed.page("keys")
    assert set(re.findall(r'name="scope" value="([^"]*)"', page)) == OF_AN_OPERATOR
    for scope in set(KEY_SCOPES) - OF_AN_OPERATOR:
        status, page = post(staffed, "keys", **{**WANTED, "scope": [scope], "source": ""})
        assert (status, kept(staffed)) == (422, []), scope
        assert "it would do more than you may yourself" in text_of(page)


def test_whoever_may_more_gives_more_and_at_a_place(staffed: Doors) -> None:
    staffed.sign_in(EVERYTHING)
    for place in ("market:DE", "location:de-bonn", ""):
        wanted = {**WANTED, "scope": ["read:ledger", "read:audit"], "source": "", "place": place}
        assert post(staffed, "keys", **wanted)[0] == 200, place
    assert [row[3:5] for row in kept(staffed)] == [("DE", None), (None, "de-bonn"), (None, None)]
    assert "Whole program" in line_of(staffed.page("keys"), "Dealer system")


def test_the_last_change_with_a_key_is_told(staffed: Doors) -> None:
    staffed.sign_in(OPERATOR)
    post(staffed, "keys", **WANTED)
    ((key_id,),) = staffed.house.rows("select key_id from api_keys")
    assert " None " in line_of(staffed.page("keys"), "Dealer system")
    house = staffed.house
    with house.worker() as db, transaction(db, house.program_id) as tx:
        record_audit(tx, house.program_id, f"key:{key_id}", "code.used", "codes", house.real_now)
    assert " None " not in line_of(staffed.page("keys"), "Dealer system")


def test_names_are_text(staffed: Doors) -> None:
    staffed.sign_in(OPERATOR)
    post(staffed, "keys", **{**WANTED, "name": "<b>us</b>"})
    page = staffed.page("keys")
    assert "&lt;b&gt;us&lt;/b&gt;" in page
    assert "<b>us" not in page


def test_who_only_reads_makes_none(staffed: Doors) -> None:
    staffed.sign_in(AUDITOR)
    assert 'name="scope"' not in staffed.page("keys")
    staffed.sign_in(SHOP)
    assert staffed.answer("keys")[0] == 404


def test_every_scope_stands_for_a_right() -> None:
    assert set(STANDS_FOR) == set(KEY_SCOPES)
    assert all(area in AREAS and power in POWERS for area, power in STANDS_FOR.values())
