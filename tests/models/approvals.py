"""A held reward, four people and a budget: signed, edited, revoked, expired, and issued later on.

What counts is who may sign at the moment of issue, over what is issued; and the money that was set aside
leaves the budget once, or returns to it once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.models.explorer import Model

PEOPLE = 4
MAKER = 0
NEEDED = 2
BUDGET = 10
AMOUNT = 4
REVISIONS_MAX = 3
CHANGES_MAX = 4


@dataclass(frozen=True)
class Request:
    """All there is. `signed` are (person, revision)."""

    state: str = "open"
    revision: int = 1
    signed: frozenset[tuple[int, int]] = frozenset()
    may: frozenset[int] = frozenset(range(PEOPLE))
    free: int = BUDGET - AMOUNT
    held: int = AMOUNT
    issued: tuple[tuple[int, frozenset[int], bool], ...] = ()
    changes: int = 0
    other: int = 0


BUGS = frozenset(
    {
        "issue after edit",
        "rights are not read again",
        "the maker may sign",
        "expiry keeps the money",
        "issued by both workers",
        "one person signs for two",
    }
)


@dataclass(frozen=True)
class _Steps:
    """The ways out of a state, with one thing done wrong."""

    bug: str

    def signers(self, request: Request) -> list[int]:
        """Whose signatures count."""
        kept = [
            person
            for person, revision in sorted(request.signed)
            if revision == request.revision or self.bug == "issue after edit"
        ]
        return [person for person in kept if person in request.may or self.bug == "rights are not read again"]

    def enough(self, request: Request) -> bool:
        """Whether they are enough."""
        counted = self.signers(request)
        return len(counted) * (2 if self.bug == "one person signs for two" else 1) >= NEEDED

    def steps(self, request: Request) -> Iterator[tuple[str, Request]]:
        if request.changes < CHANGES_MAX:
            for person in range(PEOPLE):
                may = request.may ^ {person}
                yield f"right of {person}", replace(request, may=may, changes=request.changes + 1)
        if request.other < BUDGET and request.free:
            yield "another reward", replace(request, free=request.free - 1, other=request.other + 1)
        if request.state == "open":
            yield from self._while_open(request)
        if request.state == "approved" or (self.bug == "issued by both workers" and request.state == "done"):
            yield from self._worker(request)

    def _while_open(self, request: Request) -> Iterator[tuple[str, Request]]:
        for person in sorted(request.may):
            mine = (person, request.revision)
            if mine in request.signed or (person == MAKER and self.bug != "the maker may sign"):
                continue
            signed = replace(request, signed=request.signed | {mine})
            yield f"sign {person}", replace(signed, state="approved") if self.enough(signed) else signed
        if request.revision < REVISIONS_MAX:
            yield "edit", replace(request, revision=request.revision + 1)
        for name in ("reject", "expire"):
            keeps = name == "expire" and self.bug == "expiry keeps the money"
            back = 0 if keeps else request.held
            closed = replace(request, state=f"{name}ed", free=request.free + back, held=request.held - back)
            yield name, closed

    def _worker(self, request: Request) -> Iterator[tuple[str, Request]]:
        if not self.enough(request):
            yield "open again", replace(request, state="open")
            return
        by = frozenset(self.signers(request))
        issue = (request.revision, by, by <= request.may)
        yield (
            "issue",
            replace(request, state="done", held=request.held - AMOUNT, issued=(*request.issued, issue)),
        )


def model(bug: str = "") -> Model[Request]:
    """The model, with one thing done wrong."""
    assert not bug or bug in BUGS
    return Model(Request(), _Steps(bug).steps, _broken)


def _broken(request: Request) -> str | None:
    given = AMOUNT * len(request.issued) + request.other
    checks = (
        (request.free < 0 or request.held < 0, "the budget is overspent"),
        (len(request.issued) > 1, "issued twice"),
        (request.free + request.held + given != BUDGET, "money came from nowhere or went there"),
        (
            (request.state in {"open", "approved"}) != (request.held > 0),
            "money is set aside for nothing, or not",
        ),
        (any(len(by - {MAKER}) < NEEDED for _, by, _ in request.issued), "issued without enough signatures"),
        (any(MAKER in by for _, by, _ in request.issued), "signed by who made it"),
        (not all(may for _, _, may in request.issued), "issued on a right that was withdrawn"),
        (
            request.state == "done" and not _all_signed(request),
            "issued what nobody signed",
        ),
    )
    return next((what for wrong, what in checks if wrong), None)


def _all_signed(request: Request) -> bool:
    return all((person, revision) in request.signed for revision, by, _ in request.issued for person in by)
