"""The stand-in for Twilio does as the documents say, and its faults do what they are called."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from tests.standins.house import Received, Receiver, wait_for
from tests.standins.messengers import Messenger, Said, basic, start, stop

SILENT = 0
TO = "+447700900500"
NOWHERE = "http://127.0.0.1:9/told"
LONG_S = 600


@pytest.fixture(scope="module")
def process() -> Iterator[Messenger]:
    messenger = start("twilio", "--checked")
    yield messenger
    assert stop(messenger) == 0


@pytest.fixture
def twilio(process: Messenger) -> Messenger:
    process.reset()
    process.headers = basic(process.keys["account"], process.keys["token"])
    return process


def messages(twilio: Messenger, more: str = ".json") -> str:
    return f"/2010-04-01/Accounts/{twilio.keys['account']}/Messages{more}"


def send(twilio: Messenger, body: str = "Hello", fault: str = "none", **more: str) -> Said:
    twilio.control("faults", next=[fault])
    form = {"To": TO, "From": twilio.keys["from"], "Body": body, **more}
    return twilio.ask("POST", messages(twilio), form={name: text for name, text in form.items() if text})


def listed(twilio: Messenger, query: str = "") -> list[dict[str, Any]]:
    said = twilio.ask("GET", messages(twilio) + query)
    assert said.status == 200, said
    return list(said.body["messages"])


def fields(received: Received) -> dict[str, str]:
    return dict(parse_qsl(received.body.decode(), keep_blank_values=True, strict_parsing=True))


def signed_by(token: str, url: str, params: dict[str, str]) -> str:
    text = url + "".join(f"{name}{params[name]}" for name in sorted(params))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def test_a_message_is_queued_then_sent_then_delivered_in_its_own_time(twilio: Messenger) -> None:
    said = send(twilio)
    assert said.status == 201
    first = said.body
    assert (first["status"], first["date_sent"], first["price"]) == ("queued", None, None)
    assert (first["num_segments"], first["direction"]) == ("1", "outbound-api")
    assert first["date_created"] == "Sun, 22 Nov 2026 12:00:00 +0000"
    path = messages(twilio, f"/{first['sid']}.json")
    assert first["uri"] == path
    twilio.control("timing", sent_s=[10, 10], ended_s=[20, 20])
    second = send(twilio, "again").body
    assert second["sid"] != first["sid"], "nothing makes a repetition the same message"
    where = messages(twilio, f"/{second['sid']}.json")
    seen = []
    for seconds in (9, 1, 19, 1):
        twilio.advance(seconds)
        seen.append(twilio.ask("GET", where).body["status"])
    assert seen == ["queued", "sent", "sent", "delivered"]
    after = twilio.ask("GET", where).body
    assert (after["date_sent"], after["error_code"]) == ("Sun, 22 Nov 2026 12:00:10 +0000", None)
    assert after["price"] == "-0.00750"
    assert [row["status"] for row in twilio.ledger()] == ["delivered", "delivered"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Invented": "1"}, 20001),
        ({"MediaUrl": "https://example.com/a.png"}, 20001),
        ({"ValidityPeriod": "soon"}, 20001),
        ({"To": ""}, 21604),
        ({"To": "0770 900500"}, 21211),
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550002"}, 21612),
        ({"To": "+15005550003"}, 21408),
        ({"To": "+15005550004"}, 21610),
        ({"To": "+15005550009"}, 21614),
        ({"From": ""}, 21603),
        ({"From": "Twelve chars"}, 21212),
        ({"From": "+15005550001"}, 21212),
        ({"From": "+15005550007"}, 21606),
        ({"From": "+15005550008"}, 21611),
        ({"From": "+447700900999"}, 21606),
        ({"From": "Nordlys", "To": "+12025550100"}, 21612),
        ({"MessagingServiceSid": "MG" + "0" * 32}, 21701),
        ({"Body": ""}, 21602),
        ({"Body": "a" * 1601}, 21617),
        ({"StatusCallback": "https://under_score.example.com/"}, 21609),
        ({"StatusCallback": "/told"}, 21609),
        ({"ValidityPeriod": "36001"}, 90007),
    ],
)
def test_what_is_not_as_documented_is_refused_and_leaves_nothing(
    twilio: Messenger, change: dict[str, str], code: int
) -> None:
    said = send(
        twilio, **{"body": "Hello", **{name.replace("Body", "body"): change[name] for name in change}}
    )
    assert said.body["code"] == code, said
    assert said.body["status"] == said.status
    assert said.status == (404 if code == 21701 else 400)
    assert said.body["more_info"].endswith(f"/{code}")
    assert twilio.ledger() == []
    assert listed(twilio) == []


def test_a_body_that_is_no_form_is_refused(twilio: Messenger) -> None:
    good = {"To": TO, "From": twilio.keys["from"], "Body": "Hello"}
    as_json = twilio.ask("POST", messages(twilio), good)
    twice = twilio.ask("POST", messages(twilio), form=b"To=1&To=2&From=3&Body=4")
    broken = twilio.ask("POST", messages(twilio), form=b"To&%ff")
    assert [said.body["code"] for said in (as_json, twice, broken)] == [20001] * 3
    assert twilio.ask("POST", messages(twilio), form=good).status == 201


def test_token_header_parameter_address_and_pace_are_looked_at(twilio: Messenger) -> None:
    account, token = twilio.keys["account"], twilio.keys["token"]
    other = twilio.control("accounts")
    for headers in (
        basic(account, "another"),
        basic(other["account"], token),
        basic(account, ""),
        {"Authorization": f"Bearer {token}"},
        {"Authorization": ""},
    ):
        said = twilio.ask("GET", messages(twilio), headers=headers)
        assert (said.status, said.body["code"]) == (401, 20003)
    theirs = basic(other["account"], other["token"])
    assert twilio.ask("GET", messages(twilio), headers=theirs).status == 404
    key = basic(twilio.keys["key"], twilio.keys["key_secret"])
    assert twilio.ask("GET", messages(twilio), headers=key).status == 200
    assert twilio.ask("GET", messages(twilio), headers={"Idempotency-Key": "a"}).status == 400
    assert twilio.ask("GET", messages(twilio, ".json?Body=a")).status == 400
    assert twilio.ask("GET", messages(twilio, "")).status == 404
    assert twilio.ask("PUT", messages(twilio)).status == 405
    twilio.control("limits", on=True)
    told = [twilio.ask("GET", messages(twilio)).status for _ in range(101)]
    assert told == [200] * 100 + [429]
    twilio.advance(1)
    assert twilio.ask("GET", messages(twilio)).status == 200


@pytest.mark.parametrize(
    ("fault", "status", "created"),
    [
        ("refused", 400, 0),
        ("limited", 429, 0),
        ("before", 5, 0),
        ("after", 5, 1),
        ("cut", SILENT, 1),
        ("lost", SILENT, 0),
    ],
)
def test_a_lost_answer_can_be_made_up_for_by_asking_what_was_sent(
    twilio: Messenger, fault: str, status: int, created: int
) -> None:
    said = send(twilio, fault=fault)
    assert status in (said.status, said.status // 100)
    assert len(twilio.ledger()) == created
    twilio.advance(LONG_S)
    found = listed(twilio, f"?To=%2B{TO[1:]}&DateSent=2026-11-22")
    assert [one["status"] for one in found] == ["delivered"] * created
    send(twilio)
    assert len(twilio.ledger()) == created + 1, "nothing but asking keeps it from being sent twice"


def test_what_is_late_is_created_only_when_the_time_has_passed(twilio: Messenger) -> None:
    assert send(twilio, fault="late").status == SILENT
    assert listed(twilio) == []
    twilio.advance(LONG_S)
    assert [one["body"] for one in listed(twilio)] == ["Hello"]


@pytest.mark.parametrize(
    ("outcome", "status", "error", "arrived"),
    [
        ("mobile", "delivered", None, True),
        ("silent", "sent", None, True),
        ("off", "undelivered", 30003, False),
        ("blocked", "undelivered", 30004, False),
        ("unknown", "undelivered", 30005, False),
        ("landline_later", "undelivered", 30006, False),
        ("filtered", "undelivered", 30007, False),
        ("failing", "failed", 30008, False),
    ],
)
def test_a_number_decides_how_a_message_ends(
    twilio: Messenger, outcome: str, status: str, error: int | None, *, arrived: bool
) -> None:
    twilio.control("numbers", number=TO, outcome=outcome)
    sid = send(twilio).body["sid"]
    twilio.advance(LONG_S)
    shown = twilio.ask("GET", messages(twilio, f"/{sid}.json")).body
    assert (shown["status"], shown["error_code"]) == (status, error)
    assert (shown["error_message"] is None) == (error is None)
    assert (shown["date_sent"] is None) == (status == "failed")
    assert [row["arrived"] for row in twilio.ledger()] == [arrived]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("invalid", 21211), ("landline", 21614), ("unreachable", 21612), ("region", 21408)],
)
def test_a_number_or_its_region_may_be_refused_at_once(twilio: Messenger, outcome: str, code: int) -> None:
    twilio.control("numbers", number=TO, outcome=outcome)
    assert send(twilio).body["code"] == code
    twilio.control("numbers", number=TO, outcome="mobile")
    twilio.control("regions", blocked=["+44"])
    assert send(twilio).body["code"] == 21408
    assert twilio.ask("POST", "/_control/numbers", {"number": TO, "outcome": "nonsense"}).status == 400


def test_callbacks_tell_each_change_in_order_signed_as_documented(
    twilio: Messenger, receiver: Receiver
) -> None:
    url = f"{receiver.url}?program=1"
    sid = send(twilio, StatusCallback=f"{url}#rc=2").body["sid"]
    twilio.advance(LONG_S)
    wait_for(lambda: len(receiver.received) == 2)
    told = [fields(one) for one in receiver.received]
    assert [one["MessageStatus"] for one in told] == ["sent", "delivered"]
    for one, params in zip(receiver.received, told, strict=True):
        assert one.headers["X-Twilio-Signature"] == signed_by(twilio.keys["token"], url, params)
        assert one.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
        assert {params["MessageSid"], params["SmsSid"]} == {sid}
        assert (params["To"], params["From"], params["SmsStatus"]) == (
            TO,
            twilio.keys["from"],
            params["MessageStatus"],
        )
        assert "ErrorCode" not in params
    assert "RawDlrDoneDate" not in told[0]
    assert told[1]["RawDlrDoneDate"] == "2611221200"


def test_a_service_chooses_the_sender_and_tells_that_it_is_queued(
    twilio: Messenger, receiver: Receiver
) -> None:
    service = twilio.keys["service"]
    said = send(twilio, From="", MessagingServiceSid=service, StatusCallback=receiver.url)
    assert (said.body["status"], said.body["from"], said.body["num_segments"]) == ("accepted", None, "0")
    twilio.advance(LONG_S)
    wait_for(lambda: len(receiver.received) == 3)
    told = [fields(one) for one in receiver.received]
    assert [one["MessageStatus"] for one in told] == ["queued", "sent", "delivered"]
    assert {one["MessagingServiceSid"] for one in told} == {service}
    senders = {one["From"] for one in told}
    send(twilio, "another", From="", MessagingServiceSid=service)
    twilio.advance(LONG_S)
    senders |= {one["from"] for one in listed(twilio)}
    assert len(senders) == 1, "the same handset is written to by the same number"
    assert senders <= set(twilio.keys["pool"])
    outside = send(twilio, From=twilio.keys["from"], MessagingServiceSid=service)
    assert outside.body["code"] == 21606


def test_an_error_is_told_where_it_ends(twilio: Messenger, receiver: Receiver) -> None:
    send(twilio, fault="undelivered", StatusCallback=receiver.url)
    send(twilio, "b", fault="failed", StatusCallback=receiver.url)
    twilio.advance(LONG_S)
    wait_for(lambda: len(receiver.received) == 3)
    told = [fields(one) for one in receiver.received]
    ends = {(one["MessageStatus"], one.get("ErrorCode")) for one in told}
    assert ends == {("sent", None), ("undelivered", "30003"), ("failed", "30008")}


def test_callbacks_come_twice_out_of_order_early_or_not_at_all(twilio: Messenger, receiver: Receiver) -> None:
    def told(fault: str) -> list[str]:
        receiver.received.clear()
        send(twilio, fault, fault=fault, StatusCallback=receiver.url)
        twilio.advance(LONG_S)
        wait_for(lambda: twilio.ask("GET", "/_control/hooks").body["under_way"] == 0)
        return [fields(one)["MessageStatus"] for one in receiver.received]

    assert told("twice") == ["sent"] * 3 + ["delivered"] * 3
    assert told("disordered") == ["delivered", "sent"]
    assert told("untold") == []
    assert told("stuck") == ["sent"]
    receiver.received.clear()
    said = send(twilio, fault="early", StatusCallback=receiver.url)
    assert [fields(one)["MessageStatus"] for one in receiver.received] == ["sent"], "before the reply"
    assert said.body["status"] == "queued"
    assert {row["status"] for row in twilio.ledger() if row["fault"] != "stuck"} >= {"delivered"}


def test_a_webhook_is_tried_again_as_its_address_says_with_one_token(
    twilio: Messenger, receiver: Receiver
) -> None:
    receiver.answers = [(503, {}, b""), (200, {}, b"")]
    send(twilio, fault="stuck", StatusCallback=f"{receiver.url}#rc=3&rp=5xx")
    twilio.advance(LONG_S)
    wait_for(lambda: len(receiver.received) == 2)
    assert len({one.headers["I-Twilio-Idempotency-Token"] for one in receiver.received}) == 1
    receiver.answers = [(503, {}, b"")]
    send(twilio, "b", fault="stuck", StatusCallback=receiver.url)
    send(twilio, "c", fault="stuck", StatusCallback=NOWHERE)
    twilio.advance(LONG_S)
    wait_for(lambda: twilio.ask("GET", "/_control/hooks").body["under_way"] == 0)
    sent = twilio.ask("GET", "/_control/hooks").body["sent"]
    assert [one["attempts"] for one in sent] == [[503, 200], [503], [0, 0]]


def test_taken_callbacks_are_signed_and_a_wrong_secret_signs_otherwise(twilio: Messenger) -> None:
    twilio.control("behaviour", tells=False)
    send(twilio, fault="twice", StatusCallback=NOWHERE)
    twilio.advance(LONG_S)
    taken = twilio.control("callbacks/take")
    assert len(taken) == 6
    for one in taken:
        params = dict(parse_qsl(one["body"], keep_blank_values=True))
        assert one["url"] == NOWHERE
        assert one["headers"]["X-Twilio-Signature"] == signed_by(twilio.keys["token"], NOWHERE, params)
    assert twilio.control("callbacks/take") == []
    twilio.control("hooks", wrong_secret=True)
    send(twilio, "b", StatusCallback=NOWHERE)
    twilio.advance(LONG_S)
    for one in twilio.control("callbacks/take"):
        params = dict(parse_qsl(one["body"], keep_blank_values=True))
        assert one["headers"]["X-Twilio-Signature"] != signed_by(twilio.keys["token"], NOWHERE, params)


def test_a_webhook_with_a_json_body_has_the_hash_of_it_in_its_address(
    twilio: Messenger, receiver: Receiver
) -> None:
    url = twilio.control("callbacks/json", url=f"{receiver.url}?a=1", body={"type": "é"})["url"]
    wait_for(lambda: len(receiver.received) == 1)
    one = receiver.received[0]
    assert url == f"{receiver.url}?a=1&bodySHA256={hashlib.sha256(one.body).hexdigest()}"
    assert one.path.endswith(url.rpartition("/")[2])
    assert one.headers["X-Twilio-Signature"] == signed_by(twilio.keys["token"], url, {})
    assert one.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("word", ["STOP", "stop", " Unsubscribe ", "STOPALL", "cancel", "End", "QUIT"])
def test_stop_is_told_and_then_nothing_is_sent_until_start(
    twilio: Messenger, receiver: Receiver, word: str
) -> None:
    ours, token = twilio.keys["from"], twilio.keys["token"]
    twilio.control("hooks", url=receiver.url)
    assert twilio.control("inbound", **{"from": TO, "to": ours, "body": word})["opted_out"]
    wait_for(lambda: len(receiver.received) == 1)
    told = fields(receiver.received[0])
    assert (told["From"], told["To"], told["Body"], told["SmsStatus"]) == (TO, ours, word, "received")
    assert "OptOutType" not in told
    assert receiver.received[0].headers["X-Twilio-Signature"] == signed_by(token, receiver.url, told)
    said = send(twilio)
    assert (said.status, said.body["code"]) == (400, 21610)
    # The opt-out is from one number: the service is another sender, and so is a name.
    assert send(twilio, From="Nordlys").status == 201
    assert send(twilio, From="", MessagingServiceSid=twilio.keys["service"]).status == 201
    assert not twilio.control("inbound", **{"from": TO, "to": ours, "body": "start"})["opted_out"]
    assert send(twilio).status == 201


def test_a_service_is_left_as_a_whole_and_only_by_a_word_alone(twilio: Messenger, receiver: Receiver) -> None:
    one, two = twilio.keys["pool"]
    service = twilio.keys["service"]
    twilio.control("hooks", url=receiver.url)
    twilio.control("behaviour", advanced_opt_out=True)
    for body, keyword in (("STOP please", ""), ("Help", "HELP"), ("", "")):
        came = twilio.control("inbound", **{"from": TO, "to": one, "body": body})
        assert (came["keyword"], came["opted_out"]) == (keyword, False)
    assert twilio.control("inbound", **{"from": TO, "to": one, "body": "Stop", "copies": 2})["opted_out"]
    wait_for(lambda: len(receiver.received) == 5)
    kinds = sorted(fields(one).get("OptOutType", "") for one in receiver.received)
    assert kinds == ["", "", "HELP", "STOP", "STOP"]
    for sender in ("", one, two, "Nordlys"):
        assert send(twilio, From=sender, MessagingServiceSid=service).body["code"] == 21610
    assert send(twilio, From=two).body["code"] == 21610
    assert send(twilio).status == 201
    twilio.control("optouts", **{"from": TO, "to": one, "on": False})
    assert send(twilio, "b", From=two).status == 201
    assert (
        twilio.ask("POST", "/_control/inbound", {"from": TO, "to": "Nordlys", "body": "STOP"}).status == 400
    )


def test_lists_go_from_page_to_page_without_a_gap_while_more_is_sent(twilio: Messenger) -> None:
    twilio.control("timing", sent_s=[0, 0], ended_s=[0, 0])
    for number in range(5):
        send(twilio, f"page {number}")
        twilio.advance(60)
    seen: list[str] = []
    address = messages(twilio, ".json?PageSize=2&To=%2B447700900500")
    while address:
        page = twilio.ask("GET", address).body
        assert page["page_size"] == 2
        seen += [one["body"] for one in page["messages"]]
        address = page["next_page_uri"]
        send(twilio, "meanwhile")
        twilio.advance(60)
    assert seen == [f"page {number}" for number in range(4, -1, -1)]
    back = twilio.ask("GET", page["previous_page_uri"]).body
    assert [one["body"] for one in back["messages"]] == ["page 2", "page 1"]
    for query in ("PageSize=0", "PageSize=1001", "Page=1", "PageToken=PAnobody", "To=447700900500", "To=+44"):
        assert twilio.ask("GET", messages(twilio, f".json?{query}")).status == 400, query


def test_a_list_is_of_a_number_and_of_days(twilio: Messenger) -> None:
    send(twilio, "before midnight")
    twilio.advance(86_400)
    send(twilio, "after it")
    send(twilio, "elsewhere", To="+447700900501")
    twilio.advance(60)
    send(twilio, "not yet")

    def bodies(query: str) -> list[str]:
        return [one["body"] for one in listed(twilio, query)]

    to = "?To=%2B447700900500"
    assert bodies(to) == ["not yet", "after it", "before midnight"]
    assert bodies(f"{to}&DateSent=2026-11-22") == ["before midnight"]
    assert bodies(f"{to}&DateSent>=2026-11-23") == ["after it"]
    assert bodies(f"{to}&DateSent%3E=2026-11-23T12:00:30Z") == []
    assert bodies(f"{to}&DateSent<=2026-11-22") == ["before midnight"]
    assert bodies(f"{to}&DateSent>=2026-11-22&DateSent<=2026-11-23") == ["after it", "before midnight"]
    assert twilio.ask("GET", messages(twilio, ".json?DateSent=yesterday")).status == 400
    twilio.control("behaviour", date_sent="created")
    assert bodies(f"{to}&DateSent>=2026-11-23") == ["not yet", "after it"]
    twilio.control("behaviour", date_sent="sent", listed_after_s=3600)
    assert bodies(to) == ["before midnight"]


def test_words_can_be_redacted_and_a_message_deleted_once_it_has_ended(twilio: Messenger) -> None:
    path = messages(twilio, f"/{send(twilio).body['sid']}.json")
    assert twilio.ask("DELETE", path).body["code"] == 20009
    assert twilio.ask("POST", path, form={"Body": ""}).body["code"] == 20009
    twilio.advance(LONG_S)
    assert twilio.ask("POST", path, form={"Body": "other"}).status == 400
    assert twilio.ask("POST", path, form={"Status": "canceled"}).status == 400
    assert twilio.ask("POST", path, form={"Body": ""}).body["body"] == ""
    assert twilio.ask("DELETE", path).status == 204
    assert twilio.ask("GET", path).status == 404
    assert [row["body"] for row in twilio.ledger()] == ["Hello"]


def test_a_sender_has_a_pace_and_what_waits_too_long_is_not_sent(twilio: Messenger) -> None:
    twilio.control("timing", sent_s=[0, 0], ended_s=[0, 0], per_second=1)
    for number in range(5):
        send(twilio, f"{number}", ValidityPeriod="3")
    send(twilio, "long" * 100, From=twilio.keys["pool"][0])
    twilio.advance(1.5)
    ended = [row for row in twilio.ledger() if row["ended_ms"] is not None]
    assert [row["body"][:4] for row in ended] == ["0", "1", "long"]
    twilio.advance(LONG_S)
    rows = twilio.ledger()
    assert [row["status"] for row in rows] == ["delivered"] * 4 + ["failed", "delivered"]
    assert [row["error"] for row in rows][4] == 30036
    assert rows[5]["segments"] == 3


def test_a_share_of_faults_is_the_same_for_the_same_seed_whatever_the_order(twilio: Messenger) -> None:
    def run(bodies: list[str]) -> dict[str, int]:
        twilio.reset()
        twilio.headers = basic(twilio.keys["account"], twilio.keys["token"])
        twilio.control("faults", share=0.3, seed=3, hold_s=0.001)
        form = {"To": TO, "From": twilio.keys["from"]}
        return {
            body: twilio.ask("POST", messages(twilio), form={**form, "Body": body}).status for body in bodies
        }

    bodies = [f"body {number}" for number in range(120)]
    first = run(bodies)
    assert run(bodies[::-1]) == first
    assert 80 < sum(status == 201 for status in first.values()) < 118
    assert twilio.ask("POST", "/_control/faults", {"next": ["nonsense"]}).status == 400


def test_time_that_runs_lets_callbacks_out_while_nobody_asks(twilio: Messenger, receiver: Receiver) -> None:
    twilio.control("clock", at=None)
    twilio.control("timing", sent_s=[0.05, 0.05], ended_s=[0.05, 0.05])
    send(twilio, StatusCallback=receiver.url)
    wait_for(lambda: len(receiver.received) == 2)
    assert [fields(one)["MessageStatus"] for one in receiver.received] == ["sent", "delivered"]


def test_a_new_start_tells_nobody_of_what_was_before(twilio: Messenger, receiver: Receiver) -> None:
    twilio.control("clock", at=None)
    twilio.control("timing", sent_s=[1, 1], ended_s=[0.1, 0.1])
    send(twilio, To="+447700900501", StatusCallback=receiver.url)
    twilio.reset()
    twilio.control("clock", at=None)
    twilio.headers = basic(twilio.keys["account"], twilio.keys["token"])
    twilio.control("timing", sent_s=[1.2, 1.2], ended_s=[0.1, 0.1])
    send(twilio, StatusCallback=receiver.url)
    wait_for(lambda: len(receiver.received) == 2)
    assert {fields(one)["To"] for one in receiver.received} == {TO}


def test_an_account_can_be_opened_by_the_name_that_somebody_has_already(twilio: Messenger) -> None:
    account, token = f"AC{'0' * 32}", "ab" * 16
    opened = twilio.control("accounts", account=account, token=token)
    assert (opened["account"], opened["token"]) == (account, token)
    assert opened["from"] != twilio.keys["from"]
    path = f"/2010-04-01/Accounts/{account}/Messages.json"
    form = {"To": TO, "From": opened["from"], "Body": "Hello"}
    for secret, status in ((token, 201), (twilio.keys["token"], 401)):
        said = twilio.ask("POST", path, form=form, headers=basic(account, secret))
        assert said.status == status


def test_the_ledger_can_be_read_on_from_a_message(twilio: Messenger) -> None:
    for body in ("one", "two", "three"):
        assert send(twilio, body).status == 201
    said = twilio.ask("GET", "/_control/ledger?after=1").body
    assert [row["body"] for row in said["issues"]] == ["two", "three"]
    assert list(said) == ["issues"]
    assert twilio.ask("GET", "/_control/ledger?after=x").status == 400
    assert len(twilio.ledger()) == 3
