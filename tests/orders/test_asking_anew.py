"""Staff have whoever delivered an order asked what became of it: the answer stands at the member's case."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from tests.approvals.doors import plain
from tests.orders.counter import ITEM
from tests.orders.office import MANUAL, POOLED, Office, opened_office
from tests.servers import copied_database

from guerdon import embedded
from guerdon.engine.codes import use_code
from guerdon.engine.orders.cases import Complaint, open_case
from guerdon.engine.orders.lanes.breaker import shut
from guerdon.engine.orders.port import Later, Rejected, Shut, Told
from guerdon.store.orders.lanes import lock_lane, settle_lane
from guerdon.values.clock import utc_now
from guerdon.values.ids import read
from guerdon.web.rooms import room

if TYPE_CHECKING:
    from django.http import HttpResponse

EVIL = "<script>alert('x')</script>"


@pytest.fixture
def office(
    postgres: embedded.Server, migrated_template: str, secret: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Open the console on a house whose accounts the web process can ask."""
    with (
        copied_database(postgres, migrated_template) as url,
        opened_office(url, secret, tmp_path_factory.mktemp("home")) as opened,
    ):
        room().suppliers = SimpleNamespace(open=opened.here.desk.open_account)  # type: ignore[assignment]
        yield opened
        opened.here.check()


def complained(office: Office, item: str) -> tuple[int, str, str]:
    """A member's order about which there is a case: its number, its page, the case."""
    member, there = office.ordered(item)
    office.here.work()
    number = read("ord", there.partition("/")[2])
    assert number is not None
    house = office.here.house
    with house.opens(member)() as tx:
        said = Complaint(house.program_id, member, number, "not_accepted", "at the till")
        assert open_case(tx, house.vault, said, utc_now()) == "opened"
    case = office.visitor("rita").page(there).partition('name="case" value="')[2].partition('"')[0]
    return number, there, case


def refused(answer: "HttpResponse") -> str:
    assert answer.status_code == 422, answer.status_code
    return plain(answer.content.decode())


def answering(office: Office, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    monkeypatch.setattr(office.here.fakes["giftly"], "fetch", lambda *_: told, raising=False)


def test_the_supplier_is_asked_by_its_own_number_and_nothing_is_placed(office: Office) -> None:
    number, there, case = complained(office, ITEM)
    rita, fake = office.visitor("rita"), office.here.fakes["giftly"]
    before = list(fake.asked)
    assert "Ask the supplier what became of it" in rita.plain(there)
    assert rita.send(there, act="ask", case=case).status_code == 303
    ((key,),) = office.here.house.rows("select key from supplier_attempts")
    assert fake.asked[len(before) :] == [("fetch", key)]
    page = rita.plain(there)
    assert "The supplier has it as delivered" in page
    assert "€200" in page
    assert office.here.state(number) == "fulfilled"
    assert office.here.house.rows(
        "select subject, detail -> 'told' ->> 'came' from audit where action = 'case.looked'"
    ) == [(case, "placed")]
    ((kept,),) = office.here.house.rows("select looked from order_cases")
    assert b"placed" not in bytes(kept)  # type: ignore[call-overload]
    # The case stays open, and an answer ends it: then nobody is asked any more.
    assert rita.send(there, act="answer", case=case, words="It is valid.", settled="yes").status_code == 303
    assert "settled it already" in refused(rita.send(there, act="ask", case=case))


def test_what_they_say_is_shown_and_never_run(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    _, there, case = complained(office, ITEM)
    rita = office.visitor("rita")
    answering(office, monkeypatch, Rejected("refused", f"{EVIL} void"))
    assert rita.send(there, act="ask", case=case).status_code == 303
    page = rita.page(there)
    assert EVIL not in page
    assert "The supplier says that nothing came of it" in page
    assert "void" in page


@pytest.mark.parametrize(
    ("told", "said"),
    [(Later(1.0, "limit"), "they do not answer just now"), (Shut("key"), "the account is shut")],
)
def test_who_does_not_answer_leaves_nothing_at_the_case(
    office: Office, monkeypatch: pytest.MonkeyPatch, told: Told, said: str
) -> None:
    _, there, case = complained(office, ITEM)
    answering(office, monkeypatch, told)
    assert said in refused(office.visitor("rita").send(there, act="ask", case=case))
    assert office.here.house.rows("select looked_at from order_cases") == [(None,)]
    assert office.audited("case.looked") == []


def test_a_shut_account_is_not_asked(office: Office) -> None:
    _, there, case = complained(office, ITEM)
    house, fake = office.here.house, office.here.fakes["giftly"]
    with house.working() as tx:
        settle_lane(tx, house.program_id, shut(lock_lane(tx, house.program_id, "giftly"), utc_now(), "key"))
    before = list(fake.asked)
    assert "the account is shut" in refused(office.visitor("rita").send(there, act="ask", case=case))
    assert fake.asked == before


def test_whom_the_name_stands_for_by_now_is_not_asked(office: Office) -> None:
    _, there, case = complained(office, ITEM)
    fake = office.here.fakes["giftly"]
    before, fake.address = list(fake.asked), "https://another.example"
    assert "cannot be asked" in refused(office.visitor("rita").send(there, act="ask", case=case))
    assert fake.asked == before


def test_our_own_pool_says_how_the_code_stands(office: Office) -> None:
    number, there, case = complained(office, POOLED)
    rita, house = office.visitor("rita"), office.here.house
    assert rita.send(there, act="ask", case=case).status_code == 303
    assert "the code is in their hands" in rita.plain(there)
    (code,) = office.here.order(number, 101).handed
    with house.working() as tx:
        assert use_code(tx, house.vault, house.program_id, code.text) == number
    assert rita.send(there, act="ask", case=case).status_code == 303
    assert "the code was used" in rita.plain(there)


def test_what_people_delivered_nobody_is_asked_about(office: Office) -> None:
    _, there, case = complained(office, MANUAL)
    rita = office.visitor("rita")
    page = rita.plain(there)
    assert "nobody else can be asked" in page
    assert "Ask the supplier" not in page
    assert "cannot be asked" in refused(rita.send(there, act="ask", case=case))


def test_only_who_may_write_asks(office: Office) -> None:
    _, there, case = complained(office, ITEM)
    before = list(office.here.fakes["giftly"].asked)
    finn = office.visitor("finn")
    assert "Ask the supplier" not in finn.plain(there)
    assert finn.send(there, "orders", act="ask", case=case).status_code == 403
    assert office.here.fakes["giftly"].asked == before


def test_an_answer_stands_at_the_case_of_the_order_that_was_asked_about(office: Office) -> None:
    _, _, others = complained(office, ITEM)
    number, there, case = complained(office, ITEM)
    rita, house = office.visitor("rita"), office.here.house
    cases = "select order_id, looked_at, looked_by, answered_at from order_cases order by order_id"
    # About the first the worker has asked by itself; about the other nobody has.
    before = house.rows(cases)
    assert (number, None, None, None) in before
    for deed in ({"act": "ask"}, {"act": "answer", "words": "It is valid.", "settled": "yes"}):
        assert "settled it already" in refused(rita.send(there, case=others, **deed))
    assert house.rows(cases) == before
    assert rita.send(there, act="ask", case=case).status_code == 303
