"""Some members of the demo were at a dealer, who took their code and confirmed a visit.

It goes the way of every confirmed visit, by those who work there. The demo that checks its figures is left
alone: what its members earn is told by the simulator.
"""

from datetime import timedelta

from guerdon.cli.demo.house import STAFF, DemoHouse
from guerdon.engine.cards.confirming import Counter, confirm, confirmable
from guerdon.queries.demo import list_members_of
from guerdon.store.access.people import find_login
from guerdon.store.database import transaction
from guerdon.store.sealing import Vault
from guerdon.values.app.visits import Visit
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

# Who stands at the counter, in turn.
BEHIND_IT = ("dealer manager in Hamburg", "after-sales in Hamburg")
VISITS = 6
APART = timedelta(minutes=1)
DONE = "visited"


def visit_the_dealer(house: DemoHouse) -> None:
    """Let some members of the dealer's be there, once in the life of a demo."""
    done, kinds = house.home / DONE, confirmable(house.program)
    if done.exists() or not kinds:
        return
    who = [STAFF[each] for each in BEHIND_IT]
    place = house.program.locations[who[0].locations[0]]
    vault, now = Vault(house.opened.settings.secret), utc_now().replace(microsecond=0)
    with house.opened.connect("web") as db, transaction(db, house.program_id) as tx:
        logins = [find_login(tx, each.email) for each in who]
        people = [show("per", found[0]) for found in logins if found is not None]
        members = list_members_of(tx, house.program_id, place.market, place.key, VISITS)
        for n, member_id in enumerate(members if people else ()):
            here = Counter(house.program_id, house.program, place, people[n % len(people)])
            visit = Visit(house.program_id, place.key, member_id, now - n * APART)
            confirm(tx, vault, here, visit, kinds[n % len(kinds)].key, now)
    done.touch()
