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
NULL = "\\N"
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
    """Turn one decision into lines and totals."""
    program_id, at = rows.playbook.program_id, rows.decided_at_text
    happened_at, recorded_at = event.happened_at.isoformat(), rows.recorded_text(event.recorded_at)
    head = f"{program_id}\t{member.member_id}\t"
    # Only what the event brought: its time has a column of its own.
    data = _json(event.data).decode() if event.data else "{}"
    rows.events.append(
        f"{head}{event.id}\t{event.type}\t{event.connection}\t{decided.copied(event.external_id)}\t{member.market}\t"
        f"{member.location or NULL}\t{rows.playbook.version}\t{decision.outcome}\t{_escaped(data)}\t"
        f"{_escaped(encode_decision(decision).decode())}\t{happened_at}\t{recorded_at}\t{at}\n"
    )
    rows.event_figures[event.day, member.market, event.type] += 1
    for effect in decision.effects:
        match effect:
            case Issue():
                rows.rewards.append(
                    f"{head}{effect.reward}\t{event.id}\t{effect.rule}\t{effect.unit}\t{effect.value}\t"
                    f"{happened_at}\t{at}\t{effect.expires_at.isoformat()}\n"
                )
                _count(rows, event.day, member, effect.rule, effect.unit, (1, effect.value, 0))
                delay_ms = int((rows.decided_at - event.recorded_at).total_seconds() * 1000)
                rows.delays[event.day, member.market, delay_class(delay_ms)] += 1
            case Post():
                rows.transfers.append(
                    f"{head}{effect.id}\t{event.id}\t{effect.from_account}\t{effect.to_account}\t{effect.unit}\t"
                    f"{effect.amount}\t{happened_at}\t{at}\n"
                )
                # Pools are folded in the facts while deciding; the member's side is folded here.
                if effect.to_account == PURSE:
                    rows.purses[member.member_id, PURSE, effect.unit] += effect.amount
                if effect.from_account == PURSE:
                    rows.purses[member.member_id, PURSE, effect.unit] -= effect.amount
            case Send():
                rows.outbox.append(
                    f"{head}{effect.id}\t{event.id}\t{effect.reward or NULL}\t{effect.message}\t"
                    f"{effect.channel}\t{at}\t{at}\n"
                )
            case Refuse():
                _count(rows, event.day, member, effect.rule, effect.unit, (0, 0, 1))
            case Redeem():
                raise AssertionError("a redemption is applied by the member's own command")
            case _:
                assert_never(effect)


def _escaped(json: str) -> str:
    # JSON has no raw control characters; the backslash is the one letter COPY reads otherwise.
    return json.replace("\\", "\\\\") if "\\" in json else json


def _count(rows: Rows, day: date, member: Standing, rule: str, unit: str, add: tuple[int, int, int]) -> None:
    totals = rows.figures.setdefault((day, member.market, member.location or "", rule, unit), [0, 0, 0])
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
