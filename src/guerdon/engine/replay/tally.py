"""What a replay counts: two sides of the same events, what was decided and what would have been."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec

from guerdon.engine.replay.states import Part, State
from guerdon.ledger.chart import MEMBERS_OWN
from guerdon.ledger.effects import Effect, Hold, Issue, Post, Refuse, Reverse, TopUp
from guerdon.rules.earnings import amount_of
from guerdon.rules.facts import Event, Standing
from guerdon.rules.playbook import Playbook

LIVE, DRAFT = 0, 1
SAMPLES_EACH = 5
SAMPLES_MAX = 200
# Reasons for which a reward that its rule wanted was not given.
WITHHELD = ("limit:", "budget:", "cap:")
Net = Mapping[tuple[str, str], int]


class Figures(msgspec.Struct, array_like=True, gc=False):
    """Sums of one side, in minor units; `times` is how many rewards were given."""

    granted: int = 0
    times: int = 0
    wanted: int = 0
    held: int = 0
    back: int = 0

    def add(self, other: "Figures") -> None:
        """Add another's."""
        self.granted += other.granted
        self.times += other.times
        self.wanted += other.wanted
        self.held += other.held
        self.back += other.back


class Use(msgspec.Struct, array_like=True, gc=False):
    """What went through a node of a budget in a month."""

    paid: int = 0
    back: int = 0
    topped_up: int = 0
    given: int = 0


class Sample(msgspec.Struct, array_like=True, gc=False):
    """An event that came out otherwise, to be opened: what it gave by this rule, and why not more."""

    event: int
    member: int
    rule: str
    unit: str
    live: int
    draft: int
    live_reason: str
    draft_reason: str


Both = tuple[Figures, Figures]


class Tally(msgspec.Struct):
    """All counts; small, however many members and events there are."""

    events: int = 0
    otherwise: int = 0
    approved: int = 0
    failed: int = 0
    by_month: dict[tuple[str, str, str], Both] = {}
    by_place: dict[tuple[str, str, str, str], Both] = {}
    refused: dict[tuple[str, str, str], tuple[list[int], list[int]]] = {}
    budgets: dict[tuple[str, str], tuple[Use, Use]] = {}
    budget_units: dict[str, str] = {}
    samples: list[Sample] = []
    sampled: dict[tuple[str, str, bool, str, str], int] = {}
    types: set[str] = set()
    outstanding: dict[str, int] = {}

    def month(self, month: str, rule: str, unit: str, side: int) -> Figures:
        """What a rule came to in a month."""
        found = self.by_month.get((month, rule, unit))
        if found is None:
            found = self.by_month[month, rule, unit] = (Figures(), Figures())
        return found[side]

    def place(self, place: tuple[str, str], rule: str, unit: str, side: int) -> Figures:
        """What a rule came to at a place."""
        key = (*place, rule, unit)
        found = self.by_place.get(key)
        if found is None:
            found = self.by_place[key] = (Figures(), Figures())
        return found[side]

    def refusals(self, rule: str, reason: str, unit: str, side: int) -> list[int]:
        """How often something was refused, and how much it would have been."""
        found = self.refused.get((rule, reason, unit))
        if found is None:
            found = self.refused[rule, reason, unit] = ([0, 0], [0, 0])
        return found[side]

    def use(self, month: str, account: str, side: int, unit: str) -> Use:
        """What went through a node."""
        self.budget_units[account] = unit
        found = self.budgets.get((month, account))
        if found is None:
            found = self.budgets[month, account] = (Use(), Use())
        return found[side]


class Side:
    """One side of an event: its effects, and by which version."""

    __slots__ = ("effects", "event", "member", "playbook", "side")

    def __init__(
        self, side: int, playbook: Playbook | None, event: Event, member: Standing, effects: Sequence[Effect]
    ) -> None:
        self.side, self.playbook, self.effects, self.event = side, playbook, effects, event
        self.member = member

    def count(self, tally: Tally, month: str, place: tuple[str, str]) -> dict[tuple[str, str], int]:
        """Count it; gives what it came to for the member, by rule and unit."""
        net: dict[tuple[str, str], int] = {}
        moved = ""
        side, groups = self.side, set[str]()
        for effect in self.effects:
            match effect:
                case Issue(rule, _, unit, value):
                    add = Figures(value, 1, self._wanted(rule, unit, value, groups))
                    net[rule, unit] = net.get((rule, unit), 0) + value
                case Reverse(_, rule, unit, amount):
                    add = Figures(back=amount)
                    net[rule, unit] = net.get((rule, unit), 0) - amount
                case Hold(_, rule, _, unit, value):
                    add = Figures(wanted=self._wanted(rule, unit, value, groups), held=value)
                case Refuse(rule, reason, unit, value):
                    counted = tally.refusals(rule, reason, unit, side)
                    counted[0] += 1
                    counted[1] += value
                    if not value or not reason.startswith(WITHHELD):
                        continue
                    add = Figures(wanted=self._wanted(rule, unit, value, groups))
                case Post():
                    _count_post(tally, month, effect, side)
                    moved = effect.unit
                    continue
                case TopUp(account, _, amount):
                    # It stands after its transfer.
                    tally.use(month, account, side, moved).topped_up += amount
                    continue
                case _:
                    continue
            tally.month(month, rule, unit, side).add(add)
            tally.place(place, rule, unit, side).add(add)
        return net

    def _wanted(self, rule: str, unit: str, value: int, groups: set[str]) -> int:
        """What the rule would have given if nothing had held it back: once for an exclusive group."""
        playbook = self.playbook
        play = playbook.by_rule.get(rule) if playbook is not None else None
        if playbook is None or play is None or play.reward is None:
            return value
        if play.group is not None:
            if play.group in groups:
                return 0
            groups.add(play.group)
        if playbook.life(unit).cap_minor is None or play.reward.table is not None:
            return value
        asked = amount_of(playbook, play.reward, self.event, self.member.market)
        return value if isinstance(asked, str) else asked[1]

    def reason(self, rule: str) -> str:
        """Why a rule gave nothing, or did not give at once."""
        for effect in self.effects:
            if isinstance(effect, Refuse | Hold) and effect.rule == rule:
                return effect.reason
        return ""


def _count_post(tally: Tally, month: str, post: Post, side: int) -> None:
    from_budget, to_budget = post.from_account[:7] == "budget:", post.to_account[:7] == "budget:"
    if from_budget and post.to_account in MEMBERS_OWN:
        tally.use(month, post.from_account, side, post.unit).paid += post.amount
    elif to_budget and not from_budget:
        tally.use(month, post.to_account, side, post.unit).back += post.amount


def count_member(state: State, live: Net, draft: Net) -> None:
    """Add what a decision came to, to what its member has in all."""
    for side, net in ((LIVE, live), (DRAFT, draft)):
        for (_, unit), amount in net.items():
            was = state.totals.get(unit, (0, 0))
            state.totals[unit] = (was[0] + amount, was[1]) if side == LIVE else (was[0], was[1] + amount)


def differing(live: Net, draft: Net) -> Iterator[tuple[str, str, int, int]]:
    """By rule and unit, where the two came to something else."""
    for rule, unit in sorted({*live, *draft}):
        was, would = live.get((rule, unit), 0), draft.get((rule, unit), 0)
        if was != would:
            yield rule, unit, was, would


def count_difference(
    tally: Tally, state: State, place: tuple[str, str], sides: tuple[Side, Side], nets: tuple[Net, Net]
) -> None:
    """Keep where two decisions differ: for the member, and the first few as samples."""
    event, member = sides[0].event, sides[0].member
    changed = list(differing(*nets))
    if not changed:
        return
    tally.otherwise += 1
    state.otherwise = event.id
    for rule, unit, was, would in changed:
        part = next(
            (
                each
                for each in state.parts
                if (each.rule, each.unit, each.market, each.location) == (rule, unit, *place)
            ),
            None,
        )
        if part is None:
            part = Part(rule, unit, *place)
            state.parts.append(part)
        part.live += was
        part.draft += would
        _sample(tally, Sample(
            event.id, member.member_id, rule, unit, was, would, sides[0].reason(rule), sides[1].reason(rule),
        ))  # fmt: skip


def _sample(tally: Tally, sample: Sample) -> None:
    key = (sample.rule, sample.unit, sample.live < sample.draft, sample.draft_reason, sample.live_reason)
    seen = tally.sampled.get(key, 0)
    if seen < SAMPLES_EACH and len(tally.samples) < SAMPLES_MAX:
        tally.sampled[key] = seen + 1
        tally.samples.append(sample)


def month_of(day: date) -> str:
    """A month's name in what is counted."""
    return f"{day.year:04}-{day.month:02}"
