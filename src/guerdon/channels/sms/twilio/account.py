"""An account with Twilio, and in whose name it writes to which country."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

ADDRESS = "https://api.twilio.com"
# A number of ours, one of few digits, a name of at most eleven letters, or a service that picks one of them.
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT_CODE = re.compile(r"[0-9]{3,6}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_SID = re.compile(r"AC[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Whose account it is; `senders` by country (`DE`), the one called `default` for all others.

    `secret` is its auth token: by it we ask, and by it Twilio signs what it calls us with.
    """

    sid: str
    secret: str = field(repr=False)
    senders: Mapping[str, str]
    address: str = ADDRESS

    @property
    def authorization(self) -> str:
        """What goes into `Authorization`."""
        return f"Basic {b64encode(f'{self.sid}:{self.secret}'.encode()).decode()}"

    @property
    def messages_url(self) -> str:
        """Where its messages are made and listed."""
        return f"{self.address.rstrip('/')}/2010-04-01/Accounts/{self.sid}/Messages.json"

    def sender_for(self, country: str) -> tuple[str, str] | None:
        """Who writes to a country, and as what Twilio wants it said; None where nobody does."""
        sender = self.senders.get(country) or self.senders.get("default")
        if not sender:
            return None
        return ("MessagingServiceSid" if _SERVICE.fullmatch(sender) else "From"), sender


def wrong_account(sid: str, senders: Mapping[str, str]) -> str | None:
    """What is wrong with an account as a program says it, in words; None where nothing is."""
    if not _SID.fullmatch(sid):
        return "an account of Twilio's is AC and 32 digits of hexadecimal"
    for country, sender in senders.items():
        if country != "default" and not re.fullmatch("[A-Z]{2}", country):
            return f"{country!r} is no country: write DE, or default"
        if not any(form.fullmatch(sender) for form in (_NUMBER, _SHORT_CODE, _NAME, _SERVICE)):
            return (
                f"{sender!r} cannot send: a number like +15005550006, a short code, a name of at most 11 "
                "plain letters, or the MG… of a messaging service"
            )
    return None


def is_short_code(sender: str) -> bool:
    """Whether a sender is a number of few digits, which some networks never carry."""
    return _SHORT_CODE.fullmatch(sender) is not None
