"""The page of reports: asked for, changed, stopped, downloaded; and what a form must not be a way around."""

import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from pypdf import PdfReader
from tests.locations.conftest import EVERYTHING, SERVICE, SHOP, Doors
from tests.sheets import rows_of

WANTED = {
    "act": "make",
    "report": "overview",
    "language": "en",
    "format": ["pdf", "xlsx"],
    "every": "week",
    "weekday": "1",
    "monthday": "1",
    "hour": "7",
    "zone": "Europe/Berlin",
}


def post(doors: Doors, **said: object) -> tuple[int, str]:
    page = doors.page("reports")
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    path = f"/console/{doors.house.program.key}/reports"
    answer = doors.client.post(path, {"csrfmiddlewaretoken": token, **said})
    return answer.status_code, answer.content.decode()


def text_of(page: str) -> str:
    main = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", main)))


def kept(doors: Doors) -> list[tuple[object, ...]]:
    return doors.house.rows(
        "select report, formats, every, on_day, at_hour, only_market, only_location, ended_at is null"
        " from report_schedules order by id"
    )


def test_a_report_is_asked_for_changed_and_stopped(doors: Doors) -> None:
    doors.sign_in(EVERYTHING)
    assert "No reports. Have Overview mailed on Mondays." in text_of(doors.page("reports"))
    assert post(doors, **WANTED)[0] == 303
    page = text_of(doors.page("reports"))
    assert "Each week, Monday at 07:00 (Europe/Berlin)" in page
    assert "None was due yet." in page
    assert kept(doors) == [("overview", ["pdf", "xlsx"], "week", 1, 7, None, None, True)]
    ((number,),) = doors.house.rows("select id from report_schedules")
    otherwise = {
        **WANTED,
        "act": "change",
        "number": number,
        "every": "month",
        "monthday": "3",
        "market": "FR",
    }
    assert post(doors, **otherwise)[0] == 303
    assert kept(doors) == [("overview", ["pdf", "xlsx"], "month", 3, 7, "FR", None, True)]
    assert "Each month, on day 3 at 07:00" in text_of(doors.page("reports"))
    assert post(doors, act="stop", number=number)[0] == 303
    assert kept(doors)[0][-1] is False
    assert post(doors, act="stop", number=number)[0] == 404
    assert post(doors, **otherwise)[0] == 404
    actions = doors.house.rows("select action from audit where starts_with(action, 'report.') order by id")
    assert actions == [("report.scheduled",), ("report.changed",), ("report.stopped",)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"report": "gossip"}, "choose a report and a language"),
        ({"language": "tlh"}, "choose a report and a language"),
        ({"format": []}, "choose at least one kind of file"),
        ({"format": ["docx"]}, "choose at least one kind of file"),
        ({"every": "hour"}, "choose when it comes"),
        ({"weekday": "8"}, "choose when it comes"),
        ({"every": "month", "monthday": "31"}, "choose when it comes"),
        ({"hour": "24"}, "choose when it comes"),
        ({"hour": "\u0667"}, "choose when it comes"),
        ({"zone": "Mars/Olympus"}, "choose when it comes"),
        ({"market": "XX"}, "there is no such place"),
        ({"location": "fr-nowhere"}, "there is no such place"),
        ({"market": "FR", "location": "de-bonn"}, "there is no such place"),
    ],
)
def test_what_is_typed_wrong_changes_nothing_and_is_said(
    doors: Doors, wrong: dict[str, object], said: str
) -> None:
    doors.sign_in(EVERYTHING)
    status, page = post(doors, **{**WANTED, **wrong})
    assert status == 422
    assert said in text_of(page)
    assert kept(doors) == []


def test_nobody_has_more_than_some(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guerdon.store.reports.schedules.OWN_MAX", 2)
    doors.sign_in(EVERYTHING)
    assert [post(doors, **WANTED)[0] for _ in range(3)] == [303, 303, 422]
    assert len(kept(doors)) == 2


def test_a_shop_has_its_own_alone_and_touches_nobody_elses(doors: Doors) -> None:
    doors.sign_in(EVERYTHING)
    assert post(doors, **WANTED)[0] == 303
    ((number,),) = doors.house.rows("select id from report_schedules")
    doors.sign_in(SHOP)
    page = doors.page("reports")
    assert "Each week" not in text_of(page).partition("Have one mailed")[0]
    assert "Lyon" not in page
    assert post(doors, act="stop", number=number)[0] == 404
    assert post(doors, **{**WANTED, "act": "change", "number": number})[0] == 404
    assert post(doors, **{**WANTED, "location": "fr-lyon"})[0] == 422
    assert post(doors, **{**WANTED, "market": "FR"})[0] == 422
    assert post(doors, **{**WANTED, "location": "de-bonn"})[0] == 303
    assert [row[6] for row in kept(doors)] == [None, "de-bonn"]
    doors.sign_in(SERVICE)
    assert doors.answer("reports")[0] == 404
    assert doors.answer("reports/overview.pdf")[0] == 404


def test_each_is_downloaded_now_as_both_kinds_of_file(doors: Doors) -> None:
    doors.house.happens("de-bonn", "boat.rowed", ago=1)
    doors.house.happens("fr-lyon", "boat.rowed", ago=1)
    doors.sign_in(EVERYTHING)
    home = f"/console/{doors.house.program.key}/reports/"
    yesterday = (doors.house.today - timedelta(days=1)).isoformat()
    for report in ("overview", "locations", "finance", "delivery"):
        answer = doors.client.get(f"{home}{report}.pdf")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Cache-Control"] == "no-store"
        assert f'filename="row_boats-{report}-{yesterday}.pdf"' in answer["Content-Disposition"]
        assert "Page 1 of" in PdfReader(BytesIO(answer.content)).pages[0].extract_text()
        book = doors.client.get(f"{home}{report}.xlsx")
        assert book.status_code == 200
        assert len(rows_of(book.content)) >= 1
    (_, euros, _) = rows_of(doors.client.get(f"{home}overview.xlsx?market=FR").content)
    assert float(euros["D"]) == 25.0
    asked = doors.house.rows("select subject, detail->>'form' from audit where action = 'report.downloaded'")
    assert len(asked) == 9
    for nothing in ("gossip.pdf", "overview.docx", "overview", "overview.pdf?from=2026-03-01&to=2026-02-01"):
        assert doors.client.get(home + nothing).status_code == 404


@pytest.mark.parametrize("language", ["es", "de", "fr", "ar", "id"])
def test_the_page_is_said_in_every_language(doors: Doors, language: str) -> None:
    doors.sign_in(EVERYTHING)
    assert post(doors, **WANTED)[0] == 303
    page = text_of(doors.page("reports", language))
    for english in ("Each week", "Mailed to you", "Have one mailed", "Download one now", "None was due"):
        assert english not in page
