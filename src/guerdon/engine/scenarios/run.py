"""Playing a scenario the real way: publish, enroll, keep what arrives, process, and look into the tables.

Each run is a program of its own in one database, so that hundreds fit into it and none sees another. Time is
the scenario's; only leases go by the database's clock.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

from guerdon.engine.codes import add_codes, use_code
from guerdon.engine.enroll import enroll_members
from guerdon.engine.intake import Delivery, keep_deliveries
from guerdon.engine.library import Library
from guerdon.engine.process import process
from guerdon.engine.publish import open_due, publish
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.engine.scenarios.compare import Played, differences
from guerdon.engine.scenarios.invitations import Invitations, no_member
from guerdon.engine.scenarios.publications import changed
from guerdon.engine.scenarios.scenario import (
    Called,
    Chosen,
    Doors,
    Enrolled,
    Happening,
    Invited,
    Joined,
    Published,
    Scenario,
    Settled,
    Signed,
    Spent,
    Step,
    Told,
    Used,
    Waited,
    shown_amount,
)
from guerdon.engine.scenarios.signatures import House
from guerdon.engine.timers import Clockwork, run_timers
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.spending import Spend, spend
from guerdon.ledger.chart import PURSE, budget_account
from guerdon.ledger.effects import Hold, Redeem, Refuse
from guerdon.program.model import Budget, Program
from guerdon.queries.happenings import (
    Account,
    Row,
    list_accounts,
    list_happenings,
    member_of,
    oldest_code,
    oldest_request,
    oldest_reward,
)
from guerdon.queries.invariants import check_invariants
from guerdon.store.codes import Code, open_code
from guerdon.store.database import Connection, connect, transaction
from guerdon.store.lanes import lease_lanes
from guerdon.store.sealing import Vault

# Lanes are leased in one name, so that a run need not wait for the lease of the run before it.
_WORKER = uuid4()
# Why a code of one's own is worth nothing, by its state.
_BECAME = {"redeemed": "code:used", "void": "code:void"}


@dataclass(frozen=True, slots=True)
class Ground:
    """Where scenarios are played: one migrated database, reached as each role, and the doors."""

    owner: Connection
    web: Connection
    worker: Connection
    vault: Vault
    doors: Doors


@contextmanager
def opened_ground(url: str, secret: str, doors: Doors) -> Iterator[Ground]:
    """Open a migrated database for scenarios; it is written to, so it must be nobody's data."""
    with ExitStack() as stack:
        owner = stack.enter_context(connect(url, secret, "owner"))
        web = stack.enter_context(connect(url, secret, "web"))
        worker = stack.enter_context(connect(url, secret, "worker"))
        yield Ground(owner, web, worker, Vault(secret), doors)


def run_scenario(ground: Ground, scenario: Scenario, program: Program | None = None) -> list[str]:
    """Play a scenario; every difference from its page in words. `program` stands in for the one it names."""
    return differences(scenario, _Run(ground, scenario, program or scenario.program).played())


def _holding(budget: Budget, given_minor: Mapping[str, int]) -> Budget:
    nodes = {
        place: replace(node, amount_minor=given_minor.get(place, node.amount_minor))
        for place, node in budget.nodes.items()
    }
    return replace(budget, nodes=nodes)


class _Run:
    """One run: its own program in the database, and what doors answered on the way."""

    def __init__(self, ground: Ground, scenario: Scenario, program: Program) -> None:
        self.ground = ground
        self.scenario = scenario
        self.now = scenario.now
        self.text = program
        self.key = f"scenario_{uuid4().hex}"
        self.program = self._as_played(program)
        # A little earlier, so that nothing is signed or published in its very first instant.
        began = scenario.now - timedelta(seconds=1)
        self.program_id = publish(ground.owner, self.program, "scenarios", began).program_id
        self.library = Library(ground.vault, ground.doors.mappers)
        self.house = House(self.program_id, self.program, ground.vault)
        self.invitations = Invitations(self.program_id, scenario.contacts, ground.vault)
        self.answered: list[Happening] = []

    def _as_played(self, program: Program) -> Program:
        """A version under the key of this run, its budgets as the page gives them."""
        given = self.scenario.budgets_minor
        budgets = {key: _holding(budget, given.get(key, {})) for key, budget in program.budgets.items()}
        return replace(program, key=self.key, budgets=budgets)

    def played(self) -> Played:
        """Play it all, then look."""
        self._enroll(self.scenario.given)
        for step in self.scenario.when:
            self._play(step)
            self._settle()
        with transaction(self.ground.web, self.program_id) as tx:
            rows, accounts, wrong = list_happenings(tx), list_accounts(tx), check_invariants(tx)
            pairs = self.invitations.pairs(tx)
        # Whatever a page expects, the books must be in order; no line can expect that they are not.
        self.answered += [Happening("books out of order", {"because": each}) for each in wrong]
        return Played([*self.answered, *map(self._happening, rows)], [*self._standings(accounts), *pairs])

    def _play(self, step: Step) -> None:
        match step:
            case Joined():
                self._enroll(step.members)
            case Told() | Called():
                self._knock(step)
            case Invited() | Settled():
                self._invite(step)
            case Chosen():
                self._choose(step)
            case Used():
                self._use(step)
            case Spent():
                self._spend(step)
            case Waited():
                self._wait(step.until)
            case Published():
                self._publish(step)
            case Signed():
                self._sign(step)

    def _knock(self, step: Told | Called) -> None:
        """Tell something at one of the doors."""
        if isinstance(step, Told):
            self._tell(step)
        else:
            self._call(step)

    def _invite(self, step: Invited | Settled) -> None:
        with transaction(self.ground.web, self.program_id) as tx:
            if isinstance(step, Invited):
                scheme = self.program.referrals[step.inviter.scheme]
                self.answered += self.invitations.claim(tx, step, scheme, self.now)
            else:
                self.answered += self.invitations.settle(tx, self.program, step, self.now)

    def _tell(self, step: Told) -> None:
        connection = self.program.connections.get(step.connection)
        assert connection is not None, f"the program has no connection {step.connection}"
        changes = list(step.changes)
        if any(change.invited_by for change in changes):
            with transaction(self.ground.web, self.program_id) as tx:
                coded = [self.invitations.said(tx, change, self.now) for change in changes]
            changes = [change for change in coded if change is not None]
        if len(changes) < len(step.changes):
            self.answered.append(no_member("who invited"))
        for _ in range(step.times):
            self._keep(self.ground.doors.webhooks[connection.vendor](connection, changes))

    def _call(self, step: Called) -> None:
        if step.inviters:
            with transaction(self.ground.web, self.program_id) as tx:
                coded = self.invitations.called(tx, step, self.now)
            if coded is None:
                self.answered.append(no_member("who invited"))
                return
            step = coded
        for _ in range(step.times):
            self._keep(self.ground.doors.api(self.program, step.events))

    def _keep(self, delivery: Delivery | list[str]) -> None:
        if isinstance(delivery, list):
            self.answered += [Happening("rejected", {"field": field}) for field in delivery]
            return
        keep_deliveries(self.ground.web, self.ground.vault, self.program_id, [delivery], self.now)

    def _choose(self, step: Chosen) -> None:
        item = self.program.items[step.item]
        with transaction(self.ground.worker, self.program_id) as tx:
            fresh = [Code(item.key, value, uuid4().hex) for value in item.values]
            add_codes(tx, self.ground.vault, self.program_id, fresh)
        with transaction(self.ground.web, self.program_id) as tx:
            own = oldest_reward(tx, self.scenario.contacts[step.name].subject, step.rule)
        said: Redeem | Hold | Refuse | None = None
        if own is not None:
            opens = partial(transaction, self.ground.web, self.program_id, own.member_id)
            choice = Choice(self.program_id, own.member_id, own.id, item.key, "phone")
            said = redeem(opens, self.program, choice, self.now)
        if said is None or isinstance(said, Refuse):
            self._decline(step.name, step.item, said.reason if said is not None else "none")

    def _use(self, step: Used) -> None:
        with transaction(self.ground.web, self.program_id) as tx:
            own = oldest_code(tx, self.scenario.contacts[step.name].subject, step.item)
        said: int | Refuse | None = None
        if own is not None:
            text = open_code(self.ground.vault, self.program_id, own.index, own.sealed)
            with transaction(self.ground.worker, self.program_id) as tx:
                said = use_code(tx, self.ground.vault, self.program_id, text)
        if not isinstance(said, int):
            # A till is not told what became of a code; whoever writes scenarios is.
            known = _BECAME.get(own.state) if own is not None else "none"
            self._decline(step.name, step.item, known or "code:unknown")

    def _decline(self, name: str, item: str, reason: str) -> None:
        self.answered.append(Happening("declined", {"member": name, "item": item, "reason": reason}))

    def _spend(self, step: Spent) -> None:
        unit = self.program.units[step.unit]
        with transaction(self.ground.web, self.program_id) as tx:
            member = member_of(tx, self.scenario.contacts[step.name].subject)
            said: Done | Refuse | None = None
            if member is not None:
                asked = Spend(
                    self.program_id, member, uuid4().hex, unit.key, step.amount_minor, "scenario", "scenarios"
                )
                said = spend(tx, self.program, asked, self.now)
        if not isinstance(said, Done):
            facts = {"member": step.name, "amount": shown_amount(step.amount_minor, unit)}
            reason = said.reason if said is not None else "none"
            self.answered.append(Happening("unspent", {**facts, "reason": reason}))

    def _wait(self, until: datetime) -> None:
        self.now = until
        with transaction(self.ground.worker, self.program_id) as tx:
            open_due(tx, self.program_id, until)
            live = self.library.playbook(tx, self.program_id, until).program
        self._go_on_with(live)
        run_timers(self.ground.worker, Clockwork(self.program_id, live, until))

    def _publish(self, step: Published) -> None:
        made = changed(self.text, step.change)
        if not isinstance(made, Program):
            self.answered.append(Happening("not published", {"because": str(made[0])}))
            return
        self.text = made
        played = self._as_played(made)
        publish(self.ground.owner, played, "scenarios", self.now, step.live_from)
        if step.live_from is None:
            self._go_on_with(played)

    def _go_on_with(self, program: Program) -> None:
        """Ask by another version; whoever remembers which one was live asks again."""
        self.program = self.house.program = program
        self.library = Library(self.ground.vault, self.ground.doors.mappers)

    def _sign(self, step: Signed) -> None:
        subject = self.scenario.contacts[step.name].subject
        with transaction(self.ground.web, self.program_id) as tx:
            request = oldest_request(tx, subject, step.rule)
            why = self.house.say(tx, step, request, self.now) if request is not None else "none"
        if why:
            facts = {"member": step.name, "rule": step.rule, "reason": why}
            self.answered.append(Happening("unsigned", facts))

    def _settle(self) -> None:
        worker = self.ground.worker
        with worker.transaction():
            lease = lease_lanes(worker, _WORKER)
        while process(worker, self.library, lease, lambda: self.now):
            pass

    def _enroll(self, members: Sequence[Enrolled]) -> None:
        if not members:
            return
        header = list(dict.fromkeys(key for member in members for key in member.cells))
        file = io.StringIO()
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        writer.writerows(member.cells for member in members)
        file.seek(0)
        pair = (self.program_id, self.program)
        done = enroll_members(self.ground.worker, self.ground.vault, pair, file, self.now)
        # What a page may say of a member was checked against the program when it was read.
        self.answered += [Happening("not enrolled", {"because": str(problem)}) for problem in done.problems]

    def _happening(self, row: Row) -> Happening:
        facts = {}
        for key, told in row.facts.items():
            if told is None:
                # A message that is about no reward is of no rule.
                continue
            if key == "subject":
                facts["contact" if row.kind == "waiting" else "member"] = self._name(told)
            else:
                facts[key] = told
        if row.value_minor is not None and row.unit:
            facts["value"] = shown_amount(row.value_minor, self.program.units[row.unit])
        if row.expires_at is not None:
            zone = ZoneInfo(self.program.time_zone)
            # It is over at the first instant after its last day.
            last = row.expires_at - timedelta(microseconds=1)
            facts["expires_on"] = last.astimezone(zone).date().isoformat()
        return Happening(row.kind, facts)

    def _name(self, subject: str) -> str:
        names = {contact.subject: name for name, contact in self.scenario.contacts.items()}
        return names.get(subject, subject.partition(":")[2])

    def _standings(self, accounts: Sequence[Account]) -> list[Happening]:
        stands = {(each.subject, each.name, each.unit): each for each in accounts}
        found = []
        for name, contact in self.scenario.contacts.items():
            for unit in self.program.units.values():
                purse = stands.get((contact.subject, PURSE, unit.key))
                amounts = (purse.free_minor, purse.pending_minor, purse.debt_minor) if purse else (0, 0, 0)
                free, pending, debt = (shown_amount(amount, unit) for amount in amounts)
                found += [
                    Happening("balance", {"member": name, "purse": free}),
                    Happening("pending", {"member": name, "amount": pending}),
                    Happening("debt", {"member": name, "amount": debt}),
                ]
        for budget in self.program.budgets.values():
            for node in budget.nodes.values():
                account = stands["", budget_account(budget.key, node.place), node.unit]
                facts = {"budget": budget.key}
                if budget.per != "one":
                    facts[budget.per] = node.place
                facts["amount"] = shown_amount(account.free_minor, self.program.units[node.unit])
                found.append(Happening("left", facts))
        return found
