"""`./guerdon pictures`: every letter of ours in every language, as mail programs show it by day and by night.

It needs what developers have: Playwright for Python, and Chromium. With `--golden` it needs neither, and
writes the letters into the files with which the gate compares them.
"""

import argparse
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from guerdon.text.letters.samples import LETTERS, in_files
from guerdon.values.texts import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

HELP = "make pictures of every letter in every language, light and dark"
GOLDEN = Path(__file__).resolve().parents[4] / "tests" / "golden" / "letters"
CHROMIUM = ("chromium", "chromium-browser")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTH_PX, HEIGHT_PX = 680, 400


class Missing(Exception):  # noqa: N818  a fact about this machine, not a fault
    """Something that pictures are made with is not here."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="where the pictures go")
    parser.add_argument(
        "--letter", action="append", choices=sorted(LETTERS), help="only this one; repeatable"
    )
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="only this one; repeatable")
    parser.add_argument("--golden", action="store_true", help="renew the files that the gate compares with")


def run(args: argparse.Namespace) -> int:
    """Make them; 2 where there is nothing to do or to do it with."""
    if args.golden:
        print(f"{renew(GOLDEN)} files in {GOLDEN}")
    if args.folder is None:
        if not args.golden:
            print("guerdon pictures: say where: ./guerdon pictures FOLDER", file=sys.stderr)
        return 0 if args.golden else 2
    try:
        made = draw(args.folder, args.letter or list(LETTERS), args.language or list(LANGUAGES))
    except Missing as fault:
        print(f"guerdon pictures: {fault}", file=sys.stderr)
        return 2
    print(f"{made} pictures in {args.folder}")
    return 0


def renew(folder: Path) -> int:
    """Write every letter into a folder, and remove those that are none any more; how many there are."""
    files = in_files()
    for path in folder.glob("*/*"):
        if path.relative_to(folder).as_posix() not in files:
            path.unlink()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return len(files)


def draw(folder: Path, letters: list[str], languages: list[str]) -> int:
    """Make the pictures, `reward_ready.de.dark.png`; how many. Raises `Missing`."""
    made = 0
    with _browser() as browser:
        folder.mkdir(parents=True, exist_ok=True)
        for theme in THEMES:
            # A letter loads nothing from anywhere, and here it could not.
            context = browser.new_context(
                color_scheme=theme, offline=True, viewport={"width": WIDTH_PX, "height": HEIGHT_PX}
            )
            page = context.new_page()
            for letter in letters:
                for language in languages:
                    page.set_content(LETTERS[letter](language).mail.html)
                    page.screenshot(path=folder / f"{letter}.{language}.{theme}.png", full_page=True)
                    made += 1
            context.close()
    return made


@contextmanager
def _browser() -> "Iterator[Browser]":
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  only developers have it
    except ImportError:
        raise Missing("Playwright is not installed; ./guerdon test installs what developers need") from None
    found = next((path for path in map(shutil.which, CHROMIUM) if path), None)
    if found is None:
        raise Missing("no Chromium is installed; ./guerdon test installs it as root where there is apt")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
