"""The console's pages of reconciliation: a statement is brought, what differs is worked off by finance."""

from collections.abc import Iterator

import pytest
from tests.orders.office import Office, opened_office
from tests.proof.reconciling_deeds import ACCOUNT, DAYS, STATEMENT, statement
from tests.servers import copied_database

from guerdon import embedded
from guerdon.values.ids import show

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


def test_a_statement_is_brought_and_what_differs_is_worked_off(office: Office) -> None:
    rita = office.visitor("rita")
    sent = {"act": "bring", "supplier": ACCOUNT, **DAYS}
    assert "Nothing differs." in rita.page(HERE)
    wrong = rita.send(HERE, file=statement(STATEMENT + "T-3,x,sent,EUR,1,2026-05-04T09:30:00Z,\n"), **sent)
    assert (wrong.status_code, b"line 4, state" in wrong.content) == (422, True)
    assert rita.send(HERE, file=statement(), **sent | {"last": "2026-05-03"}).status_code == 422
    assert rita.send(HERE, **sent).status_code == 422
    assert office.here.house.rows("select from statement_lines") == []
    for _ in range(2):
        assert rita.send(HERE, file=statement(), **sent).status_code == 303
    page = rita.plain(HERE)
    assert "Not in our books" in page
    assert "€23.75" in page
    assert "New differences: 1." in page
    assert office.here.house.rows("select count(*) from statement_lines") == [(2,)]
    ((number,),) = office.here.house.rows("select id from order_differences")
    there = f"{HERE}/{show('dif', int(str(number)))}"
    assert "T-1" in rita.page(there)
    for name in ("owen", "finn", "dirk"):
        other = office.visitor(name)
        assert other.send(HERE, file=statement(), **sent).status_code == 403
        tried = other.send(there, HERE, act="settle", done="loss", reason="x")
        assert tried.status_code == 403
    assert "for whoever looks after the whole program" in office.visitor("dirk").plain(HERE)
    assert office.visitor("dirk").get(there).status_code == 404
    assert office.visitor("mara").get(HERE).status_code == 404
    assert "<form" not in main_of(office.visitor("owen").page(there))
    for form in ({"done": "loss"}, {"done": "gone", "reason": "x"}, {"reason": "x"}):
        assert rita.send(there, act="settle", **form).status_code == 422
    wrong = rita.send(there, act="settle", done="loss", reason="x", amount="2.345")
    assert b"the amount is none" in wrong.content
    done = rita.send(there, act="settle", done="credit_expected", reason="they wrote", amount="20")
    assert done.status_code == 303
    assert rita.send(there, act="settle", done="loss", reason="again").status_code == 422
    assert "They will credit it" in rita.plain(there)
    assert "Nothing differs." in rita.page(HERE)
    ((number, expected),) = office.here.house.rows("select id, expected_minor from supplier_credits")
    assert expected == 2_000
    credit = {"act": "credit", "credit": show("crd", int(str(number))), "end": "received"}
    assert rita.send(HERE, **credit).status_code == 422
    assert rita.send(HERE, **credit, reason="their mail", amount="19.50").status_code == 303
    assert office.here.house.rows("select state, received_minor from supplier_credits") == [
        ("received", 1_950)
    ]
    assert [reason for _, reason in office.audited("difference.settled")] == ["they wrote"]


def main_of(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]
