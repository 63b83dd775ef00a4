"""Accounts with suppliers: how each is doing and what waits for it; one that is shut is opened again."""

from math import ceil

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.orders.watching import reopen_account
from guerdon.queries.orders.accounts import AccountRow, list_accounts, list_answers
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.orders.acting import REASON_MAX
from guerdon.web.console.orders.sayings import refusal_said, words_of


@staff_page
def suppliers(desk: Desk) -> HttpResponse:
    """Show all accounts, or open one again."""
    if desk.request.method != "POST":
        return _shown(desk)
    if not desk.scope.whole:
        raise PermissionDenied
    form = desk.request.POST
    if form.get("act") != "reopen":
        raise Http404
    supplier, reason = form.get("supplier", ""), form.get("reason", "").strip()
    if not reason or "\0" in reason + supplier or len(reason) > REASON_MAX:
        return _shown(desk, "reason")
    with desk.transaction() as tx:
        shut = {row.supplier for row in list_accounts(tx) if row.shut_at or row.failures or row.rests_until}
        done = supplier in shut and reopen_account(
            tx, desk.program_id, supplier, desk.actor, desk.now, reason=reason
        )
    if not done:
        return _shown(desk, "same")
    return HttpResponse(status=303, headers={"Location": desk.address("suppliers")})


def _shown(desk: Desk, refused: str = "") -> HttpResponse:
    if not desk.scope.whole:
        return desk.show("console/orders/suppliers.html", "suppliers", rows=[], part=True, refused="")
    with desk.transaction() as tx:
        found = list_accounts(tx)
        answers = list_answers(tx, [row.supplier for row in found])
    known = {row.supplier for row in found}
    idle = [
        AccountRow(key, 0, None, None, None, "", None, 0, 0, None)
        for key in desk.program.suppliers
        if key not in known
    ]
    rows = sorted([*found, *idle], key=lambda row: (row.shut_at is None, row.failures == 0, row.supplier))
    paces = {key: account.agreed_per_minute for key, account in desk.program.suppliers.items()}
    answer = desk.show(
        "console/orders/suppliers.html",
        "suppliers",
        rows=rows,
        part=False,
        accounts=desk.program.suppliers,
        # So long does what waits take at that pace.
        minutes={row.supplier: ceil(row.waiting / pace) for row in rows if (pace := paces.get(row.supplier))},
        answers=answers,
        now=desk.now,
        refused=refusal_said(refused, desk.locale),
        **words_of(desk),
    )
    answer.status_code = 422 if refused else 200
    return answer
