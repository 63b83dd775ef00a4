"""The sentence editor: one rule of a draft with pickers, its mistakes at the fields that they concern."""

from dataclasses import dataclass

from django.http import Http404, HttpResponse

from guerdon.engine.approvals.acting import Refused
from guerdon.engine.versions.drafts import Conflict
from guerdon.program.editing.conditions import (
    LISTED,
    OPERATORS,
    WITHOUT_VALUE,
    Asked,
    Part,
    read_condition,
    shown_values,
)
from guerdon.program.editing.renaming import renamed, used_by
from guerdon.program.editing.rewriting import line_of, lines_at, rewritten
from guerdon.program.editing.rule_forms import RuleForm, read_rule, write_rule
from guerdon.program.editing.step_forms import read_backs
from guerdon.program.editing.subjects import Subject, Subjects
from guerdon.program.model import Program
from guerdon.program.places import KEY, well_formed
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES, text_in
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.rules.fields import rule_of
from guerdon.web.console.rules.mistakes import by_field
from guerdon.web.console.rules.pickers import Pickers
from guerdon.web.console.rules.sentences import Speaker
from guerdon.web.console.rules.working import Kept, Working, answered, keep, open_work

ACTS = ("save", "look", "add", "remove", "remove_step", "drop", "rename")


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of a condition as its row of the form shows it."""

    part: Part
    subject: Subject | None
    operators: tuple[str, ...] = ()
    value: str = ""
    with_value: bool = False
    listed: bool = False


@staff_page
def rule(desk: Desk, draft: str, rule: str) -> HttpResponse:
    """Show a rule of a draft, look at what a changed form comes to, or keep it."""
    work = open_work(desk, draft)
    was = work.at(("rules", rule))
    given = desk.request.POST
    if was is None and work.root is not None:
        raise Http404
    before = read_rule(was or {}, Subjects(work.names, work.said("rules", rule, "when")).find)
    if desk.request.method != "POST" or was is None:
        return _page(work, rule, before)
    if given.get("act", "").partition(".")[0] not in ACTS:
        raise Http404
    subject_of = Subjects(work.names, given.get("when", "").strip()).find
    form = rule_of(given, before, subject_of)
    if given.get("act") == "rename":
        return _rename(work, rule, before)
    if given.get("act") == "drop":
        done = keep(work, given, rewritten(work.text, ("rules", rule), None))
        back = f"{work.path}/rules"
    else:
        text = rewritten(work.text, ("rules", rule), write_rule(form, was, subject_of))
        if given.get("act") != "save":
            return _page(work if text is None else work.with_text(text), rule, form, typed=True)
        done = keep(work, given, text)
        back = f"{work.path}/rules/{rule}"
    if isinstance(done, str):
        return HttpResponse(status=303, headers={"Location": desk.address(back)})
    return answered(_page(work, rule, form, done, typed=True), done)


def _rename(work: Working, key: str, form: RuleForm) -> HttpResponse:
    """Give the rule another key, with all that names it."""
    given = work.desk.request.POST
    to = given.get("to", "").strip()
    live = {key, to} & set(work.desk.program.rules)
    done: Kept
    if not well_formed(to, KEY) or to in work.keys("rules"):
        done = Refused("key")
    elif live and given.get("anew") != "1":
        # Counts and what was given are kept by the rule's key: nobody parts with them unawares.
        done = Refused("live_key")
    else:
        done = keep(work, given, renamed(work.text, key, to))
    if isinstance(done, str):
        return HttpResponse(status=303, headers={"Location": work.desk.address(f"{work.path}/rules/{to}")})
    return answered(_page(work, key, form, done, typed=True), done)


def _page(
    work: Working, key: str, form: RuleForm, done: Kept | None = None, *, typed: bool = False
) -> HttpResponse:
    desk = work.desk
    subjects = Subjects(work.names, form.when)
    sources = read_condition(work.said("rules", key, "if"), subjects.find)
    backs = [back.place for back in read_backs(work.at(("rules", key, "then")))]
    told = by_field(work.problems_at(("rules", key)), f"rules.{key}", sources, backs)
    made = work.made
    sentence = None
    if isinstance(made, Program) and key in made.rules:
        sentence = Speaker(made, desk.locale, list(made.markets)).rule(made.rules[key])
    return desk.show(
        "console/rule_form.html",
        "rules",
        work=work,
        key=key,
        form=form,
        title=text_in({FALLBACK_LANGUAGE: key, **form.name}, desk.locale),
        used=used_by(work.text, key),
        is_live=key in desk.program.rules,
        to=desk.request.POST.get("to", ""),
        parts=[_shown(part, subjects) for part in form.parts],
        pickers=Pickers(work.names, subjects, desk.locale),
        told=told,
        other_problems=len(work.problems) - sum(map(len, told.values())),
        sentence_words=sentence,
        languages_shown=LANGUAGES,
        line=line_of(work.text, ("rules", key)),
        text=lines_at(work.text, ("rules", key)),
        typed=typed,
        refused=work.refusal(done) if isinstance(done, Conflict | Refused) else "",
    )


def _shown(part: Part, subjects: Subjects) -> Shown:
    if not isinstance(part, Asked):
        return Shown(part, None)
    subject = subjects.find(part.subject)
    known = OPERATORS[subject.kind] if subject is not None else ()
    operators = known if part.operator in known else (part.operator, *known)
    with_value = part.operator not in WITHOUT_VALUE
    return Shown(part, subject, operators, shown_values(part), with_value, part.operator in LISTED)
