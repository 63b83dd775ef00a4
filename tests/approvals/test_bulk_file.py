"""A file of adjustments: all that is wrong is named with its line, and then nothing at all happens."""

import pytest
from tests.approvals.house import BONN, GERMANY, KIEL, House
from tests.approvals.test_granting import work

from guerdon.engine.approvals.acting import Refused, Stood
from guerdon.engine.approvals.asking import ask
from guerdon.engine.approvals.bulk_file import read_bulk_file
from guerdon.ledger.contents import AdjustMany, Adjustment
from guerdon.values.ids import show

ROWS = 100_000
BAD = 17


def read(house: House, text: str | bytes) -> AdjustMany | list[str]:
    data = text.encode() if isinstance(text, str) else text
    with house.opened() as tx:
        found = read_bulk_file(tx, house.program_id, house.program, data)
    return found if isinstance(found, AdjustMany) else [str(problem) for problem in found]


def test_members_are_named_by_id_or_as_others_know_them(house: House) -> None:
    found = read(
        house,
        f"member,source,external_id,unit,amount,reason,payer,debt\n"
        f"{show('mem', KIEL)},,,EUR,12.50,late delivery,{GERMANY},\n\n"
        f",crm,c{BONN},PTS,-40,counted twice,,yes\n",
    )
    assert found == AdjustMany(
        [
            Adjustment(KIEL, "EUR", 1_250, GERMANY, "late delivery"),
            Adjustment(BONN, "PTS", -40, "budget:points:", "counted twice", debt=True),
        ]
    )


CASES = {
    "mem_x,EUR,1.00,why": "line 2, member: mem_x is no member's id",
    "mem_0000000000404,EUR,1.00,why": "line 2, member: nobody is mem_",
    ",EUR,1.00,why": "line 2, member: it names nobody",
    "{kiel},XYZ,1,why": "line 2, unit: unknown unit XYZ",
    "{kiel},EUR,1,5,why": "line 2, row: has 5 cells where the header has 4",
    "{kiel},EUR,1.005,why": "line 2, amount: digits after the point: 1.005 has 3, EUR has 2",
    "{kiel},EUR,lots,why": "line 2, amount: lots is not an amount",
    "{kiel},EUR,0.00,why": "line 2, amount: an amount of nothing changes nothing",
    "{kiel},EUR,99999999999999999999.00,why": "line 2, amount: 99999999999999999999.00 is larger",
    "{kiel},EUR,92233720368547758.08,why": "line 2, amount: 92233720368547758.08 is larger",
    "{kiel},EUR,-1.00,why": "less than is to be taken",
    "{kiel},EUR,1.00,": "line 2, reason: it has no reason",
    '"{kiel},EUR,1.00,why': "line 2, row: has 0 cells where the header has 4",
    "{kiel},EUR,1.00,w\x07y": "line 2, reason: has a character that cannot be printed",
}


@pytest.mark.parametrize("line", list(CASES))
def test_what_is_wrong_with_a_line_is_named(house: House, line: str) -> None:
    found = read(house, "member,unit,amount,reason\n" + line.replace("{kiel}", show("mem", KIEL)) + "\n")
    assert isinstance(found, list)
    assert any(CASES[line] in problem for problem in found), found


HEADERS = {
    "member,unit,amount": "reason: the header lacks this column",
    "unit,amount,reason": "member: the header names no member",
    "source,unit,amount,reason": "member: the header names no member",
    "member,unit,amount,reason,reason": "reason: this column stands twice",
    "member,unit,amount,reason,colour": "colour: unknown column",
    "member;unit;amount;reason": "the columns are not separated by commas",
    "": "the header lacks this column",
}


@pytest.mark.parametrize("header", list(HEADERS))
def test_what_is_wrong_with_the_header_is_named(house: House, header: str) -> None:
    found = read(house, header + "\nx\n")
    assert isinstance(found, list)
    assert any(HEADERS[header] in problem for problem in found), found


def test_a_file_of_another_kind_is_refused(house: House) -> None:
    assert read(house, b"\xff\xfe\x00member") == ["line 1: is not UTF-8  (save the file as UTF-8)"]
    assert read(house, "member,unit,amount,reason\n") == [
        "rows: there are 0 adjustments in it  (write 1 to 100000)"
    ]
    assert read(house, b" " * ((10 << 20) + 1)) == ["the file is larger than 10 MB  (split it)"]


def filled(house: House, count: int) -> None:
    with house.opened("worker") as tx:
        tx.execute(
            """
            insert into members (program_id, member_id, market, language, location, enrolled_at)
            select %s, 1000 + n, 'DE', 'de', 'de-kiel', '2026-01-01' from generate_series(1, %s) n
            """,
            (house.program_id, count),
        )
        tx.execute(
            """
            insert into member_ids (program_id, source, external_id, member_id)
            select %s, 'crm', 'x' || n, 1000 + n from generate_series(1, %s) n
            """,
            (house.program_id, count),
        )


def test_of_a_hundred_thousand_rows_with_seventeen_bad_ones_all_seventeen_are_named_and_none_happens(
    house: House,
) -> None:
    filled(house, 5_000)
    lines = [f"crm,x{1 + n % 5_000},PTS,3,spring" for n in range(ROWS)]
    spoiled = {n * 5_881 + 7: n for n in range(BAD)}
    for line, n in spoiled.items():
        lines[line] = (
            "crm,nobody,PTS,3,spring",
            "crm,x1,XXX,3,spring",
            "crm,x1,PTS,0,spring",
            "crm,x1,PTS,3.5,spring",
            "crm,x1,PTS,-9000,spring",
            "crm,x1,PTS,3,",
            "what,x1,PTS,3,spring",
        )[n % 7]
    before = house.rows("select name, unit, posted, held from accounts order by 1, 2")
    found = read(house, "source,external_id,unit,amount,reason\n" + "\n".join(lines))
    assert isinstance(found, list)
    named = [int(problem.split()[1].rstrip(",")) for problem in found]
    assert named == sorted(line + 2 for line in spoiled)
    assert house.rows("select count(*) from requests") == [(0,)]
    assert house.rows("select name, unit, posted, held from accounts order by 1, 2") == before


def test_a_hundred_thousand_good_rows_happen_together(house: House) -> None:
    filled(house, 5_000)
    lines = "\n".join(f"crm,x{1 + n % 5_000},PTS,3,spring" for n in range(ROWS))
    found = read(house, f"source,external_id,unit,amount,reason\n{lines}")
    assert isinstance(found, AdjustMany)
    with house.opened() as tx:
        stood = ask(tx, house.acting(tx, "fay"), found, "spring")
    assert isinstance(stood, Stood)
    assert house.say("olga", stood.request_id) == "open"
    assert house.say("finn", stood.request_id) == "approved"
    assert work(house) == 1
    assert house.state(stood.request_id) == "done"
    sums = house.rows(
        "select count(*), sum(posted), min(posted), max(posted) from accounts where name = 'purse'"
    )
    assert sums == [(5_000, ROWS * 3, 60, 60)]
    assert house.rows("select count(*) from rewards") == [(ROWS,)]


def test_more_rows_than_one_request_holds_are_refused(house: House) -> None:
    row = Adjustment(KIEL, "EUR", 1, GERMANY, "x")
    answer = house.ask("fay", AdjustMany([row] * (ROWS + 1)))
    assert isinstance(answer, Refused)
    assert str(answer.problems[0]).startswith(f"rows: there are {ROWS + 1} adjustments")


def test_together_they_may_not_be_more_than_an_amount_can_be(house: House) -> None:
    rows = [Adjustment(KIEL, "EUR", 2**62, GERMANY, "x")] * 2
    answer = house.ask("fay", AdjustMany(rows))
    assert isinstance(answer, Refused)
    assert "together it is more EUR than an amount can be" in str(answer.problems[-1])
