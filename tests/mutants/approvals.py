"""Defects by which something happens that nobody signed (I-13)."""

from tests.mutants.mutant import Mutant, put, rewriting

PLACE = "guerdon.engine.approvals.granting"
GRANTING, SIGNING = "tests/approvals/test_granting.py", "tests/approvals/test_signing.py"
EDITED = f"{GRANTING}::test_what_was_approved_before_an_edit_is_not_done_after_it"


def issue_after_edit() -> None:
    """What was signed before an edit counts after it."""
    rewriting(
        {"and s.request_id = w.request_id and s.revision = w.revision": "and s.request_id = w.request_id"}
    )


def hash_not_compared() -> None:
    put(f"{PLACE}:content_sha", lambda _: AnyHash())


class AnyHash(bytes):
    """A hash that is whatever it is compared with."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = bytes.__hash__


def signatures_as_they_were() -> None:
    """Who may sign is asked when they sign, and never again."""
    put(f"{PLACE}:_why_open", lambda *_: "")


def makers_may_sign() -> None:
    put("guerdon.engine.approvals.signatures:why_not", lambda *_: None)
    put("guerdon.engine.approvals.papers:why_not", lambda *_: None)


def nobody_gains() -> None:
    put("guerdon.engine.approvals.signatures:gains", lambda *_: False)


MUTANTS = (
    Mutant("I-13", "issue after edit", (EDITED,), patch=issue_after_edit, of="T-02"),
    Mutant("I-13", "what was signed is not compared with what happens", (GRANTING,), patch=hash_not_compared),
    Mutant("I-13", "signatures are not judged again at issue", (GRANTING,), patch=signatures_as_they_were),
    Mutant("I-13", "who asked may sign", (SIGNING,), patch=makers_may_sign),
    Mutant("I-13", "the beneficiary may sign", (SIGNING,), patch=nobody_gains),
)
