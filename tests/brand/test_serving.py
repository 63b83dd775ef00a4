"""The sheet of a brand: where it lies, who links it, how long it is kept; and mails in its colors."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.app.conftest import App
from tests.redeem.house import House
from tests.web.member.conftest import Door

from guerdon.engine.messages.letters import dress_of
from guerdon.program.brand.mending import mend
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.text.letters import Proof, dressed, render_proof
from guerdon.values.clock import utc_now
from guerdon.web.brands.sheets import sheet_address, sheet_of, sheets_of

GYM = Path(__file__).resolve().parents[2] / "examples" / "gym" / "program.yaml"


def linked(answer: Any) -> list[str]:
    """The sheets of brands that a page asks for."""
    return re.findall(r'<link rel="stylesheet" href="(/brand/[^"]*)">', answer.content.decode())


def test_a_sheet_is_kept_for_good_and_has_every_token(house: House, door: Door) -> None:
    path = sheet_address(house.program, "IT")
    answer = door.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Cookie" not in answer.headers.get("Vary", "")
    text, mended = answer.content.decode(), mend(house.program.brand.of("IT").looks)
    light, dark = mended.tokens["light"], mended.tokens["dark"]
    assert all(f"--{name}:{color};" in text for name, color in light.items())
    assert f"--accent:light-dark({light['accent']},{dark['accent']});" in text
    assert "--corners:0.4;" in text
    assert door.client.head(path).status_code == 200
    assert door.client.post(path).status_code in {403, 405}


def test_what_no_live_brand_has_is_not_there(house: House, door: Door) -> None:
    gym = load_program(GYM)
    assert isinstance(gym, Program)
    foreign = sheet_of(gym.brand.of("ID")).hash
    assert foreign in sheets_of(gym)
    own = sheet_address(house.program, "IT").rpartition("/")[2]
    key = house.program.key
    for path in (f"/brand/{key}/{foreign}.css", f"/brand/basalt_gym/{own}", f"/brand/{key}/{'0' * 16}.css"):
        answer = door.client.get(path)
        assert answer.status_code == 404, path
        assert "no-store" in answer.headers["Cache-Control"]


def test_a_rosette_that_is_not_wanted_is_not_drawn() -> None:
    gym = load_program(GYM)
    assert isinstance(gym, Program)
    assert b".lines{display:none;}" in sheet_of(gym.brand.of("ID")).body
    assert b"display:none" not in sheet_of(gym.brand.of("AU")).body


def test_pages_of_a_member_ask_for_the_sheet_of_their_market(house: House, door: Door, app: App) -> None:
    house.stock_everything()
    first, second = sheet_address(house.program, ""), sheet_address(house.program, "IT")
    assert first != second
    for member, market, sheet, name in (
        (7, "IT", second, "Meridian Circle"),
        (8, "DE", first, "Nordlys Circle"),
    ):
        house.enroll(member, market)
        app.tell(member)
        link = door.link(member, house.reward(member, at=utc_now()))
        app.enter(door, member)
        claimed = [
            link,
            f"{link}/catalog",
            f"{link}/why",
            *(f"{app.base}{path}" for path in ("", "/you", "/code")),
        ]
        for path in claimed:
            answer = door.client.get(path)
            assert answer.status_code == 200, path
            assert linked(answer) == [sheet], path
            page = answer.content.decode()
            assert " data-brand>" in page
            assert name in page
            policy = answer.headers["Content-Security-Policy"]
            assert "style-src 'self'" in policy
            assert "unsafe" not in policy
        contact = door.client.get(door.client.get(f"{link}/contact").headers["Location"])
        assert linked(contact) == [sheet]
        door.client.cookies.clear()


def test_the_app_is_installed_and_kept_offline_in_the_brand_of_its_market(
    house: House, door: Door, app: App
) -> None:
    colors = mend(house.program.brand.of("IT").looks).tokens["light"]
    said = door.client.get(f"{app.base}/manifest.webmanifest?lang=en&market=IT").json()
    assert (said["name"], said["short_name"]) == ("Meridian Circle", "Meridian")
    assert (said["theme_color"], said["background_color"]) == (colors["card"], colors["canvas"])
    drawn = door.client.get(f"{app.base}/icon.svg?market=IT").content.decode()
    assert colors["card"] in drawn
    assert colors["foil"] in drawn
    assert linked(door.client.get(f"{app.base}/offline?lang=en&market=IT")) == [
        sheet_address(house.program, "IT")
    ]
    # Of a market that is none of the program's, as everywhere.
    for market in ("", "&market=XX", "&market=%22"):
        answer = door.client.get(f"{app.base}/offline?lang=en{market}")
        assert linked(answer) == [sheet_address(house.program, "")]


def test_a_page_of_nobody_has_no_brand(door: Door) -> None:
    assert linked(door.client.get("/r/nothing")) == []


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_mail_has_the_colors_and_the_address_of_its_market(house: House, language: str) -> None:
    tokens = mend(house.program.brand.of("IT").looks).tokens
    with dressed(dress_of(house.program, "IT", language)):
        mail = render_proof(Proof("Meridian Circle", "123456"), language)
    assert tokens["light"]["accent"] in mail.html
    assert tokens["dark"]["accent"] in mail.html
    assert tokens["dark"]["fill"] in mail.html
    assert "#00627b" not in mail.html
    assert "Via dell" in mail.html
    assert "Via dell'Esempio 1" in mail.text
    # The next one is of nobody's brand.
    plain = render_proof(Proof("Meridian Circle", "123456"), language)
    assert "#00627b" in plain.html
    assert "Via dell" not in plain.text
