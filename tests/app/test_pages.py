"""The app's pages: what they show of a member and of nobody else; devices, data and messages of one's own."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from tests.app.conftest import App, Counted
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import look
from tests.web.member.test_claim_page import field_of, ready, text_of
from tests.web.member.test_devices import subscription
from tests.web.member.test_shown import sell_for_points

from guerdon.engine.privacy.forgetting import Wish, forget
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.money import Money

PATHS = ("", "/catalog", "/code", "/activity", "/you", "/you/data", "/snapshot")


@pytest.fixture
def inside(app: App, door: Door) -> Door:
    """Member 7, signed in."""
    app.house.enroll(7)
    app.tell(7)
    app.enter(door, 7)
    return door


def test_what_one_has_is_worth_money_today_and_a_balance_is_one_line(
    app: App, house: House, shop: Shop, inside: Door
) -> None:
    sell_for_points(shop, "0.01")
    now = utc_now()
    for days in (20, 40):
        house.reward(7, value=Money(4_000, "PTS"), at=now - timedelta(days=1), days=days)
    house.reward(7, value=Money(20_000, "EUR"), at=now)
    home = look(inside, app.base)
    card, _, rest = home.partition("</section>")
    # Two hundred euros, and eighty by points: money before points.
    assert "€280" in card
    assert "8,000" in card
    assert "4,000" in card, "what ends first is said with its day"
    assert home.count('class="stub"') == 2
    assert rest.count("PTS") == 1
    said = json.loads(inside.client.get(f"{app.base}/snapshot").content)
    assert said["worth"] == ["€280"]
    assert said["balances"] == ["8,000 PTS"]
    assert [each["title"] for each in said["rewards"]] == ["8,000 PTS reward", "€200 reward"]
    itm = shop.put("giftly:card", denominations=[2_500])
    chosen = look(inside, f"{app.base}/catalog")
    assert f"/catalog/{itm}" in chosen
    assert "2,500" in chosen, "it is quoted in the points that pay for it"


def test_nobody_who_is_not_signed_in_sees_anything_and_none_sees_another(
    app: App, house: House, door: Door, inside: Door
) -> None:
    house.reward(7, at=utc_now())
    for path in PATHS:
        assert Door(house).client.get(f"{app.base}{path}")["Location"] == f"{app.base}/sign-in"
        assert inside.client.get(f"{app.base}{path}").status_code == 200
        assert inside.client.get(f"/m/another{path}").status_code == 404
    house.enroll(8)
    app.tell(8)
    other = Door(house)
    app.enter(other, 8)
    assert 'class="stub"' in look(inside, app.base)
    assert 'class="stub"' not in look(other, app.base)
    ((event,),) = house.rows(
        "select id from events where type = 'booking.confirmed' or member_id = 7 limit 1"
    )
    evt = show("evt", int(str(event)))
    assert inside.client.get(f"{app.base}/activity/{evt}").status_code == 200
    assert other.client.get(f"{app.base}/activity/{evt}").status_code == 404
    assert door.client.get(f"{app.base}/activity/evt_nothing").status_code == 404


def test_events_go_on_from_where_a_page_ended(app: App, house: House, inside: Door) -> None:
    now = utc_now()
    for _ in range(31):
        house.reward(7, at=now, value=Money(2_500, "EUR"))
    first = look(inside, f"{app.base}/activity")
    assert first.count('class="pick"') == 30
    onward = first.rpartition("?before=")[2].partition('"')[0]
    assert look(inside, f"{app.base}/activity?before={onward}").count('class="pick"') == 1


def test_a_claim_link_leads_into_the_app_and_back_where_it_is_ones_own(
    app: App, house: House, door: Door, inside: Door
) -> None:
    mine, link = Door(house), door.link(7, house.reward(7, at=utc_now()))
    assert f'href="{app.base}"' in look(mine, link)
    assert 'class="tabbar"' not in look(mine, link)
    assert 'class="tabbar"' in look(inside, link)
    assert 'class="tabbar"' not in look(inside, door.link(8, ready(house, 8)))


def test_messages_open_and_a_device_is_taken_away(app: App, inside: Door, counted: Counted) -> None:
    answer = inside.client.get(f"{app.base}/inbox")
    assert answer["Location"] == "/inbox"
    assert 'class="tabbar"' in look(inside, "/inbox")
    page = look(inside, f"{app.base}/you")
    assert "a•••@example.com" in page
    assert "ann7" not in page
    assert "•••" in page
    assert 'data-key="' in page
    at = page.partition('action="/r/')[2].partition('"')[0]
    headers = {"X-CSRFToken": field_of(page, "csrfmiddlewaretoken"), "sec-fetch-site": "same-origin"}
    added = inside.client.post(f"/r/{at}", subscription(), content_type="application/json", headers=headers)
    assert added.status_code == 201
    device = look(inside, f"{app.base}/you").partition('name="device" value="')[2].partition('"')[0]
    assert app.post(inside, "/you", device=device).status_code == 303
    assert 'name="device"' not in look(inside, f"{app.base}/you")
    assert (counted("device.added"), counted("device.retired")) == (1, 1)


def test_all_of_ones_data_is_taken_away_and_told_to_the_audit(
    app: App, inside: Door, counted: Counted
) -> None:
    look(inside, f"{app.base}/you/data")
    answer = app.post(inside, "/you/data", act="download")
    assert answer["Content-Disposition"].startswith("attachment")
    said = json.loads(answer.content)
    assert said["person"]["email"] == "ann7@example.com"
    assert len(said["table member_sessions"]) == 1
    assert "session_hash" not in said["table member_sessions"][0]
    assert counted("member.exported") == 1
    again = [app.post(inside, "/you/data", act="download").status_code for _ in range(5)]
    assert again == [200] * 4 + [429]


def test_nobody_is_erased_without_a_code_and_then_no_session_is_left(
    app: App, house: House, inside: Door, tmp_path: Path
) -> None:
    look(inside, f"{app.base}/you/data")
    assert app.post(inside, "/you/data", act="erase", code="000000").status_code == 403
    assert app.post(inside, "/you/data", act="code").status_code == 200
    code = app.mailed(7)
    # A code that deletes signs nobody in, and the other way about.
    sent = app.send(inside, act="check", address="ann7@example.com", code=code)
    assert sent.status_code == 403
    assert house.rows("select from erasures") == []
    assert "We delete your data" in text_of(app.post(inside, "/you/data", act="erase", code=code))
    assert house.rows("select member_id, method, done_at from erasures") == [(7, "member", None)]
    with house.working() as tx:
        wish = Wish(method="member", asked_by=show("mem", 7))
        assert forget(tx, Graveyard(tmp_path, house.vault), house.program_id, [7], utc_now(), wish) == 1
    assert house.rows("select from member_sessions") == []
    assert inside.client.get(app.base)["Location"] == f"{app.base}/sign-in"
