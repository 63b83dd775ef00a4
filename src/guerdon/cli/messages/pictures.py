"""`./guerdon pictures`: every letter of ours in every language, as mail programs show it by day and by night.

It needs what developers have: Playwright for Python, and Chromium. With `--golden` it needs neither, and
writes the letters into the files with which the gate compares them.
"""

import argparse
import sys
from pathlib import Path
from typing import Literal

from guerdon.cli.screens.browser import Missing, open_browser
from guerdon.text.letters.samples import LETTERS, in_files
from guerdon.values.texts import LANGUAGES

HELP = "make pictures of every letter in every language, light and dark"
GOLDEN = Path(__file__).resolve().parents[4] / "tests" / "golden" / "letters"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTH_PX, HEIGHT_PX = 680, 400


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
    with open_browser() as opened:
        folder.mkdir(parents=True, exist_ok=True)
        for theme in THEMES:
            # A letter loads nothing from anywhere, and here it could not.
            context = opened.new_context(
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
