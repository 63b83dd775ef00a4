"""Effects into rows: a batch's decisions become lines and totals, and each table is written once.

Nothing is decided here: every branch is the kind of an effect. Pools come late, see `store.pools`.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple, assert_never

import msgspec

from guerdon.engine.recalling import recall_tellings
from guerdon.ledger.chart import DEBT, PENDING, PURSE
from guerdon.ledger.effects import (
    Adjust,
    Decision,
    Draw,
    Effect,
    Expire,
    Extend,
    Hold,
    Issue,
    Mature,
    Post,
    Redeem,
    Refuse,
    Reverse,
    Send,
    TopUp,
    Void,
    Wait,
    encode_decision,
)
from guerdon.ledger.expiry import UNTIL_TOLD
from guerdon.program.model import Program
from guerdon.rules.facts import Event, Facts, Standing
from guerdon.rules.playbook import Playbook
from guerdon.store import decided
from guerdon.store.approvals.requests import NewRequest, record_requests
from guerdon.store.audit import record_batch
from guerdon.store.batch.allowances import OwnUses, SharedUses, record_own, settle_shared
from guerdon.store.batch.held import Reserved, record_reserved
from guerdon.store.batch.holdings import record_waiting
from guerdon.store.batch.lots import LotChange, LotKey, settle_lots
from guerdon.store.budgets import TopUpRow, record_top_ups
from guerdon.store.codes import void_codes
from guerdon.store.database import Transaction
from guerdon.store.orders.figures import Counting, lock_figures, settle_canceled
from guerdon.store.orders.withheld import record_unpaid, record_withheld
from guerdon.store.pools import settle_pools
from guerdon.values.delays import delay_class

LIVE, OUTBOX = "guerdon_live", "guerdon_outbox"
NULL = decided.NULL
# What we tell ourselves is no sign of life of the location where it is counted.
OURS = frozenset({"guerdon", "referrals"})
GRANTED = "approval.granted"
_json = msgspec.json.Encoder().encode


class Recording(NamedTuple):
    """When something was recorded, as COPY takes it, and the class of how long it waited from then on."""

    text: str
    delay: int


@dataclass(slots=True)
class Rows:
    """What a batch will write, table by table; `held` becomes requests before they are applied."""

    playbook: Playbook
    decided_at: datetime
    events: list[str] = field(default_factory=list)
    decisions: list[tuple[int, bytes]] = field(default_factory=list)
    transfers: list[str] = field(default_factory=list)
    rewards: list[str] = field(default_factory=list)
    # Of each of these: whose it is, its unit and its number.
    given: list[decided.GivenKey] = field(default_factory=list)
    draws: list[str] = field(default_factory=list)
    outbox: list[str] = field(default_factory=list)
    purses: dict[decided.PurseKey, decided.PurseChange] = field(default_factory=dict)
    lots: dict[LotKey, LotChange] = field(default_factory=dict)
    voided: list[tuple[int, int]] = field(default_factory=list)
    held: list[tuple[Event, Standing, Hold]] = field(default_factory=list)
    requests: list[NewRequest] = field(default_factory=list)
    top_ups: list[TopUpRow] = field(default_factory=list)
    figures: dict[decided.FigureKey, list[int]] = field(default_factory=dict)
    event_figures: dict[decided.EventKey, int] = field(default_factory=lambda: defaultdict(int))
    delays: dict[decided.DelayKey, int] = field(default_factory=lambda: defaultdict(int))
    # What locations sent, what was taken back there, and which amounts were given there.
    place_figures: dict[decided.PlaceKey, list[int]] = field(default_factory=dict)
    gifts: dict[decided.GiftKey, int] = field(default_factory=lambda: defaultdict(int))
    # The reward whose reversal is being written: what is void stands after it.
    reversing: int = 0
    decided_at_text: str = ""
    _recordings: dict[datetime, Recording] = field(default_factory=dict)
    _ends: dict[datetime, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.decided_at_text = self.decided_at.isoformat()

    def recording(self, at: datetime) -> Recording:
        """A time of recording; the events of one request share theirs."""
        found = self._recordings.get(at)
        if found is None:
            waited_ms = int((self.decided_at - at).total_seconds() * 1000)
            found = self._recordings[at] = Recording(at.isoformat(), delay_class(waited_ms))
        return found

    def end_text(self, at: datetime | None) -> str:
        """When a reward ends, as COPY takes it; those of one day end together."""
        if at is None:
            return NULL
        found = self._ends.get(at)
        if found is None:
            found = self._ends[at] = at.isoformat()
        return found

    def purse(self, member_id: int, unit: str) -> decided.PurseChange:
        """The change of a member's purse."""
        found = self.purses.get((member_id, unit))
        if found is None:
            found = self.purses[member_id, unit] = decided.PurseChange()
        return found

    def lot(self, member_id: int, reward_id: int) -> LotChange:
        """The change of a member's lot."""
        return self.lots.setdefault((member_id, reward_id), LotChange())


def add_decision(rows: Rows, event: Event, member: Standing, decision: Decision) -> None:
    """Turn one decision into lines (cells in the order of `decided.LINES`) and totals.

    What most events have is written out as one text each: a batch is mostly this.
    """
    encoded, happened_at = encode_decision(decision), event.happened_at.isoformat()
    program_id, at = rows.playbook.program_id, rows.decided_at_text
    rows.decisions.append((event.id, encoded))
    # Only what the event brought: its time has a column of its own.
    data = decided.copied(_json(event.data).decode()) if event.data else "{}"
    location = NULL if member.location is None else member.location
    seen = NULL if member.seen is None else decided.copied(_json(member.seen).decode())
    rows.events.append(
        f"{program_id}\t{member.member_id}\t{event.id}\t{event.type}\t{event.connection}"
        f"\t{decided.copied(event.external_id)}\t{member.market}\t{location}"
        f"\t{rows.playbook.version}\t{decision.outcome}\t{data}\t{decided.copied(encoded.decode())}"
        f"\t{happened_at}\t{rows.recording(event.recorded_at).text}\t{at}"
        f"\t{member.state}\t{seen}\n"
    )
    rows.event_figures[event.day, member.market, event.type] += 1
    if member.location is not None and event.connection not in OURS:
        _place(rows, event, member)[0] += 1
    post = None
    for effect in decision.effects:
        match effect:
            case Issue():
                _add_issue(rows, event, member, effect, happened_at)
            case Post():
                post = effect
                _add_post(rows, event, member.member_id, effect, happened_at)
            case Send(number, message, channel, reward):
                about = NULL if reward is None else reward
                rows.outbox.append(
                    f"{program_id}\t{member.member_id}\t{number}\t{event.id}\t{about}\t{message}\t{channel}"
                    f"\t{at}\t{at}\n"
                )
            case Refuse(rule, reason, unit, value):
                _count(rows, event.day, member, (rule, unit), (0, 0, 1))
                if reason.startswith("budget:"):
                    _count_gift(rows, event, member, (rule, unit, value), "budget")
            case TopUp(account, period, amount):
                assert post is not None, "a top-up stands after its transfer"
                rows.top_ups.append(TopUpRow(account, post.from_account, period, post.unit, amount, post.id))
            case _:
                _add_rare(rows, event, member, effect, post)


def _add_issue(rows: Rows, event: Event, member: Standing, issue: Issue, happened_at: str) -> None:
    at, available = rows.decided_at_text, issue.available_at
    reference = decided.copied(issue.reference) if issue.reference else NULL
    state, from_when = "ready", at
    if available is not None:
        state, from_when = "pending", "infinity" if available == UNTIL_TOLD else available.isoformat()
    rows.rewards.append(
        f"{rows.playbook.program_id}\t{member.member_id}\t{issue.reward}\t{event.id}\t{issue.rule}\t{issue.unit}"
        f"\t{issue.value}\t{issue.value}\t{issue.payer}\t{reference}\t{state}"
        f"\t{happened_at}\t{at}\t{from_when}\t{rows.end_text(issue.expires_at)}\n"
    )
    rows.given.append((member.member_id, issue.unit, issue.reward))
    _count(rows, event.day, member, (issue.rule, issue.unit), (1, issue.value, 0))
    cause: decided.Cause = "people" if event.type == GRANTED else "rule"
    _count_gift(rows, event, member, (issue.rule, issue.unit, issue.value), cause)
    rows.delays[event.day, member.market, rows.recording(event.recorded_at).delay] += 1


def _add_post(rows: Rows, event: Event, member_id: int, post: Post, happened_at: str) -> None:
    to_account, from_account, unit, amount = post.to_account, post.from_account, post.unit, post.amount
    rows.transfers.append(
        f"{rows.playbook.program_id}\t{member_id}\t{post.id}\t{event.id}\t{from_account}\t{to_account}"
        f"\t{unit}\t{amount}\t{happened_at}\t{rows.decided_at_text}\n"
    )
    # Pools are folded in the facts while deciding; the member's side is folded here.
    if to_account == PURSE:
        rows.purse(member_id, unit).posted += amount
    elif to_account == PENDING:
        rows.purse(member_id, unit).pending += amount
    elif to_account == DEBT:
        rows.purse(member_id, unit).debt -= amount
    if from_account == PURSE:
        rows.purse(member_id, unit).posted -= amount
    elif from_account == PENDING:
        rows.purse(member_id, unit).pending -= amount
    elif from_account == DEBT:
        rows.purse(member_id, unit).debt += amount


def _add_rare(rows: Rows, event: Event, member: Standing, effect: Effect, post: Post | None) -> None:
    member_id = member.member_id
    match effect:
        case Draw(number, reward, amount):
            rows.draws.append(
                decided.line(
                    rows.playbook.program_id, member_id, number, reward, amount, rows.decided_at_text
                )
            )
            lot = rows.lot(member_id, reward)
            lot.drawn += amount
            # A draw stands after its transfer; the last one tells what became of the rest.
            lot.paid = post is not None and post.id == number and post.to_account == DEBT
        case Reverse(reward, _, _, amount):
            rows.lot(member_id, reward).reversed += amount
            rows.reversing = reward
            _count_reversed(rows, event, member)
        case Void(order):
            rows.voided.append((member_id, order))
            rows.lot(member_id, rows.reversing).voided = True
        case Mature(reward, expires_at):
            rows.lot(member_id, reward).matured = True
            rows.lot(member_id, reward).expires_at = expires_at
        case Expire(reward):
            rows.lot(member_id, reward).expired = True
        case Hold():
            rows.held.append((event, member, effect))
        case Wait() | Adjust():
            # What waits is in the facts; an adjustment is what its transfers are.
            pass
        case Redeem() | Extend():
            raise AssertionError("a redemption and an extension are applied by commands of their own")
        case Issue() | Post() | Send() | Refuse() | TopUp():
            raise AssertionError("handled with every event's")
        case _:
            assert_never(effect)


def _count(rows: Rows, day: date, member: Standing, what: tuple[str, str], add: tuple[int, int, int]) -> None:
    totals = rows.figures.setdefault((day, member.market, member.location or "", *what), [0, 0, 0])
    issued, value, refused = add
    totals[0] += issued
    totals[1] += value
    totals[2] += refused


def _place(rows: Rows, event: Event, member: Standing) -> list[int]:
    return rows.place_figures.setdefault((event.day, member.location or "", member.market), [0, 0])


def _count_reversed(rows: Rows, event: Event, member: Standing) -> None:
    if member.location is not None:
        _place(rows, event, member)[1] += 1


def _count_gift(
    rows: Rows, event: Event, member: Standing, what: tuple[str, str, int], cause: decided.Cause
) -> None:
    """Count an amount by which locations are compared: of a rule whose amount is its own, not the event's."""
    rule = rows.playbook.program.rules.get(what[0])
    if member.location and rule and rule.reward and not rule.reward.rate and what[2] > 0:
        rows.gifts[event.day, member.location, member.market, *what, cause] += 1


def apply_rows(tx: Transaction, rows: Rows, facts: Facts) -> None:
    """Write everything a batch decided.

    Raises `PoolSpent` when a pool, or a limit that members share, has less by now than it was decided on.
    """
    program, program_id, at = rows.playbook.program, rows.playbook.program_id, rows.decided_at
    decided.record_lines(
        tx,
        {
            "events": rows.events,
            "transfers": rows.transfers,
            "rewards": rows.rewards,
            "draws": rows.draws,
            "outbox": rows.outbox,
        },
    )
    settle_lots(tx, program_id, rows.lots, at)
    books = (*rows.playbook.earlier.values(), rows.playbook)
    taken = [key for key, lot in rows.lots.items() if lot.reversed]
    recall_tellings(tx, program_id, (book.program for book in books), taken, at)
    decided.record_purses(tx, program_id, rows.purses, at)
    _apply_waiting(tx, rows, facts)
    _apply_allowances(tx, rows.playbook, facts)
    # Members, what they share, pools, figures: one order in each batch, also in one that locked them first.
    settle_pools(tx, program_id, facts.pool_changes, facts.pool_held, facts.pool_lowest)
    record_top_ups(tx, program_id, rows.top_ups, at)
    _apply_held(tx, rows)
    _apply_voided(tx, rows, program)
    decided.record_figures(tx, program_id, rows.figures)
    decided.record_rewarded(tx, program_id, rows.given)
    decided.record_event_figures(tx, program_id, rows.event_figures)
    decided.record_places(tx, program_id, rows.place_figures)
    decided.record_gifts(tx, program_id, rows.playbook.version, rows.gifts)
    decided.record_delays(tx, program_id, "reward", rows.delays)
    # One row stands for the whole batch: with it, every decision can be proven.
    record_batch(tx, program_id, rows.decisions, at)
    if rows.outbox:
        decided.notify(tx, OUTBOX, program_id)
    decided.notify(tx, LIVE, program_id)


def _apply_waiting(tx: Transaction, rows: Rows, facts: Facts) -> None:
    if facts.waits_made or facts.waits_settled:
        made, settled = facts.waits_to_write(), sorted(facts.waits_settled)
        record_waiting(tx, rows.playbook.program_id, made, settled, rows.decided_at)
    if facts.withheld:
        record_withheld(tx, rows.playbook.program_id, facts.withheld, rows.decided_at)
    if facts.unpaid:
        record_unpaid(tx, rows.playbook.program_id, facts.unpaid, rows.decided_at)


def _apply_allowances(tx: Transaction, playbook: Playbook, facts: Facts) -> None:
    if not facts.allowances_used:
        return
    # What is given back may have been counted by a limit that the program has no more, or has otherwise.
    limits = [
        limit for book in (*playbook.earlier.values(), playbook) for limit in book.program.limits.values()
    ]
    ceilings = {
        limit.key: limit.amount.amount_minor if limit.amount is not None else limit.times or 0
        for limit in limits
    }
    own = OwnUses(facts.allowances_used, facts.own.members, facts.own.periods, facts.own.used)
    record_own(tx, playbook.program_id, own, ceilings)
    hourly = frozenset(limit.key for limit in limits if limit.period == "hours")
    uses = SharedUses(facts.allowances_used, facts.allowances_highest, facts.shared, hourly)
    settle_shared(tx, playbook.program_id, uses, ceilings)


def _apply_held(tx: Transaction, rows: Rows) -> None:
    assert len(rows.requests) == len(rows.held), "each reward that is held is somebody's to approve"
    record_requests(tx, rows.playbook.program_id, rows.requests)
    reserved = [
        Reserved(hold.request, hold.payer, hold.unit, hold.value) for _, _, hold in rows.held if hold.reserved
    ]
    record_reserved(tx, rows.playbook.program_id, reserved, rows.decided_at.astimezone(UTC))


def _apply_voided(tx: Transaction, rows: Rows, program: Program) -> None:
    if not rows.voided:
        return
    program_id = rows.playbook.program_id
    orders = [order for _, order in rows.voided]
    assert void_codes(tx, program_id, orders) == sorted(orders), "a code was used that was locked as unused"
    money = [key for key in program.units if not rows.playbook.is_balance(key)]
    # Codes were locked with their members, before pools, as a redemption does it; only figures are left.
    lock_figures(tx, program_id, rows.voided, list(rows.figures), program.time_zone)
    settle_canceled(tx, program_id, rows.voided, Counting(program.time_zone, money), rows.decided_at)
