"""T-01: a member's points against a model, step by step; 120 examples of 40 steps, in the full set 1,500."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.evidence import scaled
from tests.wallet.house import NOW, House
from tests.wallet.machine import Ground, WalletMachine, connect_ground

from guerdon.engine.publish import publish
from guerdon.store.database import connect

STEPS = 40
POT_POINTS = 300
EXAMPLES = scaled(120, 1_500)


def run_machine(
    house: House, examples: int = EXAMPLES, rewrite: Mapping[str, str] | None = None, *, shrink: bool = True
) -> None:
    """Run examples in a house; raises where it and the model differ. A mutant hands in what it rewrites."""
    number = int(os.environ.get("WALLET_SEED") or secrets.randbelow(2**32))
    print(f"seed {number}: repeat it with WALLET_SEED={number}")  # noqa: T201  it is how a failure is repeated
    phases = [Phase.generate, *([Phase.shrink] if shrink else [])]
    with connect_ground(house.url, rewrite) as db:
        ground = Ground(db, house.secret, house.program, _with_a_small_pot(house))
        machine = type("WalletMachineInAHouse", (WalletMachine,), {"ground": ground})
        run_state_machine_as_test(
            seed(number)(machine),
            settings=settings(
                max_examples=examples,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                phases=phases,
                suppress_health_check=list(HealthCheck),
            ),
        )


def _with_a_small_pot(house: House) -> int:
    """Publish the program once more, with a pot that is empty soon."""
    pot = house.program.budgets["pot"]
    nodes = {**pot.nodes, "DE": replace(pot.nodes["DE"], amount_minor=POT_POINTS)}
    budgets = {**house.program.budgets, "pot": replace(pot, nodes=nodes)}
    program = replace(house.program, key=f"machine_{secrets.token_hex(4)}", budgets=budgets)
    with connect(house.url, house.secret, "owner") as db:
        return publish(db, program, "test", NOW).program_id


@pytest.mark.full(minutes=12, gate=True)
@pytest.mark.timeout(1_800)
def test_whatever_is_done_the_house_agrees_with_the_model(house: House) -> None:
    run_machine(house)
