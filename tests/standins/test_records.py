"""Contacts and deals: written, read, found, merged and forgotten, as the documents say."""

from typing import Any

import pytest
from tests.standins.house import CONTACTS, DEALS, MEMBER, POINTS, VERSION, Said, Stand


def codes(said: Said) -> list[str]:
    return [one["code"] for one in said.body["errors"]]


def test_a_contact_is_made_read_changed_and_archived(hubspot: Stand) -> None:
    made = hubspot.ask("POST", CONTACTS, {"properties": {"email": " Ann@X.com", "firstname": "Ann"}})
    assert made.status == 201
    contact = f"{CONTACTS}/{made.body['id']}"
    assert made.body["properties"]["email"] == "ann@x.com"
    assert hubspot.ask("PATCH", contact, {"properties": {"firstname": "", "city": "Jena"}}).status == 200
    read = hubspot.ask("GET", f"{contact}?properties=firstname,city&propertiesWithHistory=city")
    assert read.body["properties"]["firstname"] is None
    assert read.body["propertiesWithHistory"]["city"][0]["sourceType"] == "INTEGRATION"
    assert hubspot.ask("GET", f"{CONTACTS}/ann@x.com?idProperty=email").body["id"] == made.body["id"]
    assert hubspot.ask("DELETE", contact).status == 204
    assert hubspot.ask("GET", contact).status == 404
    assert hubspot.ask("GET", f"{contact}?archived=true").body["archived"] is True
    assert hubspot.ask("POST", CONTACTS, {"properties": {"email": "ann@x.com"}}).status == 201


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("nonsense", "1", "PROPERTY_DOESNT_EXIST"),
        ("points", "many", "INVALID_DOUBLE"),
        ("lifecyclestage", "robot", "INVALID_OPTION"),
        ("email", "nobody", "INVALID_EMAIL"),
        ("born", "12.3.1990", "INVALID_DATE"),
        ("born", "1700000000001", "INVALID_DATE"),
        ("seen", "yesterday", "INVALID_LONG"),
        ("createdate", "2026-01-01", "READ_ONLY_VALUE"),
    ],
)
def test_a_value_that_its_property_does_not_take_is_refused(
    hubspot: Stand, name: str, value: str, code: str
) -> None:
    kinds = [
        {**POINTS, "name": one, "type": kind, "fieldType": "date"}
        for one, kind in (("born", "date"), ("seen", "datetime"))
    ]
    hubspot.define(POINTS, *kinds)
    said = hubspot.ask("POST", CONTACTS, {"properties": {"firstname": "Ann", name: value}})
    assert said.status == 400
    assert codes(said) == [code]
    assert said.body["errors"][0]["context"] == {"propertyName": [name]}


def test_a_second_contact_with_an_e_mail_names_the_first(hubspot: Stand) -> None:
    (first,) = hubspot.add("contacts", {"email": "ann@x.com"})
    said = hubspot.ask("POST", CONTACTS, {"properties": {"email": "ANN@x.com"}})
    assert said.status == 409
    assert said.body["message"] == f"Contact already exists. Existing ID: {first}"


def test_an_upsert_makes_or_changes_by_a_unique_property(hubspot: Stand) -> None:
    hubspot.define(MEMBER, POINTS)
    one = {"id": "M1", "idProperty": "loyalty_member_id", "properties": {"points": "5"}}
    made = hubspot.upsert(one)
    assert [record["new"] for record in made.body["results"]] == [True]
    again = hubspot.upsert({**one, "properties": {"points": "7"}})
    assert [record["new"] for record in again.body["results"]] == [False]
    record = again.body["results"][0]
    assert (record["properties"]["points"], record["properties"]["loyalty_member_id"]) == ("7", "M1")
    assert hubspot.upsert({**one, "idProperty": "firstname"}).status == 400
    assert hubspot.upsert(one, one).status == 400


def test_a_batch_fails_whole_unless_every_input_has_a_trace(hubspot: Stand) -> None:
    hubspot.define(MEMBER, POINTS)
    good = {"id": "M1", "idProperty": "loyalty_member_id", "properties": {"points": "1"}}
    bad = {"id": "M2", "idProperty": "loyalty_member_id", "properties": {"points": "x"}}
    assert hubspot.upsert(good, bad).status == 400
    assert hubspot.upsert({**good, "objectWriteTraceId": "a"}, bad).status == 400
    assert hubspot.control("GET", "/records/contacts")["records"] == []
    said = hubspot.upsert({**good, "objectWriteTraceId": "a"}, {**bad, "objectWriteTraceId": "b"})
    assert said.status == 207
    assert [one["objectWriteTraceId"] for one in said.body["results"]] == ["a"]
    assert said.body["numErrors"] == 1
    assert said.body["errors"][0]["context"]["objectWriteTraceId"] == ["b"]


def test_a_batch_has_at_most_a_hundred_inputs(hubspot: Stand) -> None:
    inputs = [{"id": str(number)} for number in range(101)]
    assert hubspot.ask("POST", f"{CONTACTS}/batch/read", {"inputs": inputs}).status == 400
    assert hubspot.ask("POST", f"{CONTACTS}/batch/read", {"inputs": inputs[1:]}).status == 207


def test_a_batch_read_says_which_are_missing(hubspot: Stand) -> None:
    known = hubspot.add("contacts", {"email": "a@x.com"}, {"email": "b@x.com"})
    said = hubspot.ask("POST", f"{CONTACTS}/batch/read", {"inputs": [{"id": one} for one in (*known, "9")]})
    assert said.status == 207
    assert sorted(one["id"] for one in said.body["results"]) == known
    assert said.body["errors"][0]["context"] == {"ids": ["9"]}


def test_pages_hold_every_record_once(hubspot: Stand) -> None:
    known = hubspot.add("contacts", *({"email": f"c{number}@x.com"} for number in range(25)))
    found, after = [], "0"
    while after:
        page = hubspot.ask("GET", f"{CONTACTS}?limit=10&after={after}&properties=email").body
        found += [one["id"] for one in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after", "")
    assert found == known
    assert hubspot.ask("GET", f"{CONTACTS}?limit=101").status == 400


def find(hubspot: Stand, *filters: dict[str, Any], **more: Any) -> Said:
    body = {"filterGroups": [{"filters": list(filters)}], **more}
    return hubspot.ask("POST", f"{CONTACTS}/search", body)


def test_search_compares_by_type_and_pages(hubspot: Stand) -> None:
    hubspot.define(POINTS)
    hubspot.add(
        "contacts", *({"email": f"c{number}@x.com", "points": str(number)} for number in (9, 10, 100))
    )
    above = find(
        hubspot,
        {"propertyName": "points", "operator": "GT", "value": "9"},
        sorts=["-points"],
        properties=["points"],
    )
    assert [one["properties"]["points"] for one in above.body["results"]] == ["100", "10"]
    assert "X-HubSpot-RateLimit-Remaining" not in above.headers
    page = find(hubspot, {"propertyName": "points", "operator": "IN", "values": ["9", "10"]}, limit=1)
    assert (page.body["total"], page.body["paging"]["next"]["after"]) == (2, "1")
    assert find(hubspot, {"propertyName": "points", "operator": "LIKE", "value": "9"}).status == 400
    assert find(hubspot, {"propertyName": "nonsense", "operator": "EQ", "value": "9"}).status == 400


def test_a_merge_makes_a_new_record_that_answers_for_both(hubspot: Stand) -> None:
    first, second = hubspot.add("contacts", {"email": "a@x.com"}, {"email": "b@x.com", "city": "Jena"})
    (deal,) = hubspot.add("deals", {"dealname": "Car"})
    hubspot.control("POST", "/associate", {"contact": second, "deal": deal})
    body = {"primaryObjectId": first, "objectIdToMerge": second}
    merged = hubspot.ask("POST", f"{CONTACTS}/merge", body).body["id"]
    assert merged not in (first, second)
    for old in (first, second, merged):
        read = hubspot.ask(
            "GET", f"{CONTACTS}/{old}?properties=email,city,hs_merged_object_ids,hs_additional_emails"
        )
        assert read.body["id"] == merged
        assert read.body["properties"]["email"] == "a@x.com"
        assert read.body["properties"]["city"] == "Jena"
        assert read.body["properties"]["hs_merged_object_ids"] == f"{first};{second}"
    assert hubspot.ask("GET", f"{CONTACTS}/b@x.com?idProperty=email").body["id"] == merged
    links = hubspot.ask(
        "POST", f"/crm/associations/{VERSION}/deals/contacts/batch/read", {"inputs": [{"id": deal}]}
    )
    assert [one["toObjectId"] for one in links.body["results"][0]["to"]] == [merged]
    inputs = [{"id": one} for one in (first, second)]
    assert len(hubspot.ask("POST", f"{CONTACTS}/batch/read", {"inputs": inputs}).body["results"]) == 1


def test_the_older_merge_keeps_the_primary(hubspot: Stand) -> None:
    hubspot.control("POST", "/behaviour", {"merge_new_id": False})
    first, second = hubspot.add("contacts", {"email": "a@x.com"}, {"email": "b@x.com"})
    assert hubspot.control("POST", "/records/contacts/merge", {"primary": first, "second": second}) == {
        "id": first
    }
    assert hubspot.ask("GET", f"{CONTACTS}/{second}").body["id"] == first


def test_a_forgotten_contact_is_gone(hubspot: Stand) -> None:
    (contact,) = hubspot.add("contacts", {"email": "a@x.com"})
    asked = {"objectId": "a@x.com", "idProperty": "email"}
    assert hubspot.ask("POST", f"{CONTACTS}/gdpr-delete", asked).status == 204
    assert hubspot.ask("GET", f"{CONTACTS}/{contact}?archived=true").status == 404
    assert hubspot.ask("POST", f"{CONTACTS}/gdpr-delete", asked).status == 404


def test_a_deal_knows_its_contact_and_one_without_says_so(hubspot: Stand) -> None:
    (contact,) = hubspot.add("contacts", {"email": "a@x.com"})
    known = {
        "to": {"id": contact},
        "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 3}],
    }
    deal = hubspot.ask("POST", DEALS, {"properties": {"dealname": "Car"}, "associations": [known]}).body["id"]
    (lonely,) = hubspot.add("deals", {"dealname": "None"})
    inputs = [{"id": deal}, {"id": lonely}]
    said = hubspot.ask("POST", f"/crm/associations/{VERSION}/deals/contacts/batch/read", {"inputs": inputs})
    assert said.status == 207
    to = said.body["results"][0]["to"][0]
    assert (to["toObjectId"], to["associationTypes"][0]["typeId"]) == (contact, 3)
    assert said.body["errors"][0]["context"] == {"fromObjectId": [lonely]}
    shown = hubspot.ask("GET", f"{CONTACTS}/{contact}?associations=deals").body
    assert shown["associations"]["deals"]["results"] == [{"id": deal, "type": "contact_to_deal"}]


def test_a_property_whose_type_changed_takes_other_values(hubspot: Stand) -> None:
    hubspot.define(POINTS)
    change = {"type": "enumeration", "fieldType": "select", "options": [{"label": "Gold", "value": "gold"}]}
    assert (
        hubspot.ask("PATCH", f"/crm/properties/{VERSION}/contacts/points", change).body["type"]
        == "enumeration"
    )
    assert codes(hubspot.ask("POST", CONTACTS, {"properties": {"points": "5"}})) == ["INVALID_OPTION"]
    assert hubspot.ask("DELETE", f"/crm/properties/{VERSION}/contacts/points").status == 204
    assert codes(hubspot.ask("POST", CONTACTS, {"properties": {"points": "gold"}})) == [
        "PROPERTY_DOESNT_EXIST"
    ]


def test_an_admins_rule_holds_for_writes_of_the_newer_version_only(hubspot: Stand) -> None:
    hubspot.define(POINTS)
    hubspot.control("POST", "/properties/contacts/points/rule", {"max": 100})
    body = {"properties": {"points": "101"}}
    assert hubspot.ask("POST", CONTACTS, body).status == 400
    assert hubspot.ask("POST", "/crm/objects/2026-03/contacts", body).status == 201


def test_the_stages_of_a_deal_are_those_of_its_pipeline(hubspot: Stand) -> None:
    pipeline = hubspot.ask("GET", f"/crm/pipelines/{VERSION}/deals/default").body
    won = next(one["id"] for one in pipeline["stages"] if one["metadata"]["isClosed"] == "true")
    assert hubspot.ask("POST", DEALS, {"properties": {"dealname": "Car", "dealstage": won}}).status == 201
    assert codes(hubspot.ask("POST", DEALS, {"properties": {"dealstage": "sold"}})) == ["INVALID_OPTION"]
    assert hubspot.ask("GET", f"/crm/pipelines/{VERSION}/contacts").status == 404


def test_two_accounts_know_nothing_of_each_other(hubspot: Stand) -> None:
    other = hubspot.control("POST", "/portals", {"portal": 77})["portals"][1]["token"]
    (contact,) = hubspot.add("contacts", {"email": "a@x.com"})
    assert hubspot.ask("GET", f"{CONTACTS}/{contact}", token=other).status == 404
    assert hubspot.ask("GET", f"/account-info/{VERSION}/details", token=other).body["portalId"] == 77
