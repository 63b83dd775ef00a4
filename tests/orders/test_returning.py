"""Staff have a supplier take back what it delivered: what is void there is void here, and they owe it."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.approvals.doors import plain
from tests.orders.counter import ITEM
from tests.orders.office import Office, opened_office
from tests.servers import copied_database

from guerdon import embedded
from guerdon.engine.codes import use_code
from guerdon.engine.orders.lanes.breaker import shut
from guerdon.engine.orders.port import Canceled, Later, Rejected, Shut, Unknown
from guerdon.store.orders.lanes import lock_lane, settle_lane
from guerdon.values.clock import utc_now
from guerdon.values.ids import read
from guerdon.web.rooms import room

if TYPE_CHECKING:
    from django.http import HttpResponse

Answers = Canceled | Rejected | Unknown | Later | Shut
EVIL = "<script>alert('x')</script>"
OFFERED, NOT_OFFERED = "Ask them to take it back", "Its supplier takes nothing back."


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


def delivered(office: Office) -> tuple[int, str, str]:
    """An order that its supplier delivered: its number, its page, their number of it."""
    _, there = office.ordered(ITEM)
    office.here.work()
    number = read("ord", there.partition("/")[2])
    assert number is not None
    assert office.here.state(number) == "fulfilled"
    (made,) = office.here.fakes["giftly"].by_ref[there.partition("/")[2]]
    return number, there, made.their_id


def refused(answer: "HttpResponse") -> str:
    assert answer.status_code == 422, answer.status_code
    return plain(answer.content.decode())


def answering(office: Office, monkeypatch: pytest.MonkeyPatch, tell: Callable[[], Answers]) -> list[str]:
    """Let the supplier answer so; by which numbers it is asked."""
    asked: list[str] = []

    def cancel(their_id: str) -> Answers:
        asked.append(their_id)
        return tell()

    monkeypatch.setattr(office.here.fakes["giftly"], "cancel", cancel)
    return asked


def credits_of(office: Office) -> list[tuple[object, ...]]:
    return office.here.house.rows(
        "select their_id, order_id, expected_minor, currency, state, reason from supplier_credits order by id"
    )


def purse(office: Office) -> list[tuple[object, ...]]:
    return office.here.house.rows("select remaining, held, state from rewards")


def is_untouched(office: Office, number: int) -> bool:
    there = (office.here.state(number), purse(office), credits_of(office), office.audited("order.taken_back"))
    codes = office.here.house.rows("select state from codes where order_id = %(o)s", o=number)
    return (*there, codes) == ("fulfilled", [(0, 0, "redeemed")], [], [], [("issued",)])


def test_what_its_supplier_takes_back_is_the_members_again_and_a_credit_is_expected(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, there, their_id = delivered(office)
    rita, url = office.visitor("rita"), office.here.house.url
    open_then: list[object] = []

    def tell() -> Canceled:
        with psycopg.connect(url) as db:
            seen = db.execute(
                "select count(*) filter (where xact_start is not null), count(state) from pg_stat_activity"
                " where backend_type = 'client backend' and datname = current_database()"
                " and pid <> pg_backend_pid()"
            ).fetchone()
        assert seen is not None
        open_then.append(seen[0])
        assert seen[1] > 0
        return Canceled(19_000, "EUR")

    asked = answering(office, monkeypatch, tell)
    page = rita.plain(there)
    assert OFFERED in page
    assert NOT_OFFERED not in page
    assert "a reason is needed" in refused(rita.send(there, act="take_back", reason=" "))
    assert asked == []
    assert rita.send(there, act="take_back", reason="wrong card").status_code == 303
    assert asked == [their_id]
    assert open_then == [0]
    assert office.here.state(number) == "returned"
    assert purse(office) == [(20_000, 0, "ready")]
    assert office.here.house.rows("select state from codes where order_id = %(o)s", o=number) == [("void",)]
    assert credits_of(office) == [(their_id, number, 19_000, "EUR", "expected", "wrong card")]
    order = there.partition("/")[2]
    assert office.audited("order.return_asked") == [(order, "wrong card")]
    assert office.audited("order.taken_back") == [(order, "wrong card")]
    page = rita.plain(there)
    assert "Its supplier was asked to take it back" in page
    assert OFFERED not in page
    assert "cannot be taken back" in refused(rita.send(there, act="take_back", reason="again"))
    assert asked == [their_id]


def test_who_refuses_is_heard_and_nothing_changes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    number, there, their_id = delivered(office)
    rita = office.visitor("rita")
    asked = answering(office, monkeypatch, lambda: Rejected("refused", f"{EVIL} it was spent"))
    answer = rita.send(there, act="take_back", reason="wrong card")
    assert EVIL not in answer.content.decode()
    said = refused(answer)
    assert "its supplier does not take it back" in said
    assert "The supplier said:" in said
    assert "it was spent" in said
    assert asked == [their_id]
    assert is_untouched(office, number)
    # Who comes later sees that it was tried, and may try it again.
    page = office.visitor("owen").plain(there)
    assert "Its supplier was asked to take it back" in page
    assert OFFERED in page


def fails() -> Canceled:
    raise RuntimeError


@pytest.mark.parametrize(
    ("tell", "said"),
    [
        (lambda: Unknown("504"), "may have taken it back"),
        (fails, "may have taken it back"),
        (lambda: Later(1.0, "limit"), "they do not answer just now"),
        (lambda: Shut("the key is wrong"), "the account is shut"),
    ],
)
def test_without_an_answer_nothing_changes_and_it_is_asked_once_more(
    office: Office, monkeypatch: pytest.MonkeyPatch, tell: Callable[[], Answers], said: str
) -> None:
    number, there, their_id = delivered(office)
    rita = office.visitor("rita")
    asked = answering(office, monkeypatch, tell)
    assert said in refused(rita.send(there, act="take_back", reason="wrong card"))
    assert asked == [their_id]
    assert is_untouched(office, number)
    # What is void with them already is void: the same is asked, and it is given back once.
    asked = answering(office, monkeypatch, Canceled)
    assert rita.send(there, act="take_back", reason="wrong card").status_code == 303
    assert asked == [their_id]
    assert office.here.state(number) == "returned"
    assert purse(office) == [(20_000, 0, "ready")]
    assert credits_of(office) == [(their_id, number, None, "", "expected", "wrong card")]


def test_of_two_who_ask_at_once_it_is_given_back_to_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, there, their_id = delivered(office)
    rita, owen = office.visitor("rita"), office.visitor("owen")
    first: list[int] = []

    def tell() -> Canceled:
        if not first:
            first.append(0)
            first[0] = owen.send(there, act="take_back", reason="owen was first").status_code
        return Canceled()

    asked = answering(office, monkeypatch, tell)
    assert "settled it already" in refused(rita.send(there, act="take_back", reason="rita was second"))
    assert (first, asked) == ([303], [their_id, their_id])
    assert office.here.state(number) == "returned"
    assert purse(office) == [(20_000, 0, "ready")]
    assert [row[-1] for row in credits_of(office)] == ["owen was first"]
    assert [reason for _, reason in office.audited("order.taken_back")] == ["owen was first"]


def test_a_shut_account_is_not_asked(office: Office) -> None:
    number, there, _ = delivered(office)
    house, fake = office.here.house, office.here.fakes["giftly"]
    with house.working() as tx:
        settle_lane(tx, house.program_id, shut(lock_lane(tx, house.program_id, "giftly"), utc_now(), "key"))
    said = refused(office.visitor("rita").send(there, act="take_back", reason="wrong card"))
    assert "the account is shut" in said
    assert fake.canceled == []
    assert office.audited("order.return_asked") == []
    assert is_untouched(office, number)


@pytest.mark.parametrize("why", ["cancels", "address", "secret"])
def test_who_takes_nothing_back_or_cannot_be_asked_is_not(office: Office, why: str) -> None:
    number, there, _ = delivered(office)
    fake, rita = office.here.fakes["giftly"], office.visitor("rita")
    if why == "cancels":
        fake.cancels = False
    elif why == "address":
        fake.address = "https://another.example"
    else:
        room().suppliers = SimpleNamespace(open=lambda *_: None)  # type: ignore[assignment]
    page = rita.plain(there)
    assert NOT_OFFERED in page
    assert OFFERED not in page
    assert "cannot be taken back" in refused(rita.send(there, act="take_back", reason="wrong card"))
    assert fake.canceled == []
    assert is_untouched(office, number)


def test_what_was_used_is_not_taken_back_and_used_meanwhile_it_is_not_given_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, there, their_id = delivered(office)
    rita, house = office.visitor("rita"), office.here.house
    (made,) = office.here.fakes["giftly"].placed.values()

    def tell() -> Canceled:
        with house.working() as tx:
            assert use_code(tx, house.vault, house.program_id, made.credentials[0].text) == number
        return Canceled()

    asked = answering(office, monkeypatch, tell)
    assert "its code was used here" in refused(rita.send(there, act="take_back", reason="wrong card"))
    assert office.here.state(number) == "fulfilled"
    assert purse(office) == [(0, 0, "redeemed")]
    # They have it back, so they owe it.
    assert credits_of(office) == [(their_id, number, None, "", "expected", "wrong card")]
    assert office.audited("order.taken_back") == []
    assert OFFERED not in rita.plain(there)
    assert "cannot be taken back" in refused(rita.send(there, act="take_back", reason="again"))
    assert asked == [their_id]


def test_nobody_has_it_taken_back_whose_right_it_is_not(office: Office) -> None:
    number, there, _ = delivered(office)
    finn, rita = office.visitor("finn"), office.visitor("rita")
    assert OFFERED not in finn.plain(there)
    wanted = {"act": "take_back", "reason": "because"}
    assert finn.send(there, "orders", **wanted).status_code == 403
    # A form of somebody else's page has no token of hers.
    assert rita.client.post(rita.home + there, wanted).status_code == 403
    assert office.here.fakes["giftly"].canceled == []
    assert is_untouched(office, number)


@pytest.mark.parametrize("language", ["ar", "de", "es", "fr", "id"])
def test_it_is_offered_and_refused_in_the_reader_s_language(
    office: Office, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    _, there, _ = delivered(office)
    rita = office.visitor("rita")
    answering(office, monkeypatch, lambda: Unknown(""))
    refused(rita.send(there, act="take_back", reason="wrong card"))
    page = rita.page(there, language)
    assert f'lang="{language}"' in page
    assert 'value="take_back"' in page
    for english in (OFFERED, "Ask its supplier", "was asked to take it back"):
        assert english not in page
