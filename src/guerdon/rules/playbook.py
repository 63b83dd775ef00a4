"""The playbook: a program made ready for deciding, once per version, so an event costs only its own rules.

Rules stand under the event they wait for, each with the limits that count it and the account that pays
it, market by market. What a batch has to load for an event's type is known here, too: most need little.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from guerdon.expressions import Condition, Window
from guerdon.ledger.chart import FUNDING, budget_account
from guerdon.ledger.expiry import expires_at
from guerdon.program.experiments.holdouts import Holdout
from guerdon.program.model import (
    Budget,
    Expiry,
    Life,
    Limit,
    Mature,
    Program,
    Reverse,
    Reward,
    Rule,
    Segment,
)
from guerdon.rules.belongings import declarations, handlings
from guerdon.rules.budgets import Tree, budget_tree
from guerdon.rules.facts import Holding
from guerdon.rules.moments import Telling, tellings_of
from guerdon.rules.windows import bucket_of

QUARTER_HOUR_S = 900
# Counted on the member's own row; all others are counted for all members together.
OWN_LIMITS = ("member", "field")
# Their value is in the event.
FIELD_LIMITS = ("field", "person")


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit as it counts one rule in one market.

    `name` is what is counted together; None where that depends on the event or the member. `unit`: rewards of
    this unit count only; None: each counts once.
    """

    limit: Limit
    ceiling: int
    unit: str | None
    own: bool
    name: str | None


@dataclass(frozen=True, slots=True)
class Payer:
    """The account that pays a reward; `budget` None: the program itself."""

    account: str
    unit: str | None
    budget: Budget | None = None


@dataclass(frozen=True, slots=True)
class Season:
    """Days outside of which a rule does not hold, and what is then said; None is open."""

    reason: str
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Play:
    """A rule with everything it needs to be decided."""

    rule: Rule
    reward: Reward | None
    # None: holds in all markets.
    markets: frozenset[str] | None
    # Those of its campaign, and its own.
    seasons: tuple[Season, ...]
    # The member must be in one of them; empty: holds for all.
    segments: tuple[Segment, ...]
    # Some of these two are there: most rules hold at all times and for all members.
    narrowed: bool
    group: str | None
    # By the member's market.
    bounds: Mapping[str, tuple[Bound, ...]]
    # By the place that the budget has accounts for.
    payers: Mapping[str, Payer]
    payer_per: str
    reversals: tuple[Reverse, ...]
    releases: tuple[Mature, ...]
    # Its messages, each with the moment at which it goes.
    sends: tuple[Telling, ...]
    # Some other rule may take its rewards back or release them.
    awaited: bool
    # Who is given nothing by it, so that one sees what it changes; None: nobody.
    holdout: Holdout | None = None

    def payer_for(self, market: str, location: str | None) -> Payer | None:
        """Who pays for a member of this market and location; None: no budget answers for them."""
        match self.payer_per:
            case "market":
                return self.payers.get(market)
            case "location":
                return self.payers.get(location) if location else None
            case _:
                return self.payers[""]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a batch has to load for events of one type."""

    takes_back: bool = False
    awaited: bool = False
    own_limits: tuple[Limit, ...] = ()
    shared_bounds: bool = False
    capped: bool = False
    # What conditions of its rules, their segments and tables ask of the member's past and things.
    windows: frozenset[Window] = frozenset()
    holdings: frozenset[str] = frozenset()


NOTHING_NEEDED = Needs()


class Playbook:
    """A version of a program, indexed by event type."""

    def __init__(self, program: Program, program_id: int, version: int) -> None:
        self.program = program
        self.program_id = program_id
        self.version = version
        self.zone = ZoneInfo(program.time_zone)
        # Versions before, as far as rewards of theirs were taken back by this one.
        self.earlier: dict[int, Playbook] = {}
        # What is pending until an event is released by it, where no rule of that event says which of it.
        self.implied = {event: _implied(program, event) for event in program.events}
        # Rules whose rewards something takes back or releases.
        self.awaited_rules = frozenset(
            [step.rule for rule in program.rules.values() for step in rule.reversals]
            + [step.rule for rule in program.rules.values() for step in rule.releases]
            + [step.rule for steps in self.implied.values() for step in steps]
        )
        self.by_rule: dict[str, Play] = {key: self._play(rule) for key, rule in program.rules.items()}
        # The highest priority first, and otherwise in the order of the file.
        in_order = sorted(self.by_rule.values(), key=lambda play: -play.rule.priority)
        self.plays: dict[str, tuple[Play, ...]] = {
            event: tuple(play for play in in_order if play.rule.when == event) for event in program.events
        }
        # By event of which some rules are in a group: the groups of which the best is asked first.
        self.grouped = {
            event: _best(program, plays)
            for event, plays in self.plays.items()
            if any(play.group for play in plays)
        }
        self.needs = {event: self._needs(event) for event in program.events}
        # Buckets that its conditions add up, its segments' too, and what events do to members' holdings.
        asked = [need.windows for need in self.needs.values()]
        asked += [each.condition.windows for each in program.segments.values() if each.condition is not None]
        self.counted = frozenset(bucket_of(window) for windows in asked for window in windows)
        self.handlings = handlings(program.holdings)
        # What each kind of holding hangs on: kind -> mark. And of an earlier version, the present one.
        self.marks = declarations(program)
        self.held = frozenset(self.marks.values())
        self.present: Playbook | None = None
        # What may have to be topped up, and the pools that would give for it; each account in its unit.
        self.tree = budget_tree(program)
        paying = {
            payer.account: payer.unit or ""
            for play in self.by_rule.values()
            for payer in play.payers.values()
            if payer.budget is not None
        }
        self.pools = _pools(paying, program, self.tree)
        self._paying = paying
        # Accounts that pay by this version, and that the present one has no more.
        self.closed: frozenset[str] = frozenset()
        self._days: dict[int, date] = {}
        self._ends: dict[tuple[int | None, str, date, date | None], datetime | None] = {}

    def at_present(self, present: "Playbook") -> "Playbook":
        """The version for what happened in its time and is decided only now.

        Rules, amounts and limits are its own, and so are windows and holdings as its rules see them; money is
        where the present version has it, and what is kept of members is kept as that one declares it. What
        kinds of events there are is read by the present one, and those that this one did not know have no
        rules here.
        """
        late = copy(self)
        late.present = present
        late.tree = present.tree
        late.pools = _pools(self._paying, present.program, present.tree)
        units = _node_units(present.program)
        late.closed = frozenset(
            account for account, unit in self._paying.items() if units.get(account) != unit
        )
        events = present.program.events
        late.plays = {**dict.fromkeys(events, ()), **self.plays}
        late.needs = {**dict.fromkeys(events, Needs()), **self.needs}
        late.implied = {**dict.fromkeys(events, ()), **self.implied}
        return late

    def day_of(self, instant: datetime) -> date:
        """The calendar day of an instant in the program's time zone."""
        # No zone changes its offset within a quarter of an hour, so one look-up serves them all.
        quarter = int(instant.timestamp()) // QUARTER_HOUR_S
        found = self._days.get(quarter)
        if found is None:
            if len(self._days) > 100_000:
                self._days.clear()
            found = self._days[quarter] = instant.astimezone(self.zone).date()
        return found

    def ends_at(self, valid_days: int | None, unit: str, start: date, joined: date | None) -> datetime | None:
        """When value that became available on a day ends: after so many days, or (None) as its unit says."""
        key = (valid_days, unit, start, joined)
        if key not in self._ends:
            if len(self._ends) > 100_000:
                self._ends.clear()
            own = Expiry("rolling", days=valid_days) if valid_days is not None else None
            self._ends[key] = expires_at(own or self.life(unit).expiry, start, joined, self.zone)
        return self._ends[key]

    def life(self, unit: str) -> Life:
        """How value of a unit lives; one that a later version dropped lives on for ever."""
        return self.program.lives.get(unit) or Life(unit)

    def is_balance(self, unit: str) -> bool:
        """Whether rewards of a unit are one balance, so that any lot may stand in for another."""
        known = self.program.units.get(unit)
        return known is not None and known.kind != "money"

    def bounds_of(self, rule: str, market: str) -> tuple[Bound, ...]:
        """The limits that count a rule's rewards in a market, in the program's order."""
        play = self.by_rule.get(rule)
        return play.bounds.get(market, ()) if play else ()

    def counted_by(self, lot: Holding) -> tuple[Bound, ...]:
        """The limits that had counted a reward: those of the version that gave it."""
        return self.earlier.get(lot.version, self).bounds_of(lot.rule, lot.origin.market)

    def _play(self, rule: Rule) -> Play:
        program, reward = self.program, rule.reward
        assert (rule.condition is None) == (rule.condition_text is None), "without code it would always hold"
        seasons = _seasons(program, rule)
        every = not rule.markets or set(rule.markets) >= set(program.markets)
        budget = program.budgets[reward.pay_from] if reward and reward.pay_from else None
        return Play(
            rule=rule,
            reward=reward,
            markets=None if every else frozenset(rule.markets),
            seasons=seasons,
            segments=tuple(program.segments[key] for key in rule.segments),
            narrowed=bool(seasons or rule.segments),
            group=rule.group,
            bounds={market: _bounds(program, rule, market) for market in program.markets} if reward else {},
            payers=_payers(budget),
            payer_per=budget.per if budget else "one",
            reversals=rule.reversals,
            releases=rule.releases,
            sends=tellings_of(program, rule),
            awaited=rule.key in self.awaited_rules,
            holdout=program.holdout if rule.promise == "campaign" and reward else None,
        )

    def _needs(self, event: str) -> Needs:
        plays = self.plays[event]
        # What takes a reward back gives back what the reward's own rule had used of its limits.
        touched = [*plays, *(self.by_rule[step.rule] for play in plays for step in play.reversals)]
        bounds = [bound for play in touched for each in play.bounds.values() for bound in each]
        conditions = [condition for play in plays for condition in _conditions(play)]
        return Needs(
            takes_back=bool(self.implied[event]) or any(play.reversals or play.releases for play in plays),
            awaited=any(play.awaited for play in plays),
            own_limits=tuple({b.limit.key: b.limit for b in bounds if b.own}.values()),
            shared_bounds=any(not b.own for b in bounds),
            capped=any(
                self.life(unit).cap_minor is not None
                for play in plays
                if play.reward
                for unit in play.reward.units
            ),
            windows=frozenset(window for condition in conditions for window in condition.windows),
            holdings=frozenset(kind for condition in conditions for kind in condition.holdings),
        )


def _seasons(program: Program, rule: Rule) -> tuple[Season, ...]:
    campaign = program.campaigns[rule.campaign] if rule.campaign else None
    asked = [Season("campaign", campaign.first, campaign.last)] if campaign is not None else []
    own = Season("validity", *rule.valid)
    return tuple(season for season in (*asked, own) if season.first or season.last)


def _best(program: Program, plays: Iterable[Play]) -> frozenset[str]:
    return frozenset(play.group for play in plays if play.group and program.groups[play.group].pick == "best")


def _conditions(play: Play) -> Iterator[Condition]:
    table = play.rule.table
    asked = [play.rule.condition, *(segment.condition for segment in play.segments)]
    asked += [row.condition for row in table.rows] if table is not None else []
    return (condition for condition in asked if condition is not None)


def _implied(program: Program, event: str) -> tuple[Mature, ...]:
    told = {step.rule for rule in program.rules.values() if rule.when == event for step in rule.releases}
    found = []
    for rule in program.rules.values():
        reward = rule.reward
        if reward is None or rule.key in told:
            continue
        policies = (
            [reward.pending] if reward.pending else [program.lives[unit].pending for unit in reward.units]
        )
        if any(policy.kind == "until" and policy.event == event for policy in policies):
            named = reward.reference in program.events[event].fields
            found.append(Mature(rule.key, reward.reference if named else None))
    return tuple(found)


def _bounds(program: Program, rule: Rule, market: str) -> tuple[Bound, ...]:
    assert rule.reward is not None
    unit = rule.reward.unit_in(market)
    return tuple(
        _bound(limit, rule, market)
        for limit in program.limits.values()
        if rule.key in limit.rules
        and (not limit.markets or market in limit.markets)
        and (limit.amount is None or limit.amount.unit == unit)
        and (limit.per != "campaign" or rule.campaign is not None)
    )


def _bound(limit: Limit, rule: Rule, market: str) -> Bound:
    told = {"rule": rule.key, "market": market, "campaign": rule.campaign or ""}.get(limit.per)
    fixed = limit.key if limit.per in ("member", "program") else None
    ceiling = limit.amount.amount_minor if limit.amount is not None else limit.times
    assert ceiling is not None, "a limit has an amount or a number of times"
    return Bound(
        limit=limit,
        ceiling=ceiling,
        unit=limit.amount.unit if limit.amount is not None else None,
        own=limit.per in OWN_LIMITS,
        name=fixed if told is None else f"{limit.key}:{told}",
    )


def _node_units(program: Program) -> dict[str, str]:
    return {
        budget_account(budget.key, place): node.unit
        for budget in program.budgets.values()
        for place, node in budget.nodes.items()
    }


def _pools(paying: Mapping[str, str], program: Program, tree: Tree) -> dict[str, str]:
    units = _node_units(program)
    return {**paying, **{name: units[name] for name in tree.pools_above(paying)}}


def _payers(budget: Budget | None) -> dict[str, Payer]:
    if budget is None:
        return {"": Payer(FUNDING, None)}
    return {
        place: Payer(budget_account(budget.key, place), node.unit, budget)
        for place, node in budget.nodes.items()
    }
