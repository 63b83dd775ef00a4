"""Deeds by which somebody is to be erased, by a key and on the member's page, and what they ask besides."""

from collections.abc import Callable
from pathlib import Path

import psycopg
from tests.approvals.house import KIEL
from tests.proof.site import Deed, Site, accepted

from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.routes import API, CONSOLE

PROGRAM = str(Path(__file__).resolve().parents[2] / "examples" / "ev_maker" / "program.yaml")


def erasing(site: Site) -> Deed:
    """A key asks for it."""
    house = site.api()
    key, ada = house.make_key(), house.member()
    body = {"reason": "Asked for by letter"}
    return lambda: accepted(house.post(f"/members/{ada}/erasure", body, key=key).status)


def erasing_by_hand(site: Site) -> Deed:
    """Compliance asks for it."""
    cora, member = site.doors().visitor("cora"), show("mem", KIEL)
    form = {"act": "erase", "typed": member, "reason": "Asked for by letter"}
    return lambda: accepted(cora.send(f"members/{member}/privacy", **form).status_code)


def writing_a_request_down(site: Site) -> Deed:
    """Compliance writes down what a letter asks."""
    cora = site.doors().visitor("cora")
    form = {
        "act": "begin",
        "member": show("mem", KIEL),
        "kind": "access",
        "came_by": "letter",
        "asked_on": utc_now().date().isoformat(),
        "reason": "Asked for by letter",
    }
    return lambda: accepted(cora.send("requests", **form).status_code)


ROUTES: dict[str, tuple[Callable[[Site], Deed], list[str]]] = {
    API + "members/<member>/erasure": (erasing, ["erasure.asked"]),
    CONSOLE + "members/<slug:member>/privacy": (erasing_by_hand, ["erasure.asked"]),
    CONSOLE + "requests": (writing_a_request_down, ["data_request.begun"]),
}


def by_command(*words: str) -> Callable[[Site], Deed]:
    """A command about somebody who is enrolled."""

    def prepare(site: Site) -> Deed:
        site.command("migrate")
        site.command("publish", PROGRAM)
        site.command("import", "members", site.file("external_source,external_id,market\nhubspot,1,DE\n"))
        with psycopg.connect(site.url, options="-c search_path=guerdon") as db:
            (member,) = db.execute("select member_id from members").fetchall()
        out = [site.file("").replace(".", "-person.")] if words[0] == "export" else []
        return lambda: site.command("privacy", words[0], show("mem", member[0]), *out, *words[1:])

    return prepare


COMMANDS: dict[str, tuple[Callable[[Site], Deed], list[str]]] = {
    "privacy forget": (by_command("forget", "--yes", "--reason", "x"), ["erasure.asked", "member.forgotten"]),
    "privacy export": (by_command("export", "--reason", "x"), ["member.exported"]),
}
