"""`./guerdon catalog feeds`: which feeds there are, and what their latest reading came to."""

import argparse

from guerdon.cli.catalog.said import told
from guerdon.cli.installation import installation
from guerdon.cli.published import live_program
from guerdon.store.catalog.feeds import FeedRow, list_feeds, list_syncs
from guerdon.store.database import transaction

HELP = {"feeds": "list feeds, with what became of the latest reading"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are no options."""


def run(args: argparse.Namespace) -> int:
    """List them."""
    with installation() as opened:
        program_id, _ = live_program(opened, args.program)
        with opened.connect("web") as db, transaction(db, program_id) as tx:
            feeds = list_feeds(tx, program_id)
            latest = {feed.key: list_syncs(tx, program_id, feed.key, 1) for feed in feeds}
    if not feeds:
        print("no feed was read yet")
    for feed in feeds:
        print(_line(feed))
        for sync in latest[feed.key]:
            print(f"  {told(sync)}")
    return 0


def _line(feed: FeedRow) -> str:
    synced = f"{feed.synced_at:%Y-%m-%d %H:%M}" if feed.synced_at is not None else "never"
    return (
        f"{feed.key}\t{feed.items} items\tof {feed.supplier}\tapplied {feed.generation} times, last {synced}"
    )
