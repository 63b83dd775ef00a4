"""An account with Twilio, and in whose name it writes to which country."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from guerdon.program.messages.accounts import DEFAULT, SERVICE, SHORT_CODE

ADDRESS = "https://api.twilio.com"


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Whose account it is; `senders` by country (`DE`), the one called `default` for all others.

    `secret` is its auth token: by it we ask, and by it Twilio signs what it calls us with.
    `per_second`: how many messages it takes, where that was agreed.
    """

    sid: str
    secret: str = field(repr=False)
    senders: Mapping[str, str]
    address: str = ADDRESS
    per_second: float | None = None

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
        sender = self.senders.get(country) or self.senders.get(DEFAULT)
        if not sender:
            return None
        return ("MessagingServiceSid" if SERVICE.fullmatch(sender) else "From"), sender


def is_short_code(sender: str) -> bool:
    """Whether a sender is a number of few digits, which some networks never carry."""
    return SHORT_CODE.fullmatch(sender) is not None
