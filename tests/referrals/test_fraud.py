"""T-27 for referrals: what is stopped of attacks, held or taken back, and how few honest people wait."""

import sys

import pytest
from tests.evidence import FULL, Figures
from tests.referrals.crowd import Crowd, Got
from tests.referrals.house import House

HONEST, ATTACKS = (20_000, 40) if FULL else (1_600, 4)
SEEDS = range(10) if FULL else range(1)
STOPPED_MIN, DELAYED_MAX = 0.90, 0.005
# Of a farm that nothing but its size gives away, five of thirty pass in a quarter.
EACH_MIN = 0.80


def told(got: dict[str, Got]) -> str:
    return "\n".join(
        f"{kind:22} {each.pairs:6} pairs  {each.euros:8} EUR kept  {each.stopped:7.1%} stopped  {each.states}"
        for kind, each in sorted(got.items())
    )


@pytest.mark.full(minutes=0.5, gate=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_attacks_are_stopped_and_honest_people_hardly_wait(house: House, seed: int, figures: Figures) -> None:
    crowd = Crowd(house, seed, HONEST, ATTACKS)
    crowd.live()
    got = crowd.got()
    honest = got.pop("honest")
    worth = sum(each.pairs for each in got.values())
    stopped = 1 - sum(each.euros for each in got.values()) / (worth * 550)
    delayed = honest.states.get("held", 0) / honest.pairs
    figures |= {"stopped": round(stopped, 4), "delayed": round(delayed, 5), "attacks": worth}
    said = f"seed {seed}: {stopped:.2%} of attack value stopped, {delayed:.3%} of honest pairs delayed"
    sys.stdout.write(f"\n{said}\n{told({**got, 'honest': honest})}\n")
    assert stopped >= STOPPED_MIN, told(got)
    assert delayed <= DELAYED_MAX, honest.states
    assert {kind: each.stopped for kind, each in got.items() if each.stopped < EACH_MIN} == {}
    # Held and not refused: whoever is honest all the same is waited for.
    refused = {kind for kind, each in got.items() if "refused" in each.states}
    assert refused <= {"self"}, told(got)
    assert honest.states.get("refused", 0) == 0, honest.states
