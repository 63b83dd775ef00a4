"""What staff change on the pages of messages: one is sent again. And what an app says of its device."""

from tests.approvals.doors import opened_doors
from tests.approvals.house import KIEL, PROGRAM, House
from tests.attacks.test_forged_forms import broadcast
from tests.proof.site import Deed, Site, accepted
from tests.web.console.messages.test_resending import rewarded
from tests.web.console.messages.told import Told, tell

from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.values.ids import show
from guerdon.web.routes import API, CONSOLE

NEWS = """\
segments:
  german: { if: "member.market == 'DE'" }
messages:
  news:
    channel: email
    topic: marketing
    text:
      subject: { en: News, de: Neues }
      headline: { en: News, de: Neues }
      body: { en: Look, de: Schau }
"""


def resending(site: Site) -> Deed:
    doors = site.doors()
    tell(doors.house, Told(100, reward=rewarded(doors.house)))
    there = f"members/{show('mem', KIEL)}/messages/{show('msg', 100)}"
    kim = doors.visitor("kim")
    return lambda: accepted(kim.send(there, act="again", reason="They saw nothing").status_code)


def adding(site: Site) -> Deed:
    house = site.api()
    path, key = f"/members/{house.member()}/devices", house.make_key()
    return lambda: accepted(house.post(path, {"token": "app"}, key=key).status)


def removing(site: Site) -> Deed:
    house = site.api()
    path, key = f"/members/{house.member()}/devices", house.make_key()
    (made,) = house.post(path, {"token": "app"}, key=key).body["devices"]
    return lambda: accepted(house.ask("DELETE", f"/api/v1{path}/{made['id']}", key=key).status)


def broadcasting(site: Site) -> Deed:
    house = House(site.url, site.secret)
    house.open(with_news())
    doors = site.stack.enter_context(opened_doors(house, site.home))
    olga = doors.visitor("olga")
    return lambda: accepted(
        olga.send("broadcasts", message="news", segment="german", hours="4", markets="DE").status_code
    )


def with_news() -> Program:
    """The program with a segment, and a message that speaks of no reward."""
    text = PROGRAM.read_text(encoding="utf-8").replace("messages:\n", NEWS)
    read = read_program(text)
    assert isinstance(read, Program), read
    return read


def halting(site: Site) -> Deed:
    doors = site.doors()
    there = f"broadcasts/{broadcast(doors.house)}"
    olga = doors.visitor("olga")
    return lambda: accepted(olga.send(there, act="stop").status_code)


ROUTES = {
    CONSOLE + "broadcasts": (broadcasting, ["broadcast.made"]),
    CONSOLE + "broadcasts/<slug:broadcast>": (halting, ["broadcast.stopped"]),
    CONSOLE + "members/<slug:member>/messages/<slug:message>": (resending, ["message.resent"]),
    API + "members/<member>/devices": (adding, ["device.added"]),
    API + "members/<member>/devices/<device>": (removing, ["device.retired"]),
}
ELSEWHERE = {CONSOLE + "messages/<str:message>": "sends its reader a test, which the audit tells"}
