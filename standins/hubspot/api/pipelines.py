"""The one pipeline of deals, with the stages that `dealstage` has."""

from typing import Any

from standins.hubspot.api.call import Call
from standins.hubspot.clock import written
from standins.hubspot.refusals import not_found
from standins.hubspot.wire import Answer

CLOSED = {"closedwon": "1.0", "closedlost": "0.0"}


def _pipeline(call: Call) -> dict[str, Any]:
    shelf = call.shelf()
    if shelf.object_type != "deals":
        raise not_found()
    stages = shelf.definitions["dealstage"]
    made, changed = written(stages.made_ms), written(stages.changed_ms)
    dates = {"createdAt": made, "updatedAt": changed, "archived": False}
    shown = [
        {
            "id": one["value"],
            "label": one["label"],
            "displayOrder": place,
            "metadata": {
                "isClosed": "true" if one["value"] in CLOSED else "false",
                "probability": CLOSED.get(one["value"], "0.5"),
            },
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            **dates,
        }
        for place, one in enumerate(stages.options)
    ]
    return {"id": "default", "label": "Sales Pipeline", "displayOrder": 0, "stages": shown, **dates}


def list_all(call: Call) -> Answer:
    """All pipelines."""
    call.need("read")
    return Answer(200, {"results": [_pipeline(call)]})


def get_one(call: Call) -> Answer:
    """One pipeline."""
    call.need("read")
    found = _pipeline(call)
    if call.path["pipelineId"] != found["id"]:
        raise not_found()
    return Answer(200, found)
