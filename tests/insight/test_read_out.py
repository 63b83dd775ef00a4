"""The read-out against campaigns whose truth is known: what it says holds, and what it warns of is so.

The bounds are those of the design's acceptance table; with fewer campaigns than a thousand a cell (in the
gate) they are three binomial standard errors wider.
"""

from dataclasses import dataclass, field
from math import sqrt

import numpy as np
import pytest
from tests.evidence import Figures, scaled
from tests.insight.campaigns import BUSINESSES, LOOKS, Business, Campaign, run_campaign

from guerdon.insight.balance import is_out_of_balance
from guerdon.insight.bands import FINAL_Z, LIVE_ERROR, OPEN_ERROR, around, multiplier
from guerdon.insight.estimates import LIFT, NET, estimate, is_ready
from guerdon.insight.moments import ONE, Truths
from guerdon.insight.returns import return_on_incentives

CAMPAIGNS = scaled(100, 1_000)
TIMES = (0.0, 1.0, 2.5)
CASUAL_Z = 1.96
# One process makes the campaigns, for all of these.
pytestmark = [pytest.mark.full(minutes=1, gate=True), pytest.mark.xdist_group("read_out")]


@dataclass
class Cell:
    """What became of the campaigns of one business at one effect: a flag or figure a campaign."""

    held: dict[str, list[bool]] = field(default_factory=dict)
    figures: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, *, was: bool) -> None:
        self.held.setdefault(name, []).append(was)

    def measure(self, name: str, value: float) -> None:
        self.figures.setdefault(name, []).append(value)

    def share(self, name: str) -> float:
        return float(np.mean(self.held[name]))

    def mean(self, name: str) -> float:
        return float(np.mean(self.figures[name]))


@pytest.fixture(scope="module")
def cells() -> dict[tuple[str, float], Cell]:
    found = {}
    for place, of in enumerate(BUSINESSES):
        for times in TIMES:
            chance = np.random.default_rng([20261124, place, int(times * 10)])
            cell = found[of.key, times] = Cell()
            for _ in range(CAMPAIGNS):
                read(cell, of, run_campaign(of, times, chance))
    return found


def read(cell: Cell, of: Business, campaign: Campaign) -> None:
    """Look two hundred times at a campaign, and once when it is over."""
    treated, control = campaign.looks()
    ready = is_ready(treated, control)
    assert ready[-1]
    told = estimate(treated, control)
    lift, lift_error = told.along(LIFT)
    open_reach = multiplier(told.matured, OPEN_ERROR, of.members)
    live_reach = multiplier(told.matured, LIVE_ERROR, of.members)

    def always(holds: Truths) -> bool:
        return bool(np.all(holds | ~ready))

    truth = campaign.truth
    for name, weights in (("lift", LIFT), ("net", NET)):
        effect, error = told.along(weights)
        true = float(weights @ truth)
        cell.note(f"{name} at all looks", was=always(around(effect, error, open_reach).holds(true)))
        cell.note(f"{name} at the end", was=bool(around(effect, error, CASUAL_Z).holds(true)[-1]))
    bounds = return_on_incentives(told, open_reach)
    ratio = truth[1] / truth[2]
    cell.note("ROI at all looks", was=always(np.isnan(bounds.low) | bounds.holds(ratio)))
    peeked = not always(around(lift, lift_error, open_reach).holds(0.0))
    live = not always(around(lift, lift_error, live_reach).holds(0.0))
    final = not around(lift, lift_error, FINAL_Z).holds(0.0)[-1]
    cell.note("found while peeking", was=peeked)
    cell.note("found", was=live or bool(final))
    cell.note("found by plain peeking", was=not always(around(lift, lift_error, CASUAL_Z).holds(0.0)))
    cell.note("found by one look", was=not around(lift, lift_error, CASUAL_Z).holds(0.0)[-1])
    counts = np.stack([control[:, ONE, ONE], treated[:, ONE, ONE]], axis=-1)
    cell.note("alarm", was=bool(np.any(is_out_of_balance(counts, [of.control, 1 - of.control]))))
    cell.measure("off", float(lift[-1] - truth[0]))
    y, m, c = campaign.rows[:, 1], campaign.rows[:, 2], campaign.rows[:, 3]
    opened = campaign.treated & campaign.opened
    cell.measure("openers' lift", float(y[opened].mean() - y[campaign.treated & ~campaign.opened].mean()))
    cell.measure("attributed ROI", float(m[campaign.claimed].sum() / c.sum()))
    cell.measure("true lift", float(truth[0]))


def slack(bound: float, campaigns: int) -> float:
    """Three binomial standard errors, where there are fewer campaigns than the bound is made for."""
    return 0.0 if CAMPAIGNS >= 1_000 else 3 * sqrt(bound * (1 - bound) / campaigns)


Cells = dict[tuple[str, float], Cell]


def test_a_band_holds_the_truth_at_all_looks_together(cells: Cells, figures: Figures) -> None:
    shares = {
        (*key, name): cell.share(f"{name} at all looks")
        for key, cell in cells.items()
        for name in ("lift", "net", "ROI")
    }
    figures.update(campaigns=CAMPAIGNS, looks=LOOKS, lowest=min(shares.values()))
    assert {key: share for key, share in shares.items() if share < 0.95 - slack(0.95, CAMPAIGNS)} == {}


def test_an_interval_at_the_end_holds_it_as_often_as_it_says(cells: Cells) -> None:
    for name in ("lift", "net"):
        each = [cell.share(f"{name} at the end") for cell in cells.values()]
        assert np.mean(each) >= 0.94 - slack(0.94, CAMPAIGNS * len(each))
        assert min(each) >= 0.93 - slack(0.93, CAMPAIGNS)


def test_who_peeks_is_not_led_astray_and_by_plain_intervals_would_be(cells: Cells) -> None:
    idle = [cells[of.key, 0.0] for of in BUSINESSES]
    for cell in idle:
        assert cell.share("found while peeking") <= 0.05 + slack(0.05, CAMPAIGNS)
        assert cell.share("found") <= 0.065 + slack(0.065, CAMPAIGNS)
        assert cell.share("found by plain peeking") > 0.25 - slack(0.25, CAMPAIGNS)
    assert np.mean([cell.share("found") for cell in idle]) <= 0.05 + slack(0.05, 3 * CAMPAIGNS)


def test_what_is_there_is_found_nearly_as_often_as_by_one_look(cells: Cells) -> None:
    found, by_one = (
        np.mean([cells[of.key, 1.0].share(name) for of in BUSINESSES])
        for name in ("found", "found by one look")
    )
    assert found >= 0.90 * by_one - slack(0.5, 3 * CAMPAIGNS)
    # There is something to be found: a lift of one to two in a hundred.
    assert [round(cells[of.key, 1.0].mean("true lift"), 3) for of in BUSINESSES] == pytest.approx(
        [0.011, 0.022, 0.018], abs=0.002
    )


def test_the_estimate_is_not_biased(cells: Cells) -> None:
    for cell in cells.values():
        off = np.array(cell.figures["off"])
        assert abs(off.mean()) <= 2.5 * off.std(ddof=1) / sqrt(len(off)) + (
            0.5 / 1_000 if CAMPAIGNS < 1_000 else 0
        )


def test_naive_figures_are_wrong_where_nothing_was_changed(cells: Cells) -> None:
    for of in BUSINESSES:
        assert cells[of.key, 0.0].mean("openers' lift") >= 0.05
        assert cells[of.key, 0.0].mean("attributed ROI") >= 4


def test_arms_as_planned_raise_no_alarm(cells: Cells) -> None:
    for cell in cells.values():
        assert cell.share("alarm") <= 0.005 + slack(0.005, CAMPAIGNS)


def test_arms_of_45_and_55_where_half_was_planned_are_noticed() -> None:
    chance = np.random.default_rng(45)
    sizes = np.arange(1, 6_001)
    noticed = []
    for _ in range(scaled(100, 300)):
        first = np.cumsum(chance.random(6_000) < 0.45)
        alarms = is_out_of_balance(np.stack([first, sizes - first], axis=-1), [0.5, 0.5])
        noticed.append(int(np.argmax(alarms)) + 1 if alarms.any() else 10_000)
    assert max(noticed) <= 6_000
    assert 1_500 <= float(np.median(noticed)) <= 2_700
