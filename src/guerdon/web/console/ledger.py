"""The ledger: every transfer with both its sides, and what any account had on any day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse

from guerdon.queries.ledger import (
    OWN,
    Balance,
    TransferRow,
    TransfersAsked,
    list_draws,
    list_of_event,
    list_pools,
    list_transfers,
    load_balance,
    load_transfer,
)
from guerdon.queries.rates import Amount
from guerdon.store.database import Transaction
from guerdon.text.catalogs import words
from guerdon.values.ids import read
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.places import Mark, read_place, timed_mark, written_place
from guerdon.web.console.reporting import add_up
from guerdon.web.console.words import Namer

PAGE_ROWS = 50
ACCOUNT_LETTERS_MAX = 200
# What shows how much came into a program or is owed to it has no floor; it stands below zero.
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a transfer, and what its account had right after."""

    account: str
    balance: int | None


@staff_page
def ledger(desk: Desk) -> HttpResponse:
    """Transfers, newest first, of all accounts or of one."""
    asked = read_asked(desk)
    with desk.transaction() as tx:
        pools = list_pools(tx)
        units = [unit for name, unit, _, _ in pools if name == asked.account]
        rows = list_transfers(tx, asked, PAGE_ROWS + 1)
        at = asked.until or desk.now + MOMENT
        balances = _balances(tx, asked, units, list(desk.program.units), at)
        day = min(desk.cut.last or desk.today, desk.today)
        had = [Amount(day, unit, balance.posted) for unit, balance in balances]
        together = add_up(tx, desk.program, desk.cut.into, {"had": had})
    last = rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    return desk.show(
        "console/ledger.html",
        "ledger",
        names=Namer(desk.program, desk.locale),
        accounts=AccountNamer(desk),
        asked=asked,
        rows=rows[:PAGE_ROWS],
        pools=sorted({name for name, _, _, _ in pools}),
        balances=balances,
        together=together,
        balance_day=desk.cut.last,
        onward=written_place(last.recorded_at, last.id) if last else None,
        paged=asked.after is not None,
        stream=None if asked.after else desk.arriving("ledger", _mark(rows)),
    )


def _mark(rows: Sequence[TransferRow]) -> Mark:
    return timed_mark(rows[0].recorded_at, rows[0].id) if rows else ()


@staff_page
def transfer(desk: Desk, transfer: str) -> HttpResponse:
    """One transfer: both sides and what each had after it, why it was made, and which lots it took from."""
    number = read("trf", transfer)
    if number is None:
        raise Http404
    with desk.transaction() as tx:
        found = load_transfer(tx, number, read("mem", desk.request.GET.get("of", "")))
        if found is None:
            raise Http404
        sides = [_side(tx, found, name) for name in (found.from_account, found.to_account)]
        draws = list_draws(tx, found.id, found.member_id)
        others = [row for row in list_of_event(tx, found.event_id, found.member_id) if row.id != found.id]
    return desk.show(
        "console/transfer.html",
        "ledger",
        names=Namer(desk.program, desk.locale),
        accounts=AccountNamer(desk),
        row=found,
        sides=sides,
        draws=draws,
        others=others,
    )


def read_asked(desk: Desk) -> TransfersAsked:
    """Which transfers the address asks for."""
    terms = desk.request.GET
    unit = terms.get("unit", "")
    since, until = _time_of(desk)
    return TransfersAsked(
        account=terms.get("account", "")[:ACCOUNT_LETTERS_MAX].replace("\0", "") or None,
        member_id=read("mem", terms.get("member", "")),
        unit=unit if unit in desk.program.units else None,
        since=since,
        until=until,
        after=read_place(terms.get("after", "")),
    )


class AccountNamer:
    """What accounts are called in a reader's language."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._names = Namer(desk.program, desk.locale)

    def __call__(self, name: str) -> str:
        """An account's name: what kind it is, and of which budget and place."""
        kind, _, path = name.partition(":")
        budget, _, place = path.partition(":")
        known = account_kind(name if kind == "program" else kind, self._desk.locale)
        if kind == "location":
            return f"{known} · {self._names.location(path)}"
        if kind in {"budget", "spent", "owed"}:
            return " · ".join([known, self._names.budget(budget), *([self._place(place)] if place else [])])
        return known

    def _place(self, place: str) -> str:
        if place in self._desk.program.markets:
            return self._names.market(place)
        return self._names.location(place)


def account_kind(kind: str, locale: str) -> str:
    """What a kind of account is called; an unknown one by its own name."""
    say = words(locale, "console").gettext
    return {
        "purse": say("Members: available"),
        "pending": say("Members: pending"),
        "debt": say("Members: owed by them"),
        "program:funding": say("Funding of the program"),
        "program:spent": say("Spent, of the program"),
        "program:owed": say("Owed to the program"),
        "budget": say("Budget"),
        "spent": say("Spent, of a budget"),
        "owed": say("Owed to a budget"),
        "location": say("Location"),
    }.get(kind, kind)


def _time_of(desk: Desk) -> tuple[datetime | None, datetime | None]:
    zone = ZoneInfo(desk.program.time_zone)
    first, last = desk.cut.first, desk.cut.last
    return (
        datetime.combine(first, time(), zone) if first else None,
        datetime.combine(last + timedelta(days=1), time(), zone) if last else None,
    )


def _balances(
    tx: Transaction, asked: TransfersAsked, pool_units: Sequence[str], all_units: Sequence[str], at: datetime
) -> list[tuple[str, Balance]]:
    """What the account that is looked at had, unit by unit; a member's own where a member is."""
    name = "purse" if asked.member_id is not None else asked.account
    if name is None:
        return []
    owner = asked.member_id or 0
    units = all_units if asked.member_id is not None else pool_units
    found = [(unit, load_balance(tx, owner, name, unit, at)) for unit in units if asked.unit in {None, unit}]
    return [(unit, balance) for unit, balance in found if balance is not None]


def _side(tx: Transaction, row: TransferRow, name: str) -> Side:
    own = name in OWN
    balance = load_balance(
        tx, row.member_id if own else 0, "purse" if own else name, row.unit, row.recorded_at + MOMENT
    )
    if balance is None:
        return Side(name, None)
    return Side(name, {"pending": balance.pending, "debt": balance.debt}.get(name, balance.posted))
