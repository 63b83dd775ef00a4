"""Lists as files: the rows of the page as it is narrowed, masked as there, told to the audit, and bounded."""

import csv
from io import StringIO
from typing import Any

import pytest
from tests.sent import sent_by
from tests.sheets import has_formulas, rows_of
from tests.web.console.conftest import Console
from tests.web.console.furniture import furnish

from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.exporting import pages, walking
from guerdon.web.console.exporting.lists import LISTS

ADA, BEN = show("mem", 7), show("mem", 8)
# Of these there is nothing in the house.
BARE = ("cases", "referrals")


def answer(staff: Console, file: str, language: str = "en") -> Any:
    found = staff.client.get(f"{staff.home}exports/{file}", headers={"accept-language": language})
    assert found.status_code == 200, file
    return found


def rows(staff: Console, file: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(sent_by(answer(staff, file)).decode("utf-8-sig"))))


def test_every_list_is_a_file_in_both_forms_that_say_the_same(staff: Console) -> None:
    furnish(staff.house)
    for name, listed in LISTS.items():
        plain = answer(staff, f"{name}.csv")
        assert plain["Content-Type"] == "text/csv; charset=utf-8"
        assert plain["Content-Disposition"].startswith(
            f'attachment; filename="{staff.house.program.key}-{name}-'
        )
        assert plain["Cache-Control"] == "no-store"
        lines = list(csv.reader(StringIO(sent_by(plain).decode("utf-8-sig"))))
        assert tuple(lines[0]) == tuple(listed.columns)
        assert all(len(line) == len(listed.columns) for line in lines), name
        assert len(lines) > 1 or name in BARE, name
        book = sent_by(answer(staff, f"{name}.xlsx"))
        assert not has_formulas(book)
        # Each download is a row of the audit itself.
        if name != "audit":
            assert [row["A"] for row in rows_of(book)] == [line[0] for line in lines], name


def test_members_are_masked_and_amounts_plain(staff: Console) -> None:
    furnish(staff.house)
    found = {row["member"]: row for row in rows(staff, "members.csv")}
    assert set(found) == {ADA, BEN}
    assert (found[ADA]["name"], found[ADA]["balance"], found[ADA]["unit"]) == ("Ada L•••", "200.00", "EUR")
    for form in ("csv", "xlsx"):
        assert b"Lovelace" not in sent_by(answer(staff, f"members.{form}"))


def test_a_file_is_narrowed_as_its_page_is(staff: Console) -> None:
    furnish(staff.house)
    assert {row["state"] for row in rows(staff, "rewards.csv")} == {"ready", "redeemed"}
    (redeemed,) = rows(staff, "rewards.csv?state=redeemed")
    assert (redeemed["member"], redeemed["value"], redeemed["item"]) == (ADA, "200.00", "green_basket")
    assert rows(staff, "rewards.csv?market=FR") == []
    assert rows(staff, "ledger.csv?from=2020-01-01&to=2020-01-02") == []
    assert [row["order"] for row in rows(staff, "orders.csv")] == [
        row["order"] for row in rows(staff, "orders.csv?state=reserved&item=basket")
    ] + [row["order"] for row in rows(staff, "orders.csv?state=fulfilled&item=basket")]
    page = staff.page("rewards?state=redeemed&market=DE")
    assert 'exports/rewards.csv?market=DE&amp;state=redeemed" download' in page


def test_what_somebody_is_called_is_no_formula(staff: Console) -> None:
    house = staff.house
    furnish(house)
    with house.working() as tx:
        person = Person("=HYPERLINK(1) X", "ada@example.com", "")
        record_persons(tx, house.program_id, [seal_person(house.vault, house.program_id, 7, person)])
    found = {row["member"]: row["name"] for row in rows(staff, "members.csv")}
    assert found[ADA] == "'=HYPERLINK(1) X•••"


def test_a_download_is_told_with_what_narrowed_it_and_nobodys_name(staff: Console) -> None:
    furnish(staff.house)
    rows(staff, "rewards.csv?state=ready&q=ada@example.com")
    rows(staff, "members.csv")
    told = staff.house.rows("select subject, detail from audit where action = 'list.exported' order by id")
    assert told == [
        ("rewards", {"form": "csv", "narrowed": {"state": "ready"}}),
        ("members", {"form": "csv", "narrowed": None}),
    ]
    assert "List downloaded" in staff.page("audit")


def test_pages_of_a_file_leave_nobody_out_and_tell_nobody_twice(
    staff: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(staff.house)
    whole = {name: rows(staff, f"{name}.csv") for name in LISTS if name != "audit"}
    for at_once in (1, 2, 3):
        monkeypatch.setattr(walking, "AT_ONCE", at_once)
        assert {name: rows(staff, f"{name}.csv") for name in whole} == whole


def test_more_rows_than_a_file_holds_are_said_to_be_missing(
    staff: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(staff.house)
    total = len(rows(staff, "rewards.csv"))
    monkeypatch.setattr(pages, "ROWS_MAX", {"csv": total, "xlsx": total})
    assert len(rows(staff, "rewards.csv")) == total
    monkeypatch.setattr(pages, "ROWS_MAX", {"csv": total - 1, "xlsx": 1})
    for at_once in (1_000, 1):
        monkeypatch.setattr(walking, "AT_ONCE", at_once)
        found = rows(staff, "rewards.csv")
        assert len(found) == total
        said = f"These are the first {total - 1} rows. Narrow the list for the others."
        assert found[-1]["reward"] == said
        book = rows_of(sent_by(answer(staff, "rewards.xlsx")))
        assert len(book) == 3
        assert book[-1] == {"A": "These are the first 1 rows. Narrow the list for the others."}


@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_are_the_same_in_every_language(staff: Console, language: str) -> None:
    furnish(staff.house)
    first = sent_by(answer(staff, "ledger.csv", language)).splitlines()[0]
    assert first.decode("utf-8-sig").split(",") == list(LISTS["ledger"].columns)


@pytest.mark.parametrize(
    "terms", ["?state=%00", "?market=%00&rule=x", "?from=9999-12-31", "?account=%00&unit=%27", "?after=9-9"]
)
def test_no_garbled_address_breaks_a_file(staff: Console, terms: str) -> None:
    furnish(staff.house)
    for name in LISTS:
        rows(staff, f"{name}.csv{terms}")
