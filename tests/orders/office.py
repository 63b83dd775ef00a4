"""A house whose orders staff look after, with the console open on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.access.people import grant_of, hire
from tests.approvals.doors import PASSWORD, Visitor
from tests.lending import lent
from tests.orders.counter import ITEM, Counter
from tests.orders.fakes import Fake
from tests.redeem.house import EUR_200, opened_house
from tests.rooms import opened_room

from guerdon.access.roles import Role
from guerdon.config import Settings, read_settings
from guerdon.ledger.effects import Hold, Redeem
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.accounts import migrate_accounts

MANUAL, POOLED = "giftly:tour", "giftly:basket"
STAFF: dict[str, Role] = {
    "owen": "program_owner",
    "rita": "finance",
    "finn": "compliance",
    "mara": "marketing",
}


@dataclass
class Office:
    """The house, and the staff that were let in."""

    here: Counter
    members: int = 0
    let_in: dict[str, Visitor] = field(default_factory=dict)

    def visitor(self, name: str) -> Visitor:
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        if name not in self.let_in:
            client = Client(
                enforce_csrf_checks=True, SERVER_NAME="127.0.0.1", headers={"sec-fetch-site": "same-origin"}
            )
            form = client.get("/account/sign-in").content.decode()
            token = form.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
            email, home = f"{name}@example.com", f"/console/{self.here.house.program.key}/"
            sent = {"csrfmiddlewaretoken": token, "email": email, "password": PASSWORD, "next": home}
            assert client.post("/account/sign-in", sent).status_code == 302
            self.let_in[name] = Visitor(client, home)
        return self.let_in[name]

    def ordered(self, item: str = MANUAL) -> tuple[int, str]:
        """An order of a new member: who they are, and its page."""
        self.members += 1
        member, now = 100 + self.members, utc_now()
        self.here.now = now
        self.here.house.enroll(member)
        self.here.tell(member)
        said = self.here.choose(member, self.here.house.reward(member, value=EUR_200, at=now), item)
        assert isinstance(said, Hold | Redeem), said
        order = said.request if isinstance(said, Hold) else said.order
        return member, f"orders/{show('ord', order)}"

    def audited(self, action: str) -> list[tuple[object, ...]]:
        """Of what something was done, and why."""
        return self.here.house.rows(
            "select subject, reason from audit where action = %(a)s order by id", a=action
        )


@contextmanager
def opened_office(url: str, secret: str, home: Path) -> Iterator[Office]:
    """Open the console on a house with an item of each kind of supplier."""
    house = opened_house(url, secret).__enter__()
    here = Counter(house, {"giftly": Fake("giftly", "none", finds=False)})
    here.shelve(ITEM, ["giftly"])
    here.shelve(MANUAL, ["manual"])
    here.shelve(POOLED, ["pool"])
    house.stock(9, POOLED)
    settings = read_settings(
        {
            "DATABASE_URL": url,
            "GUERDON_SECRET": secret,
            "GUERDON_HOME": str(home),
            "HUBSPOT_CLIENT_SECRET": "only-for-tests" * 3,
        }
    )
    assert isinstance(settings, Settings)
    with lent(url, secret, "web") as db:
        for name, role in STAFF.items():
            hire(db, house.program_id, f"{name}@example.com", [grant_of(house.program_id, role)])
        part = grant_of(house.program_id, "dealer_manager", market="FR", location="fr-lyon-confluence")
        hire(db, house.program_id, "dirk@example.com", [part])
    with opened_room(settings, partial(migrate_accounts, settings), _enroll):
        yield Office(here)


def _enroll() -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    for name in (*STAFF, "dirk"):
        enroll_staff(f"{name}@example.com", name.title(), PASSWORD, waived=True)
