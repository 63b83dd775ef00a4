"""The page of health: the sentence on top, what each check saw, how it is mended, and who sees it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.locations.conftest import EVERYTHING, SERVICE, SHOP, Doors

from guerdon.web.rooms import room

if TYPE_CHECKING:
    from guerdon.config import Settings

LANGUAGES = ("es", "de", "fr", "ar", "id")
WORKER = "./guerdon worker"


def text_of(page: str) -> str:
    """What somebody reads."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", main)))


def line_of(page: str, name: str) -> str:
    """The line of a check, by what it is called."""
    rows = re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    found = [re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", row))).strip() for row in rows]
    return next(row for row in found if row.startswith(name))


@contextmanager
def started_with(**said: object) -> Iterator[None]:
    """The web process was started with other settings."""
    before = room().settings
    room().settings = replace(before, **said)  # type: ignore[arg-type]
    try:
        yield
    finally:
        room().settings = before


def test_a_new_installation_says_what_is_missing(doors: Doors) -> None:
    doors.sign_in(EVERYTHING)
    page = doors.page("health")
    assert re.search(r"\d+ of \d+ checks need mending\.", text_of(page))
    assert "Mend this None is alive." in line_of(page, "Worker")
    assert WORKER in line_of(page, "Worker")
    assert re.search(r"Good All \d+ parts ran, the last on", line_of(page, "Schema"))
    assert "PostgreSQL" in line_of(page, "Database")
    assert "Good" in line_of(page, "Clocks")
    assert "No control has run yet." in line_of(page, "Controls")
    assert "Not seen from here" in line_of(page, "Backup")
    assert "rewards@example.com is the example of the settings." in line_of(page, "Sender of mails")
    assert "http://127.0.0.1:8710 is not https." in line_of(page, "Public address")
    assert "Look at this" in line_of(page, "Public address")
    for language in LANGUAGES:
        said = text_of(doors.page("health", language))
        assert "None is alive" not in said
        assert "checks need mending" not in said


def test_a_worker_that_lives_and_one_that_stopped(doors: Doors) -> None:
    doors.sign_in(EVERYTHING)
    with doors.house.by_hand() as db:
        db.execute("insert into workers values (gen_random_uuid(), clock_timestamp())")
        assert "Good Deciding events: 1 ." in line_of(doors.page("health"), "Worker")
        db.execute("update workers set seen_at = seen_at - interval '20 seconds'")
        assert "None is alive. Last sign of life:" in line_of(doors.page("health"), "Worker")


def test_what_waits_too_long_is_found_where_it_waits(doors: Doors) -> None:
    doors.sign_in(EVERYTHING)
    program, now = doors.house.program_id, doors.house.real_now
    assert "Work that waits Events Good Nothing waits that is due." in line_of(
        doors.page("health"), "Work that waits Events"
    )
    with doors.house.by_hand() as db:
        db.execute(
            """
            insert into inbox (program_id, id, lane, connection, delivery_id, position, recorded_at)
            values (%s, 1, 0, 'crm', 1, 0, %s), (%s, 2, 0, 'crm', 1, 1, %s)
            """,
            (program, now - timedelta(minutes=6), program, now),
        )
        db.execute(
            """
            insert into outbox (program_id, member_id, id, event_id, message, channel, created_at, next_at)
            values (%s, 1, 1, 1, 'reward_ready', 'email', %s, %s),
                   (%s, 1, 2, 1, 'reward_ready', 'email', %s, %s)
            """,
            (
                *(program, now, now - timedelta(minutes=10)),
                # Its hour has not come.
                *(program, now, now + timedelta(hours=1)),
            ),
        )
        db.execute(
            "insert into quarantine (program_id, connection, reason, detail, recorded_at)"
            " values (%s, 'crm', 'unreadable', '', %s)",
            (program, now),
        )
    page = doors.page("health")
    assert "Mend this Waiting: 2 , the oldest since" in line_of(page, "Work that waits Events")
    assert "Look at this Waiting: 1 , the oldest since" in line_of(page, "Work that waits E-mail")
    assert "Set apart: 1 ," in line_of(page, "Quarantine")
    assert f'href="/console/{doors.house.program.key}/events/quarantine"' in page


def test_another_programs_rows_are_not_counted(doors: Doors) -> None:
    doors.sign_in(EVERYTHING)
    with doors.house.by_hand() as db:
        db.execute(
            """
            insert into inbox (program_id, id, lane, connection, delivery_id, position, recorded_at)
            values (%s, 1, 0, 'crm', 1, 0, now() - interval '1 day')
            """,
            (doors.house.program_id + 1,),
        )
    assert "Nothing waits" in line_of(doors.page("health"), "Work that waits Events")


def test_a_connection_that_fell_silent_and_one_that_did_not(doors: Doors) -> None:
    doors.sign_in(EVERYTHING)
    program, today = doors.house.program_id, doors.house.today
    with doors.house.by_hand() as db:
        for ago in range(10, 20):
            db.execute(
                "insert into intake_counts values (%s, 'dms', %s, 'accepted', 3)",
                (program, today - timedelta(days=ago)),
            )
        db.execute("insert into intake_counts values (%s, 'shop', %s, 'accepted', 3)", (program, today))
        # What was turned away is no word of theirs.
        db.execute("insert into intake_counts values (%s, 'dms', %s, 'rejected', 3)", (program, today))
    page = doors.page("health")
    assert "Silent for 10 days; one day in 3 it usually sends" in line_of(page, "Connection dms")
    assert "Good Events on 1 of the last 28 days" in line_of(page, "Connection shop")


def test_settings_are_judged_as_this_process_has_them(doors: Doors, tmp_path: Path) -> None:
    doors.sign_in(EVERYTHING)
    with started_with(
        public_url="https://rewards.example.org",
        mail_from="Row Boats <boats@example.org>",
        smtp_url="smtp://:qWx77zz@mail.example.org:25",
        anchor_mail="audit@example.org",
        drops=tmp_path / "nowhere",
    ):
        page = doors.page("health")
        assert "Good https://rewards.example.org : nobody reads along." in line_of(page, "Public address")
        assert "Good Mails come from Row Boats <boats@example.org>" in line_of(page, "Sender of mails")
        assert "Good Mails leave by mail.example.org:25" in line_of(page, "Mail server")
        assert "qWx77zz" not in page
        assert "Good Somebody outside" in line_of(page, "Seals mailed outside")
        assert "cannot be read" in line_of(page, "Disk Of the folder for files")
    with started_with(public_url="http://rewards.example.org"):
        assert "Mend this" in line_of(doors.page("health"), "Public address")


def test_a_kept_secret_is_for_its_owner_alone(doors: Doors) -> None:
    doors.sign_in(EVERYTHING)
    assert "Given by GUERDON_SECRET" in line_of(doors.page("health"), "Installation's secret")
    settings: Settings = doors.settings
    kept = settings.home / "secret"
    kept.write_text(settings.secret)
    without = {name: value for name, value in settings.environment.items() if name != "GUERDON_SECRET"}
    with started_with(environment=without):
        for mode, seen in ((0o600, "Good Kept in a file"), (0o640, "Mend this Others of this machine")):
            kept.chmod(mode)
            assert seen in line_of(doors.page("health"), "Installation's secret")
    assert settings.secret not in doors.page("health")


def test_an_embedded_database_is_backed_up_or_not(doors: Doors) -> None:
    doors.sign_in(EVERYTHING)
    place = doors.settings.home / "postgres"
    (place / "data").mkdir(parents=True)
    page = doors.page("health")
    assert "Mend this None was taken." in line_of(page, "Backup")
    assert "./guerdon backup OUT" in line_of(page, "Backup")
    assert "Free:" in line_of(page, "Disk Of the database")
    (place / "wal").mkdir()
    (place / "wal" / "backups").write_text("000000010000000000000002\n")
    assert "Good The latest base backup was begun on" in line_of(doors.page("health"), "Backup")


def test_names_from_outside_are_text(doors: Doors) -> None:
    doors.sign_in(EVERYTHING)
    with doors.house.by_hand() as db:
        db.execute(
            "insert into intake_counts values (%s, '<b>dms</b>', %s, 'accepted', 3)",
            (doors.house.program_id, doors.house.today),
        )
    page = doors.page("health")
    assert "&lt;b&gt;dms&lt;/b&gt;" in page
    assert "<b>dms" not in page


@pytest.mark.parametrize("login", [SHOP, SERVICE])
def test_it_is_not_there_for_whoever_does_not_run_it(doors: Doors, login: str) -> None:
    doors.sign_in(login)
    assert doors.answer("health")[0] == 404
