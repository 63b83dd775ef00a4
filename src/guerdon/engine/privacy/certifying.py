"""The certificate of an erasure with its proof, out of the database: as a file that anybody can check."""

from guerdon.ledger.erased import Certified
from guerdon.queries.proof.cases import load_case
from guerdon.store.database import Transaction
from guerdon.store.privacy.erasures import find_certified


def certified(tx: Transaction, program: tuple[int, str], member_id: int) -> Certified | None:
    """A member's certificate, with the case of its audit row; None: they were not erased.

    The program as id and key.
    The case has no seals as long as its row is not sealed, a second or two; then nothing is proven yet.
    """
    found = find_certified(tx, program[0], member_id)
    if found is None:
        return None
    text, row_id = found
    case = load_case(tx, program, row_id, None)
    assert case is not None, "an audit row is never deleted"
    return Certified(text, case)
