"""A code at a counter: taken once, confirmed once, decided like any event; and every code that is none."""

from datetime import timedelta
from typing import Any

import pytest
from tests.location.conftest import BONN, COUNTER, MANAGER, Phone, Till, text_of

from guerdon.engine.cards.showing import WRONG_MAX
from guerdon.store.database import transaction
from guerdon.store.privacy.forgetting import forget_members
from guerdon.values.app.visits import KEY_PURPOSE, OPEN, Visit, write_visit
from guerdon.values.clock import utc_now
from guerdon.values.ids import read

WRONG = "This code is not right, or its time is over."


def test_a_code_is_scanned_and_confirmed_and_what_it_earned_is_shown(till: Till) -> None:
    phone = till.member()
    till.sign_in(COUNTER)
    address = till.visit(phone)
    due = text_of(till.client.get(address))
    assert "Ann L•••" in due
    assert "By the rules of now: Earned €20." in due
    assert "Confirm: Ride" in due
    assert "Lee" not in due
    answer = till.post(address, type="visit.made")
    assert (answer.status_code, answer["Location"]) == (303, address)
    assert "It is being decided." in text_of(till.client.get(address))
    till.work()
    assert "Confirmed. Earned €20." in text_of(till.client.get(address))
    assert "Earned €20." in text_of(till.client.get(BONN))
    assert [each[1] for each in till.audited("visit.confirmed")] == [phone.number]
    assert [each[1] for each in till.audited("card.taken")] == [phone.number]
    till.house.check()


def test_six_digits_count_beside_what_a_member_is_called(till: Till) -> None:
    phone = till.member()
    till.sign_in(COUNTER)
    email = f"member{len(till.house.homes)}@example.com"
    assert till.scan(email, phone.digits).status_code == 303
    assert [each[1] for each in till.audited("member.looked_up")] == [phone.number]
    # The same window by another name of theirs: it was taken.
    assert "taken already" in text_of(till.scan(phone.number, phone.digits))
    # Without digits nothing is looked for.
    answer = till.scan(email)
    assert answer.status_code == 422
    assert WRONG in text_of(answer)
    assert f'value="{email}"' in answer.content.decode()


def test_a_second_tap_a_page_gone_back_to_and_a_form_sent_again_are_one_event(till: Till) -> None:
    phone = till.member()
    till.sign_in(COUNTER)
    address = till.visit(phone)
    for kind in ("visit.made", "visit.made", "ride.taken"):
        assert till.post(address, type=kind).status_code == 303
    till.work()
    assert till.post(address, type="ride.taken").status_code == 303
    till.work()
    assert till.told() == 1
    assert len(till.audited("visit.confirmed")) == 1
    assert till.house.rows("select count(*) from quarantine") == [(0,)]
    # The symbol is of no use a second time.
    again = till.scan(phone.symbol())
    assert again.status_code in {303, 422}
    if again.status_code == 422:
        assert "taken already" in text_of(again)


def test_why_nothing_was_earned_is_said_too(till: Till) -> None:
    phone = till.member()
    till.sign_in(COUNTER)
    first = till.visit(phone)
    till.post(first, type="visit.made")
    till.work()
    # Of another moment, as the member's next code would be.
    visit = Visit(till.house.program_id, "de-bonn", phone.member_id, _now() - timedelta(minutes=1))
    second = f"{BONN}/visits/{write_visit(till.house.vault.key(KEY_PURPOSE), visit)}"
    assert "Earned €20." not in text_of(till.client.get(second))
    till.post(second, type="visit.made")
    till.work()
    page = till.client.get(second)
    assert 'data-earned="no"' in page.content.decode()
    assert "Earned" not in text_of(page)
    assert till.told() == 2


def test_wrong_digits_are_counted_for_the_member_and_answered_alike(till: Till) -> None:
    phone = till.member()
    till.sign_in(COUNTER)
    for _ in range(WRONG_MAX):
        answer = till.scan(phone.number, phone.wrong)
        assert answer.status_code == 422
        assert WRONG in text_of(answer)
    answer = till.scan(phone.symbol())
    assert answer.status_code == 429
    assert "too many wrong codes" in text_of(answer)
    assert till.told() == 0


def test_whoever_guesses_whose_codes_there_are_waits(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    from guerdon.web.rooms import room  # noqa: PLC0415  it is open by then

    till.sign_in(COUNTER)
    monkeypatch.setattr(room().wrong_cards, "most", 3)
    for number in range(3):
        assert till.scan(f"nobody{number}@example.com", "123456").status_code == 422
    assert till.scan("nobody@example.com", "123456").status_code == 429
    till.sign_in(MANAGER)
    assert till.scan("nobody@example.com", "123456").status_code == 422


def test_codes_of_another_program_market_or_place_confirm_nothing(till: Till) -> None:
    here, next_door, abroad = (till.member(place) for place in ("de-bonn", "de-celle", "fr-lyon"))
    till.sign_in(COUNTER)
    ((other,),) = till.house.rows("select program_id from programs where key = 'other_house'")
    unknown = Phone(till.house, here.member_id + 1000, here.secret)
    for code in (
        here.symbol(other),
        abroad.symbol(),
        unknown.symbol(),
        "GDN:1:x:123456",
        "https://x.example",
    ):
        answer = till.scan(code, here.digits)
        assert answer.status_code == 422, code
        assert WRONG in text_of(answer), code
    # Of another market nothing was tried, so nothing was counted either.
    assert till.house.rows("select count(*) from card_uses") == [(0,)]
    assert till.house.rows("select count(*) from card_tries") == [(0,)]
    answer = till.scan(next_door.symbol())
    assert answer.status_code == 422
    assert "belongs to another location" in text_of(answer)
    assert "another location" not in text_of(till.scan(next_door.number, next_door.wrong))
    assert till.told() == 0


def test_a_member_of_no_location_is_the_markets_and_confirmed_here(till: Till) -> None:
    phone = till.member()
    with till.house.by_hand() as db:
        db.execute("update members set location = null")
    till.sign_in(COUNTER)
    address = till.visit(phone)
    till.post(address, type="ride.taken")
    till.work()
    assert "earns no reward" in text_of(till.client.get(address))
    assert "Ride" in text_of(till.client.get(BONN))


@pytest.mark.parametrize("befalls", ["erased", "moved", "late"])
def test_what_befalls_between_the_code_and_the_tap_lets_nothing_in(till: Till, befalls: str) -> None:
    phone = till.member()
    till.sign_in(COUNTER)
    address = till.visit(phone)
    if befalls == "erased":
        with till.house.worker() as db, transaction(db, till.house.program_id) as tx:
            forget_members(tx, till.house.program_id, [phone.member_id], [], utc_now())
            _told_to_the_audit(tx, till)
    elif befalls == "moved":
        with till.house.by_hand() as db:
            db.execute("update members set location = 'de-celle'")
    else:
        visit = Visit(till.house.program_id, "de-bonn", phone.member_id, _now() - OPEN)
        address = f"{BONN}/visits/{write_visit(till.house.vault.key(KEY_PURPOSE), visit)}"
    answer = till.post(address, type="visit.made")
    assert answer.status_code == 409
    said = "too long ago" if befalls == "late" else "not there any more"
    assert said in text_of(answer)
    assert said in text_of(till.client.get(address))
    assert till.told() == 0


def test_what_a_location_does_not_confirm_is_not_let_in(till: Till) -> None:
    phone = till.member()
    till.sign_in(COUNTER)
    address = till.visit(phone)
    for kind in ("oar.bought", "", "no.such"):
        answer = till.post(address, type=kind)
        assert answer.status_code == 409
        assert "does not confirm this any more" in text_of(answer)
    assert till.told() == 0


def test_an_address_of_a_visit_is_ours_and_of_this_location(till: Till) -> None:
    phone = till.member()
    till.sign_in(COUNTER)
    address = till.visit(phone)
    missing = till.client.get(f"{BONN}/visits/none")
    assert missing.status_code == 404
    member = read("mem", address.rpartition("/")[2].split("-")[0])
    assert member == phone.member_id
    garbled = (address[:-1] + ("0" if address[-1] != "0" else "1"), address.replace(phone.number, "mem_x"))
    elsewhere = Visit(till.house.program_id, "de-celle", phone.member_id, _now())
    foreign = f"{BONN}/visits/{write_visit(till.house.vault.key(KEY_PURPOSE), elsewhere)}"
    for each in (*garbled, foreign):
        assert till.client.get(each).status_code == 404
        assert till.post(each, type="visit.made").status_code == 404


def test_a_session_that_ended_comes_back_to_the_visit(till: Till) -> None:
    phone = till.member()
    till.sign_in(COUNTER)
    address = till.visit(phone)
    till.client.get(address)
    token = till.token
    till.client.logout()
    till.client.cookies["csrf"] = token
    answer = till.post(address, type="visit.made")
    assert answer.status_code == 303
    assert answer["Location"].startswith(
        "/account/sign-in?next=%2Flocation%2Ftea_house%2Fde-bonn%2Fvisits%2F"
    )
    till.sign_in(COUNTER)
    assert "What is due" in text_of(till.client.get(address))


def test_a_form_of_another_site_confirms_nothing(till: Till) -> None:
    phone = till.member()
    till.sign_in(COUNTER)
    address = till.visit(phone)
    assert till.client.post(address, {"type": "visit.made"}).status_code == 403
    assert till.client.post(f"{BONN}/scan", {"code": phone.symbol()}).status_code == 403
    assert till.told() == 0


def _now() -> Any:
    return utc_now().replace(microsecond=0)


def _told_to_the_audit(tx: Any, till: Till) -> None:
    from guerdon.store.audit import record_audit  # noqa: PLC0415

    record_audit(tx, till.house.program_id, "test", "member.forgotten", "mem_x", utc_now())
