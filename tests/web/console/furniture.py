"""What stands in a house that is looked at: members, rewards chosen and not, what waits."""

from datetime import timedelta

from tests.redeem.house import House

from guerdon.connectors.hubspot.sample import sample_delivery
from guerdon.engine.crm.accounts import Looking, keep_account
from guerdon.engine.crm.backfill import ask_backfill
from guerdon.engine.intake import keep_sealed, seal_deliveries
from guerdon.engine.scenarios.scenario import PropertyChange
from guerdon.store.audit import record_audit
from guerdon.store.crm.accounts import Granted, record_state
from guerdon.store.crm.cursors import begin_cursor, move_cursor, record_heard
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


def furnish_connection(house: House) -> None:
    """An account that was revoked, with its journal in trouble, a reading over, and what came lately."""
    declared, now = house.program.connections["hubspot_eu"], utc_now()
    looking = Looking(house.program_id, house.vault, "per_test", now)
    changes = [
        PropertyChange("5100", "booking_status", "confirmed", now, 1),
        PropertyChange("5100", "shoe_size_" + "of_the_contact_" * 5, "44", now, 2),
    ]
    with house.opens(None)() as tx:
        rights = tuple(f"crm.objects.contacts.of_a_long_name_{n}" for n in range(12))
        granted = Granted("oauth", "x" * 40, declared.portal, "y" * 40, now, rights)
        keep_account(tx, looking, declared, granted)
        assert ask_backfill(tx, looking, declared.key, now)
        delivery = sample_delivery(declared, changes)
        keep_sealed(
            tx, house.program_id, [delivery], seal_deliveries(house.vault, house.program_id, [delivery]), now
        )
    with house.working() as tx:
        cursor = begin_cursor(tx, house.program_id, declared.key, now)
        assert move_cursor(tx, house.program_id, cursor, None, now, missed=True)
        record_heard(tx, house.program_id, declared.key, None, "limit")
        assert record_state(tx, house.program_id, declared.key, "revoked", now)
        record_audit(tx, house.program_id, "test", "connection.revoked", declared.key, now)
