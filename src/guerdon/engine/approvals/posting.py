"""Posting what was approved: rewards and adjustments as events of ours, decided and written like any batch.

A request is carried out whole or not at all: whether all its rows can be made is asked before the first of
them is decided. What was set aside for it is free in the same statement in which it is paid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from guerdon.engine.apply import Rows, add_decision, apply_rows
from guerdon.engine.approvals.announcements import GRANTED, INTERNAL
from guerdon.engine.approvals.contents import adjustments_of
from guerdon.engine.approvals.papers import Paper
from guerdon.engine.facts import load_facts
from guerdon.engine.standings import standing_of
from guerdon.ledger.chart import POOL_OWNER
from guerdon.ledger.contents import AdjustMany, Adjustment, GiveReward
from guerdon.ledger.effects import Decision, Post
from guerdon.rules.approved import decide_adjustment, decide_reward, limited, uncovered
from guerdon.rules.earnings import within_cap
from guerdon.rules.facts import Event, Facts, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store.approvals.requests import RequestRow
from guerdon.store.approvals.reserves import Reserve, load_reserves, record_captured
from guerdon.store.approvals.standings import find_given, lock_standings
from guerdon.store.batch.holdings import load_balances, load_debts_of, lock_holdings
from guerdon.store.database import Transaction
from guerdon.store.inbox import InboxRow
from guerdon.store.orders.choices import next_event_ids
from guerdon.store.pools import load_pools
from guerdon.values.ids import derived_id, show

# A row of a bulk, as an event of its member's.
ADJUSTED = "balance.adjusted"


@dataclass(frozen=True, slots=True)
class Approved:
    """A request whose signatures hold, with the event that announced it."""

    row: InboxRow
    paper: Paper
    signed_by: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """The request's number."""
        return self.paper.request.id

    @property
    def unsigned(self) -> bool:
        """Whether it passed without a signature."""
        return self.paper.asked.rung.people == 0


class Posting:
    """One batch of what was approved: its facts, what it will write, and what could not be carried out."""

    def __init__(self, tx: Transaction, playbook: Playbook, now: datetime) -> None:
        self.tx, self.playbook, self.now = tx, playbook, now
        self.rows = Rows(playbook, now)
        self.facts = Facts(now, pools={}, allowances={})
        self.members: Mapping[int, Standing] = {}
        self.given: set[int] = set()
        self.reserves: Mapping[int, Sequence[Reserve]] = {}
        self.done: list[int] = []
        # By request: why it was not carried out; or why it needs a signature after all.
        self.failed: dict[int, str] = {}
        self.limited: dict[int, str] = {}

    def load(self, approved: Sequence[Approved], *, locked: bool) -> None:
        """Load what these are decided on: members first, then pools."""
        contents = [each.paper.content for each in approved]
        rewards = [each for each in contents if isinstance(each, GiveReward)]
        adjustments = [row for each in contents for row in adjustments_of(each)]
        program, program_id = self.playbook.program, self.playbook.program_id
        numbers = {each.member for each in rewards} | {row.member for row in adjustments}
        found = lock_standings(self.tx, program_id, sorted(numbers))
        self.members = {number: standing_of(program, row) for number, row in found.items()}
        self.facts = load_facts(
            self.tx,
            self.playbook,
            [
                (self._as_earned(each), self.members[each.paper.content.member])
                for each in approved
                if isinstance(each.paper.content, GiveReward)
                and each.paper.content.member in self.members
                and each.paper.content.rule in self.playbook.by_rule
            ],
            self.now,
            lock_pools=locked,
        )
        # Also of rewards whose rule is gone by now: debts are paid and caps kept all the same.
        self._add_purses(sorted(self.members), [row for row in adjustments if row.member in self.members])
        self._add_reserves([each.number for each in approved])
        self.given = find_given(self.tx, program_id, [(each.member, each.reward_id) for each in rewards])

    def carry_out(self, approved: Approved) -> None:
        """Decide one request, or say why it cannot be carried out."""
        content = approved.paper.content
        fault = (
            self._give(approved, content)
            if isinstance(content, GiveReward)
            else self._adjust(approved, adjustments_of(content))
        )
        if fault:
            if approved.number not in self.limited:
                self.failed[approved.number] = fault
            self.note(approved.row, approved.paper.request)
        else:
            self.done.append(approved.number)

    def note(self, row: InboxRow, request: RequestRow | None, moves: Sequence[Post] = ()) -> None:
        """Keep an announcement that changed no member's balance as an event of the program's own.

        Moves between budgets are told here, and written where budgets are.
        """
        market, location = (request.market, request.location) if request else (None, None)
        whose = Standing(POOL_OWNER, market or "", "", location, {})
        written = len(self.rows.transfers)
        add_decision(self.rows, self._event(row, request, row.recorded_at), whose, Decision(moves))
        del self.rows.transfers[written:]

    def write(self) -> None:
        """Write all of it."""
        record_captured(self.tx, self.playbook.program_id, self.done, self.now)
        apply_rows(self.tx, self.rows, self.facts)

    def _give(self, approved: Approved, content: GiveReward) -> str:
        member = self.members.get(content.member)
        if member is None:
            return "member"
        # What was signed names a place, and who signs there has no say about members of another.
        if not content.event_id and (member.market, member.location) != (content.market, content.location):
            return "moved"
        if content.reward_id in self.given:
            return "given"
        if within_cap(self.playbook, self.facts, content.member, content.unit, content.value) < content.value:
            return f"cap:{content.unit}"
        event = self._earned(approved, content)
        over = limited(self.playbook, self.facts, event, member, content) if approved.unsigned else ""
        if over:
            self.limited[approved.number] = over
            return over
        self.given.add(content.reward_id)
        self._free(approved.number)
        effects = decide_reward(self.playbook, self.facts, event, member, content)
        add_decision(self.rows, event, member, Decision(effects))
        return ""

    def _adjust(self, approved: Approved, adjustments: Sequence[Adjustment]) -> str:
        if any(row.member not in self.members for row in adjustments):
            return "member"
        wrong = uncovered(self.playbook, self.facts, adjustments)
        if wrong:
            place = min(wrong)
            return f"{wrong[place]}:{place + 1}" if len(adjustments) > 1 else wrong[place]
        self._free(approved.number)
        request, event = approved.paper.request, self._event_of(approved)
        events = [event]
        if isinstance(approved.paper.content, AdjustMany):
            # The announcement itself is the program's; each row is an event of its member's.
            self.note(approved.row, request)
            ids = next_event_ids(self.tx, len(adjustments))
            events = [
                replace(event, id=number, type=ADJUSTED, external_id=f"{event.external_id}.{line}")
                for line, number in enumerate(ids, start=1)
            ]
        for line, (row, each) in enumerate(zip(adjustments, events, strict=True), start=1):
            number = derived_id(request.id, "adjustment", str(request.revision), str(line))
            member = self.members[row.member]
            effects = decide_adjustment(self.playbook, self.facts, each, member, (request.id, number, row))
            add_decision(self.rows, each, member, Decision(effects))
        return ""

    def _free(self, request_id: int) -> None:
        for reserve in self.reserves[request_id]:
            self.facts.hold_pool(reserve.account, -reserve.amount, reserve.unit)

    def _add_purses(self, everybody: Sequence[int], adjustments: Sequence[Adjustment]) -> None:
        """What members have and owe; their lots only where something is taken."""
        program, program_id = self.playbook.program, self.playbook.program_id
        taking = sorted({row.member for row in adjustments if row.amount < 0} - set(self.facts.lots))
        capped = [unit for unit, life in program.lives.items() if life.cap_minor is not None]
        if everybody:
            self.facts.debts.update(load_debts_of(self.tx, program_id, everybody))
        if everybody and capped:
            self.facts.balances.update(load_balances(self.tx, program_id, everybody, capped))
        if taking:
            rules = sorted(self.playbook.awaited_rules)
            lots = lock_holdings(self.tx, program_id, taking, rules, program.time_zone)
            self.facts.lots.update({member: lots.get(member, []) for member in taking})

    def _add_reserves(self, request_ids: Sequence[int]) -> None:
        self.reserves = load_reserves(self.tx, self.playbook.program_id, request_ids)
        keys = {reserve.key for each in self.reserves.values() for reserve in each}
        unknown = [key for key in keys if key[0] not in self.facts.pools]
        left = load_pools(self.tx, self.playbook.program_id, unknown)
        self.facts.pools.update({name: free for (name, _), free in left.items()})

    def _event_of(self, approved: Approved) -> Event:
        return self._event(approved.row, approved.paper.request, approved.row.recorded_at)

    def _event(self, row: InboxRow, request: RequestRow | None, happened_at: datetime) -> Event:
        told = {} if request is None else {"approval": _told(request)}
        return Event(
            id=row.id,
            type=GRANTED,
            connection=INTERNAL,
            external_id="" if request is None else f"{show('apr', request.id)}.{request.revision}",
            happened_at=happened_at,
            recorded_at=row.recorded_at,
            day=self.playbook.day_of(happened_at),
            data=told,
            fields=told,
        )

    def _earned(self, approved: Approved, content: GiveReward) -> Event:
        """The event of a reward: it happened when what earned it did, and says whether limits count it."""
        event = self._event(approved.row, approved.paper.request, content.happened_at)
        approval = {**_told(approved.paper.request), "counted": approved.unsigned}
        if content.event_id:
            approval["event"] = show("evt", content.event_id)
        # Who gave it by hand is the person whom a limit for people counts.
        acting = {
            limit.field: approved.paper.request.maker
            for limit in self.playbook.program.limits.values()
            if limit.per == "person" and limit.field is not None
        }
        told = {**acting, "approval": approval}
        return replace(event, data=told, fields=told)

    def _as_earned(self, approved: Approved) -> Event:
        """The same, as its rule would have seen it: what has to be loaded for it hangs on that."""
        content = approved.paper.content
        assert isinstance(content, GiveReward)
        rule = self.playbook.by_rule[content.rule].rule
        return replace(self._earned(approved, content), type=rule.when)


def _told(request: RequestRow) -> dict[str, object]:
    """What an event says of the request that it came from."""
    return {"request": show("apr", request.id), "revision": request.revision}
