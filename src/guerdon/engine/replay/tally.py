"""What a replay counts: two sides of the same events, what was decided and what would have been."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec

from guerdon.engine.replay.states import Part, State
from guerdon.ledger.chart import MEMBERS_OWN
from guerdon.ledger.effects import Effect, Hold, Issue, Post, Refuse, Reverse, TopUp
from guerdon.program.model import Reward
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


class Side(msgspec.Struct, gc=False):
    """One side of an event: its effects, and by which version."""

    side: int
    playbook: Playbook | None
    event: Event
    member: Standing
    effects: Sequence[Effect]

    def reason(self, rule: str) -> str:
        """Why a rule gave nothing, or did not give at once."""
        for effect in self.effects:
            if isinstance(effect, Refuse | Hold) and effect.rule == rule:
                return effect.reason
        return ""


class Count:
    """Counts one side of an event after the other into a tally, for as long as it is the same month.

    Every effect of a whole history passes here, so what is counted together is looked up once.
    """

    def __init__(self, tally: Tally, month: str) -> None:
        self.tally, self.month = tally, month
        self._figures: dict[tuple[tuple[str, str], str, str], tuple[Both, Both]] = {}
        self._uses: dict[str, tuple[str, tuple[Use, Use]]] = {}
        self._plain: dict[tuple[int, str, str], bool] = {}

    def count(self, side: Side, place: tuple[str, str]) -> dict[tuple[str, str], int]:
        """Count it; gives what it came to for the member, by rule and unit."""
        net: dict[tuple[str, str], int] = {}
        moved, number, groups = "", side.side, set[str]()
        for effect in side.effects:
            if isinstance(effect, Issue):
                rule, unit, value = effect.rule, effect.unit, effect.value
                wanted = self._wanted(side, rule, unit, value, groups)
                for both in self._at(place, rule, unit):
                    figures = both[number]
                    figures.granted += value
                    figures.times += 1
                    figures.wanted += wanted
                net[rule, unit] = net.get((rule, unit), 0) + value
            elif isinstance(effect, Post):
                self._post(effect, number)
                moved = effect.unit
            elif isinstance(effect, TopUp):
                # It stands after its transfer.
                self._use(effect.account, moved)[number].topped_up += effect.amount
            elif isinstance(effect, Reverse):
                rule, unit = effect.rule, effect.unit
                for both in self._at(place, rule, unit):
                    both[number].back += effect.amount
                net[rule, unit] = net.get((rule, unit), 0) - effect.amount
            elif isinstance(effect, Hold | Refuse):
                self._not_given(side, place, effect, groups)
        return net

    def _not_given(self, side: Side, place: tuple[str, str], effect: Hold | Refuse, groups: set[str]) -> None:
        rule, unit, value, number = effect.rule, effect.unit, effect.value, side.side
        held = value if isinstance(effect, Hold) else 0
        if isinstance(effect, Refuse):
            counted = self.tally.refusals(rule, effect.reason, unit, number)
            counted[0] += 1
            counted[1] += value
            if not value or not effect.reason.startswith(WITHHELD):
                return
        wanted = self._wanted(side, rule, unit, value, groups)
        for both in self._at(place, rule, unit):
            both[number].wanted += wanted
            both[number].held += held

    def _at(self, place: tuple[str, str], rule: str, unit: str) -> tuple[Both, Both]:
        """What a rule came to in this month, and at a place: both sides of each."""
        found = self._figures.get((place, rule, unit))
        if found is None:
            tally = self.tally
            month = tally.by_month.setdefault((self.month, rule, unit), (Figures(), Figures()))
            where = tally.by_place.setdefault((*place, rule, unit), (Figures(), Figures()))
            found = self._figures[place, rule, unit] = (month, where)
        return found

    def _wanted(self, side: Side, rule: str, unit: str, value: int, groups: set[str]) -> int:
        """What the rule would have given if nothing had held it back: once for an exclusive group."""
        playbook = side.playbook
        if playbook is None:
            return value
        key = (id(playbook), rule, unit)
        plain = self._plain.get(key)
        if plain is None:
            plain = self._plain[key] = _is_plain(playbook, rule, unit)
        if plain:
            return value
        play = playbook.by_rule[rule]
        assert play.reward is not None, "it would be plain"
        if play.group is not None:
            if play.group in groups:
                return 0
            groups.add(play.group)
        if not _is_capped(playbook, play.reward, unit):
            return value
        asked = amount_of(playbook, play.reward, side.event, side.member.market)
        return value if isinstance(asked, str) else asked[1]

    def _post(self, post: Post, number: int) -> None:
        from_budget, to_budget = post.from_account[:7] == "budget:", post.to_account[:7] == "budget:"
        if from_budget and post.to_account in MEMBERS_OWN:
            self._use(post.from_account, post.unit)[number].paid += post.amount
        elif to_budget and not from_budget:
            self._use(post.to_account, post.unit)[number].back += post.amount

    def _use(self, account: str, unit: str) -> tuple[Use, Use]:
        found = self._uses.get(account)
        if found is None or found[0] != unit:
            self.tally.use(self.month, account, LIVE, unit)
            found = self._uses[account] = (unit, self.tally.budgets[self.month, account])
        return found[1]


def _is_plain(playbook: Playbook, rule: str, unit: str) -> bool:
    """Whether what a rule gives is what it wants, whatever else the event gives."""
    play = playbook.by_rule.get(rule)
    if play is None or play.reward is None:
        return True
    return play.group is None and not _is_capped(playbook, play.reward, unit)


def _is_capped(playbook: Playbook, reward: Reward, unit: str) -> bool:
    """Whether a cap may cut off what a reward would be; of a table's that is not told apart."""
    return playbook.life(unit).cap_minor is not None and reward.table is None


def count_member(state: State, live: Net, draft: Net) -> None:
    """Add what a decision came to, to what its member has in all."""
    totals = state.totals
    for (_, unit), amount in live.items():
        was = totals.get(unit, (0, 0))
        totals[unit] = (was[0] + amount, was[1])
    for (_, unit), amount in draft.items():
        was = totals.get(unit, (0, 0))
        totals[unit] = (was[0], was[1] + amount)


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
