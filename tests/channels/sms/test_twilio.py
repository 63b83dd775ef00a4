"""Twilio: what is posted, what its answers mean, and how a message is found whose answer was lost."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.channels.parcels import NOW, Clock, Provider, parcel
from tests.http.receiver import Receiver, receiving
from tests.http.receiver import answered as wire_answer

from guerdon.channels.sms.twilio.account import TwilioAccount
from guerdon.channels.sms.twilio.wire import TEXT_MAX, TwilioSms
from guerdon.engine.messages.port import (
    Absent,
    Accepted,
    Found,
    Later,
    Outcome,
    Phone,
    Rejected,
    Retry,
    Shut,
    Sms,
    Unsure,
)
from guerdon.http import Answer, Client, Unreachable
from guerdon.values.destinations import read_networks

SID, SM = "AC" + "0123456789abcdef" * 2, "SM" + "fedcba9876543210" * 2
SERVICE = "MG" + "0" * 32
SENDERS = {"default": "+15005550006", "DE": "NORDLYS", "FR": "38600", "ID": SERVICE}
TOKEN = "a1b2c3"
ACCOUNT = TwilioAccount(SID, TOKEN, SENDERS)
GERMAN, TEXT = Phone("+4915112345678", "DE"), Sms("Ihre Prämie: 200 €")
MESSAGES = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"


def sent(*answers: Answer | Unreachable, **changed: Any) -> tuple[Outcome, Provider]:
    provider = Provider(list(answers))
    given: dict[str, Any] = {"address": GERMAN, "content": TEXT, "kind": "sms"} | changed
    return TwilioSms(provider, ACCOUNT, Clock()).send(parcel(**given)), provider


def said(status: int, body: object, **headers: str) -> Answer:
    return Answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, json.dumps(body).encode())


def error(code: int, status: int = 400, **headers: str) -> Answer:
    return said(status, {"code": code, "message": "No.", "more_info": "-", "status": status}, **headers)


def form(provider: Provider) -> dict[str, str]:
    (asked,) = provider.asked
    assert asked.body is not None
    return {name: value for name, (value,) in parse_qs(asked.body.decode(), strict_parsing=True).items()}


def test_a_message_is_posted_with_its_text_and_where_it_is_told_of() -> None:
    outcome, provider = sent(
        said(201, {"sid": SM, "status": "queued", "error_code": None}),
        callback_url="https://brand.example/in/messages/nordlys/twilio",
    )
    assert outcome == Accepted(SM)
    (asked,) = provider.asked
    assert (asked.method, asked.url) == ("POST", MESSAGES)
    assert asked.headers["Authorization"] == (
        "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjphMWIyYzM="
    )
    assert form(provider) == {
        "To": "+4915112345678",
        "From": "NORDLYS",
        "Body": "Ihre Prämie: 200 €",
        "ValidityPeriod": "3600",
        "StatusCallback": "https://brand.example/in/messages/nordlys/twilio",
    }


@pytest.mark.parametrize(
    ("country", "named"),
    [
        ("DE", {"From": "NORDLYS"}),
        ("FR", {"From": "38600"}),
        ("US", {"From": "+15005550006"}),
        ("ID", {"MessagingServiceSid": SERVICE}),
    ],
)
def test_each_country_has_its_sender(country: str, named: dict[str, str]) -> None:
    _, provider = sent(said(201, {"sid": SM}), address=Phone("+12125550123", country))
    fields = form(provider)
    assert {name: fields[name] for name in ("From", "MessagingServiceSid") if name in fields} == named


@pytest.mark.parametrize(("ttl", "seconds"), [(timedelta(days=3), "36000"), (timedelta(0), "10")])
def test_a_message_waits_no_longer_than_twilio_lets_it(ttl: timedelta, seconds: str) -> None:
    _, provider = sent(said(201, {"sid": SM}), ttl=ttl)
    assert form(provider)["ValidityPeriod"] == seconds
    assert "StatusCallback" not in form(provider)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (said(201, {"sid": SM, "status": "accepted"}), Accepted(SM)),
        (
            said(201, {"sid": SM, "status": "failed", "error_code": 30005}),
            Rejected("twilio:30005", retires=True),
        ),
        (said(201, {}), Unsure("twilio:unreadable")),
        (Answer(201, {}, b"<html>"), Unsure("twilio:unreadable")),
        (error(21610), Rejected("twilio:21610", stopped=True)),
        (error(21211), Rejected("twilio:21211", retires=True)),
        (error(21614), Rejected("twilio:21614", retires=True)),
        (error(21635), Rejected("twilio:21635", retires=True)),
        # Not allowed to write to this country, or by this sender: no fault of the address.
        (error(21408), Rejected("twilio:21408")),
        (error(21408, 403), Rejected("twilio:21408")),
        (error(21606), Rejected("twilio:21606")),
        (error(99999), Rejected("twilio:99999")),
        (Answer(400, {}, b"no JSON"), Rejected("twilio:400")),
        (Answer(302, {"location": "https://thief.example"}, b""), Rejected("twilio:302")),
        (error(20003, 401), Shut("twilio:20003")),
        (error(20404, 404), Shut("twilio:20404")),
        (error(30002, 400), Shut("twilio:30002")),
        (error(20429, 429), Retry("twilio:20429")),
        (error(20429, 429, retry_after="3"), Retry("twilio:20429", timedelta(seconds=3))),
        (error(21611), Retry("twilio:21611")),
        # It may have been made.
        (error(20500, 500), Unsure("twilio:20500")),
        (Answer(503, {}, b""), Unsure("twilio:503")),
        (Unreachable("timeout", sent=True), Unsure("http:timeout")),
        (Unreachable("refused"), Retry("http:refused")),
    ],
    ids=str,
)
def test_what_answers_mean(answer: Answer | Unreachable, outcome: Outcome) -> None:
    assert sent(answer)[0] == outcome


def test_what_cannot_be_sent_is_not_asked_for() -> None:
    assert sent(content=Sms("x" * (TEXT_MAX + 1))) == (Rejected("sms:large"), Provider([]))
    provider = Provider([])
    channel = TwilioSms(provider, TwilioAccount(SID, "a", {"DE": "NORDLYS"}), Clock())
    assert channel.send(parcel(Phone("+12125550123", "US"), TEXT)) == Rejected("sender:none US")
    assert provider.asked == []
    channel.close()


def listed(**changed: Any) -> dict[str, Any]:
    return {
        "sid": SM,
        "to": "+4915112345678",
        "from": "NORDLYS",
        "direction": "outbound-api",
        "body": "Ihre Prämie: 200 €",
        "status": "queued",
        "date_created": "Mon, 23 Nov 2026 12:00:01 +0000",
        "date_sent": None,
        **changed,
    }


def found(
    *answers: Answer | Unreachable, after_s: float = 300, text: str = TEXT.text
) -> tuple[Found, Provider]:
    provider = Provider(list(answers))
    channel = TwilioSms(provider, ACCOUNT, Clock())
    return channel.find(parcel(GERMAN, Sms(text)), NOW + timedelta(seconds=after_s)), provider


def page(*messages: object, following: str | None = None) -> Answer:
    return said(200, {"messages": list(messages), "next_page_uri": following})


def test_a_message_is_found_among_those_to_its_number() -> None:
    outcome, provider = found(page(listed(sid="SMother", body="another"), listed()))
    assert outcome == Accepted(SM)
    (asked,) = provider.asked
    assert (asked.method, asked.url.partition("?")[0], asked.body) == ("GET", MESSAGES, None)
    assert parse_qs(urlsplit(asked.url).query) == {"To": ["+4915112345678"], "PageSize": ["1000"]}


@pytest.mark.parametrize(
    "changed",
    [
        {"body": "another"},
        {"to": "+4915199999999"},
        {"direction": "inbound"},
        # The same text, of last week's message.
        {"date_created": "Mon, 16 Nov 2026 12:00:01 +0000"},
        {"date_created": None},
        {"date_created": "soon"},
        {"sid": None},
        {"body": None},
    ],
    ids=str,
)
def test_another_message_is_not_taken_for_it(changed: dict[str, Any]) -> None:
    assert found(page(listed(**changed)))[0] == Absent()


def test_plain_letters_that_twilio_put_for_others_are_the_same_text() -> None:
    assert found(page(listed(body="It's here")), text="It’s here")[0] == Accepted(SM)  # noqa: RUF001  typeset


@pytest.mark.parametrize(
    ("answer", "after_s", "outcome"),
    [
        (page(), 300, Absent()),
        (page(), 120, Absent()),
        (page(), 20, Later("twilio:too early", timedelta(seconds=100))),
        (page(following="/2010-04-01/…"), 300, Later("twilio:long list")),
        (page("odd", None), 300, Absent()),
        (said(200, {"messages": None}), 300, Later("twilio:200")),
        (said(200, {}), 300, Later("twilio:200")),
        (error(20003, 401), 300, Later("twilio:401")),
        (error(20429, 429, retry_after="3"), 300, Later("twilio:429", timedelta(seconds=3))),
        (Answer(500, {}, b""), 300, Later("twilio:500")),
        (Unreachable("timeout", sent=True), 300, Later("http:timeout")),
    ],
    ids=str,
)
def test_absence_is_said_only_where_it_is_sure(
    answer: Answer | Unreachable, after_s: float, outcome: Found
) -> None:
    assert found(answer, after_s=after_s)[0] == outcome


def test_it_goes_over_a_real_wire() -> None:
    made = wire_answer(201, json.dumps({"sid": SM}).encode())
    with receiving(Receiver(lambda _: [made])) as receiver:
        there = f"http://127.0.0.1:{receiver.port}/"
        channel = TwilioSms(
            Client(read_networks("127.0.0.0/8") or ()), TwilioAccount(SID, "a", SENDERS, there), Clock()
        )
        assert channel.send(parcel(GERMAN, TEXT)) == Accepted(SM)
    (request,) = receiver.requests
    assert request.line == f"POST /2010-04-01/Accounts/{SID}/Messages.json HTTP/1.1"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_secret_shows_nowhere() -> None:
    assert TOKEN not in repr(ACCOUNT)
