"""What the stand-in sends: webhooks, the journal beside them, and workflow actions."""

import json
from collections import Counter
from typing import Any

import pytest
from hubspot.utils.signature import Signature  # type: ignore[import-untyped]
from standins.hubspot.fields import problem
from standins.hubspot.signatures import sign_v2, sign_v3
from tests.standins.house import CONTACTS, POINTS, VERSION, Receiver, Said, Stand, wait_for

ALL = [
    "contact.creation",
    "contact.propertyChange",
    "contact.merge",
    "contact.deletion",
    "contact.privacyDeletion",
    "deal.propertyChange",
]
JOURNAL = "/webhooks-journal/journal/2026-03"
SUBSCRIPTIONS = "/webhooks-journal/subscriptions/2026-03"


def add_hook(hubspot: Stand, receiver: Receiver, *types: str, **more: Any) -> int:
    wanted = {"url": receiver.url, "subscriptions": [{"eventType": one} for one in types], "batch_ms": 1}
    return int(hubspot.control("POST", "/hooks", {**wanted, **more})["id"])


def hook_of(hubspot: Stand) -> Any:
    return hubspot.control("GET", "/hooks")["hooks"][0]


def settled(hubspot: Stand) -> bool:
    return bool(hook_of(hubspot)["waiting"] == 0)


def test_a_fixed_vector_of_each_signature() -> None:
    secret, url = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", "https://www.example.com/webhook_uri"
    assert (
        sign_v2(secret, "GET", url, b"") == "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"
    )
    body = b"{'example_field':'example_value'}"
    assert sign_v3(secret, "POST", url, body, 1693657560000) == "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="


def test_webhooks_are_signed_as_hubspots_own_library_checks(hubspot: Stand, receiver: Receiver) -> None:
    add_hook(hubspot, receiver, "contact.creation")
    hubspot.add("contacts", {"email": "a@x.com"})
    wait_for(lambda: receiver.received)
    headers, body = receiver.received[0].headers, receiver.received[0].body.decode()
    secret = hubspot.keys["portals"][0]["clientSecret"]
    assert Signature.is_valid(headers["X-HubSpot-Signature"], secret, body, signature_version="v1")
    stamp = headers["X-HubSpot-Request-Timestamp"]
    checked = (secret, body, receiver.url, "POST", "v3", stamp)
    assert Signature.is_valid(headers["X-HubSpot-Signature-v3"], *checked)
    assert not Signature.is_valid(headers["X-HubSpot-Signature-v3"], "other", *checked[1:])


def test_events_are_thin_and_hold_only_what_is_documented(hubspot: Stand, receiver: Receiver) -> None:
    add_hook(hubspot, receiver, *ALL)
    one, two, three = hubspot.add(
        "contacts", {"email": "a@x.com"}, {"email": "b@x.com"}, {"email": "c@x.com"}
    )
    hubspot.control("PATCH", f"/records/contacts/{one}", {"properties": {"city": "Jena"}})
    merged = hubspot.control("POST", "/records/contacts/merge", {"primary": one, "second": two})["id"]
    hubspot.control("DELETE", f"/records/contacts/{three}")
    hubspot.control("POST", f"/records/contacts/{merged}/forget")
    hubspot.add("deals", {"dealname": "Car"})
    wait_for(lambda: settled(hubspot))
    events = receiver.events()
    assert [problem("WebhookEvent", event) for event in events] == [None] * len(events)
    kinds = Counter(event["subscriptionType"] for event in events)
    assert kinds == {
        "contact.creation": 3,
        "contact.propertyChange": 4,
        "contact.merge": 1,
        "contact.deletion": 1,
        "contact.privacyDeletion": 1,
        "deal.propertyChange": 1,
    }
    merge = next(event for event in events if event["subscriptionType"] == "contact.merge")
    assert (merge["primaryObjectId"], merge["mergedObjectIds"], merge["newObjectId"]) == (
        int(one),
        [int(two)],
        int(merged),
    )
    assert {event["changeSource"] for event in events} == {"CRM_UI"}


def test_a_write_by_an_app_says_so_and_one_without_effect_says_nothing(
    hubspot: Stand, receiver: Receiver
) -> None:
    hubspot.define(POINTS)
    (contact,) = hubspot.add("contacts", {"email": "a@x.com"})
    add_hook(hubspot, receiver, "contact.propertyChange")
    for _ in range(2):
        hubspot.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"points": "5"}})
    wait_for(lambda: receiver.received and settled(hubspot))
    (event,) = receiver.events()
    assert (event["changeSource"], event["sourceId"]) == (
        "INTEGRATION",
        str(hubspot.keys["portals"][0]["appId"]),
    )
    assert (event["propertyName"], event["propertyValue"], event["appId"]) == (
        "points",
        "5",
        int(event["sourceId"]),
    )


def test_subscriptions_choose_by_property_and_by_kind(hubspot: Stand, receiver: Receiver) -> None:
    chosen = [
        {"eventType": "contact.propertyChange", "propertyName": "city"},
        {"eventType": "object.propertyChange", "objectTypeId": "0-3", "propertyName": "amount"},
    ]
    add_hook(hubspot, receiver, subscriptions=chosen)
    hubspot.add("contacts", {"email": "a@x.com", "city": "Jena"})
    hubspot.add("deals", {"dealname": "Car", "amount": "5"})
    wait_for(lambda: len(receiver.events()) == 2)
    found = {event["subscriptionType"]: event for event in receiver.events()}
    assert found["contact.propertyChange"]["propertyName"] == "city"
    assert found["object.propertyChange"]["objectTypeId"] == "0-3"


def test_arrays_of_at_most_a_hundred_out_of_order_and_some_twice(hubspot: Stand, receiver: Receiver) -> None:
    add_hook(hubspot, receiver, "contact.creation", duplicates=0.3)
    ids = hubspot.add("contacts", *({"email": f"c{number}@x.com"} for number in range(250)))
    wait_for(lambda: settled(hubspot))
    sizes = [len(json.loads(one.body)) for one in receiver.received]
    assert max(sizes) == 100
    told = [event["objectId"] for event in receiver.events()]
    assert set(told) == {int(one) for one in ids}
    assert len(told) == 250 + hook_of(hubspot)["counts"]["duplicates"] > 250
    inside = [[event["objectId"] for event in json.loads(one.body)] for one in receiver.received]
    assert all(ids_of != sorted(ids_of) for ids_of in inside if len(ids_of) == 100)


def test_what_is_refused_is_sent_again_with_another_attempt_number(
    hubspot: Stand, receiver: Receiver
) -> None:
    receiver.answers = [(500, {}, b""), (404, {}, b""), (429, {"Retry-After": "0"}, b"")]
    add_hook(hubspot, receiver, "contact.creation", factor=1e-6)
    hubspot.add("contacts", {"email": "a@x.com"})
    wait_for(lambda: settled(hubspot))
    events = receiver.events()
    assert [event["attemptNumber"] for event in events] == [0, 1, 2, 3]
    assert len({event["eventId"] for event in events}) == 1


def test_after_ten_retries_a_notification_is_lost_and_the_journal_still_has_it(
    hubspot: Stand, receiver: Receiver
) -> None:
    receiver.default = (503, {}, b"")
    token = subscribe(hubspot, "CREATE")
    add_hook(hubspot, receiver, "contact.creation", factor=1e-6)
    (contact,) = hubspot.add("contacts", {"email": "a@x.com"})
    wait_for(lambda: settled(hubspot))
    assert len(receiver.received) == 11
    assert hook_of(hubspot)["counts"]["lost"] == 1
    assert [event["objectId"] for event in journal(hubspot, token)] == [int(contact)]


def test_a_public_app_is_told_of_accounts_that_installed_it(hubspot: Stand, receiver: Receiver) -> None:
    hubspot.control("POST", "/portals", {"portal": 77})
    hubspot.control("POST", "/consent", {"portal": 77})
    app, back = hubspot.credentials(), "http://127.0.0.1/back"
    asked = f"client_id={app['client_id']}&redirect_uri={back}&scope=oauth"
    code = hubspot.ask("GET", f"/oauth/authorize?{asked}").headers["Location"].rpartition("code=")[2]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, **app}
    assert hubspot.ask("POST", f"/oauth/{VERSION}/token", form=form).status == 200
    add_hook(hubspot, receiver, "contact.creation", app="public")
    for portal in (4242, 77):
        hubspot.control("POST", "/records/contacts", {"portal": portal, "records": [{"properties": {}}]})
    wait_for(lambda: receiver.received)
    assert [(event["portalId"], event["appId"]) for event in receiver.events()] == [
        (77, hubspot.keys["app"]["appId"])
    ]


def test_a_paused_target_gets_everything_later(hubspot: Stand, receiver: Receiver) -> None:
    hook = add_hook(hubspot, receiver, "contact.creation", paused=True)
    hubspot.add("contacts", {"email": "a@x.com"}, {"email": "b@x.com"})
    assert hook_of(hubspot)["waiting"] == 2
    hubspot.control("PATCH", f"/hooks/{hook}", {"paused": False})
    wait_for(lambda: len(receiver.events()) == 2)


def subscribe(hubspot: Stand, *actions: str, kind: str = "OBJECT", portal: int = 4242) -> str:
    token = hubspot.journal_token()
    wanted = {"subscriptionType": kind, "portalId": portal, "actions": list(actions), "objectTypeId": "0-1"}
    said = hubspot.ask("POST", SUBSCRIPTIONS, {**wanted, "objectIds": [], "properties": []}, token=token)
    assert said.status == 200, said
    return token


def file_of(hubspot: Stand, said: Said) -> Any:
    assert said.status == 200, said
    read = hubspot.ask("GET", said.body["url"].removeprefix(hubspot.address))
    assert read.status == 200
    assert problem("JournalFile", read.body) is None
    return read.body


def journal(hubspot: Stand, token: str) -> list[Any]:
    said, events = hubspot.ask("GET", f"{JOURNAL}/earliest", token=token), []
    while said.status == 200:
        events += file_of(hubspot, said)["journalEvents"]
        said = hubspot.ask("GET", f"{JOURNAL}/offset/{said.body['currentOffset']}/next", token=token)
    assert said.status == 204
    return events


def test_the_journal_tells_in_order_what_was_subscribed_to(hubspot: Stand) -> None:
    token = subscribe(hubspot, "CREATE", "UPDATE", "MERGE", "DELETE")
    subscribe(hubspot, "GDPR_DELETE", kind="GDPR_PRIVACY_DELETION")
    one, two = hubspot.add("contacts", {"email": "a@x.com"}, {"email": "b@x.com"})
    merged = hubspot.control("POST", "/records/contacts/merge", {"primary": one, "second": two})["id"]
    assert len(journal(hubspot, token)) == 5
    hubspot.control("POST", f"/records/contacts/{merged}/forget")
    events = journal(hubspot, token)
    told = [(event["action"], event["objectId"]) for event in events]
    first, second, last = int(one), int(two), int(merged)
    assert told == [
        ("CREATE", first),
        ("UPDATE", first),
        ("CREATE", second),
        ("UPDATE", second),
        ("MERGE", last),
        ("GDPR_DELETE", last),
    ]
    assert events[1]["propertyChanges"] == {"email": "a@x.com"}


def test_the_journal_is_for_client_credentials_and_forgets_after_three_days(hubspot: Stand) -> None:
    assert hubspot.ask("GET", f"{JOURNAL}/earliest").status == 403
    subscribe(hubspot, "CREATE")
    hubspot.add("contacts", {"email": "a@x.com"})
    first = hubspot.ask("GET", f"{JOURNAL}/latest", token=hubspot.journal_token())
    hubspot.control("POST", "/clock", {"advance_s": 3 * 86_400 + 60})
    token = hubspot.journal_token()
    assert hubspot.ask("GET", first.body["url"].removeprefix(hubspot.address)).status == 403
    assert (
        hubspot.ask("GET", f"{JOURNAL}/offset/{first.body['currentOffset']}/next", token=token).status == 404
    )
    assert hubspot.ask("GET", f"{JOURNAL}/earliest", token=token).status == 204


def test_files_come_in_batches_and_by_account_and_snapshots_are_written(hubspot: Stand) -> None:
    hubspot.control("POST", "/portals", {"portal": 77})
    token = subscribe(hubspot, "CREATE")
    subscribe(hubspot, "CREATE", portal=77)
    (contact,) = hubspot.add("contacts", {"email": "a@x.com"})
    assert hubspot.ask("GET", f"{JOURNAL}/earliest", token=token).status == 200
    hubspot.control("POST", "/records/contacts", {"portal": 77, "records": [{"properties": {}}]})
    wanted = {"portalId": 4242, "objectId": int(contact), "objectTypeId": "0-1", "properties": ["email"]}
    asked = {"snapshotRequests": [wanted, {**wanted, "objectId": 9}]}
    made = hubspot.ask("POST", "/webhooks-journal/snapshots/2026-03/crm", asked, token=token)
    states = [
        hubspot.ask("GET", f"{JOURNAL}/status/{one['snapshotStatusId']}", token=token).body["status"]
        for one in made.body["snapshotResponses"]
    ]
    assert states == ["SUCCESS", "FAILED"]
    assert journal(hubspot, token)[-1]["propertyChanges"] == {"email": "a@x.com"}
    both = hubspot.ask("GET", f"{JOURNAL}/batch/earliest/10", token=token).body["results"]
    assert len(both) == 2
    rest = hubspot.ask("GET", f"{JOURNAL}/batch/{both[0]['currentOffset']}/next/10", token=token)
    assert [one["currentOffset"] for one in rest.body["results"]] == [both[1]["currentOffset"]]
    local = "/webhooks-journal/journal-local/2026-03/latest?installPortalId=77"
    events = file_of(hubspot, hubspot.ask("GET", local, token=token))["journalEvents"]
    assert [event["portalId"] for event in events] == [77]


def fire(hubspot: Stand, receiver: Receiver, **more: Any) -> str:
    (contact,) = hubspot.add("contacts", {"email": "a@x.com"})
    wanted = {
        "url": receiver.url,
        "objectId": contact,
        "inputFields": {"reward": "coffee"},
        "properties": ["email"],
    }
    return str(hubspot.control("POST", "/workflows/fire", {**wanted, **more})["callbackId"])


def outputs(**said: str) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps({"outputFields": said}).encode()


def state_of(hubspot: Stand, callback: str) -> str:
    return str(hubspot.control("GET", f"/workflows/{callback}")["state"])


def test_an_action_is_signed_v2_and_its_answer_is_kept(hubspot: Stand, receiver: Receiver) -> None:
    receiver.default = outputs(reward_code="R-1")
    callback = fire(hubspot, receiver)
    wait_for(lambda: state_of(hubspot, callback) == "SUCCESS")
    sent = receiver.received[0]
    secret = hubspot.keys["portals"][0]["clientSecret"]
    assert sent.headers["X-HubSpot-Signature-Version"] == "v2"
    assert Signature.is_valid(sent.headers["X-HubSpot-Signature"], secret, sent.body.decode(), receiver.url)
    body = json.loads(sent.body)
    assert problem("ActionRequest", body) is None
    assert body["object"]["properties"] == {"email": "a@x.com"}
    assert hubspot.control("GET", f"/workflows/{callback}")["outputFields"] == {"reward_code": "R-1"}


@pytest.mark.parametrize("batch", [False, True])
def test_a_blocked_action_waits_for_its_completion(
    hubspot: Stand, receiver: Receiver, *, batch: bool
) -> None:
    receiver.default = outputs(hs_execution_state="BLOCK")
    callback = fire(hubspot, receiver)
    wait_for(lambda: state_of(hubspot, callback) == "BLOCK")
    done = {"outputFields": {"hs_execution_state": "FAIL_CONTINUE", "why": "budget"}, "typedOutputs": {}}
    path = f"/automation/actions/callbacks/{VERSION}"
    body = {"inputs": [{"callbackId": callback, **done}]} if batch else done
    address = f"{path}/complete" if batch else f"{path}/{callback}/complete"
    other = hubspot.control("POST", "/portals", {"portal": 77})["portals"][1]["token"]
    assert hubspot.ask("POST", address, body, token=other).status == 404
    assert hubspot.ask("POST", address, body).status == 204
    again = {"outputFields": {"hs_execution_state": "SUCCESS"}}
    assert hubspot.ask("POST", f"{path}/{callback}/complete", again).status == 204
    said = hubspot.control("GET", f"/workflows/{callback}")
    assert (said["state"], said["outputFields"]["why"], said["completions"]) == ("FAIL_CONTINUE", "budget", 2)
    assert hubspot.ask("POST", f"{path}/ap-1-2-3-4/complete", done).status == 404


def test_a_blocked_action_runs_out(hubspot: Stand, receiver: Receiver) -> None:
    receiver.default = outputs(hs_execution_state="BLOCK", hs_expiration_duration="PT1H")
    callback = fire(hubspot, receiver)
    wait_for(lambda: state_of(hubspot, callback) == "BLOCK")
    hubspot.control("POST", "/clock", {"advance_s": 3599})
    assert state_of(hubspot, callback) == "BLOCK"
    hubspot.control("POST", "/clock", {"advance_s": 2})
    assert state_of(hubspot, callback) == "EXPIRED"


def test_an_action_is_tried_again_after_a_5xx_and_not_after_a_4xx(hubspot: Stand, receiver: Receiver) -> None:
    receiver.answers = [(500, {}, b""), (429, {"Retry-After": "0"}, b""), outputs(ok="1"), (422, {}, b"")]
    first = fire(hubspot, receiver, factor=1e-6)
    wait_for(lambda: state_of(hubspot, first) == "SUCCESS")
    assert len(receiver.received) == 3
    hubspot.control("PATCH", "/records/contacts/101", {"properties": {"email": "b@x.com"}})
    second = fire(hubspot, receiver, factor=1e-6)
    wait_for(lambda: state_of(hubspot, second) == "FAILED")


def test_an_answer_with_invented_fields_fails_the_action(hubspot: Stand, receiver: Receiver) -> None:
    receiver.default = (200, {}, b'{"outputFields": {}, "reward": "coffee"}')
    callback = fire(hubspot, receiver)
    wait_for(lambda: state_of(hubspot, callback) == "FAILED")
    assert "reward" in hubspot.control("GET", f"/workflows/{callback}")["complaint"]
