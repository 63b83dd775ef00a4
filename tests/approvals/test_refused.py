"""Who may not sign, ask for or take back what they wanted to is refused, and the audit says so."""

from tests.approvals.doors import Doors
from tests.approvals.house import KIEL, House

from guerdon.values.clock import utc_now
from guerdon.values.ids import show


def refusals(house: House) -> list[tuple[object, ...]]:
    return house.rows(
        "select actor, subject, detail ->> 'because', detail ->> 'act' from audit"
        " where action = 'request.refused' order by id"
    )


def test_a_signature_that_is_not_theirs_to_give_is_noted(doors: Doors) -> None:
    house = doors.house
    number = house.asked("lea", house.reward(60_000), utc_now())
    apr, kim, olga = show("apr", number), doors.visitor("kim"), doors.visitor("olga")
    answer = kim.send(f"decisions/{apr}", form="decisions/new", act="approve", revision=1)
    assert answer.status_code == 422
    assert refusals(house) == [(show("per", house.people["kim"]), apr, "role", "approve")]
    assert "Refused: no right to it" in olga.plain(f"decisions/{apr}")
    # Again and again, one request or many at once, is no more than one row in a minute.
    for _ in range(4):
        kim.send(f"decisions/{apr}", form="decisions/new", act="approve", revision=1)
    kim.send("decisions", form="decisions/new", request=f"{apr}.1")
    minutes = house.rows(
        "select count(*), count(distinct date_trunc('minute', recorded_at)) from audit"
        " where action = 'request.refused'"
    )
    assert minutes[0][0] == minutes[0][1]
    # Of another's text one is told nothing, and a wrong reason is no matter of rights.
    assert olga.send(f"decisions/{apr}", act="reject", revision=1, reason="").status_code == 422
    assert show("per", house.people["olga"]) not in {row[0] for row in refusals(house)}
    assert house.state(number) == "open"


def test_whoever_signs_their_own_or_asks_for_what_is_not_theirs_is_noted(doors: Doors) -> None:
    house = doors.house
    number = house.asked("kim", house.reward(20_000), utc_now())
    kim, lea = doors.visitor("kim"), doors.visitor("lea")
    apr = show("apr", number)
    kim.send(f"decisions/{apr}", form="decisions/new", act="approve", revision=1)
    sent = {"act": "adjustment", "member": show("mem", KIEL), "unit": "EUR", "amount": "1.00", "reason": "x"}
    assert lea.send("decisions/new", **sent).status_code == 422
    assert refusals(house) == [
        (show("per", house.people["kim"]), apr, "maker", "approve"),
        (show("per", house.people["lea"]), "requests", "role", "adjustment"),
    ]
