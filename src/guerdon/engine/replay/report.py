"""What a replay found, put together: sums by month, place and rule, and who would have had more or less."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from guerdon.engine.replay.states import State
from guerdon.engine.replay.tally import Both, Figures, Tally, Use
from guerdon.program.model import Program
from guerdon.store.versions.replays import MemberRow
from guerdon.values.ids import show

Json = dict[str, Any]
SIDES = ("live", "draft")


class Moved:
    """Members who would have more, and members who would have less: by what they are grouped."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.sums: dict[tuple[str, ...], list[int]] = {}

    def add(self, key: tuple[str, ...], difference: int) -> None:
        """One member's difference."""
        sums = self.sums.setdefault(key, [0, 0, 0, 0])
        place = 0 if difference > 0 else 2
        sums[place] += 1
        sums[place + 1] += abs(difference)

    def told(self) -> list[Json]:
        """As it is written down."""
        return [
            dict(zip(self.names, key, strict=True))
            | {"gained": n, "gained_minor": more, "lost": m, "lost_minor": less}
            for key, (n, more, m, less) in sorted(self.sums.items())
        ]


class Everybody:
    """All members once more, at the end: who differs, and what they still have."""

    def __init__(self) -> None:
        self.by_unit = Moved("unit")
        self.by_market = Moved("unit", "market")
        self.by_location = Moved("unit", "location")
        self.by_rule = Moved("unit", "rule")
        self.outstanding: dict[str, int] = {}

    def rows(self, states: Iterable[tuple[int, State]], until: datetime) -> Iterator[MemberRow]:
        """Count everybody, and give those who come to something else."""
        for member, state in states:
            for lot in state.lots:
                ended = not lot.real and lot.expires_at is not None and lot.expires_at <= until
                if lot.remaining and not ended:
                    self.outstanding[lot.unit] = self.outstanding.get(lot.unit, 0) + lot.remaining
            if state.parts:
                self._moved(state)
                yield from self._differing(member, state)

    def _moved(self, state: State) -> None:
        for moved in (self.by_market, self.by_location, self.by_rule):
            sums: dict[tuple[str, ...], int] = {}
            for part in state.parts:
                key = tuple(str(getattr(part, name)) for name in moved.names)
                sums[key] = sums.get(key, 0) + part.draft - part.live
            for key, difference in sums.items():
                if difference:
                    moved.add(key, difference)

    def _differing(self, member: int, state: State) -> Iterator[MemberRow]:
        who = state.who
        assert who is not None, "it was loaded with their first event"
        for unit, (live, draft) in sorted(state.totals.items()):
            if live != draft:
                self.by_unit.add((unit,), draft - live)
                yield MemberRow(member, unit, who.market, who.location, live, draft, state.otherwise)


def report(program: Program, tally: Tally, everybody: Everybody) -> Json:
    """The whole result."""
    units = sorted({unit for _, _, unit in tally.by_month} | {*everybody.outstanding} | {*tally.outstanding})
    totals = _summed(tally.by_month, lambda key: (key[2],))
    return {
        "events": tally.events,
        "otherwise": tally.otherwise,
        "approved": tally.approved,
        "failed": tally.failed,
        "units": [
            {
                "unit": unit,
                **_sides(totals.get((unit,), (Figures(), Figures()))),
                "liability": {
                    "live": tally.outstanding.get(unit, 0),
                    "draft": everybody.outstanding.get(unit, 0),
                },
            }
            for unit in units
        ],
        "months": _told(_summed(tally.by_month, lambda key: (key[2], key[0])), ("unit", "month")),
        "rules": _told(_summed(tally.by_month, lambda key: (key[2], key[1])), ("unit", "rule")),
        "markets": _told(_summed(tally.by_place, lambda key: (key[3], key[0])), ("unit", "market")),
        "locations": _told(_summed(tally.by_place, lambda key: (key[3], key[1])), ("unit", "location")),
        "budgets": _budgets(tally),
        "refusals": _refusals(tally),
        "members": everybody.by_unit.told(),
        "moved": {
            "markets": everybody.by_market.told(),
            "locations": everybody.by_location.told(),
            "rules": everybody.by_rule.told(),
        },
        "samples": _samples(tally),
        # Rules that had nothing to decide: their events never came.
        "silent_rules": sorted(key for key, rule in program.rules.items() if rule.when not in tally.types),
    }


def _budgets(tally: Tally) -> list[Json]:
    return [
        {
            "month": month,
            "account": account,
            "unit": tally.budget_units[account],
            **{side: _use(use) for side, use in zip(SIDES, uses, strict=True)},
        }
        for (month, account), uses in sorted(tally.budgets.items())
    ]


def _refusals(tally: Tally) -> list[Json]:
    return [
        {
            "rule": rule,
            "reason": reason,
            "unit": unit,
            **{
                side: {"times": times, "value_minor": value}
                for side, (times, value) in zip(SIDES, both, strict=True)
            },
        }
        for (rule, reason, unit), both in sorted(tally.refused.items())
    ]


def _samples(tally: Tally) -> list[Json]:
    return [
        {
            "event": show("evt", sample.event),
            "member": show("mem", sample.member),
            "rule": sample.rule,
            "unit": sample.unit,
            "live_minor": sample.live,
            "draft_minor": sample.draft,
            "live_reason": sample.live_reason,
            "draft_reason": sample.draft_reason,
        }
        for sample in tally.samples
    ]


def _summed(found: Mapping[Any, Both], key_of: Any) -> dict[tuple[str, ...], Both]:
    sums: dict[tuple[str, ...], Both] = {}
    for key, (live, draft) in found.items():
        both = sums.setdefault(key_of(key), (Figures(), Figures()))
        both[0].add(live)
        both[1].add(draft)
    return sums


def _told(sums: Mapping[tuple[str, ...], Both], names: tuple[str, ...]) -> list[Json]:
    return [dict(zip(names, key, strict=True)) | _sides(both) for key, both in sorted(sums.items())]


def _sides(both: Both) -> Json:
    live, draft = both
    return {
        "live": _figures(live),
        "draft": _figures(draft),
        "difference_minor": (draft.granted - draft.back) - (live.granted - live.back),
    }


def _figures(figures: Figures) -> Json:
    return {
        "granted_minor": figures.granted,
        "times": figures.times,
        "wanted_minor": figures.wanted,
        "held_minor": figures.held,
        "back_minor": figures.back,
    }


def _use(use: Use) -> Json:
    return {
        "paid_minor": use.paid,
        "back_minor": use.back,
        "topped_up_minor": use.topped_up,
        "given_minor": use.given,
    }
