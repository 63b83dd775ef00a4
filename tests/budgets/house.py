"""A house whose program has a tree of budgets; what its rewards do to a budget is written as transfers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

from tests.furnishing import read_once
from tests.lending import lent, looking

from guerdon.engine.budgets import Turned, turn_budgets
from guerdon.engine.publish import Published, publish
from guerdon.program.load import read_program
from guerdon.program.model import Budget, Program
from guerdon.store.database import Role, Transaction, transaction

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TREE = Path(__file__).parent / "tree.yaml"
CENTRAL, GERMANY, NORWAY = "budget:central:", "budget:by_market:DE", "budget:by_market:NO"
KIEL, ULM = "budget:by_dealer:de-kiel", "budget:by_dealer:de-ulm"


def tree_program() -> Program:
    return read_once(TREE)


def with_amounts(program: Program, key: str, **amounts_minor: int) -> Program:
    """The program with other amounts at some places of a budget (`_` for an underscore is a hyphen)."""
    budget = program.budgets[key]
    given = {place.replace("_", "-") if place != "one" else "": n for place, n in amounts_minor.items()}
    nodes = {
        place: replace(node, amount_minor=given.get(place, node.amount_minor))
        for place, node in budget.nodes.items()
    }
    return with_budget(program, replace(budget, nodes=nodes))


def with_budget(program: Program, budget: Budget) -> Program:
    return replace(program, budgets={**program.budgets, budget.key: budget})


def with_text(program: Program, old: str, new: str) -> Program:
    assert old in program.text, old
    changed = read_program(program.text.replace(old, new), None, program.key)
    assert isinstance(changed, Program), changed
    return changed


@dataclass
class House:
    """A migrated database with the tree in it."""

    url: str
    secret: str
    program: Program
    program_id: int = 0
    made: int = 0

    def publish(self, program: Program | None = None, now: datetime = NOW) -> Published:
        self.program = program or self.program
        with lent(self.url, self.secret, "owner") as db:
            done = publish(db, self.program, "test", now)
        self.program_id = done.program_id
        return done

    @contextmanager
    def opened(self, role: Role = "worker") -> Iterator[Transaction]:
        with lent(self.url, self.secret, role) as db, transaction(db, self.program_id) as tx:
            yield tx

    def turn(self, now: datetime) -> Turned | None:
        with self.opened() as tx:
            return turn_budgets(tx, self.program_id, self.program, now)

    def transfer(
        self, from_account: str, to_account: str, amount: int, at: datetime = NOW, unit: str = "EUR"
    ) -> None:
        """Move money as a batch does: the member is number 7 where a purse is named."""
        self.made += 1
        number = 10**9 + self.made
        whose = 7 if "purse" in {from_account, to_account} else 0
        with self.opened() as tx:
            tx.execute(
                """
                insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit,
                                       amount, happened_at, recorded_at)
                values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                """,
                (
                    self.program_id,
                    whose,
                    number,
                    number,
                    from_account,
                    to_account,
                    unit,
                    amount,
                    at,
                    at,
                ),
            )
            for name, change in ((from_account, -amount), (to_account, amount)):
                tx.execute(
                    """
                    insert into accounts (program_id, member_id, name, unit, posted)
                    values (%s, %s, %s, %s, %s)
                    on conflict (program_id, member_id, name, unit) do update
                    set posted = accounts.posted + excluded.posted
                    """
                    if change > 0
                    else """
                    update accounts set posted = posted + %s
                    where program_id = %s and member_id = %s and name = %s and unit = %s
                    """,
                    (self.program_id, 7 if name == "purse" else 0, name, unit, change)
                    if change > 0
                    else (change, self.program_id, 7 if name == "purse" else 0, name, unit),
                )

    def give(self, payer: str, amount: int, at: datetime = NOW, unit: str = "EUR") -> None:
        """A reward: from a budget to the member's purse."""
        self.transfer(payer, "purse", amount, at, unit)

    def rows(self, statement: LiteralString, *terms: object) -> list[tuple[object, ...]]:
        """Look with an eye that row security does not cover."""
        with looking(self.url) as db:
            return db.execute(statement, terms or None).fetchall()

    def balances(self) -> dict[str, int]:
        found = self.rows("select name, posted from accounts where member_id = 0 order by name, unit")
        return {str(name): int(str(posted)) for name, posted in found if str(name).startswith("budget:")}

    def allocated(self) -> dict[str, int]:
        return {str(n): int(str(a)) for n, a in self.rows("select name, allocated from budget_nodes")}

    def check(self) -> None:
        """Assert that balances are the fold of transfers, and that what was allocated is, too."""
        wrong = self.rows(
            """
            with moved as (
              select from_account as name, unit, -amount as amount from transfers
              union all
              select to_account, unit, amount from transfers
            ), fold as (select name, unit, sum(amount) as amount from moved group by 1, 2)
            select name, posted, amount from accounts left join fold using (name, unit)
            where posted <> coalesce(amount, 0)
            """
        )
        assert wrong == []
        assert self.rows("select unit, sum(posted) from accounts group by 1 having sum(posted) <> 0") == []


def as_dict(amounts: Mapping[str, int], names: Sequence[str]) -> list[int]:
    return [amounts[name] for name in names]
