"""A connected house whose contacts are told: its own account, its own token, its own loops."""

from threading import Event

from tests.connections.house import DECLARED, KEY, House
from tests.standins.house import Stand

from guerdon.engine.announcements.fanning import Fan, announce, tell_endpoints
from guerdon.engine.crm.out.sending import Scribes, keep_all_lanes, work
from guerdon.engine.crm.out.telling import tell_connections
from guerdon.store.crm.accounts import Granted
from guerdon.store.database import connect

WRITE = """    write:
      properties: { balance: { PTS: points }, last_reward: last_reward }
      events: { earned: reward_earned }
"""
TOLD = DECLARED + WRITE
LAST_REWARD = {
    "name": "last_reward",
    "label": "Last reward",
    "type": "string",
    "fieldType": "text",
    "groupName": "contactinformation",
}


def connect_account(house: House, stand: Stand) -> None:
    """Connect it by the token of its private app."""
    house.connect(Granted("token", stand.token, 4242))


def enroll(house: House, contacts: list[str]) -> None:
    """Have contacts be members."""
    with house.opened("worker") as tx:
        for number, contact in enumerate(contacts, start=500):
            house.enroll(tx, number)
            tx.execute("update member_ids set external_id = %s where member_id = %s", (contact, number))


def write_back(house: House) -> None:
    """Gather what changed, let a few seconds pass, and send it."""
    library = house.library()
    while keep_all_lanes(house.db, library, house.clock()):
        pass
    while announce(house.db, Fan(library, (tell_endpoints, tell_connections)), house.clock()):
        pass
    scribes = Scribes(
        house.hubspot.open,
        lambda: connect(house.url, house.secret, "worker"),
        house.clock,
    )
    work(house.db, scribes, (house.program_id, KEY), Event())
