"""What Tremendous can do, where it answers, and how an account of it is opened."""

from guerdon.engine.orders.port import Abilities, Account, Supplier
from guerdon.suppliers import Asks, Vendor
from guerdon.suppliers.asking import WITHIN_S
from guerdon.suppliers.tremendous.account import open_account

# What goes by a link is not canceled: they take back only what could not be delivered.
ABILITIES = Abilities(
    idempotency="returns_original",
    key_lives=None,
    per_minute=600,
    answer_max_s=WITHIN_S,
    finds=True,
    answers_later=True,
    has_balance=True,
    lists_items=True,
    lists_orders=True,
    calls_back=True,
    per_second=10,
)


def opens(http: Asks, account: Account) -> Supplier:
    """An account with Tremendous."""
    return open_account(http, account, ABILITIES)


VENDOR = Vendor(
    kind="tremendous",
    abilities=ABILITIES,
    address="https://api.tremendous.com/api/v2",
    opens=opens,
    options={"funding_source": False, "campaign": False},
)
