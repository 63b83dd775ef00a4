"""A draft that is worked on: its text, what it says, what is wrong in it; and how a changed one is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.http import Http404, HttpResponse

from guerdon.engine.approvals.acting import Refused
from guerdon.engine.versions.drafts import Conflict, Written, check_draft, may_write, save_draft
from guerdon.program.diff import summary
from guerdon.program.editing.names import Names, names_of
from guerdon.program.editing.spans import Plain, plain, spans_of
from guerdon.program.model import Program
from guerdon.store.versions.drafts import DraftRow, find_draft
from guerdon.text.catalogs import words
from guerdon.values.ids import read, show
from guerdon.values.problems import Problem
from guerdon.web.console.decisions.sayings import acting_at, note_refused
from guerdon.web.console.desk import Desk
from guerdon.web.console.versions.sayings import names_of as people_of
from guerdon.web.console.versions.sayings import refusal_said

Path = tuple[str | int, ...]
Kept = str | Conflict | Refused


@dataclass(frozen=True)
class Working:
    """A draft with a text: the one that is kept, or one that somebody is about to."""

    desk: Desk
    draft: DraftRow
    text: str

    @cached_property
    def root(self) -> Plain | None:
        """What the text says; None where it cannot be read."""
        spans = spans_of(self.text)
        return plain(spans) if spans is not None else None

    @cached_property
    def names(self) -> Names:
        """What the text declares."""
        return names_of(self.root)

    @cached_property
    def made(self) -> Program | list[Problem]:
        """The program that the text is, or its mistakes."""
        return check_draft(self.desk.program, self.text)

    @property
    def problems(self) -> Sequence[Problem]:
        """Everything that is wrong in the text."""
        return self.made if isinstance(self.made, list) else []

    @property
    def drf(self) -> str:
        """The draft's id as people see it."""
        return show("drf", self.draft.id)

    @property
    def path(self) -> str:
        """The draft's page."""
        return f"program/drafts/{self.drf}"

    @property
    def writes(self) -> bool:
        """Whether the reader may write here, now."""
        return may_write(acting_at(self.desk)) and self.draft.stands

    @cached_property
    def changes(self) -> list[str]:
        """What the text says otherwise than the live version, in words."""
        return (
            summary(self.desk.program, self.made, self.desk.locale) if isinstance(self.made, Program) else []
        )

    def with_text(self, text: str) -> "Working":
        """The same draft with another text."""
        return Working(self.desk, self.draft, text)

    def at(self, path: Path) -> Plain | None:
        """What stands at a path."""
        node = self.root
        for step in path:
            if isinstance(node, dict) and isinstance(step, str):
                node = node.get(step)
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                node = node[step]
            else:
                return None
        return node

    def keys(self, section: str) -> tuple[str, ...]:
        """The keys of a section."""
        found = self.at((section,))
        return tuple(found) if isinstance(found, dict) else ()

    def said(self, *path: str) -> str:
        """A text at a path; nothing where there is none."""
        found = self.at(path)
        return found if isinstance(found, str) else ""

    def problems_at(self, path: Path) -> list[Problem]:
        """The mistakes of an entry, and of everything below it."""
        where = ".".join(map(str, path))
        return [
            problem
            for problem in self.problems
            if problem.where == where or problem.where.startswith((f"{where}.", f"{where}["))
        ]

    def refusal(self, done: object) -> str:
        """Why nothing was kept, in words."""
        say = words(self.desk.locale, "console").gettext
        if isinstance(done, Conflict):
            with self.desk.transaction() as tx:
                names = people_of(tx, [done.now.saved_by])
            told = say("Nothing was saved: %(person)s saved this draft meanwhile. Load the page again.")
            return told % {"person": names.get(done.now.saved_by, done.now.saved_by)}
        reason = done.reason if isinstance(done, Refused) else done
        own = {
            "key": say("A key is needed that no other has: small letters, digits and underscores."),
            "live_key": say(
                "Nothing was saved: what was counted and given stays with a live rule's key. Tick that it"
                " may begin anew."
            ),
            "tangled": say("This cannot be changed here without changing more. Change it in the text."),
        }
        return own.get(str(reason)) or (refusal_said(str(reason), self.desk.locale) if reason else "")


def open_work(desk: Desk, draft: str) -> Working:
    """The draft of an address."""
    number = read("drf", draft)
    with desk.transaction() as tx:
        found = find_draft(tx, desk.program_id, number) if number is not None else None
    if found is None:
        raise Http404
    return Working(desk, found, found.text)


def keep(work: Working, given: Mapping[str, str], text: str | None) -> Kept:
    """Keep another text of a draft, upon the edition that the form showed; the text, when it is kept."""
    if text is None:
        return Refused("tangled")
    typed = given.get("edition", "")
    edition = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
    said = Written(edition, work.draft.title, text)
    with work.desk.transaction() as tx:
        done = save_draft(tx, acting_at(work.desk), work.draft.id, said)
    if isinstance(done, Refused):
        note_refused(work.desk, "program", done)
    return done.text if isinstance(done, DraftRow) else done


def answered(answer: HttpResponse, done: Conflict | Refused) -> HttpResponse:
    """The answer to a form that was not kept."""
    answer.status_code = 409 if isinstance(done, Conflict) else 422
    return answer
