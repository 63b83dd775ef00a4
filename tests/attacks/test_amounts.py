"""Amounts that are none, by every way an amount comes in: refused, each time, and nothing moves."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from tests.approvals.doors import Doors
from tests.approvals.house import KIEL, House, adjustment
from tests.approvals.test_granting import work
from tests.wallet.house import House as Wallet
from tests.wallet.house import opened_house

from guerdon.connectors.cloudevents.payload import CONNECTION, check_events, read_arrivals, read_events
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.store.access.api_keys import KEY_SCOPES, ApiKey, record_api_key
from guerdon.store.audit import record_audit
from guerdon.store.database import connect
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

if TYPE_CHECKING:
    from django.http import HttpResponse

# As they stand in JSON.
NO_NUMBERS = (
    *("0", "-0", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e400", "-1e400"),
    *("NaN", "Infinity", "0.001", "12.0", "1e2", "1.5", "true", "null", "[12]", '{"amount":12}', '"12"'),
    *('"\uff11\uff12"', '" 12"', '"12,5"', '""', "1" * 400, "012", "+12", "1_000", "0x10"),
)
# Customer systems tell whole numbers as text: in an event, and nowhere else, these are twelve.
TWELVE = ('"12"', '" 12"')
# Where the sign matters, what is below zero is as bad.
BELOW_ZERO = ("-1", "-9223372036854775807")
# As people type them. Blanks around an amount are none of it.
NO_AMOUNTS = (
    *("0", "0.00", "-0", "9223372036854775808", "92233720368547758.08", "1e400", "1e2", "NaN", "inf"),
    *("\uff11\uff12", "\u0661\u0662", "12,5", "12,50", "0.001", "1.005", "+12", "1_000", "0x10", "12.", ".5"),
    *("--1", "- 1", "1 000", "1\u00a0000", "1\0002", "1\n2", "=1+1", "EUR 12", "9" * 4_000),
)


@dataclass
class Till:
    """A key that may do everything, and a member with something to spend."""

    doors: Doors
    key: str
    hold: str = ""
    asked: int = 0

    @property
    def house(self) -> House:
        return self.doors.house

    def post(self, path: str, body: str) -> "HttpResponse":
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        self.asked += 1
        if self.asked % 15 == 0:
            # A key may ask so many times a second.
            self.key = make_key(self.house)
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": secrets.token_hex(8)}
        client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
        return client.generic(  # type: ignore[return-value]
            "POST", f"/api/v1/{path}", body.encode(), content_type="application/json", headers=headers
        )


def make_key(house: House) -> str:
    key_id, secret, now = secrets.token_hex(6), secrets.token_hex(20), utc_now()
    scopes = tuple(scope for scope in KEY_SCOPES if scope != "write:events")
    until = now + timedelta(days=1)
    key = ApiKey(key_id, sha256(secret.encode()).digest(), "test", "", until, None, scopes, None, None)
    with house.opened() as tx:
        record_api_key(tx, house.program_id, key, now)
        record_audit(tx, house.program_id, "test", "key.added", key_id, now)
    return f"gdn_{key_id}_{secret}"


@pytest.fixture
def till(doors: Doors) -> Till:
    house = doors.house
    house.asked("fay", adjustment(1_000, "PTS"), utc_now())
    work(house, utc_now())
    made = Till(doors, make_key(house))
    wish = '{"unit": "PTS", "amount": 300, "purpose": "order"}'
    answer = made.post(f"members/{show('mem', KIEL)}/holds", wish)
    assert answer.status_code == 201, answer.content
    made.hold = answer.json()["hold"]  # type: ignore[attr-defined]
    return made


def standing(house: House) -> list[tuple[object, ...]]:
    return house.rows(
        """
        select (select count(*) from requests), (select count(*) from transfers),
               (select count(*) from events),
               (select count(*) from holds where state = 'open'), (select sum(abs(posted)) from accounts),
               (select sum(held) from accounts), (select count(*) from revisions)
        """
    )


MEMBER = show("mem", KIEL)
PTS = '"unit": "PTS", "payer": "budget:points:", "reason": "x"'
# Every operation with an amount; `%s` is where it stands.
OPERATIONS = {
    f"members/{MEMBER}/spends": '{"unit": "PTS", "amount": %s}',
    f"members/{MEMBER}/holds": '{"unit": "PTS", "amount": %s, "purpose": "x"}',
    f"members/{MEMBER}/holds/{{hold}}/capture": '{"amount": %s}',
    "requests/adjustments": f'{{"member": "{MEMBER}", "amount": %s, {PTS}}}',
    "requests/bulk": f'{{"reason": "x", "rows": [{{"member": "{MEMBER}", "amount": %s, {PTS}}}]}}',
    "requests/rewards": f'{{"member": "{MEMBER}", "rule": "order_points", "value": %s, {PTS}}}',
    "requests/budget-moves": (
        '{"reason": "x", "moves": [{"from_account": "budget:central:", "to_account": "budget:by_market:DE",'
        ' "unit": "EUR", "amount": %s}]}'
    ),
}
SIGNED = ("requests/adjustments", "requests/bulk")


@pytest.mark.parametrize("path", list(OPERATIONS))
def test_no_operation_takes_what_is_no_amount(till: Till, path: str) -> None:
    before = standing(till.house)
    where = path.replace("{hold}", till.hold)
    for text in (*NO_NUMBERS, *(() if path in SIGNED else BELOW_ZERO)):
        # Nothing said is all of the hold.
        if path.endswith("capture") and text == "null":
            continue
        answer = till.post(where, OPERATIONS[path] % text)
        assert answer.status_code in (400, 422), (text, answer.status_code, answer.content)
    assert standing(till.house) == before
    # The same with an amount does something: the attack knocks at the right door.
    assert till.post(where, OPERATIONS[path] % "7").status_code in (200, 201)
    assert standing(till.house) != before


def test_a_unit_of_somewhere_else_is_none(till: Till) -> None:
    before = standing(till.house)
    for path, body in OPERATIONS.items():
        if "unit" in body:
            for unit in ("XAU", "pts", "EUR ", "\uff25\uff35\uff32"):
                wrong = (body % "5").replace('"PTS"', f'"{unit}"').replace('"EUR"', f'"{unit}"')
                assert till.post(path, wrong).status_code == 422, (path, unit)
    assert standing(till.house) == before


FORMS: dict[str, tuple[str, str, dict[str, str]]] = {
    "adjustment": ("fay", "decisions/new", {"act": "adjustment", "member": MEMBER, "unit": "EUR"}),
    "reward": ("lea", "decisions/new", {"act": "reward", "member": MEMBER, "rule": "order"}),
    "move": (
        "fay",
        "decisions/new?act=move&account=by_market:DE",
        {"act": "move", "account": "by_market:DE", "other": "budget:central:", "way": "in"},
    ),
    "grant": (
        "opa",
        "decisions/new?act=grant",
        {"act": "grant", "person": "{lea}", "role": "dealer_manager", "location": "de-kiel", "unit": "EUR"},
    ),
    "edit": ("lea", "decisions/{request}", {"act": "edit", "revision": "1"}),
}


@pytest.mark.parametrize("form", list(FORMS))
def test_no_form_takes_what_is_no_amount(till: Till, form: str) -> None:
    house, (name, path, sent) = till.house, FORMS[form]
    number = show("apr", house.asked("lea", house.reward(2_000), utc_now()))
    path = path.replace("{request}", number)
    sent = {key: value.replace("{lea}", show("per", house.people["lea"])) for key, value in sent.items()}
    visitor, before = till.doors.visitor(name), standing(house)
    token = visitor.page(path).partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    common = {"csrfmiddlewaretoken": token, "reason": "because", "payer": "budget:by_market:DE"}
    signed = () if form == "adjustment" else ("-1", "-12.00")
    for text in (*NO_AMOUNTS, *signed):
        fields = {**common, **sent, "amount": text}
        answer = visitor.client.post(visitor.home + path, fields)
        assert answer.status_code == 422, (text, answer.status_code)
    assert standing(house) == before
    answer = visitor.client.post(visitor.home + path, {**common, **sent, "amount": " 12.00 "})
    assert answer.status_code == 303, answer.content.decode()
    if form in ("adjustment", "reward"):
        assert house.rows("select amount from requests order by created_at desc limit 1") == [(1_200,)]


@pytest.fixture
def wallet(database: str, secret: str) -> Iterator[Wallet]:
    with opened_house(database, secret) as house:
        house.enroll("ada")
        yield house


def test_no_event_with_an_amount_that_is_none_gives_anything(wallet: Wallet) -> None:
    for number, text in enumerate({*NO_NUMBERS, *BELOW_ZERO} - set(TWELVE)):
        body = (
            f'[{{"specversion": "1.0", "id": "e{number}", "source": "/tests", "type": "order.paid",'
            f' "subject": "crm:ada", "time": "{wallet.now.isoformat()}",'
            f' "data": {{"order_no": "o{number}", "amount": {text}}}}}]'
        ).encode()
        events = read_events(body)
        if not isinstance(events, list) or check_events(wallet.program, "/", events):
            continue
        delivery = Delivery(CONNECTION, body, read_arrivals(events))
        with connect(wallet.url, wallet.secret, "web") as db:
            keep_deliveries(db, wallet.vault, wallet.program_id, [delivery], wallet.now)
        wallet.work()
    assert wallet.rows("select value, reference from rewards") == []
    assert wallet.rows("select count(*) from accounts where member_id <> 0 and posted <> 0") == [(0,)]
    assert wallet.rows("select reason, detail from quarantine where reason = 'poison'") == []
    wallet.tell("ada", "order.paid", order_no="last", amount=12)
    assert wallet.rows("select value from rewards") == [(12,)]
