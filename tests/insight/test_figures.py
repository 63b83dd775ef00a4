"""The figures themselves, each against another way to come by them, or against data whose answer is known."""

import csv
import gzip
from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from tests.evidence import Figures, scaled
from tests.insight.campaigns import BUSINESSES, logistic, run_campaign

from guerdon.config import REPOSITORY
from guerdon.insight.balance import imbalance, is_out_of_balance
from guerdon.insight.bands import around, multiplier, smallest_visible
from guerdon.insight.by_location import compare_locations
from guerdon.insight.estimates import LIFT, NET, estimate, is_ready
from guerdon.insight.moments import NAMES, Array, C, M, Y, matrix_of, products_of, sums_of
from guerdon.insight.portfolio import evidence, list_worked
from guerdon.insight.returns import bounds_of_ratio, cost_per_outcome, return_on_incentives
from guerdon.insight.strata import compare_strata

DATA = REPOSITORY.parent / "shared" / "data"


def members(size: int, seed: int, lift: float = 0.0) -> Array:
    chance = np.random.default_rng(seed)
    score = chance.random(size)
    came = chance.random(size) < 0.2 + 0.3 * score + lift
    margin = came * chance.lognormal(4, 0.8, size)
    return np.column_stack([np.ones(size), came, margin, came * 12.5, score])


def test_rows_add_up_to_the_matrix_of_their_members() -> None:
    whole = np.array([[1, 1, 12_345, 250, 731_000], [1, 0, 0, 0, 20_000], [1, 1, 99, 0, 555_555]])
    rows = [products_of(*map(int, each[1:])) for each in whole]
    summed = [sum(column) for column in zip(*rows, strict=True)]
    assert np.array_equal(matrix_of(summed), sums_of(whole.astype(np.float64)))
    assert NAMES[:6] == ("11", "1y", "1m", "1c", "1x", "yy")


def test_the_estimate_is_the_regression_of_members() -> None:
    treated, control = members(4_000, 1, 0.05), members(1_500, 2)
    told = estimate(sums_of(treated), sums_of(control))
    both, arm = np.vstack([treated, control]), np.repeat([1.0, 0.0], [4_000, 1_500])
    centered = both[:, 4] - both[:, 4].mean()
    design = np.column_stack([np.ones(len(both)), arm, centered, arm * centered])
    solved = np.linalg.lstsq(design, both[:, 1:4], rcond=None)[0]
    assert told.effects == pytest.approx(solved[1], rel=1e-9)
    # Its covariance, from members themselves.
    expected = np.zeros((3, 3))
    slopes = []
    for rows in (treated, control):
        covariance = np.cov(rows[:, 1:], rowvar=False)
        slope = covariance[:3, 3] / covariance[3, 3]
        expected += (covariance[:3, :3] - np.outer(slope, slope) * covariance[3, 3]) / len(rows)
        slopes.append(slope)
    expected += np.outer(slopes[0] - slopes[1], slopes[0] - slopes[1]) * both[:, 4].var() / len(both)
    assert told.covariance == pytest.approx(expected, rel=1e-9)
    net, error = told.along(NET)
    assert float(net) == pytest.approx(float(told.effects[1] - told.effects[2]))
    assert float(error) == pytest.approx(sqrt(NET @ expected @ NET), rel=1e-9)


def test_a_score_that_says_nothing_is_left_out() -> None:
    treated, control = members(500, 3), members(500, 4)
    treated[:, 4] = control[:, 4] = 0.5
    told = estimate(sums_of(treated), sums_of(control))
    assert told.effects == pytest.approx(treated[:, 1:4].mean(axis=0) - control[:, 1:4].mean(axis=0))


def test_too_few_are_not_ready_and_no_figure() -> None:
    few, many = sums_of(members(99, 5)), sums_of(members(500, 6))
    assert (bool(is_ready(few, many)), bool(is_ready(many, many))) == (False, True)
    assert np.isnan(estimate(sums_of(members(1, 7)), many).covariance).all()


def test_the_band_reaches_as_far_as_the_design_says() -> None:
    assert float(multiplier(20_000, 0.05, 20_000)) == pytest.approx(3.04, abs=0.005)
    assert float(multiplier(20_000, 0.01, 20_000)) == pytest.approx(3.57, abs=0.005)
    # It is narrowest, beside the noise that is left, about where it was planned.
    widths = multiplier(np.array([2_000.0, 20_000.0, 200_000.0]), 0.05, 20_000)
    assert widths[1] < widths[0]
    assert widths[1] < widths[2]
    seen = [smallest_visible(of.base, of.members, of.control) for of in BUSINESSES]
    assert seen == pytest.approx([0.017, 0.036, 0.025], abs=0.003)


def test_a_ratio_has_bounds_where_its_lower_part_is_not_nothing() -> None:
    campaign = run_campaign(BUSINESSES[0], 2.5, np.random.default_rng(8))
    treated, control = (arm[-1] for arm in campaign.looks())
    told = estimate(treated, control)
    bounds = return_on_incentives(told, 2.0537)
    ratio = float(told.effects[1] / told.effects[2])
    assert bounds.low < ratio < bounds.high
    # At each bound, the difference lies just so many errors from nothing.
    for bound in (bounds.low, bounds.high):
        effect, error = told.along(np.array([0.0, 1.0, -float(bound)]))
        assert abs(float(effect)) == pytest.approx(2.0537 * float(error), rel=1e-6)
    per_outcome = cost_per_outcome(told, 2.0537)
    inverse = bounds_of_ratio(told, Y, C, 2.0537)
    assert float(per_outcome.low) == pytest.approx(1 / float(inverse.high), rel=1e-6)
    # Where control costs as much, no return is stated.
    assert np.isnan(bounds_of_ratio(estimate(control, control), M, C, 2.0537).low)


def test_strata_that_do_not_differ_are_not_ordered_and_those_that_do_are() -> None:
    chance = np.random.default_rng(9)
    errors = np.full(8, 0.01)
    runs = scaled(400, 2_000)
    differ = [compare_strata(0.02 + errors * chance.normal(size=8), errors).differ for _ in range(runs)]
    assert np.mean(differ) <= 0.05 + 3 * sqrt(0.05 * 0.95 / runs)
    truth = np.linspace(-0.03, 0.06, 8)
    found = [compare_strata(truth + errors * chance.normal(size=8), errors) for _ in range(runs)]
    assert np.mean([each.differ for each in found]) > 0.99
    assert np.mean([np.all(each.bands.holds(truth)) for each in found]) >= 0.95 - 3 * sqrt(0.05 * 0.95 / runs)
    drawn = found[0].shrunk
    assert drawn.max() - drawn.min() < found[0].bands.high.max() - found[0].bands.low.min()


@pytest.mark.full(minutes=1, gate=True)
def test_the_list_of_what_really_worked_is_seldom_wrong_at_any_look(figures: Figures) -> None:
    chance = np.random.default_rng(10)
    idle, effective, planned, looks, runs = 30, 10, 20_000.0, 100, scaled(20, 60)
    false, peeked, powers = np.zeros(looks), [], []
    truth = np.concatenate([np.zeros(idle), np.full(effective, 0.025)])
    for _ in range(runs):
        steps = truth[:, None] + 1.0 / sqrt(planned / looks) * chance.normal(size=(len(truth), looks)) * 0.6
        sizes = np.arange(1, looks + 1) * planned / looks
        means, errors = np.cumsum(steps, axis=1) / np.arange(1, looks + 1), 0.6 / np.sqrt(sizes)
        ever = np.any(means / errors > 1.96, axis=1)
        peeked.append(ever[:idle].sum() / max(1, ever.sum()))
        for look in range(looks):
            found = evidence(
                means[:, look], np.full(len(truth), errors[look]), sizes[look], np.array(planned)
            )
            named = list_worked(means[:, look], found)
            false[look] += sum(place < idle for place in named) / max(1, len(named)) / runs
        powers.append(sum(place >= idle for place in named) / effective)
    figures.update(worst_look=float(false.max()), peeked=float(np.mean(peeked)), power=float(np.mean(powers)))
    assert false.max() <= 0.10
    assert np.mean(peeked) > 0.25
    assert np.mean(powers) > 0.8


@pytest.mark.full(minutes=1, gate=True)
def test_offers_by_location_are_read_by_location(figures: Figures) -> None:
    chance = np.random.default_rng(11)
    runs, groups = scaled(200, 1_000), 60
    by_location = by_member = 0
    for _ in range(runs):
        sizes = chance.integers(20, 200, groups)
        level = 0.4 * chance.normal(size=groups)
        treated = np.zeros(groups)
        treated[chance.permutation(groups)[: groups // 2]] = 1
        rate = logistic(-0.6 + level)
        came = chance.binomial(sizes, rate)
        before = chance.binomial(sizes, rate) / sizes
        read = compare_locations(came / sizes, treated, before)
        by_location += not read.low <= 0 <= read.high
        arms = [(came[treated == arm].sum(), sizes[treated == arm].sum()) for arm in (1, 0)]
        shares = [part / whole for part, whole in arms]
        error = sqrt(sum(s * (1 - s) / whole for s, (_, whole) in zip(shares, arms, strict=True)))
        by_member += abs(shares[0] - shares[1]) > 1.96 * error
    figures.update(by_location=by_location / runs, by_member=by_member / runs)
    assert by_location / runs <= 0.065 + 3 * sqrt(0.065 * 0.935 / runs) * (runs < 1_000)
    assert by_member / runs > 0.25


def test_few_locations_are_refused_and_twenty_without_last_year_are_compared() -> None:
    chance = np.random.default_rng(12)
    with pytest.raises(ValueError, match="each arm needs 10 locations"):
        compare_locations(np.ones(19), np.repeat([1.0, 0.0], [10, 9]))
    means = 0.3 + 0.05 * chance.normal(size=20)
    arm = np.repeat([1.0, 0.0], 10)
    read = compare_locations(means + 0.1 * arm, arm)
    assert read.low < 0.1 < read.high
    assert read.effect == pytest.approx(means[:10].mean() - means[10:].mean() + 0.1)


def test_who_comes_sooner_is_no_gain_once_all_have_matured() -> None:
    chance = np.random.default_rng(13)
    size, runs = BUSINESSES[2].members, scaled(100, 300)
    matured = early = 0
    for _ in range(runs):
        treated = chance.random(size) >= BUSINESSES[2].control
        due, came = chance.integers(0, 90, size), chance.random(size) < 0.62
        # The offer moves nobody but by six days.
        when = due + chance.integers(-10, 25, size) - 6 * treated
        for name, seen in (("matured", came), ("early", came & (when <= 50))):
            rows = np.column_stack([np.ones(size), seen, seen * 90.0, seen * 0.0, chance.random(size)])
            effect, error = estimate(sums_of(rows[treated]), sums_of(rows[~treated])).along(LIFT)
            found = not around(effect, error, 1.96).holds(0.0)
            matured += found and name == "matured"
            early += found and name == "early"
    assert matured / runs <= 0.05 + 3 * sqrt(0.05 * 0.95 / runs)
    assert early / runs > 0.9


def test_arms_out_of_plan_gather_evidence_and_arms_in_plan_do_not() -> None:
    assert float(imbalance([5_000, 5_000], [0.5, 0.5])) < 0
    assert bool(is_out_of_balance([7_500, 2_500], [0.8, 0.2]))
    told = [float(imbalance([int(n * 0.55), int(n * 0.45)], [0.5, 0.5])) for n in (500, 2_000, 8_000)]
    assert all(one < two for one, two in pairwise(told))


@pytest.mark.skipif(not DATA.is_dir(), reason="the data of others are not beside the repository")
def test_the_email_test_of_64000_comes_out_as_is_known() -> None:
    with gzip.open(DATA / "hillstrom.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    arms: dict[str, list[tuple[float, ...]]] = {}
    for row in rows:
        visited = float(row["visit"])
        arms.setdefault(row["segment"], []).append((1.0, visited, float(row["spend"]), 0.0, 0.0))
    moments = {key: sums_of(np.array(each)) for key, each in arms.items()}
    none = moments["No E-Mail"]
    for key, lift, spend in (
        ("Mens E-Mail", (0.0766, 0.0700, 0.0832), (0.77, 0.49, 1.05)),
        ("Womens E-Mail", (0.0452, 0.0389, 0.0516), (0.42, 0.17, 0.68)),
    ):
        told = estimate(moments[key], none)
        for weights, known, near in ((LIFT, lift, 0.0001), (NET, spend, 0.01)):
            effect, error = told.along(weights)
            band = around(effect, error, 1.96)
            assert (float(effect), float(band.low), float(band.high)) == pytest.approx(known, abs=near)
