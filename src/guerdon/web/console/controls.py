"""The controls: what the last run found, what was stopped before it could happen, and the runs before."""

from functools import partial

from django.http import HttpResponse

from guerdon.queries.alarms import list_alarms
from guerdon.queries.controls.run import KEYS
from guerdon.store.proof.control_runs import list_control_runs
from guerdon.web.console.control_names import control_name
from guerdon.web.console.decisions.sayings import (
    ALARMS,
    CONTACTS_JOINED,
    DELIVERY_LATE,
    SUPPLIER_DIFFERS,
    WEBHOOK_FAILING,
    alarm_said,
)
from guerdon.web.console.deeds import deed_names
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer

RUNS_SHOWN = 14
ALARMS_SHOWN = 20


@staff_page
def controls(desk: Desk) -> HttpResponse:
    """Every control, the breached ones first."""
    with desk.transaction() as tx:
        runs = list_control_runs(tx, desk.program_id, RUNS_SHOWN)
        kinds = (*ALARMS, CONTACTS_JOINED, WEBHOOK_FAILING, DELIVERY_LATE, SUPPLIER_DIFFERS)
        alarms = list_alarms(tx, ALARMS_SHOWN, kinds=kinds)
    breaches = runs[0].findings.breaches if runs else {}
    # A control of an older version is told by its key as long as its breach is.
    keys = [*breaches, *(key for key in KEYS if key not in breaches)]
    return desk.show(
        "console/controls.html",
        "controls",
        names=Namer(desk.program, desk.locale),
        run=runs[0] if runs else None,
        runs=runs,
        breaches=breaches,
        keys=keys,
        control_name=partial(control_name, locale=desk.locale),
        alarms=alarms,
        alarm_said=partial(alarm_said, locale=desk.locale),
        deeds=deed_names(desk.locale),
    )
