"""A reward given to somebody else: taken once, by one browser, which alone sees what comes of it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import psycopg
import pytest
from tests.redeem.house import House
from tests.statements import heard_statements
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import form_of, look, send
from tests.web.member.test_claim_page import choose, field_of, ready, text_of

from guerdon.engine.gifts.giving import Given, Giving, give, take_back
from guerdon.engine.gifts.taking import take
from guerdon.ledger.effects import Redeem, Refuse
from guerdon.store.audit import record_audit
from guerdon.store.database import connect, transaction
from guerdon.store.gifts.gifts import NOBODY, Gift, find_gift, open_words
from guerdon.store.privacy.forgetting import forget_members
from guerdon.values.clock import utc_now
from guerdon.values.gifts import KEY_PURPOSE, gift_token, read_gift

LINK = re.compile(r'<a href="[^"]*(/r/\w+)" dir="ltr"')
WORDS = {"act": "give", "name": "Mara & Co <3", "message": "For you, <b>Mara</b>"}


@pytest.fixture
def link(house: House, door: Door, shop: Shop) -> str:  # noqa: ARG001  there is something to choose
    """The giver's link to two hundred euros."""
    house.stock(3)
    return door.link(7, ready(house))


def give_it(door: Door, link: str, **form: str) -> Any:
    token = field_of(look(door, f"{link}/give"), "csrfmiddlewaretoken")
    if token == "none":
        token = door.client.cookies["csrf"].value
    return door.client.post(f"{link}/give", {"csrfmiddlewaretoken": token, **(form or WORDS)})


def gift_of(door: Door, link: str) -> str:
    answer = give_it(door, link)
    assert answer.status_code == 200, text_of(answer)
    found = LINK.search(text_of(answer))
    assert found is not None
    return found.group(1)


def take_it(door: Door, gift: str, form: str = "") -> Any:
    token = form or field_of(look(door, gift), "csrfmiddlewaretoken")
    answer = door.client.post(f"{gift}/take", {"csrfmiddlewaretoken": token})
    for _ in range(2):
        if answer.status_code == 303:
            answer = door.client.get(answer["Location"])
    return answer


def test_whoever_takes_it_chooses_and_sees_the_code_which_the_giver_never_does(
    house: House, door: Door, link: str
) -> None:
    gift, friend, third = gift_of(door, link), Door(house), Door(house)
    shown = look(friend, gift)
    assert "Mara &amp; Co &lt;3" in shown
    assert "&lt;b&gt;Mara&lt;/b&gt;" in shown
    assert "€200" in shown
    # Looking takes nothing, however often, and whoever does.
    look(third, gift)
    assert house.rows("select taken_at, bound_hash from gifts") == [(None, None)]
    assert take_it(friend, gift).status_code == 200
    mine = look(friend, gift)
    assert f'href="{gift}/catalog' in mine
    for hidden in (f"{gift}/why", f"{gift}/invite", f"{gift}/give", "Why you have it", "/r/" + link[3:]):
        assert hidden not in mine
    for away in ("why", "invite", "give"):
        assert friend.client.get(f"{gift}/{away}").status_code == 404
    order = choose(friend, gift, "green_basket")["Location"]
    code = re.search(r'data-code="([^"]*)"', look(friend, order))
    assert code is not None
    # The giver is told when, and no more: neither here nor by the address of the order.
    answer = text_of(door.client.get(link))
    assert "Given away on" in answer
    assert code.group(1) not in answer
    assert "/orders/" not in answer
    theirs = order.replace(gift, link)
    assert door.client.get(theirs)["Location"] == link
    form = {"csrfmiddlewaretoken": door.client.cookies["csrf"].value}
    assert door.client.post(f"{theirs}/case", {**form, "what": "other"})["Location"] == theirs
    assert house.rows("select from order_cases") == []
    refused = door.client.post(f"{link}/choose", {**form, "item": "green_basket"})
    assert refused.status_code == 409
    assert "You gave this reward to somebody else" in text_of(refused)
    # In the books it is the giver's, and the gift says by what it was used.
    ((order_id,),) = house.rows("select id from orders where member_id = 7")
    assert house.rows("select order_id, member_id from gifts") == [(order_id, 7)]
    # Anybody else who opens it is told that it was used, and has one way on.
    for address in (gift, f"{gift}/catalog", order):
        late = third.client.get(address)
        assert late.status_code == (410 if address == gift else 404)
        assert code.group(1) not in text_of(late)
    gone = text_of(third.client.get(gift))
    assert "This link was used on" in gone
    assert 'href="/"' in gone


def test_it_is_taken_back_until_it_is_taken_and_not_after(house: House, door: Door, link: str) -> None:
    first = gift_of(door, link)
    assert give_it(door, link, **WORDS).status_code == 409
    assert "can be taken until" in look(door, f"{link}/give")
    assert choose(door, link, "green_basket").status_code == 409
    assert give_it(door, link, act="back").status_code == 200
    gone = Door(house).client.get(first)
    assert gone.status_code == 410
    assert "This gift was taken back" in text_of(gone)
    second, friend = gift_of(door, link), Door(house)
    form = field_of(look(friend, second), "csrfmiddlewaretoken")
    assert take_it(friend, second, form).status_code == 200
    # Said twice, or after an answer that was lost: it is theirs all the same.
    assert take_it(friend, second, form).status_code == 200
    late = give_it(door, link, act="back")
    assert late.status_code == 409
    assert "Somebody has it already" in text_of(late)
    # The receipt of one link opens no other.
    third = door.link(9, ready(house, 9))
    other = gift_of(door, third)
    friend.client.cookies["received"]["path"] = other
    assert "Take it" in look(friend, other)
    told = "select action, count(*)::int from audit where action like 'gift.%%' group by 1 order by 1"
    assert house.rows(told) == [("gift.made", 3), ("gift.taken", 1), ("gift.withdrawn", 1)]


def test_a_link_that_was_guessed_takes_the_same_work_as_one_that_is_none(
    house: House, door: Door, link: str
) -> None:
    gift, friend = gift_of(door, link), Door(house)
    assert take_it(friend, gift).status_code == 200
    token = gift[3:]
    others = [
        "0" * len(token),
        # Ours but for one character, at its beginning and at its end.
        *("Z" + token[1:], "Y" + token[1:], token[:-1] + "0", token[:-1] + "1", link[3:-1] + "0"),
        *("U" * len(token), token[:-1], token + "0", "x"),
    ]
    found = {}
    for name in [each for each in others if each not in {token, link[3:]}]:
        for way in ("", "/catalog", "/orders/ord_0000000000001"):
            with heard_statements() as heard:
                answer = Door(house).client.get(f"/r/{name}{way}")
            found[name + way] = (answer.status_code, text_of(answer), tuple(heard))
    assert {each[0] for each in found.values()} == {404}
    # Nothing of the database, whatever was guessed, and the same page.
    assert {each[2] for each in found.values()} == {()}
    assert len({each[1] for each in found.values()}) == 1
    # Whoever comes after the one who took it: the same work, with a receipt of another's or with none.
    forwarded = []
    for cookies in ({}, {"taker": "ab" * 16}, {"received": "0" * 77}):
        late = Door(house)
        late.client.cookies.load(cookies)
        with heard_statements() as heard:
            answer = late.client.get(gift)
        forwarded.append((answer.status_code, text_of(answer), tuple(heard)))
    assert forwarded[0][0] == 410
    assert len([each for each in forwarded[0][2] if "from gifts" in each]) == 1
    assert set(forwarded) == {forwarded[0]}


def test_one_that_ended_is_its_giver_s_again(house: House, door: Door, link: str) -> None:
    gift, taker = gift_of(door, link), Door(house)
    form = field_of(look(taker, gift), "csrfmiddlewaretoken")
    with psycopg.connect(house.url, options="-c search_path=guerdon") as owner:
        owner.execute("alter table gifts disable trigger all")
        owner.execute(
            "update gifts set made_at = now() - interval '9 days', expires_at = now() - interval '1 h'"
        )
        owner.execute("alter table gifts enable trigger all")
    ended = Door(house).client.get(gift)
    assert ended.status_code == 410
    assert "This link ended on" in text_of(ended)
    assert take_it(taker, gift, form).status_code == 410
    again = gift_of(door, link)
    assert give_it(door, link, act="back").status_code == 200
    assert Door(house).client.get(again).status_code == 410
    assert choose(door, link, "green_basket").status_code == 303


def test_what_is_used_is_not_given(house: House, door: Door, link: str) -> None:
    assert choose(door, link, "green_basket").status_code == 303
    assert "cannot be given away" in look(door, f"{link}/give")
    assert "/give" not in look(door, link)
    assert give_it(door, link).status_code == 409
    assert house.rows("select from gifts") == []


def test_a_supplier_s_order_of_a_gift_is_followed_by_its_taker_alone(
    door: Door, shop: Shop, house: House, link: str
) -> None:
    itm, friend = shop.put("giftly:card"), Door(house)
    assert 'class="heart"' in look(door, f"{link}/catalog/{itm}")
    gift = gift_of(door, link)
    take_it(friend, gift)
    # What one marks, and what one waits for, is a member's.
    assert 'class="heart"' not in look(friend, f"{gift}/catalog/{itm}")
    order = send(friend, gift, form_of(friend, gift, itm))["Location"]
    assert "It is being ordered" in look(friend, order)
    shop.work(60)
    shown = look(friend, order)
    assert "data-code" in shown
    # A mail would go to the giver.
    assert "/resend" not in shown
    assert house.rows("select order_id is not null from gifts") == [(True,)]


@pytest.mark.parametrize("text", ["0" * 52, "Z" * 52, "garbled", "\0" * 52])
def test_guessed_links_answer_like_any_that_open_nothing(door: Door, link: str, text: str) -> None:
    real = gift_of(door, link)[3:]
    for token in (text, real[:-1], real[::-1], gift_token(b"k" * 32, door.house.program_id, b"c" * 16)):
        answers = [door.client.get(f"/r/{token}"), door.client.get(f"/r/{token}/catalog")]
        assert [each.status_code for each in answers] == [404, 404]


def gift_in(house: House, token: str) -> tuple[Gift, bytes]:
    token_hash = read_gift(house.vault.key(KEY_PURPOSE), house.program_id, token)
    assert token_hash is not None
    with house.opens(NOBODY)() as tx:
        found = find_gift(tx, house.program_id, token_hash)
        # Who comes by a link sees this one gift, and nothing else of anybody.
        seen = tx.execute("select (select count(*) from gifts), (select count(*) from rewards)").fetchone()
    assert found is not None
    assert seen == (1, 0)
    return found, token_hash


def given(house: House, member: int) -> tuple[Gift, bytes]:
    reward = ready(house, member)
    with house.opens(member)() as tx:
        giving = Giving(house.program_id, member, reward, "Mara", "for you")
        made = give(tx, house.vault, house.program, giving, utc_now())
    assert isinstance(made, Given)
    return gift_in(house, made.token)


def at_once(tasks: list[Callable[[], Any]]) -> list[Any]:
    gate = Barrier(len(tasks))

    def started(task: Callable[[], Any]) -> Any:
        gate.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(started, tasks))


def test_opened_at_the_very_same_moment_exactly_one_has_it(house: House, door: Door, link: str) -> None:
    del door, link
    others, _ = given(house, 20)
    for member in range(8, 13):
        gift, _ = given(house, member)

        def taking(n: int, gift: Gift = gift) -> bool:
            with (
                connect(house.url, house.secret, "web") as db,
                transaction(db, house.program_id, gift.member_id) as tx,
            ):
                return take(tx, gift, bytes([n]) * 32, utc_now())

        def back(gift: Gift = gift) -> bool:
            with (
                connect(house.url, house.secret, "web") as db,
                transaction(db, house.program_id, gift.member_id) as tx,
            ):
                return take_back(tx, Giving(house.program_id, gift.member_id, gift.reward_id), utc_now())

        won = at_once([*[lambda n=n: taking(n) for n in range(5)], back])
        assert won.count(True) == 1
    found, taken = house.rows(
        "select count(*), count(*) filter (where num_nonnulls(taken_at, canceled_at) = 1) from gifts"
    )[0]
    assert (found, taken) == (6, 5)
    assert others.taken_at is None


def test_giving_and_choosing_at_once_are_one_of_both(house: House, door: Door, link: str) -> None:
    del door, link
    for member in range(30, 36):
        reward = ready(house, member)

        def giving(member: int = member, reward: int = reward) -> object:
            with (
                connect(house.url, house.secret, "web") as db,
                transaction(db, house.program_id, member) as tx,
            ):
                return give(
                    tx, house.vault, house.program, Giving(house.program_id, member, reward), utc_now()
                )

        def choosing(member: int = member, reward: int = reward) -> object:
            return house.choose(member, reward, now=utc_now())

        made, chosen = at_once([giving, choosing])
        assert isinstance(made, Given) != isinstance(chosen, Redeem)
        assert made == "used" or (isinstance(chosen, Refuse) and chosen.reason in {"given", "sold_out"})


def test_words_are_sealed_for_their_gift_and_forgotten_with_their_giver(
    house: House, door: Door, link: str
) -> None:
    del door, link
    (gift, _), (other, _) = given(house, 40), given(house, 41)
    assert open_words(house.vault, gift) == ("Mara", "for you")
    assert gift.to_words is not None
    assert b"Mara" not in gift.to_words
    moved = replace(other, to_words=gift.to_words)
    assert open_words(house.vault, moved) == ("", "")
    with house.working() as tx:
        assert 40 in forget_members(tx, house.program_id, [40], [], utc_now())
        record_audit(tx, house.program_id, "test", "member.forgotten", "mem", utc_now())
    assert house.rows("select member_id from gifts where to_words is not null") == [(41,)]


def test_it_ends_with_its_reward_at_the_latest(house: House, door: Door, link: str) -> None:
    del door, link
    long, _ = given(house, 50)
    assert long.expires_at - long.made_at == timedelta(days=house.program.catalog.gift_days)
    reward = house.reward(51, at=utc_now(), days=3) if house.enroll(51) else 0
    with house.opens(51)() as tx:
        made = give(tx, house.vault, house.program, Giving(house.program_id, 51, reward), utc_now())
    assert isinstance(made, Given)
    ((same,),) = house.rows(
        "select g.expires_at = r.expires_at from gifts g join rewards r on r.id = g.reward_id"
        " where r.member_id = 51"
    )
    assert same
