"""`./guerdon suppliers differences`: what differs between their books and ours."""

import argparse

from guerdon.cli.bounds import whole_number
from guerdon.cli.installation import installation
from guerdon.cli.published import live_program
from guerdon.queries.reconciling.standing import Difference, Sifting, list_differences
from guerdon.store.database import Transaction, transaction
from guerdon.suppliers.amounts import digits_of, to_decimal
from guerdon.values.ids import show

HELP = "what differs between their books and ours"
LISTED_MAX = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--supplier", metavar="KEY", help="of this account")
    parser.add_argument("--state", choices=("open", "settled", "healed"), default="open", help="default open")
    parser.add_argument(
        "--last", type=whole_number(1, LISTED_MAX), default=50, metavar="N", help="default 50"
    )


def run(args: argparse.Namespace) -> int:
    """List them, the newest first; 0."""
    with installation() as opened:
        program_id, _ = live_program(opened, args.program)
        with opened.connect("web") as db, transaction(db, program_id) as tx:
            print_differences(tx, Sifting(args.state, args.supplier), args.last)
    return 0


def print_differences(tx: Transaction, sifted: Sifting, at_most: int) -> None:
    """Write down what differs, one a line."""
    rows = list_differences(tx, sifted, at_most)
    for row in rows:
        print(difference_said(row))
    if not rows:
        print(f"nothing is {sifted.state}")


def difference_said(row: Difference) -> str:
    """One in words."""
    ours, theirs = (_amount(row, amount) for amount in (row.ours_minor, row.theirs_minor))
    order = show("ord", row.order_id) if row.order_id is not None else "no order of ours"
    words = (
        show("dif", row.id),
        row.supplier,
        row.kind,
        row.subject,
        order,
        f"ours {ours}",
        f"theirs {theirs}",
    )
    return "\t".join((*words, f"{row.at:%Y-%m-%d %H:%M}"))


def _amount(row: Difference, amount: int | None) -> str:
    return "-" if amount is None else f"{to_decimal(amount, digits_of(row.currency))} {row.currency}"
