"""Telling HubSpot: properties of contacts and events on their timelines, as the engine's port has it."""

from collections.abc import Mapping, Sequence

from guerdon.connectors.hubspot.api.calls import TROUBLE_S, Api
from guerdon.connectors.hubspot.api.custom_events import PROPERTIES_MAX, Occurrence, send
from guerdon.connectors.hubspot.api.errors import Wrong
from guerdon.connectors.hubspot.api.objects import Write, Written, update, upsert
from guerdon.connectors.hubspot.api.outcomes import (
    Done,
    Later,
    Outcome,
    Partial,
    Refused,
    TokenGone,
    Unsure,
)
from guerdon.engine.crm.port import Closed, ContactWrite, CustomEvent, Known, No, NotNow, Told

MISSING_SCOPES = "MISSING_SCOPES"


def write_contacts(
    api: Api, id_property: str | None, writes: Sequence[ContactWrite]
) -> Told[Mapping[str, str]]:
    """Write contacts; by trace the id that each has now."""
    asked = [Write(each.trace, each.id, each.properties) for each in writes]
    outcome: Outcome[Written] = (
        update(api, "contacts", asked) if id_property is None else upsert(api, "contacts", id_property, asked)
    )
    match outcome:
        case Done(answer):
            return Known(_ids(answer))
        case Partial(answer):
            return Known(_ids(answer), {trace: _no(wrong) for trace, wrong in outcome.by_trace.items()})
        case _:
            return _otherwise(outcome)


def send_events(api: Api, portal: int, events: Sequence[CustomEvent]) -> Told[None]:
    """Put events on timelines: all or none."""
    outcome = send(
        api,
        [
            Occurrence(
                each.uuid,
                f"pe{portal}_{each.event}",
                each.contact,
                each.occurred_at,
                dict([*each.properties.items()][:PROPERTIES_MAX]),
            )
            for each in events
        ],
    )
    return Known(None) if isinstance(outcome, Done | Partial) else _otherwise(outcome)


def _ids(written: Written) -> Mapping[str, str]:
    return {trace: record.id for trace, record in written.records.items()}


def _no(wrong: Wrong) -> No:
    # The codes say what is wrong with a value: INVALID_OPTION, PROPERTY_DOESNT_EXIST.
    return No(wrong.codes[0] if wrong.codes else wrong.category, wrong.message, wrong.properties)


def _otherwise(outcome: Refused | Later | Unsure | TokenGone) -> NotNow | No | Closed:
    match outcome:
        case Later(after_s, why, perhaps):
            return NotNow(after_s, why, perhaps)
        case Unsure():
            # It may have taken effect, and both may be done twice.
            return NotNow(TROUBLE_S, "unreachable", perhaps=True)
        case TokenGone():
            return Closed("revoked")
        case Refused():
            closed = outcome.category == MISSING_SCOPES
            return Closed("scopes") if closed else _no(outcome.wrong)
