"""What staff do for orders in the console: each page and act, whose right it is, and what nobody may see.

They share a house, in whichever order they run: each has orders of its own.
"""

import time
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.approvals.doors import plain
from tests.attacks.serving import head, multipart, push, served
from tests.evidence import Figures, scaled
from tests.orders.counter import ITEM
from tests.orders.office import POOLED, Office, opened_office
from tests.orders.reversing import reverse
from tests.servers import copied_database

from guerdon import embedded
from guerdon.engine.codes import use_code
from guerdon.engine.orders.cases import Complaint, open_case
from guerdon.engine.orders.lanes.breaker import shut
from guerdon.engine.orders.pools import watch_pools
from guerdon.engine.orders.watching import STUCK_AFTER
from guerdon.ledger.effects import Refuse
from guerdon.store.orders.lanes import lock_lane, settle_lane
from guerdon.values.clock import utc_now
from guerdon.values.ids import read

if TYPE_CHECKING:
    from django.http import HttpResponse

EVIL = "<script>alert('x')</script>"
SECRET_CODE = "STAFF-NEVER-SEE-THIS"


@pytest.fixture(scope="module")
def office(
    postgres: embedded.Server, migrated_template: str, secret: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Open the console on a house with orders, for all of these tests."""
    with (
        copied_database(postgres, migrated_template) as url,
        opened_office(url, secret, tmp_path_factory.mktemp("home")) as opened,
    ):
        yield opened
        opened.here.check()


def refused(answer: "HttpResponse") -> str:
    assert answer.status_code == 422, answer.status_code
    return plain(answer.content.decode())


def test_staff_take_an_order_and_deliver_it(office: Office) -> None:
    member, there = office.ordered()
    owen, rita = office.visitor("owen"), office.visitor("rita")
    queue = rita.page("orders?queue=staff")
    assert there in queue
    assert f"ann{member}" not in queue
    assert there not in rita.page("orders?queue=person")
    assert "take it first" in refused(rita.send(there, act="deliver", code="X", reason="sent"))
    assert rita.send(there, act="take").status_code == 303
    assert "A colleague works on it" in owen.plain(there)
    assert "a colleague works on it" in refused(owen.send(there, act="refuse", reason="no"))
    assert "a reason is needed" in refused(rita.send(there, act="deliver", code="X"))
    for wrong in (
        {"url": "javascript:alert(1)"},
        {"code": "two words"},
        {"note": "x" * 2001},
        {"code": "a\0b"},
    ):
        assert "no address of the web" in refused(rita.send(there, act="deliver", reason="sent", **wrong))
    done = rita.send(
        there, act="deliver", code=SECRET_CODE, url="https://parcels.example/77", note=EVIL, reason="by hand"
    )
    assert done.status_code == 303
    shown = office.here.order(_number(there), member)
    assert [(piece.kind, piece.text) for piece in shown.handed] == [
        ("code", SECRET_CODE),
        ("url", "https://parcels.example/77"),
        ("note", EVIL),
    ]
    page = rita.page(there)
    assert "Delivered" in page
    for hidden in (SECRET_CODE, "parcels.example", EVIL, "alert"):
        assert hidden not in page
    assert office.audited("order.delivered")[-1] == (there.partition("/")[2], "by hand")
    # A till is told no more than that it is worth nothing: what became of it stands here.
    assert "<dd>In their hands</dd>" in page
    house, told = office.here.house, []
    for _ in range(2):
        with house.working() as tx:
            told.append(use_code(tx, house.vault, house.program_id, SECRET_CODE))
    assert told == [_number(there), Refuse("", "code:unknown")]
    assert "<dd>Used</dd>" in rita.page(there)


def test_what_cannot_be_had_is_given_back(office: Office) -> None:
    _, there = office.ordered()
    rita = office.visitor("rita")
    rita.send(there, act="take")
    assert rita.send(there, act="put_back", reason="my day is over").status_code == 303
    rita.send(there, act="take")
    assert rita.send(there, act="refuse", reason=EVIL).status_code == 303
    assert "Could not be had" in rita.plain(there)
    _, other = office.ordered()
    assert rita.send(other, act="cancel", reason="asked by phone").status_code == 303
    assert "Canceled before" in rita.plain(other)
    assert "What to do" not in rita.plain(other)


def test_a_person_decides_what_is_under_way_for_too_long(office: Office) -> None:
    here = office.here
    _, there = office.ordered(ITEM)
    # Tests before it worked on into the future, where turns may be, and left orders of theirs.
    while here.state(_number(there)) == "reserved":
        here.fakes["giftly"].faults = deque(["pending"] * 20)
        here.work(5)
    here.fakes["giftly"].faults.clear()
    assert here.state(_number(there)) == "ordered"
    rita = office.visitor("rita")
    assert "It may have been placed" not in rita.plain(there)
    asked_at = utc_now() - STUCK_AFTER - timedelta(minutes=1)
    with psycopg.connect(here.house.url, options="-c search_path=guerdon") as db:
        db.execute("update fulfillments set ordered_at = %s where order_id = %s", (asked_at, _number(there)))
    assert "It may have been placed" in rita.plain(there)
    assert rita.send(there, act="refuse", reason="their account is closed").status_code == 303
    assert "Could not be had" in rita.plain(there)


def test_a_person_decides_what_no_question_settles(office: Office) -> None:
    here = office.here
    giftly = here.fakes["giftly"]
    giftly.faults = deque(["lost"])
    member, there = office.ordered(ITEM)
    rita = office.visitor("rita")
    assert "is asked" in refused(rita.send(there, act="refuse", reason="now"))
    here.work_on(2)
    assert there in rita.page("orders?queue=person")
    assert there in rita.page("orders?state=unknown&supplier=giftly")
    page = rita.plain(there)
    assert "It may have been placed" in page
    assert "nothing to hand over" in refused(rita.send(there, act="deliver", reason="seen there"))
    assert rita.send(there, act="deliver", code="FOUND-1", reason="seen there").status_code == 303
    assert here.order(_number(there), member).state == "fulfilled"
    assert "takes nothing back" in rita.plain(there)
    assert "cannot be taken back" in refused(rita.send(there, act="take_back", reason="why not"))
    giftly.faults = deque(["fails"])
    _, again = office.ordered(ITEM)
    here.work_on(2)
    assert rita.send(again, act="put_back", reason="not in their books").status_code == 303
    here.work_on(2)
    assert here.state(_number(again)) == "fulfilled"


def test_who_says_that_it_does_not_work_is_answered_and_has_it_anew(office: Office) -> None:
    here = office.here
    member, there = office.ordered(POOLED)
    whose = (here.house.program_id, member, _number(there))
    with here.house.opens(member)() as tx:
        said = Complaint(*whose, "not_accepted", f"{EVIL} at the till")
        assert open_case(tx, here.house.vault, said, utc_now()) == "opened"
    finn, rita = office.visitor("finn"), office.visitor("rita")
    assert there in rita.page("orders?queue=cases")
    listed = finn.page("cases")
    assert there in listed
    assert "at the till" in plain(listed)
    assert EVIL not in listed
    assert "Not asked yet" in plain(listed)
    assert there not in rita.page("cases?market=FR")
    assert there not in rita.page(f"cases?after={2**52}-0")
    page = finn.page(there)
    assert "The code is not accepted" in page
    assert EVIL not in page
    assert 'name="words"' not in page
    case = rita.page(there).partition('name="case" value="')[2].partition('"')[0]
    assert "something is missing" in refused(rita.send(there, act="answer", case=case, words=" "))
    fields = {"case": case, "words": "Here is another.", "supplier_said": "It was void."}
    assert rita.send(there, act="answer", settled="yes", **fields).status_code == 303
    assert "settled it already" in refused(rita.send(there, act="answer", **fields))
    assert there not in rita.page("orders?queue=cases")
    assert there not in rita.page("cases")
    sealed = here.house.rows(
        "select answer, supplier_said from order_cases where member_id = %(m)s", m=member
    )
    assert all(b"another" not in bytes(each) and b"void" not in bytes(each) for each in sealed[0])  # type: ignore[call-overload]
    assert "Here is another." in rita.plain(there)
    assert rita.send(there, act="reissue", reason="it was void").status_code == 303
    assert here.state(_number(there)) == "returned"
    states = here.house.rows(
        "select f.state, c.state from fulfillments f join codes c using (order_id) where member_id = %(m)s"
        " order by 1",
        m=member,
    )
    assert states == [("fulfilled", "issued"), ("returned", "void")]


def test_what_a_rule_took_back_is_not_ordered_anew(office: Office) -> None:
    member, there = office.ordered(POOLED)
    ((reward,),) = office.here.house.rows("select id from rewards where member_id = %(m)s", m=member)
    reverse(office.here, member, int(str(reward)), "forgive", (1, 2))
    rita = office.visitor("rita")
    said = refused(rita.send(there, act="reissue", reason="it was void"))
    assert "a rule took back what paid for it" in said
    assert office.here.state(_number(there)) == "fulfilled"


def test_nobody_does_what_is_not_theirs(office: Office) -> None:
    _, there = office.ordered()
    finn, mara, dirk = office.visitor("finn"), office.visitor("mara"), office.visitor("dirk")
    assert "What to do" not in finn.plain(there)
    for path, fields in (
        (there, {"act": "take"}),
        ("pools", {"act": "mark", "item": POOLED, "low": "3"}),
        ("suppliers", {"act": "reopen", "supplier": "giftly", "reason": "x"}),
    ):
        assert finn.send(path, **fields).status_code == 403
    for path in ("orders", there, "pools", "suppliers"):
        assert mara.get(path).status_code == 404
    # Of another place: not there.
    assert dirk.get(there).status_code == 404
    assert there not in dirk.page("orders")
    assert "for whoever looks after the whole program" in dirk.plain("suppliers")
    rita = office.visitor("rita")
    assert rita.send(there, act="nothing", reason="x").status_code == 404
    assert rita.get("orders/ord_0000000000001").status_code == 404
    assert rita.get("orders/none").status_code == 404
    assert rita.client.post(rita.home + there, {"act": "take"}).status_code == 403


def test_codes_are_brought_by_a_file_and_nobody_sees_them(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    rita = office.visitor("rita")
    lines = [
        "item,value,code",
        "green_basket,200.00 EUR, NEW-CODE-1 ",
        "green_basket,200.00 EUR,NEW-CODE-2",
        "green_basket,200.00 EUR,NEW-CODE-1",
        "green_basket,200.00 EUR,HAS SPACE",
        f"green_basket,200.00 EUR,{'x' * 201}",
        f"{EVIL},200.00 EUR,NEW-CODE-3",
    ]
    answer = rita.send("pools", act="bring", file=SimpleUploadedFile("codes.csv", "\n".join(lines).encode()))
    page = answer.content.decode()
    assert "New: 2. Known before: 1. Wrong: 3." in plain(page)
    assert "Line 4" in plain(page)
    for text in ("5", "a space", "201 characters", "unknown item"):
        assert text in page, text
    for hidden in ("NEW-CODE", "HAS SPACE", EVIL, "xxxx"):
        assert hidden not in page
        assert hidden not in caplog.text
    # Each reads it in their own language.
    for language, said in {
        "es": "línea 5, code: el código tiene un espacio dentro",
        "de": "Zeile 5, code: der Code enthält ein Leerzeichen",
        "fr": "ligne 5, code : le code contient une espace",
        "ar": "في الرمز مسافة",
        "id": "baris 5, code: kodenya berisi spasi",
    }.items():
        rita.client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        file = SimpleUploadedFile("codes.csv", "\n".join(lines).encode())
        page = plain(rita.send("pools", act="bring", file=file).content.decode())
        assert said in page, (language, page)
        assert "a space inside" not in page
    del rita.client.defaults["HTTP_ACCEPT_LANGUAGE"]
    assert rita.send("pools", act="bring").status_code == 422
    assert office.audited("codes.imported")[-1] == ("codes", "")
    assert "NEW-CODE" not in rita.page("pools")


def test_an_item_of_a_feed_gets_codes_by_a_file_and_hands_them_out(office: Office) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    rita = office.visitor("rita")
    office.here.shelve("giftly:later", ["pool"], more={"names": '{"en": "Late card"}'})
    lines = b"item,value,code\nGiftly:LATER,200.00 EUR,LATE-1\ngiftly:tour,200.00 EUR,LATE-2\n"
    answer = rita.send("pools", act="bring", file=SimpleUploadedFile("codes.csv", lines))
    page = plain(answer.content.decode())
    assert "New: 1. Known before: 0. Wrong: 1." in page
    assert "no code of one's own delivers giftly:tour" in page.replace("&#39;", "'")
    # It is called by its name, though the program does not know it.
    assert "Late card" in rita.plain("pools")
    member, _ = office.ordered("giftly:later")
    handed = office.here.house.rows(
        "select item, state from codes where order_id in (select id from orders where member_id = %(m)s)",
        m=member,
    )
    assert handed == [("giftly:later", "issued")]


@pytest.mark.full(minutes=0.5, gate=True)
def test_a_file_as_large_as_one_may_be_comes_in_by_the_form(office: Office, figures: Figures) -> None:
    rita, codes = office.visitor("rita"), scaled(12_000, 100_000)
    office.here.shelve("giftly:wide", ["pool"])
    rows = (f"giftly:wide,200.00 EUR,WIDE-{n:06}-{'X' * 66}\n" for n in range(codes))
    file = "".join(["item,value,code\n", *rows]).encode()
    token = rita.page("pools").partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    body = multipart({"csrfmiddlewaretoken": token, "act": "bring"}, ("file", "codes.csv", file))
    began = time.monotonic()
    with served() as port:
        start = head(f"{rita.home}pools", rita, content_length=str(len(body)))
        answer = push(port, [start, body])
    figures.update(codes=codes, bytes=len(file), seconds=round(time.monotonic() - began, 1))
    assert answer.status == 200
    assert f"New: {codes:,}. Known before: 0. Wrong: 0." in plain(answer.text)
    count = "select count(*) from codes where item = 'giftly:wide' and state = 'free'"
    assert office.here.house.rows(count) == [(codes,)]


def test_somebody_is_told_before_codes_run_out(office: Office) -> None:
    rita = office.visitor("rita")
    for _ in range(5):
        office.ordered(POOLED)
    house = office.here.house

    def told() -> list[tuple[object, ...]]:
        with house.working() as tx:
            watch_pools(tx, house.program_id, utc_now())
        return house.rows("select subject from alarms where kind = 'codes.low' and settled_at is null")

    # By the rate of use: given as fast as in these days, they are gone within as many.
    assert (POOLED,) in told()
    assert rita.send("pools", act="mark", item=POOLED, low="0").status_code == 303
    assert (POOLED,) not in told()
    assert rita.send("pools", act="mark", item=POOLED, low="500").status_code == 303
    assert (POOLED,) in told()
    assert "Told from 500 on" in rita.plain("pools")
    assert "no codes of such an item" in refused(rita.send("pools", act="mark", item="none", low="5"))
    assert rita.send("pools", act="mark", item=POOLED, low="-5").status_code == 422


@pytest.mark.parametrize(
    ("language", "second", "minute"),
    [
        ("en", "10 a second", "60 a minute"),
        ("de", "10 je Sekunde", "60 je Minute"),
        ("es", "10 por segundo", "60 por minuto"),
        ("fr", "10 par seconde", "60 par minute"),
        ("id", "10 per detik", "60 per menit"),
        ("ar", "في الثانية", "في الدقيقة"),
    ],
)
def test_a_pace_is_shown_as_it_was_agreed(office: Office, language: str, second: str, minute: str) -> None:
    page = plain(office.visitor("rita").page("suppliers", language))
    # The program's own accounts: one with a limit of each kind.
    for said in (second, minute):
        assert page.count(said) == 1, said
    assert "600" not in page


def test_an_account_that_is_shut_is_opened_again(office: Office) -> None:
    house, rita = office.here.house, office.visitor("rita")
    office.ordered(ITEM)
    office.here.work()
    with house.working() as tx:
        lane = lock_lane(tx, house.program_id, "giftly")
        settle_lane(tx, house.program_id, shut(lane, utc_now(), f"{EVIL} the key is wrong"))
    page = rita.page("suppliers")
    assert "Shut: a person has to look" in page
    assert EVIL not in page
    assert "a reason is needed" in refused(rita.send("suppliers", act="reopen", supplier="giftly"))
    assert rita.send("suppliers", act="reopen", supplier="giftly", reason="new key").status_code == 303
    assert "Well" in rita.plain("suppliers")
    assert "it is so already" in refused(
        rita.send("suppliers", act="reopen", supplier="giftly", reason="new key")
    )
    assert office.audited("supplier.reopened")[-1] == ("giftly", "new key")


@pytest.mark.parametrize("language", ["ar", "de", "es", "fr", "id"])
def test_every_page_speaks_the_reader_s_language(office: Office, language: str) -> None:
    _, there = office.ordered()
    for path in ("orders?queue=staff", there, "pools", "suppliers", "cases"):
        page = office.visitor("rita").page(path, language)
        assert f'lang="{language}"' in page
        for english in ("Waits for", "What befell it", "Bring more codes", "Chosen", "Member<"):
            assert english not in page, (path, english)


def _number(there: str) -> int:
    number = read("ord", there.partition("/")[2])
    assert number is not None
    return number
