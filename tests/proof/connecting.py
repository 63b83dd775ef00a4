"""Deeds on connections: an account is connected, its declaration drafted anew, its contacts are read over."""

import os
from unittest import mock

import psycopg
from tests.approvals.doors import Doors
from tests.connections.house import (
    DECLARED,
    PORTAL,
    House,
    agreed,
    declared_in,
    finish,
    live_in,
    opened_doors,
)
from tests.proof.site import Deed, Site, accepted
from tests.standins.house import Stand, start, stop
from tests.writebacks.connected import TOLD

from guerdon.store.crm.accounts import Granted
from guerdon.values.ids import show


def connected(site: Site, text: str = DECLARED) -> tuple[Doors, Stand]:
    """The console of a house with a connection, and the stand-in that it leads to."""
    stand = start()
    site.stack.callback(stop, stand)
    house = House(site.url, site.secret)
    house.declare(stand, site.home, text)
    site.stack.callback(house.db.close)
    return site.stack.enter_context(opened_doors(house)), stand


def connecting(site: Site) -> Deed:
    doors, stand = connected(site)
    opa = doors.visitor("opa")
    path = "connections/hubspot_eu"
    return lambda: accepted(opa.send(path, act="connect", token=stand.token).status_code)


def coming_back(site: Site) -> Deed:
    doors, _ = connected(site)
    opa = doors.visitor("opa")
    onward = agreed(opa)
    return lambda: accepted(finish(opa, onward)[0])


def redeclaring(site: Site) -> Deed:
    doors, _ = connected(site)
    olga = doors.visitor("olga")
    path = "connections/hubspot_eu/mapping"
    page = olga.page(f"{path}?view=text")
    said = {"text": declared_in(page).replace("customer", "lead"), "live": live_in(page)}
    return lambda: accepted(olga.send(path, act="draft", **said).status_code)


def telling_two_apart(site: Site) -> Deed:
    """Somebody says of a pair that it is two people."""
    doors, _ = connected(site)
    opa = doors.visitor("opa")
    with psycopg.connect(site.url, options="-c search_path=guerdon") as db:
        db.execute(
            "insert into persons (program_id, member_id, key)"
            " select program_id, n, 'x' from programs, generate_series(7, 8) n"
        )
        db.execute(
            "insert into twins (program_id, one_id, other_id, shared, found_at)"
            " select program_id, 7, 8, '{email}', now() from programs"
        )
    said = {"act": "two_people", "one": show("mem", 7), "other": show("mem", 8), "reason": "siblings"}
    path = "connections/hubspot_eu/twins"
    return lambda: accepted(opa.send(path, form="decisions/new", **said).status_code)


def writing_again(site: Site) -> Deed:
    """Somebody has sent again what was not taken."""
    doors, _ = connected(site, TOLD)
    opa = doors.visitor("opa")
    with psycopg.connect(site.url, options="-c search_path=guerdon") as db:
        db.execute(
            "insert into writeback_contacts (program_id, connection, member_id, contact, wanted, version,"
            " state, next_at, settled_at)"
            " select program_id, 'hubspot_eu', 7, '1', '{}', 1, 'gone', now(), now() from programs"
        )
    return lambda: accepted(opa.send("connections/hubspot_eu/writes", act="resend_all").status_code)


def preparing(site: Site) -> Deed:
    """Somebody has made at HubSpot what is to be written."""
    doors, stand = connected(site, TOLD)
    house = doors.house
    assert isinstance(house, House)
    house.connect(Granted("token", stand.token, PORTAL))
    environment = house.environment(stand, site.home)
    site.stack.enter_context(mock.patch.dict(os.environ, environment))
    return lambda: site.command("hubspot", "prepare", "hubspot_eu")


def reading_over(site: Site) -> Deed:
    doors, stand = connected(site)
    stand.add("contacts", {"country": "Germany"})
    house = doors.house
    assert isinstance(house, House)
    house.connect(Granted("token", stand.token, PORTAL))
    environment = house.environment(stand, site.home)
    site.stack.enter_context(mock.patch.dict(os.environ, environment))
    return lambda: site.command("hubspot", "backfill", "hubspot_eu")
