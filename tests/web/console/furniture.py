"""What stands in a house that is looked at: members, rewards chosen and not, what waits."""

from datetime import timedelta

from tests.redeem.house import House

from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.clock import utc_now


def furnish(house: House) -> None:
    """Members with rewards chosen and not, one event that waits, one in quarantine."""
    house.stock_everything()
    now = utc_now()
    for member_id in (7, 8):
        house.enroll(member_id)
    first = house.reward(7, at=now - timedelta(hours=3))
    house.reward(7, at=now - timedelta(hours=2))
    house.reward(8, at=now - timedelta(hours=1))
    house.choose(7, first, now=now - timedelta(minutes=30))
    with house.working() as tx:
        person = Person("Ada Lovelace", "ada@example.com", "")
        record_persons(tx, house.program_id, [seal_person(house.vault, house.program_id, 7, person)])
        tx.execute(
            "insert into member_ids (program_id, source, external_id, member_id)"
            " values (%s, 'hubspot', '5100', 7)",
            (house.program_id,),
        )
        tx.execute(
            """
            insert into waiting (program_id, source, external_id, id, lane, connection, delivery_id, position,
                                 type, happened_at, recorded_at, waiting_since)
            values (%s, 'hubspot', '404', 77, 1, 'hubspot_eu', 1, 0, 'booking.confirmed', %s, %s, %s)
            """,
            (house.program_id, now, now, now),
        )
        tx.execute(
            """
            insert into quarantine (program_id, connection, reason, detail, recorded_at)
            values (%s, 'hubspot_eu', 'malformed_body', 'The body is no JSON: <b>send JSON</b>', %s)
            """,
            (house.program_id, now),
        )
