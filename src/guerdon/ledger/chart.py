"""The chart of accounts: every account name there is, in one place.

A name is a path. The program's pools belong to member 0; a member's own accounts carry the member's id
beside the name.
"""

POOL_OWNER = 0
# A member's own, one of each in a unit; the three stand in one row of balances.
PURSE = "purse"
PENDING = "pending"
DEBT = "debt"
MEMBERS_OWN = frozenset({PURSE, PENDING, DEBT})

# Value enters at funding, which shows how much by how far it is below zero, and pays what no budget pays.
FUNDING = "program:funding"


def budget_account(budget: str, place: str) -> str:
    """The account of a budget at a place: a market, a location, or nothing where it has one account only."""
    return f"budget:{budget}:{place}"


def spent_account(payer: str) -> str:
    """Where value arrives that members spent, by the pool that had paid it: it left the program there."""
    return "program:spent" if payer == FUNDING else f"spent:{payer.removeprefix('budget:')}"


def is_spent_account(name: str) -> bool:
    """Whether value that arrives there was spent."""
    return name == "program:spent" or name.startswith("spent:")


def owed_account(payer: str) -> str:
    """What members or locations owe to the pool that had paid: it is given back to it as they pay."""
    return "program:owed" if payer == FUNDING else f"owed:{payer.removeprefix('budget:')}"


def payer_of_owed(owed: str) -> str:
    """The pool to which it is given back as it is paid."""
    return FUNDING if owed == "program:owed" else f"budget:{owed.removeprefix('owed:')}"


def location_account(location: str) -> str:
    """What a location owes for rewards that it has to answer for, shown by how far it is below zero."""
    return f"location:{location}"


def is_bounded(account: str) -> bool:
    """Whether an account has a floor at zero; funding and what locations owe have none."""
    return account != FUNDING and not account.startswith("location:")
