"""Search: groups of filters, a text, an order, pages of at most 200 and 10,000 in all."""

from collections.abc import Callable
from typing import Any

from standins.hubspot.api.call import Call
from standins.hubspot.clock import read_moment
from standins.hubspot.fields import problem
from standins.hubspot.records import Record, Shelf
from standins.hubspot.refusals import invalid
from standins.hubspot.wire import Answer

GROUPS_MAX, FILTERS_MAX, FILTERS_A_GROUP_MAX = 5, 18, 6
PAGE_MAX, FOUND_MAX, TEXT_CHARS_MAX = 200, 10_000, 3000
SEARCHED = ("email", "firstname", "lastname", "phone", "company", "dealname", "hs_additional_emails")

Comparable = float | str
Operator = Callable[[Comparable, Comparable], bool]

ORDERED: dict[str, Operator] = {
    "EQ": lambda have, want: have == want,
    "NEQ": lambda have, want: have != want,
    "LT": lambda have, want: have < want,  # type: ignore[operator]
    "LTE": lambda have, want: have <= want,  # type: ignore[operator]
    "GT": lambda have, want: have > want,  # type: ignore[operator]
    "GTE": lambda have, want: have >= want,  # type: ignore[operator]
}
OTHERS = {
    "BETWEEN",
    "IN",
    "NOT_IN",
    "HAS_PROPERTY",
    "NOT_HAS_PROPERTY",
    "CONTAINS_TOKEN",
    "NOT_CONTAINS_TOKEN",
}


def search(call: Call) -> Answer:
    """Find records."""
    call.need("read")
    shelf, body = call.shelf(), call.body
    limit, start = body.get("limit", 10), body.get("after") or "0"
    if not 1 <= limit <= PAGE_MAX or not start.isdigit():
        raise invalid(f"limit must be between 1 and {PAGE_MAX}, after a cursor")
    if int(start) + limit > FOUND_MAX:
        raise invalid(f"search finds at most {FOUND_MAX} records")
    groups = body.get("filterGroups", [])
    _check(shelf, groups, body.get("query", ""))
    found = [
        record
        for record in shelf.records.values()
        if record.archived_ms is None
        and _fits_groups(shelf, record, groups)
        and _fits_text(record, body.get("query", ""))
    ]
    _sort(shelf, found, body.get("sorts", []))
    page = found[int(start) : int(start) + limit]
    view = shelf.view(body.get("properties", []))
    answer: dict[str, Any] = {
        "total": len(found),
        "results": [shelf.shown(record, view) for record in page],
    }
    if int(start) + limit < len(found):
        answer["paging"] = {"next": {"after": str(int(start) + limit)}}
    return Answer(200, answer)


def _check(shelf: Shelf, groups: list[dict[str, Any]], text: str) -> None:
    filters = [one for group in groups for one in group["filters"]]
    if len(groups) > GROUPS_MAX or len(filters) > FILTERS_MAX or len(text) > TEXT_CHARS_MAX:
        raise invalid("too many filter groups or filters, or too long a query")
    if any(len(group["filters"]) > FILTERS_A_GROUP_MAX for group in groups):
        raise invalid(f"at most {FILTERS_A_GROUP_MAX} filters in a group")
    for one in filters:
        if one["propertyName"] not in shelf.definitions:
            raise invalid(f"There was a problem with the request: unknown property {one['propertyName']}")
        if one["operator"] not in ORDERED and one["operator"] not in OTHERS:
            raise invalid(f"unknown operator {one['operator']}")
        needed = {"BETWEEN": ("value", "highValue"), "IN": ("values",), "NOT_IN": ("values",)}
        lacking = [name for name in needed.get(one["operator"], ()) if name not in one]
        if lacking or (one["operator"] in ORDERED and "value" not in one):
            raise invalid(f"operator {one['operator']} lacks its value")


def _fits_groups(shelf: Shelf, record: Record, groups: list[dict[str, Any]]) -> bool:
    return not groups or any(all(_fits(shelf, record, one) for one in group["filters"]) for group in groups)


def _fits(shelf: Shelf, record: Record, wanted: dict[str, Any]) -> bool:
    name: str = wanted["propertyName"]
    operator: str = wanted["operator"]
    text = record.properties.get(name, "")
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return bool(text) == (operator == "HAS_PROPERTY")
    if operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
        inside = wanted["value"].strip("*").lower() in text.lower()
        return inside == (operator == "CONTAINS_TOKEN")
    if operator in ("IN", "NOT_IN"):
        listed = text.lower() in [one.lower() for one in wanted["values"]]
        return bool(text) and listed == (operator == "IN")
    if not text:
        return operator == "NEQ"
    have, want = _comparable(shelf, name, text), _comparable(shelf, name, wanted["value"])
    if operator == "BETWEEN":
        high = _comparable(shelf, name, wanted["highValue"])
        return ORDERED["GTE"](have, want) and ORDERED["LTE"](have, high)
    return ORDERED[operator](have, want)


def _comparable(shelf: Shelf, name: str, text: str) -> Comparable:
    try:
        match shelf.definitions[name].type:
            case "number":
                return float(text)
            case "date" | "datetime":
                return float(read_moment(text))
    except ValueError:
        raise invalid(f"{text} is no value of {name}") from None
    return text.lower()


def _fits_text(record: Record, text: str) -> bool:
    return not text or any(text.lower() in record.properties.get(name, "").lower() for name in SEARCHED)


def _sort(shelf: Shelf, found: list[Record], sorts: list[Any]) -> None:
    if len(sorts) > 1:
        raise invalid("only one sort is possible")
    for one in sorts:
        wanted = (
            {"propertyName": one.lstrip("-"), "direction": _direction(one)} if isinstance(one, str) else one
        )
        wrong = problem("SortSpec", wanted)
        if wrong is not None or wanted["propertyName"] not in shelf.definitions:
            raise invalid(wrong or f"unknown property {wanted['propertyName']}")
        name = wanted["propertyName"]
        have = [record for record in found if record.properties.get(name)]
        lack = [record for record in found if not record.properties.get(name)]
        have.sort(
            key=lambda record: _comparable(shelf, name, record.properties[name]),
            reverse=wanted.get("direction") == "DESCENDING",
        )
        found[:] = have + lack


def _direction(text: str) -> str:
    return "DESCENDING" if text.startswith("-") else "ASCENDING"
