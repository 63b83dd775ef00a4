"""Contacts become members by being read; merges, deletions and requests for privacy are followed."""

import pytest
from tests.errands.house import ADA, REWARDS, House

from guerdon.engine.enroll import enroll_members
from guerdon.store.database import connect

DONE = {"drive_status": "done"}
BEN = {**ADA, "firstname": "Ben", "email": "ben@example.org"}


def change(house: House, contact: str, **properties: str) -> None:
    house.hubspot.control("PATCH", f"/records/contacts/{contact}", {"properties": properties})


def merge(house: House, primary: str, second: str) -> str:
    told = {"primary": primary, "second": second}
    return str(house.hubspot.control("POST", "/records/contacts/merge", told)["id"])


def enroll(house: House, *contacts: str) -> None:
    lines = ["external_source,external_id,market,employee,location\n"]
    lines += [f"hubspot,{contact},DE,true,de-kiel\n" for contact in contacts]
    with connect(house.url, house.secret, "worker") as db:
        enroll_members(db, house.vault, (house.program_id, house.program), lines, house.now())


def test_an_event_waits_for_its_contact_and_is_decided_when_that_was_read(house: House) -> None:
    # Nobody told of the contact itself: it is read because an event waits for it.
    (hook,) = house.hubspot.control("GET", "/hooks")["hooks"]
    house.hubspot.control("DELETE", f"/hooks/{hook['id']}")
    (ada,) = house.hubspot.add("contacts", ADA)
    told = [{"eventType": "contact.propertyChange", "propertyName": "drive_status"}]
    house.hubspot.control("POST", "/hooks", {"url": house.receiver.url, "subscriptions": told})
    change(house, ada, **DONE)
    house.hear()
    house.decide()
    assert house.count("select count(*) from waiting") == 1
    assert house.errands() == [("contact", ada, "read", "")]
    house.settle()
    assert house.count(REWARDS) == 1
    assert house.count("select count(*) from waiting") == 0
    assert house.rows("select actor, detail ->> 'new' from audit where action = 'members.enrolled'") == [
        ("hubspot_eu", "1")
    ]


def test_a_contact_that_does_not_say_where_it_belongs_is_no_member_until_it_does(house: House) -> None:
    (ada,) = house.hubspot.add("contacts", {**DONE, "firstname": "Ada"})
    house.settle()
    assert (house.member_of(ada), house.quarantined()) == (None, [])
    assert house.count("select count(*) from waiting") == 1
    change(house, ada, country="France")
    house.settle()
    assert house.rows("select market, language from members") == [("FR", "fr")]
    assert house.count(REWARDS) == 1


def test_a_contact_that_does_not_fit_is_set_apart_with_what_waits_and_may_be_tried_again(
    house: House,
) -> None:
    (ada,) = house.hubspot.add("contacts", {**ADA, **DONE, "dealer_code": "fr-lyon"})
    house.settle()
    assert {*house.quarantined()} == {("contact_unfit", "dealer_code: fr-lyon lies in FR, not in DE")}
    assert len(house.quarantined()) > 1
    assert house.count("select count(*) from waiting") == 0
    change(house, ada, country="France")
    house.settle()
    assert house.member_of(ada) is not None
    assert house.count(REWARDS) == 0
    house.retry()
    house.settle()
    assert (house.count(REWARDS), house.quarantined()) == (1, [])


def test_a_member_is_brought_up_to_date_and_keeps_what_hubspot_does_not_tell(house: House) -> None:
    house.publish_text(
        ("      location: { property: dealer_code }\n", ""),
        ("{ employee: is_employee, visits: visits }", "{ visits: visits }"),
    )
    (ada,) = house.hubspot.add("contacts", {**ADA, "visits": "3"})
    enroll(house, ada)
    house.settle()
    change(house, ada, visits="4", country="Germany", phone="after eight, please", lastname="Lovelace")
    house.settle()
    assert house.rows("select location, attributes::text from members") == [
        ("de-kiel", '{"employee":true,"visits":4}')
    ]
    person = house.person(ada)
    assert person is not None
    assert (person.name, person.phone) == ("Ada Lovelace", "")
    change(house, ada, visits="")
    house.settle()
    assert house.rows("select attributes::text from members") == [('{"employee":true}',)]


@pytest.mark.parametrize("new_id", [True, False])
def test_all_ids_of_a_merged_contact_lead_to_its_one_member(house: House, new_id: bool) -> None:  # noqa: FBT001
    house.hubspot.control("POST", "/behaviour", {"merge_new_id": new_id})
    ada, ben = house.hubspot.add("contacts", {**ADA, **DONE}, {"firstname": "Ben"})
    house.settle()
    member = house.member_of(ada)
    assert (house.member_of(ben), house.count(REWARDS)) == (None, 1)
    now = merge(house, ada, ben)
    assert (now == ada) is not new_id
    house.settle()
    assert {house.member_of(each) for each in (ada, ben, now)} == {member}
    change(house, now, drive_status="")
    change(house, now, **DONE)
    house.settle()
    assert house.count("select count(*) from members") == 1
    assert house.rows("select distinct member_id from rewards") == [(member,)]
    assert house.count(REWARDS) == 2
    assert house.rows("select kind from alarms") == []


def test_of_two_members_that_were_merged_the_survivor_gets_what_comes_and_people_are_told(
    house: House,
) -> None:
    ada, ben = house.hubspot.add("contacts", {**ADA, **DONE}, {**BEN, **DONE})
    house.settle()
    first, second = house.member_of(ada), house.member_of(ben)
    assert first != second
    now = merge(house, ben, ada)
    house.settle()
    assert {house.member_of(each) for each in (ada, ben, now)} == {second}
    change(house, now, drive_status="")
    change(house, now, **DONE)
    house.settle()
    # What each has stays where it is.
    given = house.rows("select member_id, count(*) from rewards group by 1")
    assert {*given} == {(first, 1), (second, 2)}
    assert house.rows("select kind, settled_at from alarms") == [("contacts_joined", None)]
    assert house.count("select count(*) from audit where action = 'member.joined'") == 1


def test_whoever_was_joined_into_a_member_is_forgotten_with_them(house: House) -> None:
    ada, ben, cleo = house.hubspot.add(
        "contacts", {**ADA, **DONE}, {**BEN, **DONE}, {**BEN, "email": "cleo@example.org"}
    )
    house.settle()
    first = merge(house, ben, ada)
    house.settle()
    now = merge(house, cleo, first)
    house.settle()
    assert house.count("select count(*) from persons") == 3
    house.hubspot.control("POST", f"/records/contacts/{now}/forget")
    house.settle()
    assert house.count("select count(*) from persons") == 0
    assert house.count("select count(*) from audit where action = 'member.forgotten'") == 3


def test_contacts_that_are_merged_before_anybody_is_a_member_become_one(house: House) -> None:
    ada, ben = house.hubspot.add("contacts", {**ADA, **DONE}, {**BEN, **DONE})
    now = merge(house, ada, ben)
    house.settle()
    assert house.count("select count(*) from members") == 1
    assert len({house.member_of(each) for each in (ada, ben, now)}) == 1
    assert house.count(REWARDS) == 2


def test_what_waits_for_a_contact_that_was_deleted_is_set_apart(house: House) -> None:
    (ada,) = house.hubspot.add("contacts", {**ADA, **DONE})
    house.hear()
    house.decide()
    house.hubspot.control("DELETE", f"/records/contacts/{ada}")
    house.settle()
    assert house.quarantined() == [("contact_gone", "The contact is not in the CRM any more")]
    assert house.member_of(ada) is None
    assert house.errands() == []


def test_whoever_is_to_be_forgotten_is_forgotten_and_not_brought_back(house: House) -> None:
    (ada,) = house.hubspot.add("contacts", {**ADA, **DONE})
    house.settle()
    assert house.person(ada) is not None
    # Somebody read the contact, and before that is written down it is forgotten.
    change(house, ada, lastname="Lovelace")
    house.hear()
    house.decide()

    def forgotten(crm: object) -> object:
        house.between = lambda same: same
        desk = house.desk()

        class Slow:
            def read_contacts(self, ids: object, properties: object) -> object:
                told = crm.read_contacts(ids, properties)  # type: ignore[attr-defined]
                house.hubspot.control("POST", f"/records/contacts/{ada}/forget")
                house.hear()
                house.decide()
                house.enrich(desk)
                return told

        return Slow()

    house.between = forgotten  # type: ignore[assignment]
    house.enrich()
    assert house.person(ada) is None
    assert house.count("select count(*) from persons") == 0
    house.settle()
    assert house.person(ada) is None
    # The books stay: what was given was given to a number.
    assert house.count(REWARDS) == 1
    member_id = house.member_of(ada)
    assert house.rows("select reason from audit where action = 'member.forgotten'") == [("privacy_request",)]
    assert member_id is not None


def test_what_rules_saw_of_whoever_is_forgotten_goes_where_the_program_says_it_is_personal(
    house: House,
) -> None:
    house.publish_text(("visits: { type: int }", "visits: { type: int, personal: true }"))
    (ada,) = house.hubspot.add("contacts", {**ADA, **DONE, "visits": "3", "is_employee": "true"})
    house.settle()
    change(house, ada, visits="4")
    house.settle()
    assert house.rows("select attributes::jsonb -> 'visits' from members") == [(4,)]
    given, decided = house.count(REWARDS), house.rows("select decision::text from events order by id")
    house.hubspot.control("POST", f"/records/contacts/{ada}/forget")
    house.settle()
    kept = house.rows(
        "select attributes::jsonb from members union all select attributes::jsonb from member_states"
    )
    assert {*map(str, (row[0] for row in kept))} == {str({"employee": True})}
    assert len(kept) > 2
    assert house.count(REWARDS) == given == 1
    assert house.rows("select decision::text from events order by id") == decided


def test_what_waits_for_whoever_is_forgotten_is_put_away_and_not_left_standing(house: House) -> None:
    # Without a country it is no member, so its event waits.
    (ada,) = house.hubspot.add("contacts", {**DONE, "firstname": "Ada"})
    house.settle()
    assert house.count("select count(*) from waiting") == 1
    house.hubspot.control("POST", f"/records/contacts/{ada}/forget")
    house.settle()
    assert (house.quarantined(), house.count("select count(*) from waiting")) == ([], 0)
    assert house.rows("select reason, settled_as, settled_by, settled_for from quarantine") == [
        ("contact_gone", "put_away", "worker", "The contact asked to be forgotten")
    ]
