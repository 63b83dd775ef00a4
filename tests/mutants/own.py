"""Defects that a test plants by itself: it is green when it has found them."""

from functools import partial

from tests.mutants.mutant import Mutant

CONTRACT, READING = "tests/api/test_contract.py", "tests/proof/test_reading.py"
CONTROLS = "tests/controls/test_controls.py::test_a_planted_breach_is_named_by_its_control_and_by_no_other"
CURSORS = f"{READING}::test_the_sealers_cursor_misses_nothing_and_each_other_one_misses_rows"
_own = partial(Mutant, way="own")


def _planted(mutant: str) -> tuple[str, ...]:
    return (f"{CONTRACT}::test_a_planted_defect_is_found[{mutant}]",)


MUTANTS = (
    _own("I-06", "undocumented status", _planted("an undocumented status"), of="T-14 ●"),
    _own("I-18", "route without auth", _planted("a route without auth"), of="T-14"),
    _own("I-06", "an answer with another field", _planted("an answer with another field"), of="T-14"),
    _own("I-06", "an answer of another kind", _planted("an answer of another kind"), of="T-14"),
    _own("I-06", "an operation that fails", _planted("an operation that fails"), of="T-14"),
    _own("I-17", "the cursor `id > last`, in a race of twelve writers", (CURSORS,), of="T-03 ●"),
    _own("I-17", "the cursor `id > last` with horizon, in a race of twelve writers", (CURSORS,), of="T-03 ●"),
    _own("I-03", "a breach planted for each daily control", (CONTROLS,)),
)
