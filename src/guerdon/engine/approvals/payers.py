"""Who pays for what people and keys give by hand: one policy, for forms, files and the API.

The tree of budgets says it, as for a rule's own rewards. Who asks may name another budget that pays, if it
stands where they may spend. Funding pays only in a unit in which the program has no budget at all.
"""

from collections import defaultdict

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.ledger.chart import FUNDING, budget_account
from guerdon.program.model import Budget, BudgetNode, Program
from guerdon.store.approvals.standings import Place
from guerdon.values.problems import Problem, did_you_mean

# Of several budgets that pay for a member, the narrowest does.
_WIDTHS = ("location", "market", "one")


class Payers:
    """The budgets of a program that pay, for somebody who may spend in this scope; None: nowhere."""

    def __init__(self, program: Program, scope: Scope | None = WHOLE_PROGRAM) -> None:
        self.program = program
        self.scope = scope
        paying = _paying(program)
        self._units = {node.unit for budget in program.budgets.values() for node in budget.nodes.values()}
        self._nodes = {
            account: (budget, node)
            for budget in program.budgets.values()
            for place, node in budget.nodes.items()
            if (account := budget_account(budget.key, place)) in paying
        }
        self._found: dict[tuple[str, str, Place], str | Problem] = {}

    def listed(self) -> list[tuple[str, str]]:
        """Every budget that may be named as payer, with its unit, in the order of the program."""
        return [(account, node.unit) for account, (_, node) in self._nodes.items() if self._reaches(node)]

    def given(self, unit: str, place: Place | None, rule: str = "") -> str:
        """The account that the tree gives, or nothing where it gives none; `check` then says why."""
        found = None if place is None else self._payer_at(unit, place, rule)
        return found if isinstance(found, str) else ""

    def check(
        self, payer: str, unit: str, place: Place | None, rule: str = "", line: int | None = None
    ) -> Problem | None:
        """What is wrong with a payer; of a place that is not known, only what is wrong wherever it is."""
        found = None if place is None else self._payer_at(unit, place, rule)
        if not payer or payer == found:
            return Problem(found.where, line, found.what, found.hint) if isinstance(found, Problem) else None
        if payer == FUNDING:
            if unit not in self._units:
                return None
            return Problem("payer", line, f"{unit[:40]} is paid by a budget", self._hint(payer, unit))
        node = self._nodes[payer][1] if payer in self._nodes else None
        # What is somebody else's and what is not there are told by the same words.
        if node is None or node.unit != unit or not self._reaches(node):
            said = f"no budget {payer[:60]} that pays in {unit[:40]} is yours to spend from"
            return Problem("payer", line, said, self._hint(payer, unit))
        return None

    def _payer_at(self, unit: str, place: Place, rule: str) -> str | Problem:
        key = (unit, rule, place)
        if key not in self._found:
            self._found[key] = self._look(unit, place, rule)
        return self._found[key]

    def _look(self, unit: str, place: Place, rule: str) -> str | Problem:
        known = self.program.rules.get(rule)
        if known is not None and known.reward is not None and known.reward.pay_from is not None:
            budget = self.program.budgets[known.reward.pay_from]
            node = _node_at(budget, place)
            if node is not None and node.unit == unit:
                return budget_account(budget.key, node.place)
            said = (
                f"the budget of rule {rule[:60]} has no {unit[:40]} for members of that market and location"
            )
            return Problem("payer", None, said, self._hint("", unit))
        if unit not in self._units:
            return FUNDING
        return self._narrowest(unit, place)

    def _narrowest(self, unit: str, place: Place) -> str | Problem:
        at = defaultdict[str, list[str]](list)
        for account, (budget, node) in self._nodes.items():
            if node.unit == unit and _node_at(budget, place) is node:
                at[budget.per].append(account)
        found = next((at[width] for width in _WIDTHS if at[width]), [])
        if len(found) == 1:
            return found[0]
        if found:
            said = f"several budgets pay {unit[:40]} there: {', '.join(sorted(found))[:200]}"
            return Problem("payer", None, said, "name one of them")
        said = f"no budget pays {unit[:40]} for members of that market and location"
        return Problem("payer", None, said, self._hint("", unit))

    def _reaches(self, node: BudgetNode) -> bool:
        return self.scope is not None and self.scope.covers(node.market, node.location)

    def _hint(self, payer: str, unit: str) -> str:
        mine = [account for account, its in self.listed() if its == unit]
        return did_you_mean(payer, mine) if mine else "leave it out"


def _paying(program: Program) -> set[str]:
    """Accounts that pay: what feeds no other budget, and what rules pay from."""
    feeding = {node.parent_account for budget in program.budgets.values() for node in budget.nodes.values()}
    by_rule = {rule.reward.pay_from for rule in program.rules.values() if rule.reward is not None}
    return {
        account
        for budget in program.budgets.values()
        for place in budget.nodes
        if (account := budget_account(budget.key, place)) not in feeding or budget.key in by_rule
    }


def _node_at(budget: Budget, place: Place) -> BudgetNode | None:
    where = {"one": "", "market": place.market, "location": place.location}[budget.per]
    return None if where is None else budget.nodes.get(where)
