"""What Runa can do, where it answers, and how an account of it is opened."""

from datetime import timedelta

from guerdon.engine.orders.port import Abilities, Account, Supplier
from guerdon.suppliers import Asks, Vendor
from guerdon.suppliers.asking import WITHIN_S
from guerdon.suppliers.runa.account import open_account

ABILITIES = Abilities(
    idempotency="replays_response",
    key_lives=timedelta(days=30),
    per_minute=60,
    answer_max_s=WITHIN_S,
    finds=True,
    answers_later=True,
    has_balance=True,
    lists_items=True,
    lists_orders=True,
    calls_back=True,
)


def opens(http: Asks, account: Account) -> Supplier:
    """An account with Runa."""
    return open_account(http, account, ABILITIES)


VENDOR = Vendor(
    kind="runa",
    abilities=ABILITIES,
    address="https://api.runa.io/v2",
    opens=opens,
    options={"currency": False},
)
