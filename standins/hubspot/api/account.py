"""The account itself, and the end of workflow actions that waited."""

from datetime import datetime
from zoneinfo import ZoneInfo

from standins.hubspot.api.call import Call, require_found
from standins.hubspot.clock import written
from standins.hubspot.limits import DAY_MS
from standins.hubspot.refusals import invalid
from standins.hubspot.wire import Answer
from standins.hubspot.workflows import STATES

COMPLETIONS_MAX = 100


def details(call: Call) -> Answer:
    """Which account the token opens."""
    portal = call.portal
    now = datetime.fromtimestamp(call.world.clock.now_ms() / 1000, ZoneInfo(portal.time_zone))
    offset = now.utcoffset()
    assert offset is not None
    text = now.strftime("%z")
    body = {
        "portalId": portal.id,
        "accountType": "STANDARD",
        "timeZone": portal.time_zone,
        "companyCurrency": portal.currency,
        "additionalCurrencies": [],
        "utcOffset": f"{text[:3]}:{text[3:]}",
        "utcOffsetMilliseconds": round(offset.total_seconds() * 1000),
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "eu1",
    }
    return Answer(200, body)


def usage(call: Call) -> Answer:
    """How many calls private apps made today."""
    now, limits = call.world.clock.now_ms(), call.world.limits
    one = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": limits.daily,
        "currentUsage": limits.used_today(call.portal.id, now),
        "collectedAt": written(now),
        "fetchStatus": "SUCCESS",
        "resetsAt": written(now - now % DAY_MS + DAY_MS),
    }
    return Answer(200, {"results": [one]})


def complete(call: Call) -> Answer:
    """End one workflow action that waits."""
    call.need_scope("automation")
    _complete(call, call.path["callbackId"], call.body["outputFields"])
    return Answer(204)


def complete_batch(call: Call) -> Answer:
    """End several workflow actions that wait."""
    call.need_scope("automation")
    inputs = call.body["inputs"]
    if len(inputs) > COMPLETIONS_MAX:
        raise invalid(f"The maximum number of inputs is {COMPLETIONS_MAX}; got {len(inputs)}")
    for one in inputs:
        _complete(call, one["callbackId"], one["outputFields"])
    return Answer(204)


def _complete(call: Call, callback_id: str, outputs: dict[str, str]) -> None:
    execution = require_found(call.world.workflows.find(callback_id), f"callback {callback_id} not found")
    if execution.portal != call.portal.id:
        require_found(None, f"callback {callback_id} not found")
    if outputs.get("hs_execution_state", "SUCCESS") not in STATES:
        raise invalid(f"unknown hs_execution_state {outputs['hs_execution_state']}")
    call.world.workflows.complete(execution, outputs)
