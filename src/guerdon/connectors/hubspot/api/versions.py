"""Where HubSpot answers, by API version: the one table of paths.

HubSpot releases a version each March and September and supports it for 18 months. Most paths only carry
another date; those of custom events moved, and some are there in one version alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote, urlencode

Version = Literal["2026-09", "2026-03"]
VERSIONS: tuple[Version, ...] = get_args(Version)
NEWEST: Version = "2026-09"
Path = Literal[
    "account",
    "associations_read",
    "authorize",
    "batch_read",
    "batch_update",
    "batch_upsert",
    "callback",
    "callbacks",
    "event_definition",
    "event_definitions",
    "event_properties",
    "events_send",
    "introspect",
    "journal_earliest",
    "journal_next",
    "list",
    "pipelines",
    "properties",
    "property",
    "property_group",
    "property_groups",
    "revoke",
    "search",
    "subscription",
    "subscriptions",
    "token",
    "token_of_app",
]
_PATHS: Mapping[Path, str] = {
    "account": "/account-info/{v}/details",
    "associations_read": "/crm/associations/{v}/{kind}/{other}/batch/read",
    # A person's browser goes there: it has no version.
    "authorize": "/oauth/authorize",
    "batch_read": "/crm/objects/{v}/{kind}/batch/read",
    "batch_update": "/crm/objects/{v}/{kind}/batch/update",
    "batch_upsert": "/crm/objects/{v}/{kind}/batch/upsert",
    "callback": "/automation/actions/callbacks/{v}/{callback}/complete",
    "callbacks": "/automation/actions/callbacks/{v}/complete",
    "event_definition": "/events/custom/{v}/event-definitions/{event}",
    "event_definitions": "/events/custom/{v}/event-definitions",
    "event_properties": "/events/custom/{v}/event-definitions/{event}/property",
    "events_send": "/events/custom/{v}/send/batch",
    "introspect": "/oauth/{v}/token/introspect",
    # The journal, and a token of the app itself for it, are not in 2026-09.
    "journal_earliest": "/webhooks-journal/journal/2026-03/earliest",
    "journal_next": "/webhooks-journal/journal/2026-03/offset/{offset}/next",
    "list": "/crm/objects/{v}/{kind}",
    "pipelines": "/crm/pipelines/{v}/{kind}",
    "properties": "/crm/properties/{v}/{kind}",
    "property": "/crm/properties/{v}/{kind}/{name}",
    "property_group": "/crm/properties/{v}/{kind}/groups/{name}",
    "property_groups": "/crm/properties/{v}/{kind}/groups",
    "revoke": "/oauth/{v}/token/revoke",
    "search": "/crm/objects/{v}/{kind}/search",
    "subscription": "/webhooks-journal/subscriptions/2026-03/{subscription}",
    "subscriptions": "/webhooks-journal/subscriptions/2026-03",
    "token": "/oauth/{v}/token",
    "token_of_app": "/oauth/2026-03/token",
}
_OTHERWISE: Mapping[tuple[Version, Path], str] = {
    ("2026-03", "event_definition"): "/events/2026-03/event-definitions/{event}",
    ("2026-03", "event_definitions"): "/events/2026-03/event-definitions",
    ("2026-03", "event_properties"): "/events/2026-03/event-definitions/{event}/property",
    ("2026-03", "events_send"): "/events/2026-03/send/batch",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Which HubSpot is asked: the version, and the two addresses it has for programs and for people."""

    version: Version = NEWEST
    api: str = "https://api.hubapi.com"
    app: str = "https://app.hubspot.com"

    def path(self, name: Path, /, **parts: str) -> str:
        """A path of this version, its parts escaped."""
        template = _OTHERWISE.get((self.version, name)) or _PATHS[name]
        return template.format(v=self.version, **{key: quote(part, safe="") for key, part in parts.items()})


def queried(path: str, **query: str | None) -> str:
    """A path with those parameters that have a value."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path
