"""Effects into rows: a batch's decisions become lines and totals, and each table is written once.

Nothing is decided here: every branch is the kind of an effect. Pools come late, see `store.pools`.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import assert_never

import msgspec

from guerdon.ledger.chart import PURSE
from guerdon.ledger.effects import Decision, Issue, Post, Redeem, Refuse, Send, encode_decision
from guerdon.rules.facts import Event, Facts, Standing
from guerdon.rules.limits import ceiling_of
from guerdon.rules.playbook import Playbook
from guerdon.store import decided
from guerdon.store.database import Transaction
from guerdon.store.pools import settle_pools
from guerdon.values.delays import delay_class

LIVE, OUTBOX = "guerdon_live", "guerdon_outbox"
_json = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Rows:
    """What a batch will write, table by table."""

    playbook: Playbook
    decided_at: datetime
    events: list[str] = field(default_factory=list)
    transfers: list[str] = field(default_factory=list)
    rewards: list[str] = field(default_factory=list)
    outbox: list[str] = field(default_factory=list)
    purses: dict[decided.PurseKey, int] = field(default_factory=lambda: defaultdict(int))
    figures: dict[decided.FigureKey, list[int]] = field(default_factory=dict)
    event_figures: dict[decided.EventKey, int] = field(default_factory=lambda: defaultdict(int))
    delays: dict[decided.DelayKey, int] = field(default_factory=lambda: defaultdict(int))
    decided_at_text: str = ""
    _recorded_texts: dict[datetime, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.decided_at_text = self.decided_at.isoformat()

    def recorded_text(self, at: datetime) -> str:
        """The time of recording as COPY takes it; the events of one request share theirs."""
        found = self._recorded_texts.get(at)
        if found is None:
            found = self._recorded_texts[at] = at.isoformat()
        return found


def add_decision(rows: Rows, event: Event, member: Standing, decision: Decision) -> None:
    """Turn one decision into lines (cells in the order of `decided.LINES`) and totals."""
    whose = (rows.playbook.program_id, member.member_id)
    at, happened_at = rows.decided_at_text, event.happened_at.isoformat()
    rows.events.append(
        decided.line(
            *whose,
            event.id,
            event.type,
            event.connection,
            decided.copied(event.external_id),
            member.market,
            member.location,
            rows.playbook.version,
            decision.outcome,
            # Only what the event brought: its time has a column of its own.
            decided.copied(_json(event.data).decode()) if event.data else "{}",
            decided.copied(encode_decision(decision).decode()),
            happened_at,
            rows.recorded_text(event.recorded_at),
            at,
        )
    )
    rows.event_figures[event.day, member.market, event.type] += 1
    for effect in decision.effects:
        match effect:
            case Issue(rule, reward, unit, value, expires_at, payer, _, reference):
                until = expires_at.isoformat() if expires_at else None
                rows.rewards.append(
                    decided.line(
                        *whose, reward, event.id, rule, unit, value, value, payer,
                        decided.copied(reference) if reference else None, 'ready', happened_at, at, at, until,
                    )
                )
                _count_issue(rows, event, member, effect)
            case Post(number, from_account, to_account, unit, amount):
                rows.transfers.append(
                    decided.line(
                        *whose, number, event.id, from_account, to_account, unit, amount, happened_at, at
                    )
                )
                # Pools are folded in the facts while deciding; the member's side is folded here.
                if to_account == PURSE:
                    rows.purses[member.member_id, PURSE, unit] += amount
                if from_account == PURSE:
                    rows.purses[member.member_id, PURSE, unit] -= amount
            case Send(number, message, channel, reward):
                rows.outbox.append(decided.line(*whose, number, event.id, reward, message, channel, at, at))
            case Refuse(rule, _, unit):
                _count(rows, event.day, member, (rule, unit), (0, 0, 1))
            case Redeem():
                raise AssertionError("a redemption is applied by the member's own command")
            case _:
                assert_never(effect)


def _count_issue(rows: Rows, event: Event, member: Standing, issue: Issue) -> None:
    _count(rows, event.day, member, (issue.rule, issue.unit), (1, issue.value, 0))
    delay_ms = int((rows.decided_at - event.recorded_at).total_seconds() * 1000)
    rows.delays[event.day, member.market, delay_class(delay_ms)] += 1


def _count(rows: Rows, day: date, member: Standing, what: tuple[str, str], add: tuple[int, int, int]) -> None:
    totals = rows.figures.setdefault((day, member.market, member.location or "", *what), [0, 0, 0])
    for place, n in enumerate(add):
        totals[place] += n


def apply_rows(tx: Transaction, rows: Rows, facts: Facts) -> None:
    """Write everything a batch decided.

    Raises `PoolSpent` when a pool has less by now than it was decided on.
    """
    program_id = rows.playbook.program_id
    ceilings = {limit.key: ceiling_of(limit) for limit in rows.playbook.program.limits.values()}
    decided.record_lines(tx, rows.events, rows.transfers, rows.rewards, rows.outbox)
    decided.record_purses(tx, program_id, rows.purses)
    decided.record_allowances(tx, program_id, facts.allowances_used, ceilings)
    # Members, pools, figures: one order in every batch, also in one that locked its pools before it decided.
    settle_pools(tx, program_id, facts.pool_changes, facts.pool_lowest)
    decided.record_figures(tx, program_id, rows.figures)
    decided.record_event_figures(tx, program_id, rows.event_figures)
    decided.record_delays(tx, program_id, "reward", rows.delays)
    if rows.outbox:
        decided.notify(tx, OUTBOX, program_id)
    decided.notify(tx, LIVE, program_id)
