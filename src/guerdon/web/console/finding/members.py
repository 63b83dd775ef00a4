"""Finding members as somebody types them: by an id of ours or another system's, exact e-mail or phone.

What says who somebody is must not stand in an address, which logs and histories keep. So it is posted, and
what was found is addressed by an id of ours; an address that holds anything else is not searched for.
"""

from collections.abc import Mapping

from guerdon.queries import members as member_rows
from guerdon.values.ids import read
from guerdon.web.console.desk import Desk
from guerdon.web.lookups import note_lookup
from guerdon.web.rooms import room

LETTERS_MAX = 200


def typed(said: Mapping[str, str], name: str) -> str:
    """What was typed into a field, or stands in an address."""
    return said.get(name, "")[:LETTERS_MAX].replace("\0", "").strip()


def find_typed(desk: Desk, asked: str, limit: int, *, misses: bool = True) -> list[int]:
    """The members who are called so and whom the reader may see; that they were looked for is told.

    `misses`: also where nobody was found; whoever looks on while somebody types has a miss for each sign.
    """
    own = read("mem", asked)
    with desk.transaction() as tx:
        found = [own] if own is not None else member_rows.find_members(tx, room().vault, asked, limit)
        known = [row.member_id for row in member_rows.list_rows(tx, desk.cut.unit, found)]
    if own is None and (known or misses):
        note_lookup(desk.program_id, desk.actor, known)
    return known


def is_telling(asked: str, prefix: str = "mem") -> bool:
    """Whether an address holds something that is no id of ours, and so may say who somebody is."""
    return bool(asked) and read(prefix, asked) is None
