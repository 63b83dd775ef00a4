"""What staff change about who works here: a role is taken back, somebody is invited, or mailed a report."""

from tests.access.people import grant_of, hire
from tests.proof.site import Deed, Site, accepted

from guerdon.store.database import connect
from guerdon.web.routes import CONSOLE


def taking_back(site: Site) -> Deed:
    doors = site.doors()
    house, olga = doors.house, doors.visitor("olga")
    with connect(house.url, house.secret, "web") as db:
        hire(db, house.program_id, "jo@example.com", [grant_of(house.program_id, "finance")])
    ((grant,),) = house.rows("select max(id) from grants")
    return lambda: accepted(olga.send("people", act="revoke", grant=grant, reason="moved on").status_code)


def inviting_somebody(site: Site) -> Deed:
    olga = site.doors().visitor("olga")
    wanted = {"email": "new@example.com", "persona": "finance", "reason": "joins us"}
    return lambda: accepted(olga.send("people/invitations", act="invite", **wanted).status_code)


def having_a_report(site: Site) -> Deed:
    doors = site.doors()
    olga = doors.visitor("olga")
    wanted = {"report": "overview", "language": "en", "format": "pdf", "every": "day", "hour": "7"}
    zone = doors.house.program.time_zone
    return lambda: accepted(olga.send("reports", act="make", zone=zone, **wanted).status_code)


def making_a_key(site: Site) -> Deed:
    opa = site.doors().visitor("opa")
    return lambda: accepted(opa.send("setup", act="key").status_code)


def making_another_key(site: Site) -> Deed:
    opa = site.doors().visitor("opa")
    wanted = {"name": "Reader", "scope": "read:members", "days": "30"}
    return lambda: accepted(opa.send("keys", act="make", **wanted).status_code)


ROUTES = {
    CONSOLE + "keys": (making_another_key, ["key.added"]),
    CONSOLE + "setup": (making_a_key, ["key.added"]),
    CONSOLE + "reports": (having_a_report, ["report.scheduled"]),
    CONSOLE + "people": (taking_back, ["grant.revoked"]),
    CONSOLE + "people/invitations": (
        inviting_somebody,
        ["person.added", "request.made", "person.persona_told", "invitation.made"],
    ),
}
ELSEWHERE = {"setup": "publishes the first program, which is told (tests/setup/test_founding.py)"}
