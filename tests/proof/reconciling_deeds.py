"""What staff do about suppliers' books: a statement is brought, and what differs is settled."""

from django.core.files.uploadedfile import SimpleUploadedFile
from tests.orders.office import opened_office
from tests.proof.site import Deed, Site, accepted
from tests.reconciling.planted import plant

from guerdon.values.ids import show

CONSOLE = "console/<slug:key>/"
ACCOUNT = "tremendous_eu"
DAYS = {"first": "2026-05-04", "last": "2026-05-05"}
STATEMENT = (
    "their_id,ref,state,currency,amount,at,cost\n"
    "T-1,gift,placed,EUR,25.00,2026-05-04T09:30:00Z,23.75\n"
    "T-2,gift,canceled,EUR,25.00,2026-05-04T09:30:00Z,\n"
)


def statement(text: str = STATEMENT) -> SimpleUploadedFile:
    return SimpleUploadedFile("may.csv", text.encode())


def bringing(site: Site) -> Deed:
    rita = site.stack.enter_context(opened_office(site.url, site.secret, site.home)).visitor("rita")
    sent = {"act": "bring", "supplier": ACCOUNT, **DAYS}
    return lambda: accepted(rita.send("reconciliation", file=statement(), **sent).status_code)


def settling(site: Site) -> Deed:
    office = site.stack.enter_context(opened_office(site.url, site.secret, site.home))
    rita = office.visitor("rita")
    sent = {"act": "bring", "supplier": ACCOUNT, **DAYS}
    accepted(rita.send("reconciliation", file=statement(), **sent).status_code)
    ((number,),) = office.here.house.rows("select id from order_differences")
    there = f"reconciliation/{show('dif', int(str(number)))}"
    return lambda: accepted(
        rita.send(there, act="settle", done="credit_expected", reason="they wrote").status_code
    )


def settling_by_key(site: Site) -> Deed:
    house = site.api()
    (difference,) = plant(house.inner.url, house.inner.program_id, ["T-1"])
    key, said = house.make_key(), {"done": "credit_expected", "reason": "they wrote"}
    return lambda: accepted(house.post(f"/differences/{difference}/settle", said, key=key).status)


ROUTES = {
    "api/v1/differences/<difference>/settle": (
        settling_by_key,
        ["difference.settled", "credit.expected"],
    ),
    CONSOLE + "reconciliation": (bringing, ["statement.compared"]),
    CONSOLE + "reconciliation/<slug:difference>": (settling, ["difference.settled", "credit.expected"]),
}
COMMAND = ("suppliers", "reconcile", ACCOUNT, "--from", DAYS["first"], "--to", DAYS["last"], "--file")
