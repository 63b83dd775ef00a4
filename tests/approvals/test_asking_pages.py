"""Roles and money between budgets asked for on their pages, and the numbers that say what waits."""

import re
from datetime import timedelta

import pytest
from tests.approvals.doors import Doors, plain
from tests.approvals.house import GERMANY, KIEL, House, adjustment
from tests.approvals.test_granting import work

from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES

GRANT, MOVE = "decisions/new?act=grant", "decisions/new?act=move&account=by_market:DE"
CENTRAL = "budget:central:"


def role_for(house: House, name: str, **changes: str) -> dict[str, str]:
    wish = {"act": "grant", "person": show("per", house.people[name]), "role": "frontline", "market": ""}
    return {**wish, "location": "de-kiel", "reason": "a new shift", **changes}


def move(**changes: str) -> dict[str, str]:
    wish = {"act": "move", "account": "by_market:DE", "other": CENTRAL, "way": "in", "amount": "50.00"}
    return {**wish, "reason": "spring", **changes}


def waiting_in_menu(page: str) -> str:
    found = re.search(r'<b class="count">.*?<bdi>(.*?)</bdi>', page)
    return found[1] if found else ""


def test_a_role_is_asked_for_signed_and_given(doors: Doors) -> None:
    house = doors.house
    now = utc_now()
    opa = doors.visitor("opa")
    assert "act=grant" in opa.page("people")
    page = opa.page(f"{GRANT}&person={show('per', house.people['mara'])}")
    assert f'<option value="{show("per", house.people["mara"])}" selected>' in page
    assert show("per", house.people["opa"]) not in page.partition("grant-person")[2].partition("</select>")[0]
    last = (now + timedelta(days=30)).date().isoformat()
    sent = role_for(house, "mara", role="dealer_manager", amount="400.00", unit="EUR", to=last, market="DE")
    answer = opa.send("decisions/new", form=GRANT, **sent)
    assert answer.status_code == 303, plain(answer.content.decode())
    number = answer["Location"].rpartition("/")[2]
    assert doors.visitor("olga").send(f"decisions/{number}", act="approve", revision=1).status_code == 303
    work(house, utc_now())
    found = house.rows(
        "select role, market, location, unit, amount_max, valid_to > now() from grants where person_id = %s"
        " order by id desc limit 1",
        house.people["mara"],
    )
    assert found == [("dealer_manager", "DE", "de-kiel", "EUR", 40_000, True)]


WRONG_ROLES = [
    ({"person": "per_0000000000404"}, "Choose somebody who works here."),
    ({"person": "nonsense"}, "Choose somebody who works here."),
    ({"location": ""}, "This role is given for a narrower place."),
    ({"role": "emperor"}, "This role is given for a narrower place."),
    ({"location": "de-nowhere"}, "There is no such location in this market."),
    ({"location": "no-oslo", "market": "DE"}, "There is no such location in this market."),
    ({"location": "", "market": "XX", "role": "marketing"}, "There is no such market."),
    ({"amount": "1.2.3", "unit": "EUR"}, "An amount is more than nothing"),
    ({"amount": "-5", "unit": "EUR"}, "An amount is more than nothing"),
    ({"amount": "5", "unit": "XXX"}, "An amount is more than nothing"),
    ({"from": "yesterday"}, "Give days to come"),
    ({"to": "2020-01-01"}, "Give days to come"),
    ({"to": "9999-12-31"}, "Give days to come"),
    ({"reason": " "}, "A reason is needed"),
]


@pytest.mark.parametrize(("changes", "said"), WRONG_ROLES)
def test_what_is_wrong_with_a_role_is_said_in_words(doors: Doors, changes: dict[str, str], said: str) -> None:
    sent = role_for(doors.house, "mara", **changes)
    answer = doors.visitor("opa").send("decisions/new", form=GRANT, **sent)
    assert answer.status_code == 422
    assert said in plain(answer.content.decode())
    assert doors.house.rows("select count(*) from requests") == [(0,)]


def test_a_location_manager_asks_for_roles_of_that_location_only(doors: Doors) -> None:
    kim = doors.visitor("kim")
    page = kim.page(GRANT)
    assert "de-kiel" in page
    assert "de-bonn" not in page
    sent = role_for(doors.house, "lea", location="de-bonn")
    answer = kim.send("decisions/new", form=GRANT, **sent)
    assert answer.status_code == 422
    assert doors.house.rows("select count(*) from requests") == [(0,)]
    assert kim.send("decisions/new", form=GRANT, **role_for(doors.house, "lea")).status_code == 303


def test_money_moves_from_a_budgets_page_and_back(doors: Doors) -> None:
    house = doors.house
    fay, before = doors.visitor("fay"), house.pool()
    assert "act=move" in fay.page("budgets/by_market:DE")
    text = fay.plain(MOVE)
    assert "central · €20,000.00 free" in text.lower().replace("eur", "€")
    for way, amount in (("in", 5_000), ("out", 2_000)):
        sent = move(way=way, amount=f"{amount // 100}.00")
        answer = fay.send("decisions/new", form=MOVE, **sent)
        assert answer.status_code == 303, plain(answer.content.decode())
        number = answer["Location"].rpartition("/")[2]
        assert doors.visitor("finn").send(f"decisions/{number}", act="approve", revision=1).status_code == 303
    work(house, utc_now())
    assert house.pool() == (before[0] + 3_000, before[1])


WRONG_MOVES = [
    ({"amount": "0"}, "An amount is more than nothing"),
    ({"amount": "-1"}, "An amount is more than nothing"),
    ({"amount": "lots"}, "An amount is more than nothing"),
    ({"other": GERMANY}, "Money moves between a budget and the one that feeds it"),
    ({"other": "budget:points:"}, "Money moves between a budget and the one that feeds it"),
    ({"other": "\0"}, "Money moves between a budget and the one that feeds it"),
    ({"amount": "999999.00"}, "The budget has not so much left."),
    ({"reason": ""}, "A reason is needed"),
]


@pytest.mark.parametrize(("changes", "said"), WRONG_MOVES)
def test_what_is_wrong_with_a_move_is_said_in_words(doors: Doors, changes: dict[str, str], said: str) -> None:
    answer = doors.visitor("fay").send("decisions/new", form=MOVE, **move(**changes))
    assert answer.status_code == 422
    assert said in plain(answer.content.decode())
    assert doors.house.rows("select count(*) from requests") == [(0,)]


def test_a_form_for_a_budget_that_is_not_there_is_not_there(doors: Doors) -> None:
    fay = doors.visitor("fay")
    assert fay.get("decisions/new?act=move&account=none:XX").status_code == 404
    assert fay.get("decisions/new?act=move").status_code == 404
    assert fay.send("decisions/new", form=MOVE, **move(account="none:XX")).status_code == 404


@pytest.mark.parametrize("form", [GRANT, MOVE])
def test_who_may_not_ask_gets_no_form_and_no_request(doors: Doors, form: str) -> None:
    ava = doors.visitor("ava")
    assert "Your role asks for nothing here." in ava.plain(form)
    assert "act=" not in ava.page("people")
    assert "act=" not in ava.page("budgets/by_market:DE")
    house = doors.house
    sent = role_for(house, "mara") if form == GRANT else move()
    assert ava.send("decisions/new", form=form, **sent).status_code in (404, 422)
    assert house.rows("select count(*) from requests") == [(0,)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_forms_and_their_refusals_speak_every_language(doors: Doors, language: str) -> None:
    fay, opa = doors.visitor("fay"), doors.visitor("opa")
    for visitor, form, sent in (
        (opa, GRANT, role_for(doors.house, "mara", location="de-nowhere", amount="x", to="1")),
        (fay, MOVE, move(other=GERMANY)),
    ):
        page = visitor.page(form, language)
        assert f'<html lang="{language}"' in page
        assert " style=" not in page
        token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        answer = visitor.client.post(
            visitor.home + "decisions/new",
            {"csrfmiddlewaretoken": token, **sent},
            headers={"accept-language": language},
        )
        assert answer.status_code == 422
        told = answer.content.decode().partition('role="alert"')[2].partition("</div>")[0]
        assert "<li>" in told
        assert 'lang="en"' not in told
        if language != "en":
            assert "Money moves" not in told
            assert "There is no" not in told


def test_the_menu_says_how_many_decisions_wait_for_its_reader(doors: Doors) -> None:
    house = doors.house
    for name in ("kim", "olga", "fay", "ava", "lea"):
        assert waiting_in_menu(doors.visitor(name).page("decisions")) == ""
    now = utc_now()
    small = [house.asked("lea", house.reward(1_000 + n), now) for n in range(2)]
    house.asked("lea", house.reward(150_000), now)
    house.asked("fay", adjustment(6_000, member=KIEL), now)
    for name, count in {"kim": "2", "olga": "1", "fay": "1", "finn": "2", "ava": "", "lea": ""}.items():
        page = doors.visitor(name).page("decisions")
        assert waiting_in_menu(page) == count, name
        if count:
            assert f"{count} decision" in plain(page)
    # What was asked back waits for who asked; whoever stands in sees what waits for the one who is away.
    house.say("kim", small[0], "ask", reason="which order?", now=now)
    assert waiting_in_menu(doors.visitor("lea").page("decisions")) == "1"
    assert waiting_in_menu(doors.visitor("kim").page("members")) == "1"
    house.replace("kim", "mara", now - timedelta(hours=1), now + timedelta(hours=1))
    assert waiting_in_menu(doors.visitor("mara").page("decisions")) == "1"


def test_the_overview_says_how_many_decisions_wait(doors: Doors) -> None:
    olga = doors.visitor("olga")
    assert "decisions wait" not in olga.plain("")
    for number in range(3):
        doors.house.asked("lea", doors.house.reward(1_000 + number), utc_now())
    assert "3 decisions wait" in olga.plain("")
    assert "3 decisions wait" in olga.plain("?market=DE")
    assert "decisions wait" not in olga.plain("?market=NO")
