"""The command: a feed to a file or to the output."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from .pictures import write_pictures
from .products import products
from .rows import AS_EVER, Terms, items
from .tomorrow import changes, tomorrow
from .writing import write_csv, write_jsonl


def main(words: Sequence[str] | None = None) -> int:
    """Write the feed that was asked for."""
    args = _arguments().parse_args(words)
    terms = Terms(
        tuple(args.currency or AS_EVER.currencies),
        tuple(filter(None, args.supplier)) if args.supplier is not None else AS_EVER.suppliers,
        tuple(args.segment or ()),
        _points(args.points),
        args.today,
        args.pictures is not None,
    )
    if args.pictures is not None:
        write_pictures(args.pictures)
    make = tomorrow if args.tomorrow else changes if args.changes else items
    rows = make(args.seed, args.items, terms)
    if args.products:
        print(json.dumps({"products": list(products(args.products, rows))}))
        return 0
    write = write_csv if args.format == "csv" else write_jsonl
    if args.out is None:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        write(rows, sys.stdout)
        return 0
    with args.out.open("w", encoding="utf-8", newline="") as file:
        count = write(rows, file)
    print(f"{count} items in {args.out}")
    return 0


def _points(said: str | None) -> tuple[str, int] | None:
    unit, colon, count = (said or "").partition(":")
    return (unit, int(count)) if colon else None


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="catalog", description="A feed of invented rewards.")
    parser.add_argument("--seed", type=int, default=1, help="of all that is invented; default 1")
    parser.add_argument("--items", type=int, default=21_000, metavar="N", help="default 21000")
    parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    parser.add_argument(
        "--products", choices=("tremendous", "runa"), help="what a supplier has of it, for its stand-in"
    )
    parser.add_argument("--out", type=Path, help="a file; otherwise the output")
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="FOLDER",
        help="write pictures there, beside the feed, and name them in it",
    )
    parser.add_argument("--tomorrow", action="store_true", help="the feed as it is a day later")
    parser.add_argument("--changes", action="store_true", help="only what is otherwise a day later: a delta")
    parser.add_argument("--currency", action="append", help="a unit of money of the program; default EUR")
    parser.add_argument(
        "--supplier",
        action="append",
        nargs="?",
        help="key of an account; default those of the EV maker; empty for none",
    )
    parser.add_argument("--segment", action="append", help="a segment that some items are locked to")
    parser.add_argument("--points", metavar="UNIT:N", help="also sold for points, N of them a euro")
    parser.add_argument("--today", type=date.fromisoformat, default=AS_EVER.today, metavar="DATE")
    return parser
