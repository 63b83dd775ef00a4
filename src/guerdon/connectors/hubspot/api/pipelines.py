"""The pipelines of deals: a deal tells the id of its stage, and here is what that means."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from guerdon.connectors.hubspot.api.calls import Api, reading
from guerdon.connectors.hubspot.api.outcomes import Outcome, then


class _Metadata(msgspec.Struct, frozen=True, rename="camel"):
    is_closed: str | bool = "false"
    probability: str | float | None = None


class _Stage(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    label: str = ""
    metadata: _Metadata = _Metadata()
    archived: bool = False


class _Pipeline(msgspec.Struct, frozen=True):
    id: str
    label: str = ""
    stages: list[_Stage] = []
    archived: bool = False


class _Answer(msgspec.Struct, frozen=True):
    results: list[_Pipeline]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline. Won is closed for certain, lost is closed without a chance."""

    pipeline: str
    pipeline_label: str
    label: str
    closed: bool
    won: bool


_read_answer = msgspec.json.Decoder(_Answer).decode


def stages_of_deals(api: Api) -> Outcome[Mapping[str, Stage]]:
    """All stages of all pipelines of deals, by id."""
    outcome = api.ask(reading(api.place.path("pipelines", kind="deals")), _read_answer)
    return then(outcome, _stages)


def _stages(answer: _Answer) -> Mapping[str, Stage]:
    return {
        stage.id: _stage(pipeline, stage)
        for pipeline in answer.results
        for stage in pipeline.stages
        if not (pipeline.archived or stage.archived)
    }


def _stage(pipeline: _Pipeline, stage: _Stage) -> Stage:
    closed = str(stage.metadata.is_closed).lower() == "true"
    chance = str(stage.metadata.probability)
    won = closed and chance in ("1", "1.0")
    return Stage(pipeline.id, pipeline.label, stage.label, closed, won)
