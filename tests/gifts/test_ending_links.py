"""A link that opens by itself for so many days: then it shows nothing, and another comes by mail."""

from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Any

import pytest
from tests.gifts.test_one_time import opening
from tests.redeem.house import House
from tests.statements import heard_statements
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import look
from tests.web.member.test_claim_page import choose, field_of, ready, text_of

from guerdon.engine.gifts.proving import HOUR, SENT_MAX
from guerdon.engine.gifts.renewing import MESSAGE, send_link
from guerdon.engine.messages.desk import Addressed, Desk
from guerdon.engine.messages.hindrance import decide_hindrance
from guerdon.engine.messages.letters import write_letter
from guerdon.program.catalog.nouns import ClaimLinks
from guerdon.store.messages.outbox import Claim, Due, claim_due
from guerdon.store.persons import load_persons
from guerdon.values.claims import DATED_LENGTH, KEY_PURPOSE, claim_token
from guerdon.values.clock import utc_now
from guerdon.values.texts import LANGUAGES

DAYS = 60
LINKS = ClaimLinks(open_days=DAYS)


@pytest.fixture
def reward(house: House, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> int:  # noqa: ARG001
    """A reward of two hundred euros of a member with an address, where links open for sixty days."""
    opening(house, shop, monkeypatch, LINKS)
    house.stock(3)
    made = ready(house)
    shop.tell(7)
    return made


def sent(days_ago: int) -> date:
    return (utc_now() - timedelta(days=days_ago)).astimezone(UTC).date()


def renew(door: Door, link: str) -> Any:
    form = field_of(text_of(door.client.get(link)), "csrfmiddlewaretoken")
    return door.client.post(f"{link}/renew", {"csrfmiddlewaretoken": form})


def due_mails(house: House) -> list[Due]:
    """The mails with a new link, oldest first."""
    now = utc_now() + timedelta(seconds=1)
    with house.working() as tx:
        fence = house.rows("select gen_random_uuid()")[0][0]
        due = claim_due(tx, Claim(house.program_id, "email", fence, now, now, 9))  # type: ignore[arg-type]
    return sorted((row for row in due if row.message == MESSAGE), key=lambda row: row.created_at)


def written(house: House, row: Due, days: int | None = DAYS) -> Any:
    """The mail of a row, sent five days from now."""
    now, key = utc_now() + timedelta(days=5), house.vault.key(KEY_PURPOSE)
    with house.working() as tx:
        person = load_persons(tx, house.vault, house.program_id, {row.member_id})[row.member_id]
    catalog = replace(house.program.catalog, claim_links=ClaimLinks(open_days=days))
    program = replace(house.program, catalog=catalog)

    def claim_url(*whose: Any) -> str:
        return f"https://rewards.example/r/{claim_token(key, *whose)}"

    desk = Desk(house.program_id, program, claim_url)
    assert decide_hindrance(row, person, desk, now) is None
    return write_letter(desk, Addressed(row, person), now).mail


def test_it_opens_for_as_long_as_the_program_says_and_one_without_a_day_for_ever(
    house: House, door: Door, reward: int
) -> None:
    for days_ago in (-1, 0, 1, DAYS):
        link = door.link(7, reward, sent(days_ago))
        assert len(link) == len("/r/") + DATED_LENGTH
        assert f"{link}/catalog" in look(door, link)
    old = door.link(7, reward)
    assert f"{old}/catalog" in look(door, old)
    order = choose(door, old, "green_basket")["Location"].rpartition("/")[2]
    code = house.rows("select id from orders")
    assert len(code) == 1
    link = door.link(7, reward, sent(DAYS + 1))
    for way in ("", "/catalog", "/give", "/prove", "/why", f"/orders/{order}", f"/orders/{order}/pass/apple"):
        answer = door.client.get(link + way)
        assert answer.status_code == 410, way
        shown = text_of(answer)
        assert "This link has ended" in shown
        assert "60 days" in shown
        assert "data-code" not in shown
        assert "200" not in shown.replace("20000", "200")
        assert "basket" not in shown
    assert "data-code" in look(door, f"{door.link(7, reward, sent(DAYS))}/orders/{order}")


def test_nothing_is_done_by_one_that_ended(house: House, door: Door, reward: int) -> None:
    fresh, ended = door.link(7, reward, sent(0)), door.link(7, reward, sent(DAYS + 1))
    form = {"csrfmiddlewaretoken": field_of(text_of(door.client.get(ended)), "csrfmiddlewaretoken")}
    for way in ("choose", "give", "prove", "wait"):
        said = door.client.post(f"{ended}/{way}", {**form, "item": "green_basket", "act": "send"})
        assert said.status_code == 410
    assert house.rows("select (select count(*) from orders), (select count(*) from outbox)") == [(0, 0)]
    assert choose(door, fresh, "green_basket").status_code == 303


def test_where_a_page_leads_ends_when_its_link_does(house: House, door: Door, reward: int) -> None:
    other = house.reward(7, at=utc_now())
    shown = look(door, door.link(7, reward, sent(DAYS - 1)))
    assert door.link(7, other, sent(DAYS - 1)) in shown
    assert door.link(7, other, sent(0)) not in shown
    # One without a day counts for them from today: or one old mail would open whatever is given ever after.
    shown = look(door, door.link(7, reward))
    assert door.link(7, other) not in shown
    assert door.link(7, other, sent(0)) in shown


def test_where_links_do_not_end_a_page_leads_on_without_a_day(
    house: House, door: Door, shop: Shop, reward: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening(house, shop, monkeypatch, ClaimLinks())
    other = house.reward(7, at=utc_now())
    assert door.link(7, other) in look(door, door.link(7, reward))


def test_only_the_whole_signature_is_told_that_it_ended(house: House, door: Door, reward: int) -> None:
    ended = door.link(7, reward, sent(DAYS + 1))[3:]
    fresh, old = door.link(7, reward, sent(0))[3:], door.link(7, reward)[3:]
    others = [
        # Ours but for one character: of the ids, of the day, of the hash; and the day of another link.
        *("0" + ended[1:], ended[:26] + fresh[26:29] + ended[29:], ended[:-1] + "0", ended[:-2] + "GG"),
        *("0" * len(ended), "Z" * len(ended), ended[:-1], ended + "0", ended[:52], "x"),
        *(old[:-1] + "0", old[:-1] + "G"),
        claim_token(bytes(32), house.program_id, 7, reward, sent(DAYS + 1)),
        claim_token(house.vault.key(KEY_PURPOSE), house.program_id + 1, 7, reward, sent(DAYS + 1)),
    ]
    found = []
    for token in [each for each in others if each not in {ended, fresh, old}]:
        for way in ("", "/catalog", "/renew", "/here", "/prove"):
            with heard_statements() as heard:
                answer = door.client.get(f"/r/{token}{way}")
            found.append((answer.status_code, text_of(answer), tuple(answer.headers), tuple(heard)))
    assert {each[0] for each in found} == {404}
    assert len({each[1:3] for each in found}) == 1
    # Whoever guesses causes no work that could be timed.
    assert {each[3] for each in found} == {()}
    assert door.client.get(f"/r/{ended}").status_code == 410


def test_a_new_one_comes_by_mail_and_opens_as_long_again(house: House, door: Door, reward: int) -> None:
    ended = door.link(7, reward, sent(DAYS + 1))
    assert door.client.get(f"{ended}/renew")["Location"] == ended
    assert renew(door, ended).status_code == 200
    (row,) = due_mails(house)
    mail = written(house, row)
    day = (utc_now() + timedelta(days=5)).date()
    new = door.link(7, reward, day)
    assert f"https://rewards.example{new}" in mail.text.split()
    assert new in mail.html
    assert "Choose your reward" in mail.text
    assert f"{new}/catalog" in look(door, new)
    # Without the days it is as it was.
    assert f"https://rewards.example{door.link(7, reward)}" in written(house, row, None).text.split()
    assert row.reward is not None
    used = replace(row, reward=replace(row.reward, state="redeemed"))
    assert "Show your reward" in written(house, used).text
    told = "select action, count(*)::int from audit where action like 'link.%%' group by 1"
    assert house.rows(told) == [("link.sent", 1)]


def test_the_answer_is_one_whether_or_not_it_could_be_sent(house: House, door: Door, reward: int) -> None:
    lonely = ready(house, 8)
    ended = [door.link(*whose, sent(DAYS + 1)) for whose in ((7, reward), (8, lonely), (9, 12), (7, lonely))]
    said: dict[tuple[int, str], list[str]] = {}
    for link in [*ended, *[ended[0]] * SENT_MAX]:
        answer = renew(door, link)
        token = field_of(text_of(answer), "csrfmiddlewaretoken")
        plain = text_of(answer).replace(link[3:], "TOKEN").replace(token, "FORM")
        said.setdefault((answer.status_code, plain), []).append(link)
    assert len(said) == 1
    ((status, shown),) = said
    assert status == 200
    assert "on its way" in shown
    assert len(due_mails(house)) == SENT_MAX
    assert house.rows("select distinct member_id from outbox") == [(7,)]


def test_three_an_hour_and_none_of_a_link_that_opens(house: House, door: Door, reward: int) -> None:
    whose, now = (house.program_id, 7, reward), utc_now()

    def send(minutes: float) -> str:
        with house.opens(None)() as tx:
            return send_link(tx, whose, now + timedelta(minutes=minutes))

    assert [send(minutes) for minutes in (0, 1, 2, 3)] == ["sent", "sent", "sent", "often"]
    assert send(HOUR.total_seconds() / 60 - 0.1) == "often"
    assert send(HOUR.total_seconds() / 60 + 0.1) == "sent"
    # They are the member's: another reward of theirs has none of its own.
    other = house.reward(7, at=utc_now())
    with house.opens(None)() as tx:
        assert send_link(tx, (house.program_id, 7, other), now + timedelta(minutes=2.5)) == "often"
    # What was sent already is counted, too.
    with house.working() as tx:
        tx.execute(
            "insert into messages (program_id, member_id, id, event_id, reward_id, message, channel,"
            " language, state, attempts, created_at, settled_at)"
            " select program_id, member_id, id, event_id, reward_id, message, channel,"
            " 'en', 'sent', 1, created_at, created_at from outbox"
        )
        tx.execute("delete from outbox")
    assert [send(minutes) for minutes in (61.5, 61.6, 62.1, 62.2)] == ["sent", "often", "sent", "often"]
    with house.opens(None)() as tx:
        assert send_link(tx, (house.program_id, 7, 12), now) == "unknown"
        assert send_link(tx, (house.program_id, 99, reward), now) == "unknown"
    before = house.rows("select count(*) from outbox")
    fresh = door.link(7, reward, sent(0))
    token = field_of(look(door, f"{fresh}/prove"), "csrfmiddlewaretoken")
    for link in (fresh, door.link(7, reward)):
        answer = door.client.post(f"{link}/renew", {"csrfmiddlewaretoken": token})
        assert (answer.status_code, answer["Location"]) == (303, link)
    assert house.rows("select count(*) from outbox") == before


def test_the_browser_that_chose_has_its_code_after_the_end_and_no_other(
    house: House, door: Door, shop: Shop, reward: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening(house, shop, monkeypatch, ClaimLinks(open_days=DAYS, one_time=True))
    order = choose(door, door.link(7, reward, sent(0)), "green_basket")["Location"].rpartition("/")[2]
    # A link of another day is another address; the browser is the same.
    ended, other = door.link(7, reward, sent(DAYS + 1)), Door(house)
    assert "data-code" in look(door, f"{ended}/orders/{order}")
    for way in ("", f"/orders/{order}", "/prove"):
        assert other.client.get(ended + way).status_code == 410
    # By a new link it is asked for the code all the same.
    assert renew(other, ended).status_code == 200
    new = door.link(7, reward, sent(0))
    assert other.client.get(new)["Location"] == f"{new}/prove"
    # Nobody has this one yet, and it ended: a form gives it to nobody.
    second = door.link(7, house.reward(7, at=utc_now()), sent(DAYS + 1))
    token = other.client.cookies["csrf"].value
    assert other.client.post(f"{second}/give", {"csrfmiddlewaretoken": token}).status_code == 410
    assert house.rows("select count(*) from link_holders") == [(1,)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_page_speaks_six_languages(door: Door, reward: int, language: str) -> None:
    ended = door.link(7, reward, sent(DAYS + 1))
    shown = text_of(door.client.get(ended, headers={"accept-language": language}))
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in shown
    assert ("Send me a new link" in shown) == (language == "en")
