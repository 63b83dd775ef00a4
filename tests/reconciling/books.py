"""A house whose orders a supplier delivered, and that supplier's books, in which anything may be planted."""

from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tests.orders.counter import Counter
from tests.orders.fakes import Fake

from guerdon.engine.orders.port import Abilities, Later, Shut, StatementLine, StatementPage
from guerdon.engine.reconciling.taking import Taken, ask_statement
from guerdon.queries.reconciling.standing import Difference, Sifting, list_differences
from guerdon.store.database import connect
from guerdon.store.orders.reconciling.statements import Wanted

DAY = timedelta(days=1)
PAGE = 2


@dataclass
class Keeper(Fake):
    """A supplier that keeps books, and shows them in pages of two."""

    books: dict[str, StatementLine] = field(default_factory=dict)
    cut_after: int | None = None

    @property
    def abilities(self) -> Abilities:
        return replace(super().abilities, lists_orders=True)

    def note(self, now: datetime) -> None:
        """Write down what it delivered until now."""
        for ref, made in self.by_ref.items():
            for each in made:
                line = StatementLine(each.their_id, ref, "placed", each.currency, each.face_minor, None, now)
                self.books.setdefault(each.their_id, line)

    def change(self, their_id: str, **changed: Any) -> None:
        self.books[their_id] = replace(self.books[their_id], **changed)

    def list_orders(self, since: datetime, after: str | None) -> StatementPage | Later | Shut:
        begin = int(after or 0)
        if self.cut_after is not None and begin >= self.cut_after:
            return Later(1.0, "trouble")
        lines = [line for line in self.books.values() if line.at >= since]
        more = begin + PAGE < len(lines)
        return StatementPage(lines[begin : begin + PAGE], str(begin + PAGE) if more else None)


@dataclass
class Ledger:
    """The house, and how its books are compared with the keeper's."""

    here: Counter
    keeper: Keeper

    def delivered(self, member_id: int) -> tuple[int, str]:
        """An order that was delivered; its id, and theirs."""
        order = self.here.ordered(member_id)
        self.here.work()
        self.keeper.note(self.here.now)
        ((their_id,),) = self.here.house.rows(
            "select their_id from supplier_attempts where order_id = %(o)s and state = 'done'", o=order
        )
        return order, str(their_id)

    def compare(self, hours: float = 2) -> Taken:
        """Some hours later their statement of the last day is asked for."""
        self.here.now += timedelta(hours=hours)
        now = self.here.now
        wanted = Wanted(self.here.house.program_id, self.keeper.key, "asked", now - DAY, now, "per_f", now)
        with closing(connect(self.here.house.url, self.here.house.secret, "worker")) as db:
            return ask_statement(db, self.keeper, wanted, lambda: self.here.now)

    def open(self, state: str = "open") -> list[Difference]:
        with self.here.house.opens(None)() as tx:
            return list_differences(tx, Sifting(state), 100)

    def kinds(self, state: str = "open") -> list[tuple[str, str]]:
        """What differs: kind and subject."""
        return sorted((each.kind, each.subject) for each in self.open(state))
