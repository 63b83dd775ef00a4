"""The end of workflow actions that were told to wait (`hs_execution_state` BLOCK)."""

from collections.abc import Mapping, Sequence

from guerdon.connectors.hubspot.api.calls import Api, nothing, writing
from guerdon.connectors.hubspot.api.outcomes import Outcome

BATCH_MAX = 100


def complete(api: Api, callback: str, outputs: Mapping[str, str]) -> Outcome[None]:
    """Let one go on. It may be done twice; refused with 404 where nothing of that name ever waited."""
    path = api.place.path("callback", callback=callback)
    return api.ask(writing(path, _completion(outputs)), nothing)


def complete_all(api: Api, completions: Sequence[tuple[str, Mapping[str, str]]]) -> Outcome[None]:
    """Let at most 100 go on. Where one is refused, so may all be, some of them done: do it one by one."""
    assert 0 < len(completions) <= BATCH_MAX, f"{len(completions)} callbacks are not 1 to {BATCH_MAX}"
    inputs = [{"callbackId": callback, **_completion(outputs)} for callback, outputs in completions]
    return api.ask(writing(api.place.path("callbacks"), {"inputs": inputs}), nothing)


def _completion(outputs: Mapping[str, str]) -> dict[str, object]:
    return {"outputFields": dict(outputs), "typedOutputs": {}}
