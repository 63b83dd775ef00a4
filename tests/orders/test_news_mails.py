"""Who waited is told by one mail that it came, or that it did not; who has it at once is told by the page."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Literal

import pytest
from tests.channels.mail_server import MailServer, running
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.orders.reversing import reverse
from tests.orders.test_crashes import worked
from tests.orders.test_waiting_mails import LINK, send
from tests.orders.test_withheld import reward_of
from tests.redeem.house import NOW, opened_house

from guerdon.engine.deliveries.news import TOLD_AFTER
from guerdon.engine.orders import staffed
from guerdon.engine.orders.canceling import Taking, cancel_order
from guerdon.engine.orders.cases import Complaint, Reply, answer_case, open_case
from guerdon.engine.orders.staffed import Word
from guerdon.engine.wallet.commands import Done
from guerdon.ledger.effects import Redeem
from guerdon.queries.controls import receipts
from guerdon.queries.invariants import check_invariants
from guerdon.store.audit import record_audit
from guerdon.store.gifts.gifts import Gift, insert_gift
from guerdon.store.orders.handed import Piece
from guerdon.store.privacy.forgetting import forget_members
from guerdon.text.letters import OrderNews, render_order_news
from guerdon.values.ids import derived_id, show
from guerdon.values.texts import LANGUAGES

HOUR = 3600.0
SUBJECTS = {
    "en": ("It is there: Card", "Could not be delivered: Card", "There is an answer: Card"),
    "de": ("Es ist da: Card", "Nicht lieferbar: Card", "Es gibt eine Antwort: Card"),
    "es": ("Ya está aquí: Card", "No se pudo entregar: Card", "Hay una respuesta: Card"),
    "fr": (
        "C\u2019est arrivé\u00a0: Card",
        "Livraison impossible\u00a0: Card",
        "Vous avez une réponse\u00a0: Card",
    ),
    "ar": ("وصل طلبك: Card", "تعذّر التسليم: Card", "لديك جواب: Card"),
    "id": ("Sudah tiba: Card", "Tidak dapat dikirim: Card", "Ada jawaban: Card"),
}


@pytest.fixture
def here(database: str, secret: str) -> Iterator[Counter]:
    """Give a counter with a card of one supplier, whose books hold in the end."""
    counter = Counter(opened_house(database, secret).__enter__(), {"giftly": Fake("giftly")})
    counter.shelve()
    yield counter
    counter.check()
    with counter.house.opens(None)() as tx:
        books = check_invariants(tx, receipts.CONTROLS)
    assert not [breach for breach in books if breach.startswith("receipts.messages")]


@pytest.fixture
def server() -> Iterator[MailServer]:
    """Give a mail server."""
    with running(MailServer()) as started:
        yield started


def lands(here: Counter, after_s: float, member: int = 7) -> int:
    """An order of a member that its supplier has at once and delivers so much later."""
    here.fakes["giftly"].faults.append("pending")
    order = here.ordered(member)
    here.work()
    assert here.state(order) == "ordered"
    here.work(after_s)
    assert here.state(order) == "fulfilled"
    return order


def fails(here: Counter, after_s: float) -> int:
    """An order that nobody can deliver, which turns out so much later."""
    here.fakes["giftly"].faults.append("sold out")
    order = here.ordered()
    here.work(after_s)
    assert here.state(order) == "failed"
    return order


def outbox(here: Counter) -> list[tuple[object, ...]]:
    return here.house.rows("select member_id, message from outbox order by created_at, member_id")


def told(here: Counter) -> list[tuple[object, ...]]:
    return here.house.rows("select message, state, reason from messages order by settled_at")


def bodies(mail: Any) -> list[str]:
    return [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]


def speaks(here: Counter, language: str) -> None:
    with here.house.working() as tx:
        tx.execute("update members set language = %s", (language,))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_came_an_hour_later_is_told_once_without_its_code(
    here: Counter, server: MailServer, language: str
) -> None:
    order = lands(here, HOUR)
    speaks(here, language)
    assert send(here, server) == 1
    here.work(HOUR)
    assert send(here, server) == 0
    (mail,) = server.mails
    assert mail["To"].addresses[0].addr_spec == "ann7@example.com"
    assert str(mail["Subject"]) == SUBJECTS[language][0]
    codes = [piece.text for piece in here.order(order).handed]
    assert len(codes) == 2
    for body in bodies(mail):
        assert LINK.format(reward_of(here, order)) in body
        assert not [code for code in codes if code in body]
    assert told(here) == [("order:there", "sent", None)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_nobody_delivered_is_told_with_what_is_theirs_again(
    here: Counter, server: MailServer, language: str
) -> None:
    order = fails(here, HOUR)
    speaks(here, language)
    assert send(here, server) == 1
    (mail,) = server.mails
    assert str(mail["Subject"]) == SUBJECTS[language][1]
    plain, page = bodies(mail)
    assert LINK.format(reward_of(here, order)) in plain
    last = {"en": "yours again, until 31 Oct 2026", "de": "gehört wieder Ihnen, bis 31. Okt. 2026"}
    assert last.get(language, "2026") in plain
    assert "2026" in page
    assert told(here) == [("order:failed", "sent", None)]


def test_who_has_it_at_once_or_soon_is_told_by_the_page_alone(here: Counter) -> None:
    here.ordered(7)
    here.work()
    lands(here, TOLD_AFTER.total_seconds(), 8)
    here.shelve("giftly:basket", ["pool"])
    here.house.stock(1, "giftly:basket")
    here.house.enroll(9)
    here.tell(9)
    said = here.choose(9, here.house.reward(9), "giftly:basket")
    assert isinstance(said, Redeem)
    here.work(HOUR)
    assert outbox(here) == []
    lands(here, TOLD_AFTER.total_seconds() + 1, 10)
    assert outbox(here) == [(10, "order:there")]


def test_a_worker_that_dies_anywhere_leaves_one_mail(here: Counter, server: MailServer) -> None:
    lived, members = 0, range(1, 16)
    for member in members:
        here.fakes["giftly"].faults.append("pending")
        order = here.ordered(member)
        here.work()
        here.now += timedelta(hours=1)
        lived += worked(here, 6 * member)
        here.desk = here.new_desk()
        for _ in range(12):
            if here.state(order) == "fulfilled":
                break
            here.work(5)
        assert here.state(order) == "fulfilled"
    assert 0 < lived < len(members)
    while send(here, server):
        pass
    to = [mail["To"].addresses[0].addr_spec for mail in server.mails]
    assert sorted(to) == sorted(f"ann{member}@example.com" for member in members)


def test_whoever_calls_it_off_needs_no_mail_and_whom_staff_cancel_has_one(here: Counter) -> None:
    here.shelve("giftly:tour", ["manual"])
    for member, by in ((7, show("mem", 7)), (8, "per_one")):
        order = here.ordered(member, item="giftly:tour")
        here.now += timedelta(hours=1)
        with here.house.opens(member)() as tx:
            taking = Taking(here.house.program_id, member, order, by)
            assert cancel_order(tx, taking, here.now) is None
    assert outbox(here) == [(8, "order:failed")]


def test_what_is_taken_back_with_its_reward_promises_nothing(here: Counter, server: MailServer) -> None:
    withdrawn = here.ordered(8)
    reverse(here, 8, reward_of(here, withdrawn))
    here.work(HOUR)
    assert here.state(withdrawn) == "canceled"
    assert outbox(here) == []
    here.shelve("giftly:tour", ["manual"])
    order = here.ordered(item="giftly:tour")
    word = Word(here.house.program_id, 7, order, "per_one", "because")
    with here.house.opens(7)() as tx:
        assert staffed.take(tx, word, here.now) is None
    reverse(here, 7, reward_of(here, order))
    here.work(HOUR)
    with here.house.opens(7)() as tx:
        assert staffed.refuse(tx, word, here.now) is None
    assert here.state(order) == "failed"
    assert send(here, server) == 1
    (mail,) = server.mails
    plain, _ = bodies(mail)
    assert "yours again" not in plain
    assert "what became of your reward" in plain


@pytest.mark.parametrize("deed", ["deliver", "refuse"])
def test_what_staff_do_later_is_told_too(here: Counter, deed: str) -> None:
    here.shelve("giftly:tour", ["manual"])
    order = here.ordered(item="giftly:tour")
    here.now += timedelta(hours=1)
    word = Word(here.house.program_id, 7, order, "per_one", "because")
    with here.house.opens(7)() as tx:
        assert staffed.take(tx, word, here.now) is None
        if deed == "deliver":
            pieces = [Piece("code", "TOUR-1")]
            assert staffed.deliver(tx, here.house.vault, here.program, word, pieces, here.now) is None
        else:
            assert staffed.refuse(tx, word, here.now) is None
    assert outbox(here) == [(7, "order:there" if deed == "deliver" else "order:failed")]


def test_of_whoever_is_forgotten_or_has_no_address_nobody_is_told(here: Counter, server: MailServer) -> None:
    for member in (7, 8):
        here.fakes["giftly"].faults.append("pending")
        here.ordered(member)
    here.work()
    forgets(here, 7)
    with here.house.working() as tx:
        tx.execute("update persons set email = null where member_id = 8")
    here.work(HOUR)
    assert here.house.rows("select distinct state from fulfillments") == [("fulfilled",)]
    assert outbox(here) == []
    # Nor of whoever is forgotten while the mail is on its way.
    lands(here, HOUR, 9)
    forgets(here, 9)
    assert send(here, server) == 1
    assert (server.mails, told(here)) == ([], [("order:there", "failed", "member:missing")])


def forgets(here: Counter, member: int) -> None:
    with here.house.working() as tx:
        assert forget_members(tx, here.house.program_id, [member], [], here.now) == [member]
        record_audit(tx, here.house.program_id, "worker", "member.forgotten", show("mem", member), here.now)


def test_of_what_was_given_away_its_giver_is_not_told(here: Counter) -> None:
    here.fakes["giftly"].faults.append("pending")
    order = here.ordered()
    here.work()
    made = (here.house.program_id, 7, derived_id(1, "gift"), reward_of(here, order), here.now)
    gift = Gift(*made, here.now + timedelta(days=30), None, None, None, None)
    with here.house.opens(7)() as tx:
        insert_gift(tx, gift, b"h" * 32)
        record_audit(tx, here.house.program_id, show("mem", 7), "gift.made", show("gif", gift.id), here.now)
    here.work(HOUR)
    assert here.state(order) == "fulfilled"
    assert outbox(here) == []


def test_nothing_is_told_of_what_was_taken_back_since(here: Counter, server: MailServer) -> None:
    order = lands(here, HOUR)
    assert isinstance(here.returned(order), Done)
    assert send(here, server) == 1
    assert (server.mails, told(here)) == ([], [("order:there", "recalled", "order:gone")])


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_to_a_case_is_told_once(here: Counter, server: MailServer, language: str) -> None:
    order, program_id, vault = here.ordered(), here.house.program_id, here.house.vault
    here.work()
    with here.house.opens(7)() as tx:
        assert open_case(tx, vault, Complaint(program_id, 7, order, "other"), here.now) == "opened"
    ((case,),) = here.house.rows("select id from order_cases")
    reply = Reply(program_id, 7, order, int(str(case)), "per_one", "Here is another.", "It was void.")
    answered = []
    for _ in range(2):
        with here.house.opens(None)() as tx:
            answered.append(answer_case(tx, vault, reply, here.now))
    assert answered == [True, False]
    speaks(here, language)
    assert send(here, server) == 1
    assert send(here, server) == 0
    (mail,) = server.mails
    assert str(mail["Subject"]) == SUBJECTS[language][2]
    for body in bodies(mail):
        assert LINK.format(reward_of(here, order)) in body
        assert "Here is another." not in body
    audited = here.house.rows("select action, actor from audit where action like 'case.%%' order by id")
    assert audited == [("case.opened", show("mem", 7)), ("case.settled", "per_one"), ("case.told", "per_one")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tells", ["there", "failed", "answered"])
@pytest.mark.parametrize("until", [None, NOW.date()])
@pytest.mark.parametrize("back", [True, False])
def test_every_sentence_is_in_every_language_short_and_without_markup_of_others(
    language: str, tells: Literal["there", "failed", "answered"], until: date | None, *, back: bool
) -> None:
    news = OrderNews("Nordlys", "<b>100 % & %(day)s</b>", tells, NOW.date(), back, until, LINK)
    mail, english = (render_order_news(news, each, "DE") for each in (language, "en"))
    lines = mail.text.splitlines()
    assert [line for line in lines if len(line) > 78] == []
    if language != "en":
        assert {*lines} & {*english.text.splitlines()} == {LINK, "Nordlys", "", "-- "}
    assert "<b>100" in mail.text
    assert "<b>" not in mail.html
    assert "&lt;b&gt;100 % &amp; %(day)s&lt;/b&gt;" in mail.html
