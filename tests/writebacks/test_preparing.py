"""Preparing an account: what is missing is made, once; what is there stays; what may not be made is said."""

from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.approvals.doors import Doors, Visitor, plain
from tests.connections.house import KEY, PORTAL, House, opened_doors
from tests.connectors.hubspot_api.house import api_of
from tests.standins.house import Stand
from tests.writebacks.connected import TOLD, connect_account, enroll, write_back
from tests.writebacks.house import PROPERTIES, WRITE, writing_program

from guerdon.connectors.hubspot.api.custom_events import event_type
from guerdon.connectors.hubspot.api.outcomes import Done
from guerdon.connectors.hubspot.api.properties import properties, property_named
from guerdon.connectors.hubspot.defining import EVENTS, GROUP, WITHIN_S, WRITES, Hurried, prepare
from guerdon.engine.crm.out.needing import UNDER_WAY, Finding, Needed, needed_by
from guerdon.http import Answer, Unreachable
from guerdon.store.crm.accounts import Granted
from guerdon.store.crm.writeback_lanes import alone_preparing
from guerdon.store.database import connect
from guerdon.text.catalogs import words
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.connections.write_sayings import finding_said, unprepared_said

PAGE = f"connections/{KEY}/writes"
SCOPES = ["crm.objects.contacts.write", "crm.schemas.contacts.read"]


def needed() -> Needed:
    writes = writing_program(WRITE).connections["crm_hub"].writes
    assert writes is not None
    return needed_by(writes)


def states(findings: tuple[Finding, ...]) -> dict[str, str]:
    return {each.name: each.state for each in findings}


@pytest.mark.parametrize("version", ["2026-09", "2026-03"])
def test_everything_that_is_written_is_made_once_and_takes_what_is_written(
    hubspot: Stand, version: str
) -> None:
    api, wanted = api_of(hubspot, version=version), needed()  # type: ignore[arg-type]
    named = {*PROPERTIES, "reward_earned", "reward_ready", "reward_redeemed", "reward_refused"}
    looked = prepare(api, PORTAL, wanted, make=False)
    assert states(looked.findings) == dict.fromkeys(named, "missing")
    assert (looked.complete, looked.made) == (False, 0)
    made = prepare(api, PORTAL, wanted, make=True)
    assert states(made.findings) == dict.fromkeys({*named, GROUP}, "made")
    assert made.complete
    again = prepare(api, PORTAL, wanted, make=True)
    assert states(again.findings) == dict.fromkeys(named, "there")
    assert again.complete
    there = properties(api, "contacts")
    assert isinstance(there, Done)
    assert {name: there.answer[name].type for name in PROPERTIES} == PROPERTIES
    refused = event_type(api, f"pe{PORTAL}_reward_refused")
    assert isinstance(refused, Done)
    assert {each.name for each in refused.answer.properties} == {"rule", "reason", "amount", "unit"}


def test_what_is_there_is_told_and_never_altered(hubspot: Stand) -> None:
    api = api_of(hubspot)
    prepare(api, PORTAL, needed(), make=True)
    hubspot.control("PATCH", "/properties/contacts/points", {"type": "date", "fieldType": "date"})
    # Text takes everything.
    hubspot.control("PATCH", "/properties/contacts/euros", {"type": "string", "fieldType": "text"})
    hubspot.control("PATCH", "/properties/contacts/last_reward", {"archived": True})
    full = f"/events/custom/2026-09/event-definitions/pe{PORTAL}_reward_earned/property/reference"
    assert hubspot.ask("DELETE", full).status == 204
    looked = prepare(api, PORTAL, needed(), make=False)
    told = [each for each in looked.findings if each.state != "there"]
    assert told == [
        Finding("property", "points", "differs", "date", "number"),
        Finding("property", "last_reward", "missing", needed="string"),
        Finding("event_property", "reward_earned.reference", "missing", needed="string"),
    ]
    made = prepare(api, PORTAL, needed(), make=True)
    assert states(made.findings)["points"] == "differs"
    assert states(made.findings)["reward_earned.reference"] == "made"
    assert not made.complete
    kept = property_named(api, "contacts", "points")
    assert isinstance(kept, Done)
    assert kept.answer.type == "date"
    event = event_type(api, f"pe{PORTAL}_reward_earned")
    assert isinstance(event, Done)
    assert "reference" in {each.name for each in event.answer.properties}


def test_what_a_token_may_not_do_is_said_by_its_name(hubspot: Stand) -> None:
    token = hubspot.control("POST", "/tokens", {"portal": PORTAL, "scopes": SCOPES})["token"]
    made = prepare(api_of(hubspot, token), PORTAL, needed(), make=True)
    refused = {each.name: each.scopes for each in made.findings}
    # What is missing is said nevertheless.
    assert {each.name for each in made.findings if each.state == "missing"} == {*PROPERTIES}
    assert {each.state for each in made.findings if each.name not in PROPERTIES} == {"refused"}
    assert refused[GROUP] == (WRITES,)
    assert refused["reward_earned"] == (EVENTS,)
    said = {finding_said(made.findings[0], language) for language in LANGUAGES}
    assert len(said) == len(LANGUAGES)
    assert all(WRITES in each for each in said)


def test_what_was_not_answered_is_made_the_next_time(hubspot: Stand) -> None:
    api = api_of(hubspot)
    hubspot.control("POST", "/faults", {"next": ["none", "none", "none", "cut"]})
    broken = prepare(api, PORTAL, needed(), make=True)
    assert (broken.trouble, broken.complete) == ("unreachable", False)
    assert [*states(broken.findings).values()] == ["made", *["unreached"] * 10]
    again = prepare(api, PORTAL, needed(), make=True)
    assert again.complete
    assert {unprepared_said("unreachable", each) for each in LANGUAGES} & {""} == set()
    assert len({unprepared_said(UNDER_WAY, each) for each in LANGUAGES}) == len(LANGUAGES)
    hubspot.control("POST", "/revoke", {"token": hubspot.token})
    assert prepare(api, PORTAL, needed(), make=True).trouble == "revoked"


def test_what_somebody_made_a_moment_ago_is_looked_at(hubspot: Stand) -> None:
    api = api_of(hubspot)

    class Meanwhile:
        def ask(self, method: str, url: str, *more: Any) -> Answer:
            if (method, url) == ("POST", f"{hubspot.address}/crm/properties/2026-09/contacts"):
                name = msgspec.json.decode(more[1])["name"]
                theirs = {"type": "date", "fieldType": "date", "groupName": GROUP}
                hubspot.define({"name": name, "label": name, **theirs})
            return api.http.ask(method, url, *more)

    points = Needed(needed().properties[:1], ())
    made = prepare(replace(api, http=Meanwhile()), PORTAL, points, make=True)
    assert made.findings == (
        Finding("group", GROUP, "made"),
        Finding("property", "points", "differs", "date", "number"),
    )


def test_an_event_that_somebody_made_a_moment_ago_is_looked_at(hubspot: Stand) -> None:
    api, events = api_of(hubspot), "/events/custom/2026-09/event-definitions"
    earned = Needed((), needed().events[:1])
    inside = f"{events}/pe{PORTAL}_reward_earned/property"

    class Meanwhile:
        def ask(self, method: str, url: str, *more: Any) -> Answer:
            if method == "POST" and url in {f"{hubspot.address}{events}", f"{hubspot.address}{inside}"}:
                # The same once more: another click was quicker.
                api.http.ask(method, url, *more)
            return api.http.ask(method, url, *more)

    twice = replace(api, http=Meanwhile())
    made = prepare(twice, PORTAL, earned, make=True)
    assert made.findings == (Finding("event", "reward_earned", "there"),)
    assert hubspot.ask("DELETE", f"{inside}/reference").status == 204
    made = prepare(twice, PORTAL, earned, make=True)
    assert made.findings == (Finding("event", "reward_earned", "there"),)
    assert made.complete


def test_a_person_waits_for_all_questions_together_no_longer_than_is_said(hubspot: Stand) -> None:
    at, asked = [0.0], []

    class Slow:
        def ask(self, *_: object) -> object:
            within_s = float(_[-1])  # type: ignore[arg-type]
            asked.append(within_s)
            at[0] += within_s
            raise Unreachable("timeout", sent=True)

    hurried = Hurried(Slow(), WITHIN_S, lambda: at[0])  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(Unreachable):
            hurried.ask("GET", hubspot.address, {}, None, 12.0)
    with pytest.raises(Unreachable) as late:
        hurried.ask("POST", hubspot.address, {}, b"", 12.0)
    assert asked == [12.0, WITHIN_S - 12.0]
    assert not late.value.sent


@pytest.fixture
def doors(database: str, secret: str, tmp_path: Path, hubspot: Stand) -> Iterator[Doors]:
    """The console of a house whose contacts are to be told."""
    house = House(database, secret)
    house.declare(hubspot, tmp_path, TOLD)
    with opened_doors(house) as opened:
        yield opened
    house.db.close()


def pressed(visitor: Visitor, act: str) -> str:
    answer = visitor.send(PAGE, act=act)
    assert answer.status_code == 200
    return plain(unescape(answer.content.decode()))


def test_a_person_looks_and_has_it_made_and_only_that_is_audited(doors: Doors, hubspot: Stand) -> None:
    house, opa = doors.house, doors.visitor("opa")
    assert isinstance(house, House)
    assert "Connect it below." in pressed(opa, "look")
    connect_account(house, hubspot)
    said = pressed(opa, "look")
    assert said.count("It is missing.") == 3
    assert house.rows("select count(*) from audit where action = 'connection.prepared'") == [(0,)]
    said = pressed(opa, "prepare")
    assert said.count("It was made.") == 4
    assert "Everything is there." in said
    assert pressed(opa, "prepare").count("It is there.") == 3
    ((first,), (second,)) = house.rows(
        "select after::jsonb from audit where action = 'connection.prepared' order by id"
    )
    assert first == {"made": [GROUP, "last_reward", "points", "reward_earned"], "complete": True}
    assert second == {"made": [], "complete": True}
    # A second click while the first one is under way asks nothing, and nothing is audited.
    with connect(house.url, house.secret, "worker") as db, alone_preparing(db, house.program_id, KEY):
        asked = hubspot.control("GET", "/counts")
        said = pressed(opa, "prepare")
        assert "Somebody has this looked at or made just now." in said
        assert "Everything is there." not in said
        assert hubspot.control("GET", "/counts") == asked
    assert house.rows("select count(*) from audit where action = 'connection.prepared'") == [(2,)]
    changed = {"type": "bool", "fieldType": "booleancheckbox"}
    hubspot.control("PATCH", "/properties/contacts/points", changed)
    assert "It is of the type bool, and number is needed. It is left as it is" in pressed(opa, "prepare")
    # A refused value is told on the connection's own page, with what to do.
    (one,) = hubspot.add("contacts", {"email": "a@x.example"})
    with house.opened("worker") as tx:
        tx.execute("update member_ids set source = 'other'")
    enroll(house, [one])
    write_back(house)
    shown = opa.plain(f"connections/{KEY}")
    assert "A property not taken points" in shown
    assert "HubSpot does not take this value: give the property the type that is written." in shown


def test_why_reading_waits_is_on_the_connections_page(doors: Doors, hubspot: Stand) -> None:
    house, opa = doors.house, doors.visitor("opa")
    assert isinstance(house, House)
    assert "What waits or was not taken" not in opa.plain(f"connections/{KEY}")
    house.connect(Granted("token", hubspot.token, PORTAL))
    with house.opened("worker") as tx:
        tx.execute(
            """
            insert into errands (program_id, connection, kind, object, step, asked_at, next_at, reason)
            select %s, %s, 'deal', n::text, 'read', now() - make_interval(days => n), now(),
                   (array['revoked', 'trouble', 'no_contact', ''])[1 + n %% 4]
            from generate_series(1, 8) n
            """,
            (house.program_id, KEY),
        )
        tx.execute(
            "insert into quarantine (program_id, connection, reason, detail, recorded_at)"
            " values (%s, %s, 'contact_unfit', '', now())",
            (house.program_id, KEY),
        )
    shown = opa.plain(f"connections/{KEY}")
    for said in (
        "It waits for somebody to connect the account.",
        "HubSpot does not answer. It goes on by itself.",
        "A deal has no contact. Associate one in HubSpot; after three days the deal is set apart.",
        "It is read in its turn. Nothing is to be done.",
    ):
        assert said in shown
    assert "Set apart 1" in shown
    for language in LANGUAGES:
        page = opa.page(f"connections/{KEY}", language)
        assert words(language, "console").gettext("What waits or was not taken") in unescape(page)
