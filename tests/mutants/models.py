"""Mistakes in the models, which the search through all their states must find (T-02)."""

from functools import partial

from tests.models import approvals, holds, leases, orders, suppliers
from tests.mutants.mutant import Mutant

INVARIANTS = {holds: "I-09", orders: "I-15", suppliers: "I-15", approvals: "I-13", leases: "I-05"}
# Those that the test programme asks for by name.
MARKED = {"no hold", "release on timeout", "new key on retry"}
_model = partial(Mutant, way="model")

MUTANTS = tuple(
    _model(
        invariant,
        f"{bug} (model of {name})",
        (f"tests/models/test_models.py::test_a_mistake_is_found[{name}-{bug}]",),
        of="T-02 ●" if bug in MARKED else "T-02",
    )
    for module, invariant in INVARIANTS.items()
    for name in (module.__name__.rpartition(".")[2],)
    for bug in sorted(module.BUGS)
)
