"""The operations that Twilio documents for messages, and how it refuses."""

import base64
import binascii
import hmac
from typing import Any

from standins.hubspot.wire import Request
from standins.suppliers.application import Refusal, Route
from standins.suppliers.table import Problem
from standins.twilio import creating, reading
from standins.twilio.documented import TABLE
from standins.twilio.refusals import refusal
from standins.twilio.world import Account, World

MANY = r"/2010-04-01/Accounts/{account}/Messages\.json"
ONE = r"/2010-04-01/Accounts/{account}/Messages/{sid}\.json"
CODES = {404: 20404, 405: 20004}


def route(method: str, path: str, operation: Any, answers: str, query: str = "query:none") -> Route:
    """An operation; what is a form is read by the operation itself."""
    return Route(method, path, operation, query, None, (answers,), reads_body=method == "POST")


class Twilio:
    """What differs from other vendors."""

    table = TABLE
    routes = [  # noqa: RUF012 - read only
        route("POST", MANY, creating.create, "Message"),
        route("GET", MANY, reading.many, "Messages", "query:messages"),
        route("GET", ONE, reading.one, "Message"),
        route("POST", ONE, reading.update, "Message"),
        route("DELETE", ONE, reading.delete, "Nothing"),
    ]

    def make(self, seed: int) -> World:
        """A world of it."""
        return World(seed)

    def admit(self, world: World, request: Request, route: Route) -> None:
        """Check who asks and whose it is, then the pace."""
        account = _known(world, request.headers.get("authorization", ""))
        if account is None:
            raise refusal(20003, "Authenticate")
        path = route.match(request)
        if path is None or path["account"] != account.sid:
            raise refusal(20404)
        if not world.pace.take(world.clock.now_ms()):
            raise refusal(20429)

    def refuse(self, status: int, problem: Problem) -> Refusal:
        """Name what is wrong."""
        return refusal(CODES.get(status, 20001), problem.written() if problem.place else problem.text)

    def trouble(self, status: int) -> Refusal:
        """Say that something broke."""
        return creating.trouble(status)


def _known(world: World, header: str) -> Account | None:
    """Whose credentials these are: an account's SID and token, or an API key and its secret."""
    kind, _, coded = header.partition(" ")
    try:
        name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    if kind.lower() != "basic":
        return None
    for account in world.accounts.values():
        for known, its in ((account.sid, account.token), (account.key, account.key_secret)):
            if name == known and hmac.compare_digest(secret.encode(), its.encode()):
                return account
    return None
