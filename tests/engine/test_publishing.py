"""Publishing: a new version when the text is new, budgets that follow their amounts, events in between."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
from tests.engine.house import NOW, House, booked

from guerdon.engine.publish import Published, publish
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.database import connect

DE = "budget:by_market:DE"
AT = "budget:by_market:AT"
CENTER = "budget:central:"


def again(house: House, program: Program) -> Published:
    with connect(house.url, house.secret, "owner") as db:
        return publish(db, program, "test", NOW)


def left(house: House, name: str = DE) -> int:
    amount = {row[0]: row[1] for row in house.rows("select name, posted from accounts where member_id = 0")}[
        name
    ]
    assert isinstance(amount, int)
    return amount


def with_amount(program: Program, **amounts: int) -> Program:
    budget = program.budgets["by_market"]
    nodes = {
        place: replace(node, amount_minor=amounts.get(place, node.amount_minor))
        for place, node in budget.nodes.items()
    }
    return replace(program, budgets={**program.budgets, "by_market": replace(budget, nodes=nodes)})


def with_text(program: Program, old: str, new: str) -> Program:
    """The program as its stored text would be with another word in it."""
    assert old in program.text
    changed = read_program(program.text.replace(old, new), None, program.key)
    assert isinstance(changed, Program), changed
    return changed


def test_the_same_text_again_is_the_version_it_is(house: House) -> None:
    house.publish()
    before = house.rows("select count(*), sum(amount) from transfers")
    assert again(house, house.program).version == 1
    assert again(house, house.program).funded_minor == {}
    assert house.rows("select count(*), sum(amount) from transfers") == before


def test_two_at_once_are_one_after_the_other(house: House) -> None:
    house.publish()
    changed = [with_text(house.program, '"Nordlys Circle"', f'"Nordlys Circle {n}"') for n in range(4)]
    with ThreadPoolExecutor(4) as four:
        versions = [p.version for p in four.map(lambda program: again(house, program), changed)]
    assert sorted(versions) == [2, 3, 4, 5]
    assert left(house) == 40_000_000


def test_a_budget_that_rises_gets_the_difference_and_one_that_falls_gives_back_what_is_free(
    house: House,
) -> None:
    house.publish()
    again(house, with_amount(house.program, DE=50_000_000))
    assert left(house) == 50_000_000
    again(house, with_amount(house.program, DE=10_000))
    assert left(house) == 10_000
    house.check()


def test_a_budget_never_gives_back_what_was_promised(house: House) -> None:
    # Austria has no top-up that would come between.
    house.publish(AT=50_000)
    house.enroll([1, 2], market="AT")
    house.tell([booked(1), booked(2)])
    with house.worker() as worker:
        worker.work()
    assert left(house, AT) == 10_000
    assert again(house, with_amount(house.program, AT=0)).funded_minor == {AT: -10_000, CENTER: 10_000}
    assert left(house, AT) == 0
    # Of the new amount 400.00 are spent already.
    assert again(house, with_amount(house.program, AT=45_000)).funded_minor == {AT: 5_000, CENTER: -5_000}
    house.check()


def test_a_publication_is_on_record_with_who_and_what(house: House) -> None:
    house.publish()
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        found = db.execute("select actor, action, subject, detail ->> 'version' from audit").fetchall()
    assert found == [("test", "program.published", "nordlys_circle", "1")]


def test_events_of_a_connection_that_was_taken_out_are_set_apart_with_what_to_do(house: House) -> None:
    house.publish()
    house.enroll([1])
    house.tell([booked(1), booked(1)], per_request=2)
    again(house, with_text(house.program, '"hubspot_eu"', '"hubspot_new"'))
    with house.worker() as worker:
        assert worker.work() == 2
    found = house.rows("select reason, detail, position from quarantine order by id")
    said = "The program has no connection hubspot_eu any more; declare it and replay"
    assert found == [("no_connection", said, 0), ("no_connection", said, 1)]
