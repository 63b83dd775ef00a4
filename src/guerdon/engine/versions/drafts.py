"""Drafts: people write the next version's text, save it with whatever is wrong in it, ask others to sign.

Who saves names the edition that they began from. If somebody else saved meanwhile, nothing is written, and
they are told who and when: what they wrote is in their hands still. While people are asked to sign, the text
stands still; asked back, rejected or withdrawn it can be edited again. Nothing is sent for signatures whose
very text was not replayed lately over enough of what really happened (docs/decisions/0019).
"""

from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.approvals.acting import Acting, Refused, Stood
from guerdon.engine.approvals.asking import ask, edit
from guerdon.engine.approvals.wishes import version_of
from guerdon.ledger.contents import PublishVersion
from guerdon.program.document import STORED_BYTES_MAX
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.program.plain_yaml import as_yaml
from guerdon.queries.replay.needed import Missing, missing_rehearsal
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.programs import StoredVersion
from guerdon.store.versions.drafts import (
    DraftRow,
    find_draft_of,
    find_text_of_version,
    lock_draft,
    record_draft,
    record_put_away,
    record_save,
    record_submitted,
)
from guerdon.values.ids import show
from guerdon.values.problems import Problem

TITLE_LETTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody sends to be saved: on which edition it stands, and the text."""

    edition: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else saved since; nothing was written."""

    now: DraftRow


def may_write(acting: Acting) -> bool:
    """Whether somebody may write versions of the whole program."""
    return acting.holds("write")


def begin_draft(tx: Transaction, acting: Acting, title: str, stored: StoredVersion) -> int | Refused:
    """Begin a draft from a version, as it was written where that is known; the draft's number."""
    if not may_write(acting):
        return Refused("role")
    if not _is_title(title):
        return Refused("title")
    text = written_text(tx, acting.program_id, stored)
    number = record_draft(
        tx, acting.program_id, (title.strip(), text), stored.version, acting.name, acting.now
    )
    _tell(tx, acting, "draft.begun", number, based_on=stored.version)
    return number


def written_text(tx: Transaction, program_id: int, stored: StoredVersion) -> str:
    """The text of a version as somebody wrote it, if that says the same; else made of what is stored."""
    text = find_text_of_version(tx, program_id, stored.version)
    made = read_program(text, None, stored.key) if text is not None else None
    if text is not None and isinstance(made, Program) and made.sha == stored.sha:
        return text
    return as_yaml(stored.bundle)


def save_draft(tx: Transaction, acting: Acting, number: int, said: Written) -> DraftRow | Conflict | Refused:
    """Keep the next edition of a draft, right or wrong; saving what is there already changes nothing."""
    draft = lock_draft(tx, acting.program_id, number)
    fault = _why_not(draft, said) if may_write(acting) else "role"
    if fault or draft is None:
        return Refused(fault)
    text = said.text.replace("\r\n", "\n")
    if (draft.title, draft.text) == (said.title.strip(), text):
        return draft
    if draft.edition != said.edition:
        return Conflict(draft)
    if not _answers_for(acting, draft):
        # Saved by a key, what a person wrote would be the key's, and that person could sign it.
        return Refused("author")
    record_save(tx, acting.program_id, number, (said.title.strip(), text), acting.name, acting.now)
    _tell(tx, acting, "draft.saved", number, edition=draft.edition + 1)
    saved = lock_draft(tx, acting.program_id, number)
    assert saved is not None, "it was locked"
    return saved


def check_draft(program: Program, text: str) -> Program | list[Problem]:
    """A draft's text as a program, or everything that is wrong with it."""
    made = read_program(text, None)
    if isinstance(made, Program) and made.key != program.key:
        what = f"this is the text of {made.key}"
        return [Problem("program", None, what, f"the program here is {program.key}: its key never changes")]
    return made


def submit_draft(
    tx: Transaction,
    acting: Acting,
    shown: tuple[int, int],
    reason: str,
    live_from: datetime | None = None,
) -> Stood | Conflict | Refused:
    """Ask others to sign a draft in the edition that was `shown`, to be live from now or later."""
    number, edition = shown
    draft = lock_draft(tx, acting.program_id, number)
    made = _ready(tx, acting, draft, edition)
    if draft is None or not isinstance(made, Program):
        assert not isinstance(made, Program)
        return made
    content = version_of(made, live_from)
    if draft.asked == "returned" and draft.request_id is not None:
        # The answer to what was asked back.
        done = edit(tx, acting, (draft.request_id, draft.revision), content, reason)
    else:
        done = ask(tx, acting, content, reason)
    if isinstance(done, Stood):
        record_submitted(tx, acting.program_id, number, done.request_id)
        _tell(tx, acting, "draft.submitted", number, request=show("apr", done.request_id), edition=edition)
    return done


def _ready(
    tx: Transaction, acting: Acting, draft: DraftRow | None, edition: int
) -> Program | Conflict | Refused:
    """The program that a draft is, if it may be sent for signatures; or why it may not."""
    if draft is None:
        return Refused("unknown")
    if not draft.stands:
        return Refused("closed")
    if draft.edition != edition:
        return Conflict(draft)
    if not _answers_for(acting, draft):
        return Refused("author")
    made = check_draft(acting.program, draft.text)
    if not isinstance(made, Program):
        return Refused("wrong", made)
    missing = missing_of(tx, acting, made)
    return Refused(f"replay_{missing}") if missing else made


def _answers_for(acting: Acting, draft: DraftRow) -> bool:
    """Whether all of a draft is theirs to ask for: who began it, and who saved it last."""
    return acting.answers_for(draft.created_by) and acting.answers_for(draft.saved_by)


def resend(
    tx: Transaction, acting: Acting, shown: tuple[int, int], content: PublishVersion, reason: str
) -> Stood | Refused:
    """Ask again for a version in the revision that was `shown`; of a draft only what it says by now.

    Whoever looks at a request sees the text that was asked for. Where its draft was edited since, that one is
    not sent in place of it, nor the newer one unseen.
    """
    request_id, revision = shown
    number = find_draft_of(tx, acting.program_id, request_id)
    draft = lock_draft(tx, acting.program_id, number) if number is not None else None
    # What nobody edited here: another door's, or one that waits and stands still.
    if draft is None or draft.asked != "returned":
        return edit(tx, acting, shown, content, reason)
    if draft.revision != revision:
        return Refused("edited")
    made = check_draft(acting.program, draft.text)
    if not isinstance(made, Program) or made.sha != content.bundle_sha:
        return Refused("draft")
    done = submit_draft(tx, acting, (draft.id, draft.edition), reason, content.live_from)
    return Refused("edited") if isinstance(done, Conflict) else done


def missing_of(tx: Transaction, acting: Acting, made: Program) -> Missing:
    """What exactly this text still needs of a replay before others are asked to sign it."""
    return missing_rehearsal(tx, acting.program_id, made.sha, acting.now)


def put_away_draft(tx: Transaction, acting: Acting, number: int, reason: str) -> Refused | None:
    """Close a draft that shall not become a version."""
    draft = lock_draft(tx, acting.program_id, number)
    if not may_write(acting):
        return Refused("role")
    if draft is None:
        return Refused("unknown")
    if not draft.stands:
        return Refused("closed")
    record_put_away(tx, acting.program_id, number, acting.now)
    _tell(tx, acting, "draft.put_away", number, reason)
    return None


def _why_not(draft: DraftRow | None, said: Written) -> str:
    if draft is None:
        return "unknown"
    if not draft.stands:
        return "closed"
    if not _is_title(said.title):
        return "title"
    return "text" if "\0" in said.text or len(said.text.encode()) > STORED_BYTES_MAX else ""


def _is_title(title: str) -> bool:
    return bool(title.strip()) and len(title) <= TITLE_LETTERS_MAX and "\0" not in title


def _tell(
    tx: Transaction, acting: Acting, action: str, number: int, reason: str = "", **detail: int | str
) -> None:
    subject, at = show("drf", number), acting.now
    record_audit(tx, acting.program_id, acting.name, action, subject, at, reason=reason, after=detail or None)
