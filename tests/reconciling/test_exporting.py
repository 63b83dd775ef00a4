"""What differs as a file for a sheet, and the alarm on the console's pages."""

import csv
from collections.abc import Iterator
from io import StringIO

import pytest
from tests.orders.office import Office, opened_office
from tests.proof.reconciling_deeds import ACCOUNT
from tests.reconciling.planted import plant
from tests.servers import copied_database

from guerdon import embedded
from guerdon.engine.reconciling.watching import DIFFERS_ALARM
from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.console.reconciling import exporting

HERE = "reconciliation"


@pytest.fixture(scope="module")
def office(
    postgres: embedded.Server, migrated_template: str, secret: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Open the console on a house, for all of these tests."""
    with (
        copied_database(postgres, migrated_template) as url,
        opened_office(url, secret, tmp_path_factory.mktemp("home")) as opened,
    ):
        yield opened


def test_the_list_is_a_file_in_which_nothing_is_a_formula(office: Office) -> None:
    house = office.here.house
    ids = plant(house.url, house.program_id, ["=HYPERLINK(1)", "@SUM(1)", "T-9"], supplier=ACCOUNT)
    rita, owen = office.visitor("rita"), office.visitor("owen")
    assert f"{HERE}/differences.csv?state=open" in rita.page(HERE)
    answer = rita.get(f"{HERE}/differences.csv?state=open&supplier={ACCOUNT}&kind=not_with_us")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer["Content-Disposition"].startswith('attachment; filename="differences-open-')
    rows = {row["difference"]: row for row in csv.DictReader(StringIO(answer.content.decode()))}
    assert [rows[each]["subject"] for each in ids] == ["'=HYPERLINK(1)", "'@SUM(1)", "T-9"]
    told = rows[ids[2]]
    assert (told["theirs"], told["stake"], told["currency"], told["ours"]) == ("25.00", "25.00", "EUR", "")
    there = f"{HERE}/{ids[2]}"
    assert rita.send(there, act="settle", done="loss", reason="-1+1 is nothing").status_code == 303
    settled = owen.get(f"{HERE}/differences.csv?state=settled").content.decode()
    assert "'-1+1 is nothing" in settled
    assert ids[2] not in rita.get(f"{HERE}/differences.csv").content.decode()
    # Whoever looks after a part sees nothing of it, and whoever reads no ledger has no such address.
    assert len(office.visitor("dirk").get(f"{HERE}/differences.csv").content.splitlines()) == 1
    assert office.visitor("mara").get(f"{HERE}/differences.csv").status_code == 404


def test_more_than_one_file_holds_are_written_in_parts(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "ROWS_MAX", 1)
    house = office.here.house
    plant(house.url, house.program_id, ["P-1", "P-2"], supplier=ACCOUNT)
    answer = office.visitor("rita").get(f"{HERE}/differences.csv")
    assert (answer.status_code, b"too many for one file" in answer.content) == (422, True)


def test_whoever_looks_at_the_page_is_told_of_what_is_new(office: Office) -> None:
    house = office.here.house
    with house.working() as tx:
        detail = {"supplier": ACCOUNT, "n": 2, "stakes": {"EUR": 5_000}}
        record_alarms(
            tx, house.program_id, [AlarmRow(DIFFERS_ALARM, show("stm", 1), ACCOUNT, detail)], utc_now()
        )
    page = office.visitor("rita").plain(HERE)
    assert "2 differences with" in page
    assert "€50" in page
    assert "books say otherwise than ours" in office.visitor("rita").plain("controls")
