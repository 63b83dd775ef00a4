"""What goes wrong: nothing is lost, and what is refused is known by its reason, to be sent again."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.writebacks.house import KEY, House
from tests.writebacks.test_values import Watched, writes

from guerdon.engine.crm.out.deeds import Looking, resend_contact, resend_failed
from guerdon.engine.crm.port import Closed, ContactWrite, No, Told, WhyClosed


def earn(house: House, contact: str, order: str, amount: int) -> None:
    house.tell(contact, "order.paid", order_no=order, amount=amount)


def refused(house: House) -> list[tuple[Any, ...]]:
    return house.rows(
        "select contact, state, refused from writeback_contacts where state <> 'written' order by 1"
    )


def looking(house: House) -> Looking:
    return Looking(house.program_id, KEY, "per_test", house.now)


def test_a_limit_is_waited_for_as_long_as_is_asked(house: House) -> None:
    contacts = house.contacts(2)
    house.stand.control("POST", "/limits", {"on": True, "burst": 1, "interval_ms": 10_000})
    house.gather()
    assert house.write() == 1
    earn(house, contacts[0], "a", 5)
    house.gather()
    assert house.write() == 1
    hold, reason = house.rows("select hold_until - %(now)s, reason from writeback_lanes", now=house.now)[0]
    assert (5 <= hold.total_seconds() <= 11, reason) == (True, "limit")
    assert house.write() == 0
    house.later(seconds=hold.total_seconds())
    house.stand.control("POST", "/limits", {"on": False})
    house.write()
    assert house.at_hubspot()[contacts[0]]["points"] == "5"
    assert house.lane("reason", "failing_since") == ("", None)


def test_a_tenth_of_all_calls_may_fail(house: House) -> None:
    contacts = house.contacts(150)
    house.stand.control("POST", "/faults", {"fail": 0.4, "kinds": ["before", "after", "cut"]})
    for n, contact in enumerate(contacts):
        house.keep(contact, "order.paid", order_no=f"o{n}", amount=n + 1)
    house.work()
    house.gather()
    for _ in range(60):
        house.write()
        house.later(seconds=61)
    assert set(house.states()) == {"written"}
    assert [house.at_hubspot()[each]["points"] for each in contacts] == [str(n + 1) for n in range(150)]
    uuids = [each["uuid"] for each in house.timeline()]
    assert len(uuids) == len(set(uuids)) == 150


@pytest.mark.parametrize("reason", ["not_connected", "revoked", "other_portal"])
def test_a_connection_that_is_not_open_stands_still_and_says_so(house: House, reason: WhyClosed) -> None:
    (one,) = house.contacts(1)
    house.crm = Closed(reason)
    house.write_back()
    assert house.lane("reason", "failures", "fence") == (reason, 1, None)
    assert house.states() == ["waiting"]
    house.later(seconds=16)
    house.crm = None
    house.write()
    assert house.at_hubspot()[one]["points"] == "0"


def test_a_token_revoked_half_way_loses_nothing(house: House) -> None:
    contacts = house.contacts(150)
    house.gather()
    shown = house.stand.token

    def revoke() -> None:
        house.stand.control("POST", "/revoke", {"token": shown})

    house.crm = Watched(house, [lambda: None, revoke])
    house.write()
    assert house.lane("reason") == ("revoked",)
    assert sorted(house.states()) == ["waiting"] * 50 + ["written"] * 100
    new = house.stand.control("POST", "/tokens", {"portal": 4242})
    house.stand.token = new["token"]
    house.crm = None
    house.later(seconds=16)
    house.write()
    assert {house.at_hubspot()[each]["points"] for each in contacts} == {"0"}


def test_an_admins_rule_refuses_one_property_of_one_contact(house: House) -> None:
    contacts = house.contacts(3)
    house.stand.control("POST", "/properties/contacts/points/rule", {"max": 100})
    earn(house, contacts[1], "a", 500)
    earn(house, contacts[2], "b", 50)
    house.write_back()
    found = house.at_hubspot()
    assert [found[each].get("points") for each in contacts] == ["0", None, "50"]
    assert found[contacts[1]]["last_reward_value"] == "500"
    ((contact, state, why),) = refused(house)
    assert (contact, state, list(why)) == (contacts[1], "failed", ["points"])
    assert "points" in why["points"]
    # Whoever mends the rule has it sent again; another value is tried by itself.
    earn(house, contacts[1], "c", 1)
    asked = writes(house)
    house.write_back()
    assert writes(house) > asked
    assert [each[1] for each in refused(house)] == ["failed"]
    house.stand.control("POST", "/properties/contacts/points/rule", {"max": 1000})
    with house.web() as tx:
        assert resend_failed(tx, looking(house)) == 1
    house.write()
    assert house.at_hubspot()[contacts[1]]["points"] == "501"
    assert refused(house) == []
    said = house.rows("select actor, subject, detail->>'count' from audit where action = 'writeback.resent'")
    assert said == [("per_test", KEY, "1")]


def test_a_property_that_is_missing_there_is_refused_and_the_others_arrive(house: House) -> None:
    contacts = house.contacts(2)
    house.stand.control("PATCH", "/properties/contacts/euros", {"archived": True})
    house.write_back()
    assert [house.at_hubspot()[each]["points"] for each in contacts] == ["0", "0"]
    found = refused(house)
    assert [(state, *why) for _, state, why in found] == [("failed", "euros")] * 2
    assert found[0][2]["euros"].startswith("PROPERTY_DOESNT_EXIST")


class Silent(Watched):
    """An account that refuses without saying for which property, and whole batches."""

    def write_contacts(
        self, id_property: str | None, writes: Sequence[ContactWrite]
    ) -> Told[Mapping[str, str]]:
        for each in writes:
            if each.properties.get("points") == "13":
                return No("VALIDATION_ERROR", "no")
        return super().write_contacts(id_property, writes)


def test_a_batch_that_is_refused_whole_is_halved_until_the_property_stands_alone(house: House) -> None:
    contacts = house.contacts(20)
    earn(house, contacts[11], "a", 13)
    house.crm = Silent(house)
    house.write_back()
    assert [(contact, state, list(why)) for contact, state, why in refused(house)] == [
        (contacts[11], "failed", ["points"])
    ]
    found = house.at_hubspot()
    assert [each for each in contacts if "points" not in found[each]] == [contacts[11]]
    assert found[contacts[11]]["last_reward"] == "order"
    assert house.rows("select singly from writeback_contacts where state = 'failed'") == [(False,)]


def test_a_merged_contact_is_followed(house: House) -> None:
    one, second = house.contacts(1)[0], house.stand.add("contacts", {"email": "second@x.example"})[0]
    house.write_back()
    merged = house.stand.control("POST", "/records/contacts/merge", {"primary": one, "second": second})["id"]
    earn(house, one, "a", 5)
    house.write_back()
    assert house.at_hubspot()[merged]["points"] == "5"
    assert house.rows("select contact, state from writeback_contacts") == [(merged, "written")]
    house.crm = Watched(house)
    earn(house, one, "b", 5)
    house.write_back()
    assert [list(each) for each in house.crm.asked] == [[merged]]
    assert [each["contact"] for each in house.timeline()] == [merged, merged]


def test_of_two_members_whose_contacts_became_one_the_one_who_has_it_is_told(house: House) -> None:
    one, other = house.contacts(2)
    earn(house, one, "a", 5)
    earn(house, other, "b", 70)
    house.write_back()
    merged = house.stand.control("POST", "/records/contacts/merge", {"primary": one, "second": other})["id"]
    ((member,),) = house.rows("select member_id from member_ids where external_id = %(e)s", e=one)
    with house.worker() as db:
        db.execute(
            "insert into member_ids (program_id, source, external_id, member_id) values (%s, 'crm', %s, %s)",
            (house.program_id, merged, member),
        )
    earn(house, other, "c", 1)
    house.write_back()
    # It was not known yet whose it is, and then it was: what was written for a moment is written over.
    earn(house, other, "d", 1)
    house.write_back()
    assert house.at_hubspot()[merged]["points"] == "5"
    assert house.rows("select state, reason from writeback_contacts order by member_id") == [
        ("written", ""),
        ("gone", "merged"),
    ]


def test_a_contact_that_is_gone_is_settled_and_asked_for_no_more(house: House) -> None:
    one, other = house.contacts(2)
    house.stand.control("POST", f"/records/contacts/{one}/forget")
    earn(house, one, "a", 5)
    house.write_back()
    assert house.rows("select contact, state, reason from writeback_contacts order by 1") == [
        (one, "gone", "gone"),
        (other, "written", ""),
    ]
    # What happened to somebody who wants to be forgotten is not told any more.
    asked, told = writes(house), len(house.timeline())
    earn(house, one, "b", 5)
    house.write_back()
    assert (writes(house), len(house.timeline())) == (asked, told)
    assert house.rows("select distinct state from writeback_events where id > 1") == [("gone",)]
    ((member,),) = house.rows("select member_id from member_ids where external_id = %(e)s", e=one)
    with house.web() as tx:
        assert resend_contact(tx, looking(house), member) == 2
        assert resend_contact(tx, looking(house), 999) == 0
    house.write()
    assert writes(house) == asked + 1
    said = house.rows("select detail->>'member' from audit where action = 'writeback.resent'")
    assert len(said) == 1
