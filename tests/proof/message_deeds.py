"""What staff change on the pages of messages: one is sent again."""

from tests.approvals.house import KIEL
from tests.proof.site import Deed, Site, accepted
from tests.web.console.messages.test_resending import rewarded
from tests.web.console.messages.told import Told, tell

from guerdon.values.ids import show
from guerdon.web.routes import CONSOLE


def resending(site: Site) -> Deed:
    doors = site.doors()
    tell(doors.house, Told(100, reward=rewarded(doors.house)))
    there = f"members/{show('mem', KIEL)}/messages/{show('msg', 100)}"
    kim = doors.visitor("kim")
    return lambda: accepted(kim.send(there, act="again", reason="They saw nothing").status_code)


ROUTES = {CONSOLE + "members/<slug:member>/messages/<slug:message>": (resending, ["message.resent"])}
ELSEWHERE = {CONSOLE + "messages/<str:message>": "sends its reader a test, which the audit tells"}
