"""The page of what contacts are told: how late it arrives, what was not taken and why; sending it again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.approvals.doors import Doors
from tests.connections.house import KEY, House, opened_doors
from tests.standins.house import POINTS, Stand
from tests.writebacks.connected import LAST_REWARD, TOLD, connect_account, enroll, write_back

from guerdon.text.catalogs import words
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.connections.write_sayings import refused_said

PAGE = f"connections/{KEY}/writes"
REASONS = (
    *("gone", "merged", "PROPERTY_DOESNT_EXIST: no", "READ_ONLY_VALUE", "INVALID_OPTION"),
    *("INVALID_DATE", "X: y", "DIFFERS", "UNREAD", "MISSING_SCOPES"),
)


@pytest.fixture
def doors(database: str, secret: str, tmp_path: Path, hubspot: Stand) -> Iterator[Doors]:
    """The console of a connected house."""
    house = House(database, secret)
    house.declare(hubspot, tmp_path, TOLD)
    with opened_doors(house) as opened:
        yield opened
    house.db.close()


def house_of(doors: Doors) -> House:
    assert isinstance(doors.house, House)
    return doors.house


def test_a_person_sees_what_was_not_taken_and_has_it_sent_again(doors: Doors, hubspot: Stand) -> None:
    house, opa = house_of(doors), doors.visitor("opa")
    assert "Nothing was told yet." in opa.plain(PAGE)
    assert f'href="{opa.home}{PAGE}"' in opa.page(f"connections/{KEY}")
    one, other = hubspot.add("contacts", {"email": "a@x.example"}, {"email": "b@x.example"})
    hubspot.define(LAST_REWARD)
    with house.opened("worker") as tx:
        tx.execute("update member_ids set source = 'other'")
    enroll(house, [one, other, "999999"])
    write_back(house)
    shown = opa.page(PAGE)
    assert "It waits for somebody to connect the account." in shown
    assert "<dt>Contacts that wait</dt><dd><bdi>3</bdi>" in shown
    connect_account(house, hubspot)
    house.ahead = timedelta(seconds=30)
    write_back(house)
    shown = opa.plain(PAGE)
    assert "It waits for somebody" not in shown
    assert shown.count("points HubSpot has no such property. Make it there, then send it again.") == 2
    assert "999999 Nobody has this contact any more." in shown
    assert "Arrived in the last hour2" in shown
    assert house.rows("select count(*) from writeback_contacts where state = 'failed'") == [(2,)]
    hubspot.define(POINTS)
    assert opa.send(PAGE, act="resend", member=show("mem", 500)).status_code == 303
    write_back(house)
    assert opa.plain(PAGE).count("HubSpot has no such property.") == 1
    assert opa.send(PAGE, act="resend_all").status_code == 303
    write_back(house)
    assert "HubSpot has no such property." not in opa.plain(PAGE)
    said = house.rows(
        "select detail->>'member', detail->>'count' from audit where action = 'writeback.resent'"
    )
    assert said == [(show("mem", 500), "1"), (None, "2")]
    found = hubspot.control("GET", "/records/contacts")["records"]
    assert [each["properties"]["points"] for each in found] == ["0", "0"]


def test_nothing_is_sent_again_that_there_is_not(doors: Doors) -> None:
    opa, home = doors.visitor("opa"), house_of(doors)
    for form in (
        {"act": "resend_all"},
        {"act": "resend", "member": "mem_x"},
        {"act": "resend", "member": show("mem", 7)},
    ):
        answer = opa.send(PAGE, **form)
        assert answer.status_code == 422
        assert "Nothing was sent again" in answer.content.decode()
    assert opa.send(PAGE, act="other").status_code == 404
    assert opa.get("connections/none/writes").status_code == 404
    assert home.rows("select count(*) from audit where action = 'writeback.resent'") == [(0,)]


def test_every_reason_is_said_in_six_languages(doors: Doors) -> None:
    for language in LANGUAGES:
        assert words(language, "console").has("What contacts are told")
        assert words(language, "console").gettext("What contacts are told") in doors.visitor("opa").page(
            PAGE, language
        )
        said = [refused_said(reason, language) for reason in REASONS]
        assert len(set(said)) == len(REASONS)
        assert said[2].endswith("(no)")
