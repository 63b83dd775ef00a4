"""The rules, each as one sentence: of the live version, or of a draft that somebody writes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpResponse

from guerdon.access.grants import WHOLE_PROGRAM
from guerdon.program.editing.rewriting import lines_at, rewritten
from guerdon.program.editing.rule_forms import fresh_rule
from guerdon.program.model import Program, Rule
from guerdon.program.places import KEY, well_formed
from guerdon.program.plain_yaml import as_yaml
from guerdon.store.versions.drafts import list_drafts
from guerdon.values.ids import show
from guerdon.values.texts import text_in
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.rules.checking import check, completion
from guerdon.web.console.rules.sentences import RuleWords, Speaker, order_of
from guerdon.web.console.rules.working import Working, answered, keep, open_work

FILTERS = ("event", "campaign", "group", "q")
_ASKED = {"check": check, "complete": completion}


@dataclass(frozen=True, slots=True)
class Line:
    """A rule in a list; `words` is None where its draft cannot be read as a program."""

    key: str
    name: str
    rule: Rule | None = None
    words: RuleWords | None = None
    markets: str = ""
    text: str = ""
    problems: int = 0


@staff_page
def rules(desk: Desk) -> HttpResponse:
    """The live version's rules."""
    speaker = Speaker(desk.program, desk.locale, seen_markets(desk))
    kept = [rule for rule in order_of(list(desk.program.rules.values())) if _is_seen(desk, rule)]
    found = [_line(speaker, rule) for rule in _chosen(desk, kept)]
    with desk.transaction() as tx:
        drafts = list_drafts(tx, desk.program_id) if desk.scope == WHOLE_PROGRAM else []
    return desk.show(
        "console/rules.html",
        "rules",
        lines=found,
        all=len(kept),
        events=len({rule.when for rule in kept}),
        filters=_filters(desk, desk.program),
        asked=_asked(desk),
        work=None,
        drafts=[(show("drf", draft.id), draft.title) for draft in drafts if not draft.waits],
        refused="",
        typed={},
    )


@staff_page
def draft_rules(desk: Desk, draft: str) -> HttpResponse:
    """A draft's rules, or one more of them; and what the text editor asks about a text."""
    work = open_work(desk, draft)
    given = desk.request.POST
    if desk.request.method != "POST":
        return _shown(desk, work)
    if given.get("act") in _ASKED:
        return _ASKED[given["act"]](work, given)
    if given.get("act") != "begin":
        raise Http404
    key = given.get("key", "").strip()
    if not well_formed(key, KEY) or key in work.keys("rules"):
        return _shown(desk, work, "key")
    text = rewritten(
        work.text, ("rules", key), fresh_rule(given.get("name", "").strip(), given.get("when", ""))
    )
    done = keep(work, given, text)
    if not isinstance(done, str):
        return answered(_shown(desk, work, done), done)
    return HttpResponse(status=303, headers={"Location": desk.address(f"{work.path}/rules/{key}")})


def _shown(desk: Desk, work: Working, refused: object = "") -> HttpResponse:
    made = work.made
    if isinstance(made, Program):
        speaker = Speaker(made, desk.locale, list(made.markets))
        kept = order_of(list(made.rules.values()))
        lines = [_line(speaker, rule) for rule in _chosen(desk, kept)]
    else:
        lines = [_unread(desk, work, key) for key in work.keys("rules")]
    answer = desk.show(
        "console/rules.html",
        "rules",
        lines=lines,
        all=len(work.keys("rules")),
        events=len({work.said("rules", key, "when") for key in work.keys("rules")}),
        filters=_filters(desk, made) if isinstance(made, Program) else {},
        asked=_asked(desk),
        work=work,
        drafts=[],
        refused=work.refusal(refused),
        typed={name: desk.request.POST.get(name, "") for name in ("key", "name", "when")},
    )
    if refused:
        answer.status_code = 422
    return answer


def _unread(desk: Desk, work: Working, key: str) -> Line:
    """A rule of a draft with mistakes, as it is written."""
    told = work.problems_at(("rules", key))
    name = text_in(work.names.name("rules", key), desk.locale)
    said = work.said("rules", key, "when"), work.said("rules", key, "if")
    return Line(key, name, text=" · ".join(filter(None, said)), problems=len(told))


@staff_page
def rule(desk: Desk, rule: str) -> HttpResponse:
    """One rule of the live version: its sentence, what holds for it, where it is used, and its text."""
    found = desk.program.rules.get(rule)
    if found is None or not _is_seen(desk, found):
        raise Http404
    speaker = Speaker(desk.program, desk.locale, seen_markets(desk))
    whole = desk.scope == WHOLE_PROGRAM
    with desk.transaction() as tx:
        drafts = list_drafts(tx, desk.program_id) if whole else []
    limits = [limit for limit in desk.program.limits.values() if Speaker.counts(limit, found)]
    return desk.show(
        "console/rule.html",
        "rules",
        rule=found,
        line=_line(speaker, found),
        limits=[(limit.key, text_in(limit.name, desk.locale), speaker.limit(limit)) for limit in limits],
        users=_users(desk.program, found),
        amounts=_amounts(speaker, found),
        text=lines_at(as_yaml(desk.program.text), ("rules", rule)) if whole else "",
        drafts=[(show("drf", draft.id), draft.title) for draft in drafts if not draft.waits],
        names=speaker,
    )


def seen_markets(desk: Desk) -> Collection[str]:
    """The markets of which the reader may see what is given."""
    if desk.scope == WHOLE_PROGRAM:
        return list(desk.program.markets)
    places = (desk.program.locations.get(key) for key in desk.scope.locations)
    return {*desk.scope.markets, *(place.market for place in places if place is not None)}


def _is_seen(desk: Desk, rule: Rule) -> bool:
    return desk.scope == WHOLE_PROGRAM or bool(set(rule.markets) & set(seen_markets(desk)))


def _line(speaker: Speaker, rule: Rule) -> Line:
    name = text_in(rule.name, speaker.locale)
    return Line(rule.key, name, rule, speaker.rule(rule), speaker.markets_of(rule))


def _asked(desk: Desk) -> dict[str, str]:
    return {name: desk.request.GET.get(name, "")[:80] for name in FILTERS}


def _chosen(desk: Desk, rules: Sequence[Rule]) -> list[Rule]:
    asked = _asked(desk)
    word = asked["q"].strip().lower()
    return [
        rule
        for rule in rules
        if asked["event"] in {"", rule.when}
        and asked["campaign"] in {"", rule.campaign}
        and asked["group"] in {"", rule.group}
        and desk.cut.market in {None, *rule.markets}
        and (not word or word in f"{rule.key} {text_in(rule.name, desk.locale)}".lower())
    ]


def _filters(desk: Desk, program: Program) -> Mapping[str, Sequence[tuple[str, str]]]:
    rules = program.rules.values()
    return {
        "event": [
            (key, text_in(event.name, desk.locale))
            for key, event in program.events.items()
            if any(rule.when == key for rule in rules)
        ],
        "campaign": [(key, text_in(each.name, desk.locale)) for key, each in program.campaigns.items()],
        "group": [(key, text_in(each.name, desk.locale)) for key, each in program.groups.items()],
    }


def _users(program: Program, rule: Rule) -> list[Rule]:
    """Rules that look back at what this one gave."""
    return [
        other
        for other in program.rules.values()
        if rule.key in {*(step.rule for step in other.reversals), *(step.rule for step in other.releases)}
    ]


def _amounts(speaker: Speaker, rule: Rule) -> list[tuple[str, str]]:
    """What is given in each market, where that is not one amount for all."""
    reward = rule.reward
    if reward is None or len(set(reward.amounts.values())) < 2:
        return []
    return [
        (speaker.market(key), speaker.money(value))
        for key, value in reward.amounts.items()
        if key in speaker.markets
    ]
