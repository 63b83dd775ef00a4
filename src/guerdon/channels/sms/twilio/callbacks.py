"""What Twilio calls us with: how a message went, and what somebody wrote back. Pure, and never raises.

A form, signed by HMAC over the address that Twilio was given and every field by its name; SHA-1 by the
account's token, or SHA-256 where a header says that a key made for webhooks signed it. No time is in it: the
same request is as good tomorrow, so whoever believes one keeps its digest. Fields are added without notice:
all of them are signed, and those we do not know are left alone.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl

from guerdon.channels.sms.keywords import read_keyword
from guerdon.channels.sms.twilio.account import is_short_code
from guerdon.channels.sms.twilio.codes import STOPPED, is_gone
from guerdon.engine.messages.port import Inbound, Keyword, Reached, Receipt

SIGNATURE_HEADER = "x-twilio-signature"
SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"
FORM = "application/x-www-form-urlencoded"
FIELDS_MAX = 200
HASHES = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}

# Before "sent" it is only theirs, and says nothing that we did not know.
_REACHED: Mapping[str, Reached] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
# Where the account has words of its own for it, Twilio says which of these was meant.
_OPT_OUTS: Mapping[str, Keyword] = {"STOP": "stop", "START": "start", "HELP": "help"}
_PLACE = re.compile(r"(https?://)(\[[^\]/?#]*\]|[^:/?#]*)(:[0-9]+)?(.*)", re.DOTALL)
_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True)
class TwilioListener:
    """Listens for one account; `secrets` are its token and, while it is changed, the one before."""

    sid: str
    secrets: Sequence[str] = field(repr=False)

    def read(
        self, url: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Sequence[Receipt | Inbound] | None:
        """What a request says; None when it is not signed by Twilio, empty when it is of no use to us."""
        fields = _fields(headers, body)
        if fields is None or not is_signed(url, headers, fields, self.secrets):
            return None
        said = dict(fields)
        if said.get("AccountSid", self.sid) != self.sid:
            return ()
        found = _receipt(said, now) if "MessageStatus" in said else _inbound(said, now)
        return () if found is None else (found,)


def is_signed(
    url: str, headers: Mapping[str, str], fields: Sequence[tuple[str, str]], secrets: Sequence[str]
) -> bool:
    """Whether Twilio signed these fields for this address, by one of these secrets."""
    given = headers.get(SIGNATURE_HEADER, "").encode("utf-8", "replace")
    hashed = HASHES.get(_algorithm(headers.get(SETTINGS_HEADER, "")))
    if hashed is None or not given:
        return False
    # Of fields of one name each value counts once, whichever comes first.
    signed = "".join(name + value for name, value in sorted(set(fields)))
    # Whether the port stands in what they sign, nobody can rely on: their own libraries try both.
    made = [
        b64encode(hmac.digest(secret.encode(), (each + signed).encode("utf-8", "replace"), hashed))
        for secret in secrets
        if secret
        for each in _spellings(url)
    ]
    return any([hmac.compare_digest(given, each) for each in made])  # noqa: C419  all of them, whichever fits


def _algorithm(settings: str) -> str:
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return "HMAC_SHA1"


def _spellings(url: str) -> Sequence[str]:
    """An address without its port and with it, otherwise letter for letter."""
    found = _PLACE.fullmatch(url)
    if found is None:
        return ()
    scheme, host, port, rest = found.groups()
    usual = ":443" if scheme == "https://" else ":80"
    return f"{scheme}{host}{rest}", f"{scheme}{host}{port or usual}{rest}"


def _fields(headers: Mapping[str, str], body: bytes) -> Sequence[tuple[str, str]] | None:
    if headers.get("content-type", FORM).partition(";")[0].strip().lower() != FORM:
        return None
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX
        )
    except ValueError:
        return None


def _receipt(said: Mapping[str, str], now: datetime) -> Receipt | None:
    sid, status = said.get("MessageSid", ""), said["MessageStatus"]
    reached = _REACHED.get(status)
    if reached is None or not _SID.fullmatch(sid):
        return None
    code = said.get("ErrorCode", "")
    number = int(code) if reached == "failed" and re.fullmatch("[0-9]{1,6}", code) else 0
    reason = (f"twilio:{number}" if number else f"twilio:{status}") if reached == "failed" else ""
    return Receipt(
        sid,
        reached,
        now,
        _digest(sid, status),
        reason,
        retires=is_gone(number, by_short_code=is_short_code(said.get("From", ""))),
        stopped=number in STOPPED,
        address=there if _NUMBER.fullmatch(there := said.get("To", "")) else "",
    )


def _inbound(said: Mapping[str, str], now: datetime) -> Inbound | None:
    sid, address = said.get("MessageSid", ""), said.get("From", "")
    # What comes from no phone (a short code, another channel) is nobody's answer to a text message.
    if "Body" not in said or not _SID.fullmatch(sid) or not _NUMBER.fullmatch(address):
        return None
    keyword = _OPT_OUTS.get(said.get("OptOutType", "")) or read_keyword(said["Body"])
    return Inbound(address, said.get("To", "")[:40], keyword, now, _digest(sid, "received"))


def _digest(sid: str, status: str) -> bytes:
    return hashlib.sha256(f"twilio {sid} {status}".encode()).digest()
