"""Who comes in: keys with scopes and a place, valid now, at their pace; and nobody else."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.api.house import EVERYTHING, Answer, ApiHouse, furnish

from guerdon.store.access.api_keys import KEY_SCOPES, KeyScope
from guerdon.web.routes import API, ROUTES

GUARDED = {route: row.scope for route, row in ROUTES.items() if route.startswith(API) and row.who == "key"}
NOBODY = "mem_7ZZZZZZZZZZZZ"


def address(route: str, member: str = NOBODY) -> str:
    """An address on a route, of things that are not there."""
    known = {
        "<member>": member,
        "<event>": "evt_7ZZZZZZZZZZZZ",
        "<hold>": "hld_7ZZZZZZZZZZZZ",
        "<reward>": "rwd_7ZZZZZZZZZZZZ",
        "<account>": "budget:nowhere:",
        "<request_id>": "apr_7ZZZZZZZZZZZZ",
        "<device>": "dev_7ZZZZZZZZZZZZ",
    }
    for name, text in known.items():
        route = route.replace(name, text)
    return "/" + route


def knock(house: ApiHouse, route: str, key: str | None) -> Answer:
    """Ask by whichever method there is."""
    answer = house.ask("GET", address(route), key=key)
    if answer.status == 405:
        answer = house.ask("POST", address(route), {}, key=key, headers={"Idempotency-Key": "k"})
    return house.ask("DELETE", address(route), key=key) if answer.status == 405 else answer


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "Basic x",
        "Bearer",
        "Bearer ",
        "Bearer gdn",
        "Bearer gdn_x",
        "Bearer gdn_{id}_",
        "Bearer gdn_{id}_{secret}x",
        "Bearer gdn_{id}x_{secret}",
        "Bearer xyz_{id}_{secret}",
        "Bearer gdn_{id}_{secret}_",
        "Bearer gdn_é_{secret}",
        "Bearer gdn_{id}_{upper}",
        "{secret}",
    ],
)
def test_without_a_valid_key_nothing_opens(shown: ApiHouse, broken: str) -> None:
    _, key_id, secret = shown.make_key().split("_")
    said = broken.format(id=key_id, secret=secret, upper=secret.upper() + "A")
    for route in ("api/v1/audit", "api/v1/members/<member>", "api/v1/codes/uses"):
        method = "POST" if "codes" in route else "GET"
        answer = shown.ask(method, address(route), headers={"Authorization": said})
        assert (answer.status, answer.kind) == (401, "key")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_withdrawn_key_opens_nothing_from_the_next_request_on(shown: ApiHouse) -> None:
    key = shown.make_key()
    assert shown.get("/audit", key=key).status == 200
    shown.revoke(key)
    assert shown.get("/audit", key=key).status == 401


def test_an_expired_key_opens_nothing(shown: ApiHouse) -> None:
    assert shown.get("/audit", key=shown.make_key(days=-0.001)).status == 401


@pytest.mark.parametrize("scope", KEY_SCOPES)
def test_a_scope_opens_its_own_addresses_and_no_others(shown: ApiHouse, scope: KeyScope) -> None:
    """Default deny: whatever is not said to be this scope's answers 403."""
    for number, (route, wanted) in enumerate(GUARDED.items()):
        if number % 9 == 0:
            key = shown.make_key([scope])
        answer = knock(shown, route, key)
        if scope == wanted:
            # A file is no JSON.
            file = "drops" in route or route.endswith("/syncs")
            assert answer.status in {200, 404, 415 if file else 422, 422}, route
        else:
            assert (answer.status, answer.kind) == (403, "scope"), route
            assert f'scope="{wanted}"' in answer.headers["www-authenticate"]


def test_a_scope_that_is_missing_is_noted_once_a_minute(shown: ApiHouse) -> None:
    key = shown.make_key(["read:members"])
    for _ in range(10):
        assert shown.get("/audit", key=key).status == 403
    rows = shown.inner.rows(
        "select action, subject, detail ->> 'address', date_trunc('minute', recorded_at) from audit"
        " where actor = %(a)s and action like '%%.refused'",
        a=f"key:{key.split('_')[1]}",
    )
    assert {row[:3] for row in rows} == {("access.refused", "read:audit", "api/v1/audit")}
    assert len(rows) == len({row[3] for row in rows})


def test_every_address_but_the_description_asks_for_a_scope() -> None:
    open_to_all = {route for route, row in ROUTES.items() if "api/" in route and row.who == "anyone"}
    assert open_to_all == {"api/v1/openapi.json", "api/<path:rest>"}
    assert set(GUARDED.values()) == set(EVERYTHING)


def test_a_route_that_nobody_gave_a_row_opens_to_nobody(shown: ApiHouse) -> None:
    from types import ModuleType  # noqa: PLC0415

    from django.http import HttpRequest, HttpResponse  # noqa: PLC0415  Django is prepared by then
    from django.test import override_settings  # noqa: PLC0415
    from ninja import Router  # noqa: PLC0415

    from guerdon.web.api.answers import reads  # noqa: PLC0415
    from guerdon.web.api.door import Api, addresses  # noqa: PLC0415
    from guerdon.web.api.shapes.proof import Audit  # noqa: PLC0415

    router = Router()

    @router.get("/forgotten", response=reads(Audit))
    def forgotten(request: HttpRequest) -> HttpResponse:
        raise AssertionError(f"{request.path} was answered")

    planted = ModuleType("planted")
    planted.urlpatterns = addresses(Api((router,), name="forgotten"))  # type: ignore[attr-defined]
    with override_settings(ROOT_URLCONF=planted):
        assert shown.get("/forgotten").status == 403


def test_a_key_for_events_opens_no_operation(shown: ApiHouse) -> None:
    key = shown.make_key(["write:events"])
    assert {knock(shown, route, key).status for route in list(GUARDED)[:15]} == {403}


def test_a_cookie_is_no_key(shown: ApiHouse) -> None:
    answer = shown.ask("GET", "/api/v1/audit", key="", headers={"Cookie": "staff=x; csrf=y"})
    assert answer.status == 401
    assert "set-cookie" not in answer.headers


def test_an_answer_is_kept_in_no_cache(shown: ApiHouse) -> None:
    for path in ("/audit", "/members/" + shown.member(), "/nothing"):
        assert shown.get(path).headers["cache-control"] == "no-store"


def test_more_than_20_in_a_second_have_to_wait(shown: ApiHouse) -> None:
    key = shown.make_key()
    answers = [shown.get("/controls/runs", key=key) for _ in range(60)]
    late = [answer for answer in answers if answer.status == 429]
    assert {answer.status for answer in answers} == {200, 429}
    assert all(answer.headers["retry-after"] == "1" and answer.kind == "pace" for answer in late)
    # Another key has its own pace.
    assert shown.get("/controls/runs", key=shown.make_key()).status == 200


def test_a_pace_is_so_many_at_once_and_so_many_a_second(shown: ApiHouse) -> None:
    assert shown.settings  # the API's modules want Django prepared
    from guerdon.web.api.callers import Pace  # noqa: PLC0415

    now = [100.0]
    pace = Pace(20, lambda: now[0])
    assert [pace.take("a") for _ in range(21)] == [True] * 20 + [False]
    now[0] += 0.0625
    assert [pace.take("a") for _ in range(2)] == [True, False]
    now[0] += 60
    assert sum(pace.take("a") for _ in range(100)) == 20
    assert pace.take("b")


@pytest.fixture(scope="module")
def filled(shown: ApiHouse) -> ApiHouse:
    furnish(shown)
    return shown


def foreign(house: ApiHouse) -> Iterator[tuple[str, Answer, Answer]]:
    """What keys of Kiel are told of Ben, who belongs to Bonn, and of nobody; one a route, for their pace."""
    for route in GUARDED:
        if "<member>" not in route:
            continue
        body = {"unit": "PTS", "amount": 1, "purpose": "x"} if route.endswith("holds") else {}
        body = {"unit": "PTS", "amount": 1} if route.endswith("spends") else body
        body = {"last_day": "2030-03-31", "reason": "x"} if route.endswith("extend") else body
        if "/consents/" in route:
            body = {"topic": "marketing", "channel": "email", "source": "x"}
        if route.endswith("give"):
            body |= {"words": "Yes.", "language": "en"}
        body = {"reason": "x"} if route.endswith(("erasure", "export")) else body
        body = {"token": "x"} if route.endswith("devices") else body
        query = "?unit=PTS" if route.endswith("statement") else ""
        told, key = [], house.make_key(location="de-kiel")
        for member in (house.member("ben"), NOBODY):
            path = address(route, member) + query
            answer = house.ask("GET", path, key=key)
            if answer.status == 405:
                headers = {"Idempotency-Key": f"{route}{member}"}
                answer = house.ask("POST", path, body, key=key, headers=headers)
            told.append(house.ask("DELETE", path, key=key) if answer.status == 405 else answer)
        yield route, told[0], told[1]


def test_what_is_elsewhere_is_as_good_as_missing(filled: ApiHouse) -> None:
    seen = 0
    for route, there, nowhere in foreign(filled):
        assert there.status == nowhere.status == 404, route
        assert (there.raw, there.headers) == (nowhere.raw, nowhere.headers), route
        seen += 1
    assert seen == 18
    assert filled.purse("ben") == (700, 0, 0, 0)


def listed(answer: Answer) -> list[Any]:
    (found,) = [each for each in answer.body.values() if isinstance(each, list)]
    return found


@pytest.mark.parametrize("place", [{"location": "de-kiel"}, {"market": "DE"}, {"market": "NO"}, {}])
def test_a_key_of_a_place_sees_that_place_alone(filled: ApiHouse, place: dict[str, str]) -> None:
    key = filled.make_key(**place)  # type: ignore[arg-type]
    sees = {"de-kiel": {"ada"}, "DE": {"ada", "ben"}, "NO": {"ole"}, "": {"ada", "ben", "ole"}}[
        next(iter(place.values()), "")
    ]
    for contact in ("ada", "ben", "ole"):
        found = filled.get(f"/members?source=crm&external_id={contact}", key=key)
        assert (found.status, len(listed(found))) == (200, int(contact in sees))
        assert filled.get(f"/members/{filled.member(contact)}", key=key).status == (
            200 if contact in sees else 404
        )
    transfers = listed(filled.get("/ledger/transfers?limit=200", key=key))
    members = {each["member"] for each in transfers if each["member"] is not None}
    assert members == {filled.member(contact) for contact in sees}
    budgets = {each["account"] for each in listed(filled.get("/budgets", key=key))}
    wanted = {"DE": {"budget:pot:DE"}, "NO": {"budget:pot:NO"}, "de-kiel": set()}.get(
        next(iter(place.values()), "")
    )
    assert budgets == (wanted if wanted is not None else budgets)
    assert len(budgets) == (4 if not place else len(budgets))


def test_what_stands_nowhere_is_for_keys_of_the_whole_program(filled: ApiHouse) -> None:
    whole, narrow = filled.make_key(), filled.make_key(location="de-kiel")
    for path in ("/audit", "/audit/seals", "/controls/runs"):
        assert listed(filled.get(path, key=whole)), path
        assert listed(filled.get(path, key=narrow)) == [], path
    use = {"code": "CODE-0"}
    assert filled.post("/codes/uses", use, key=narrow).status == 404
    assert filled.post("/codes/uses", use, key=whole).status == 201
