"""The pages of broadcasts: made by one, checked, started by another, halted; in every language, and live."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.approvals.doors import Doors, opened_doors
from tests.approvals.house import BONN, KIEL, OSLO, House
from tests.proof.message_deeds import with_news

from guerdon.engine.library import Library
from guerdon.engine.messages.broadcasting.campaigns import Office, carry_on, count_under_way
from guerdon.engine.segments import follow_segments
from guerdon.store.database import connect
from guerdon.store.messages.broadcasts.counts import Counted
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.clock import utc_now
from guerdon.values.ids import read
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.broadcasts.progress import find_progress

NEW = {"message": "news", "segment": "german", "hours": "0", "starts_at": ""}


@pytest.fixture
def doors(database: str, secret: str, tmp_path: Path) -> Iterator[Doors]:
    """Give the console of a house with news for its members in Germany."""
    house = House(database, secret)
    house.open(with_news())
    with house.opened("worker") as tx:
        persons = [
            seal_person(house.vault, house.program_id, member, Person("Ada", f"m{member}@example.com", ""))
            for member in (KIEL, BONN, OSLO)
        ]
        record_persons(tx, house.program_id, persons)
        tx.execute(
            "insert into standing_consents (program_id, member_id, topic, channel, state, consent_id, since)"
            " values (%s, %s, 'marketing', 'email', 'confirmed', 1, %s)",
            (house.program_id, KIEL, utc_now()),
        )
    with opened_doors(house, tmp_path) as opened:
        yield opened


def carry(house: House) -> None:
    """What a worker does meanwhile."""
    library = Library(house.vault, {})
    with closing(connect(house.url, house.secret, "worker")) as db:
        while follow_segments(db, library, utc_now()):
            pass
        office = Office(library, lambda _, kind: kind == "email")
        while list(carry_on(db, office, house.program_id, utc_now())):
            pass
        count_under_way(db, house.program_id, utc_now())


def made(doors: Doors, by: str = "olga") -> str:
    """The path of a new one."""
    answer = doors.visitor(by).send("broadcasts", **NEW)
    assert answer.status_code == 303
    return str(answer["Location"]).partition("/broadcasts/")[2]


def test_one_makes_and_checks_it_and_another_starts_it(doors: Doors) -> None:
    path = f"broadcasts/{made(doors)}"
    olga, otto = doors.visitor("olga"), doors.visitor("otto")
    assert olga.send(path, act="check").status_code == 303
    assert "Being checked" in olga.plain(path)
    carry(doors.house)
    page = olga.plain(path)
    assert "Checked, not started" in page
    # The one in Kiel said yes, the one in Bonn never did; Oslo is not in Germany.
    assert "Would be toldE-mail1" in page.replace(" ", "").replace("Wouldbetold", "Would be told")
    assert "no consent" in page
    assert "mem_0000000000008" in page
    assert "Start it" not in page
    # Whoever waits for another is told so, and how many it would reach before all else.
    assert "Whoever made it does not start it. Ask somebody else." in page
    assert "1 of 2 members would be told." in page
    assert page.index("Would be told") < page.index("Would be left out")
    assert olga.send(path, act="start").status_code == 403
    assert "Start it" in otto.plain(path)
    assert "Whoever made it" not in otto.plain(path)
    assert otto.send(path, act="start").status_code == 303
    carry(doors.house)
    assert "2 members are done" in olga.plain(path).replace("0 of ", "")
    assert otto.send(path, act="pause").status_code == 303
    assert "Paused" in olga.plain(path)
    assert otto.send(path, act="pause").status_code == 409
    assert olga.send(path, act="resume").status_code == 303
    assert olga.send(path, act="stop").status_code == 303
    carry(doors.house)
    assert "Stopped" in olga.plain(path)
    assert doors.house.rows("select count(*) from outbox where broadcast_id is not null") == [(0,)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"message": "reward_ready"},
        {"segment": "nobodys"},
        {"markets": "XX"},
        {"hours": "337"},
        {"hours": "-1"},
        {"hours": "many"},
        {"starts_at": "soon"},
        {"starts_at": "9999-12-31T23:59"},
    ],
    ids=str,
)
def test_what_is_wrong_is_said_and_makes_nothing(doors: Doors, wrong: dict[str, str]) -> None:
    answer = doors.visitor("olga").send("broadcasts", **{**NEW, **wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert doors.house.rows("select count(*) from broadcasts") == [(0,)]


def test_a_segment_that_grew_since_the_check_is_not_told_more_than_all(doors: Doors) -> None:
    number = read("brc", made(doors))
    assert number is not None
    with doors.house.opened("web") as tx:
        found = find_progress(tx, (doors.house.program_id, number))
    assert found is not None
    checked = [Counted("DE", "told", "email", "", 428)]
    for told, meant in ((434, 434), (4, 428)):
        progress = replace(found, checked=checked, told=[Counted("DE", "sent", "email", "", told)])
        assert (progress.done, progress.meant) == (told, meant)


def test_whoever_sees_a_part_of_the_program_tells_nobody(doors: Doors) -> None:
    mara = doors.visitor("mara")
    assert "New broadcast" not in mara.plain("broadcasts")
    brc = made(doors)
    assert brc not in mara.page("broadcasts")
    assert mara.get(f"broadcasts/{brc}").status_code == 404
    refused = mara.send("broadcasts", **NEW)
    assert refused.status_code == 422
    assert "does not write to everybody at once" in refused.content.decode()
    assert doors.house.rows("select count(*) from broadcasts") == [(1,)]


@pytest.mark.parametrize(("language", "listed"), [("en", "Germany, Norway"), ("ar", "Germany، Norway")])
def test_markets_are_listed_as_the_language_lists(doors: Doors, language: str, listed: str) -> None:
    olga = doors.visitor("olga")
    answer = olga.send("broadcasts", **NEW, markets=["DE", "NO"])
    path = str(answer["Location"]).partition("/broadcasts/")[2]
    assert listed in olga.plain(f"broadcasts/{path}", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_are_in_every_language(doors: Doors, language: str) -> None:
    path = f"broadcasts/{made(doors)}"
    olga = doors.visitor("olga")
    olga.send(path, act="check")
    carry(doors.house)
    for each in ("broadcasts", path):
        page = olga.page(each, language)
        assert f'lang="{language}"' in page
        assert "%(" not in page
