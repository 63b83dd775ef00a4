"""The operations that Google documents for sending, and how it refuses."""

from standins.fcm import grants, sending
from standins.fcm.documented import TABLE
from standins.fcm.grants import ServiceAccount
from standins.fcm.refusals import UNAUTHENTICATED, misread, refusal
from standins.fcm.world import PROJECT, World
from standins.hubspot.wire import Request
from standins.suppliers.application import Refusal, Route
from standins.suppliers.table import Problem

SEND = "/v1/projects/{project}/messages:send"


class Fcm:
    """What differs from other vendors."""

    table = TABLE
    routes = [  # noqa: RUF012 - read only
        Route("POST", SEND, sending.send, answers=("Message:sent",), reads_body=True),
        Route("POST", "/token", grants.grant, answers=("Token",), is_open=True, reads_body=True),
    ]

    def __init__(self, given: list[ServiceAccount] | None = None) -> None:
        self.given = given or []

    def make(self, seed: int) -> World:
        """A world of it."""
        return World(seed, self.given)

    def admit(self, world: World, request: Request, route: Route) -> None:
        """Check the access token and its project, then the pace."""
        if route.is_open:
            return
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        grant = world.grants.get(token)
        if kind.lower() != "bearer" or grant is None or grant.ends_ms <= world.clock.now_ms():
            raise refusal(401, UNAUTHENTICATED)
        if not grant.scopes & grants.SENDING:
            raise refusal(403, "Request had insufficient authentication scopes.")
        path = route.match(request)
        if path is None or path["project"] != PROJECT:
            raise refusal(403, "Permission 'cloudmessaging.messages.create' denied on resource")
        if not world.pace.take(world.clock.now_ms()):
            raise sending.over_quota(world, f"project:{PROJECT}", "Send requests per minute")

    def refuse(self, status: int, problem: Problem) -> Refusal:
        """Name what is wrong."""
        if status in (404, 405):
            return refusal(status, problem.text)
        return misread(problem)

    def trouble(self, status: int) -> Refusal:
        """Say that something broke."""
        return refusal(status, "Internal error encountered.")
