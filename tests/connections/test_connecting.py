"""Connecting an account: by a token, by a person's consent; what may go wrong is said and keeps nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.approvals.doors import Doors, plain
from tests.connections.house import KEY, PORTAL, House, agreed, finish
from tests.standins.house import Stand, wait_for

from guerdon.connectors.hubspot.wired import SCOPES, HubSpot
from guerdon.engine.crm.accounts import why_closed
from guerdon.engine.crm.port import Closed, Crm, Known, NotNow
from guerdon.engine.library import Library
from guerdon.store.crm.accounts import Granted, find_account
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.worker import MAPPERS

THERE = f"connections/{KEY}"


def opened(house: House) -> Crm | Closed | NotNow:
    return house.hubspot.open(house.db, house.program_id, KEY)


def crm_of(house: House) -> Crm:
    """The connection, open."""
    crm = opened(house)
    assert not isinstance(crm, Closed | NotNow), crm
    return crm


def country_of(crm: Crm, number: str) -> str | None:
    told = crm.read_contacts([number], ["country"])
    assert isinstance(told, Known), told
    contact = told.answer[number]
    assert contact is not None
    return contact.properties["country"]


def test_an_account_is_connected_by_a_token_that_is_never_shown_and_taken_off_again(
    doors: Doors, house: House, hubspot: Stand
) -> None:
    opa = doors.visitor("opa")
    assert "Not connected" in opa.plain("connections")
    assert opened(house) == Closed("not_connected")
    answer = opa.send(THERE, act="connect", token=hubspot.token)
    assert answer.status_code == 303
    page = opa.page(THERE)
    assert "Connected" in plain(page)
    assert hubspot.token not in page
    assert not house.rows(
        "select from crm_tokens where position(%s::bytea in access) > 0", hubspot.token.encode()
    )
    crm = crm_of(house)
    (number,) = hubspot.add("contacts", {"country": "Germany"})
    assert country_of(crm, number) == "Germany"
    assert opa.send(THERE, act="disconnect").status_code == 303
    assert opened(house) == Closed("not_connected")
    assert house.rows("select count(*) from crm_tokens") == [(0,)]
    assert [
        row[0] for row in house.rows("select action from audit where subject = 'hubspot_eu' order by id")
    ] == [
        "connection.connected",
        "connection.disconnected",
    ]


@pytest.mark.parametrize(
    ("token", "said"),
    [("too-few", "no token of a private app"), ("pat-na1-" + "0" * 36, "does not know this token")],
)
def test_what_is_no_token_of_the_account_is_refused(doors: Doors, token: str, said: str) -> None:
    answer = doors.visitor("opa").send(THERE, act="connect", token=token)
    assert answer.status_code == 422
    assert said in plain(answer.content.decode())
    assert token not in answer.content.decode()


def test_a_token_of_another_account_is_refused_and_kept_nowhere(
    doors: Doors, house: House, hubspot: Stand
) -> None:
    keys = hubspot.control("POST", "/portals", {"portal": 777})
    token = next(each["token"] for each in keys["portals"] if each["portalId"] == 777)
    answer = doors.visitor("opa").send(THERE, act="connect", token=token)
    assert answer.status_code == 422
    assert "opens another account" in plain(answer.content.decode())
    assert house.rows("select count(*) from crm_accounts") == [(0,)]


def test_oauth_goes_all_the_way_and_its_tokens_are_made_new_in_time(
    doors: Doors, house: House, hubspot: Stand
) -> None:
    opa = doors.visitor("opa")
    onward = agreed(opa)
    status, _ = finish(opa, onward)
    assert status == 303
    assert "OAuth" in opa.plain(THERE)
    assert house.rows("select kind, state, portal, app_id from crm_accounts") == [
        ("oauth", "connected", PORTAL, hubspot.keys["app"]["appId"])
    ]
    before = house.rows("select access, refresh, expires_at from crm_tokens")
    assert not isinstance(opened(house), Closed | NotNow)
    assert house.rows("select access, refresh, expires_at from crm_tokens") == before
    house.ahead = timedelta(minutes=28)
    hubspot.control("POST", "/clock", {"advance_s": 1681})
    crm = crm_of(house)
    ((access, _, expires_at),) = house.rows("select access, refresh, expires_at from crm_tokens")
    assert access != before[0][0]
    assert str(expires_at) > str(before[0][2])
    hubspot.control("POST", "/clock", {"advance_s": 300})
    (number,) = hubspot.add("contacts", {"country": "Germany"})
    assert country_of(crm, number) == "Germany"
    # Good once: the same page again is refused.
    status, said = finish(opa, onward)
    assert status == 422
    assert "did not begin in this browser" in said


def test_a_consent_is_good_in_one_browser_with_its_own_state_for_ten_minutes(
    doors: Doors, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    opa, olga = doors.visitor("opa"), doors.visitor("olga")
    onward = agreed(opa)
    assert olga.client.get(onward).status_code == 404
    status, said = finish(opa, onward, state="x" * 43)
    assert (status, "did not begin in this browser" in said) == (422, True)
    onward = agreed(opa)
    monkeypatch.setattr("guerdon.web.console.connections.consenting.WITHIN", timedelta(seconds=-1))
    onward = agreed(opa)
    assert "took longer than ten minutes" in plain(opa.client.get(onward).content.decode())
    assert house.rows("select count(*) from crm_accounts") == [(0,)]


def test_who_does_not_agree_or_agrees_for_another_account_connects_nothing(
    doors: Doors, house: House, hubspot: Stand
) -> None:
    opa = doors.visitor("opa")
    hubspot.control("POST", "/consent", {"portal": None})
    answer = opa.client.get(agreed(opa))
    assert "nobody agreed at HubSpot" in plain(answer.content.decode())
    hubspot.control("POST", "/portals", {"portal": 777})
    hubspot.control("POST", "/consent", {"portal": 777})
    status, said = finish(opa, agreed(opa))
    assert (status, "opens another account" in said) == (422, True)
    hubspot.control("POST", "/consent", {"portal": PORTAL})
    onward = agreed(opa)
    hubspot.control("POST", "/faults", {"next": ["before"]})
    status, said = finish(opa, onward)
    assert (status, "does not answer" in said) == (422, True)
    assert house.rows("select count(*) from crm_accounts") == [(0,)]


def test_a_token_that_is_revoked_half_way_closes_the_account_and_says_what_to_do(
    doors: Doors, house: House, hubspot: Stand
) -> None:
    opa = doors.visitor("opa")
    house.connect(Granted("token", hubspot.token, PORTAL))
    crm = crm_of(house)
    hubspot.control("POST", "/revoke", {"token": hubspot.token})
    assert crm.read_contacts(["1"], []) == Closed("revoked")
    assert opened(house) == Closed("revoked")
    assert "Connect it again; what waits goes on then" in opa.plain(THERE)
    assert finish(opa, agreed(opa))[0] == 303
    assert not isinstance(opened(house), Closed | NotNow)
    crm = crm_of(house)
    hubspot.control("POST", "/revoke", {"portal": PORTAL})
    assert crm.read_contacts(["1"], []) == Closed("revoked")
    assert opened(house) == Closed("revoked")
    assert house.account_state() == "revoked"
    assert house.rows("select count(*) from audit where action = 'connection.revoked'") == [(2,)]


def test_what_an_old_token_is_answered_does_not_close_what_was_connected_since(
    house: House, hubspot: Stand
) -> None:
    house.connect(Granted("token", hubspot.token, PORTAL))
    crm = crm_of(house)
    another = hubspot.control("POST", "/tokens", {"portal": PORTAL, "scopes": list(SCOPES)})["token"]
    house.connect(Granted("token", another, PORTAL))
    hubspot.control("POST", "/revoke", {"token": hubspot.token})
    assert crm.read_contacts(["1"], []) == Closed("revoked")
    assert house.account_state() == "connected"
    assert not isinstance(opened(house), Closed | NotNow)


def test_one_at_a_time_makes_a_new_token_and_a_failure_is_tried_again(
    doors: Doors, house: House, hubspot: Stand
) -> None:
    assert finish(doors.visitor("opa"), agreed(doors.visitor("opa")))[0] == 303
    house.ahead = timedelta(minutes=31)
    hubspot.control("POST", "/clock", {"advance_s": 1861})
    hubspot.control("POST", "/faults", {"next": ["before"]})
    assert isinstance(opened(house), NotNow)
    # Left alone for as long as was said, by whoever asks.
    assert isinstance(opened(house), NotNow)
    house.ahead += timedelta(seconds=61)
    wait_for(lambda: not isinstance(opened(house), Closed | NotNow))
    # Whose account it is was asked, for that was more than an hour ago.
    house.ahead += timedelta(hours=1)
    hubspot.control("POST", "/clock", {"advance_s": 3700})
    assert not isinstance(opened(house), Closed | NotNow)
    assert house.rows("select checked_at > now() + interval '50 minutes' from crm_tokens") == [(True,)]


def test_what_closes_an_account_without_anybody_being_asked(house: House, hubspot: Stand) -> None:
    house.connect(Granted("token", hubspot.token, PORTAL))
    with house.opened("web") as tx:
        account = find_account(tx, house.program_id, KEY)
    assert why_closed(account, PORTAL) is None
    # Another version of the program means another account.
    assert why_closed(account, 777) == Closed("other_portal")
    elsewhere = HubSpot(house.hubspot.office, Library(Vault("another secret of thirty-two bytes!"), MAPPERS))
    assert elsewhere.open(house.db, house.program_id, KEY) == Closed("unreadable")


def test_a_token_that_ends_needs_the_app_to_be_made_new(doors: Doors, house: House) -> None:
    opa = doors.visitor("opa")
    assert finish(opa, agreed(opa))[0] == 303
    office = replace(house.hubspot.office, client_id="", clock=lambda: utc_now() + timedelta(hours=1))
    assert HubSpot(office, house.library()).open(house.db, house.program_id, KEY) == Closed("app")
    assert house.account_state() == "connected"
