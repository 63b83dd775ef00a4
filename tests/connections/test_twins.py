"""One person in two accounts: found out when contacts are taken in, told, and left to people."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from tests.approvals.doors import Doors, plain
from tests.connections.house import DECLARED, KEY, House, opened_doors
from tests.standins.house import Stand

from guerdon.engine.crm.contacts import Reading, keep_contacts
from guerdon.engine.crm.enriching import Desk, enrich
from guerdon.engine.crm.following import Group, join_ids
from guerdon.engine.crm.out.telling import keep_lanes
from guerdon.engine.crm.port import Contact, NotNow
from guerdon.engine.crm.twins import Word, settle
from guerdon.program.model import Program
from guerdon.queries.invariants import check_invariants
from guerdon.store.crm.writebacks import Wanted, record_wanted
from guerdon.store.database import BAD_DATA, connect, transaction
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

OTHER = "hubspot_us"
TWO = (
    DECLARED
    + f"""  {OTHER}:
    vendor: hubspot
    portal: 777
    secret: HUBSPOT_CLIENT_SECRET
    subject: crm_us
    map:
      - {{ property: lifecyclestage, value: customer, event: order.placed }}
    contacts:
      market: {{ property: country, values: {{ Germany: DE, Norway: "NO" }} }}
    write:
      properties: {{ balance: {{ EUR: euros }} }}
"""
)
ADA = {"country": "Germany", "firstname": "Ada", "lastname": "Byron"}
MAIL, PHONE = {"email": "Ada@Example.org"}, {"phone": "+49 431 1234"}
THERE = f"connections/{KEY}/twins"


@pytest.fixture
def house(database: str, secret: str, tmp_path: Path, hubspot: Stand) -> Iterator[House]:
    """Give a house with two accounts whose contacts become members."""
    made = House(database, secret)
    made.declare(hubspot, tmp_path, TWO, "[crm, crm_us]")
    yield made
    made.db.close()
    with made.opened("web") as tx:
        assert check_invariants(tx) == []


@pytest.fixture
def doors(house: House) -> Iterator[Doors]:
    with opened_doors(house) as opened:
        yield opened


def take_in(
    house: House, connection: str, *contacts: tuple[str, dict[str, str]], program: Program | None = None
) -> None:
    """What a connection reads of contacts is written down."""
    made, now = program or house.program, utc_now()
    read = {number: Contact(number, {**ADA, **told}) for number, told in contacts}
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        reading = Reading(house.program_id, made, made.connections[connection], read, now)
        keep_contacts(tx, house.vault, reading, now)


def work(house: House) -> None:
    """One turn of the worker."""
    desk = Desk(house.library(), lambda *_: NotNow(60, "pace"), house.clock, house.graveyard)
    with connect(house.url, house.secret, "worker") as db:
        enrich(db, desk)


def member_of(house: House, source: str, contact: str) -> int:
    ((member,),) = house.rows(
        "select member_id from member_ids where source = %s and external_id = %s", source, contact
    )
    return int(str(member))


def change(house: House, statement: LiteralString, *values: object) -> None:
    """Past everything."""
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute(statement, values or None)


def pairs(house: House) -> list[tuple[object, ...]]:
    return house.rows("select one_id, other_id, shared, state from twins order by 1, 2")


def test_two_accounts_that_tell_of_one_person_are_a_pair_and_one_that_tells_of_two_is_none(
    house: House, doors: Doors
) -> None:
    take_in(house, KEY, ("1", MAIL | PHONE), ("2", MAIL), ("3", {"email": "ben@example.org"}))
    assert pairs(house) == []
    # However people write the same.
    same = {"email": " ada@example.ORG", "phone": "0049 (431) 1234"}
    take_in(house, OTHER, ("1", same), ("9", {"email": "cleo@example.org"}))
    ada, also, us = (
        member_of(house, "crm", "1"),
        member_of(house, "crm", "2"),
        member_of(house, "crm_us", "1"),
    )
    assert pairs(house) == [(ada, us, ["email", "phone"], "open"), (also, us, ["email"], "open")]
    # Of who they are the rows hold nothing, and told again they are the same.
    assert not house.rows("select from twins t where t::text ~* 'ada|example|431'")
    take_in(house, KEY, ("1", MAIL | PHONE))
    assert len(pairs(house)) == 2
    page = doors.visitor("cora").page(f"connections/{KEY}")
    assert "One person in two accounts" in page
    assert "The same e-mail and phone" in page
    assert "Ada B•••" in page
    assert "ada@" not in page.lower()
    assert "These are one person" not in page
    assert page.count(show("mem", us)) == doors.visitor("cora").page(f"connections/{OTHER}").count(
        show("mem", us)
    )
    assert "came by another account" in doors.visitor("dora").plain(f"members/{show('mem', ada)}")


def mark(house: House, member: int, *items: int) -> None:
    """Members mark items of the catalog."""
    for item in items:
        change(house, "insert into favorites values (%s, %s, %s, now())", house.program_id, member, item)


def marked(house: House) -> list[tuple[object, ...]]:
    return house.rows("select member_id, array_agg(item_id order by item_id) from favorites group by 1")


def test_said_to_be_one_they_are_joined_as_a_merge_joins_and_what_they_have_stays(
    house: House, doors: Doors
) -> None:
    take_in(house, KEY, ("1", MAIL))
    take_in(house, OTHER, ("1", MAIL))
    ada, us = member_of(house, "crm", "1"), member_of(house, "crm_us", "1")
    one, other = show("mem", ada), show("mem", us)
    said = {"act": "one_person", "one": one, "other": other}
    opa, olga = doors.visitor("opa"), doors.visitor("olga")
    # Nobody who may only read, nobody for a third one, and nobody over themselves.
    assert olga.send(THERE, form="decisions/new", **said, survivor=one).status_code == 403
    assert opa.send(THERE, **said, survivor=show("mem", 7)).status_code == 404
    house.tell_membership("opa", us)
    refused = opa.send(THERE, **said, survivor=one)
    assert refused.status_code == 422
    assert "you are one of the two yourself" in plain(refused.content.decode())
    house.tell_membership("opa", 7)
    assert pairs(house) == [(ada, us, ["email"], "open")]
    assert opa.send(THERE, **said, survivor=other).status_code == 303
    assert "Being joined." in opa.plain(THERE)
    assert opa.send(THERE, **said, survivor=one).status_code == 422
    assert (member_of(house, "crm", "1"), member_of(house, "crm_us", "1")) == (ada, us)
    mark(house, ada, 1, 2)
    mark(house, us, 2, 3)
    work(house)
    # What is marked goes with whoever marked it.
    assert marked(house) == [(us, [1, 2, 3])]
    assert {member_of(house, "crm", "1"), member_of(house, "crm_us", "1")} == {us}
    assert house.rows("select count(*) from members where member_id = %s", ada) == [(1,)]
    assert house.rows("select kind, subject, mark from alarms") == [("contacts_joined", other, one)]
    told = house.rows("select actor, action, subject from audit where action ~ 'twins|joined' order by id")
    assert told == [
        (show("per", house.people["opa"]), "twins.one_person", one),
        ("worker", "member.joined", other),
    ]
    assert pairs(house) == [(ada, us, ["email"], "joined")]
    assert show("mem", ada) not in opa.page(THERE)
    # Who is joined is told of by both accounts from now on, and is no twin again.
    take_in(house, KEY, ("1", MAIL))
    assert pairs(house) == [(ada, us, ["email"], "joined")]


def test_three_accounts_of_one_person_end_in_one_member(house: House) -> None:
    take_in(house, KEY, ("1", MAIL), ("2", MAIL))
    take_in(house, OTHER, ("1", MAIL))
    first, second, us = (member_of(house, *each) for each in (("crm", "1"), ("crm", "2"), ("crm_us", "1")))
    for at, (one, survivor) in enumerate(((first, us), (second, second))):
        with house.opened("web") as tx:
            tx.execute(
                "update twins set state = 'joining', survivor_id = %s, settled_by = 'per_a',"
                " settled_at = now() + %s * interval '1 s' where one_id = %s",
                (survivor, at, one),
            )
            tx.execute(
                "insert into audit (program_id, actor, action, subject, recorded_at)"
                " values (%s, 'per_a', 'twins.one_person', 'x', now())",
                (house.program_id,),
            )
    work(house)
    led = house.rows("select distinct member_id from member_ids where external_id in ('1', '2')")
    assert led == [(second,)]
    # Read in one batch, the newest of an account's contacts says who that is.
    take_in(house, KEY, ("2", MAIL | {"country": "Norway"}), ("1", MAIL), ("5", PHONE))
    assert house.rows("select market from members where member_id = %s", second) == [("NO",)]
    assert house.rows("select detail ->> 'updated' from audit order by id desc limit 1") == [("1",)]
    assert house.rows("select subject, mark from alarms order by 1, 2") == sorted(
        [(show("mem", us), show("mem", first)), (show("mem", second), show("mem", us))]
    )


def said_one(house: House, one: int, other: int, survivor: int, refused: str | None = None) -> None:
    """Somebody says that two are one person."""
    word = Word((min(one, other), max(one, other)), "joining", survivor, "", "per_a", [], utc_now())
    with house.opened("web") as tx:
        assert settle(tx, house.program_id, word) == refused


def test_the_contact_of_whoever_was_joined_is_told_what_the_survivor_has(house: House) -> None:
    take_in(house, KEY, ("1", MAIL))
    take_in(house, OTHER, ("1", MAIL), ("8", PHONE))
    take_in(house, KEY, ("8", PHONE))
    ada, us = member_of(house, "crm", "1"), member_of(house, "crm_us", "1")
    former, left = member_of(house, "crm", "8"), member_of(house, "crm_us", "8")
    place, now = (OTHER, "crm_us"), utc_now()
    with house.opened("worker") as tx:
        wanted = [Wanted(each, {"euros": "7"}, 1, now) for each in (us, left)]
        record_wanted(tx, house.program_id, place, wanted, now)
        tx.execute("update writeback_contacts set written = wanted, state = 'written', waiting_since = null")
    # One who was in that account before, and one who was not.
    said_one(house, ada, us, ada)
    said_one(house, former, left, left)
    work(house)
    rows = "select member_id, contact, state, reason, stale from writeback_contacts order by member_id"
    joined = [(us, "1", "gone", "merged", False), (left, "8", "written", "", True)]
    assert house.rows(rows) == sorted([(ada, "1", "written", "", True), *joined])
    # It is looked up, written, and read back.
    with connect(house.url, house.secret, "worker") as db:
        while keep_lanes(db, house.program_id, house.program, utc_now()):
            pass
    told = "select contact, wanted, written, state, verify_at > now() from writeback_contacts"
    assert house.rows(f"{told} where member_id = %s", ada) == [("1", {"euros": "0.00"}, {}, "waiting", True)]
    # With a newer contact it is that one which is written to.
    change(house, "update writeback_contacts set written = wanted, state = 'written', verify_at = null")
    take_in(house, OTHER, ("12", MAIL))
    said_one(house, ada, member_of(house, "crm_us", "12"), ada)
    work(house)
    assert house.rows(f"{told} where member_id = %s", ada) == [("12", {"euros": "0.00"}, {}, "waiting", True)]


def test_who_the_crm_joined_meanwhile_is_nobody_to_go_on_as(house: House) -> None:
    take_in(house, KEY, ("1", {"email": "a@example.org"}), ("2", MAIL), ("3", PHONE))
    take_in(house, OTHER, ("1", MAIL), ("3", PHONE))
    a, b, c = member_of(house, "crm", "1"), member_of(house, "crm", "2"), member_of(house, "crm_us", "1")
    d, e = member_of(house, "crm", "3"), member_of(house, "crm_us", "3")
    assert len(pairs(house)) == 2
    # It is said, and joined by the CRM before the worker came to it.
    said_one(house, b, c, b)
    mark(house, b, 1)
    mark(house, a, 2)
    with house.opened("worker") as tx:
        join_ids(tx, house.program_id, "crm", [Group(("1", "2")), Group(("1", "3"))], utc_now())
    assert marked(house) == [(a, [1, 2])]
    # What nobody said yet is asked no more of whom nothing leads to.
    assert [row[:2] for row in pairs(house)] == [(b, c)]
    said_one(house, d, e, d, refused="state")
    work(house)
    assert house.rows("select distinct member_id from member_ids where member_id > 1000 order by 1") == [
        (a,),
        (e,),
    ]
    assert member_of(house, "crm_us", "1") == a
    assert (show("mem", a), show("mem", c)) in house.rows("select subject, mark from alarms")


def test_said_to_be_two_they_are_put_away_for_a_reason_and_not_asked_about_again(
    house: House, doors: Doors
) -> None:
    take_in(house, KEY, ("1", PHONE))
    take_in(house, OTHER, ("1", PHONE))
    ada, us = member_of(house, "crm", "1"), member_of(house, "crm_us", "1")
    said = {"act": "two_people", "one": show("mem", ada), "other": show("mem", us)}
    opa = doors.visitor("opa")
    assert "a reason is needed" in plain(opa.send(THERE, **said, reason=" ").content.decode())
    assert opa.send(THERE, **said, reason="mother and daughter").status_code == 303
    take_in(house, OTHER, ("1", MAIL | PHONE))
    take_in(house, KEY, ("1", MAIL | PHONE))
    work(house)
    assert pairs(house) == [(ada, us, ["phone"], "apart")]
    assert house.rows("select action, reason from audit where action ~ 'twins'") == [
        ("twins.two_people", "mother and daughter")
    ]
    assert "seems to be in another one" in opa.plain(THERE)
    assert "came by another account" not in opa.plain(f"members/{show('mem', ada)}")


def test_what_does_not_hold_any_more_goes_and_so_does_whoever_is_forgotten(house: House) -> None:
    take_in(house, KEY, ("1", MAIL), ("2", PHONE))
    take_in(house, OTHER, ("1", MAIL), ("2", PHONE))
    assert len(pairs(house)) == 2
    take_in(house, OTHER, ("1", {"email": "another@example.org"}))
    ((_, us, _, _),) = pairs(house)
    change(house, "delete from persons where member_id = %s", us)
    assert pairs(house) == []


def test_an_address_that_many_share_makes_no_pairs_and_is_told_once(house: House, doors: Doors) -> None:
    office = {"email": "office@dealer.example"}
    take_in(house, KEY, *((str(n), office) for n in range(5)))
    take_in(house, OTHER, *((str(n), office) for n in range(5)))
    assert len(pairs(house)) == 25
    take_in(house, OTHER, ("5", office))
    assert pairs(house) == []
    take_in(house, OTHER, *((str(n), office) for n in range(40)))
    take_in(house, KEY, ("0", office))
    assert pairs(house) == []
    ((kind, subject, detail, settled),) = house.rows("select kind, subject, detail, settled_at from alarms")
    assert (kind, subject, settled) == ("contact_shared", "email", None)
    page = doors.visitor("opa").plain(f"connections/{KEY}")
    assert "More than ten members share one e-mail" in page
    assert str(detail["member"]) in page  # type: ignore[index]
    # Whoever was named may have another address by now: it is the same one that is told of.
    take_in(house, KEY, ("0", MAIL))
    take_in(house, OTHER, ("39", office))
    assert house.rows("select settled_at from alarms") == [(None,)]
    # Few have it any more, or nobody has; and it is told again.
    standing = "select count(*) from alarms where settled_at is null"
    away = [(str(n), {"email": f"{n}@example.org"}) for n in range(40)]
    for few in (away[:36], away):
        take_in(house, OTHER, *few)
        assert house.rows(standing) == [(0,)]
        take_in(house, OTHER, *((str(n), office) for n in range(40)))
        assert house.rows(standing) == [(1,)]
    assert not house.rows("select from alarms where detail::text ~ 'dealer' or length(mark) > 17")


def test_of_an_address_of_hundreds_no_more_are_looked_at(house: House) -> None:
    take_in(house, KEY, ("1", PHONE))
    # They came by a file, with the phone that stands for none.
    change(
        house,
        "with made as (insert into members (program_id, member_id, market, language, attributes, enrolled_at)"
        " select program_id, 5000 + n, market, language, '{}', now() from members, generate_series(1, 201) n"
        " where member_id = %s returning *)"
        " insert into persons (program_id, member_id, key, phone_index)"
        " select m.program_id, m.member_id, 'x', p.phone_index from made m"
        " join persons p on p.member_id = %s",
        *[member_of(house, "crm", "1")] * 2,
    )
    take_in(house, OTHER, ("1", PHONE))
    assert pairs(house) == []
    assert house.rows("select kind, subject from alarms") == [("contact_shared", "phone")]


def test_phones_that_were_kept_before_are_worked_out_when_contacts_are_taken_in(house: House) -> None:
    take_in(house, KEY, ("1", PHONE), ("2", {"phone": "+49 30 999"}))
    change(house, "update persons set phone_index = null")
    # One that does not open keeps nobody else from being found.
    change(house, "update persons set key = 'x' where member_id = %s", member_of(house, "crm", "2"))
    take_in(house, OTHER, ("1", PHONE))
    assert [row[2:] for row in pairs(house)] == [(["phone"], "open")]
    assert house.rows("select count(*) from persons where phone_index = ''") == [(1,)]


def test_one_row_twice_in_a_statement_is_the_fault_of_what_is_written(house: House) -> None:
    twice = (
        "insert into member_ids (program_id, source, external_id, member_id)"
        " select %(p)s, 'x', '1', 7 from generate_series(1, 2)"
        " on conflict (program_id, source, external_id) do update set member_id = excluded.member_id"
    )
    with house.opened("worker") as tx, pytest.raises(BAD_DATA) as fault, tx.transaction():
        tx.execute(twice, {"p": house.program_id})
    assert isinstance(fault.value, psycopg.errors.CardinalityViolation)


def test_with_one_account_nobody_is_compared(house: House, doors: Doors) -> None:
    alone = replace(house.program, connections={KEY: house.program.connections[KEY]})
    take_in(house, OTHER, ("1", MAIL))
    take_in(house, KEY, ("1", MAIL), program=alone)
    assert pairs(house) == []
    assert doors.visitor("opa").get("connections/nobody/twins").status_code == 404
