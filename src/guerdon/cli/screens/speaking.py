"""What the demo's CRM tells once more of its contacts: another language, another location.

A member's pages are in their language, whatever a browser asks for.
"""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from guerdon.cli.demo.house import DemoHouse
from guerdon.cli.installation import Refused
from guerdon.engine.enroll import enroll_members
from guerdon.store.referrals.pairs import load_own_ids
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now

# What it told at once, and late.
CONTACTS = ("members.csv", "late_members.csv")


def retell(house: DemoHouse, members: Sequence[int], **changed: str) -> None:
    """Have it tell something else of members, by column, and all else as before; raises `Refused`."""
    with house.opened.connect("worker") as db:
        own = {external_id for _, external_id in load_own_ids(db, house.program_id, members).values()}
        contacts = [each | changed for each in _contacts(house) if each["external_id"] in own]
        if not contacts:
            raise Refused("the CRM knows none of them")
        file = StringIO()
        writer = csv.DictWriter(file, list(contacts[0]))
        writer.writeheader()
        writer.writerows(contacts)
        program, vault = (house.program_id, house.program), Vault(house.opened.settings.secret)
        told = enroll_members(db, vault, program, StringIO(file.getvalue()), utc_now())
    if told.problems:
        raise Refused(f"what the CRM tells does not fit: {told.problems[0]}")


def _contacts(house: DemoHouse) -> Iterator[dict[str, str]]:
    for name in CONTACTS:
        with (house.home / name).open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
