"""What reading contacts back came to: whether they have what they ought to, whoever wrote it last. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from guerdon.engine.crm.out.judging import NOBODY, NOT_ALLOWED, PACE, Rest, rest_of, said
from guerdon.engine.crm.port import Closed, Contact, Known, No, NotNow, Told
from guerdon.store.crm.writeback_checks import Checked
from guerdon.store.crm.writebacks import Due

# Why a property is said to be wrong: something else stands there, or what stands there may not be seen.
OTHERWISE, UNSEEN = "DIFFERS", "UNREAD"
# Reading that was not answered so often (some hours) is told like one that is refused.
UNANSWERED_MAX = 10
# Why everything that is asked has to wait, and not reading alone.
ASKED_LESS = frozenset({PACE, "limit", "day"})


@dataclass(frozen=True, slots=True)
class Read:
    """What came of reading back; `at_once`: fewer have to be read from now on."""

    checked: Sequence[Checked] = ()
    at_once: int = 0
    rest: Rest | None = None
    # Nobody answered: what is due to be read back waits, and nothing else does.
    put_off: bool = False


def properties_of(due: Sequence[Due]) -> list[str]:
    """What is to be read."""
    return sorted({name for each in due for name in each.wanted})


def judge_checks(
    told: Told[Mapping[str, Contact | None]], due: Sequence[Due], failures: int, now: datetime
) -> Read:
    """Judge what reading them back came to; what was not answered is asked again."""
    match told:
        case Known(answer):
            return Read([_judged(each, answer) for each in due])
        case No() if len(due) > 1:
            # As with writes: fewer and fewer, until what is to blame stands alone.
            return Read(at_once=len(due) // 2)
        case No():
            return Read([_unseen(each, said(told)) for each in due])
        case Closed("scopes"):
            # Who may write and not read is told, and goes on writing.
            return Read([_unseen(each, NOT_ALLOWED) for each in due])
        case NotNow(_, why) if why not in ASKED_LESS:
            late = [each for each in due if each.attempts >= UNANSWERED_MAX]
            return Read([_unseen(each, why) for each in late], put_off=True)
        case NotNow() | Closed():
            return Read(rest=rest_of(told, failures, now))


def _judged(due: Due, answer: Mapping[str, Contact | None]) -> Checked:
    if due.contact not in answer:
        return _unseen(due, "")
    contact = answer[due.contact]
    if contact is None:
        return Checked(due, due.contact, gone=NOBODY)
    there = contact.properties
    differs = [
        name
        for name, value in due.written.items()
        if name in due.wanted and name not in due.refused and not is_same(value, there.get(name))
    ]
    return Checked(due, contact.id, dict.fromkeys(differs, OTHERWISE))


def _unseen(due: Due, why: str) -> Checked:
    names = [name for name in due.wanted if name not in due.refused]
    return Checked(due, due.contact, dict.fromkeys(names, f"{UNSEEN}: {why}".rstrip(": ")), unread=True)


def is_same(ours: str, theirs: str | None) -> bool:
    """Whether they have what we wrote, in whatever form a CRM keeps numbers and times."""
    there = theirs or ""
    if ours == there:
        return True
    if not ours or not there:
        return False
    number, other = _number(ours), _number(there)
    if number is not None and other is not None and number == other:
        return True
    moment = _moment(ours)
    return moment is not None and moment == _moment(there)


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _moment(text: str) -> datetime | None:
    try:
        if text.isascii() and text.isdigit() and len(text) <= 15:
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo is not None else None
