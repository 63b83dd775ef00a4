"""Twilio's wire: a text message sent, and looked for after its answer was lost.

Twilio knows no key of ours, so what may have been sent is looked for among what was sent to that number. It
is not asked for by the day it was sent, though it could be: what waits in a queue was not sent on any day.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from guerdon.channels.asking import Asks, asked_to_wait, lost, read_object
from guerdon.channels.sms.twilio.account import TwilioAccount
from guerdon.channels.sms.twilio.codes import BUSY, SHUT, STOPPED, is_gone
from guerdon.engine.messages.port import (
    Abilities,
    Absent,
    Accepted,
    Found,
    Later,
    Outcome,
    Parcel,
    Phone,
    Rejected,
    Retry,
    Shut,
    Sms,
    Unsure,
)
from guerdon.http import Answer, Unreachable
from guerdon.values.sms import clean

WITHIN_S = 15.0
TEXT_MAX = 1_600
# For so long it may wait in their queue, in seconds: from 1, though more than 5 is what they recommend.
VALIDITY_S_MIN, VALIDITY_S_MAX = 10, 36_000
PAGE = 1_000
# Clocks differ by this at most. When what was taken shows in lists, Twilio does not say: this is a guess.
CLOCKS_DIFFER, SHOWS_WITHIN = timedelta(seconds=60), timedelta(seconds=120)
ABILITIES = Abilities(keyed=False, finds=True, receipts=True, text_max=TEXT_MAX)


class TwilioSms:
    """Sends from one account; many threads may have one each over the same client."""

    def __init__(self, http: Asks, account: TwilioAccount, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._account = account
        self.abilities = replace(ABILITIES, per_second=account.per_second)
        self._clock = clock

    def send(self, parcel: Parcel) -> Outcome:
        """Hand a text message over."""
        there, content = _read(parcel)
        sender = self._account.sender_for(there.country)
        if sender is None:
            return Rejected(f"sender:none {there.country}")
        if len(content.text) > TEXT_MAX:
            return Rejected("sms:large")
        form = {"To": there.number, sender[0]: sender[1], "Body": content.text}
        form["ValidityPeriod"] = str(
            min(max(int(parcel.ttl.total_seconds()), VALIDITY_S_MIN), VALIDITY_S_MAX)
        )
        if parcel.callback_url:
            form["StatusCallback"] = parcel.callback_url
        headers = {"Content-Type": "application/x-www-form-urlencoded", **self._headers()}
        try:
            answer = self._http.ask(
                "POST", self._account.messages_url, headers, urlencode(form).encode(), WITHIN_S
            )
        except Unreachable as fault:
            return lost(fault)
        return told(answer, self._clock())

    def find(self, parcel: Parcel, now: datetime) -> Found:
        """Whether Twilio has a message of this text to this number, made since the parcel was."""
        there, content = _read(parcel)
        url = f"{self._account.messages_url}?{urlencode({'To': there.number, 'PageSize': PAGE})}"
        try:
            answer = self._http.ask("GET", url, self._headers(), None, WITHIN_S)
        except Unreachable as fault:
            return Later(f"http:{fault.reason}")
        said = read_object(answer.body)
        listed = said.get("messages")
        if answer.status != 200 or not isinstance(listed, list):
            return Later(f"twilio:{answer.status}", asked_to_wait(answer, now))
        for each in listed:
            if isinstance(each, dict) and _is_it(each, parcel, there, content):
                return Accepted(str(each["sid"]))
        if said.get("next_page_uri"):
            return Later("twilio:long list")
        waited = now - parcel.written_at
        return Absent() if waited >= SHOWS_WITHIN else Later("twilio:too early", SHOWS_WITHIN - waited)

    def close(self) -> None:
        """Nothing is kept open."""

    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": self._account.authorization, "Accept": "application/json"}


def told(answer: Answer, now: datetime) -> Outcome:
    """What the answer to a new message means."""
    said = read_object(answer.body)
    if answer.status in (200, 201):
        sid, failed = said.get("sid"), said.get("error_code")
        if isinstance(failed, int) and said.get("status") in ("failed", "undelivered"):
            return refused(failed)
        return Accepted(sid) if isinstance(sid, str) and sid else Unsure("twilio:unreadable")
    code = said.get("code")
    code = code if isinstance(code, int) else 0
    reason = f"twilio:{code or answer.status}"
    if answer.status == 429 or code in BUSY:
        return Retry(reason, asked_to_wait(answer, now))
    if answer.status >= 500:
        # It may have been made before that.
        return Unsure(reason)
    is_of_message = 21_000 <= code < 22_000
    if code in SHUT or (answer.status in (401, 403, 404) and not is_of_message):
        return Shut(reason)
    return refused(code) if code else Rejected(reason)


def refused(code: int) -> Rejected:
    """What it comes to that Twilio will not send a message, for the reason of this code."""
    return Rejected(f"twilio:{code}", retires=is_gone(code), stopped=code in STOPPED)


def _read(parcel: Parcel) -> tuple[Phone, Sms]:
    assert isinstance(parcel.address, Phone), "a text message goes to a phone"
    assert isinstance(parcel.content, Sms), "what goes to a phone is a text message"
    return parcel.address, parcel.content


def _is_it(listed: Mapping[str, object], parcel: Parcel, there: Phone, content: Sms) -> bool:
    body, made = listed.get("body"), _moment(listed.get("date_created"))
    if made is None or not isinstance(body, str) or not isinstance(listed.get("sid"), str):
        return False
    # A messaging service may have put plain letters for others.
    return (
        listed.get("to") == there.number
        and listed.get("direction") == "outbound-api"
        and made >= parcel.written_at - CLOCKS_DIFFER
        and clean(body).strip() == clean(content.text).strip()
    )


def _moment(said: object) -> datetime | None:
    """A time as RFC 2822 writes it."""
    try:
        at = parsedate_to_datetime(said) if isinstance(said, str) else None
    except (ValueError, TypeError, IndexError):
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
