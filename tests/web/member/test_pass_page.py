"""An order on a phone: offered where it can be signed, to whoever may see its code, never once it is over."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import psycopg
import pytest
from tests.channels.passes.authority import PASS_TYPE, Authority, Files, new_key, pem, pem_key
from tests.channels.passes.test_apple import opened, verified
from tests.channels.passes.test_google import bytes_of, read
from tests.gifts.test_gifts import gift_of, take_it
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop
from tests.web.member.test_catalog import form_of, look, send
from tests.web.member.test_claim_page import ready, text_of
from tests.web.member.test_good_until import let_end
from tests.web.member.test_good_until import ordered as pooled
from tests.web.member.test_in_a_browser import address, faults_of, sideways
from tests.web.member.test_order_page import CODE, act, ordered
from tests.web.member.test_receiving_in_a_browser import phone

from guerdon.channels.passes.google import ADDRESS
from guerdon.channels.passes.keys import PassKeys
from guerdon.config import Settings, read_settings
from guerdon.values.clock import utc_now
from guerdon.values.money import Money
from guerdon.web.rooms import Unready, open_room, room

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["address"]
KIND = "application/vnd.apple.pkpass"
WALLETS = ("apple", "google")
OPENED = "select opened_at is not null from fulfillments"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def files(authority: Authority, tmp_path: Path) -> Files:
    return authority.lay_down(tmp_path)


@pytest.fixture
def settings(house: House, tmp_path: Path, files: Files) -> Settings:
    """Return the settings of a house that has its certificates."""
    found = read_settings(
        {
            "DATABASE_URL": house.url,
            "GUERDON_SECRET": house.secret,
            "GUERDON_HOME": str(tmp_path),
            "HUBSPOT_CLIENT_SECRET": "only-for-tests-only-for-tests-only",
            **files.settings,
        }
    )
    assert isinstance(found, Settings), found
    return found


@pytest.fixture
def link(house: House, door: Door, shop: Shop) -> str:
    """A link to two hundred euros."""
    made = door.link(7, ready(house))
    shop.tell(7)
    return made


@pytest.fixture
def order(door: Door, shop: Shop, link: str) -> str:
    """The address of an order whose code is there."""
    made = ordered(door, shop, link)
    shop.work(60)
    return made


def offers(shown: str, order: str) -> list[str]:
    return [wallet for wallet in WALLETS if f'action="{order}/pass/{wallet}"' in shown]


def ask(door: Door, order: str, wallet: str) -> Any:
    return act(door, order, f"pass/{wallet}")


def saved(answer: Any) -> str:
    """The token in the link to Google that a page has."""
    found = re.search(rf'href="{re.escape(ADDRESS)}([^"]+)"', answer.content.decode())
    assert found is not None, answer.content
    return found.group(1)


def document(held: bytes) -> dict[str, Any]:
    with ZipFile(BytesIO(held)) as archive:
        found = json.loads(archive.read("pass.json"))
    assert isinstance(found, dict)
    return found


@contextmanager
def state_of(house: House, statement: str, back: str) -> Iterator[None]:
    """Have rows say something else for the length of a block."""
    for said in (statement, back):
        with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
            db.execute("set session_replication_role = replica")
            db.execute(said)
        if said is statement:
            yield


def test_the_pass_has_the_code_of_the_page_and_openssl_believes_it(
    house: House, door: Door, order: str, files: Files, tmp_path: Path
) -> None:
    shown = look(door, order)
    assert offers(shown, order) == ["apple", "google"]
    assert "Add to Apple Wallet" in shown
    assert "Add to Google Wallet" in shown
    answer = ask(door, order, "apple")
    assert (answer.status_code, answer["Location"]) == (303, f"{order}/pass/apple")
    answer = door.client.get(answer["Location"])
    assert answer.status_code == 200
    assert answer["Content-Type"] == KIND
    assert answer["Cache-Control"] == "no-store"
    assert ".pkpass" in answer["Content-Disposition"]
    assert verified(tmp_path, opened(answer.content), (files.path / "root.pem").read_bytes())
    found = document(answer.content)
    code = CODE.search(shown)
    assert code is not None
    assert found["barcodes"][0]["message"] == code.group(1)
    assert found["passTypeIdentifier"] == PASS_TYPE
    assert found["storeCard"]["primaryFields"][0]["value"] == 200
    assert found["description"] == "Card"
    # The same each time, and neither the order's number nor the member's stands in it.
    again = document(door.client.get(f"{order}/pass/apple").content)
    assert again["serialNumber"] == found["serialNumber"]
    ((number,),) = house.rows("select id from orders")
    named = (str(number), order.rpartition("/")[2], code.group(1), order.split("/")[2])
    assert not any(name in found["serialNumber"] for name in named)


def test_the_link_to_google_has_the_code_and_ends_at_google(door: Door, order: str) -> None:
    answer = ask(door, order, "google")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    claims = read(saved(answer).split(".")[1])
    code = CODE.search(look(door, order))
    assert code is not None
    held = claims["payload"]["giftCardObjects"][0]
    assert (held["cardNumber"], held["pin"]) == (code.group(1), "1234")
    assert claims["origins"] == ["http://127.0.0.1:8710"]
    # It is a link: a form could not follow to wherever Google leads on. The code is in no address of ours.
    assert "form-action 'self';" in door.client.get(order)["Content-Security-Policy"] + ";"
    assert door.client.get(f"{order}/pass/google")["Location"] == order


@pytest.mark.parametrize("wallet", WALLETS)
def test_asking_for_a_pass_opens_it_as_seeing_its_code_does_and_fetching_does_not(
    house: House, door: Door, order: str, wallet: str
) -> None:
    door.client.get(f"{order}/pass/{wallet}")
    assert house.rows(OPENED) == [(False,)]
    assert ask(door, order, wallet).status_code == (303 if wallet == "apple" else 200)
    assert house.rows(OPENED) == [(True,)]
    first = house.rows("select opened_at from fulfillments")
    ask(door, order, wallet)
    assert house.rows("select opened_at from fulfillments") == first


def test_without_keys_there_are_no_buttons_and_no_passes(
    house: House, door: Door, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room(), "pass_keys", PassKeys())
    answer = door.client.get(order)
    assert "Wallet" not in text_of(answer)
    assert "pay.google.com" not in answer["Content-Security-Policy"]
    missing = text_of(door.client.get("/r/nothing"))
    for wallet in WALLETS:
        for said in (door.client.get(f"{order}/pass/{wallet}"), ask(door, order, wallet)):
            assert (said.status_code, text_of(said)) == (404, missing)
    assert house.rows(OPENED) == [(False,)]


def test_one_wallet_alone_and_a_certificate_that_ended(
    door: Door, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = room().pass_keys
    monkeypatch.setattr(room(), "pass_keys", PassKeys(keys.apple, None))
    assert offers(look(door, order), order) == ["apple"]
    assert "pay.google.com" not in door.client.get(order)["Content-Security-Policy"]
    monkeypatch.setattr(room(), "pass_keys", PassKeys(None, keys.google))
    assert offers(look(door, order), order) == ["google"]
    assert keys.apple is not None
    ended = replace(keys.apple, certificate=Authority().leaf(days=1))
    monkeypatch.setattr(room(), "pass_keys", PassKeys(ended, None))
    assert offers(look(door, order), order) == []
    assert door.client.get(f"{order}/pass/apple").status_code == 404


def test_nothing_is_offered_before_the_code_is_there(house: House, door: Door, shop: Shop, link: str) -> None:
    order = ordered(door, shop, link, more={"lead_minutes": 60})
    assert offers(look(door, order), order) == []
    assert door.client.get(f"{order}/pass/apple").status_code == 404
    assert ask(door, order, "google").status_code == 404
    assert house.rows(OPENED) == [(False,)]


def test_strangers_get_what_a_link_that_was_never_made_gets(house: House, door: Door, order: str) -> None:
    other = door.link(7, house.reward(7, at=utc_now()))
    house.enroll(8)
    strange = door.link(8, house.reward(8, at=utc_now()))
    missing = text_of(door.client.get("/r/nothing"))
    look(door, order)
    form = {"csrfmiddlewaretoken": door.client.cookies["csrf"].value}
    for key in (other, strange, "/r/nothing"):
        for wallet in WALLETS:
            wrong = f"{key}/orders/{order.rpartition('/')[2]}/pass/{wallet}"
            for said in (door.client.get(wrong), door.client.post(wrong, form)):
                assert (said.status_code, text_of(said)) == (404, missing)
    assert door.client.get(f"{order}x/pass/apple").status_code == 404
    assert house.rows(OPENED) == [(False,)]
    # Without the page's own token it is nobody's form.
    assert door.client.post(f"{order}/pass/apple").status_code == 403


def test_what_was_called_off_has_no_pass(door: Door, shop: Shop, link: str) -> None:
    order = ordered(door, shop, link)
    assert act(door, order, "cancel").status_code == 200
    for wallet in WALLETS:
        answer = door.client.get(f"{order}/pass/{wallet}")
        assert answer.status_code == 410
        assert answer["Cache-Control"] == "no-store"
        assert "There is no pass of this any more" in text_of(answer)
        assert offers(text_of(answer), order) == []


@pytest.mark.parametrize(
    ("statement", "back"),
    [
        (
            "update fulfillments set state = 'returned'",
            "update fulfillments set state = 'fulfilled'",
        ),
        ("update codes set state = 'void'", "update codes set state = 'issued'"),
    ],
)
def test_what_was_taken_back_has_no_pass(
    house: House, door: Door, shop: Shop, statement: str, back: str
) -> None:
    order = pooled(house, door, shop, None)
    shop.work(60)
    assert offers(look(door, order), order) == ["apple", "google"]
    form = {"csrfmiddlewaretoken": door.client.cookies["csrf"].value}
    with state_of(house, statement, back):
        for wallet in WALLETS:
            answers = [door.client.get(f"{order}/pass/{wallet}")]
            answers.append(door.client.post(f"{order}/pass/{wallet}", form))
            assert [answer.status_code for answer in answers] == [410, 410]
            assert not any(answer["Content-Type"] == KIND for answer in answers)


def test_until_when_the_code_is_good_stands_on_the_pass_and_ends_it(
    house: House, door: Door, shop: Shop
) -> None:
    end = (utc_now() + timedelta(days=30)).replace(microsecond=0)
    order = pooled(house, door, shop, end)
    shop.work(60)
    found = document(door.client.get(f"{order}/pass/apple").content)
    assert datetime.fromisoformat(found["expirationDate"]) == end
    claims = read(saved(ask(door, order, "google")).split(".")[1])
    (held,) = next(held for name, held in claims["payload"].items() if name.endswith("Objects"))
    said = held["validTimeInterval"]["end"]["date"]
    # By the clock of the place, for Google shows the hour as it is written.
    assert (datetime.fromisoformat(said), said.endswith("+00:00")) == (end, False)
    let_end(house)
    assert offers(look(door, order), order) == []
    assert door.client.get(f"{order}/pass/apple").status_code == 404


def test_of_a_gift_its_taker_has_the_pass_and_its_giver_none(
    house: House, door: Door, shop: Shop, link: str
) -> None:
    itm, friend = shop.put("giftly:card"), Door(house)
    gift = gift_of(door, link)
    take_it(friend, gift)
    order = send(friend, gift, form_of(friend, gift, itm))["Location"]
    shop.work(60)
    assert offers(look(friend, order), order) == ["apple", "google"]
    assert friend.client.get(f"{order}/pass/apple")["Content-Type"] == KIND
    assert ask(friend, order, "apple").status_code == 303
    mine = f"{link}/orders/{order.rpartition('/')[2]}/pass/apple"
    assert door.client.get(mine)["Location"] == link
    # Another browser with the gift's link is not the one that took it.
    assert Door(house).client.get(f"{order}/pass/apple").status_code == 404


def test_where_a_link_is_not_enough_for_the_code_it_is_not_for_the_pass(
    house: House, door: Door, shop: Shop, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(door, order)
    form = {"csrfmiddlewaretoken": door.client.cookies["csrf"].value}
    catalog = replace(shop.program.catalog, second_factor_above={"EUR": Money(10_000, "EUR")})
    program = replace(shop.program, catalog=catalog)
    monkeypatch.setattr(room(), "programs", lambda: {house.program_id: program})
    for wallet in WALLETS:
        for said in (
            door.client.get(f"{order}/pass/{wallet}"),
            door.client.post(f"{order}/pass/{wallet}", form),
        ):
            assert said["Location"] == f"{order.partition('/orders')[0]}/prove"
    assert house.rows(OPENED) == [(False,)]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "Añadir a Apple Wallet"),
        ("de", "Zu Apple Wallet hinzufügen"),
        ("fr", "Ajouter à Google Wallet"),
        ("ar", "إضافة إلى Google Wallet"),
        ("id", "Tambahkan ke Apple Wallet"),
    ],
)
def test_the_buttons_speak_the_member_s_language(
    house: House, door: Door, shop: Shop, language: str, said: str
) -> None:
    link = door.link(7, ready(house, language=language))
    shop.tell(7)
    order = ordered(door, shop, link)
    shop.work(60)
    assert said in look(door, order)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_by_one_tap_without_script_in_two_directions(
    house: House, door: Door, shop: Shop, address: str, chromium: "Browser", language: str
) -> None:
    link = door.link(7, ready(house, language=language))
    shop.tell(7)
    order = ordered(door, shop, link)
    shop.work(60)
    with phone(chromium) as page:
        page.goto(f"{address}{order}")
        assert faults_of(page) == []
        assert not sideways(page)
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.route("https://pay.google.com/**", lambda route: route.abort())
    page.goto(f"{address}{order}")
    buttons = page.locator(".wallets button")
    assert buttons.count() == 2
    for n in range(2):
        box = buttons.nth(n).bounding_box()
        assert box is not None
        assert box["height"] >= 44
    with page.expect_download() as download:
        buttons.nth(0).click()
    held = Path(download.value.path()).read_bytes()
    assert download.value.suggested_filename.endswith(".pkpass")
    assert "signature" in opened(held)
    buttons.nth(1).click()
    with page.expect_event("requestfailed") as failed:
        page.locator(f'a[href^="{ADDRESS}"]').click(no_wait_after=True)
    context.close()
    assert failed.value.url.startswith(ADDRESS)
    assert len(bytes_of(failed.value.url.rpartition(".")[2])) == 256


def test_a_process_does_not_start_with_files_that_do_not_fit(
    settings: Settings, authority: Authority, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_bytes(pem(authority.leaf()) + pem(authority.wwdr) + pem_key(new_key()))
    with pytest.raises(Unready, match="GUERDON_APPLE_PASS_CERTIFICATE: its key does not match"):
        open_room(replace(settings, apple_pass_certificate=wrong))
    with pytest.raises(Unready, match=r"GUERDON_GOOGLE_WALLET_ACCOUNT: .* cannot be read"):
        open_room(replace(settings, google_wallet_account=tmp_path / "none.json"))
