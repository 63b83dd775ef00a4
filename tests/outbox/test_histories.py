"""T-20: whatever providers and workers do, nobody is told what they may not be told, when, or how often."""

from collections import Counter

import pytest
from tests.evidence import Figures, scaled
from tests.outbox.histories import faults_of, lived, opened_world, people


@pytest.mark.full(minutes=10, gate=True)
@pytest.mark.timeout(1_500)
def test_nobody_is_told_what_they_may_not_be_told(database: str, secret: str, figures: Figures) -> None:
    with opened_world(database, secret, seed=20) as world:
        people(world, scaled(60, 2_000))
        lived(world, scaled(3, 4))
        world.kills = world.fails = 0
        lived(world, 1)
        assert faults_of(world) == []
        states = dict(world.rows("select state, count(*) from messages group by state"))
        reasons = Counter(
            str(reason).partition(":")[0]
            for (reason,) in world.rows("select reason from message_attempts where state = 'withheld'")
        )
        figures["histories"] = {
            "members": len(world.members),
            "messages": len(world.messages),
            "heard": len(world.heard),
            "failed calls": world.failed,
            "killed": world.killed,
            "ended": states,
            "withheld for": dict(reasons),
        }
        # All of it happened: otherwise nothing was shown.
        assert world.killed > 5
        assert world.failed > 20
        assert {"consent", "cap", "address"} <= set(reasons)
        assert states["sent"] > len(world.messages) // 10
        assert len(world.heard) >= states["sent"]
