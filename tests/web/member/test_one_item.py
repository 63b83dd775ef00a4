"""A reward that is one fixed item: its page offers that item alone, and one tap chooses it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.redeem.house import House
from tests.wallet.house import House as Desk
from tests.web.member.conftest import Door
from tests.web.member.test_catalog import form_of, look, send
from tests.web.member.test_claim_page import field_of, itm_of

from guerdon.engine.publish import publish
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.queries.invariants import check_invariants
from guerdon.store.database import connect
from guerdon.values.clock import utc_now

GYM = Path(__file__).parents[3] / "examples" / "gym" / "program.yaml"


@pytest.fixture
def house(database: str, secret: str) -> Iterator[House]:
    """Give a house of the gym, which has codes for all that it sells."""
    program = load_program(GYM)
    assert isinstance(program, Program), program
    with connect(database, secret, "owner") as db:
        published = publish(db, program, "test", utc_now() - timedelta(days=1))
    made = House(database, secret, program, published.program_id)
    made.stock_everything()
    yield made
    with made.opens(None)() as tx:
        assert check_invariants(tx) == []


@pytest.fixture
def link(house: House, door: Door) -> str:
    """A link to what whoever was shown around is given."""
    desk = Desk(house.url, house.secret, house.program, house.program_id, utc_now(), source="desk")
    (ada,) = desk.enroll("ada", market="AU")
    desk.tell("ada", "induction.done")
    ((number, unit, value),) = house.rows("select id, unit, value from rewards")
    assert (unit, value) == ("BOTTLE", 1)
    return door.link(ada, int(str(number)))


def test_the_item_is_the_only_one_that_is_offered(house: House, door: Door, link: str) -> None:
    bottle = itm_of(house, "bottle")
    for address in (link, f"{link}/catalog", f"{link}/catalog?afford=enough", f"{link}/catalog?q=towel"):
        shown = look(door, address)
        assert set(re.findall(r"/catalog/(itm_\w+)", shown)) <= {bottle}, address
        assert ("Drinking bottle" in shown) == ("q=" not in address), address
        assert "Towel" not in shown
        assert "Hour with a trainer" not in shown


def test_it_is_chosen_by_the_only_button_of_a_form_that_asks_for_nothing(
    house: House, door: Door, link: str
) -> None:
    bottle = itm_of(house, "bottle")
    shown = look(door, f"{link}/catalog/{bottle}")
    form = re.search(rf'<form method="post" action="{link}/choose".*?</form>', shown, re.DOTALL)
    assert form is not None
    assert re.findall(r"<(?:select|textarea)|<input(?![^>]*type=\"hidden\")", form.group()) == []
    assert len(re.findall(r"<button", form.group())) == 1
    answer = send(door, link, form_of(door, link, bottle))
    assert answer.status_code == 303
    assert house.rows("select item, unit, value from orders") == [("bottle", "BOTTLE", 1)]
    assert house.rows("select state from rewards") == [("redeemed",)]
    assert "Drinking bottle" in look(door, str(answer["Location"]))


@pytest.mark.parametrize("item", ["towel", "trainer_hour"])
def test_nothing_else_is_had_for_it(house: House, door: Door, link: str, item: str) -> None:
    shown = look(door, f"{link}/catalog/{itm_of(house, 'bottle')}")
    answer = send(door, link, {"csrfmiddlewaretoken": field_of(shown, "csrfmiddlewaretoken"), "item": item})
    assert answer.status_code == 422
    assert house.rows("select from orders") == []
    assert house.rows("select state from rewards") == [("ready",)]
