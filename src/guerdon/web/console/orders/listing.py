"""All orders by what one looks for, worst first; those that wait for people are queues of their own."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from guerdon.queries.orders.standing import QUEUES, STATES, Sought, count_queues, list_standing
from guerdon.store.catalog.items import MANUAL, POOL, load_items
from guerdon.store.persons import load_persons
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.masks import masked
from guerdon.web.console.orders.sayings import words_of
from guerdon.web.console.versions.sayings import names_of
from guerdon.web.rooms import room

ROWS_SHOWN = 100
LETTERS_MAX = 120


@staff_page
def orders(desk: Desk) -> HttpResponse:
    """List the orders that are looked for."""
    sought = read_sought(desk)
    with desk.transaction() as tx:
        counts = count_queues(tx)
        rows = list_standing(tx, sought, ROWS_SHOWN + 1)
        persons = load_persons(tx, room().vault, desk.program_id, [row.member_id for row in rows])
        items = load_items(tx, desk.program_id, sorted({row.item for row in rows}))
        who = names_of(tx, [row.taken_by for row in rows])
    chosen = {
        "queue": sought.queue or "",
        "state": sought.state or "",
        "supplier": sought.supplier or "",
        "item": sought.item,
    }
    return desk.show(
        "console/orders/list.html",
        "orders",
        rows=rows[:ROWS_SHOWN],
        more=len(rows) > ROWS_SHOWN,
        now=desk.now,
        queues=QUEUES,
        counts=counts,
        states=STATES,
        suppliers=[*desk.program.suppliers, POOL, MANUAL],
        sought=chosen,
        items=items,
        who=who,
        person_names={member_id: masked(person.name) for member_id, person in persons.items()},
        **words_of(desk),
    )


def read_sought(desk: Desk) -> Sought:
    """Which orders the address asks for."""
    said = desk.request.GET
    zone = ZoneInfo(desk.program.time_zone)
    first = desk.cut.first
    return Sought(
        queue=next((each for each in QUEUES if each == said.get("queue")), None),
        state=next((each for each in STATES if each == said.get("state")), None),
        supplier=next(
            (each for each in (*desk.program.suppliers, POOL, MANUAL) if each == said.get("supplier")), None
        ),
        item=said.get("item", "").replace("\0", "").strip()[:LETTERS_MAX],
        market=desk.cut.market,
        since=datetime.combine(first, time(), zone) if first is not None else None,
    )
