"""The pages of decisions: what waits for whom, what exactly would happen, and forms that say yes or no."""

import io
from datetime import timedelta

import pytest
from tests.approvals.doors import Doors, plain
from tests.approvals.house import BONN, GERMANY, KIEL, House, adjustment
from tests.approvals.test_granting import work

from guerdon.engine.approvals.signing import Word, sign
from guerdon.ledger.contents import (
    AdjustMany,
    Adjustment,
    ChangeGrant,
    Content,
    Move,
    MoveBudgets,
    PublishVersion,
)
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES


def asked(house: House, name: str, content: Content) -> str:
    return show("apr", house.asked(name, content, utc_now()))


def one_of_each(house: House) -> dict[str, str]:
    """A request of each kind, by kind."""
    now = utc_now()
    text = house.program.text.replace("Harbor Motors", "Harbor and Sons")
    made = read_program(text, None, house.program.key)
    assert isinstance(made, Program)
    rows = [Adjustment(m, "EUR", 1_000 + m, GERMANY, "spring") for m in (KIEL, BONN) * 15]
    mara = show("per", house.people["mara"])
    return {
        "reward": asked(
            house,
            "fay",
            house.reward(20_000, happened_at=now, reference="A-1", sends=[("reward_ready", "email", 5)]),
        ),
        "adjustment": asked(house, "fay", adjustment(6_000)),
        "bulk": asked(house, "fay", AdjustMany(rows)),
        "budget": asked(house, "fay", MoveBudgets([Move("budget:central:", GERMANY, "EUR", 5_000)])),
        "version": asked(house, "otto", PublishVersion(made.sha, made.text)),
        "grant": asked(house, "opa", ChangeGrant(mara, "finance", now, unit="EUR", amount_max=90_000)),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_every_language(doors: Doors, language: str) -> None:
    numbers = one_of_each(doors.house)
    olga = doors.visitor("olga")
    direction = "rtl" if language == "ar" else "ltr"
    views = ["decisions", "decisions?view=open", "decisions?view=decided", "decisions/new"]
    for path in (*views, *(f"decisions/{number}" for number in numbers.values())):
        page = olga.page(path, language)
        assert f'<html lang="{language}" dir="{direction}"' in page, path
        assert "%(" not in page, path
        assert " style=" not in page, path


def test_who_has_nothing_to_decide_is_told_so(doors: Doors) -> None:
    text = doors.visitor("kim").plain("decisions")
    assert "Nothing waits for you." in text
    assert "Nothing waits for anybody." in text
    assert "Nothing has been decided yet." in doors.visitor("kim").plain("decisions?view=decided")


def test_a_list_holds_what_waits_for_its_reader_most_urgent_first(doors: Doors) -> None:
    house = doors.house
    now = utc_now()
    late = show("apr", house.asked("lea", house.reward(20_000), now - timedelta(hours=10)))
    later = show("apr", house.asked("lea", house.reward(10_000), now))
    others = asked(house, "fay", house.reward(60_000))
    page = doors.visitor("kim").page("decisions")
    assert "2 decisions wait for you." in plain(page)
    assert page.index(late) < page.index(later)
    assert others not in page
    text = doors.visitor("kim").page("decisions?view=open")
    assert {number in text for number in (late, later, others)} == {True}
    assert "1 decision waits for you." in doors.visitor("olga").plain("decisions")
    # What one asked for does not wait for oneself; it waits for others.
    assert "3 requests wait for others." in doors.visitor("fay").plain("decisions")


def test_a_page_says_exactly_what_will_happen_why_and_who_has_to_sign(doors: Doors) -> None:
    house = doors.house
    number = asked(
        house, "lea", house.reward(150_000, reference="A-77", sends=[("reward_ready", "email", 5)])
    )
    olga = doors.visitor("olga")
    text = olga.plain(f"decisions/{number}")
    for said in (
        "Give a member €1,500.",
        "Waits for signatures",
        "A-77",
        "a good reason",
        "lea",
        "2 signatures are still needed.",
        "Among them: Finance, Program owner.",
        "up to €250",
        "Approve €1,500",
    ):
        assert said in text, said
    assert olga.send(f"decisions/{number}", act="approve", revision=1).status_code == 303
    text = olga.plain(f"decisions/{number}")
    assert "1 signature is still needed. Among them: Finance." in text
    assert "You have signed this already." in text
    assert "Approve €1,500" not in text


def test_a_form_approves_rejects_and_asks_back(doors: Doors) -> None:
    house = doors.house
    kim = doors.visitor("kim")
    yes, no, ask = (asked(house, "lea", house.reward(1_000 + n)) for n in range(3))
    assert kim.send(f"decisions/{yes}", act="approve", revision=1).status_code == 303
    assert kim.send(f"decisions/{no}", act="reject", revision=1, reason="never here").status_code == 303
    assert kim.send(f"decisions/{ask}", act="ask", revision=1, reason="which order?").status_code == 303
    states = house.rows("select state from requests order by id")
    assert states == [("approved",), ("rejected",), ("returned",)]
    lea = doors.visitor("lea")
    assert "1 decision waits for you." in lea.plain("decisions")
    assert "which order?" in lea.plain(f"decisions/{ask}")
    assert (
        lea.send(f"decisions/{ask}", act="edit", revision=1, amount="9.00", reason="4711").status_code == 303
    )
    assert house.rows("select revision, amount from requests where state = 'open'") == [(2, 900)]
    assert "Revision 2" in kim.plain(f"decisions/{ask}")
    assert lea.send(f"decisions/{ask}", act="withdraw", revision=2).status_code == 303
    work(house, utc_now())
    text = kim.plain("decisions?view=decided")
    assert "Carried out" in text
    assert "Taken back by who asked" in text
    assert "Rejected" in text


def test_many_are_approved_at_once(doors: Doors) -> None:
    house = doors.house
    numbers = [asked(house, "lea", house.reward(1_000 + n)) for n in range(5)]
    kim = doors.visitor("kim")
    answer = kim.send("decisions", request=[f"{number}.1" for number in numbers])
    assert answer.status_code == 303
    assert "5 requests approved." in plain(kim.client.get(answer["Location"]).content.decode())
    assert house.rows("select distinct state from requests") == [("approved",)]


def test_of_many_those_that_are_refused_are_named(doors: Doors) -> None:
    house = doors.house
    kim = doors.visitor("kim")
    number, gone = (asked(house, "lea", house.reward(1_000 + n)) for n in range(2))
    keep = kim.page("decisions")
    house.say("karl", house.rows("select max(id) from requests")[0][0], now=utc_now())  # type: ignore[arg-type]
    token = keep.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    sent = {"csrfmiddlewaretoken": token, "request": [f"{number}.1", f"{gone}.1", "nonsense", "apr_x.9"]}
    answer = kim.client.post(kim.home + "decisions", sent)
    assert answer.status_code == 409
    text = plain(answer.content.decode())
    assert "1 request was not approved. 1 was." in text
    assert "Somebody else was first" in text


REFUSED = [
    ({"act": "reject"}, 422, "A reason is needed"),
    ({"act": "approve", "revision": "7"}, 409, "It was changed meanwhile."),
    ({"act": "approve", "revision": "x"}, 409, "It was changed meanwhile."),
    ({"act": "edit", "amount": "lots", "reason": "x"}, 422, "This cannot be carried out as it is."),
    ({"act": "withdraw"}, 422, "Your role does not sign this."),
]


@pytest.mark.parametrize(("fields", "status", "said"), REFUSED)
def test_what_a_form_may_not_do_is_said(doors: Doors, fields: dict[str, str], status: int, said: str) -> None:
    number = asked(doors.house, "lea", doors.house.reward(1_000))
    answer = doors.visitor("kim").send(f"decisions/{number}", **{"revision": "1", **fields})
    assert answer.status_code == status
    assert said in plain(answer.content.decode())
    assert doors.house.rows("select state, revision from requests") == [("open", 1)]


def test_no_form_without_its_token_and_none_that_nobody_knows(doors: Doors) -> None:
    number = asked(doors.house, "lea", doors.house.reward(1_000))
    kim = doors.visitor("kim")
    answer = kim.client.post(f"{kim.home}decisions/{number}", {"act": "approve", "revision": 1})
    assert answer.status_code == 403
    assert kim.send(f"decisions/{number}", act="burn", revision=1).status_code == 404
    assert doors.house.rows("select count(*) from signatures") == [(0,)]


@pytest.mark.parametrize(
    "path", ["decisions/nonsense", "decisions/apr_0000000000404", "decisions/mem_0000000000007"]
)
def test_what_is_not_there_is_not_found(doors: Doors, path: str) -> None:
    kim = doors.visitor("kim")
    assert kim.get(path).status_code == 404
    assert kim.send(path, form="decisions", act="approve", revision=1).status_code == 404


def test_what_stands_elsewhere_is_not_found_unless_it_waits_for_one(doors: Doors) -> None:
    house = doors.house
    number = asked(house, "lars", house.reward(200_000, "NOK", 9))
    assert doors.visitor("nora").get(f"decisions/{number}").status_code == 200
    # Another dealer's manager sees neither the list's row nor the page.
    kim = doors.visitor("kim")
    assert number not in kim.page("decisions?view=open")
    assert kim.get(f"decisions/{number}").status_code == 404
    now = utc_now()
    house.replace("nora", "kim", now - timedelta(hours=1), now + timedelta(hours=1))
    assert number in kim.page("decisions")
    assert "You sign for nora, as Location manager." in kim.plain(f"decisions/{number}")


def test_who_loses_the_role_loses_the_page_at_the_next_request(doors: Doors) -> None:
    number = asked(doors.house, "lea", doors.house.reward(1_000))
    kim = doors.visitor("kim")
    assert kim.get(f"decisions/{number}").status_code == 200
    doors.house.revoke("kim", utc_now())
    assert kim.get(f"decisions/{number}").status_code == 404


def test_a_signature_that_lost_its_ground_is_told_on_the_page(doors: Doors) -> None:
    house = doors.house
    number = asked(house, "lea", house.reward(20_000))
    doors.visitor("kim").send(f"decisions/{number}", act="approve", revision=1)
    house.dismiss("kim", utc_now())
    work(house, utc_now())
    text = doors.visitor("karl").plain(f"decisions/{number}")
    assert "kim does not work here any more, so that signature does not count." in text
    assert "Sent back to those who may sign" in text
    assert "1 signature is still needed." in text


def test_forms_ask_for_a_reward_an_adjustment_and_many(doors: Doors) -> None:
    fay = doors.visitor("fay")
    lines = f"member,unit,amount,reason\n{show('mem', KIEL)},PTS,5,x\n"
    sent = (
        {"act": "reward", "member": f"crm:c{KIEL}", "rule": "order", "amount": "", "reason": "a late car"},
        {"act": "adjustment", "member": show("mem", KIEL), "unit": "PTS", "amount": "1500", "reason": "lost",
         "payer": "budget:points:"},
        {"act": "bulk", "reason": "spring", "file": io.BytesIO(lines.encode())},
    )  # fmt: skip
    for fields in sent:
        answer = fay.send("decisions/new", **fields)
        assert answer.status_code == 303, plain(answer.content.decode())
        assert "decisions/apr_" in answer["Location"]
    found = doors.house.rows("select kind, unit, amount, reason from requests order by id")
    assert found == [
        ("reward", "EUR", 20_000, "a late car"),
        ("adjustment", "PTS", 1_500, "lost"),
        ("bulk", "PTS", 5, "spring"),
    ]


WRONG = [
    ({"act": "reward", "member": "crm:nobody", "rule": "order", "reason": "x"}, "nobody is called so"),
    (
        {"act": "reward", "member": "crm:c7", "rule": "none", "reason": "x"},
        "no rule of this name gives a reward",
    ),
    (
        {"act": "reward", "member": "crm:c7", "rule": "order", "amount": "1.2.3", "reason": "x"},
        "is not an amount",
    ),
    ({"act": "reward", "member": "crm:c7", "rule": "order", "reason": ""}, "A reason is needed"),
    ({"act": "adjustment", "member": "\0", "unit": "XYZ", "amount": "1", "reason": "x"}, "unknown unit XYZ"),
    (
        {"act": "adjustment", "member": "crm:c7", "unit": "EUR", "amount": "0", "reason": "x"},
        "an amount of nothing",
    ),
    ({"act": "bulk", "reason": "x"}, "no file was sent"),
]


@pytest.mark.parametrize(("fields", "said"), WRONG)
def test_what_is_wrong_with_a_wish_stands_beside_it(doors: Doors, fields: dict[str, str], said: str) -> None:
    answer = doors.visitor("fay").send("decisions/new", **fields)
    assert answer.status_code == 422
    assert said in plain(answer.content.decode())
    assert doors.house.rows("select count(*) from requests") == [(0,)]


def test_who_may_ask_for_nothing_is_told_so(doors: Doors) -> None:
    ava = doors.visitor("ava")
    assert "Your role asks for nothing here." in ava.plain("decisions/new")
    assert "Ask for something" not in ava.plain("decisions")
    answer = ava.send(
        "decisions/new",
        form="decisions/new",
        act="adjustment",
        member="crm:c7",
        unit="PTS",
        amount="5",
        reason="x",
    )
    assert answer.status_code in (403, 422)
    assert doors.house.rows("select count(*) from requests") == [(0,)]


def test_what_people_wrote_is_shown_as_text(doors: Doors) -> None:
    number = asked(doors.house, "fay", adjustment(60_000, reason="<script>alert(1)</script>"))
    page = doors.visitor("finn").page(f"decisions/{number}")
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_the_same_words_serve_the_api(house: House) -> None:
    request = house.asked("lea", house.reward(1_000))
    with house.opened() as tx:
        told = sign(tx, house.acting(tx, "kim"), [Word(request, 1, "approve"), Word(404, 1, "approve")])
    assert len(told) == 2
