"""Reports by mail: once each, by a real mail server, with what their reader may see at that moment."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from tests.channels.mail_server import MailServer, running
from tests.locations.house import House
from tests.reports.conftest import DAILY, Mailroom
from tests.sheets import rows_of

from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import Accepted, Outcome, Rejected, Retry, Unsure
from guerdon.store.access.grants import revoke_all_grants
from guerdon.store.access.people import record_leaving
from guerdon.store.database import connect, transaction
from guerdon.store.reports.schedules import Wanted, end_schedule
from guerdon.store.reports.sendings import LEASE

ADA, BO = "ada@example.com", "bo@example.com"


def morning(house: House) -> datetime:
    """Seven o'clock of today, by the clock of schedules; the pages stand on that day, too."""
    return datetime.combine(house.today, datetime.min.time(), ZoneInfo("Europe/Berlin")).replace(hour=7)


def furnish(house: House) -> None:
    """Bonn gave twice yesterday, Lyon once."""
    house.happens("de-bonn", "boat.rowed", ago=1, times=2)
    house.happens("fr-lyon", "boat.rowed", ago=1)


def text_of(letter: Letter) -> str:
    file = next(each for each in letter.attachments if each.name.endswith(".pdf"))
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(file.content)).pages)


def test_a_report_comes_with_its_files_by_a_real_mail_server(house: House, mailroom: Mailroom) -> None:
    furnish(house)
    due = morning(house)
    mailroom.asks(ADA, "finance", due - timedelta(hours=1))
    with running(MailServer()) as server, mailroom.smtp(server.url) as send:
        assert mailroom.work(due - timedelta(minutes=1), send) == 0
        assert mailroom.work(due + timedelta(minutes=1), send) == 1
        assert mailroom.work(due + timedelta(minutes=2), send) == 0
        (mail,) = server.mails
    assert mail["To"] == ADA
    assert mail["Subject"] == "Overview of Row Boats"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "https://guerdon.example/console/row_boats/reports" in body.get_content()
    yesterday = house.today - timedelta(days=1)
    stem = f"row_boats-overview-{yesterday.isoformat()}"
    pdf, book = mail.iter_attachments()
    assert [pdf.get_filename(), book.get_filename()] == [f"{stem}.pdf", f"{stem}.xlsx"]
    assert pdf.get_content_type() == "application/pdf"
    page = PdfReader(BytesIO(pdf.get_content())).pages[0].extract_text()
    assert "Given and redeemed" in page
    assert "€65.00" in page
    head, euros, points = rows_of(book.get_content())
    assert list(head.values())[:4] == ["Unit", "Members", "Rewards", "Given"]
    assert (euros["A"], euros["B"], euros["C"], float(euros["D"])) == ("EUR", "2", "3", 65.0)
    assert (points["A"], points["C"]) == ("PTS", "0")
    assert mailroom.fates == [("sent", "", 1)]
    assert house.rows("select count(*) from audit where action = 'report.sent'") == [(1,)]


def test_what_was_missed_comes_once_and_the_next_at_its_time(house: House, mailroom: Mailroom) -> None:
    due = morning(house)
    mailroom.asks(ADA, "finance", due - timedelta(days=9))
    assert mailroom.work(due + timedelta(hours=3)) == 1
    assert len(mailroom.sent) == 1
    assert house.rows("select due_at from report_sendings") == [(due,)]
    assert mailroom.work(due + timedelta(hours=20)) == 0
    assert mailroom.work(due + timedelta(days=1, minutes=1)) == 1
    assert len({letter.id for letter in mailroom.sent}) == 2


def test_two_workers_send_one(house: House, mailroom: Mailroom) -> None:
    due = morning(house)
    mailroom.asks(ADA, "finance", due - timedelta(hours=1))

    def meanwhile(letter: Letter) -> Outcome:
        # While the mail server is given it, another worker looks, and a third much later.
        assert mailroom.work(due + timedelta(minutes=1)) == 0
        assert mailroom.work(due + timedelta(minutes=2)) == 0
        mailroom.sent.append(letter)
        return Accepted("1")

    assert mailroom.work(due + timedelta(minutes=1), meanwhile) == 1
    assert len(mailroom.sent) == 1
    assert mailroom.fates == [("sent", "", 1)]


class Killed(BaseException):
    """What ends a worker where it stands."""


def killed(_: object) -> Outcome:
    raise Killed


def test_a_worker_that_dies_while_it_makes_one_leaves_it_to_the_next(
    house: House, mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = morning(house)
    mailroom.asks(ADA, "finance", due - timedelta(hours=1))
    with monkeypatch.context() as patched:
        patched.setattr("guerdon.engine.reports.mailing.render_report_mail", lambda *_: killed(None))
        with pytest.raises(Killed):
            mailroom.work(due)
    assert mailroom.sent == []
    assert mailroom.work(due + timedelta(minutes=1)) == 0
    assert mailroom.work(due + LEASE) == 1
    assert len(mailroom.sent) == 1
    assert mailroom.fates == [("sent", "", 2)]


def test_one_that_dies_while_handing_it_over_is_not_followed_by_a_second_mail(
    house: House, mailroom: Mailroom
) -> None:
    due = morning(house)
    mailroom.asks(ADA, "finance", due - timedelta(hours=1))
    with running(MailServer()) as server, mailroom.smtp(server.url) as send:

        def taken_and_killed(letter: Letter) -> Outcome:
            assert isinstance(send(letter), Accepted)
            raise Killed

        with pytest.raises(Killed):
            mailroom.work(due, taken_and_killed)
        assert mailroom.fates == [("handing", "", 1)]
        for minutes in (1, 10, 11, 60):
            assert mailroom.work(due + timedelta(minutes=minutes), send) == 0
        assert len(server.mails) == 1
    assert mailroom.fates == [("unsure", "lost", 1)]
    assert house.rows("select count(*) from audit where action = 'report.unsure'") == [(1,)]


@pytest.mark.parametrize(
    ("says", "fate"),
    [
        (lambda _: Rejected("550"), ("refused", "550", 1)),
        (lambda _: Unsure("timeout"), ("unsure", "", 1)),
        (lambda _: Retry("421"), ("due", "421", 1)),
    ],
)
def test_what_the_mail_server_says_is_kept(
    house: House, mailroom: Mailroom, says: Callable[[Letter], Outcome], fate: tuple[object, ...]
) -> None:
    due = morning(house)
    mailroom.asks(ADA, "finance", due - timedelta(hours=1))
    assert mailroom.work(due, says) == 1
    assert mailroom.fates == [fate]
    assert mailroom.work(due + timedelta(minutes=1), says) == 0
    again = mailroom.work(due + timedelta(minutes=5))
    assert again == len(mailroom.sent) == (1 if fate[0] == "due" else 0)


def test_whoever_lost_their_roles_or_was_suspended_is_sent_nothing(house: House, mailroom: Mailroom) -> None:
    furnish(house)
    due = morning(house)
    lost = mailroom.asks(ADA, "finance", due - timedelta(hours=1))
    mailroom.asks(BO, "finance", due - timedelta(hours=1))
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        revoke_all_grants(tx, house.program_id, lost, "test", "moved on", due - timedelta(minutes=5))
        assert record_leaving(tx, house.program_id, BO, "test", due - timedelta(minutes=5)) is not None
    assert mailroom.work(due) == 2
    assert mailroom.sent == []
    assert mailroom.fates == [("withheld", "rights", 1), ("withheld", "left", 1)]


def test_one_that_was_stopped_after_it_was_due_is_not_sent(house: House, mailroom: Mailroom) -> None:
    due = morning(house)
    person = mailroom.asks(ADA, "finance", due - timedelta(hours=1))
    mailroom.says = lambda _: Retry("421")
    assert mailroom.work(due) == 1
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        ((number,),) = tx.execute("select id from report_schedules").fetchall()
        assert end_schedule(tx, house.program_id, (person, number), due)
    assert mailroom.work(due + timedelta(minutes=5)) == 1
    assert len(mailroom.sent) == 1
    assert mailroom.fates == [("withheld", "stopped", 2)]
    assert mailroom.work(due + timedelta(days=2)) == 0


def test_a_shop_reads_of_itself_alone_whatever_its_schedule_says(house: House, mailroom: Mailroom) -> None:
    furnish(house)
    due = morning(house)
    wide = Wanted("overview", "en", ["pdf"], DAILY)
    mailroom.asks(ADA, "dealer_manager", due - timedelta(hours=1), wide, market="DE", location="de-bonn")
    assert mailroom.work(due) == 1
    page = text_of(mailroom.sent[0])
    assert "€40.00" in page
    assert "Bonn" in page
    assert "Lyon" not in page
    assert "€65.00" not in page


def test_a_schedule_for_elsewhere_gives_nothing(house: House, mailroom: Mailroom) -> None:
    furnish(house)
    due = morning(house)
    elsewhere = Wanted("overview", "en", ["pdf"], DAILY, market="FR")
    mailroom.asks(ADA, "dealer_relations", due - timedelta(hours=1), elsewhere, market="DE")
    assert mailroom.work(due) == 1
    assert mailroom.sent == []
    assert mailroom.fates == [("withheld", "rights", 1)]


def test_marketing_is_not_told_what_finance_is(house: House, mailroom: Mailroom) -> None:
    due = morning(house)
    german = {"market": "DE"}
    mailroom.asks(
        ADA, "marketing", due - timedelta(hours=1), Wanted("finance", "en", ["pdf"], DAILY), **german
    )
    mailroom.asks(
        BO, "marketing", due - timedelta(hours=1), Wanted("overview", "en", ["pdf"], DAILY), **german
    )
    assert mailroom.work(due) == 2
    assert [letter.address for letter in mailroom.sent] == [BO]
    assert mailroom.fates == [("withheld", "rights", 1), ("sent", "", 1)]


@pytest.mark.parametrize("language", ["es", "de", "fr", "ar", "id"])
def test_mail_and_report_are_in_the_language_that_was_chosen(
    house: House, mailroom: Mailroom, language: str
) -> None:
    furnish(house)
    due = morning(house)
    mailroom.asks(ADA, "finance", due - timedelta(hours=1), Wanted("finance", language, ["pdf"], DAILY))
    assert mailroom.work(due) == 1
    (letter,) = mailroom.sent
    assert letter.mail.language == language
    assert "The report is attached." not in letter.mail.text
    assert "Owed by market" not in text_of(letter)
    titles = {
        "es": "Debido, por mercado",
        "de": "Geschuldet, nach Markt",
        "fr": "Dû, par marché",
        "ar": "المستحق حسب السوق",
        "id": "Terutang menurut pasar",
    }
    assert titles[language] in text_of(letter)
