"""Sheets: tables and single rewards as CSV, with the page's filters and rights; and what came to nothing."""

import asyncio
import csv
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import psycopg
import pytest
from django.http import StreamingHttpResponse
from tests.deliveries.conftest import DEALER, EVERYTHING, Doors
from tests.deliveries.house import DAY, after
from tests.deliveries.test_page import MAY
from tests.sent import sent_by

from guerdon.queries.deliveries.declined import Declined, count_declined
from guerdon.queries.deliveries.singles import list_singles
from guerdon.queries.deliveries.underway import APPROVAL, Part
from guerdon.store.database import connect, transaction
from guerdon.values.ids import show
from guerdon.web.console.deliveries import sheets

TOO_MANY = {
    "en": "there are too many rows for one file. Choose fewer weeks",
    "es": "son demasiadas filas para un archivo",
    "de": "Für eine Datei sind es zu viele Zeilen",
    "fr": "il y a trop de lignes pour un fichier",
    "ar": "عدد الصفوف أكبر من أن يسعه ملف واحد",
    "id": "terlalu banyak baris untuk satu berkas",
}


def sheet(doors: Doors, path: str) -> list[dict[str, str]]:
    answer = doors.client.get(f"/console/{doors.house.program.key}/{path}")
    assert answer.status_code == 200, path
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="')
    text = sent_by(answer).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def of(rows: list[dict[str, str]], by: str) -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in rows if row["by"] == by}


def test_the_tables_are_the_pages_with_its_filters_and_rights(doors: Doors) -> None:
    house = doors.house
    for n in range(4):
        house.order(house.reward(1), after(60), (10, 20, 600, 3 * 86_400)[n])
    house.order(house.reward(1, location="de-ulm", rule="order"), after(60), 9, supplier="slow")
    house.order(house.reward(1), after(60), None, state="reserved")
    house.now = DAY + timedelta(days=4)
    house.follow()
    doors.sign_in(EVERYTHING)
    rows = sheet(doors, f"delivery/table?{MAY}")
    assert set(of(rows, "rule")) == {"gift", "order"}
    assert set(of(rows, "supplier")) == {"fast", "slow"}
    for by, key in (("rule", "gift"), ("location", "de-kiel"), ("supplier", "fast")):
        line = of(rows, by)[key]
        said = ("number", "came", "within", "at_most", "broken", "share_within", "under_way")
        assert [line[name] for name in said] == ["5", "4", "2", "1", "1", "0.5", "1"], by
    ulm = of(rows, "location")["de-ulm"]
    assert ulm["p50_ms"] == ulm["p99_ms"]
    assert abs(int(ulm["p95_ms"]) - 10_000) <= 500
    assert (ulm["measure"], ulm["first_week"]) == ("whole", "2026-04-27")
    assert set(of(sheet(doors, f"delivery/table?{MAY}&supplier=slow"), "rule")) == {"order"}
    handed = of(sheet(doors, f"delivery/table?{MAY}&part=handed"), "rule")["gift"]
    assert (handed["number"], handed["within"], handed["share_within"]) == ("5", "", "")
    page = doors.page(f"delivery?{MAY}&supplier=slow&part=given")
    for name in ("table", "rewards"):
        (link,) = [
            part.partition('"')[0] for part in page.split('href="') if f"/delivery/{name}?" in part[:200]
        ]
        assert "supplier=slow" in link
        assert "part=given" in link
        assert "from=2026-05-01" in link
    doors.sign_in(DEALER)
    theirs = sheet(doors, f"delivery/table?{MAY}")
    assert set(of(theirs, "location")) == {"de-kiel"}
    assert set(of(theirs, "supplier")) == {"fast"}
    assert of(theirs, "location")["de-kiel"]["within"] == "2"


def test_single_rewards_stand_with_their_moments(doors: Doors) -> None:
    house = doors.house
    first = house.reward(5)
    order = house.order(first, after(60), 10)
    house.reward(1, received=DAY + timedelta(days=40))
    ulm = house.reward(2, location="de-ulm", received=after(10))
    house.follow()
    house.now = DAY + timedelta(days=41)
    house.follow()
    doors.sign_in(EVERYTHING)
    rows = sheet(doors, f"delivery/rewards?{MAY}")
    assert [row["reward"] for row in rows] == [show("rwd", ulm), show("rwd", first)]
    assert (rows[0]["state"], rows[0]["order"], rows[0]["lead_minutes"]) == ("given", "", "")
    assert (rows[1]["state"], rows[1]["order"], rows[1]["supplier"]) == ("there", show("ord", order), "fast")
    assert rows[1]["ended_at"] == after(70).isoformat()
    assert [row["reward"] for row in sheet(doors, f"delivery/rewards?{MAY}&supplier=fast")] == [
        show("rwd", first)
    ]
    assert sheet(doors, f"delivery/rewards?{MAY}&rule=nobody") == []
    doors.sign_in(DEALER)
    assert [row["reward"] for row in sheet(doors, f"delivery/rewards?{MAY}")] == [show("rwd", first)]


def test_single_rewards_are_read_a_page_at_a_time_while_they_are_sent(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = doors.house
    for n in range(7):
        # Some were told of in the same moment; one was ordered with three times.
        reward = house.reward(1, received=after(n // 2), location=("de-kiel", "de-ulm")[n % 3 == 1])
        for _ in range({2: 3, 5: 1}.get(n, 0)):
            house.order(reward, after(60), 10)
    house.follow()
    asked: list[int] = []

    def counted(*terms: object, **more: object) -> object:
        asked.append(1)
        return list_singles(*terms, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(sheets, "list_singles", counted)
    address = f"/console/{house.program.key}/delivery/rewards?{MAY}"
    for email, n in ((EVERYTHING, 9), (DEALER, 7)):
        doors.sign_in(email)
        whole = sheet(doors, f"delivery/rewards?{MAY}")
        assert len({(row["reward"], row["order"]) for row in whole}) == len(whole) == n
        assert len({row["location"] for row in whole}) == (2 if email == EVERYTHING else 1)
        for at_once in (1, 2, 3):
            with monkeypatch.context() as fewer:
                fewer.setattr(sheets, "AT_ONCE", at_once)
                assert sheet(doors, f"delivery/rewards?{MAY}") == whole
    monkeypatch.setattr(sheets, "AT_ONCE", 2)
    doors.sign_in(EVERYTHING)
    answer = doors.client.get(address)
    assert isinstance(answer, StreamingHttpResponse)
    # By its own turns, or the server would go through all of it before it sends any.
    assert answer.is_async
    read = []
    asked.clear()

    async def sent() -> None:
        async for _ in answer.streaming_content:
            read.append(len(asked))
            with psycopg.connect(house.url) as db:
                idle = "select count(*) from pg_stat_activity where state = 'idle in transaction'"
                assert db.execute(f"{idle} and datname = current_database()".encode()).fetchall() == [(0,)]

    asyncio.run(sent())
    assert read == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(("path", "most"), [("table", "PLACES_MAX"), ("rewards", "SINGLES_MAX")])
def test_a_file_is_whole_or_refused_in_words(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, path: str, most: str
) -> None:
    house = doors.house
    for location in ("de-kiel", "de-ulm"):
        house.order(house.reward(2, location=location), after(60), 10)
    house.follow()
    doors.sign_in(EVERYTHING)
    monkeypatch.setattr(sheets, most, 2)
    whole = sheet(doors, f"delivery/{path}?{MAY}")
    monkeypatch.setattr(sheets, most, 1)
    address = f"/console/{doors.house.program.key}/delivery/{path}?{MAY}"
    for language, words in TOO_MANY.items():
        answer = doors.client.get(address, headers={"Accept-Language": language})
        assert answer.status_code == 422
        assert answer["Content-Type"].startswith("text/html")
        assert words in answer.content.decode(), language
    # A part of it is no more than there may be, and is given.
    part = sheet(doors, f"delivery/{path}?{MAY}&location=de-ulm")
    assert part
    assert all(row in whole for row in part if row.get("by", "location") == "location")


def test_no_cell_begins_a_formula(doors: Doors) -> None:
    house = doors.house
    for n, name in enumerate(("=1+2", "+4", "-5", "@six")):
        house.order(house.reward(n, location=name, rule=name), after(60), 10, supplier=name)
    house.follow()
    doors.sign_in(EVERYTHING)
    for path in ("delivery/table", "delivery/rewards"):
        rows = sheet(doors, f"{path}?{MAY}")
        cells = [cell for row in rows for cell in row.values()]
        assert "'=1+2" in cells
        assert "'@six" in cells
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_what_was_declined_is_said_and_is_no_delivery(doors: Doors) -> None:
    house = doors.house
    for state in ("rejected", "rejected", "expired", "withdrawn", "failed", "open", "done"):
        house.request(state, after(60))
    house.request("rejected", after(60), rule="order", location="de-ulm")
    house.request("rejected", DAY - timedelta(days=60))
    begin, end = DAY - timedelta(days=7), DAY + timedelta(days=7)
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:

        def counted(part: Part) -> Declined:
            return count_declined(tx, part, begin, end)

        assert counted(Part()) == Declined(3, 3)
        assert counted(Part(rule="order")) == Declined(1, 0)
        assert counted(Part(location="de-kiel")) == Declined(2, 3)
        assert counted(Part(market="FR")) == Declined(0, 0)
        assert counted(Part(supplier=APPROVAL)) == Declined(3, 3)
        assert counted(Part(supplier="fast")) == Declined(0, 0)
        # What began as the weeks were over is the next ones'.
        assert count_declined(tx, Part(), begin, after(60)) == Declined(0, 0)
        assert count_declined(tx, Part(), after(60), end) == replace(Declined(), declined=3, lapsed=3)
    doors.sign_in(EVERYTHING)
    page = doors.page(f"delivery?{MAY}")
    assert "3 rewards were declined by people; they are in no figure here." in page
    assert "3 that waited for people expired, were withdrawn or could not be given." in page
    assert "was declined" not in doors.page("delivery?from=2026-06-01&to=2026-06-30")
    doors.sign_in(DEALER)
    assert "2 rewards were declined by people" in doors.page(f"delivery?{MAY}")
