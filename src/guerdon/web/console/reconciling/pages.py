"""What differs, added up and listed; one of it; and the forms: a statement, what was done, a credit.

It is the ledger's area: money that went out without a reward, or was charged and should not have been. So
finance settles it, and whoever reads the ledger reads it.
"""

from decimal import Decimal, InvalidOperation
from typing import get_args

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.reconciling.settling import REASON_MAX, end_credit, settle
from guerdon.engine.reconciling.watching import DIFFERS_ALARM
from guerdon.queries.alarms import list_alarms
from guerdon.queries.reconciling import standing
from guerdon.queries.reconciling.standing import Difference, Sifting
from guerdon.store.orders.reconciling.differences import DONE, Done, Settling
from guerdon.suppliers.amounts import digits_of, to_minor
from guerdon.suppliers.reading import Unreadable
from guerdon.values.ids import read, show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.reconciling.exporting import differences_file
from guerdon.web.console.reconciling.sayings import refusal_said, words_of
from guerdon.web.console.reconciling.sending import Refused, bring
from guerdon.web.console.versions.sayings import names_of

PATH = "reconciliation"
STATES = ("open", "settled", "healed")
ROWS_SHOWN, STATEMENTS_SHOWN, CREDITS_SHOWN, PROBLEMS_SHOWN, ALARMS_SHOWN = 50, 10, 50, 20, 20


@staff_page
def reconciliation(desk: Desk) -> HttpResponse:
    """List what differs; or take a statement, or settle a credit."""
    if desk.request.method != "POST":
        return _listed(desk, Refused(""))
    acts = {"bring": bring, "credit": _credit}
    act = acts.get(desk.request.POST.get("act", ""))
    if act is None:
        raise Http404
    if not desk.scope.whole:
        raise PermissionDenied
    refused = act(desk)
    if refused is not None:
        return _listed(desk, refused)
    return HttpResponse(status=303, headers={"Location": desk.address(PATH)})


@staff_page
def export(desk: Desk) -> HttpResponse:
    """Give the differences that the list is about as a file."""
    found = differences_file(desk, _sifted(desk))
    return _listed(desk, Refused("large")) if found is None else found


@staff_page
def difference(desk: Desk, difference: str) -> HttpResponse:
    """Show one, or say what was done about it."""
    found = _found(desk, difference)
    if desk.request.method != "POST":
        return _shown(desk, found)
    if desk.request.POST.get("act") != "settle":
        raise Http404
    why = _settle(desk, found)
    if why:
        return _shown(desk, found, why)
    return HttpResponse(status=303, headers={"Location": desk.address(f"{PATH}/{difference}")})


def _settle(desk: Desk, found: Difference) -> str:
    said = desk.request.POST
    reason = said.get("reason", "").strip()
    done: Done | None = next((each for each in DONE if each == said.get("done")), None)
    if done is None or not _is_reason(reason):
        return "reason"
    amount = _amount(said.get("amount", ""), found.currency)
    if amount is False:
        return "amount"
    settling = Settling(found.id, done, reason, None if amount is None else int(amount), desk.actor)
    with desk.transaction() as tx:
        return "" if settle(tx, desk.program_id, settling, desk.now) else "settled"


def _credit(desk: Desk) -> Refused | None:
    said = desk.request.POST
    number, reason = read("crd", said.get("credit", "")), said.get("reason", "").strip()
    if not _is_reason(reason):
        return Refused("reason")
    with desk.transaction() as tx:
        credit = standing.find_credit(tx, number) if number is not None else None
        if credit is None:
            raise Http404
        amount = _amount(said.get("amount", ""), credit.currency)
        if said.get("end") == "received" and amount is None:
            amount = False if credit.expected_minor is None else credit.expected_minor
        if amount is False:
            return Refused("amount")
        received = int(amount or 0) if said.get("end") == "received" else None
        done = end_credit(tx, desk.program_id, credit.id, (received, reason, desk.actor), desk.now)
    return None if done else Refused("settled")


def _sifted(desk: Desk) -> Sifting:
    said = desk.request.GET
    return Sifting(
        state=next((each for each in STATES if each == said.get("state")), "open"),
        supplier=next((each for each in desk.program.suppliers if each == said.get("supplier")), None),
        kind=next((each for each in standing.KINDS if each == said.get("kind")), None),
        before=read("dif", said.get("before", "")),
    )


def _listed(desk: Desk, refused: Refused) -> HttpResponse:
    sifted = _sifted(desk)
    with desk.transaction() as tx:
        alarms = list_alarms(tx, ALARMS_SHOWN, kinds=(DIFFERS_ALARM,), only_open=True)
        totals = standing.total_differences(tx, desk.now)
        rows = standing.list_differences(tx, sifted, ROWS_SHOWN + 1)
        statements = standing.list_statements(tx, STATEMENTS_SHOWN)
        credits_ = standing.list_credits(tx, CREDITS_SHOWN)
    answer = desk.show(
        "console/reconciling/list.html",
        PATH,
        whole=desk.scope.whole,
        alarms=alarms,
        totals=totals,
        rows=rows[:ROWS_SHOWN],
        onward=show("dif", rows[ROWS_SHOWN - 1].id) if len(rows) > ROWS_SHOWN else None,
        sifted={"state": sifted.state, "supplier": sifted.supplier or "", "kind": sifted.kind or ""},
        states=STATES,
        kinds=standing.KINDS,
        suppliers=list(desk.program.suppliers),
        statements=statements,
        credits=credits_,
        refused=refusal_said(refused.why, desk.locale),
        problems=refused.problems[:PROBLEMS_SHOWN],
        **words_of(desk),
    )
    answer.status_code = 422 if refused.why else 200
    return answer


def _shown(desk: Desk, found: Difference, refused: str = "") -> HttpResponse:
    with desk.transaction() as tx:
        who = names_of(tx, [found.settled_by])
    answer = desk.show(
        "console/reconciling/one.html",
        PATH,
        row=found,
        here_path=f"{PATH}/{show('dif', found.id)}",
        ways=get_args(Done),
        settled_by=who.get(found.settled_by or "", found.settled_by),
        refused=refusal_said(refused, desk.locale),
        **words_of(desk),
    )
    answer.status_code = 422 if refused else 200
    return answer


def _found(desk: Desk, named: str) -> Difference:
    number = read("dif", named)
    with desk.transaction() as tx:
        found = standing.find_difference(tx, number) if number is not None else None
    if found is None:
        raise Http404
    return found


def _is_reason(reason: str) -> bool:
    return bool(reason) and "\0" not in reason and len(reason) <= REASON_MAX


def _amount(typed: str, currency: str) -> int | bool | None:
    """What was typed, in the smallest part; None where nothing was, False where it is no amount."""
    if not typed.strip():
        return None
    try:
        amount = Decimal(typed.strip())
        return to_minor(amount, digits_of(currency)) if amount.is_finite() else False
    except (InvalidOperation, Unreadable):
        return False
