"""The documented addresses, by version: what each takes and who answers. Everything else is 404."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from standins.hubspot.api import (
    account,
    associations,
    batches,
    events,
    groups,
    journal,
    oauth,
    objects,
    pipelines,
    properties,
    search,
)
from standins.hubspot.api.call import Call
from standins.hubspot.wire import Answer

DATED = ("2026-03", "2026-09")
LEGACY = ("v3", "v4")
SEGMENT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    """One address and method."""

    method: str
    template: str
    versions: tuple[str, ...]
    operation: Callable[[Call], Answer]
    body: str | None = None
    query: str = "query:none"
    form: str | None = None
    is_open: bool = False
    legacy: str | None = None
    """the same address as it was before dates, where it is served on request"""

    @property
    def is_search(self) -> bool:
        """Whether the stricter limit of search holds."""
        return self.operation is search.search


OBJECTS, A = (
    "/crm/objects/{version}/{objectType}",
    "/crm/associations/{version}/{fromObjectType}/{toObjectType}",
)
P = "/crm/properties/{version}/{objectType}"
L = "/crm/pipelines/{version}/{objectType}"
LO, LP = "/crm/{version}/objects/{objectType}", "/crm/{version}/properties/{objectType}"
LA = "/crm/{version}/associations/{fromObjectType}/{toObjectType}"
ONE = "/{objectId}"
BETWEEN = "/crm/objects/{version}/{fromObjectType}/{fromObjectId}/associations"
J = "/webhooks-journal/{journal}/{version}"
S = "/webhooks-journal/subscriptions/{version}"
DEFINED_03, DEFINED_09 = "/events/{version}/event-definitions", "/events/custom/{version}/event-definitions"
SUB = "SubscriptionUpsertRequest"
NEW_EVENT = "ExternalBehavioralEventTypeDefinitionEgg"
NEW_EVENT_PROPERTY = "ExternalBehavioralEventPropertyCreate"
CHANGED_EVENT = "ExternalBehavioralEventTypeDefinitionPatch"
CHANGED_EVENT_PROPERTY = "ExternalBehavioralEventPropertyDefinitionPatch"
SENT, SENT_BATCH = "BehavioralEventHttpCompletionRequest", "BatchedBehavioralEventHttpCompletionRequest"


def _records() -> list[Route]:
    batch = "BatchInputSimplePublicObject"
    return [
        Route("GET", OBJECTS, DATED, objects.list_page, query="query:list", legacy=LO),
        Route("POST", OBJECTS, DATED, objects.create_one, "SimplePublicObjectInputForCreate", legacy=LO),
        Route("POST", OBJECTS + "/merge", DATED, objects.merge, "PublicMergeInput", legacy=LO + "/merge"),
        Route(
            "POST",
            OBJECTS + "/gdpr-delete",
            DATED,
            objects.gdpr_delete,
            "PublicGdprDeleteInput",
            legacy=LO + "/gdpr-delete",
        ),
        Route(
            "POST",
            OBJECTS + "/search",
            DATED,
            search.search,
            "PublicObjectSearchRequest",
            legacy=LO + "/search",
        ),
        Route(
            "POST",
            OBJECTS + "/batch/read",
            DATED,
            batches.read,
            "BatchReadInputSimplePublicObjectId",
            "query:read",
            legacy=LO + "/batch/read",
        ),
        *(
            Route("POST", f"{OBJECTS}/batch/{name}", DATED, operation, shape, legacy=f"{LO}/batch/{name}")
            for name, operation, shape in (
                ("create", batches.create, batch + "BatchInputForCreate"),
                ("update", batches.update, batch + "BatchInput"),
                ("upsert", batches.upsert, batch + "BatchInputUpsert"),
                ("archive", batches.archive, batch + "Id"),
            )
        ),
        Route(
            "GET",
            OBJECTS + ONE,
            DATED,
            objects.get_one,
            query="query:one",
            legacy=LO + ONE,
        ),
        Route(
            "PATCH",
            OBJECTS + ONE,
            DATED,
            objects.update_one,
            "SimplePublicObjectInput",
            "query:update",
            legacy=LO + ONE,
        ),
        Route("DELETE", OBJECTS + ONE, DATED, objects.archive_one, legacy=LO + ONE),
    ]


def _associations() -> list[Route]:
    pairs = "BatchInputPublicDefaultAssociationMultiPost"
    fetch = "BatchInputPublicFetchAssociationsBatchRequest"
    return [
        Route("POST", A + "/batch/read", DATED, associations.read, fetch, legacy=LA + "/batch/read"),
        Route("POST", A + "/batch/associate/default", DATED, associations.associate_batch, pairs),
        Route("PUT", BETWEEN + "/default/{toObjectType}/{toObjectId}", DATED, associations.associate),
        Route("DELETE", BETWEEN + "/{toObjectType}/{toObjectId}", DATED, associations.sever),
    ]


def _definitions() -> list[Route]:
    one, several, group = "/{propertyName}", "/groups", "/groups/{groupName}"
    asked, named = "query:definitions", "BatchInputProperty"
    locale = "query:locale"
    return [
        Route("GET", P + several, DATED, groups.list_all, query=locale, legacy=LP + several),
        Route("POST", P + several, DATED, groups.create, "PropertyGroupCreate", legacy=LP + several),
        Route("GET", P + group, DATED, groups.get_one, query=locale, legacy=LP + group),
        Route("PATCH", P + group, DATED, groups.update, "PropertyGroupUpdate", legacy=LP + group),
        Route("DELETE", P + group, DATED, groups.archive, legacy=LP + group),
        *(
            Route("POST", f"{P}/batch/{name}", DATED, operation, shape, legacy=f"{LP}/batch/{name}")
            for name, operation, shape in (
                ("create", properties.create_batch, named + "Create"),
                ("archive", properties.archive_batch, named + "Name"),
            )
        ),
        Route("GET", P, DATED, properties.list_all, query=asked, legacy=LP),
        Route("POST", P, DATED, properties.create, "PropertyCreate", legacy=LP),
        Route(
            "POST",
            P + "/batch/read",
            DATED,
            properties.read,
            "BatchReadInputPropertyName",
            locale,
            legacy=LP + "/batch/read",
        ),
        Route("GET", P + one, DATED, properties.get_one, query=asked, legacy=LP + one),
        Route("PATCH", P + one, DATED, properties.update, "PropertyUpdate", legacy=LP + one),
        Route("DELETE", P + one, DATED, properties.archive, legacy=LP + one),
    ]


def _events() -> list[Route]:
    found = [
        Route("POST", "/events/custom/{version}/send", ("2026-09",), events.send, SENT),
        Route("POST", "/events/custom/{version}/send/batch", ("2026-09",), events.send_batch, SENT_BATCH),
        Route("POST", "/events/{version}/send", ("2026-03",), events.send, SENT),
        Route("POST", "/events/{version}/send/batch", ("2026-03",), events.send_batch, SENT_BATCH),
    ]
    one, inner = "/{eventName}", "/{eventName}/property/{propertyName}"
    for version, at in (("2026-03", DEFINED_03), ("2026-09", DEFINED_09)):
        found += [
            Route("GET", at, (version,), events.list_all, query="query:events"),
            Route("POST", at, (version,), events.create, NEW_EVENT),
            Route("GET", at + one, (version,), events.get_one),
            Route("PATCH", at + one, (version,), events.update, CHANGED_EVENT),
            Route("DELETE", at + one, (version,), events.delete),
            Route("POST", at + one + "/property", (version,), events.add_property, NEW_EVENT_PROPERTY),
            Route("PATCH", at + inner, (version,), events.update_property, CHANGED_EVENT_PROPERTY),
            Route("DELETE", at + inner, (version,), events.delete_property),
        ]
    return found


def _journal() -> list[Route]:
    only, asked = ("2026-03",), "query:journal"
    return [
        Route("GET", J + "/earliest", only, journal.earliest, query=asked),
        Route("GET", J + "/latest", only, journal.latest, query=asked),
        Route("GET", J + "/offset/{offset}/next", only, journal.after, query=asked),
        Route("GET", J + "/batch/{end}/{count}", only, journal.batch, query=asked),
        Route("GET", J + "/batch/{offset}/next/{count}", only, journal.batch, query=asked),
        Route("POST", J + "/batch/read", only, journal.read, "BatchInputString", asked),
        Route("GET", J + "/status/{statusId}", only, journal.status),
        Route("GET", S, only, journal.subscriptions),
        Route("POST", S, only, journal.subscribe, SUB),
        Route("GET", S + "/{subscriptionId}", only, journal.subscription),
        Route("DELETE", S + "/{subscriptionId}", only, journal.unsubscribe),
        Route(
            "POST",
            "/webhooks-journal/snapshots/{version}/crm",
            only,
            journal.snapshot,
            "CrmObjectSnapshotBatchRequest",
        ),
    ]


def _others() -> list[Route]:
    done = "/automation/actions/callbacks/{version}"
    token = "/oauth/{version}/token"  # noqa: S105 - an address
    granting = ("v1", *DATED)
    return [
        Route("GET", L, DATED, pipelines.list_all),
        Route("GET", L + "/{pipelineId}", DATED, pipelines.get_one),
        Route("GET", "/account-info/{version}/details", DATED, account.details),
        Route("GET", "/account-info/{version}/api-usage/daily/private-apps", DATED, account.usage),
        Route("POST", done + "/{callbackId}/complete", DATED, account.complete, "CallbackCompletionRequest"),
        Route(
            "POST",
            done + "/complete",
            DATED,
            account.complete_batch,
            "BatchInputCallbackCompletionBatchRequest",
        ),
        Route("POST", token, granting, oauth.token, form="form:token", is_open=True),
        Route("POST", token + "/introspect", DATED, oauth.introspect, form="form:known", is_open=True),
        Route("POST", token + "/revoke", DATED, oauth.revoke, form="form:known", is_open=True),
        Route("GET", "/oauth/authorize", ("",), oauth.authorize, query="query:authorize", is_open=True),
    ]


ROUTES = (*_records(), *_associations(), *_definitions(), *_events(), *_journal(), *_others())


PAGE, BATCH = "CollectionResponse", "BatchResponse"
RECORD, RECORD_LINKED = "SimplePublicObject", "SimplePublicObjectWithAssociations"
WRITTEN, ENTRY = BATCH + RECORD, "JournalFetchResponse"
EVENT_TYPE = "ExternalBehavioralEventTypeDefinition"
ANSWERS: dict[Callable[[Call], Answer], tuple[str, ...]] = {
    objects.list_page: (PAGE + RECORD_LINKED + "ForwardPaging",),
    objects.get_one: (RECORD_LINKED,),
    objects.create_one: (RECORD,),
    objects.update_one: (RECORD,),
    objects.merge: (RECORD,),
    search.search: (PAGE + "WithTotal" + RECORD,),
    batches.read: (WRITTEN,),
    batches.create: (WRITTEN,),
    batches.update: (WRITTEN,),
    batches.upsert: (BATCH + "SimplePublicUpsertObject",),
    associations.read: (BATCH + "PublicAssociationMultiWithLabel",),
    associations.associate_batch: (BATCH + "PublicDefaultAssociation",),
    associations.associate: (BATCH + "PublicDefaultAssociation",),
    pipelines.list_all: (PAGE + "PipelineNoPaging",),
    pipelines.get_one: ("Pipeline",),
    properties.list_all: (PAGE + "PropertyNoPaging",),
    properties.get_one: ("Property",),
    properties.create: ("Property",),
    properties.update: ("Property",),
    properties.read: (BATCH + "Property",),
    properties.create_batch: (BATCH + "Property",),
    groups.list_all: (PAGE + "PropertyGroupNoPaging",),
    groups.get_one: ("PropertyGroup",),
    groups.create: ("PropertyGroup",),
    groups.update: ("PropertyGroup",),
    events.list_all: (PAGE + "WithTotal" + EVENT_TYPE,),
    events.get_one: (EVENT_TYPE,),
    events.create: (EVENT_TYPE,),
    events.update: (EVENT_TYPE,),
    events.add_property: ("Property",),
    events.update_property: ("Property",),
    journal.earliest: (ENTRY,),
    journal.latest: (ENTRY,),
    journal.after: (ENTRY,),
    journal.batch: (BATCH + ENTRY,),
    journal.read: (BATCH + ENTRY,),
    journal.status: ("SnapshotStatusResponse",),
    journal.subscriptions: (PAGE + "SubscriptionResponseNoPaging",),
    journal.subscribe: ("SubscriptionResponse",),
    journal.subscription: ("SubscriptionResponse",),
    journal.snapshot: ("CrmObjectSnapshotBatchResponse",),
    account.details: ("PortalInformationResponse",),
    account.usage: (PAGE + "ApiUsageNoPaging",),
    oauth.token: ("AccessTokenResponse", "ClientCredentialsTokenResponse", "FirstTokenResponse"),
    oauth.introspect: ("PublicAccessTokenInfoResponse", "PublicRefreshTokenInfoResponse"),
}
"""What each operation answers with, where it answers with more than a status."""


class Atlas:
    """Finds the route of a request."""

    def __init__(self, *, legacy: bool) -> None:
        self.by_length: dict[int, list[tuple[re.Pattern[str], Route, tuple[str, ...]]]] = {}
        for route in ROUTES:
            self._add(route, route.template, route.versions)
            if legacy and route.legacy is not None:
                self._add(route, route.legacy, LEGACY)

    def _add(self, route: Route, template: str, versions: tuple[str, ...]) -> None:
        pattern = re.compile(SEGMENT.sub(_segment, template))
        self.by_length.setdefault(template.count("/"), []).append((pattern, route, versions))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | int:
        """The route and what its path names, or the status that says why there is none."""
        status = 404
        for pattern, route, versions in self.by_length.get(path.count("/"), ()):
            found = pattern.fullmatch(path)
            if found is None:
                continue
            names = found.groupdict()
            if names.get("version", "") not in versions:
                continue
            if route.method == method:
                return route, names
            status = 405
        return status


def _segment(found: re.Match[str]) -> str:
    closed = {
        "end": "earliest|latest",
        "journal": "journal|journal-local",
        "count": r"\d+",
        "subscriptionId": r"\d+",
    }
    return f"(?P<{found[1]}>{closed.get(found[1], '[^/]+')})"
