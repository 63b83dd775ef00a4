"""`./guerdon pictures` draws letters by day and by night, and says what it needs."""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from guerdon.cli.messages import pictures
from guerdon.cli.screens import browser
from guerdon.text.letters.samples import LETTERS
from guerdon.values.texts import LANGUAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request


WIDTH_PX, BUTTON_PX = 360, 48
MEASURED = """() => {
  const style = found => getComputedStyle(document.querySelector(found));
  return {
    wide: document.documentElement.scrollWidth,
    sheet: style(".sheet").backgroundColor,
    ink: style("h1").color,
    side: style("h1").direction,
    buttons: [...document.querySelectorAll(".fill a")].map(each => each.getBoundingClientRect().height),
  };
}"""


def _note(asked: list[str], request: "Request") -> None:
    asked.append(request.url)


def called(*words: str) -> int:
    parser = argparse.ArgumentParser()
    pictures.add_arguments(parser)
    return pictures.run(parser.parse_args(words))


def test_without_a_folder_there_is_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert called() == 2
    assert "say where" in capsys.readouterr().err


def test_without_playwright_or_chromium_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "playwright.sync_api", None)
        assert called(str(tmp_path)) == 2
    assert "Playwright is not installed" in capsys.readouterr().err
    monkeypatch.setattr(browser, "CHROMIUM", ("no-such-browser",))
    assert called(str(tmp_path)) == 2
    assert "no Chromium is installed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_letter_is_wider_than_a_phone_and_each_is_dark_by_night(
    chromium: "Browser", language: str
) -> None:
    context = chromium.new_context(offline=True, viewport={"width": WIDTH_PX, "height": 640})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", partial(_note, asked))
    side = "rtl" if language == "ar" else "ltr"
    for name, write in LETTERS.items():
        page.emulate_media(color_scheme="light")
        page.set_content(write(language).mail.html, wait_until="commit")
        light = page.evaluate(MEASURED)
        assert light["sheet"] == "rgb(255, 255, 255)", name
        assert light["wide"] <= WIDTH_PX, name
        assert light["side"] == side, name
        assert [each for each in light["buttons"] if each < BUTTON_PX] == [], name
        assert (len(light["buttons"]) == 1) == (name != "proof"), name
        page.emulate_media(color_scheme="dark")
        dark = page.evaluate(MEASURED)
        assert dark["sheet"] == "rgb(20, 26, 29)", name
        assert dark["ink"] != light["ink"], name
    assert asked == []
    context.close()
