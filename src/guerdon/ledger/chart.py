"""The chart of accounts: every account name there is, in one place.

A name is a path. The program's pools belong to member 0; a member's own accounts carry the member's id
beside the name.
"""

POOL_OWNER = 0
PURSE = "purse"
FUNDING = "program:funding"
REDEEMED = "program:redeemed"

# Value enters at funding and leaves at redeemed; these two show how much, and only they have no floor.
UNBOUNDED = frozenset({FUNDING, REDEEMED})


def budget_account(budget: str, market: str) -> str:
    """The account of a budget in a market."""
    return f"budget:{budget}:{market}"
