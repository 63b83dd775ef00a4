"""Decided events told by the API with their reasons, and events that are only tried."""

from typing import Any

from tests.api.house import ApiHouse

from guerdon.store.access.api_keys import KeyScope
from guerdon.values.ids import show

ORDER = {"type": "order.paid", "fields": {"order_no": "1", "amount": 120}}


def places(body: Any) -> list[str]:
    return sorted(error["pointer"] for error in body["errors"])


def test_an_event_is_told_with_its_rules(house: ApiHouse) -> None:
    house.earn()
    ((number,),) = house.inner.rows("select id from events")
    assert isinstance(number, int)
    answer = house.get(f"/events/{show('evt', number)}")
    assert answer.status == 200, answer.body
    assert answer.body["member"] == house.member()
    assert answer.body["outcome"] == "earned"
    (rule,) = [each for each in answer.body["rules"] if each["outcome"] == "given"]
    assert (rule["rule"], rule["unit"]) == ("order", "PTS")
    assert answer.body["says"].startswith("Verdient: ")


def test_an_event_elsewhere_is_not_there(house: ApiHouse) -> None:
    house.earn()
    ((number,),) = house.inner.rows("select id from events")
    assert isinstance(number, int)
    there = house.get(f"/events/{show('evt', number)}", key=house.make_key(market="NO"))
    missing = house.get("/events/evt_0000000000001")
    assert (there.status, missing.status) == (404, 404)
    assert there.body == missing.body
    assert house.get("/events/nothing").status == 404
    assert house.get(f"/events/{show('evt', number)}", key=house.make_key(("read:ledger",))).status == 403


def test_what_is_tried_is_told_and_leaves_nothing(house: ApiHouse) -> None:
    house.earn()
    before = house.inner.rows("select (select count(*) from events), (select count(*) from api_answers)")
    key = house.make_key()
    for whose in (
        {"member": house.member()},
        {"external": {"source": "crm", "external_id": "ada"}},
        {"invented": {"market": "DE", "location": "de-kiel"}},
    ):
        answer = house.ask("POST", "/api/v1/try", {**ORDER, **whose}, key=key)
        assert answer.status == 200, answer.body
        (rule,) = answer.body["rules"]
        assert (rule["outcome"], rule["value"], rule["reward"]) == ("given", 120, None)
    assert answer.body["member"] is None
    after = house.inner.rows("select (select count(*) from events), (select count(*) from api_answers)")
    assert after == before


def test_all_mistakes_are_told_at_once(house: ApiHouse) -> None:
    wrong = {
        "type": "order.paid",
        "fields": {"amount": "much", "colour": "red"},
        "invented": {"market": "SE", "location": "nowhere", "facts": {"age": 3}},
        "version": 1,
        "draft": "drf_0000000000001",
    }
    answer = house.ask("POST", "/api/v1/try", {**wrong, "draft": None})
    assert answer.status == 422
    assert places(answer.body) == [
        "/fields/amount",
        "/fields/colour",
        "/fields/order_no",
        "/invented/facts/age",
        "/invented/location",
        "/invented/market",
    ]
    both = house.ask("POST", "/api/v1/try", wrong)
    assert "/draft" in places(both.body)
    for whose in ({}, {"member": house.member(), "invented": {"market": "DE"}}):
        answer = house.ask("POST", "/api/v1/try", {"type": "order.lost", **whose})
        assert (answer.status, places(answer.body)) == (422, ["/member", "/type"])
    unknown = house.ask("POST", "/api/v1/try", {**ORDER, "member": "mem_0000000000009"})
    assert (unknown.status, places(unknown.body)) == (422, ["/member"])
    assert (
        house.ask("POST", "/api/v1/try", {**ORDER, "version": 77, "invented": {"market": "DE"}}).status == 422
    )


def test_trying_opens_no_more_than_the_other_scopes_of_a_key(house: ApiHouse) -> None:
    def asked(*scopes: KeyScope, **wanted: object) -> tuple[int, str]:
        answer = house.ask("POST", "/api/v1/try", {**ORDER, **wanted}, key=house.make_key(scopes))
        return answer.status, answer.headers.get("www-authenticate", "").partition("scope=")[2]

    here, ada = {"market": "DE"}, {"source": "crm", "external_id": "ada"}
    assert asked("read:members", "read:versions", invented=here) == (403, '"try:events"')
    assert asked("try:events", invented=here)[0] == 200
    assert asked("try:events", invented=here, version=1)[0] == 200
    for named in ({"member": house.member()}, {"external": ada}):
        assert asked("try:events", **named) == (403, '"read:members"')
        assert asked("try:events", "read:members", **named)[0] == 200
    for text in ({"version": 77}, {"draft": "drf_0000000000001"}):
        assert asked("try:events", "read:members", invented=here, **text) == (403, '"read:versions"')
        assert asked("try:events", "read:versions", invented=here, **text)[0] == 422
    scheduled = house.schedule()
    assert asked("try:events", invented=here, version=scheduled) == (403, '"read:versions"')
    assert asked("try:events", "read:versions", invented=here, version=scheduled)[0] == 200
    refused = house.inner.rows(
        "select distinct subject from audit where action = 'access.refused' order by 1"
    )
    assert refused == [("read:members",), ("read:versions",), ("try:events",)]


def test_a_key_of_a_place_tries_nothing_elsewhere(house: ApiHouse) -> None:
    key = house.make_key(market="NO")
    for whose in ({"member": house.member()}, {"invented": {"market": "DE"}}):
        assert house.ask("POST", "/api/v1/try", {**ORDER, **whose}, key=key).status == 422
    here = house.ask("POST", "/api/v1/try", {**ORDER, "invented": {"market": "NO"}}, key=key)
    assert here.status == 200
