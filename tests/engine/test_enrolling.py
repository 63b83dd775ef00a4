"""Members from a file: wrong rows are told with their lines, and the others stand."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from io import StringIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.house import NOW, House, Worker, booked
from tests.engine.test_process import shared_lanes
from tests.races import RACED, Race

from guerdon.engine.enroll import Enrolled, enroll_members
from guerdon.store.database import Connection, Role, connect, transaction
from guerdon.store.inbox import release_waiting
from guerdon.store.persons import Person, load_persons

HEADER = "external_source,external_id,name,email,phone,market,language,location,employee,segment"
GOOD = "hubspot,1,Ada Example,ada@example.com,+49 30 1,DE,en,de-hamburg-altona,false,private"


@pytest.fixture
def open_house(house: House) -> House:
    """Return the house with its program published."""
    house.publish()
    return house


def enrolled(house: House, *lines: str) -> Enrolled:
    file = StringIO("\n".join(lines) + "\n", newline="")
    with connect(house.url, house.secret, "worker") as db:
        return enroll_members(db, house.vault, (house.program_id, house.program), file, NOW)


def told(done: Enrolled) -> list[tuple[str, int | None]]:
    return [(problem.where, problem.line) for problem in done.problems]


def count(house: House) -> int:
    return house.count("select count(*) from members")


def test_a_member_is_known_and_can_be_written_to(open_house: House) -> None:
    done = enrolled(open_house, HEADER, GOOD)
    assert (done.enrolled, done.updated, done.problems) == (1, 0, [])
    assert open_house.rows("select market, language, location, attributes::text from members") == [
        ("DE", "en", "de-hamburg-altona", '{"employee":false,"segment":"private"}')
    ]
    with closing(connect(open_house.url, open_house.secret, "worker")) as db:
        persons = load_persons(db, open_house.vault, open_house.program_id, [1])
    assert list(persons.values()) == [Person("Ada Example", "ada@example.com", "+49 30 1")]


def test_no_name_address_or_number_can_be_read_in_any_table(open_house: House) -> None:
    enrolled(open_house, HEADER, GOOD)
    rows = open_house.rows("select p::text from persons p union all select m::text from members m")
    rows += open_house.rows("select detail::text from audit")
    text = " ".join(str(row[0]) for row in rows)
    for clear in ("Ada", "ada@", "+49 30"):
        assert clear not in text
        assert clear.encode().hex() not in text


def test_a_member_told_twice_is_brought_up_to_date(open_house: House) -> None:
    enrolled(open_house, HEADER, GOOD)
    done = enrolled(open_house, HEADER, GOOD.replace("DE,en,de-hamburg-altona", "FR,fr,"))
    assert (done.enrolled, done.updated) == (0, 1)
    assert open_house.rows("select market, language, location from members") == [("FR", "fr", None)]


def test_of_one_member_by_two_ids_the_last_row_counts(open_house: House) -> None:
    other = GOOD.replace("hubspot,1", "hubspot,2")
    enrolled(open_house, HEADER, GOOD, other)
    change = "update member_ids set member_id = (select min(member_id) from members)"
    with connect(open_house.url, open_house.secret, "worker") as db, transaction(db, open_house.program_id):
        db.execute(change)
    done = enrolled(open_house, HEADER, other, GOOD.replace(",DE,", ",NO,").replace("de-hamburg-altona", ""))
    assert (done.enrolled, done.updated, done.problems) == (0, 1, [])
    assert open_house.rows("select market from members order by member_id") == [("NO",), ("DE",)]


def test_of_one_member_twice_in_a_file_the_last_row_counts(open_house: House) -> None:
    done = enrolled(open_house, HEADER, GOOD, GOOD.replace(",en,", ",de,"))
    assert (done.enrolled, count(open_house)) == (1, 1)
    assert (done.problems, done.repeated) == ([], [3])
    assert open_house.rows("select language from members") == [("de",)]


WRONG: list[tuple[str, str, str]] = [
    ("no id", GOOD.replace("hubspot,1,", "hubspot,,"), "external_id"),
    ("no source", GOOD.replace("hubspot,1", ",1"), "external_source"),
    ("an unknown source", GOOD.replace("hubspot", "hubspott"), "external_source"),
    ("an unknown market", GOOD.replace(",DE,", ",XX,"), "market"),
    ("a market in small letters", GOOD.replace(",DE,", ",de,"), "market"),
    ("an unknown location", GOOD.replace("altona", "altone"), "location"),
    ("no language", GOOD.replace(",en,", ",??,"), "language"),
    ("a language nobody speaks", GOOD.replace(",en,", ",zz,"), "language"),
    ("a location of another market", GOOD.replace(",DE,", ",FR,"), "location"),
    ("no number", GOOD.replace("+49 30 1", "call me"), "phone"),
    ("a number too short", GOOD.replace("+49 30 1", "1234"), "phone"),
    ("a number too long", GOOD.replace("+49 30 1", "1" * 21), "phone"),
    ("a character that is none", GOOD.replace("Ada Example", "Ada\x00Example"), "name"),
    ("a quotation mark that is never closed", GOOD.replace("Ada Example", '"Ada Example'), "row"),
    ("no address", GOOD.replace("ada@example.com", "ada at example.com"), "email"),
    ("neither true nor false", GOOD.replace("false", "perhaps"), "employee"),
    ("a value not on the list", GOOD.replace("private", "secret"), "segment"),
    ("a long name", GOOD.replace("Ada Example", "A" * 301), "name"),
    ("too few cells", "hubspot,1,Ada", "row"),
    ("too many cells", GOOD + ",x", "row"),
    ("a cell beyond all measure", GOOD.replace("Ada Example", "A" * 200_000), "row"),
]


@pytest.mark.parametrize(("row", "where"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_wrong_row_is_told_and_the_others_stand(open_house: House, row: str, where: str) -> None:
    others = [GOOD.replace("hubspot,1,", f"hubspot,{n},") for n in (2, 3)]
    done = enrolled(open_house, HEADER, others[0], row, others[1])
    assert (told(done), done.enrolled) == ([(where, 3)], 2)


def test_a_cell_of_two_lines_costs_both_and_no_other(open_house: House) -> None:
    row = GOOD.replace("ada@example.com", '"ada@example.com\nBcc: x@example.com"')
    done = enrolled(open_house, HEADER, row, GOOD)
    assert (told(done), done.enrolled) == ([("row", 2), ("row", 3)], 1)


@pytest.mark.parametrize(
    ("written", "kept"), [("EN", "en"), ("de_AT", "de-AT"), ("pt-br", "pt-BR"), ("sv", "sv"), ("", "de")]
)
def test_a_language_is_read_as_people_write_it(open_house: House, written: str, kept: str) -> None:
    assert enrolled(open_house, HEADER, GOOD.replace(",en,", f",{written},")).problems == []
    assert open_house.rows("select language from members") == [(kept,)]


@pytest.mark.parametrize(
    ("header", "where"),
    [
        (HEADER.replace("market", "country"), ["market", "country"]),
        (HEADER.replace("name", "nmae"), ["nmae"]),
        (HEADER + ",email", ["email"]),
        (HEADER.replace(",", ";"), ["header"]),
        (HEADER.replace(",", "\t"), ["header"]),
        ("A" * 200_000, ["row"]),
    ],
)
def test_a_wrong_header_keeps_the_whole_file_out(open_house: House, header: str, where: list[str]) -> None:
    done = enrolled(open_house, header, GOOD)
    assert [problem.where for problem in done.problems] == where
    assert count(open_house) == 0


def test_an_empty_file_lacks_its_header(open_house: House) -> None:
    done = enrolled(open_house, "", " ")
    assert [problem.where for problem in done.problems] == ["external_source", "external_id", "market"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.text(max_size=60) | st.lists(st.text(max_size=8), min_size=10, max_size=10).map(",".join)
    )
)
def test_no_file_stops_an_import(open_house: House, rows: Sequence[str]) -> None:
    assert enrolled(open_house, HEADER, *rows, GOOD.replace("\n", "")) is not None


def test_events_that_waited_are_let_go_in_the_commit_that_enrolls(open_house: House) -> None:
    open_house.tell([booked(1), booked(2)])
    with open_house.worker() as worker:
        worker.work()
    assert open_house.count("select count(*) from waiting") == 2
    assert enrolled(open_house, HEADER, GOOD).released == 1
    assert open_house.rows("select (select count(*) from waiting), (select count(*) from inbox)") == [(1, 1)]
    with open_house.worker() as worker:
        worker.work()
    assert open_house.count("select count(*) from rewards") == 1


def test_an_event_that_begins_to_wait_while_its_contact_is_enrolled_is_let_go_too(open_house: House) -> None:
    open_house.tell([booked(1)])
    with open_house.worker() as worker, connect(open_house.url, open_house.secret, "worker") as db:
        with db.transaction():
            # The contact stands there, but nobody else sees it yet.
            assert enroll_members_within(open_house, db).enrolled == 1
            worker.work()
        assert open_house.count("select count(*) from waiting") == 1
        assert enrolled(open_house, HEADER, GOOD).released == 1
        worker.work()
    assert open_house.count("select count(*) from rewards") == 1


def enroll_members_within(house: House, db: object) -> Enrolled:
    lines = [f"{HEADER}\n", f"{GOOD}\n"]
    return enroll_members(db, house.vault, (house.program_id, house.program), lines, NOW)  # type: ignore[arg-type]


@RACED
def test_who_is_enrolled_while_their_events_are_decided_earns_once_for_each(
    open_house: House, race: Race
) -> None:
    """Contact 1 is told by everybody at once and is one member; each other contact by one."""
    house, half = open_house, race.connections // 2
    groups = [range(2 + n * 4, 6 + n * 4) for n in range(half)]
    contacts = [1, *(contact for group in groups for contact in group)]
    house.tell([booked(contact) for contact in contacts])

    def enrolling(group: Sequence[int]) -> Callable[[Connection], int]:
        lines = ["external_source,external_id,market,employee\n"]
        lines += [f"hubspot,{contact},DE,false\n" for contact in (1, *group)]
        return lambda db: (
            enroll_members(db, house.vault, (house.program_id, house.program), lines, NOW).enrolled
        )

    def deciding(worker: Worker) -> Callable[[Connection], int]:
        def decided(_: Connection) -> int:
            worker.work(at_most=2)
            return 0

        return decided

    with ExitStack() as stack:
        workers = [stack.enter_context(house.worker()) for _ in range(race.connections - half)]
        shared_lanes(*workers)
        doings: list[tuple[Role, Callable[[Connection], int]]] = [("worker", enrolling(g)) for g in groups]
        doings += [("worker", deciding(worker)) for worker in workers]
        assert sum(race.run(house, doings)) == len(contacts) == count(house)
    race.figures.update(decided_meanwhile=house.count("select count(*) from events"))
    # An event may have begun to wait in the very moment; workers ask for such now and then.
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        race.figures.update(released_later=release_waiting(tx, house.program_id))
    with house.worker() as worker:
        worker.work()
    assert house.count("select count(*) from waiting") == 0
    assert house.count("select count(*) from inbox") == 0
    assert house.rows("select count(*), count(distinct member_id) from rewards where rule = 'booking'") == [
        (len(contacts), len(contacts))
    ]
