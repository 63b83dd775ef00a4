"""The grid: a decision table of a draft, row by row, with gaps and overlaps at the rows that they concern."""

from django.http import Http404, HttpResponse

from guerdon.engine.approvals.acting import Refused
from guerdon.engine.versions.drafts import Conflict
from guerdon.program.editing.rewriting import line_of, rewritten
from guerdon.program.editing.spans import Plain
from guerdon.program.editing.subjects import Subjects
from guerdon.program.editing.table_forms import TableForm, read_table, write_table
from guerdon.values.texts import FALLBACK_LANGUAGE, text_in
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.rules.fields import table_of
from guerdon.web.console.rules.mistakes import by_row
from guerdon.web.console.rules.pickers import Pickers
from guerdon.web.console.rules.working import Kept, Path, Working, answered, keep, open_work

ACTS = ("save", "look", "row", "remove_row", "up", "down", "column", "remove_column")


@staff_page
def table(desk: Desk, draft: str, table: str) -> HttpResponse:
    """A table that has a key of its own."""
    work = open_work(desk, draft)
    return _answer(work, ("tables", table), f"{work.path}/tables/{table}")


@staff_page
def own_table(desk: Desk, draft: str, rule: str) -> HttpResponse:
    """A table that stands in a rule."""
    work = open_work(desk, draft)
    steps = work.at(("rules", rule, "then"))
    for at, step in enumerate(steps if isinstance(steps, list) else []):
        reward = step.get("reward") if isinstance(step, dict) else None
        if isinstance(reward, dict) and isinstance(reward.get("table"), dict):
            path = ("rules", rule, "then", at, "reward", "table")
            return _answer(work, path, f"{work.path}/rules/{rule}/table")
    raise Http404


def _answer(work: Working, path: Path, here: str) -> HttpResponse:
    desk = work.desk
    was = work.at(path)
    if was is None and work.root is not None:
        raise Http404
    before = read_table(was or {})
    if desk.request.method != "POST" or was is None:
        return _page(work, path, here, before)
    given = desk.request.POST
    if given.get("act", "").partition(".")[0] not in ACTS:
        raise Http404
    form = table_of(given, before)
    text = _with_table(work, path, write_table(form, was))
    if given.get("act") != "save":
        return _page(work if text is None else work.with_text(text), path, here, form, typed=True)
    done = keep(work, given, text)
    if isinstance(done, str):
        return HttpResponse(status=303, headers={"Location": desk.address(here)})
    return answered(_page(work, path, here, form, done, typed=True), done)


def _with_table(work: Working, path: Path, table: Plain) -> str | None:
    """The text with another table; one within a rule is changed with the rule's steps around it."""
    if len(path) == 2:
        return rewritten(work.text, ("tables", str(path[1])), table)
    rule = work.at(path[:2])
    assert isinstance(rule, dict), "the path was found"
    return rewritten(work.text, ("rules", str(path[1])), _put(rule, path[2:], table))


def _put(node: Plain, path: Path, value: Plain) -> Plain:
    if not path:
        return value
    step = path[0]
    if isinstance(node, dict):
        return {key: _put(each, path[1:], value) if key == step else each for key, each in node.items()}
    assert isinstance(node, list), "the path was found"
    return [_put(each, path[1:], value) if at == step else each for at, each in enumerate(node)]


def _page(
    work: Working, path: Path, here: str, form: TableForm, done: Kept | None = None, *, typed: bool = False
) -> HttpResponse:
    users = _users(work, path)
    event = work.said("rules", users[0], "when") if users else ""
    pickers = Pickers(work.names, Subjects(work.names, event), work.desk.locale)
    told = by_row(_problems(work, path))
    return work.desk.show(
        "console/table_form.html",
        "rules",
        work=work,
        entry=path,
        here_path=here,
        form=form,
        heads=[pickers.head(each) for each in form.columns],
        title=text_in({FALLBACK_LANGUAGE: str(path[1]), **form.name}, work.desk.locale),
        told=told,
        other_problems=len(work.problems) - sum(map(len, told.values())),
        users=users,
        pickers=pickers,
        line=line_of(work.text, tuple(str(step) for step in path[:2])),
        typed=typed,
        refused=work.refusal(done) if isinstance(done, Conflict | Refused) else "",
    )


def _problems(work: Working, path: Path) -> list:  # type: ignore[type-arg]
    where = path[:2] if len(path) > 2 else path
    found = work.problems_at(where)
    if len(path) == 2:
        return found
    inner = f"then[{path[3]}].reward.table"
    return [problem for problem in found if inner in problem.where]


def _users(work: Working, path: Path) -> list[str]:
    """The rules that give by a table."""
    if path[0] == "rules":
        return [str(path[1])]
    found = []
    for key in work.keys("rules"):
        steps = work.at(("rules", key, "then"))
        rewards = [step.get("reward") for step in steps or [] if isinstance(step, dict)]
        if any(isinstance(reward, dict) and reward.get("table") == path[1] for reward in rewards):
            found.append(key)
    return found
