"""Logos, icons and senders where people meet them; and how files come into a draft."""

import json
import re
from html import unescape
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.app.conftest import App
from tests.brand.pictures import STATIC, png, svg
from tests.channels.passes.authority import PASS_TYPE, TEAM, Authority
from tests.redeem.house import House
from tests.web.console.conftest import Console
from tests.web.member.conftest import Door

from guerdon.channels.email.message import write_message
from guerdon.channels.passes.apple import write_pass
from guerdon.channels.passes.card import Card, Livery
from guerdon.channels.passes.keys import AppleKeys
from guerdon.engine.messages.letters import Letter, dress_of
from guerdon.program.brand.mending import mend
from guerdon.program.brand.naming import sender_name
from guerdon.text.letters import Proof, dressed, render_proof
from guerdon.values.clock import utc_now
from guerdon.values.mail import Sender
from guerdon.web.brands.serving import marks_of
from guerdon.web.brands.sheets import place_of

PAGE = 'name="csrfmiddlewaretoken" value="'


def marks(house: House, market: str) -> dict[str, str]:
    """Where the logos and the icon of a market lie."""
    return marks_of(house.program.brand.of(market), place_of(house.program))


def test_a_file_is_served_as_what_it_is_and_nothing_else(house: House, door: Door) -> None:
    kinds = {"brand_logo": "image/svg+xml", "brand_logo_dark": "image/svg+xml", "brand_icon": "image/png"}
    for name, path in marks(house, "IT").items():
        answer = door.client.get(path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, kinds[name])
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        stem, _, ending = path.rpartition(".")
        other = "png" if ending == "svg" else "svg"
        for wrong in (f"{stem}.{other}", f"{stem}.woff2", f"{stem[:-1]}0.{ending}x"):
            assert door.client.get(wrong).status_code == 404, wrong


def test_pages_show_the_logo_of_their_market(house: House, door: Door, app: App) -> None:
    house.stock_everything()
    for member, market, name in ((7, "IT", "Meridian Circle"), (8, "DE", "Nordlys Circle")):
        house.enroll(member, market)
        app.tell(member)
        link = door.link(member, house.reward(member, at=utc_now()))
        app.enter(door, member)
        there = marks(house, market)
        for path in (link, f"{link}/catalog", app.base, f"{app.base}/you"):
            page = door.client.get(path).content.decode()
            head = page.partition('<header class="brand">')[2].partition("</header>")[0]
            assert re.findall(r'src="([^"]*)" alt="([^"]*)"', head) == [
                (there["brand_logo"], name),
                (there["brand_logo_dark"], name),
            ], path
            assert f'<link rel="icon" href="{there["brand_icon"]}" type="image/png">' in page
        page = door.client.get(app.base).content.decode()
        assert f'<link rel="apple-touch-icon" href="{there["brand_icon"]}">' in page
        said = door.client.get(f"{app.base}/manifest.webmanifest?lang=en&market={market}").json()
        assert [(each["src"], each["sizes"], each["type"], each["purpose"]) for each in said["icons"]] == [
            (there["brand_icon"], "512x512", "image/png", purpose) for purpose in ("any", "maskable")
        ]
        door.client.cookies.clear()


def test_the_app_of_a_location_and_the_console_show_it(staff: Console) -> None:
    program = staff.house.program
    italian = next(each.key for each in program.locations.values() if each.market == "IT")
    page = staff.client.get(f"/location/{program.key}/{italian}").content.decode()
    assert marks(staff.house, "IT")["brand_logo"] in page
    assert " data-brand" in page
    assert marks(staff.house, "")["brand_icon"] in staff.page("brand")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_mail_has_the_icon_its_words_and_its_sender(house: House, language: str) -> None:
    program = house.program
    with dressed(dress_of(program, "IT", language, "https://members.example")):
        mail = render_proof(Proof("Meridian Circle", "123456"), language)
    icon = f"https://members.example{marks(house, 'IT')['brand_icon']}"
    assert f'<img src="{icon}" width="32" height="32" alt=""' in mail.html
    assert "<svg" not in mail.html
    assert len(mail.html.encode()) < 90_000
    name = sender_name(program, "IT", language)
    letter = Letter(1, 1, "Nordlys Circle", "Ada", "ada@example.com", mail, utc_now(), sender=name)
    head = write_message(letter, Sender("Ours", "rewards@example.com"), "ada@example.com").partition(
        b"\r\n\r\n"
    )[0]
    if language == "en":
        assert b"From: Meridian Circle <rewards@example.com>\r\n" in head
    assert head.count(b"From:") == 1
    # A line break or a mark of direction in a name adds no header and shows no other address.
    turned = Letter(
        1, 1, "x", "Ada", "a@example.com", mail, utc_now(), sender="a\r\nBcc: b@example.com\u202ec"
    )
    head = write_message(turned, Sender("", "rewards@example.com"), "a@example.com").partition(b"\r\n\r\n")[0]
    assert b"\r\nBcc:" not in head


def test_a_pass_has_the_colors_and_the_icon(house: House) -> None:
    brand = house.program.brand.of("IT")
    tokens = mend(brand.looks).tokens["light"]
    assert brand.icon is not None
    livery = Livery(tokens["card"], tokens["card-ink"], tokens["foil"], brand.icon.body)
    authority = Authority()
    keys = AppleKeys(PASS_TYPE, TEAM, authority.leaf(), authority.wwdr, authority.key)
    card = Card("1", "voucher", {"en": "Meridian Circle"}, {"en": "Cake"}, code="A1", livery=livery)
    with ZipFile(BytesIO(write_pass(card, keys))) as archive:
        said = json.loads(archive.read("pass.json"))
        assert archive.read("icon.png") == archive.read("logo.png") == brand.icon.body
    assert said["backgroundColor"] == "rgb(44, 17, 20)"


def begun(staff: Console) -> str:
    """A draft of the live version: where its brand's page is."""
    token = staff.page("program").partition(PAGE)[2].partition('"')[0]
    form = {"csrfmiddlewaretoken": token, "act": "begin", "version": "1", "title": "Another logo"}
    answer = staff.client.post(f"{staff.home}program", form)
    assert answer.status_code == 303
    return answer.headers["Location"].partition("?")[0].removeprefix(staff.home) + "/brand"


def brought(staff: Console, path: str, what: str, raw: bytes | None, market: str = "") -> Any:
    """Bring a file, or take one out."""
    page = staff.page(path)
    edition = page.partition('name="edition" value="')[2].partition('"')[0]
    form: dict[str, Any] = {"csrfmiddlewaretoken": page.partition(PAGE)[2].partition('"')[0]}
    form |= {"what": what, "edition": edition, "act": "drop" if raw is None else "bring"}
    if raw is not None:
        form["file"] = SimpleUploadedFile("any.name", raw)
    return staff.client.post(f"{staff.home}{path}?market={market}", form)


def test_files_are_brought_into_a_draft_and_seen_there_alone(staff: Console) -> None:
    path = begun(staff)
    live = marks(staff.house, "IT")
    before = unescape(staff.page(f"{path}?market=IT"))
    assert before.count('data-theme="light"') >= 2
    assert 'dir="rtl"' in before
    assert 'dir="ltr"' in before
    logo, icon = svg('<circle r="5"/>'), png()
    assert brought(staff, path, "logo", logo, "IT").status_code == 303
    assert brought(staff, path, "logo_dark", svg('<circle r="6"/>'), "IT").status_code == 303
    assert brought(staff, path, "icon", icon).status_code == 303
    assert brought(staff, path, "typeface", STATIC.read_bytes(), "DE").status_code == 303
    page = unescape(staff.page(f"{path}?market=IT"))
    assert live["brand_logo"] not in page
    assert live["brand_icon"].rpartition("/")[2] in page
    for name in set(re.findall(rf'(?:src|href)="({staff.home}{path}/[^"]*)"', page)):
        answer = staff.client.get(name)
        assert answer.status_code == 200, name
        assert "private" in answer.headers["Cache-Control"]
        # What is new in it is nobody else's before it is published.
        shared = name.replace(f"{staff.home}{path}", f"/brand/{staff.house.program.key}")
        assert staff.client.get(shared).status_code == (404 if name.endswith(".svg") else 200), name
    german = unescape(staff.page(f"{path}?market=DE"))
    sheet = next(each for each in re.findall(r'href="([^"]*\.css)"', german) if path in each)
    assert "@font-face" in staff.client.get(sheet).content.decode()
    changed = unescape(staff.page(path.removesuffix("/brand")))
    assert "icon" in changed
    assert brought(staff, path, "icon", None).status_code == 303
    assert brought(staff, path, "logo", None, "IT").status_code == 303


def test_what_is_refused_is_told_and_changes_nothing(staff: Console) -> None:
    path = begun(staff)
    for what, raw, said in (
        ("logo", svg("<script/>"), "there is a script in it"),
        ("logo", png(), "this is a picture of dots (PNG), not an SVG"),
        ("logo", b"<!doctype html><html>", "this is a page of HTML, not an SVG"),
        ("icon", svg(), "this is not a PNG"),
        ("typeface", png(), "this is no WOFF2"),
        ("icon", b"", "no file was chosen"),
    ):
        answer = brought(staff, path, what, raw)
        assert answer.status_code == 422
        assert said in unescape(answer.content.decode())
    assert brought(staff, path, "cursor", png()).status_code == 404
    page = staff.page(path)
    assert 'name="edition" value="1"' in page
    # What somebody else saved meanwhile stays.
    assert brought(staff, path, "icon", png()).status_code == 303
    token = page.partition(PAGE)[2].partition('"')[0]
    stale = {"csrfmiddlewaretoken": token, "what": "icon", "edition": "1", "act": "drop"}
    assert staff.client.post(f"{staff.home}{path}", stale).status_code == 409
