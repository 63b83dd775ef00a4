"""What a property's values were: newest first, bounded, and with the times that subscribers are told."""

from datetime import datetime
from typing import Any

import pytest
from tests.standins.house import CONTACTS, DEALS, POINTS, Receiver, Stand, wait_for

READ = f"{CONTACTS}/batch/read"
SUBSCRIBED = {
    "subscriptionType": "OBJECT",
    "portalId": 4242,
    "objectTypeId": "0-1",
    "actions": ["UPDATE"],
    "objectIds": [],
    "properties": ["city"],
}


def past_of(hubspot: Stand, record: str, name: str, path: str = CONTACTS) -> list[dict[str, Any]]:
    wanted = {"inputs": [{"id": record}], "properties": [], "propertiesWithHistory": [name]}
    said = hubspot.ask("POST", f"{path}/batch/read", wanted)
    assert said.status == 200, said
    return list(said.body["results"][0]["propertiesWithHistory"][name])


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_a_history_says_who_changed_what_when_newest_first_and_as_all_others_are_told(
    hubspot: Stand, receiver: Receiver
) -> None:
    wanted = {"eventType": "contact.propertyChange", "propertyName": "city"}
    hubspot.control("POST", "/hooks", {"url": receiver.url, "subscriptions": [wanted], "batch_ms": 1})
    token = hubspot.journal_token()
    assert (
        hubspot.ask("POST", "/webhooks-journal/subscriptions/2026-03", SUBSCRIBED, token=token).status == 200
    )
    (contact,) = hubspot.add("contacts", {"city": "Jena"})
    hubspot.control("POST", "/clock", {"advance_s": 60})
    hubspot.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"city": "Ulm"}})
    hubspot.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"city": "Ulm"}})
    hubspot.control("PATCH", f"/records/contacts/{contact}", {"properties": {"city": ""}})
    past = past_of(hubspot, contact, "city")
    app = str(hubspot.keys["portals"][0]["appId"])
    assert [(one["value"], one["sourceType"], one["sourceId"]) for one in past] == [
        ("", "CRM_UI", "userId:864745280"),
        ("Ulm", "INTEGRATION", app),
        ("Jena", "CRM_UI", "userId:864745280"),
    ]
    assert [one.get("updatedByUserId") for one in past] == [864745280, None, 864745280]
    assert ms(past[1]["timestamp"]) - ms(past[2]["timestamp"]) >= 60_000
    moments = sorted(ms(one["timestamp"]) for one in past)
    wait_for(lambda: len(receiver.events()) == 3)
    assert sorted(one["occurredAt"] for one in receiver.events()) == moments
    entry = hubspot.ask("GET", "/webhooks-journal/journal/2026-03/earliest", token=token).body
    told = hubspot.ask("GET", entry["url"].removeprefix(hubspot.address), token="").body["journalEvents"]
    assert [ms(one["occurredAt"]) for one in told] == moments


def test_a_read_with_history_shows_the_properties_asked_for_and_leaves_unknown_ones_out(
    hubspot: Stand,
) -> None:
    (contact,) = hubspot.add("contacts", {"email": "a@x.com", "city": "Jena"})
    (deal,) = hubspot.add("deals", {"dealname": "Car", "amount": "5"})
    page = hubspot.ask("GET", f"{CONTACTS}?propertiesWithHistory=city,phone,nonsense").body["results"][0]
    assert page["properties"].keys() == {"city", "createdate", "hs_object_id", "lastmodifieddate", "phone"}
    assert {name: len(past) for name, past in page["propertiesWithHistory"].items()} == {
        "city": 1,
        "phone": 0,
    }
    one = hubspot.ask("GET", f"{DEALS}/{deal}?propertiesWithHistory=amount,createdate").body
    assert [past["value"] for past in one["propertiesWithHistory"]["amount"]] == ["5"]
    assert [past["value"] for past in one["propertiesWithHistory"]["createdate"]] == [one["createdAt"]]
    hubspot.control("DELETE", f"/records/contacts/{contact}")
    archived = {"inputs": [{"id": contact}], "properties": [], "propertiesWithHistory": ["city"]}
    found = hubspot.ask("POST", f"{READ}?archived=true", archived).body["results"]
    assert found[0]["propertiesWithHistory"]["city"][0]["value"] == "Jena"


@pytest.mark.parametrize(
    ("history", "count", "status"), [(["city"], 50, 207), (["city"], 51, 400), ([], 51, 207)]
)
def test_histories_are_read_fifty_records_at_a_time(
    hubspot: Stand, history: list[str], count: int, status: int
) -> None:
    inputs = [{"id": str(number)} for number in range(1, count + 1)]
    wanted = {"inputs": inputs, "properties": ["city"], "propertiesWithHistory": history}
    said = hubspot.ask("POST", READ, wanted)
    assert said.status == status
    assert ("property histories is 50" in str(said.body)) == (status == 400)


def test_only_so_many_values_are_kept(hubspot: Stand) -> None:
    hubspot.define(POINTS)
    (contact,) = hubspot.add("contacts", {"points": "0"})
    hubspot.control("POST", "/behaviour", {"history_max": 2})
    for points in ("1", "2", "3"):
        hubspot.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"points": points}})
    assert [one["value"] for one in past_of(hubspot, contact, "points")] == ["3", "2"]


@pytest.mark.parametrize("new_id", [True, False])
def test_a_merge_goes_on_with_the_history_of_the_first(hubspot: Stand, *, new_id: bool) -> None:
    hubspot.control("POST", "/behaviour", {"merge_new_id": new_id})
    first, second = hubspot.add("contacts", {"city": "Jena"}, {"city": "Ulm", "phone": "1"})
    hubspot.control("POST", "/records/contacts/merge", {"primary": first, "second": second})
    assert [one["value"] for one in past_of(hubspot, first, "city")] == ["Jena"]
    assert [one["value"] for one in past_of(hubspot, second, "phone")] == ["1"]


def test_time_set_back_makes_a_past_that_nobody_was_told_of(hubspot: Stand) -> None:
    now = hubspot.control("POST", "/clock", {"advance_s": -86_400})["now_ms"] + 86_400_000
    (contact,) = hubspot.add("contacts", {"city": "Jena"})
    hubspot.control("POST", "/clock", {"advance_s": 86_400})
    (past,) = past_of(hubspot, contact, "city")
    assert abs(now - 86_400_000 - ms(past["timestamp"])) < 60_000
