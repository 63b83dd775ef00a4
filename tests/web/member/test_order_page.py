"""What became of a choice: said honestly at each step, the code to its holder alone, and help in trouble."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.orders.reversing import reverse
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import form_of, look, send
from tests.web.member.test_claim_page import field_of, ready, text_of

from guerdon.engine.messages.desk import Addressed, Desk
from guerdon.engine.messages.hindrance import decide_hindrance
from guerdon.engine.messages.letters import write_letter
from guerdon.engine.orders.cases import CASES_MAX, Inquiry, Looked, attach
from guerdon.engine.orders.delivering import Order, give_back
from guerdon.engine.orders.port import Absent, Credential, Pending, Rejected, Told
from guerdon.ledger.effects import Hold
from guerdon.program.catalog.nouns import Catalog
from guerdon.store.audit import record_audit
from guerdon.store.messages.outbox import Claim, Due, claim_due
from guerdon.store.orders.cases import PURPOSE
from guerdon.store.orders.turns import lock_order
from guerdon.store.persons import Person, load_persons
from guerdon.store.privacy.forgetting import forget_members
from guerdon.store.wallet.purses import lock_member
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show
from guerdon.values.money import Money
from guerdon.web.member.handed import is_safe_link

CODE = re.compile(r'data-code="([^"]*)"')


@pytest.fixture
def link(house: House, door: Door, shop: Shop) -> str:
    """A link to two hundred euros of a member who has an address."""
    made = door.link(7, ready(house))
    shop.tell(7)
    return made


def ordered(door: Door, shop: Shop, link: str, **said: Any) -> str:
    """Choose a supplier's item; the address of the order."""
    answer = send(door, link, form_of(door, link, shop.put("giftly:card", **said)))
    assert answer.status_code == 303, text_of(answer)
    return str(answer["Location"])


def act(door: Door, order: str, deed: str, **form: str) -> Any:
    token = field_of(look(door, order), "csrfmiddlewaretoken")
    return door.client.post(f"{order}/{deed}", {"csrfmiddlewaretoken": token, **form})


def number_of(order: str) -> int:
    found = read("ord", order.rpartition("/")[2])
    assert found is not None
    return found


def test_on_its_way_then_there_and_opened_only_when_somebody_saw_it(
    house: House, door: Door, shop: Shop, link: str
) -> None:
    order = ordered(door, shop, link, more={"lead_minutes": 60})
    shown = look(door, order)
    assert "It is being ordered" in shown
    assert f'data-poll="{order}"' in shown
    assert "It should be here by" in shown
    assert "data-code" not in shown
    assert "It is on its way" in look(door, link)
    shop.work(60)
    part = look(door, order, **{"X-Part": "order"})
    assert "<html" not in part
    # When the supplier had it, and when it was there.
    assert part.partition("</ol>")[0].count("<small>") == 2
    code = CODE.search(part)
    assert code is not None
    assert code.group(1).startswith("giftly-")
    # Whoever fetches addresses has opened nothing; nor is the code on the page that the mail leads to.
    assert code.group(1) not in look(door, link)
    opened = "select opened_at is not null from fulfillments"
    assert house.rows(opened) == [(False,)]
    shown = look(door, order)
    assert "data-poll" not in shown
    assert shown.count("1234") == 1
    assert re.search(r"<details class=\"code-card pin\">(?!.*</details>.*1234).*1234", shown, re.DOTALL)
    assert act(door, order, "seen").status_code == 204
    first = house.rows("select opened_at from fulfillments")
    assert house.rows(opened) == [(True,)]
    act(door, order, "seen")
    assert house.rows("select opened_at from fulfillments") == first


def test_a_lost_answer_is_said_as_it_is_and_the_value_is_safe(door: Door, shop: Shop, link: str) -> None:
    giftly = shop.fakes["giftly"]
    giftly.faults.extend(["lost", *["find fails"] * 3])
    order = ordered(door, shop, link)
    shop.work(60)
    assert shop.state(number_of(order)) == "unknown"
    shown = look(door, order)
    assert "We are asking the supplier" in shown
    assert "Your value is safe" in shown
    assert "It does not work?" in shown
    giftly.faults.clear()
    shop.work_on(15)
    assert CODE.search(look(door, order))


def test_what_could_not_be_had_gives_all_of_it_back(door: Door, shop: Shop, link: str) -> None:
    shop.fakes["giftly"].faults.append("sold out")
    order = ordered(door, shop, link)
    shop.work(60)
    shown = re.sub(r"</?bdi>", "", look(door, order))
    assert "It could not be had" in shown
    assert "All that it cost is yours again: €200." in shown
    assert f'href="{link}/catalog"' in shown
    assert "/catalog/itm_" in look(door, link)


def test_it_is_called_off_before_it_is_ordered_and_not_after(
    house: House, door: Door, shop: Shop, link: str
) -> None:
    order = ordered(door, shop, link)
    answer = act(door, order, "cancel")
    assert answer.status_code == 200
    assert "You called it off" in text_of(answer)
    assert house.rows("select remaining, held from rewards") == [(20_000, 0)]
    answer = send(door, link, form_of(door, link, shop.put("giftly:other")))
    assert answer.status_code == 303
    token = field_of(look(door, answer["Location"]), "csrfmiddlewaretoken")
    shop.work(60)
    late = door.client.post(f"{answer['Location']}/cancel", {"csrfmiddlewaretoken": token})
    assert late.status_code == 409
    assert CODE.search(text_of(late))


def words_of(page: Any) -> str:
    return re.sub(r"</?bdi>", "", page if isinstance(page, str) else text_of(page))


def test_what_has_ended_is_told_before_it_is_called_off(
    house: House, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = door.link(7, ready(house, days=1))
    shop.tell(7)
    order = ordered(door, shop, link)
    early = words_of(look(door, order))
    assert "Call it off and choose something else" in early
    assert "you call it off, it is lost" not in early
    token = field_of(early, "csrfmiddlewaretoken")
    monkeypatch.setattr("guerdon.web.member.views.utc_now", lambda: utc_now() + timedelta(days=2))
    # The page that they have says nothing of it.
    unsaid = door.client.post(f"{order}/cancel", {"csrfmiddlewaretoken": token})
    assert unsaid.status_code == 409
    assert "Nothing was called off" in text_of(unsaid)
    told = words_of(unsaid)
    assert "The last day of €200 that pays for this was" in told
    assert "if you call it off, it is lost" in told
    assert "Call it off and choose something else" not in told
    assert house.rows("select state from fulfillments") == [("reserved",)]
    (said,) = re.findall(r'name="told" value="([^"]+)"', told)
    answer = act(door, order, "cancel", told=said)
    assert answer.status_code == 200
    after = words_of(answer)
    assert "What had ended of its cost is not yours again." in after
    assert re.search(r"The last day of €200 was [^,.]+, so that is not yours again\.", after)
    for wrong in ("Given back", "is yours again:", "Whatever else it cost"):
        assert wrong not in after
    assert house.rows("select remaining, held, expires_at < now() + interval '1 day' from rewards") == [
        (20_000, 0, True)
    ]


def test_only_what_has_ended_of_it_is_lost(
    house: House, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.program = replace(shop.program, catalog=Catalog(split=True, combine=True))
    own = ready(house, days=1, value=Money(5_000, "EUR"))
    other = house.reward(7, at=utc_now() - timedelta(hours=1), value=Money(15_000, "EUR"))
    shop.tell(7)
    shop.put("giftly:card")
    both = ((own, 5_000), (other, 15_000))
    said = shop.choose(7, own, face=Money(20_000, "EUR"), price_minor=20_000, left_minor=5_000, parts=both)
    assert isinstance(said, Hold), said
    order = f"{door.link(7, own)}/orders/{show('ord', said.request)}"
    monkeypatch.setattr("guerdon.web.member.views.utc_now", lambda: utc_now() + timedelta(days=2))
    assert re.findall(r'name="told" value="([^"]+)"', look(door, order)) == ["EUR:5000"]
    answer = act(door, order, "cancel", told="EUR:5000")
    assert answer.status_code == 200
    after = words_of(answer)
    assert "What had ended of its cost is not yours again." in after
    (day,) = re.findall(r"The last day of €50 was ([^.]+), so that is not yours again\.", after)
    assert "Whatever else it cost is yours again." in after
    assert "Given back" in after
    # The page says the same for ever, whatever becomes of the lot; the other one is there as it was.
    lasts = (
        "update rewards set expires_at = expires_at + make_interval(days => %(d)s) where id = %(r)s"
        " returning remaining, held"
    )
    assert [house.rows(lasts, r=lot, d=90) for lot in (own, other)] == [[(5_000, 0)], [(15_000, 0)]]
    later = words_of(look(door, order))
    # No event said so: the books are checked at the end.
    assert [house.rows(lasts, r=lot, d=-90) for lot in (own, other)] == [[(5_000, 0)], [(15_000, 0)]]
    assert f"The last day of €50 was {day}, so that is not yours again." in later
    assert "All that it cost" not in later


def test_what_is_not_lost_any_more_is_called_off_and_theirs(
    house: House, door: Door, shop: Shop, link: str
) -> None:
    order = ordered(door, shop, link)
    answer = act(door, order, "cancel", told="EUR:20000")
    assert answer.status_code == 200
    after = words_of(answer)
    assert "It is called off. What it cost is yours again." in after
    assert "All that it cost is yours again: €200." in after
    assert house.rows("select remaining, held from rewards") == [(20_000, 0)]


def test_what_was_taken_back_of_it_is_not_said_to_be_theirs(
    house: House, door: Door, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    reward = ready(house, days=1)
    link = door.link(7, reward)
    shop.tell(7)
    order = ordered(door, shop, link)
    reverse(shop, 7, reward, "forgive", (1, 4))
    monkeypatch.setattr("guerdon.web.member.views.utc_now", lambda: utc_now() + timedelta(days=2))
    after = words_of(act(door, order, "cancel", told="EUR:15000"))
    assert "The last day of €150 was" in after
    assert "€50 of it was taken back, so that is not yours again." in after
    for wrong in ("Whatever else it cost", "Given back", "All that it cost"):
        assert wrong not in after


def test_what_was_taken_back_of_what_failed_is_said(house: House, door: Door, shop: Shop) -> None:
    reward = ready(house)
    shop.tell(7)
    order = ordered(door, shop, door.link(7, reward))
    reverse(shop, 7, reward, "forgive", (1, 4))
    with house.working() as tx:
        member = lock_member(tx, house.program_id, 7)
        standing = lock_order(tx, house.program_id, 7, number_of(order))
        assert member is not None
        assert standing is not None
        failed = Order(house.program_id, member, number_of(order), standing)
        give_back(tx, failed, "failed", "", utc_now())
    shown = words_of(look(door, order))
    assert "It could not be had" in shown
    assert "€50 of it was taken back, so that is not yours again." in shown
    assert "Whatever else it cost is yours again." in shown
    assert "All that it cost" not in shown


def test_a_supplier_s_words_are_never_more_than_text(
    door: Door, shop: Shop, link: str, monkeypatch: Any
) -> None:
    giftly = shop.fakes["giftly"]
    order_it = giftly._order  # noqa: SLF001
    handed = (
        Credential("url", "javascript:alert(1)"),
        Credential("url", "https://giftly.example/c/1?a=b"),
        Credential("barcode", "4006381333931", "ean13"),
        Credential("note", "<b>Bring a friend</b>"),
    )

    def made(ask: Any, *, wrong: bool = False) -> Any:
        found = replace(order_it(ask, wrong=wrong), credentials=handed)
        giftly.placed[ask.key] = found
        return found

    monkeypatch.setattr(giftly, "_order", made)
    order = ordered(door, shop, link)
    shop.work(60)
    shown = look(door, order)
    assert 'href="javascript' not in shown
    assert "javascript:alert(1)" in shown
    assert re.search(r'href="https://giftly.example/c/1\?a=b" rel="noreferrer noopener"', shown)
    assert "&lt;b&gt;Bring" in shown
    assert "The code as a bar code" in shown


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("https://a.example/x", True),
        ("http://a.example/x", False),
        ("https://a.example@b.example/", False),
        ("https://", False),
        ("https://a.example/ x", False),
        ("https://[", False),
        ("//a.example", False),
        ("https://\u0430.example", False),
        ("https:\\\\a.example", False),
        ("", False),
    ],
)
def test_only_an_honest_https_link_may_be_tapped(text: str, safe: bool) -> None:  # noqa: FBT001
    assert is_safe_link(text) is safe


def test_the_link_is_mailed_again_three_times_and_never_the_code(
    house: House, door: Door, shop: Shop, link: str
) -> None:
    order = ordered(door, shop, link)
    shop.work(60)
    for _ in range(3):
        answer = act(door, order, "resend")
        assert answer.status_code == 200
        assert "on its way to your e-mail address" in text_of(answer)
    assert "Send me the link" not in look(door, order)
    assert act(door, order, "resend").status_code == 409
    now = utc_now() + timedelta(seconds=1)
    with house.working() as tx:
        fence = house.rows("select gen_random_uuid()")[0][0]
        due = claim_due(tx, Claim(house.program_id, "email", fence, now, now, 9))  # type: ignore[arg-type]
        persons = load_persons(tx, house.vault, house.program_id, {7})
    assert len(due) == 3
    letter = letter_of(house, due[0], persons[7])
    assert "https://x.example/r/7" in letter
    assert "once more" not in letter
    assert "You asked for it again." in letter
    code = CODE.search(look(door, order))
    assert code is not None
    assert code.group(1) not in letter


def letter_of(house: House, due: Due, person: Person) -> str:
    now = utc_now()
    desk = Desk(house.program_id, house.program, lambda _program, member, *_: f"https://x.example/r/{member}")
    assert decide_hindrance(due, person, desk, now) is None
    mail = write_letter(desk, Addressed(due, person), now).mail
    return mail.text + mail.html


def test_who_says_that_it_does_not_work_is_heard_once_at_a_time_and_answered(
    house: House, door: Door, shop: Shop, link: str
) -> None:
    order = ordered(door, shop, link)
    shop.work(60)
    assert act(door, order, "case", what="ugly").status_code == 422
    assert (
        act(door, order, "case", what="not_accepted", words="The till\0 <b>said</b> no " * 99).status_code
        == 200
    )
    shown = look(door, order)
    assert "We are looking at it" in shown
    assert "&lt;b&gt;said&lt;/b&gt;" in shown
    assert "It does not work?" not in shown
    ((sealed, number),) = house.rows("select words, id from order_cases")
    assert b"till" not in sealed  # type: ignore[operator]
    said = house.vault.open(PURPOSE, f"{house.program_id}|{number}", sealed).decode()  # type: ignore[arg-type]
    assert len(said) <= 500
    assert "already" in text_of(act(door, order, "case", what="other"))
    for n in range(2, CASES_MAX + 1):
        answer_case(house, f"We looked at it {n} times")
        assert act(door, order, "case", what="other").status_code == 200
        assert len(house.rows("select from order_cases")) == n
    answer_case(house, "It is valid from tomorrow")
    assert act(door, order, "case", what="other").status_code == 409
    assert "It is valid from tomorrow" in look(door, order)
    with house.working() as tx:
        assert forget_members(tx, house.program_id, [7], [], utc_now()) == [7]
        record_audit(tx, house.program_id, "worker", "member.forgotten", "mem", utc_now())
    # The supplier's words as staff typed them may name them as well.
    assert house.rows("select count(*), count(words), count(supplier_said) from order_cases") == [
        (CASES_MAX, 0, 0)
    ]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (None, "they have it as delivered"),
        (Pending("their-9", "EVIL-1"), "they are not done with it yet"),
        (Rejected("refused", "EVIL-1 is void"), "they do not have it as delivered"),
        (Absent(), "they do not have it as delivered"),
    ],
)
def test_what_the_supplier_says_of_it_is_told_in_our_words_as_long_as_the_case_is_open(
    house: House, door: Door, shop: Shop, link: str, told: Told | None, said: str
) -> None:
    order = ordered(door, shop, link)
    shop.work(60)
    if told is not None:
        shop.fakes["giftly"].fetch = lambda *_: told  # type: ignore[method-assign]
    assert act(door, order, "case", what="not_accepted").status_code == 200
    assert "We asked the supplier" not in look(door, order)
    shop.work()
    if isinstance(told, Pending):
        # They may be done a moment later: it stands there when nobody is to ask any more.
        assert "We asked the supplier" not in look(door, order)
        shop.work(43_200)
    shown = look(door, order)
    assert f"We asked the supplier: {said}." in shown
    assert "EVIL" not in shown
    assert "We are looking at it" in shown
    answer_case(house, "It is valid from tomorrow")
    assert "We asked the supplier" not in look(door, order)


@pytest.mark.parametrize("state", ["issued", "redeemed", "void"])
def test_how_a_code_of_our_own_stands_is_for_staff_alone(
    house: House, door: Door, shop: Shop, link: str, state: str
) -> None:
    order = ordered(door, shop, link)
    shop.work(60)
    assert act(door, order, "case", what="not_accepted").status_code == 200
    ((case,),) = house.rows("select id from order_cases")
    asked = Inquiry(house.program_id, 7, number_of(order), int(str(case)), "per_1")
    with house.opens(None)() as tx:
        assert attach(tx, house.vault, asked, ("pool", Looked(f"pool_{state}")), utc_now())
    shown = look(door, order)
    assert "We are looking at it" in shown
    assert "We asked the supplier" not in shown


def answer_case(house: House, words: str) -> None:
    """Staff attach what the supplier said."""
    ((number,),) = house.rows("select id from order_cases where state = 'open'")
    sealed = house.vault.seal(PURPOSE, f"{house.program_id}|{number}", words.encode())
    with house.opens(None)() as tx:
        tx.execute(
            "update order_cases set state = 'answered', supplier_said = %s, answered_at = now(),"
            " answered_by = 'per_1' where state = 'open'",
            (sealed,),
        )
        record_audit(tx, house.program_id, "per_1", "case.answered", "cas", utc_now())


def test_a_code_is_shown_behind_the_link_of_its_own_reward_alone(
    house: House, door: Door, shop: Shop, link: str
) -> None:
    order = ordered(door, shop, link)
    shop.work(60)
    other = door.link(7, house.reward(7, at=utc_now()))
    house.enroll(8)
    strange = door.link(8, house.reward(8, at=utc_now()))
    token = field_of(look(door, order), "csrfmiddlewaretoken")
    for key in (other, strange):
        wrong = f"{key}/orders/{order.rpartition('/')[2]}"
        missing = door.client.get("/r/nothing")
        answers = [door.client.get(wrong), *(door.client.get(f"{wrong}/{deed}") for deed in ("seen", "case"))]
        form = {"csrfmiddlewaretoken": token, "what": "other"}
        answers += [
            door.client.post(f"{wrong}/{deed}", form) for deed in ("seen", "resend", "case", "cancel")
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert {text_of(answer) for answer in answers} == {text_of(missing)}
    assert house.rows("select opened_at from fulfillments") == [(None,)]
    assert house.rows("select from order_cases") == []


def test_an_order_that_takes_too_long_says_so(house: House, door: Door, shop: Shop, link: str) -> None:
    order = ordered(door, shop, link)
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("set session_replication_role = replica")
        db.execute("update fulfillments set chosen_at = chosen_at - interval '9 hours'")
        db.execute("update orders set placed_at = placed_at - interval '9 hours'")
    shown = look(door, order)
    assert "It takes longer than it should" in shown
    assert "It does not work?" in shown
