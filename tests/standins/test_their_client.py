"""HubSpot's own Python client speaks to the stand-in: a second opinion on addresses and shapes."""

from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hubspot import HubSpot  # type: ignore[import-untyped]
from hubspot.automation.actions import CallbackCompletionRequest  # type: ignore[import-untyped]
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest  # type: ignore[import-untyped]
from hubspot.crm.contacts import (  # type: ignore[import-untyped]
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchReadInputSimplePublicObjectId,
    PublicMergeInput,
    PublicObjectSearchRequest,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.contacts.exceptions import ApiException  # type: ignore[import-untyped]
from hubspot.crm.properties import PropertyCreate, PropertyUpdate  # type: ignore[import-untyped]
from tests.standins.descriptions import official, without_null_examples
from tests.standins.house import CONTACTS, MEMBER, POINTS, VERSION, Receiver, Stand, wait_for

EVENTS = f"/events/custom/{VERSION}/event-definitions"
EVENT_TYPE = "ExternalBehavioralEventTypeDefinition"
EVENT = {"label": "Earned", "propertyDefinitions": [{"label": "Points", "type": "number"}]}


@pytest.fixture
def client(hubspot: Stand) -> Any:
    return theirs(hubspot, hubspot.token)


def theirs(hubspot: Stand, token: str) -> Any:
    client = HubSpot(access_token=token)
    client.config["host"] = hubspot.address
    return client


def snake(definition: dict[str, Any]) -> dict[str, Any]:
    names = {"fieldType": "field_type", "groupName": "group_name", "hasUniqueValue": "has_unique_value"}
    return {names.get(name, name): value for name, value in definition.items()}


def define(client: Any) -> None:
    for wanted in (MEMBER, POINTS):
        client.crm.properties.core_api.create("contacts", PropertyCreate(**snake(wanted)))


def test_their_client_makes_changes_and_reads_contacts(client: Any) -> None:
    contacts = client.crm.contacts
    made = contacts.basic_api.create(
        SimplePublicObjectInputForCreate(properties={"email": "a@x.com"}, associations=[])
    )
    contacts.basic_api.update(made.id, SimplePublicObjectInput(properties={"city": "Jena"}))
    read = contacts.basic_api.get_by_id(made.id, properties=["city"], properties_with_history=["city"])
    assert read.properties["city"] == "Jena"
    assert read.properties_with_history["city"][0].source_type == "INTEGRATION"
    page = contacts.basic_api.get_page(limit=1, properties=["email", "city"])
    assert [one.properties["email"] for one in page.results] == ["a@x.com"]
    with pytest.raises(ApiException) as refused:
        contacts.basic_api.create(
            SimplePublicObjectInputForCreate(properties={"email": "a@x.com"}, associations=[])
        )
    assert refused.value.status == 409
    contacts.basic_api.archive(made.id)
    with pytest.raises(ApiException) as gone:
        contacts.basic_api.get_by_id(made.id)
    assert gone.value.status == 404


def test_their_client_upserts_searches_merges_and_associates(hubspot: Stand, client: Any) -> None:
    define(client)
    contacts = client.crm.contacts
    inputs = [
        {"id": one, "idProperty": "loyalty_member_id", "properties": {"points": "5"}} for one in ("M1", "M2")
    ]
    made = contacts.batch_api.upsert(BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs))
    assert [one.new for one in made.results] == [True, True]
    wanted = {"propertyName": "points", "operator": "EQ", "value": "5"}
    found = contacts.search_api.do_search(
        PublicObjectSearchRequest(filter_groups=[{"filters": [wanted]}], limit=5)
    )
    assert found.total == 2
    first, second = sorted(one.id for one in found.results)
    (deal,) = hubspot.add("deals", {"dealname": "Car"})
    hubspot.control("POST", "/associate", {"contact": second, "deal": deal})
    merge = PublicMergeInput(primary_object_id=first, object_id_to_merge=second)
    merged = contacts.basic_api.merge(merge).id
    ask = BatchReadInputSimplePublicObjectId(
        inputs=[{"id": second}], properties=["points"], properties_with_history=[]
    )
    assert [one.id for one in contacts.batch_api.read(ask).results] == [merged]
    links = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": deal}])
    read = client.crm.associations.v4.batch_api.get_page("deals", "contacts", links)
    assert [one.to_object_id for one in read.results[0].to] == [merged]


def test_their_client_reads_and_changes_properties(client: Any) -> None:
    define(client)
    core = client.crm.properties.core_api
    core.update("contacts", "points", PropertyUpdate(type="string", field_type="text"))
    assert core.get_by_name("contacts", "points").type == "string"
    assert {"email", "points"} <= {one.name for one in core.get_all("contacts").results}


def test_their_client_gets_and_renews_tokens(hubspot: Stand) -> None:
    app = hubspot.credentials()
    asked = f"client_id={app['client_id']}&redirect_uri=http://127.0.0.1/back&scope=crm.objects.contacts.read"
    code = hubspot.ask("GET", f"/oauth/authorize?{asked}").headers["Location"].rpartition("code=")[2]
    tokens = theirs(hubspot, "").oauth.tokens_api
    granted = tokens.create(
        grant_type="authorization_code", code=code, redirect_uri="http://127.0.0.1/back", **app
    )
    renewed = tokens.create(grant_type="refresh_token", refresh_token=granted.refresh_token, **app)
    assert theirs(hubspot, renewed.access_token).crm.contacts.basic_api.get_page().results == []


def test_their_client_names_the_fields_of_a_completion_as_the_stand_in_does(
    hubspot: Stand, client: Any, receiver: Receiver
) -> None:
    receiver.default = (200, {}, b'{"outputFields": {"hs_execution_state": "BLOCK"}}')
    (contact,) = hubspot.add("contacts", {"email": "a@x.com"})
    fired = hubspot.control("POST", "/workflows/fire", {"url": receiver.url, "objectId": contact})
    path = f"/workflows/{fired['callbackId']}"
    wait_for(lambda: hubspot.control("GET", path)["state"] == "BLOCK")
    # Their client knows this address as version 4 only; the body is made by its model.
    done = CallbackCompletionRequest(output_fields={"hs_execution_state": "SUCCESS"})
    body = client.automation.actions.callbacks_api.api_client.sanitize_for_serialization(done)
    complete = f"/automation/actions/callbacks/{VERSION}/{fired['callbackId']}/complete"
    assert hubspot.ask("POST", complete, body).status == 204
    assert hubspot.control("GET", path)["state"] == "SUCCESS"


def valid(description: dict[str, Any], shape: str, answer: object) -> bool:
    text = msgspec.json.encode(description["components"]).decode().replace("#/components/", "#/$defs/")
    components = without_null_examples(msgspec.json.decode(text))
    schema = {"$ref": f"#/$defs/schemas/{shape}", "$defs": components}
    found = list(jsonschema_rs.validator_for(schema).iter_errors(answer))
    assert found == [], found
    return True


def test_answers_are_as_the_official_descriptions_say(hubspot: Stand) -> None:
    contacts = official("CRM/Contacts/Rollouts/424/2026-09/contacts.json")
    properties = official("CRM/Properties/Rollouts/145899/2026-09/properties.json")
    links = official("CRM/Associations/Rollouts/130902/2026-09/associations.json")
    pipelines = official("CRM/Pipelines/Rollouts/145896/2026-09/pipelines.json")
    account = official("Account/Account Info/Rollouts/144923/2026-09/accountInfo.json")
    hubspot.define(MEMBER, POINTS)
    one = {
        "id": "M1",
        "idProperty": "loyalty_member_id",
        "properties": {"points": "5"},
        "objectWriteTraceId": "a",
    }
    bad = {**one, "id": "M2", "properties": {"points": "x"}}
    assert valid(contacts, "BatchInputSimplePublicObjectBatchInputUpsert", {"inputs": [one, bad]})
    written = hubspot.upsert(one, bad)
    assert valid(contacts, "BatchResponseSimplePublicUpsertObject", written.body)
    record = written.body["results"][0]["id"]
    read = {
        "inputs": [{"id": record}, {"id": "9"}],
        "properties": ["points", "city"],
        "propertiesWithHistory": [],
    }
    assert valid(contacts, "BatchReadInputSimplePublicObjectId", read)
    shapes = [
        (contacts, "BatchResponseSimplePublicObject", hubspot.ask("POST", f"{CONTACTS}/batch/read", read)),
        (contacts, "SimplePublicObjectWithAssociations", hubspot.ask("GET", f"{CONTACTS}/{record}")),
        (
            contacts,
            "CollectionResponseSimplePublicObjectWithAssociationsForwardPaging",
            hubspot.ask("GET", f"{CONTACTS}?propertiesWithHistory=points"),
        ),
        (
            contacts,
            "CollectionResponseWithTotalSimplePublicObject",
            hubspot.ask("POST", f"{CONTACTS}/search", {"filterGroups": []}),
        ),
        (contacts, "Error", hubspot.ask("GET", f"{CONTACTS}/9")),
        (contacts, "Error", hubspot.ask("POST", CONTACTS, {"properties": {"nonsense": "1"}})),
        (
            properties,
            "CollectionResponsePropertyNoPaging",
            hubspot.ask("GET", f"/crm/properties/{VERSION}/contacts"),
        ),
        (
            links,
            "BatchResponsePublicAssociationMultiWithLabel",
            hubspot.ask(
                "POST", f"/crm/associations/{VERSION}/contacts/deals/batch/read", {"inputs": [{"id": record}]}
            ),
        ),
        (
            pipelines,
            "CollectionResponsePipelineNoPaging",
            hubspot.ask("GET", f"/crm/pipelines/{VERSION}/deals"),
        ),
        (account, "PortalInformationResponse", hubspot.ask("GET", f"/account-info/{VERSION}/details")),
    ]
    assert all(valid(description, shape, said.body) for description, shape, said in shapes)


def test_definitions_are_answered_as_the_official_descriptions_say(hubspot: Stand) -> None:
    properties = official("CRM/Properties/Rollouts/145899/2026-09/properties.json")
    events = official("Events/Manage Event Definitions/Rollouts/138888/2026-09/manageEventDefinitions.json")
    path, page = f"/crm/properties/{VERSION}/contacts", "CollectionResponse"
    made = hubspot.ask("POST", f"{path}/batch/create", {"inputs": [POINTS, POINTS]})
    assert (made.status, made.body["numErrors"]) == (207, 1)
    shapes = [
        (properties, "BatchResponseProperty", made),
        (properties, f"{page}PropertyNoPaging", hubspot.ask("GET", path)),
        (properties, f"{page}PropertyGroupNoPaging", hubspot.ask("GET", f"{path}/groups")),
        (events, EVENT_TYPE, hubspot.ask("POST", EVENTS, EVENT)),
        (events, f"{page}WithTotal{EVENT_TYPE}", hubspot.ask("GET", EVENTS)),
    ]
    assert all(valid(description, shape, said.body) for description, shape, said in shapes)
