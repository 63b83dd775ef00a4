"""Campaigns whose truth is known: three businesses, any effect, and members as they are (insight, section 9).

What an arm is told is random; who opens a mail, who claims and who would have come anyway is not, so that
naive figures go wrong here as they do in life.
"""

from dataclasses import dataclass

import numpy as np

from guerdon.insight.moments import Array, Truths

LOOKS = 200


@dataclass(frozen=True)
class Business:
    """A business: members of a campaign, control's share, and how they come, pay and are moved."""

    key: str
    members: int
    control: float
    groups: int
    base: float
    loyalty_sd: float
    group_sd: float
    margin: float
    margin_log_sd: float
    incentive: float
    push: float


BUSINESSES = (
    Business("ev_maker", 20_000, 0.20, 214, 0.12, 1.0, 0.35, 900, 0.9, 200, 0.30),
    Business("luxury_cars", 8_000, 0.20, 60, 0.35, 1.2, 0.40, 260, 0.7, 45, 0.35),
    Business("fintech", 30_000, 0.10, 40, 0.62, 1.3, 0.15, 90, 0.4, 15, 0.30),
)


@dataclass(frozen=True)
class Campaign:
    """A campaign that is over: rows (N, 5) of (1, y, m, c, x) as they matured, and the truth of y, m, c."""

    rows: Array
    treated: Truths
    opened: Truths
    claimed: Truths
    truth: Array

    def looks(self) -> tuple[Array, Array]:
        """Moments (200, 5, 5) of the treated and of control, as they are at each look."""
        starts = np.linspace(0, len(self.rows), LOOKS, endpoint=False).astype(np.int64)
        products = np.einsum("ni,nj->nij", self.rows, self.rows).reshape(len(self.rows), 25)
        arms = []
        for arm in (self.treated, ~self.treated):
            sums = np.add.reduceat(products * arm[:, None], starts, axis=0)
            arms.append(np.cumsum(sums, axis=0).reshape(LOOKS, 5, 5))
        return arms[0], arms[1]


def logistic(logit: Array) -> Array:
    """The probability of a logit."""
    return np.asarray(1 / (1 + np.exp(-logit)))


def run_campaign(of: Business, times: float, chance: np.random.Generator) -> Campaign:
    """Let a campaign of a business happen, its effect so many times what the business says (0: none)."""
    size = of.members
    loyalty = chance.normal(size=size)
    group = of.group_sd * chance.normal(size=of.groups)[chance.integers(of.groups, size=size)]
    kind = chance.choice([0.0, 1.0, -0.5], p=[0.55, 0.38, 0.07], size=size)
    logit = 1.15 * np.log(of.base / (1 - of.base)) + of.loyalty_sd * loyalty + group
    without, offered = logistic(logit), logistic(logit + times * of.push * kind)
    treated = chance.random(size) >= of.control
    came = chance.random(size) < np.where(treated, offered, without)
    claims = chance.random(size) < 0.93
    spread = of.margin_log_sd
    margin = of.margin * np.exp(spread * chance.normal(size=size) - spread**2 / 2)
    rows = np.column_stack(
        [
            np.ones(size),
            came,
            came * margin,
            of.incentive * (treated & came & claims),
            logistic(0.9 * logit + 0.8 * chance.normal(size=size)),
        ]
    )
    more = offered - without
    truth = np.array([more.mean(), (more * margin).mean(), 0.93 * of.incentive * offered.mean()])
    opened = chance.random(size) < logistic(0.2 + 1.1 * loyalty)
    return Campaign(rows, treated, opened, treated & came & claims, truth)
