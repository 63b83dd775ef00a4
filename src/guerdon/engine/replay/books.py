"""The books of one batch: facts as rules ask for them, out of what is kept of its members, and back again."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from guerdon.engine.memory import belonging_of, row_of
from guerdon.engine.replay.money import Money
from guerdon.engine.replay.states import Had, Kept, Origin, State, holding_of, take_over, worth_keeping
from guerdon.ledger.effects import Draw, Effect, Issue
from guerdon.ledger.lots import Debt
from guerdon.program.model import Limit
from guerdon.rules.facts import (
    SHARED,
    AllowanceKey,
    Belonging,
    Event,
    Facts,
    PurseKey,
    Remembered,
    Standing,
)
from guerdon.rules.limits import LIFE
from guerdon.rules.playbook import Playbook
from guerdon.store.batch.belongings import BelongingRow

# How long what was used of a limit is kept after its period, for events that are told late.
LATE_DAYS = 62
# From how many on it is worth looking for what is past.
TIDY_FROM = 8
_DAYS = {"day": 1, "month": 31, "year": 366}


class Books:
    """What a batch of events is decided on."""

    def __init__(
        self,
        playbook: Playbook,
        money: Money,
        shared: dict[AllowanceKey, int],
        states: Mapping[int, State],
    ) -> None:
        self.playbook, self.money, self.states, self._shared = playbook, money, states, shared
        self.capped = [unit for unit, life in playbook.program.lives.items() if life.cap_minor is not None]
        limits = playbook.program.limits.values()
        self._counted_by = {"approval", *(limit.field for limit in limits if limit.field)}
        allowances = dict(shared)
        debts: dict[PurseKey, list[Debt]] = {}
        balances: dict[PurseKey, int] = {}
        for member, state in states.items():
            for (name, period), used in state.allowances.items():
                allowances[member, name, period] = used
            for unit, owed in state.debts.items():
                debts[member, unit] = [Debt(payer, amount) for payer, amount in owed.items() if amount]
            for unit in self.capped:
                balances[member, unit] = state.balances.get(unit, 0)
        self.facts = Facts(
            datetime.min.replace(tzinfo=UTC),
            pools=money.purses.left,
            allowances=allowances,
            pool_units=money.units,
            topped_up=money.purses.topped_up,
            debts=debts,
            balances=balances,
            waiting={member: list(state.waiting) for member, state in states.items() if state.waiting},
            kept=Remembered(playbook.counted),
        )
        kept = self.facts.kept
        for member, state in states.items():
            for what, days in state.days.items():
                kept.days[member, what] = days
            for kind, having in state.belongings.items():
                kept.belongings[member, kind] = {
                    had.key: _belonging(playbook, member, kind, had) for had in having
                }

    def kept(self, issue: Issue, event: Event, standing: Standing) -> Kept:
        """A reward that was given, as it is kept."""
        origin = None
        if issue.rule in self.playbook.awaited_rules:
            # Of what the event said, only that by which limits count.
            fields = {key: event.fields[key] for key in self._counted_by if key in event.fields}
            origin = Origin(event.happened_at, event.day, standing.market, standing.location, fields)
        return Kept(
            issue.reward,
            issue.rule,
            issue.unit,
            issue.value,
            issue.value,
            issue.payer,
            "ready" if issue.available_at is None else "pending",
            self.facts.now,
            issue.expires_at,
            issue.available_at,
            real=False,
            reference=issue.reference,
            origin=origin,
        )

    def lend_lots(self, member: int) -> None:
        """Let rules see what a member has."""
        self.facts.lots = {member: [holding_of(lot) for lot in self.states[member].lots]}

    def take_lots(self, event: Event, standing: Standing, effects: Iterable[Effect]) -> None:
        """Keep what rules made of what a member has, and what they gave."""
        member = standing.member_id
        state, seen = self.states[member], self.facts.lots.pop(member, None)
        made = [self.kept(effect, event, standing) for effect in effects if isinstance(effect, Issue)]
        if seen is None and not made:
            return
        having = (*state.lots, *made)
        draws = [effect for effect in effects if isinstance(effect, Draw)] if seen is None else []
        if seen or draws:
            lots = {lot.id: lot for lot in having}
            for effect in draws:
                if effect.reward in lots:
                    draw(lots[effect.reward], effect.amount)
            for lot in seen or ():
                take_over(lots[lot.reward_id], lot)
        state.lots = worth_keeping(having, self.playbook.awaited_rules)

    def close(self) -> None:
        """Write everything back into the states of its members."""
        self._keep_allowances()
        facts = self.facts
        for (member, unit), balance in facts.balances.items():
            self.states[member].balances[unit] = balance
        for (member, unit), owed in facts.debts.items():
            self.states[member].debts[unit] = {debt.payer: debt.amount for debt in owed}
        for member, waiting in facts.waiting.items():
            self.states[member].waiting = waiting
        for (member, what), days in facts.kept.days.items():
            self.states[member].days[what] = days
        for member, kind in {(member, kind) for member, kind, _ in facts.kept.belongings_changed}:
            having = facts.kept.belongings[member, kind]
            self.states[member].belongings[kind] = [
                Had(*row_of(member, kind, key, each)[2:]) for key, each in having.items()
            ]

    def _keep_allowances(self) -> None:
        facts, limits = self.facts, self.playbook.program.limits
        changed: set[int] = set()
        for key in facts.allowances_used:
            owner, name, period = key
            used = facts.allowances[key]
            if owner == SHARED:
                self._shared[key] = used
            else:
                self.states[owner].allowances[name, period] = used
                changed.add(owner)
        now = facts.now.replace(tzinfo=None)
        for member in changed:
            state = self.states[member]
            if len(state.allowances) > TIDY_FROM:
                state.allowances = {
                    (name, period): used
                    for (name, period), used in state.allowances.items()
                    if used and not _is_past(limits.get(name.partition(":")[0]), period, now)
                }


def draw(lot: Kept, amount: int) -> int:
    """Take so much out of a reward, or give it back (below zero), as far as that goes; how much it was."""
    part = min(amount, lot.remaining) if amount > 0 else max(amount, lot.remaining - lot.value)
    lot.remaining -= part
    if not lot.remaining:
        lot.state = "redeemed"
    elif part < 0:
        lot.state = "ready"
    return part


def _belonging(playbook: Playbook, member: int, kind: str, had: Had) -> Belonging:
    said = (had.key, had.fields, had.opened_at, had.opened_by, had.closed_at, had.changed)
    return belonging_of(playbook.program, BelongingRow(member, kind, *said))


def _is_past(limit: Limit | None, period: datetime, now: datetime) -> bool:
    """Whether nothing asks for this period any more, not even an event that is told late."""
    if limit is None or period == LIFE:
        return False
    days = _DAYS.get(limit.period, limit.hours / 24 + 1)
    return period + timedelta(days=days + LATE_DAYS) < now
