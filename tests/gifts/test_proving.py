"""Above a value a link alone may look: who chooses, gives away or sees a code gives one that was mailed."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gifts.test_gifts import gift_of, take_it
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import look
from tests.web.member.test_claim_page import choose, ready, text_of

from guerdon.engine.gifts.proving import LASTS, MESSAGE, SENT_MAX, check_code, send_code
from guerdon.engine.messages.desk import Addressed, Desk
from guerdon.engine.messages.hindrance import decide_hindrance
from guerdon.engine.messages.letters import write_letter
from guerdon.store.gifts.proofs import TRIES_MAX
from guerdon.store.messages.outbox import Claim, Due, claim_due
from guerdon.store.persons import load_persons
from guerdon.text.letters import Proof, render_proof
from guerdon.values.clock import utc_now
from guerdon.values.ids import derived_id
from guerdon.values.money import Money
from guerdon.values.proofs import KEPT_FOR, KEY_PURPOSE, is_proven, proof_code, write_proven
from guerdon.values.texts import LANGUAGES
from guerdon.web.rooms import room

KEY = bytes(range(32))
ids = st.integers(0, 2**62)


@pytest.fixture
def link(house: House, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> str:
    """A link to two hundred euros, where a link alone is enough up to a hundred."""
    catalog = replace(shop.program.catalog, second_factor_above={"EUR": Money(10_000, "EUR")})
    program = replace(shop.program, catalog=catalog)
    monkeypatch.setattr(room(), "programs", lambda: {house.program_id: program})
    house.stock(3)
    made = door.link(7, ready(house))
    shop.tell(7)
    return made


def prove(door: Door, link: str, act: str, **form: str) -> Any:
    look(door, f"{link}/prove")
    token = door.client.cookies["csrf"].value
    return door.client.post(f"{link}/prove", {"csrfmiddlewaretoken": token, "act": act, **form})


def mailed(house: House) -> tuple[Due, str]:
    """The newest mail, and the code in it."""
    now = utc_now() + timedelta(seconds=1)
    with house.working() as tx:
        fence = house.rows("select gen_random_uuid()")[0][0]
        due = claim_due(tx, Claim(house.program_id, "email", fence, now, now, 9))  # type: ignore[arg-type]
        person = load_persons(tx, house.vault, house.program_id, {7})[7]
    row = max((each for each in due if each.message == MESSAGE), key=lambda each: each.created_at)
    desk = Desk(house.program_id, house.program, lambda *_: "", house.vault.key(KEY_PURPOSE))
    assert decide_hindrance(row, person, desk, now) is None
    late = decide_hindrance(row, person, desk, row.created_at + LASTS)
    assert late is not None
    assert late.reason == "code:ended"
    mail = write_letter(desk, Addressed(row, person), now).mail
    found = re.search(r"\b\d{6}\b", mail.text)
    assert found is not None
    assert found.group() in mail.html
    assert mail.subject.startswith(found.group())
    return row, found.group()


def test_looking_needs_the_link_and_choosing_the_code_which_one_browser_gave(
    house: House, door: Door, link: str
) -> None:
    assert "/catalog" in look(door, link)
    assert choose(door, link, "green_basket")["Location"] == f"{link}/prove"
    assert door.client.get(f"{link}/give")["Location"] == f"{link}/prove?next=give"
    assert house.rows("select from orders") == []
    assert prove(door, link, "send").status_code == 200
    row, code = mailed(house)
    # The code is nowhere in the database, and the mail leads to no reward.
    assert code not in str(house.rows("select * from proofs")) + str(house.rows("select * from outbox"))
    assert row.reward is not None
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert prove(door, link, "check", code=wrong).status_code == 403
    assert choose(door, link, "green_basket")["Location"] == f"{link}/prove"
    assert prove(door, link, "check", code=f" {code[:3]} {code[3:]}")["Location"] == link
    order = choose(door, link, "green_basket")["Location"]
    assert "data-code" in look(door, order)
    # Another browser with the link sees no code, and what was given once is not given again.
    other = Door(house)
    assert other.client.get(order)["Location"] == f"{link}/prove"
    assert prove(other, link, "check", code=code).status_code == 403
    assert other.client.get(order)["Location"] == f"{link}/prove"
    told = "select action, count(*)::int from audit where starts_with(action, 'proof.') group by 1 order by 1"
    assert house.rows(told) == [("proof.given", 1), ("proof.sent", 1), ("proof.wrong", 1)]


def test_what_is_worth_less_asks_nothing(house: House, door: Door, link: str) -> None:
    del link
    small = door.link(8, ready(house, 8, value=Money(5_000, "EUR")))
    assert door.client.get(f"{small}/give").status_code == 200


def test_a_giver_is_asked_and_whoever_is_given_it_is_not(house: House, door: Door, link: str) -> None:
    prove(door, link, "send")
    assert prove(door, link, "check", code=mailed(house)[1], next="give")["Location"] == f"{link}/give"
    gift, friend = gift_of(door, link), Door(house)
    take_it(friend, gift)
    assert friend.client.get(f"{gift}/prove").status_code == 404
    assert "data-code" in look(friend, choose(friend, gift, "green_basket")["Location"])


def test_five_tries_ten_minutes_and_three_mails_an_hour(house: House, door: Door, link: str) -> None:
    del door, link
    ((reward,),) = house.rows("select id from rewards")
    whose, now = (house.program_id, 7, int(str(reward))), utc_now()

    def send(minutes: float) -> str:
        with house.opens(None)() as tx:
            return send_code(tx, whose, now + timedelta(minutes=minutes))

    def check(code: str, minutes: float) -> str:
        with house.opens(7)() as tx:
            return check_code(tx, house.vault, whose, code, now + timedelta(minutes=minutes))

    codes = [
        proof_code(house.vault.key(KEY_PURPOSE), whose[0], 7, derived_id(whose[2], "proof", str(n)))
        for n in range(SENT_MAX + 1)
    ]
    assert check(codes[0], 0) == "over"
    assert send(0) == "sent"
    assert [check("nothing", 1) for _ in range(TRIES_MAX)] == ["wrong"] * TRIES_MAX
    assert check(codes[0], 1) == "over"
    assert send(2) == "sent"
    assert check(codes[0], 3) == "wrong"
    assert check(codes[1], 12) == "over"
    assert send(13) == "sent"
    assert send(14) == "often"
    assert send(63) == "sent"
    assert check(codes[2], 64) == "wrong"
    assert check(codes[3], 64) == "given"
    assert check(codes[3], 64) == "over"


def test_who_has_no_address_is_told_so(house: House, door: Door, link: str) -> None:
    del link
    lonely = door.link(8, ready(house, 8))
    answer = prove(door, lonely, "send")
    assert answer.status_code == 409
    assert "no e-mail address" in text_of(answer)
    assert house.rows("select from proofs") == []


@given(ids, ids, ids)
def test_what_a_browser_keeps_is_of_one_reward_and_ends(member: int, reward: int, other: int) -> None:
    now = utc_now()
    kept = write_proven(KEY, (1, member, reward), now + KEPT_FOR)
    assert is_proven(KEY, (1, member, reward), kept, now)
    assert not is_proven(KEY, (1, member, reward), kept, now + KEPT_FOR)
    assert not is_proven(KEY, (2, member, reward), kept, now)
    assert not is_proven(bytes(32), (1, member, reward), kept, now)
    assert other == reward or not is_proven(KEY, (1, member, other), kept, now)


@given(st.text(max_size=60))
def test_any_text_proves_nothing(text: str) -> None:
    assert not is_proven(KEY, (1, 7, 9), text, utc_now())


def test_the_mail_is_whole_in_every_language() -> None:
    said = {language: render_proof(Proof("Nordlys <Circle>", "012345"), language) for language in LANGUAGES}
    assert len({mail.text for mail in said.values()}) == len(LANGUAGES)
    # It opens wherever it is typed, so it says no more than that.
    assert "Type it only where you asked for it yourself" in said["en"].text
    assert "browser" not in said["en"].text
    for mail in said.values():
        assert mail.subject.count("012345") == mail.text.count("012345") == 1
        assert "Nordlys &lt;Circle&gt;" in mail.html
        assert "http" not in mail.text
