"""Team, rank and asking for more: who confirmed what, how a location stands, and a second person's word."""

from datetime import timedelta
from typing import Any

import pytest
from tests.location.conftest import AUDITOR, BONN, COUNTER, FINANCE, MANAGER, Till, text_of

from guerdon.queries.locations.rank import Rank, load_rank
from guerdon.values.ids import show

SHOPS = "budget:shops:de-bonn"


def asks(till: Till, amount: str = "30.00", reason: str = "A busy week", account: str = SHOPS) -> Any:
    return till.post(f"{BONN}/budget", account=account, amount=amount, reason=reason)


def requests(till: Till) -> list[tuple[Any, ...]]:
    return till.house.rows("select id, state, market, location, amount from requests order by id")


def test_the_team_shows_who_confirmed_how_much_this_month(till: Till) -> None:
    till.sign_in(COUNTER)
    for _ in range(2):
        till.post(till.visit(till.member()), type="ride.taken")
    till.confirms(till.begins(), "ride.taken")
    with till.house.by_hand() as db:
        # Of an earlier month, and of somebody who has no role here.
        db.execute(
            "insert into location_visits select program_id, member_id, location, market,"
            " taken_at - interval '40 days', type, confirmed_by from location_visits"
        )
        db.execute(
            "insert into location_visits select v.program_id, v.member_id, v.location, v.market,"
            " v.taken_at - interval '1 second', v.type, %s from location_visits v"
            " order by v.taken_at desc limit 1",
            (show("per", _person(till, FINANCE)),),
        )
    assert till.client.get(f"{BONN}/team").status_code == 404
    till.sign_in(MANAGER)
    page = till.client.get(f"{BONN}/team").content.decode()
    counts = [each.partition("<b>")[2].partition("</b>")[0] for each in page.split("data-colleague")[1:]]
    assert sorted(counts) == ["0", "1", "2"]
    assert "persona=after_sales&amp;location=de-bonn" in page
    assert "Not of this location" in page
    form = till.client.get("/console/tea_house/people/invitations?persona=after_sales&location=de-bonn")
    assert '<option value="after_sales" selected>' in form.content.decode()
    assert '<option value="de-bonn" selected>' in form.content.decode()
    till.sign_in(AUDITOR)
    assert "Invite a colleague" not in text_of(till.client.get(f"{BONN}/team"))


def test_more_is_asked_for_signed_by_another_person_and_given(till: Till) -> None:
    till.sign_in(MANAGER)
    assert "Ask for more" in text_of(till.client.get(f"{BONN}/budget"))
    assert asks(till).status_code == 303
    ((number, state, market, location, amount),) = requests(till)
    assert (state, market, location, amount) == ("open", "DE", "de-bonn", 30_00)
    page = text_of(till.client.get(f"{BONN}/budget"))
    assert "€30 · Waits for a second person" in page
    request = f"/console/tea_house/decisions/{show('apr', number)}"
    assert till.client.get(request).status_code == 200
    # Nobody signs what they asked for.
    assert till.post(request, act="approve", revision="1").status_code == 422
    till.sign_in(FINANCE)
    assert till.post(request, act="approve", revision="1").status_code == 303
    till.work()
    assert requests(till)[0][1] == "done"
    till.sign_in(MANAGER)
    page = text_of(till.client.get(f"{BONN}/budget"))
    assert "€0 of €90 used" in page
    assert "€30 · Given" in page
    till.house.check()


def test_however_little_it_is_somebody_else_signs(till: Till) -> None:
    till.sign_in(MANAGER)
    assert asks(till, "0.01").status_code == 303
    till.work()
    assert [row[1] for row in requests(till)] == ["open"]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"amount": "50.00"}, "There is not so much left"),
        ({"amount": "-5.00"}, "Write an amount"),
        ({"amount": "plenty"}, "Write an amount"),
        ({"reason": " "}, "Say why"),
        ({"account": "budget:shops:de-celle"}, "not there any more"),
        ({"account": "budget:central:*"}, "not there any more"),
        ({"account": ""}, "not there any more"),
    ],
)
def test_what_cannot_be_asked_for_is_said_and_nothing_typed_is_lost(
    till: Till, wish: dict[str, str], said: str
) -> None:
    till.sign_in(MANAGER)
    answer = asks(till, **wish)
    assert answer.status_code == 422
    assert said in text_of(answer)
    if "account" not in wish:
        assert f'value="{wish.get("amount", "30.00")}"' in answer.content.decode()
    assert requests(till) == []


def test_who_does_not_confirm_here_does_not_ask_here(till: Till) -> None:
    for login, status in ((COUNTER, 404), (AUDITOR, 422), (FINANCE, 422)):
        till.sign_in(login)
        assert asks(till).status_code == status, login
    assert requests(till) == []
    assert [each[0] for each in till.house.rows("select action from audit where action = 'request.refused'")]


def test_a_location_sees_its_place_among_its_market_and_nobodys_figures(till: Till) -> None:
    _told(till, {"de-bonn": 7, "de-celle": 123, "de-kiel": 7, "fr-lyon": 999})
    till.sign_in(MANAGER)
    page = till.client.get(BONN).content.decode()
    read = text_of(till.client.get(BONN))
    assert "Place 2 of 3 in Germany" in read
    assert "123" not in read
    assert "side by side" not in read
    assert "/console/tea_house/locations" not in page
    till.sign_in(COUNTER)
    assert "How you compare" not in text_of(till.client.get(BONN))
    till.sign_in(AUDITOR)
    assert "/console/tea_house/locations?market=DE&amp;show=all" in till.client.get(BONN).content.decode()


def test_a_rank_counts_four_weeks_and_says_nothing_of_few(till: Till) -> None:
    today = till.house.today
    _told(till, {"de-bonn": 3, "de-celle": 9})
    with till.house.web() as tx:
        here = ("de-bonn", "DE")
        assert load_rank(tx, here, 3, today) == Rank(2, 3, 3)
        assert load_rank(tx, here, 3, today + timedelta(days=27)) == Rank(2, 3, 3)
        assert load_rank(tx, here, 3, today + timedelta(days=28)) is None
        assert load_rank(tx, here, 2, today) is None
        assert load_rank(tx, ("de-kiel", "DE"), 3, today) is None


def _told(till: Till, events: dict[str, int]) -> None:
    with till.house.by_hand() as db:
        for location, n in events.items():
            db.execute(
                "insert into location_days (program_id, day, location, market, events)"
                " values (%s, %s, %s, %s, %s)",
                (till.house.program_id, till.house.today, location, location[:2].upper(), n),
            )


def _person(till: Till, login: str) -> int:
    ((number,),) = till.house.rows("select person_id from people where login = %(l)s", l=login)
    return int(number)
