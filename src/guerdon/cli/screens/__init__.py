"""`./guerdon screens FOLDER`: a picture of every page, of a demo of its own, as different people see it.

Pages are found by their links, so a page that nobody can reach is missed, and said. It needs what developers
have: Playwright for Python, and Chromium. The demo is gone afterwards.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from guerdon.cli.bounds import whole_number
from guerdon.cli.demo import LAST_ABOVE, demo_ports
from guerdon.cli.demo.agreeing import agree_to_offers
from guerdon.cli.demo.filling import fill_weeks
from guerdon.cli.demo.house import DemoHouse, Order, demo_house
from guerdon.cli.installation import Refused, refusing
from guerdon.cli.screens.beginning import empty_house, first_walk, found, founders_walk
from guerdon.cli.screens.browser import Missing, look_for_browser, open_browser
from guerdon.cli.screens.drawing import Album
from guerdon.cli.screens.props import add_people
from guerdon.cli.screens.staging import stage
from guerdon.cli.screens.walks import walks
from guerdon.cli.up import stop_as_by_interrupt

HELP = "make pictures of every page of a demo: three languages, light and dark, wide and narrow"
PORT = 8750
# Nothing of the demo listens there.
EMPTY_ABOVE = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the pictures go")
    parser.add_argument(
        "--customers", type=whole_number(1, 20_000), default=300, metavar="N", help="default 300"
    )
    parser.add_argument(
        "--events", type=whole_number(1, 50_000), default=2_100, metavar="N", help="default 2100"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of all that is invented; default 1")
    parser.add_argument("--only", metavar="WORD", help="only pages whose name has this word in it")
    parser.add_argument(
        "--documents", type=Path, metavar="FOLDER", help="write those that the documents show there, smaller"
    )
    parser.add_argument(
        "--port",
        type=whole_number(1, 65_535 - LAST_ABOVE),
        default=PORT,
        metavar="N",
        help=f"the demo's web (default {PORT}); its other parts take those above it",
    )


def run(args: argparse.Namespace) -> int:
    """Make them; 1 where pages were not found, 2 where there is nothing to make them with."""
    stop_as_by_interrupt()
    order = Order(demo_ports(args.port), args.customers, args.seed, args.customers)
    home = Path(tempfile.mkdtemp(prefix="gd-screens-"))
    try:
        look_for_browser()
        with demo_house(home / "demo", order) as house:
            agree_to_offers(house)
            fill_weeks(house, args.events)
            # Before there is a browser: beside one Django does not speak to a database.
            add_people(house)
            with open_browser() as opened:
                album = Album(opened, house, args.folder, args.only or "")
                draw_all(album, home / "empty")
    except Missing as fault:
        print(f"guerdon screens: {fault}", file=sys.stderr)
        return 2
    except Refused as fault:
        return refusing("screens", fault)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(f"{album.made} pictures in {args.folder}")
    missing = [f"no page was found for {row}" for row in album.missing]
    if args.documents is not None:
        # What draws is not read in by those who only ask what commands there are.
        from guerdon.cli.screens.look import write_look  # noqa: PLC0415

        missing += [f"not made again: {name}" for name in write_look(args.folder, args.documents)]
    for line in missing:
        print(line, file=sys.stderr)
    return 1 if missing else 0


def draw_all(album: Album, empty: Path) -> None:
    """Draw the demo's pages, and those of an installation that begins in a new folder `empty`.

    Raises `Refused`.
    """
    house = album.house
    stage(album, house)
    for each in walks(house):
        album.draw(each)
    if album.wants("account-first", "setup"):
        _draw_beginning(album, house, empty)


def _draw_beginning(album: Album, house: DemoHouse, empty: Path) -> None:
    with empty_house(empty, house.order.ports.web + EMPTY_ABOVE) as (base_url, link):
        album.draw([first_walk(base_url, link)])
        with album.browsing() as tab:
            cookies = found(tab, base_url, link, house.password)
        album.draw([founders_walk(base_url, cookies)])
