"""What a member answers: a word by text message, or the one click with which mail programs end what came.

A word goes to the stand-in that brought the text message, a click to the address that the mail itself names
(RFC 8058). Only this machine is asked.
"""

import json
from collections.abc import Sequence
from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from .mails import Mail

OWN_NAMES = {"127.0.0.1", "localhost"}
CLICK = "unsubscribe"
WORDS = ("STOP", "START")
ANSWERS_WITHIN_S = 20.0
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def answers_to(mail: Mail, texts_url: str) -> Sequence[str]:
    """What can be answered: nothing to a name instead of a number, or to a mail without its one click."""
    if mail.kind == "email" and urlsplit(mail.answer_to).hostname in OWN_NAMES:
        return (CLICK,)
    return WORDS if mail.kind == "sms" and texts_url and mail.answer_to.startswith("+") else ()


def answer(mail: Mail, what: str, texts_url: str) -> bool:
    """Answer a message; whether it was taken."""
    if what not in answers_to(mail, texts_url):
        return False
    if what == CLICK:
        return _post(mail.answer_to, FORM, b"List-Unsubscribe=One-Click")
    said = {"from": mail.to, "to": mail.answer_to, "body": what}
    return _post(f"{texts_url}/_control/inbound", JSON, json.dumps(said).encode())


def _post(url: str, kind: str, body: bytes) -> bool:
    request = Request(url, body, {"Content-Type": kind})  # noqa: S310  an address of this machine
    try:
        with urlopen(request, timeout=ANSWERS_WITHIN_S) as taken:  # noqa: S310
            return bool(taken.status == 200)
    except (OSError, HTTPException):
        return False
