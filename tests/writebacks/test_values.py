"""What contacts have: the newest, once however often it changes, and nothing that they have already."""

from collections.abc import Callable, Mapping, Sequence

import pytest
from tests.standins.house import Stand
from tests.writebacks.house import KEY, WRITE, House, opened_house, writing_program

from guerdon.engine.crm.port import Contact, ContactWrite, CustomEvent, Told
from guerdon.engine.publish import publish
from guerdon.store.database import connect
from guerdon.store.referrals.codes import record_code

REFERRALS = """
referrals:
  friends:
    promise: { referrer: { en: A star for you }, friend: { en: A star for your friend } }
    claims: { event: gift.withdrawn, field: order_no }
    on: [order.paid]
    within: 6 months
    tells: { referrer: { event: star.given }, friend: { event: star.given } }
"""
WRITES = "POST /crm/objects/{version}/{objectType}/batch/update"


class Watched:
    """The account, and what it is asked; `then` is done while a batch is under way."""

    def __init__(self, house: House, then: Sequence[Callable[[], object]] = ()) -> None:
        self.crm = house.account()
        self.asked: list[dict[str, dict[str, str]]] = []
        self.then = list(then)

    def write_contacts(
        self, id_property: str | None, writes: Sequence[ContactWrite]
    ) -> Told[Mapping[str, str]]:
        self.asked.append({each.id: dict(each.properties) for each in writes})
        if self.then:
            self.then.pop(0)()
        return self.crm.write_contacts(id_property, writes)

    def send_events(self, events: Sequence[CustomEvent]) -> Told[None]:
        return self.crm.send_events(events)

    def read_contacts(
        self, ids: Sequence[str], properties: Sequence[str]
    ) -> Told[Mapping[str, Contact | None]]:
        return self.crm.read_contacts(ids, properties)


def writes(house: House) -> int:
    return int(house.stand.control("GET", "/counts").get(WRITES, 0))


def test_what_members_have_arrives_at_their_contacts(house: House) -> None:
    one, other = house.contacts(2)
    house.tell(one, "order.paid", order_no="a", amount=100)
    house.tell(other, "contract.signed", order_no="c")
    house.write_back()
    found = house.at_hubspot()
    assert found[one] | {"last_reward_at": ""} == {
        "points": "100",
        "euros": "0.00",
        "last_reward": "order",
        "last_reward_value": "100",
        "last_reward_at": "",
        "reward_waiting": "true",
    }
    assert found[one]["last_reward_at"] == house.now_of_last_reward()
    assert (found[other]["points"], found[other]["euros"]) == ("0", "200.00")
    assert (found[other]["last_reward"], found[other]["last_reward_value"]) == ("contract", "200.00")
    assert house.states() == ["written", "written"]
    assert writes(house) == 1


def test_many_changes_are_one_write_and_many_contacts_a_few_batches(house: House) -> None:
    contacts = house.contacts(205)
    for n in range(3):
        house.tell(contacts[0], "order.paid", order_no=f"o{n}", amount=10)
    house.gather()
    house.tell(contacts[0], "order.paid", order_no="o3", amount=10)
    house.write_back()
    found = house.at_hubspot()
    assert {found[each]["points"] for each in contacts} == {"40", "0"}
    assert found[contacts[0]]["points"] == "40"
    assert (writes(house), len(found)) == (3, 205)
    assert house.lane("contacts_max", "fence", "failures", "reason") == (100, None, 0, "")


def test_what_a_contact_has_of_us_is_not_written_again(house: House) -> None:
    (one,) = house.contacts(1)
    house.write_back()
    watched = Watched(house)
    house.crm = watched
    house.tell(one, "order.paid", order_no="a", amount=10)
    house.tell(one, "order.returned", order_no="a", refunded=1, total=1)
    house.write_back()
    # It came and went: nothing of it is to be written.
    assert watched.asked == []
    house.tell(one, "walk.taken", amount=5)
    house.write_back()
    assert [sorted(each[one]) for each in watched.asked] == [
        ["last_reward", "last_reward_at", "last_reward_value", "reward_waiting"]
    ]
    assert house.states() == ["written"]


def test_what_changes_while_a_batch_is_under_way_is_written_after_it(house: House) -> None:
    (one,) = house.contacts(1)
    house.tell(one, "order.paid", order_no="a", amount=10)

    def meanwhile() -> None:
        house.tell(one, "order.paid", order_no="b", amount=5)
        house.gather()

    house.crm = Watched(house, [meanwhile])
    house.write_back()
    assert [each[one]["points"] for each in house.crm.asked] == ["10", "15"]
    assert house.at_hubspot()[one]["points"] == "15"
    assert house.rows(
        "select state, waiting_since, sent_since, version = written_from from writeback_contacts"
    ) == [("written", None, None, True)]


def test_two_systems_fall_behind_and_the_oldest_is_known(house: House) -> None:
    (one,) = house.contacts(1)
    house.tell(one, "order.paid", order_no="a", amount=10)
    house.gather()
    ((first,),) = house.rows("select waiting_since from writeback_contacts")
    house.tell(one, "order.paid", order_no="b", amount=10)
    house.gather()
    assert house.rows("select waiting_since from writeback_contacts") == [(first,)]
    house.write()
    ((lags,),) = house.rows("select lags_ms from writeback_batches where sent = 1 order by id limit 1")
    waited = (house.now - first).total_seconds() * 1000
    assert lags == [pytest.approx(waited, abs=1)]


def test_everybody_is_gone_through_when_a_connection_begins_to_be_told(house: House) -> None:
    contacts = house.contacts(3)
    house.tell(contacts[1], "order.paid", order_no="a", amount=7)
    with house.worker() as db:
        db.execute("delete from announcements")
    house.write_back()
    found = house.at_hubspot()
    assert [found[each]["points"] for each in contacts] == ["0", "7", "0"]
    assert house.lane("gone_through") == (None,)
    asked = writes(house)
    # Another property is another declaration: it is filled for everybody, and the others stay as they are.
    other = WRITE.replace("PTS: points", "PTS: miles_of_points")
    house.stand.define({"name": "miles_of_points", "label": "M", "type": "number", "fieldType": "number",
                        "groupName": "contactinformation"})  # fmt: skip
    with connect(house.url, house.secret, "owner") as db:
        publish(db, writing_program(other), "test", house.now)
    house.later(seconds=2)
    house.crm = Watched(house)
    house.write_back()
    assert house.crm.asked == [
        {each: {"miles_of_points": value} for each, value in zip(contacts, "070", strict=True)}
    ]
    assert writes(house) == asked + 1


def test_who_is_no_contact_is_told_nothing_and_who_is_not_told_any_more_neither(house: House) -> None:
    # From the commit of the version on, before any lane is looked at.
    assert house.rows("select announced_to from programs") == [(["connections"],)]
    (one,) = house.contacts(1)
    house.write_back()
    with connect(house.url, house.secret, "owner") as db:
        publish(db, writing_program(""), "test", house.now)
    house.later(seconds=2)
    house.gather()
    assert house.rows("select announced_to from programs") == [([],)]
    house.tell(one, "order.paid", order_no="a", amount=7)
    assert house.rows("select count(*) from announcements") == [(0,)]
    assert house.write_back() == 0
    assert house.lane("declared", "connection") == ("", KEY)


def test_a_code_to_invite_by_is_told_when_it_is_made(database: str, secret: str, hubspot: Stand) -> None:
    write = REFERRALS + WRITE.replace("reward_waiting: reward_waiting", "referral_code: invite_code")
    with opened_house(database, secret, hubspot, write) as house:
        hubspot.define({"name": "invite_code", "label": "Code", "type": "string", "fieldType": "text",
                        "groupName": "contactinformation"})  # fmt: skip
        one, _ = house.contacts(2)
        house.write_back()
        ((member,),) = house.rows("select member_id from member_ids where external_id = %(e)s", e=one)
        with house.web() as tx:
            assert record_code(tx, house.program_id, "friends", member, "ABCDEFGH23", house.now)
            assert not record_code(tx, house.program_id, "friends", member, "ABCDEFGH24", house.now)
        house.crm = Watched(house)
        house.write_back()
        assert house.crm.asked == [{one: {"invite_code": "ABCDEFGH23"}}]
