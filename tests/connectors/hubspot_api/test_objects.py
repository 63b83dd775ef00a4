"""Contacts and deals, their properties and pipelines: read, written and listed against the stand-in."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from tests.connectors.hubspot_api.house import Saying, answered, api_of, done, partial, told
from tests.standins.house import MEMBER, POINTS, Stand

from guerdon.connectors.hubspot.api.associations import contacts_of_deals
from guerdon.connectors.hubspot.api.objects import (
    SEARCH_MAX,
    Write,
    changed_since,
    page,
    read,
    update,
    upsert,
)
from guerdon.connectors.hubspot.api.outcomes import Partial, Refused
from guerdon.connectors.hubspot.api.pipelines import stages_of_deals
from guerdon.connectors.hubspot.api.properties import (
    Difference,
    Value,
    Wanted,
    as_text,
    create,
    differences,
    properties,
    property_named,
)
from guerdon.connectors.hubspot.api.versions import VERSIONS, Version

BY = "loyalty_member_id"
READS = "POST /crm/objects/{version}/{objectType}/batch/read"


def people(hubspot: Stand, count: int) -> list[str]:
    return hubspot.add("contacts", *({"email": f"p{n}@x.com", "firstname": f"P{n}"} for n in range(count)))


@pytest.mark.parametrize("version", VERSIONS)
def test_records_are_found_by_what_was_asked_and_not_by_place(hubspot: Stand, version: Version) -> None:
    ids = people(hubspot, 100)
    api = api_of(hubspot, version=version)
    asked = [*ids[:99], "999999"]
    found = done(read(api, "contacts", asked, ["firstname"]))
    assert {one: record.properties["firstname"] for one, record in found.records.items()} == {
        one: f"P{n}" for n, one in enumerate(ids[:99])
    }
    assert found.gone == {"999999"}
    by_mail = done(read(api, "contacts", ["P3@X.com", "none@x.com"], ["firstname"], "email"))
    assert {one: record.id for one, record in by_mail.records.items()} == {"P3@X.com": ids[3]}
    assert by_mail.gone == {"none@x.com"}
    # HubSpot names those that are not there: nobody is asked for alone.
    assert hubspot.control("GET", "/counts")[READS] == 2


@pytest.mark.parametrize("new_id", [True, False])
def test_a_merged_record_is_found_under_each_of_its_old_ids(hubspot: Stand, *, new_id: bool) -> None:
    hubspot.control("POST", "/behaviour", {"merge_new_id": new_id})
    one, two, three, alone, gone = people(hubspot, 5)

    def merge(primary: str, second: str) -> str:
        asked = {"primary": primary, "second": second}
        return str(hubspot.control("POST", "/records/contacts/merge", asked)["id"])

    first = merge(one, two)
    last = merge(three, first)
    hubspot.control("POST", f"/records/contacts/{gone}/forget")
    found = done(read(api_of(hubspot), "contacts", [one, alone, two, gone, three], ["email"]))
    assert {asked: record.id for asked, record in found.records.items()} == {
        **dict.fromkeys((one, two, three), last),
        alone: alone,
    }
    assert found.gone == {gone}
    # What it says of itself is enough: none was asked for alone.
    assert hubspot.control("GET", "/counts")[READS] == 1
    # A write to an old id says where it went, by its trace.
    written = done(update(api_of(hubspot), "contacts", [Write("t", two, {"firstname": "New"})]))
    assert written.records["t"].id == last


def test_a_merged_record_that_does_not_say_so_is_asked_for_alone() -> None:
    record = {"id": "9", "properties": {"email": "a@x.com"}}
    other = {"id": "2", "properties": {}}
    http = Saying(
        answered(200, {"results": [record, other]}),
        answered(200, {"results": [record]}),
    )
    found = done(read(told(http), "contacts", ["1", "2"], ["email"]))
    assert {asked: one.id for asked, one in found.records.items()} == {"1": "9", "2": "2"}
    assert b'"inputs":[{"id":"1"}]' in (http.asked[1][3] or b"")


def test_a_part_that_failed_for_another_reason_is_not_gone() -> None:
    wrong = {"category": "MISSING_SCOPES", "message": "no", "context": {"ids": ["1"]}}
    outcome = read(told(Saying(answered(207, {"results": [], "errors": [wrong]}))), "contacts", ["1"], [])
    assert isinstance(outcome, Refused)
    assert outcome.category == "MISSING_SCOPES"


def test_what_is_wrong_with_one_of_a_batch_leaves_the_others_written(hubspot: Stand) -> None:
    hubspot.define(MEMBER, POINTS)
    api = api_of(hubspot)
    writes = [
        Write("good", "m1", {"points": "5", "firstname": "A"}),
        Write("bad", "m2", {"points": "many"}),
        Write("unknown", "m3", {"nobody_made_this": "1"}),
    ]
    outcome = partial(upsert(api, "contacts", BY, writes))
    assert {trace: record.new for trace, record in outcome.answer.records.items()} == {"good": True}
    assert outcome.answer.unsure == set()
    assert {trace: wrong.codes for trace, wrong in outcome.by_trace.items()} == {
        "bad": ("INVALID_DOUBLE",),
        "unknown": ("PROPERTY_DOESNT_EXIST",),
    }
    assert outcome.by_trace["bad"].properties == ("points",)
    again = done(upsert(api, "contacts", BY, writes[:1]))
    assert again.records["good"].new is False
    kept = hubspot.control("GET", "/records/contacts")["records"]
    assert [one["properties"]["points"] for one in kept] == ["5"]


def test_an_answer_that_is_silent_about_an_input_leaves_it_unsure() -> None:
    results = [{"id": "5", "objectWriteTraceId": "a"}, {"id": "6"}]
    writes = [Write("a", "1", {}), Write("b", "2", {})]
    outcome = upsert(told(Saying(answered(200, {"results": results}))), "contacts", BY, writes)
    assert isinstance(outcome, Partial)
    assert outcome.answer.unsure == {"b"}
    assert outcome.answer.records.keys() == {"a"}


def test_a_property_whose_type_a_person_changed_refuses_and_says_so(hubspot: Stand) -> None:
    hubspot.define(MEMBER, POINTS)
    api, wanted = api_of(hubspot), [Wanted("points", "Points", "number"), Wanted(BY, "Member", unique=True)]
    writes = [Write("t", "m1", {"points": "5.5"})]
    done(upsert(api, "contacts", BY, writes))
    assert differences(wanted, done(properties(api, "contacts"))) == []
    hubspot.control("PATCH", "/properties/contacts/points", {"type": "date", "fieldType": "date"})
    outcome = partial(upsert(api, "contacts", BY, writes))
    assert outcome.by_trace["t"].codes == ("INVALID_DATE",)
    assert outcome.by_trace["t"].properties == ("points",)
    found = differences(wanted, done(properties(api, "contacts")))
    assert found == [Difference("points", "type", "date")]
    hubspot.control("PATCH", "/properties/contacts/points", {"archived": True})
    assert differences(wanted, done(properties(api, "contacts"))) == [Difference("points", "missing", "")]


def test_an_admins_rule_refuses_one_property_of_one_record(hubspot: Stand) -> None:
    hubspot.define(MEMBER, POINTS)
    hubspot.control("POST", "/properties/contacts/points/rule", {"max": 100})
    writes = [Write("much", "m1", {"points": "500"}), Write("some", "m2", {"points": "50"})]
    outcome = partial(upsert(api_of(hubspot), "contacts", BY, writes))
    assert (set(outcome.answer.records), set(outcome.by_trace)) == ({"some"}, {"much"})
    done(upsert(api_of(hubspot, version="2026-03"), "contacts", BY, writes))


@pytest.mark.parametrize("version", VERSIONS)
def test_our_properties_are_made_and_take_what_we_write(hubspot: Stand, version: Version) -> None:
    api = api_of(hubspot, version=version)
    wanted = [
        Wanted(BY, "Member", unique=True),
        Wanted("points", "Points", "number"),
        Wanted("enrolled", "Enrolled", "bool"),
        Wanted("since", "Since", "date"),
        Wanted("seen", "Seen", "datetime"),
        Wanted("tier", "Tier", "enumeration", options=(("gold", "Gold"), ("silver", "Silver"))),
    ]
    assert {one.what for one in differences(wanted, done(properties(api, "contacts")))} == {"missing"}
    for one in wanted:
        assert done(create(api, "contacts", one)).type == one.type
    assert differences(wanted, done(properties(api, "contacts"))) == []
    again = create(api, "contacts", wanted[0])
    assert isinstance(again, Refused)
    assert again.status == 409
    assert done(property_named(api, "contacts", BY)).has_unique_value
    missing = property_named(api, "contacts", "none")
    assert isinstance(missing, Refused)
    assert missing.status == 404
    values: dict[str, Value] = {
        "points": Decimal("1E+2"),
        "enrolled": True,
        "since": date(2026, 9, 1),
        "seen": datetime(2026, 9, 1, 12, tzinfo=timezone(timedelta(hours=2))),
        "tier": "gold",
    }
    texts = {name: as_text(value) for name, value in values.items()}
    assert (texts["points"], texts["seen"]) == ("100", "2026-09-01T10:00:00.000Z")
    made = done(upsert(api, "contacts", BY, [Write("t", "m1", texts)])).records["t"]
    cleared = done(update(api, "contacts", [Write("t", made.id, {"tier": as_text(None)})]))
    assert cleared.records["t"].properties["tier"] is None
    wrong = [
        Wanted("tier", "Tier", "enumeration", options=(("iron", "Iron"),)),
        Wanted("points", "P", "string"),
    ]
    found = differences(wrong, done(properties(api, "contacts")))
    assert found == [Difference("tier", "options", "gold;silver"), Difference("points", "type", "number")]


def test_all_records_come_page_by_page_once(hubspot: Stand) -> None:
    ids = people(hubspot, 230)
    api, after, sizes, seen = api_of(hubspot), None, [], []
    while True:
        found = done(page(api, "contacts", ["email"], after))
        sizes.append(len(found.records))
        seen += [record.id for record in found.records]
        after = found.after
        if after is None:
            break
    assert sizes == [100, 100, 30]
    assert seen == ids


def test_only_what_changed_since_is_found_oldest_first(hubspot: Stand) -> None:
    ids = people(hubspot, 3)
    now = hubspot.control("POST", "/clock", {"advance_s": 60})["now_ms"]
    for one in (ids[2], ids[0]):
        hubspot.control("PATCH", f"/records/contacts/{one}", {"properties": {"firstname": f"New {one}"}})
        hubspot.control("POST", "/clock", {"advance_s": 1})
    found = done(changed_since(api_of(hubspot), "contacts", now, ["firstname"]))
    assert [record.id for record in found.records] == [ids[2], ids[0]]
    assert found.records[0].properties["firstname"] == f"New {ids[2]}"
    assert (found.after, found.whole) == (None, True)


def test_a_search_ends_where_hubspot_shows_no_more() -> None:
    record = {"id": "1", "updatedAt": "2026-09-01T00:00:00.000Z"}

    def searched(after: int) -> tuple[str | None, bool]:
        http = Saying(answered(200, {"results": [record], "paging": {"next": {"after": str(after)}}}))
        found = done(changed_since(told(http), "contacts", 0, [], "200"))
        return found.after, found.whole

    assert searched(SEARCH_MAX - 200) == (str(SEARCH_MAX - 200), True)
    assert searched(SEARCH_MAX) == (None, False)


def test_a_deals_contacts_and_stage_are_known(hubspot: Stand) -> None:
    one, two = people(hubspot, 2)
    deals = hubspot.add("deals", {"dealname": "A", "dealstage": "closedwon"}, {"dealname": "B"})
    for contact in (one, two):
        hubspot.control("POST", "/associate", {"contact": contact, "deal": deals[0]})
    api = api_of(hubspot)
    found = done(contacts_of_deals(api, [*deals, "99999"]))
    assert {deal: set(contacts) for deal, contacts in found.items()} == {
        deals[0]: {one, two},
        deals[1]: set(),
        "99999": set(),
    }
    # HubSpot's own kind of association from a deal to a contact.
    assert set(found[deals[0]].values()) == {frozenset({"3"})}
    stages = done(stages_of_deals(api))
    record = done(read(api, "deals", deals[:1], ["dealstage"])).records[deals[0]]
    stage = stages[record.properties["dealstage"] or ""]
    assert (stage.closed, stage.won) == (True, True)
    assert {(one.closed, one.won) for one in stages.values()} == {(False, False), (True, True), (True, False)}


def test_more_contacts_than_a_page_of_a_deal_are_followed() -> None:
    def links(contact: int, after: str | None) -> dict[str, object]:
        paging = {} if after is None else {"paging": {"next": {"after": after}}}
        return {"from": {"id": "7"}, "to": [{"toObjectId": contact}], **paging}

    http = Saying(
        answered(200, {"results": [links(1, "x")]}),
        answered(200, {"results": [links(2, None)]}),
    )
    assert [*done(contacts_of_deals(told(http), ["7"]))["7"]] == ["1", "2"]
    assert http.asked[1][3] == b'{"inputs":[{"id":"7","after":"x"}]}'


def test_a_value_is_written_as_hubspot_takes_it() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
    pairs: list[tuple[Value, str]] = [
        (moment, "2026-01-02T03:04:05.678Z"),
        (date(2026, 1, 2), "2026-01-02"),
        (False, "false"),
        (0, "0"),
        (Decimal("-0.50"), "-0.50"),
        ("a;b", "a;b"),
    ]
    assert [as_text(value) for value, _ in pairs] == [text for _, text in pairs]
