"""Proposals: a form for what somebody wants done: a reward, an adjustment, a file of many, a role, a move.

What is wrong comes back beside what was typed, all of it at once; what is right becomes a request. Forms that
are opened from elsewhere (`?act=grant`, `?act=move`) stand alone.
"""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse

from guerdon.engine.approvals.acting import Refused, Stood
from guerdon.engine.approvals.asking import ask
from guerdon.engine.approvals.bulk_file import FILE_BYTES_MAX, read_bulk_file
from guerdon.engine.approvals.payers import Payers
from guerdon.engine.approvals.wishes import (
    AdjustmentWish,
    RewardWish,
    adjustment_by_hand,
    reward_by_hand,
)
from guerdon.ledger.contents import Content
from guerdon.store.database import Transaction
from guerdon.values.ids import read, show
from guerdon.values.problems import Problem
from guerdon.web.console.decisions import forms
from guerdon.web.console.decisions.sayings import Sayings, acting_at, note_refused
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

PROBLEMS_SHOWN = 200
FIELDS = ("member", "rule", "unit", "amount", "payer", "reason", "debt", *forms.FIELDS)
ALONE = frozenset({"grant", "move"})


@staff_page
def proposal(desk: Desk) -> HttpResponse:
    """Show the forms, or ask for what one of them says."""
    if desk.request.method != "POST":
        return _shown(desk)
    make = _WISHES.get(desk.request.POST.get("act", ""))
    if make is None:
        raise Http404
    reason = desk.request.POST.get("reason", "").strip()
    # A member of somewhere else is as unknown as one there is not.
    with desk.transaction() as tx:
        content = make(desk, tx)
    if isinstance(content, list):
        answer: Stood | Refused = Refused("wrong", content)
    else:
        with room().reading(desk.program_id) as tx:
            answer = ask(tx, acting_at(desk), content, reason)
    if isinstance(answer, Stood):
        where = desk.address(f"decisions/{show('apr', answer.request_id)}")
        return HttpResponse(status=303, headers={"Location": where})
    note_refused(desk, "requests", answer)
    return _shown(desk, answer)


def _adjustment(desk: Desk, tx: Transaction) -> Content | list[Problem]:
    given = desk.request.POST
    wish = AdjustmentWish(
        given.get("member", ""),
        given.get("unit", ""),
        given.get("amount", ""),
        given.get("payer", ""),
        given.get("reason", "").strip(),
        given.get("debt") == "yes",
    )
    return adjustment_by_hand(tx, desk.program_id, desk.program, wish)


def _reward(desk: Desk, tx: Transaction) -> Content | list[Problem]:
    given = desk.request.POST
    wish = RewardWish(given.get("member", ""), given.get("rule", ""), given.get("amount", ""))
    return reward_by_hand(tx, desk.program_id, desk.program, wish, desk.now)


def _bulk(desk: Desk, tx: Transaction) -> Content | list[Problem]:
    file = desk.request.FILES.get("file")
    if file is None:
        return [Problem("file", None, "no file was sent", "choose one")]
    data, scope = file.read(FILE_BYTES_MAX + 1), acting_at(desk).spends("bulk")
    return read_bulk_file(tx, desk.program_id, desk.program, data, scope)


_WISHES = {
    "adjustment": _adjustment,
    "reward": _reward,
    "bulk": _bulk,
    "grant": forms.grant_wished,
    "move": forms.move_wished,
}


def _shown(desk: Desk, refused: Refused | None = None) -> HttpResponse:
    typed = desk.request.POST if refused else _addressed(desk.request.GET)
    act = typed.get("act", "")
    with desk.transaction() as tx:
        choices = _choices(desk, tx, act, typed.get("account", ""))
    problems = refused.problems if refused else ()
    answer = desk.show(
        "console/proposal.html",
        "decisions",
        names=Namer(desk.program, desk.locale),
        say=Sayings(desk.program, desk.locale, {}),
        act=act,
        alone=act in ALONE,
        choices=choices,
        typed={name: typed.get(name, "") for name in FIELDS},
        payers=Payers(desk.program, acting_at(desk).spends("adjustment")).listed()
        if act not in ALONE
        else [],
        rules=[rule for rule in desk.program.rules.values() if rule.reward is not None],
        gives=desk.may("rewards", "write"),
        adjusts=desk.may("ledger", "write"),
        refused=refused,
        problems=problems[:PROBLEMS_SHOWN],
        faults=[forms.fault_said(each, desk.locale) for each in problems] if act in ALONE else [],
        more=max(len(problems) - PROBLEMS_SHOWN, 0),
    )
    answer.status_code = 422 if refused else 200
    return answer


def _addressed(terms: Mapping[str, str]) -> dict[str, str]:
    """What an address fills into a form: of a member their id, and nothing else that says who they are."""
    return {name: said for name, said in terms.items() if name != "member" or read("mem", said) is not None}


def _choices(desk: Desk, tx: Transaction, act: str, account: str) -> dict[str, Any]:
    if act == "grant" and desk.may("people", "write"):
        return forms.grant_choices(desk, tx)
    if act == "move" and desk.may("budgets", "write"):
        return forms.move_choices(desk, tx, account)
    return {}
