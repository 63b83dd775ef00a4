"""T-02: every state that the models reach is sound, and each known mistake is found by them."""

from types import ModuleType

import pytest
from tests.models import approvals, holds, leases, orders, suppliers
from tests.models.explorer import walk

MODELS = (holds, orders, suppliers, approvals, leases)
STATES_MIN = 100_000
NAMED = [
    pytest.param(model, bug, id=f"{model.__name__.rpartition('.')[2]}-{bug}")
    for model in MODELS
    for bug in sorted(model.BUGS)
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__.rpartition(".")[2])
def test_no_state_is_unsound_or_stuck(model: ModuleType) -> None:
    found = walk(model.model())
    assert found.violation is None, " -> ".join(found.way)
    assert found.states >= STATES_MIN


@pytest.mark.parametrize(("model", "bug"), NAMED)
def test_a_mistake_is_found(model: ModuleType, bug: str) -> None:
    found = walk(model.model(bug))
    assert found.violation is not None, f"{found.states} states, and nobody noticed: {bug}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__.rpartition(".")[2])
def test_each_model_knows_three_mistakes_at_least(model: ModuleType) -> None:
    assert len(model.BUGS) >= 3
