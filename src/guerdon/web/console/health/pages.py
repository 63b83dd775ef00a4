"""The page of health: is everything connected and safe, and how is mended what is not."""

from collections.abc import Iterator
from datetime import timedelta

from django.http import HttpResponse

from guerdon.program.model import Program
from guerdon.queries.alarms import Alarm, list_alarms
from guerdon.queries.health.checks import (
    CONTROLS_EVERY,
    HEARD_DAYS,
    HOUR,
    STATES,
    Check,
    check_account,
    check_heard,
    check_queues,
    check_sent,
    check_server,
    check_standing,
)
from guerdon.queries.health.standing import Queue, Server, Standing, read_standing
from guerdon.queries.webhooks.failing import Failing, list_failing
from guerdon.store.crm.accounts import Account, list_accounts
from guerdon.store.crm.cursors import Cursor, list_cursors
from guerdon.store.database import Transaction
from guerdon.store.lanes import find_clock_gap
from guerdon.store.migrations import Changed, list_migrations, pending
from guerdon.store.proof.control_runs import ControlRun, list_control_runs
from guerdon.store.proof.seals import count_unsealed, load_last_seal
from guerdon.values.clock import utc_now
from guerdon.web.console.connections.pages import condition
from guerdon.web.console.connections.sayings import state_said
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.health.installed import (
    check_address,
    check_backups,
    check_disks,
    check_mail,
    check_outside,
    check_secrets,
)
from guerdon.web.console.health.sayings import Teller, Told
from guerdon.web.rooms import room

ALARMS_COUNTED = 100


@staff_page
def health(desk: Desk) -> HttpResponse:
    """Every check, what is bad first in each group; none for whoever looks after a part."""
    groups = _groups(desk) if desk.scope.whole else {}
    teller = Teller(
        desk.locale,
        desk.program.time_zone,
        lambda path: desk.address(path) if _opens(desk, path) else "",
        lambda state: state_said(state, desk.locale),
    )
    told: dict[str, list[Told]] = {
        name: [teller.tell(check) for check in sorted(checks, key=lambda each: STATES.index(each.state))]
        for name, checks in groups.items()
    }
    every = [check for checks in groups.values() for check in checks]
    answer = desk.show(
        "console/health/page.html",
        "health",
        groups=told,
        part=not desk.scope.whole,
        bad=sum(check.state == "bad" for check in every),
        looks=sum(check.state == "look" for check in every),
        checks=len(every),
        state_name=teller.state,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _opens(desk: Desk, path: str) -> bool:
    # A page below another one opens where that does.
    return desk.rights.opens(path) or desk.rights.opens(path.partition("/")[0])


def _groups(desk: Desk) -> dict[str, list[Check]]:
    settings, program = room().settings, desk.program
    with desk.transaction() as tx:
        connections = list(program.connections)
        since = desk.today - timedelta(days=HEARD_DAYS)
        standing = read_standing(tx, connections, since, desk.now)
        queues = {**standing.queues, **_unsealed(tx, desk)}
        gap = find_clock_gap(tx, utc_now)
        schema = _schema(tx, standing.server)
        accounts = {each.connection: each for each in list_accounts(tx, desk.program_id)}
        cursors = list_cursors(tx, desk.program_id)
        failing = list_failing(tx, desk.now - HOUR)
        runs = list_control_runs(tx, desk.program_id, 1)
        alarms = list_alarms(tx, ALARMS_COUNTED, only_open=True)
    return {
        "running": [
            *check_server(standing.server, gap),
            schema,
            *check_queues(queues, _queues_of(program), desk.now),
            *check_disks(settings),
        ],
        "connected": [
            *_connections(desk, standing, accounts),
            *_journals(program, cursors),
            *_partners(desk, standing),
            _endpoints(failing),
        ],
        "safe": [
            check_address(settings),
            *check_secrets(settings, program),
            *check_mail(settings),
            _controls(desk, runs),
            _alarms(alarms),
            *check_standing(standing, desk.now),
            check_outside(settings),
            check_backups(settings, standing.server, desk.now),
        ],
    }


def _unsealed(tx: Transaction, desk: Desk) -> dict[str, Queue]:
    found = count_unsealed(tx, desk.program_id, load_last_seal(tx, desk.program_id))
    return {} if found.oldest_at is None else {"seals": Queue(found.rows, found.oldest_at)}


def _schema(tx: Transaction, server: Server) -> Check:
    try:
        missing = pending(tx)
    except Changed:
        return Check("schema", "bad", "changed")
    if missing:
        return Check("schema", "bad", "pending", {"names": ", ".join(each.name for each in missing)})
    told = {"n": len(list_migrations()), "moment": server.migrated_at}
    return Check("schema", "good", "current", told)


def _queues_of(program: Program) -> list[str]:
    """The work that a program gives: what it has no channel, supplier or CRM for is not asked about."""
    channels = program.channels
    return [
        "events",
        "email",
        *(["sms"] if channels.sms else []),
        *(["push"] if channels.push.web or channels.push.fcm else []),
        "inapp",
        *(["orders"] if program.suppliers else []),
        *(["errands"] if program.connections else []),
        "announcements",
        "webhooks",
        "reports",
        "seals",
    ]


def _connections(desk: Desk, standing: Standing, accounts: dict[str, Account]) -> Iterator[Check]:
    for key, declared in desk.program.connections.items():
        state = condition(declared, accounts.get(key))
        # What only sends us webhooks needs no account; what is read or told does.
        needed = declared.journal or declared.contacts is not None or declared.writes is not None
        if state != "connected" and (needed or state != "not_connected"):
            yield Check("connection", "bad", "closed", {"state": state}, key)
        else:
            yield check_heard(key, standing.heard.get(key), desk.today)
        if declared.writes is not None:
            yield check_account("write", key, standing.accounts.get(("write", key)), desk.now)
    for key, heard in standing.heard.items():
        if key not in desk.program.connections:
            yield check_heard(key, heard, desk.today)


def _journals(program: Program, cursors: dict[str, Cursor]) -> Iterator[Check]:
    for key, declared in program.connections.items():
        if not declared.journal:
            continue
        cursor = cursors.get(key)
        if cursor is None or cursor.heard_at is None:
            yield Check("journal", "look", "unread", subject=key)
        elif cursor.missed_at is not None:
            yield Check("journal", "look", "missed", {"moment": cursor.missed_at}, key)
        elif cursor.trouble:
            yield Check("journal", "look", "trouble", {"moment": cursor.heard_at}, key)
        else:
            yield Check("journal", "good", "read", {"moment": cursor.heard_at}, key)


def _partners(desk: Desk, standing: Standing) -> Iterator[Check]:
    for key in desk.program.suppliers:
        yield check_account("supplier", key, standing.accounts.get(("supplier", key)), desk.now)
    channels = desk.program.channels
    open_here = {
        "email": True,
        "sms": channels.sms is not None,
        "push": bool(channels.push.web or channels.push.fcm),
    }
    for channel in (name for name, there in open_here.items() if there):
        found = standing.accounts.get(("channel", channel))
        stands = check_account("channel", channel, found, desk.now)
        yield stands if stands.state != "good" else check_sent(channel, standing.sent.get(channel))


def _endpoints(failing: list[Failing]) -> Check:
    if not failing:
        return Check("webhooks", "good", "well")
    told = {
        "names": ", ".join(each.name for each in failing),
        "moment": min(each.failing_since for each in failing),
    }
    return Check("webhooks", "bad", "failing", told)


def _controls(desk: Desk, runs: list[ControlRun]) -> Check:
    if not runs:
        return Check("controls", "look", "none")
    run = runs[0]
    told: dict[str, object] = {"n": run.controls, "moment": run.ran_at}
    if run.findings.breaches:
        return Check("controls", "bad", "breached", {"breached": len(run.findings.breaches), **told})
    late = desk.now - run.ran_at > CONTROLS_EVERY
    return Check("controls", "look" if late else "good", "late" if late else "held", told)


def _alarms(alarms: list[Alarm]) -> Check:
    if not alarms:
        return Check("alarms", "good", "none")
    told = {"n": len(alarms), "moment": max(alarm.raised_at for alarm in alarms)}
    return Check("alarms", "look", "open", told)
