"""Requests by key: proposed, seen by who proposed them alone, withdrawn; signed by people and nobody else."""

from typing import Any

import pytest
from tests.access.people import grant_of, hire
from tests.api.house import Answer, ApiHouse

from guerdon.engine.approvals.acting import Acting, Stood
from guerdon.engine.approvals.signing import Word, sign
from guerdon.store.approvals.signers import load_signers
from guerdon.store.database import connect
from guerdon.values.clock import utc_now
from guerdon.values.ids import read

POT, CENTRAL = "budget:pot:DE", "budget:central:"


def adjustment(house: ApiHouse, amount: int = 250, contact: str = "ada", **more: object) -> dict[str, Any]:
    return {
        "member": house.member(contact),
        "unit": "PTS",
        "amount": amount,
        "payer": POT,
        "reason": "Promised on the phone",
        **more,
    }


def proposed(house: ApiHouse, key: str, body: object, path: str = "adjustments") -> Answer:
    answer = house.post(f"/requests/{path}", body, key=key)
    assert answer.status == 201, answer.body
    return answer


def sign_as_finance(house: ApiHouse, request: str) -> str:
    """Somebody of finance signs, and the worker carries it out; the state it is in then."""
    inner, now = house.inner, utc_now()
    with connect(inner.url, inner.secret, "web") as db:
        person = hire(db, inner.program_id, "fay@example.com", [grant_of(inner.program_id, "finance")])
    number = read("apr", request)
    assert number is not None
    with inner.web() as tx:
        fay = load_signers(tx, inner.program_id, [person])[person]
        acting = Acting(inner.program_id, inner.program, fay, inner.vault, now)
        told = sign(tx, acting, [Word(number, 1, "approve")])[number]
        assert isinstance(told, Stood), told
    inner.now = now
    inner.work()
    return str(inner.rows("select state from requests where id = %(i)s", i=number)[0][0])


def test_an_adjustment_waits_for_a_signature_and_is_then_done(house: ApiHouse) -> None:
    """Even on a rung that asks for nobody: a key has no role of its own to let it pass."""
    key = house.make_key()
    made = proposed(house, key, adjustment(house)).body
    assert (made["kind"], made["state"], made["market"], made["location"]) == (
        "adjustment", "open", "DE", "de-kiel",
    )  # fmt: skip
    assert made["changes"] == [
        {
            "member": house.member(),
            "from_account": POT,
            "to_account": None,
            "unit": "PTS",
            "digits": 0,
            "amount": 250,
            "reason": "Promised on the phone",
        }
    ]
    house.inner.work()
    assert house.get(f"/requests/{made['id']}", key=key).body["state"] == "open"
    assert house.purse() == (0, 0, 0, 0)
    assert sign_as_finance(house, made["id"]) == "done"
    assert house.purse() == (250, 0, 0, 0)
    seen = house.get(f"/requests/{made['id']}", key=key).body
    assert (seen["state"], [word["role"] for word in seen["words"]]) == ("done", ["finance"])


def test_every_kind_is_proposed(house: ApiHouse) -> None:
    key = house.make_key()
    rows = [adjustment(house), adjustment(house, 30, "ben")]
    bulk = proposed(house, key, {"rows": rows, "reason": "Launch"}, "bulk").body
    assert [change["amount"] for change in bulk["changes"]] == [250, 30]
    move = {"from_account": CENTRAL, "to_account": "budget:pot:NO", "unit": "PTS", "amount": 500}
    moves = proposed(house, key, {"moves": [move], "reason": "Autumn"}, "budget-moves").body
    assert [(each["from_account"], each["to_account"]) for each in moves["changes"]] == [
        (CENTRAL, "budget:pot:NO")
    ]
    reward = {
        "member": house.member(), "rule": "order", "unit": "PTS", "value": 70, "payer": POT,
        "reference": "4711", "reason": "The webhook was lost",
    }  # fmt: skip
    given = proposed(house, key, reward, "rewards").body
    assert (given["kind"], given["changes"][0]["amount"]) == ("reward", 70)
    listed = house.get("/requests", key=key).body["requests"]
    assert [each["kind"] for each in listed] == ["reward", "budget", "bulk"]
    assert house.get("/requests?state=done", key=key).body["requests"] == []
    first = house.get("/requests?limit=2", key=key).body
    rest = house.get(f"/requests?limit=2&after={first['next']}", key=key).body
    assert [*first["requests"], *rest["requests"]] == listed
    assert rest["next"] is None


def test_a_key_sees_what_it_asked_for_and_nothing_else(house: ApiHouse) -> None:
    key, other = house.make_key(), house.make_key()
    made = proposed(house, key, adjustment(house)).body["id"]
    assert house.get("/requests", key=other).body["requests"] == []
    nothing = house.get("/requests/apr_7ZZZZZZZZZZZZ", key=other)
    foreign = house.get(f"/requests/{made}", key=other)
    assert (foreign.status, foreign.raw) == (404, nothing.raw)
    assert house.post(f"/requests/{made}/withdraw", {}, key=other).status == 404
    assert house.get(f"/requests/{made}", key=key).body["state"] == "open"


def test_a_request_is_withdrawn_once_and_frees_its_money(house: ApiHouse) -> None:
    key = house.make_key()
    made = proposed(house, key, adjustment(house)).body["id"]
    held = "select held from accounts where name = %(n)s and unit = 'PTS'"
    assert house.inner.rows(held, n=POT) == [(250,)]
    done = house.post(f"/requests/{made}/withdraw", {"reason": "Settled otherwise"}, key=key)
    assert (done.status, done.body["state"]) == (200, "withdrawn")
    assert house.inner.rows(held, n=POT) == [(0,)]
    again = house.post(f"/requests/{made}/withdraw", {}, key=key)
    assert (again.status, again.body["reason"]) == (409, "closed")


def test_a_key_never_signs(house: ApiHouse) -> None:
    """There is no such operation, and the engine would not take its word."""
    from guerdon.access.grants import Scope  # noqa: PLC0415
    from guerdon.engine.approvals.acting import NOBODY, KeyActing, Refused  # noqa: PLC0415

    key = house.make_key()
    made = proposed(house, key, adjustment(house)).body["id"]
    number = read("apr", made)
    assert number is not None
    for name in ("approve", "sign", "signatures", "reject"):
        assert house.post(f"/requests/{made}/{name}", {}, key=key).status == 404
    inner = house.inner
    with inner.web() as tx:
        acting = KeyActing(inner.program_id, inner.program, NOBODY, inner.vault, utc_now(), "k", Scope())
        told = sign(tx, acting, [Word(number, 1, "approve")])[number]
    assert told == Refused("role")


def test_without_a_payer_the_tree_says_who_pays(house: ApiHouse) -> None:
    key = house.make_key()
    body = {name: each for name, each in adjustment(house).items() if name != "payer"}
    paid = [
        proposed(house, key, body).body["changes"],
        proposed(house, key, {**body, "member": house.member("ole"), "payer": None}).body["changes"],
        proposed(house, key, {**body, "unit": "EUR"}).body["changes"],
        proposed(house, key, {**body, "unit": "STARS"}).body["changes"],
        proposed(house, key, {"rows": [body, body], "reason": "x"}, "bulk").body["changes"],
    ]
    assert [[each["from_account"] for each in changes] for changes in paid] == [
        [POT], ["budget:pot:NO"], ["budget:cash:"], ["program:funding"], [POT, POT]
    ]  # fmt: skip
    reward = {"member": house.member(), "rule": "contract", "unit": "EUR", "value": 70, "reason": "lost"}
    given = proposed(house, key, reward, "rewards").body
    assert given["changes"][0]["from_account"] == "budget:cash:"


@pytest.mark.parametrize(
    ("unit", "payer"), [("PTS", "program:funding"), ("EUR", "program:funding"), ("PTS", CENTRAL)]
)
def test_what_has_budgets_is_paid_by_one_of_them(house: ApiHouse, unit: str, payer: str) -> None:
    key = house.make_key()
    row = adjustment(house, unit=unit, payer=payer)
    reward = {
        "member": house.member(),
        "rule": "order",
        "unit": unit,
        "value": 7,
        "payer": payer,
        "reason": "x",
    }
    for path, body, pointer in (
        ("adjustments", row, "/payer"),
        ("bulk", {"rows": [adjustment(house), row], "reason": "x"}, "/rows/1/payer"),
        ("rewards", reward, "/payer"),
    ):
        answer = house.post(f"/requests/{path}", body, key=key)
        assert (answer.status, answer.kind) == (422, "wrong")
        assert [error["pointer"] for error in answer.body["errors"]] == [pointer]
    assert house.inner.rows("select count(*) from requests") == [(0,)]


def test_a_withdrawn_key_leaves_its_requests_to_people(house: ApiHouse) -> None:
    key = house.make_key()
    made = proposed(house, key, adjustment(house)).body["id"]
    house.revoke(key)
    assert sign_as_finance(house, made) == "done"


@pytest.mark.parametrize("market", [True, False])
def test_a_key_of_a_place_proposes_for_that_place_alone(house: ApiHouse, market: bool) -> None:  # noqa: FBT001
    key = house.make_key(market="DE") if market else house.make_key(location="de-kiel")
    here = adjustment(house)
    assert house.post("/requests/adjustments", here, key=key).status == 201
    foreign = {**here, "member": house.member("ole")}
    nobody = {**here, "member": "mem_7ZZZZZZZZZZZZ"}
    told = [house.post("/requests/adjustments", body, key=key) for body in (foreign, nobody)]
    assert {answer.status for answer in told} == {422}
    assert [answer.body["errors"][0]["pointer"] for answer in told] == ["/member", "/member"]
    assert told[0].raw.replace(foreign["member"].encode(), b"") == told[1].raw.replace(
        nobody["member"].encode(), b""
    )
    # A budget that stands above it, or elsewhere, is as unknown to it as one that there is not.
    told = [
        house.post("/requests/adjustments", {**here, "payer": payer}, key=key)
        for payer in (CENTRAL, "budget:pot:NO", "budget:pot:XX")
    ]
    assert [(each.status, each.body["errors"][0]["pointer"]) for each in told] == [(422, "/payer")] * 3
    said = [each.body["errors"][0]["detail"].partition(" that pays")[2] for each in told]
    assert len(set(said)) == 1, said


def test_a_key_of_a_market_proposes_nothing_that_reaches_beyond(house: ApiHouse) -> None:
    key = house.make_key(market="DE")
    move = {"from_account": "program:funding", "to_account": CENTRAL, "unit": "PTS", "amount": 5}
    answer = house.post("/requests/budget-moves", {"moves": [move], "reason": "x"}, key=key)
    assert answer.status in {403, 422}
    assert house.inner.rows("select count(*) from requests") == [(0,)]


def test_every_wrong_row_of_a_bulk_is_named(house: ApiHouse) -> None:
    rows = [
        adjustment(house),
        adjustment(house, 0),
        adjustment(house, unit="XXX"),
        adjustment(house, -5),
        adjustment(house, member="mem_7ZZZZZZZZZZZZ"),
        adjustment(house, payer="budget:nowhere:"),
    ]
    answer = house.post("/requests/bulk", {"rows": rows, "reason": "x"})
    assert answer.status == 422
    found = {error["pointer"] for error in answer.body["errors"]}
    assert found >= {
        "/rows/1/amount", "/rows/2/unit", "/rows/3/amount", "/rows/4/member", "/rows/5/payer",
    }  # fmt: skip
    assert not [pointer for pointer in found if pointer.startswith("/rows/0")]
    assert house.inner.rows("select count(*) from requests") == [(0,)]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        (
            "budget-moves",
            {"moves": [{"from_account": POT, "to_account": "budget:cash:"}]},
            "/moves/0/to_account",
        ),
        (
            "budget-moves",
            {"moves": [{"from_account": "budget:x:", "to_account": POT}]},
            "/moves/0/from_account",
        ),
        ("rewards", {"rule": "nothing"}, "/rule"),
        ("rewards", {"payer": "budget:nowhere:"}, "/payer"),
        ("rewards", {"member": "mem_7ZZZZZZZZZZZZ"}, "/member"),
        ("rewards", {"unit": "XXX"}, "/unit"),
    ],
)
def test_a_content_that_cannot_be_carried_out_is_not_asked_for(
    house: ApiHouse, path: str, body: dict[str, Any], pointer: str
) -> None:
    if path == "rewards":
        reward = {"member": house.member(), "rule": "order", "unit": "PTS", "value": 7, "payer": POT}
        body = {**reward, **body, "reason": "x"}
    else:
        body = {"moves": [{**move, "unit": "PTS", "amount": 5} for move in body["moves"]], "reason": "x"}
    answer = house.post(f"/requests/{path}", body)
    assert answer.status == 422
    assert pointer in {error["pointer"] for error in answer.body["errors"]}


def test_more_than_a_budget_has_is_refused(house: ApiHouse) -> None:
    answer = house.post("/requests/adjustments", adjustment(house, 500_001))
    assert (answer.status, answer.body["reason"]) == (409, "budget")
    most = 2**63 - 1
    answer = house.post("/requests/adjustments", adjustment(house, most))
    assert answer.status == 409
    rows = [adjustment(house, most), adjustment(house, most)]
    assert house.post("/requests/bulk", {"rows": rows, "reason": "x"}).status == 422
