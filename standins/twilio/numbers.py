"""Telephone numbers: their form, the magic ones of Twilio's test credentials, and what a handset does."""

import re
from typing import NamedTuple

E164 = re.compile(r"\+[1-9]\d{6,14}")
# A name as sender: at most eleven letters, digits and blanks, and one letter at least.
NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
# The one magic number that sends.
MAGIC_SENDER = "+15005550006"
# Countries where a name may not be a sender.
NO_NAMES = ("+1",)


class Outcome(NamedTuple):
    """What becomes of a message to a number: a refusal, or a status at its end, if it ever gets one."""

    refusal: int | None = None
    ends: str | None = "delivered"
    error: int | None = None
    # Whether the words came to somebody, whatever Twilio got to know of it.
    arrives: bool = True


OUTCOMES = {
    "mobile": Outcome(),
    "silent": Outcome(ends=None),
    "invalid": Outcome(refusal=21211),
    "unreachable": Outcome(refusal=21612),
    "region": Outcome(refusal=21408),
    "landline": Outcome(refusal=21614),
    "off": Outcome(ends="undelivered", error=30003, arrives=False),
    "blocked": Outcome(ends="undelivered", error=30004, arrives=False),
    "unknown": Outcome(ends="undelivered", error=30005, arrives=False),
    "landline_later": Outcome(ends="undelivered", error=30006, arrives=False),
    "filtered": Outcome(ends="undelivered", error=30007, arrives=False),
    "failing": Outcome(ends="failed", error=30008, arrives=False),
}
STOP_WORDS = frozenset(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"))
START_WORDS = frozenset(("START", "YES", "UNSTOP"))
HELP_WORDS = frozenset(("HELP", "INFO"))


def keyword(text: str) -> str:
    """What one word alone means, whatever its case: STOP, START, HELP or nothing."""
    word = text.strip().upper()
    for meaning, words in (("STOP", STOP_WORDS), ("START", START_WORDS), ("HELP", HELP_WORDS)):
        if word in words:
            return meaning
    return ""
