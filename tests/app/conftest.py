"""A house whose web process is open, with what the member app is tested by."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.redeem.house import House
from tests.web.member.conftest import Door, Shop, door, furnishing, house, settings, shop
from tests.web.member.test_in_a_browser import address

from guerdon.engine.gifts.proving import MESSAGE
from guerdon.engine.messages.desk import Addressed, Desk
from guerdon.engine.messages.hindrance import decide_hindrance
from guerdon.engine.messages.letters import write_letter
from guerdon.store.messages.outbox import Claim, claim_due
from guerdon.store.persons import Person, load_persons, record_persons, seal_person
from guerdon.values.clock import utc_now
from guerdon.values.proofs import KEY_PURPOSE

__all__ = ["address", "door", "furnishing", "house", "settings", "shop"]


class App:
    """The way into the app: a form, and the mail that comes of it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.base = f"/m/{house.program.key}"

    def tell(self, member_id: int, email: str = "") -> str:
        """Tell who a member is; their address."""
        address = email or f"ann{member_id}@example.com"
        with self.house.working() as tx:
            person = Person("Ann Lee", address, "+49 30 1234567")
            sealed = seal_person(self.house.vault, self.house.program_id, member_id, person)
            record_persons(tx, self.house.program_id, [sealed])
        return address

    def send(self, door: Door, **form: str) -> Any:
        """Send the form of the sign-in."""
        door.client.get(f"{self.base}/sign-in")
        token = door.client.cookies["csrf"].value
        return door.client.post(f"{self.base}/sign-in", {"csrfmiddlewaretoken": token, **form})

    def post(self, door: Door, path: str, **form: str) -> Any:
        """Send a form of a page behind the sign-in."""
        token = door.client.cookies["csrf"].value
        return door.client.post(f"{self.base}{path}", {"csrfmiddlewaretoken": token, **form})

    def mailed(self, member_id: int) -> str:
        """The code in the newest mail, as it is written out for its member."""
        now, program_id = utc_now() + timedelta(seconds=1), self.house.program_id
        with self.house.working() as tx:
            fence = self.house.rows("select gen_random_uuid()")[0][0]
            due = claim_due(tx, Claim(program_id, "email", fence, now, now, 20))  # type: ignore[arg-type]
            person = load_persons(tx, self.house.vault, program_id, {member_id})[member_id]
            # Whoever claims gives back, so that the next look finds them again.
            tx.execute("update outbox set fence = null, next_at = created_at")
        rows = [each for each in due if each.message == MESSAGE and each.member_id == member_id]
        row = max(rows, key=lambda each: each.created_at)
        desk = Desk(program_id, self.house.program, lambda *_: "", self.house.vault.key(KEY_PURPOSE))
        assert decide_hindrance(row, person, desk, now) is None
        found = re.search(r"\b\d{6}\b", write_letter(desk, Addressed(row, person), now).mail.text)
        assert found is not None
        return found.group()

    def enter(self, door: Door, member_id: int) -> None:
        """Sign a member in, who was told of before."""
        address = f"ann{member_id}@example.com"
        assert self.send(door, act="send", address=address).status_code == 200
        answer = self.send(door, act="check", address=address, code=self.mailed(member_id))
        assert (answer.status_code, answer["Location"]) == (303, self.base)


@pytest.fixture
def app(house: House, door: Door, monkeypatch: pytest.MonkeyPatch) -> App:  # noqa: ARG001  it opens the room
    """The app of a house's program; answers do not wait, but where a test asks that."""
    from guerdon.web.member.app import sign_in  # noqa: PLC0415  Django is prepared by then

    monkeypatch.setattr(sign_in, "EVEN_S", 0.0)
    return App(house)


Counted = Callable[[str], int]


@pytest.fixture
def counted(house: House) -> Counted:
    """How often something was done, by the audit."""

    def count(action: str) -> int:
        return len(house.rows("select 1 from audit where action = %(a)s", a=action))

    return count


__all__ += ["Shop"]
