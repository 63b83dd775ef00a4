"""A CRM in trouble, a worker that is killed, news that overtake a reading: nothing lost, nothing twice."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from tests.errands.house import ADA, REWARDS, House

from guerdon.engine.crm.port import Closed, Crm, Deal, Known, No, NotNow, Told

DONE = {"drive_status": "done"}


class Killed(BaseException):
    """What kills a worker is no fault that anybody catches."""


class Between:
    """Asks the CRM behind it; a test says what happens on the way."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm

    def read_contacts(self, ids: Sequence[str], properties: Sequence[str]) -> Told[Any]:
        return self.crm.read_contacts(ids, properties)

    def read_deals(self, ids: Sequence[str], properties: Sequence[str]) -> Told[Mapping[str, Deal | None]]:
        return self.crm.read_deals(ids, properties)


def stand_between(house: House, kind: type[Between]) -> None:
    house.between = kind  # type: ignore[assignment]


def won(house: House) -> str:
    """A deal of a contact, told and left to be read."""
    (ada,) = house.hubspot.add("contacts", ADA)
    deal = house.deal(ada)
    house.hear()
    house.decide()
    return deal


def test_a_limit_is_honored_and_a_server_in_trouble_waited_for(house: House) -> None:
    (ada,) = house.hubspot.add("contacts", {**ADA, **DONE})
    house.hear()
    house.decide()
    house.hubspot.control("POST", "/limits", {"on": True, "burst": 0, "interval_ms": 10_000})
    desk = house.desk()
    house.enrich(desk)
    assert {reason for *_, reason in house.errands()} == {"limit"}
    (until,) = desk.resting.values()
    assert until > house.now()
    # It is left alone, however often somebody looks.
    house.enrich(desk)
    assert house.hubspot.control("GET", "/counts")["requests"] == 1
    house.hubspot.control("POST", "/limits", {"on": False, "burst": 190})
    house.hubspot.control("POST", "/faults", {"next": ["before"]})
    house.ahead = timedelta(minutes=1)
    house.enrich(desk)
    assert {reason for *_, reason in house.errands()} == {"trouble"}
    house.ahead = timedelta(minutes=2)
    house.settle()
    assert house.member_of(ada) is not None
    assert house.count(REWARDS) == 1


def test_without_a_token_everything_stands_still_and_goes_on_with_another(house: House) -> None:
    won(house)
    house.hubspot.control("POST", "/revoke", {"portal": house.portal})
    house.settle()
    assert {reason for *_, reason in house.errands()} == {"revoked"}
    assert house.quarantined() == []
    house.stand.token = house.hubspot.control("POST", "/tokens", {"portal": house.portal})["token"]  # type: ignore[union-attr]
    house.settle()
    assert (house.count(REWARDS), house.errands()) == (1, [])


def test_a_connection_that_nobody_opened_keeps_its_errands_and_asks_nobody(house: House) -> None:
    won(house)
    asked: list[Crm] = []

    def closed(crm: Crm) -> Closed:
        asked.append(crm)
        return Closed("not_connected")

    house.between = closed
    desk = house.desk()
    for _ in range(5):
        house.enrich(desk)
    assert len(asked) == 1
    assert {reason for *_, reason in house.errands()} == {"not_connected"}
    house.ahead = timedelta(seconds=6)
    house.enrich(desk)
    assert len(asked) == 2


@pytest.mark.parametrize("kind", ["read_contacts", "read_deals"])
def test_a_worker_killed_after_it_asked_leaves_everything_as_it_was(house: House, kind: str) -> None:
    won(house)

    class Dying(Between):
        def __getattribute__(self, name: str) -> object:
            found = super().__getattribute__(name)
            if name != kind:
                return found

            def asked(*words: object) -> object:
                found(*words)
                raise Killed

            return asked

    stand_between(house, Dying)
    left = [row[:3] for row in house.errands()]
    with pytest.raises(Killed):
        house.enrich()
    house.between = lambda crm: crm
    # Whoever was killed may be alive: nobody asks the same before its lease is over.
    house.settle()
    assert {row[:3] for row in house.errands()} >= {row for row in left if row[0] == kind[5:-1]}
    house.ahead = timedelta(minutes=11)
    house.settle()
    assert (house.count(REWARDS), house.errands(), house.quarantined()) == (1, [], [])


def test_what_overtakes_a_reading_is_read_again(house: House) -> None:
    (ada,) = house.hubspot.add("contacts", {**ADA, "visits": "1"})
    house.hear()
    house.decide()
    again = [True]

    class Overtaken(Between):
        def read_contacts(self, ids: Sequence[str], properties: Sequence[str]) -> Told[Any]:
            told = super().read_contacts(ids, properties)
            if again:
                again.pop()
                house.hubspot.control("PATCH", f"/records/contacts/{ada}", {"properties": {"visits": "2"}})
                house.hear()
                house.decide()
            return told

    stand_between(house, Overtaken)
    house.settle()
    assert house.rows("select attributes::text from members") == [('{"visits":2}',)]
    assert house.errands() == []


def test_one_that_is_refused_keeps_nobody_else_away(house: House) -> None:
    people = house.hubspot.add("contacts", *[{**ADA, **DONE, "email": f"{n}@x.example"} for n in range(9)])
    house.hear()
    house.decide()

    class Refusing(Between):
        def read_contacts(self, ids: Sequence[str], properties: Sequence[str]) -> Told[Any]:
            return (
                No("VALIDATION_ERROR", "no") if people[4] in ids else super().read_contacts(ids, properties)
            )

    stand_between(house, Refusing)
    house.settle()
    assert house.count(REWARDS) == 8
    assert {*house.quarantined()} == {("crm_refused", "The CRM does not tell of it: VALIDATION_ERROR no")}
    assert house.errands() == []


def test_what_cannot_be_written_down_is_set_apart_alone(house: House) -> None:
    people = house.hubspot.add("contacts", *[{**ADA, **DONE, "email": f"{n}@x.example"} for n in range(5)])
    house.hear()
    house.decide()

    class Odd(Between):
        def read_contacts(self, ids: Sequence[str], properties: Sequence[str]) -> Told[Any]:
            told = super().read_contacts(ids, properties)
            assert isinstance(told, Known)
            spoiled = {each: 7 if each == people[2] else contact for each, contact in told.answer.items()}
            return Known(spoiled)

    stand_between(house, Odd)
    house.settle()
    assert house.count(REWARDS) == 4
    assert {reason for reason, _ in house.quarantined()} == {"poison"}


def test_two_workers_read_each_object_once(house: House) -> None:
    won(house)
    read: list[str] = []

    class Watching(Between):
        def read_deals(self, ids: Sequence[str], properties: Sequence[str]) -> Told[Any]:
            read.extend(ids)
            # The other one looks while this one asks.
            if len(read) == 1:
                assert house.enrich() == 0
            return super().read_deals(ids, properties)

    stand_between(house, Watching)
    house.settle()
    assert len(read) == 1
    assert house.count(REWARDS) == 1


def test_not_now_without_a_word_of_a_token_is_waited_out(house: House) -> None:
    won(house)
    house.between = lambda _crm: NotNow(60, "unreachable")
    house.settle()
    assert {reason for *_, reason in house.errands()} == {"unreachable"}
    house.between = lambda crm: crm
    house.settle()
    assert house.count(REWARDS) == 1


def test_whatever_fails_and_whoever_is_killed_each_deal_is_rewarded_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guerdon.engine.crm.enriching.BATCH_MAX", 10)
    chance = Random(5)  # noqa: S311  a test's
    control = house.hubspot.control
    (hook,) = control("GET", "/hooks")["hooks"]
    control("PATCH", f"/hooks/{hook['id']}", {"duplicates": 0.5})
    control("POST", "/faults", {"fail": 0.3, "kinds": ["before", "after", "cut"], "seed": 5})
    people = house.hubspot.add("contacts", *[{**ADA, "email": f"{n}@x.example"} for n in range(60)])
    for person in people:
        house.deal(person)

    class Dying(Between):
        def __getattribute__(self, name: str) -> object:
            found = super().__getattribute__(name)
            if not name.startswith("read_"):
                return found

            def asked(*words: object) -> object:
                told = found(*words)
                if chance.random() < 0.3:
                    raise Killed
                return told

            return asked

    stand_between(house, Dying)
    house.hear()
    killed = 0
    for _ in range(100):
        try:
            house.decide()
            house.enrich()
        except Killed:
            killed += 1
        house.ahead += timedelta(minutes=4)
        if not house.decide() and not house.errands():
            break
    assert killed > 0
    assert (house.errands(), house.quarantined()) == ([], [])
    rewarded = house.rows(
        "select i.external_id, count(*) from rewards r"
        " join member_ids i using (program_id, member_id) group by 1"
    )
    assert {*rewarded} == {(person, 1) for person in people}
