"""Contacts and deals: read, written and listed in batches, whatever became of their ids.

Merging two records makes a third with an id of its own, and both old ids answer with it. So a record is
matched to what was asked by what it says of itself, never by its place: results come in no promised order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import msgspec

from guerdon.connectors.hubspot.api.calls import Api, reading, writing
from guerdon.connectors.hubspot.api.errors import Wrong
from guerdon.connectors.hubspot.api.outcomes import Done, Outcome, Partial, not_missing, then
from guerdon.connectors.hubspot.api.paging import Paging, after_page
from guerdon.connectors.hubspot.api.versions import queried

Kind = Literal["contacts", "deals"]
BATCH_MAX = 100
# Of records that are read with what they were.
HISTORY_BATCH_MAX = 50
PAGE_MAX = 100
SEARCH_PAGE_MAX = 200
SEARCH_MAX = 10_000
MODIFIED: Mapping[Kind, str] = {"contacts": "lastmodifieddate", "deals": "hs_lastmodifieddate"}
MERGED = "hs_merged_object_ids"
BY_RECORD = "hs_object_id"


class Version(msgspec.Struct, frozen=True, rename="camel"):
    """A value that a property was given; documented are a time in ISO 8601, and no list of the types."""

    value: str | None
    timestamp: datetime | int
    source_type: str = ""


class Record(msgspec.Struct, frozen=True, rename="camel"):
    """A record as it is now; a property without a value is None."""

    id: str
    properties: dict[str, str | None] = {}
    created_at: str = ""
    updated_at: str = ""
    archived: bool = False
    new: bool = False
    object_write_trace_id: str | None = None
    # The newest first, where they were asked for.
    properties_with_history: dict[str, list[Version]] = {}

    @property
    def was(self) -> frozenset[str]:
        """The ids of the records that were merged into this one, as far as it says."""
        return frozenset((self.properties.get(MERGED) or "").split(";")) - {""}


class _Answer(msgspec.Struct, frozen=True):
    results: list[Record]
    paging: Paging | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Records by the id or value that was asked for, and those there are none of."""

    records: Mapping[str, Record]
    gone: frozenset[str]


@dataclass(frozen=True, slots=True)
class Write:
    """What one record is to be. `trace` names it in the answer; a value "" clears a property."""

    trace: str
    id: str
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """Records by the trace of what was written; `unsure` are traces that the answer does not speak of."""

    records: Mapping[str, Record]
    unsure: frozenset[str]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of records. Without `after` it is the last; one that is not `whole` had more than is shown."""

    records: Sequence[Record]
    after: str | None
    whole: bool = True


_read_answer = msgspec.json.Decoder(_Answer).decode


def read(
    api: Api, kind: Kind, wanted: Sequence[str], properties: Sequence[str], by: str = BY_RECORD
) -> Outcome[Found]:
    """Read at most 100 records by their ids, or by a property `by` whose values are unique."""
    asked = list(dict.fromkeys(wanted))
    assert 0 < len(asked) <= BATCH_MAX, f"{len(asked)} records are not 1 to {BATCH_MAX}"
    outcome = _read(api, kind, asked, properties, by)
    if not isinstance(outcome, Done | Partial):
        return outcome
    if (other := not_missing(outcome)) is not None:
        return other
    found = _matched(outcome.answer.results, asked, by)
    errors = outcome.errors if isinstance(outcome, Partial) else ()
    missing = {one for wrong in errors for one in wrong.ids}
    for one in [one for one in asked if one not in found and one not in missing and len(asked) > 1]:
        # It may be in the answer under a new id that does not say whose it is: asked alone there is no doubt.
        alone = _read(api, kind, [one], properties, by)
        if not isinstance(alone, Done | Partial):
            return alone
        if (other := not_missing(alone)) is not None:
            return other
        found |= _matched(alone.answer.results, [one], by)
    return Done(Found(found, frozenset(asked) - found.keys()))


def histories(
    api: Api, kind: Kind, wanted: Sequence[str], properties: Sequence[str]
) -> Outcome[Sequence[Record]]:
    """At most 50 records with what properties of theirs were, each under the id that it has now."""
    asked = list(dict.fromkeys(wanted))
    assert 0 < len(asked) <= HISTORY_BATCH_MAX, f"{len(asked)} records are not 1 to {HISTORY_BATCH_MAX}"
    outcome = _read(api, kind, asked, (), BY_RECORD, properties)
    if not isinstance(outcome, Done | Partial):
        return outcome
    # Those that are gone are told as errors among the answers.
    return not_missing(outcome) or Done(outcome.answer.results)


def _read(
    api: Api,
    kind: Kind,
    asked: Sequence[str],
    properties: Sequence[str],
    by: str,
    history: Sequence[str] = (),
) -> Outcome[_Answer]:
    body: dict[str, object] = {
        "inputs": [{"id": one} for one in asked],
        "properties": list(dict.fromkeys([*properties, MERGED, by])),
        "propertiesWithHistory": list(dict.fromkeys(history)),
    }
    if by != BY_RECORD:
        body["idProperty"] = by
    return api.ask(reading(api.place.path("batch_read", kind=kind), body), _read_answer)


def _matched(records: Sequence[Record], asked: Sequence[str], by: str) -> dict[str, Record]:
    if len(asked) == 1:
        return {asked[0]: records[0]} if records else {}
    if by != BY_RECORD:
        # HubSpot keeps e-mail addresses in small letters, however they are asked for.
        named = {(record.properties.get(by) or "").lower(): record for record in records}
        return {one: named[one.lower()] for one in asked if one.lower() in named}
    now = {old: record for record in records for old in record.was} | {r.id: r for r in records}
    return {one: now[one] for one in asked if one in now}


def upsert(api: Api, kind: Kind, by: str, writes: Sequence[Write]) -> Outcome[Written]:
    """Write at most 100 records by a property of unique values, making those that are not there.

    It may be done twice. Where HubSpot refuses the whole batch for one of them, halve it.
    """
    inputs = [{**_input(write), "idProperty": by} for write in writes]
    return _write(api, api.place.path("batch_upsert", kind=kind), writes, inputs)


def update(api: Api, kind: Kind, writes: Sequence[Write]) -> Outcome[Written]:
    """Write at most 100 records by their ids. It may be done twice; a merged one answers with its new id."""
    return _write(api, api.place.path("batch_update", kind=kind), writes, [_input(write) for write in writes])


def _input(write: Write) -> dict[str, object]:
    return {"id": write.id, "properties": dict(write.properties), "objectWriteTraceId": write.trace}


def _write(
    api: Api, path: str, writes: Sequence[Write], inputs: Sequence[Mapping[str, object]]
) -> Outcome[Written]:
    assert 0 < len(writes) <= BATCH_MAX, f"{len(writes)} records are not 1 to {BATCH_MAX}"
    assert len({write.trace for write in writes}) == len(writes), "two writes have one trace"
    assert len({write.id for write in writes}) == len(writes), "two writes are of one record"
    outcome = api.ask(writing(path, {"inputs": inputs}), _read_answer)
    if not isinstance(outcome, Done | Partial):
        return outcome
    errors = _named(outcome.errors if isinstance(outcome, Partial) else (), writes)
    spoken_of = {trace for wrong in errors for trace in wrong.traces}
    records = _by_trace(outcome.answer.results, writes)
    unsure = frozenset(write.trace for write in writes) - records.keys() - spoken_of
    written = Written(records, unsure)
    return Partial(written, errors) if errors or unsure else Done(written)


def _named(errors: Sequence[Wrong], writes: Sequence[Write]) -> tuple[Wrong, ...]:
    """Errors with the traces of what they are about, also where they name it by its id."""
    traces = {write.id: write.trace for write in writes}
    return tuple(
        wrong
        if wrong.traces
        else replace(wrong, traces=tuple(traces[one] for one in wrong.ids if one in traces))
        for wrong in errors
    )


def _by_trace(records: Sequence[Record], writes: Sequence[Write]) -> dict[str, Record]:
    traces = {write.trace for write in writes}
    return {r.object_write_trace_id: r for r in records if r.object_write_trace_id in traces}


def page(api: Api, kind: Kind, properties: Sequence[str], after: str | None = None) -> Outcome[Page]:
    """A page of all records, in the order of their ids; `after` is from the page before."""
    path = queried(
        api.place.path("list", kind=kind),
        limit=str(PAGE_MAX),
        after=after,
        properties=",".join(dict.fromkeys([*properties, MODIFIED[kind], MERGED])),
    )
    return then(api.ask(reading(path), _read_answer), _page)


def _page(answer: _Answer) -> Page:
    return Page(answer.results, after_page(answer.paging))


def changed_since(
    api: Api, kind: Kind, since_ms: int, properties: Sequence[str], after: str | None = None
) -> Outcome[Page]:
    """A page of records changed at a time or later, oldest first.

    Search lags behind by some seconds, so look again a little back. It shows 10,000: where a last page is
    not whole, go on from the time of its last record (and where all have that very time, list instead).
    """
    body = {
        "filterGroups": [
            {"filters": [{"propertyName": MODIFIED[kind], "operator": "GTE", "value": str(since_ms)}]}
        ],
        "sorts": [{"propertyName": MODIFIED[kind], "direction": "ASCENDING"}],
        "properties": list(dict.fromkeys([*properties, MODIFIED[kind], MERGED])),
        "limit": SEARCH_PAGE_MAX,
        **({} if after is None else {"after": after}),
    }
    question = reading(api.place.path("search", kind=kind), body, search=True)
    return then(api.ask(question, _read_answer), _found_page)


def _found_page(answer: _Answer) -> Page:
    after = after_page(answer.paging)
    if after is not None and after.isdigit() and int(after) + SEARCH_PAGE_MAX > SEARCH_MAX:
        return Page(answer.results, None, whole=False)
    return Page(answer.results, after)
