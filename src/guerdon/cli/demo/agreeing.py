"""Some of the demo's members agreed to offers in their CRM; without any there is nobody to tell an offer.

It goes the way of every consent, so where a market wants one confirmed the member is asked by e-mail first,
and nobody in the demo answers: a broadcast shows them among those who are left out.
"""

from guerdon.cli.demo.house import DemoHouse
from guerdon.engine.messages.consents.consenting import Grant, give
from guerdon.queries.demo import list_some_members
from guerdon.store.database import transaction
from guerdon.store.orders.choices import load_live_version
from guerdon.values.clock import utc_now

# One member in so many.
AGREES_EVERY, AGREES_MAX = 3, 400
DONE = "agreed"


def agree_to_offers(house: DemoHouse) -> None:
    """Let some members agree to all offers by e-mail, once in the life of a demo."""
    done, program_id = house.home / DONE, house.program_id
    topics = [key for key, topic in house.program.topics.items() if topic.kind == "marketing"]
    if done.exists():
        return
    with house.opened.connect("worker") as db:
        with transaction(db, program_id) as tx:
            members = list_some_members(tx, program_id, AGREES_EVERY, AGREES_MAX)
            version = load_live_version(tx, program_id, utc_now())
        for member_id in members:
            with transaction(db, program_id) as tx:
                for topic in topics:
                    give(tx, house.program, _grant(program_id, member_id, topic, version))
    done.touch()


def _grant(program_id: int, member_id: int, topic: str, version: int) -> Grant:
    return Grant(
        program_id=program_id,
        member_id=member_id,
        topic=topic,
        channel="email",
        method="import",
        actor="demo",
        version=version,
        language="en",
        text_sha=None,
        source="CRM",
        network_mark=None,
        at=utc_now(),
    )
