"""Transfers, balances of the program's own accounts, what is owed, budgets, alarms, rates."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from guerdon.web.api.shapes.plain import (
    Account,
    DayGiven,
    Digits,
    EventId,
    Filter,
    Instant,
    InstantGiven,
    Limit,
    MemberId,
    Minor,
    MoneyUnit,
    Name,
    Next,
    Page,
    Told,
    TransferId,
    UnitName,
)


class WhichTransfers(Page):
    """Transfers of an account (on either side), a member, a unit, a time of recording."""

    account: Account | None = None
    member: MemberId | None = None
    unit: UnitName | None = None
    since: InstantGiven | None = None
    until: InstantGiven | None = None


class LedgerTransfer(Told):
    """A transfer; `member` is null where no member's account takes part."""

    id: TransferId
    member: MemberId | None
    event: EventId | None
    from_account: str
    to_account: str
    unit: str
    digits: Digits
    amount: Minor
    happened_at: Instant
    recorded_at: Instant


class Transfers(Told):
    """Transfers, newest first."""

    transfers: list[LedgerTransfer]
    next: Next


class TrialLine(Told):
    """All accounts of a kind in a unit."""

    unit: str
    digits: Digits
    kind: str
    accounts: int
    debit: Minor
    credit: Minor


class TrialBalance(Told):
    """Every kind of account; over the whole program debits and credits of a unit are the same."""

    lines: list[TrialLine]


class RateTaken(Told):
    """What one of the unit was worth, as decimal text, and the day whose rate it is: a week old at most."""

    unit: str
    day: date
    rate: str


class Unconverted(Told):
    """A unit that has no rate for a day: what is in it is not in the sum."""

    unit: str
    day: date


class Converted(Told):
    """The sum in one unit, by the rates that were imported; each unit's own sum is rounded by itself."""

    unit: str
    digits: Digits
    amount: int = Field(description="In the unit's smallest part, without what is missing.")
    rates: list[RateTaken]
    missing: list[Unconverted]


class WhichOwed(Filter):
    """What is owed in one market, or all; `in` asks for it in one unit, too."""

    market: Name | None = None
    into: MoneyUnit | None = Field(None, alias="in")


class OwedLine(Told):
    """What members of a market have that ends in a month."""

    unit: str
    digits: Digits
    month: date | None = Field(description="Its first day; null: it never ends.")
    market: str
    lots: int
    ready: Minor
    pending: Minor


class Breakage(Told):
    """The share of a unit that is expected to go unused, in parts of a million; null: too early to say."""

    unit: str
    method: str | None
    share_ppm: int | None
    lowest_ppm: int | None
    highest_ppm: int | None


class Owed(Told):
    """What is owed to members, in the order in which it ends."""

    lines: list[OwedLine]
    breakage: list[Breakage]
    converted: Converted | None = Field(description="Null where `in` was not asked for.")


class WhichRate(Filter):
    """What one unit was worth in another on a day."""

    base: UnitName = Field(examples=["EUR"])
    quote: UnitName = Field(examples=["NOK"])
    day: DayGiven = Field(examples=["2026-05-04"])


class Rate(Told):
    """The rate of the day, or the last before it within a week, as decimal text."""

    base: str
    quote: str
    day: date
    rate: str


class Sums(Told):
    """Amounts of a budget with all below it."""

    limit: Minor
    free: Minor
    held: Minor
    committed: Minor
    spent: Minor
    owed: Minor


class BudgetNode(Told):
    """A budget's account; `depth` and `parent` say where it stands in the tree."""

    account: str
    budget: str
    place: str
    market: str | None
    location: str | None
    parent: str | None
    depth: int
    unit: str
    digits: Digits
    period: Literal["none", "month", "quarter", "year"]
    since: date | None = Field(description="When its period began; null where it has none.")
    sums: Sums
    runs_out_on: date | None


class WhichBudgets(Page):
    """A page of the tree; `in` asks for all of it in one unit, too."""

    into: MoneyUnit | None = Field(None, alias="in")


class ConvertedSums(Told):
    """The sums of the whole tree in one unit, by the rates that were imported."""

    unit: str
    digits: Digits
    sums: Sums
    rates: list[RateTaken]
    missing: list[Unconverted]


class Budgets(Told):
    """The tree, each node followed by those below it."""

    budgets: list[BudgetNode]
    converted: ConvertedSums | None = Field(
        description="Of the whole tree, on every page alike; null where `in` was not asked for."
    )
    next: Next


class BudgetLine(Told):
    """A transfer as the budget sees it: positive came in; `balance` is what it had after it."""

    transfer: TransferId
    member: MemberId | None
    event: EventId | None
    other: str
    amount: Minor
    balance: Minor
    recorded_at: Instant


class BudgetStatement(Told):
    """What came into a budget and went out of it, newest first."""

    account: str
    unit: str
    digits: Digits
    lines: list[BudgetLine]
    next: Next


class WhichAlarms(Filter):
    """Alarms of budgets."""

    account: Account | None = None
    state: Literal["open", "all"] = "open"
    limit: Limit = 50


class Alarm(Told):
    """What was raised about a budget, and since when it is over."""

    id: int
    kind: str
    account: str
    detail: dict[str, Any]
    raised_at: Instant
    settled_at: Instant | None


class Alarms(Told):
    """Alarms: open ones first, then the latest."""

    alarms: list[Alarm]
