"""The page of imports: what was imported; and a file that is tried, what it would do and does not."""

import time
from io import StringIO

import pytest
from tests.locations.conftest import SHOP, Doors
from tests.operator.conftest import AUDITOR, OPERATOR
from tests.operator.pages import LANGUAGES, line_of, post, text_of, upload

from guerdon.engine.enroll import enroll_members
from guerdon.engine.files.codes import FILE_BYTES_MAX
from guerdon.engine.files.rates import take_rates
from guerdon.engine.rehearsing import ROWS_MAX
from guerdon.store.database import transaction
from guerdon.values.ids import show

HEADER = "external_source,external_id,market,location,language,name,email\n"


def member(number: int, name: str = "Ada", **said: str) -> str:
    told = {
        "market": "DE",
        "location": "de-bonn",
        "language": "de",
        "email": f"m{number}@example.com",
        **said,
    }
    cells = (told["market"], told["location"], told["language"], name, told["email"])
    return f"crm,{number},{','.join(cells)}\n"


def known(doors: Doors, text: str) -> list[tuple[object, ...]]:
    """Take a file as the command does; who is there then."""
    house = doors.house
    with house.worker() as db, StringIO(text, newline=None) as lines:
        done = enroll_members(db, house.vault, (house.program_id, house.program), lines, house.real_now)
    assert done.problems == []
    return stored(doors)


def stored(doors: Doors) -> list[tuple[object, ...]]:
    return doors.house.rows(
        "select m.member_id, m.market, m.location, m.language, p.name, p.email from members m"
        " join persons p using (program_id, member_id) order by 1"
    )


def counts_of(page: str) -> list[str]:
    names = ("New members", "Known, and changed", "Known, and the same", "Told again", "Refused")
    return [line_of(page, name).split()[-1] for name in names]


def test_a_file_is_tried_and_nothing_of_it_is_kept(staffed: Doors) -> None:
    before = known(staffed, HEADER + member(1) + member(2))
    audited = staffed.house.rows("select count(*) from audit where action = 'members.enrolled'")
    staffed.sign_in(OPERATOR)
    file = (
        HEADER + member(1) + member(2, "Eve", language="fr") + member(3) + member(4, market="XX") + member(3)
    )
    status, page = upload(staffed, file.encode())
    assert status == 200
    assert "Nothing was written. Rows: 5 ." in text_of(page)
    assert counts_of(page) == ["1", "1", "1", "1", "1"]
    assert "line 5, market: unknown market 'XX'" in text_of(page)
    changed = before[1][0]
    assert isinstance(changed, int)
    assert line_of(page, show("mem", changed)).endswith("3 Language , Name")
    assert "./guerdon import members FILE --program row_boats" in text_of(page)
    assert stored(staffed) == before
    assert staffed.house.rows("select count(*) from audit where action = 'members.enrolled'") == audited
    # The command does with it what was said here.
    with staffed.house.worker() as db, StringIO(file, newline=None) as lines:
        house = staffed.house
        done = enroll_members(db, house.vault, (house.program_id, house.program), lines, house.real_now)
    assert (done.enrolled, done.updated, len(done.repeated), len(done.problems)) == (1, 2, 1, 1)


def test_two_ids_of_one_member_are_told_once(staffed: Doors) -> None:
    before = known(staffed, HEADER + member(1))
    with staffed.house.by_hand() as db:
        db.execute(
            "insert into member_ids (program_id, source, external_id, member_id)"
            " values (%s, 'crm', '77', %s)",
            (staffed.house.program_id, before[0][0]),
        )
    staffed.sign_in(OPERATOR)
    _, page = upload(staffed, (HEADER + member(1) + member(77, "Eve")).encode())
    assert counts_of(page) == ["0", "1", "0", "1", "0"]


def test_who_was_forgotten_is_refused(staffed: Doors) -> None:
    with staffed.house.by_hand() as db:
        db.execute(
            "insert into departures (program_id, source, external_id, kind, at)"
            " values (%s, 'crm', '5', 'forgotten', now())",
            (staffed.house.program_id,),
        )
    staffed.sign_in(OPERATOR)
    _, page = upload(staffed, (HEADER + member(5) + member(6)).encode())
    assert counts_of(page) == ["1", "0", "0", "0", "1"]
    assert "asked to be forgotten, and stays so" in text_of(page)


def test_a_wrong_header_is_no_row(staffed: Doors) -> None:
    staffed.sign_in(OPERATOR)
    status, page = upload(staffed, b"external_source;external_id;market\ncrm;1;DE\n")
    assert status == 200
    assert "the columns are not separated by commas" in text_of(page)
    assert counts_of(page) == ["0"] * 5


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "There is nothing in this file."),
        (b" \n\n", "There is nothing in this file."),
        (b"PK\x03\x04" + b"\0" * 50, "This is a workbook"),
        (b"%PDF-1.7\n", "This is a workbook or another file that is no text."),
        ("external_source\n".encode("utf-16"), "not UTF-8, which shows in line 1"),
        (
            HEADER.encode() + "crm,1,DE,de-bonn,de,J\xf6rg,\n".encode("latin-1"),
            "not UTF-8, which shows in line 2",
        ),
        (b"x\n" * (ROWS_MAX + 2), "More than 20,000 rows are not tried here."),
        (b"x" * (FILE_BYTES_MAX + 1), "This file is larger than 10 MB."),
    ],
)
def test_a_file_that_is_none_is_refused_and_said_why(staffed: Doors, data: bytes, said: str) -> None:
    staffed.sign_in(OPERATOR)
    for kind in ("members", "rates"):
        status, page = upload(staffed, data, kind)
        assert status == 422
        assert said in text_of(page)


def test_markup_and_turning_marks_in_names_are_text(staffed: Doors) -> None:
    staffed.sign_in(OPERATOR)
    file = (
        HEADER + member(1, "<script>alert(1)</script>") + member(2, "Ada\u202egnp.exe") + member(3, "x\x07y")
    )
    status, page = upload(staffed, (file + "crm,4,<b>DE</b>,,,,\n").encode(), name="<i>a</i>.csv")
    assert status == 200
    assert "<script>alert" not in page
    assert "<b>DE" not in page
    assert "<i>a" not in page
    assert "unknown market '<b>DE</b>'" in text_of(page)
    assert "hold marks that turn the text after them, and are taken as they are: 3" in text_of(page)
    assert "holds a control character, U+0007" in text_of(page)
    assert "\u202e" not in page
    assert counts_of(page) == ["2", "0", "0", "0", "2"]


def test_ten_thousand_rows_are_tried_while_somebody_waits(staffed: Doors) -> None:
    known(staffed, HEADER + "".join(member(number) for number in range(5_000)))
    staffed.sign_in(OPERATOR)
    file = HEADER + "".join(member(number, "Eve") for number in range(10_000))
    began = time.perf_counter()
    status, page = upload(staffed, file.encode())
    assert time.perf_counter() - began < 10
    assert status == 200
    assert counts_of(page) == ["5,000", "5,000", "0", "0", "0"]
    assert "4,950 more are not shown." in text_of(page)


def test_rates_are_all_or_none(staffed: Doors) -> None:
    house = staffed.house
    staffed.sign_in(OPERATOR)
    first, second = list(house.program.units)[:2]
    row = f"{house.today},{first},{second},1.25,ECB\n"
    status, page = upload(staffed, ("day,base,quote,rate,source\n" + row).encode(), "rates")
    assert status == 200
    assert "New rates: 1 . Known before: 0 ." in text_of(page)
    assert house.rows("select count(*) from rates") == [(0,)]
    with house.worker() as db, transaction(db, house.program_id) as tx:
        data = ("day,base,quote,rate,source\n" + row).encode()
        assert take_rates(tx, (house.program_id, house.program), data, "mara", house.real_now).taken == 1
    _, page = upload(staffed, ("day,base,quote,rate,source\n" + row).encode(), "rates")
    assert "New rates: 0 . Known before: 1 ." in text_of(page)
    _, page = upload(staffed, ("day,base,quote,rate,source\n" + row.replace("1.25", "1.5")).encode(), "rates")
    assert "Nothing of it would be taken" in text_of(page)
    assert "is not changed; take the row out" in text_of(page)
    assert "Rates mara 1 0" in text_of(staffed.page("imports"))


def test_what_was_imported_is_told_once_for_all_its_commits(staffed: Doors) -> None:
    staffed.sign_in(AUDITOR)
    assert "Nothing imported." in text_of(staffed.page("imports"))
    known(staffed, HEADER + "".join(member(number) for number in range(5_001)))
    page = text_of(staffed.page("imports"))
    assert "Members By the command 5,001 0" in page
    for language in LANGUAGES:
        said = text_of(staffed.page("imports", language))
        assert "By the command" not in said


def test_who_only_reads_tries_nothing(staffed: Doors) -> None:
    staffed.sign_in(AUDITOR)
    page = staffed.page("imports")
    assert 'type="file"' not in page
    staffed.sign_in(OPERATOR)
    assert post(staffed, "imports", act="try", kind="people")[0] == 404
    assert post(staffed, "imports", act="take", kind="members")[0] == 404
    staffed.sign_in(SHOP)
    assert staffed.answer("imports")[0] == 404
