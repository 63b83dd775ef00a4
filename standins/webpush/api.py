"""The one operation of a push service: taking a message for a browser."""

import re

from standins.hubspot.wire import Answer, Request
from standins.suppliers.application import Call, Refusal, Route
from standins.suppliers.table import Problem
from standins.webpush import vouching
from standins.webpush.documented import TABLE
from standins.webpush.reading import coded
from standins.webpush.world import PLACE_BYTES, Browser, Pushed, World

PUSH = "/push/{place}"
URGENCIES = ("very-low", "low", "normal", "high")
TOPIC = re.compile(r"[A-Za-z0-9_-]+")
ENCODING = "aes128gcm"


def refusal(status: int, text: str, headers: dict[str, str] | None = None) -> Refusal:
    """A no, with words for whoever looks."""
    return Refusal(status, {"message": text}, headers)


def push(call: Call) -> Answer:
    """Take a message."""
    world: World = call.world
    place, request = f"/push/{call.path['place']}", call.request
    browser = world.browsers.get(place)
    try:
        if browser is None:
            raise refusal(404, "there never was such a subscription")
        pushed = _read(world, browser, request)
        fault = world.faults.draw(place)
        _refuse(world, browser, fault)
    except Refusal as no:
        world.truth.note(place, f"refused {no.status}")
        raise
    world.truth.note(place, f"201 {fault or 'well'}")
    if fault == "lost":
        return Answer(504, None, delay_s=world.faults.hold_s, cut=True)
    pushed.fault = fault
    world.truth.issues.append(pushed)
    browser.take(pushed, request.body)
    answer = Answer(201, None, {"Location": world.origin + pushed.name})
    answer.cut = fault == "cut"
    answer.delay_s = world.faults.hold_s if fault == "slow" else 0.0
    return answer


def _read(world: World, browser: Browser, request: Request) -> Pushed:
    said, now_ms = request.headers, world.clock.now_ms()
    if browser.gone:
        raise refusal(410, "this subscription has ended")
    try:
        vouching.check(
            said.get("authorization", ""),
            browser.sender,
            world.origin,
            now_ms / 1000,
            TABLE.figure("token_seconds"),
        )
    except vouching.Unvouched as fault:
        raise refusal(fault.status, str(fault)) from None
    ttl, urgency, topic = said.get("ttl", ""), said.get("urgency", "normal"), said.get("topic")
    if not (ttl.isascii() and ttl.isdecimal()):
        raise refusal(400, "TTL has to say for how many seconds the message is of use")
    if urgency not in URGENCIES:
        raise refusal(400, "there is no such urgency")
    if topic is not None and (TOPIC.fullmatch(topic) is None or len(topic) > TABLE.figure("topic_letters")):
        raise refusal(400, "that is no topic")
    if said.get("content-encoding") != ENCODING:
        raise refusal(400, f"browsers read {ENCODING}")
    if len(request.body) > TABLE.figure("body_bytes"):
        raise refusal(413, "that is too much for a push message")
    lasts_s = min(int(ttl), TABLE.figure("ttl_most"))
    # With the moment in it, for whoever starts again with this seed has the same chance.
    name = f"/message/{now_ms:x}-{coded(world.drawn(PLACE_BYTES))}"
    return Pushed(name, browser.place, now_ms, "waiting", lasts_s, urgency, topic, len(request.body))


def _refuse(world: World, browser: Browser, fault: str | None) -> None:
    after = {"Retry-After": str(int(world.behaviour["retry_after_s"]))}
    if fault == "limited":
        raise refusal(429, "too many messages", after)
    if fault == "overloaded":
        raise refusal(503, "too much is going on", after)
    if fault == "gone":
        browser.gone = True
        raise refusal(410, "this subscription has ended")


class WebPush:
    """What differs from other vendors."""

    table = TABLE
    routes = [Route("POST", PUSH, push, answers=("Nothing",), is_open=True, reads_body=True)]  # noqa: RUF012

    def make(self, seed: int) -> World:
        """A world of it."""
        return World(seed)

    def admit(self, world: World, request: Request, route: Route) -> None:
        """Check the pace; who pushes is checked against the subscription."""
        del request, route
        if not world.pace.take(world.clock.now_ms()):
            raise refusal(429, "too many messages", {"Retry-After": "1"})

    def refuse(self, status: int, problem: Problem) -> Refusal:
        """Name what is wrong."""
        return refusal(status, problem.written() if problem.place else problem.text)

    def trouble(self, status: int) -> Refusal:
        """Say that something broke."""
        return refusal(status, "something broke here")
