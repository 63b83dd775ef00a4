"""What a person does with one order: each act with a reason, in one transaction, for which they answer."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from guerdon.engine.orders import staffed
from guerdon.engine.orders.canceling import Taking, Unreturned, cancel_order, return_order
from guerdon.engine.orders.cases import Accounts, Inquiry, Reply, answer_case, ask_anew
from guerdon.engine.orders.lanes.turnstile import Patience, by_turns, turns_of
from guerdon.engine.orders.port import Supplier
from guerdon.engine.orders.staffed import Word
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.reissuing import reissue, take_back
from guerdon.queries.orders.standing import OrderStory
from guerdon.store.catalog.items import MANUAL, POOL
from guerdon.store.database import Transaction
from guerdon.store.orders.handed import Piece
from guerdon.values.clock import utc_now
from guerdon.values.destinations import read_destination
from guerdon.values.ids import read
from guerdon.values.money import Money
from guerdon.web.console.desk import Desk
from guerdon.web.rooms import room

REASON_MAX, CODE_MAX, TEXT_MAX = 500, 200, 2000
# How long a page waits for the turn of its first request, and lets orders pass before each.
TURN_S, YIELDS_S = 4.0, 1.0


@dataclass(frozen=True, slots=True)
class Act:
    """What is asked for of one order, and by what form."""

    desk: Desk
    story: OrderStory
    form: Mapping[str, str]

    @property
    def word(self) -> Word:
        """Who says so, and why."""
        row = self.story.row
        reason = self.form.get("reason", "").strip()
        return Word(self.desk.program_id, row.member_id, row.order_id, self.desk.actor, reason)


@dataclass(frozen=True, slots=True)
class Undone:
    """Why nothing was done (a word of `refusal_said`), and what a supplier says of it."""

    why: str
    says: str = ""


def act(asked: Act) -> Undone | None:
    """Do what a form asks for; why not, or None."""
    why = _objection(asked)
    if not why and asked.form.get("act") == "take_back" and asked.story.row.supplier not in (POOL, MANUAL):
        return _return(asked)
    why = why or _do(asked)
    return Undone(why) if why else None


def _objection(asked: Act) -> str:
    desk, reason = asked.desk, asked.word.reason
    if "\0" in "".join(asked.form.values()) or len(reason) > REASON_MAX:
        return "words"
    if asked.form.get("act", "") not in ("take", "answer", "ask") and not reason:
        return "reason"
    return "own" if asked.story.row.member_id == desk.person.memberships.get(desk.program_id) else ""


def _do(asked: Act) -> str:
    desk, name = asked.desk, asked.form.get("act", "")
    if name == "reissue":
        return _reissue(asked)
    if name == "ask":
        return _ask(asked)
    with desk.transaction() as tx:
        return _ACTS[name](tx, asked, desk.now) or ""


def _take(tx: Transaction, asked: Act, now: datetime) -> str | None:
    return staffed.take(tx, asked.word, now)


def _put_back(tx: Transaction, asked: Act, now: datetime) -> str | None:
    return staffed.put_back(tx, asked.word, now)


def _refuse(tx: Transaction, asked: Act, now: datetime) -> str | None:
    return staffed.refuse(tx, asked.word, now)


def _hasten(tx: Transaction, asked: Act, now: datetime) -> str | None:
    return staffed.hasten(tx, asked.word, now)


def _deliver(tx: Transaction, asked: Act, now: datetime) -> str | None:
    pieces = pieces_of(asked.form)
    if pieces is None:
        return "words"
    return staffed.deliver(tx, room().vault, asked.desk.program, asked.word, pieces, now)


def _cancel(tx: Transaction, asked: Act, now: datetime) -> str | None:
    word = asked.word
    taking = Taking(word.program_id, word.member_id, word.order_id, word.by)
    return "late" if cancel_order(tx, taking, now) is not None else None


def _take_back(tx: Transaction, asked: Act, now: datetime) -> str | None:
    """What our own pool or staff delivered is worth nothing from now on, and what it cost is theirs again."""
    return take_back(tx, asked.desk.program, asked.word, now)


def _answer(tx: Transaction, asked: Act, now: datetime) -> str | None:
    form, word = asked.form, asked.word
    case, said = read("cas", form.get("case", "")), form.get("words", "").strip()
    theirs = form.get("supplier_said", "").strip()
    if case is None or not said or max(len(said), len(theirs)) > TEXT_MAX:
        return "words"
    settled = form.get("settled") == "yes"
    reply = Reply(word.program_id, word.member_id, word.order_id, case, word.by, said, theirs, settled)
    return None if answer_case(tx, room().vault, reply, now) else "settled"


_ACTS: Mapping[str, Callable[[Transaction, Act, datetime], str | None]] = {
    "take": _take,
    "put_back": _put_back,
    "refuse": _refuse,
    "hasten": _hasten,
    "deliver": _deliver,
    "cancel": _cancel,
    "take_back": _take_back,
    "answer": _answer,
}
NAMES = (*_ACTS, "reissue", "ask")


def _ask(asked: Act) -> str:
    """Have whoever delivered it asked what became of it, for the open case; they wait for the answer."""
    desk, word, case = asked.desk, asked.word, read("cas", asked.form.get("case", ""))
    if case is None:
        return "words"
    inquiry = Inquiry(word.program_id, word.member_id, word.order_id, case, word.by)
    return ask_anew(desk.transaction, accounts_of(desk), inquiry, desk.now)


def _return(asked: Act) -> Undone | None:
    """Have its supplier asked to take it back; only what is void there is worth nothing from now on."""
    desk, word = asked.desk, asked.word
    taking = Taking(word.program_id, word.member_id, word.order_id, word.by, word.reason)
    done = return_order(desk.transaction, accounts_of(desk), taking, desk.now)
    return Undone(done.why, done.says) if isinstance(done, Unreturned) else None


def accounts_of(desk: Desk) -> Accounts:
    """What asking a supplier needs, of the program of a desk."""
    return Accounts(desk.program, room().suppliers.open, room().vault, partial(_turns, desk.program_id))


def _turns(program_id: int, supplier: Supplier) -> AbstractContextManager[None]:
    """Whoever looks at a page waits a moment for the account's turn; orders that are due go first.

    What has begun is brought to its end, however long its further turns take at the account's pace.
    """
    # Lanes are nobody's part of the program: whoever sees a part of it keeps the same pace.
    patience = Patience(utc_now, TURN_S, YIELDS_S)
    return by_turns(turns_of(room().reading, program_id, supplier, patience))


def _reissue(asked: Act) -> str:
    """Take back what does not work, then order the same once more for the same reward."""
    desk, story, row = asked.desk, asked.story, asked.story.row
    face = None if story.currency is None else Money(story.face_minor or 0, story.currency)
    again = Choice(
        *(desk.program_id, row.member_id, story.reward_id, row.item, story.device),
        face=face,
        price_minor=row.value,
        slot_id=story.slot_id,
        fixed=True,
    )
    return reissue(desk.transaction, desk.program, asked.word, again, desk.now) or ""


def pieces_of(form: Mapping[str, str]) -> tuple[Piece, ...] | None:
    """What is handed over as it was typed; None where something of it cannot be."""
    typed = {kind: form.get(kind, "").strip() for kind in ("code", "pin", "url", "note")}
    longest = {"code": CODE_MAX, "pin": CODE_MAX}
    for kind, text in typed.items():
        lines = text.splitlines() if kind == "note" else [text]
        if len(text) > longest.get(kind, TEXT_MAX) or not all(line.isprintable() for line in lines):
            return None
    if any(character.isspace() for character in typed["code"] + typed["url"]):
        return None
    if typed["url"] and read_destination(typed["url"].partition("#")[0]) is None:
        return None
    return tuple(Piece(kind, text) for kind, text in typed.items() if text)
