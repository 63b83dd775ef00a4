"""`./guerdon suppliers list`: each account, how it is, what is left to order with, and what waits for it."""

import argparse
from contextlib import AbstractContextManager, nullcontext

from guerdon.cli.counts import counted
from guerdon.cli.installation import installation
from guerdon.cli.published import live_program
from guerdon.engine.orders.lanes.turnstile import Patience, by_turns, turns_of
from guerdon.engine.orders.port import Balance, Later, Shut, Supplier
from guerdon.queries.orders.accounts import AccountRow, list_accounts
from guerdon.queries.reconciling.standing import total_differences
from guerdon.store.database import Connection, transaction
from guerdon.suppliers.amounts import digits_of, to_decimal
from guerdon.suppliers.wired import Suppliers
from guerdon.values.clock import utc_now

TURN_S = 10.0
HELP = "each account: how it is, its balance, what waits for it, what differs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: none."""


def run(args: argparse.Namespace) -> int:
    """List them; 0 when all can be asked."""
    with installation() as opened:
        program_id, program = live_program(opened, args.program)
        with opened.connect("web") as db, transaction(db, program_id) as tx:
            rows = {row.supplier: row for row in list_accounts(tx)}
            totals = total_differences(tx, utc_now())
        suppliers = Suppliers(opened.settings)
        fit = True
        for key, declared in program.suppliers.items():
            account = suppliers.open(program, key)
            with opened.connect("web") as db, _in_turn(db, program_id, account):
                said, can = balance_said(account)
            row = rows.get(key)
            open_ = sum(each.n for each in totals if each.supplier == key)
            waits = f"{counted(row.waiting, 'order')} open" if row else "0 orders open"
            print(key, declared.kind, health_said(row), said, waits, f"{open_} differ", sep="\t")
            fit = fit and can and not (row and row.shut_at)
    if not program.suppliers:
        print("the program has no suppliers")
    return 0 if fit else 1


def _in_turn(db: Connection, program_id: int, account: Supplier | None) -> AbstractContextManager[None]:
    if account is None:
        return nullcontext()
    patience = Patience(utc_now, TURN_S)
    return by_turns(turns_of(lambda each: transaction(db, each), program_id, account, patience))


def balance_said(account: Supplier | None) -> tuple[str, bool]:
    """What there is left to order with, and whether the account can be asked at all."""
    if account is None:
        return "cannot be asked: its key is not set here", False
    if not account.abilities.has_balance:
        return "tells no balance", True
    match account.balance():
        case Balance(amount_minor, currency):
            return f"{to_decimal(amount_minor, digits_of(currency))} {currency} left", True
        case Later(why=why):
            return f"does not answer: {why}", False
        case Shut(says):
            return f"lets nobody in: {says}", False
        case None:
            return "tells no balance", True


def health_said(row: AccountRow | None) -> str:
    """How an account is doing."""
    if row is None or row.asked_at is None:
        return "not asked yet"
    if row.shut_at is not None:
        return f"shut since {row.shut_at:%Y-%m-%d %H:%M}: {row.reason}"
    if row.failures:
        return f"failed {counted(row.failures, 'time')} in a row"
    return "well"
