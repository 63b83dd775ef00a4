"""Somebody with roles in two programs, and keys of both: what one gives opens nothing in the other."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.approvals.doors import Doors, Visitor, opened_doors
from tests.approvals.house import KIEL, LONG_AGO, House, adjustment
from tests.approvals.test_granting import work

from guerdon.engine.publish import publish
from guerdon.queries.invariants import check_invariants
from guerdon.store.access.api_keys import KEY_SCOPES, ApiKey, record_api_key
from guerdon.store.audit import record_audit
from guerdon.store.database import connect
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

if TYPE_CHECKING:
    from django.http import HttpResponse

# A member of the other program alone.
STRANGER = 77
MISSING = 4_040_404


@dataclass
class Pair:
    """Two programs in one installation: fay signs for finance here, and is a frontline's there."""

    doors: Doors
    there: House

    @property
    def here(self) -> House:
        return self.doors.house

    def visitor(self, name: str, *, there: bool = False) -> Visitor:
        known = self.doors.visitor(name)
        key = (self.there if there else self.here).program.key
        return Visitor(known.client, f"/console/{key}/")

    def key_of(self, house: House) -> str:
        key_id, secret, now = secrets.token_hex(6), secrets.token_hex(20), utc_now()
        scopes = tuple(scope for scope in KEY_SCOPES if scope != "write:events")
        until = now + timedelta(days=1)
        key = ApiKey(key_id, sha256(secret.encode()).digest(), "test", "", until, None, scopes, None, None)
        with house.opened() as tx:
            record_api_key(tx, house.program_id, key, now)
            record_audit(tx, house.program_id, "test", "key.added", key_id, now)
        return f"gdn_{key_id}_{secret}"

    def ask_api(
        self, key: str, method: str, path: str, body: object = None, once: str = ""
    ) -> "tuple[int, Any]":
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": once or secrets.token_hex(8)}
        given = Client(SERVER_NAME="127.0.0.1").generic(
            method,
            f"/api/v1/{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers=headers,
        )
        return given.status_code, json.loads(given.content)


@pytest.fixture
def pair(house: House, tmp_path: Path) -> Iterator[Pair]:
    there = House(house.url, house.secret)
    there.vault = house.vault
    there.program = replace(house.program, key="other_motors")
    with connect(house.url, house.secret, "owner") as db:
        there.program_id = publish(db, there.program, "test", LONG_AGO).program_id
    with there.opened("worker") as tx:
        for member in (KIEL, STRANGER):
            there.enroll(tx, member)
    there.employ("fay", "frontline", ("DE", "de-kiel"))
    there.employ("opa", "auditor")
    there.employ("zoe", "finance")
    there.employ("zara", "program_owner")
    with opened_doors(house, tmp_path) as doors:
        doors.house.people.setdefault("zoe", there.people["zoe"])
        yield Pair(doors, there)
    with there.opened() as tx:
        assert check_invariants(tx) == []


def told(answer: "HttpResponse") -> tuple[int, bytes]:
    return answer.status_code, answer.content


def test_a_request_of_one_program_is_as_good_as_none_in_the_other(pair: Pair) -> None:
    now = utc_now()
    theirs = pair.there.asked("zoe", adjustment(6_000), now)
    ours = pair.here.asked("finn", adjustment(6_000), now)
    for name, number, there in (("fay", theirs, False), ("fay", ours, True), ("opa", theirs, False)):
        visitor = pair.visitor(name, there=there)
        for path in ("decisions/{}", "decisions/{}?view=open", "audit?open={}"):
            foreign, missing = (visitor.get(path.format(show("apr", n))) for n in (number, MISSING))
            assert foreign.status_code == missing.status_code
            assert show("apr", number) not in foreign.content.decode().replace(
                path.format(show("apr", number)), ""
            )
        for act in ("approve", "reject", "ask", "withdraw", "edit"):
            sent = {"act": act, "revision": 1, "reason": "because", "amount": "70.00"}
            answer = visitor.send(f"decisions/{show('apr', number)}", form="decisions", **sent)
            assert answer.status_code == 404, (name, act)
        many = visitor.send("decisions", request=f"{show('apr', number)}.1")
        none = visitor.send("decisions", request=f"{show('apr', MISSING)}.1")
        assert (many.status_code, none.status_code) == (409, 409)
    assert pair.here.rows("select count(*) from signatures") == [(0,)]
    assert pair.here.rows("select distinct state, revision from requests") == [("open", 1)]


def test_who_signs_for_finance_here_signs_nothing_there(pair: Pair) -> None:
    number = pair.there.asked("zoe", adjustment(6_000), utc_now())
    fay = pair.visitor("fay", there=True)
    # The stronger role is in the other program: here they are a frontline's.
    assert fay.get(f"decisions/{show('apr', number)}").status_code == 404
    for path in ("ledger", "owed", "budgets", "controls", "audit", "people", ""):
        assert fay.get(path).status_code == 404, path
    sent = {"act": "adjustment", "member": show("mem", KIEL), "unit": "PTS", "amount": "5", "reason": "x"}
    answer = fay.send("decisions/new", form="decisions", **sent)
    assert answer.status_code == 422
    assert pair.here.rows("select count(*) from requests") == [(1,)]


FOREIGN: dict[str, dict[str, str]] = {
    "member": {"act": "adjustment", "member": show("mem", STRANGER), "unit": "PTS", "amount": "5"},
    "member elsewhere": {"act": "adjustment", "member": f"crm:c{STRANGER}", "unit": "PTS", "amount": "5"},
    "reward": {"act": "reward", "member": show("mem", STRANGER), "rule": "order"},
}


@pytest.mark.parametrize("case", list(FOREIGN))
def test_a_member_of_the_other_program_is_as_unknown_as_none(pair: Pair, case: str) -> None:
    fay, sent = pair.visitor("fay"), {**FOREIGN[case], "reason": "because"}
    missing = {
        name: value.replace(show("mem", STRANGER), show("mem", MISSING)).replace(f"c{STRANGER}", "c404")
        for name, value in sent.items()
    }
    pages = []
    for each in (sent, missing):
        answer = fay.send("decisions/new", form="decisions", **each)
        assert answer.status_code == 422
        page = answer.content.decode().replace(each["member"], "")
        pages.append(page.partition('role="alert"')[2].partition("</div>")[0])
    assert pages[0] == pages[1] != ""
    assert pair.here.rows("select count(*) from requests") == [(0,)]


def test_a_file_may_not_name_members_of_the_other_program(pair: Pair) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415  Django is prepared by then

    rows = f"{show('mem', STRANGER)},,,PTS,5,x\n,crm,c{STRANGER},PTS,5,x\n"
    file = SimpleUploadedFile("a.csv", f"member,source,external_id,unit,amount,reason\n{rows}".encode())
    answer = pair.visitor("fay").send("decisions/new", act="bulk", reason="spring", file=file)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"nobody is {show('mem', STRANGER)}" in page
    assert f"nobody is c{STRANGER} in crm" in page


def test_people_and_grants_of_the_other_program_are_not_there(pair: Pair) -> None:
    there, opa = pair.there, pair.visitor("opa")
    ((grant,),) = there.rows(
        "select id from grants where person_id = %s and program_id = %s",
        there.people["zoe"],
        there.program_id,
    )
    answer = opa.send("people", act="revoke", grant=grant, reason="because")
    assert answer.status_code == 404
    days = {"from": utc_now().date().isoformat(), "to": (utc_now() + timedelta(days=3)).date().isoformat()}
    zoe, finn = show("per", there.people["zoe"]), show("per", pair.here.people["finn"])
    for away, instead in ((zoe, finn), (finn, zoe)):
        sent = {"act": "name_stand_in", "person": away, "stand_in": instead, **days}
        assert opa.send("people", **sent).status_code == 404
    sent = {"act": "grant", "person": zoe, "role": "finance", "reason": "because"}
    assert opa.send("decisions/new", form="decisions", **sent).status_code == 422
    # There they only read, whatever they may write here.
    for sent in (
        {"act": "revoke", "grant": str(grant), "reason": "x"},
        {"act": "end_stand_in", "number": "1"},
    ):
        assert pair.visitor("opa", there=True).send("people", form="decisions", **sent).status_code == 403
    assert there.rows("select count(*) from grants where revoked_at is not null") == [(0,)]
    assert there.rows("select count(*) from stand_ins") == [(0,)]


def test_no_page_shows_what_is_of_the_other_program(pair: Pair) -> None:
    number = pair.there.asked("zoe", adjustment(700, "PTS", STRANGER), utc_now())
    work(pair.there, utc_now())
    assert pair.there.state(number) == "done"
    ((transfer,),) = pair.there.rows("select id from transfers where member_id = %s", STRANGER)
    assert isinstance(transfer, int)
    finn = pair.visitor("finn")
    for path, missing in (
        (f"members/{show('mem', STRANGER)}", f"members/{show('mem', MISSING)}"),
        (f"ledger/{show('trf', transfer)}", f"ledger/{show('trf', MISSING)}"),
    ):
        told = [finn.get(each) for each in (path, missing)]
        assert [answer.status_code for answer in told] == [404, 404]
    for path in (
        "ledger",
        "owed",
        "members",
        "decisions?view=decided",
        "audit",
        "budgets",
        "rewards",
        "live",
    ):
        page = finn.page(path)
        assert show("mem", STRANGER) not in page
        assert show("trf", transfer) not in page
        assert show("apr", number) not in page
    assert pair.visitor("finn", there=True).get("").status_code == 404


def test_a_key_of_one_program_finds_nothing_of_the_other(pair: Pair) -> None:
    key = pair.key_of(pair.here)
    number = show("apr", pair.there.asked("zoe", adjustment(6_000), utc_now()))
    stranger, missing = show("mem", STRANGER), show("mem", MISSING)
    for path in ("members/{}", "members/{}/balances", "members/{}/statement?unit=PTS", "members/{}/rewards"):
        foreign, none = (pair.ask_api(key, "GET", path.format(each)) for each in (stranger, missing))
        assert foreign == none
        assert foreign[0] == 404
    for path in ("requests/{}", "requests/{}/withdraw"):
        body: dict[str, object] | None = {} if path.endswith("withdraw") else None
        method = "GET" if body is None else "POST"
        told = [pair.ask_api(key, method, path.format(n), body) for n in (number, show("apr", MISSING))]
        assert told[0] == told[1]
        assert told[0][0] == 404
    spend = {"unit": "PTS", "amount": 1}
    for member in (stranger, missing):
        assert pair.ask_api(key, "POST", f"members/{member}/spends", spend)[0] == 404
        wish = {"member": member, "unit": "PTS", "amount": 1, "payer": "budget:points:", "reason": "x"}
        assert pair.ask_api(key, "POST", "requests/adjustments", wish)[0] == 422
    assert pair.there.state(pair.there.rows("select id from requests")[0][0]) == "open"  # type: ignore[arg-type]


def test_a_key_of_idempotency_of_one_program_means_nothing_in_the_other(pair: Pair) -> None:
    keys = [pair.key_of(house) for house in (pair.here, pair.there)]
    wish = {
        "member": show("mem", KIEL),
        "unit": "PTS",
        "amount": 9_000,
        "payer": "budget:points:",
        "reason": "promised",
    }
    told = [pair.ask_api(key, "POST", "requests/adjustments", wish, "the-same-name") for key in keys]
    assert [status for status, _ in told] == [201, 201]
    assert told[0][1]["id"] != told[1][1]["id"]
    assert pair.here.rows("select count(distinct program_id), count(*) from requests") == [(2, 2)]
    # Sent again, each is told its own.
    assert [pair.ask_api(key, "POST", "requests/adjustments", wish, "the-same-name") for key in keys] == told
    other = [
        pair.ask_api(key, "GET", f"requests/{body['id']}")[0]
        for key, (_, body) in zip(keys, reversed(told), strict=True)
    ]
    assert other == [404, 404]
