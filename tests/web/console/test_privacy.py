"""One member's data on its page: handed over as a file, erased when the id is typed, certified."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.approvals.doors import Doors, opened_doors, plain
from tests.approvals.house import KIEL, House

from guerdon.engine.privacy.erasing import erase_asked
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.engine.proof.seals import seal_new
from guerdon.ledger.erased import check_certified, read_certified
from guerdon.store.database import connect
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES

MEMBER = show("mem", KIEL)
PATH = f"members/{MEMBER}/privacy"
NAME = "Zuzanna Canary"


@pytest.fixture
def doors(database: str, secret: str, tmp_path: Path) -> Iterator[Doors]:
    house = House(database, secret)
    house.open()
    with house.opened("worker") as tx:
        record_persons(tx, house.program_id, [seal_person(house.vault, house.program_id, KIEL, Person(NAME))])
    with opened_doors(house, tmp_path) as opened:
        yield opened


def actions(house: House) -> list[tuple[object, ...]]:
    return house.rows(
        "select action, reason from audit where action in ('erasure.asked', 'member.exported') order by id"
    )


def test_whoever_may_unmask_has_the_page_and_nobody_else(doors: Doors) -> None:
    cora = doors.visitor("cora")
    assert PATH in cora.page(f"members/{MEMBER}")
    assert "Erase this member" in cora.page(PATH)
    fay = doors.visitor("fay")
    assert PATH not in fay.page(f"members/{MEMBER}")
    assert fay.get(PATH).status_code == 404
    sent = fay.send(PATH, "members", act="erase", typed=MEMBER, reason="why")
    assert sent.status_code == 404
    assert actions(doors.house) == []


def test_the_data_are_a_file_and_the_audit_says_who_had_it(doors: Doors) -> None:
    cora = doors.visitor("cora")
    answer = cora.send(PATH, act="export", reason="She asked")
    # What streams from a plain iterator makes the server warn, and is held whole all the same.
    assert not answer.streaming
    said = json.loads(answer.content)
    assert said["person"]["name"] == NAME
    assert answer["Cache-Control"] == "no-store"
    assert f'filename="{MEMBER}.json"' in answer["Content-Disposition"]
    assert actions(doors.house) == [("member.exported", "She asked")]


@pytest.mark.parametrize(
    "form",
    [
        {"act": "erase", "typed": show("mem", 8), "reason": "why"},
        {"act": "erase", "typed": "", "reason": "why"},
        {"act": "erase", "typed": MEMBER, "reason": " "},
        {"act": "export", "reason": ""},
        {"act": "export", "reason": "x" * 1_001},
    ],
)
def test_what_is_not_said_rightly_is_said_again(doors: Doors, form: dict[str, str]) -> None:
    answer = doors.visitor("cora").send(PATH, **form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert actions(doors.house) == []


def test_who_is_erased_is_gone_and_certified(doors: Doors, tmp_path: Path) -> None:
    house, cora = doors.house, doors.visitor("cora")
    assert cora.get(f"{PATH}/certificate").status_code == 404
    assert cora.send(PATH, act="erase", typed=MEMBER, reason="She asked").status_code == 303
    page = plain(cora.page(PATH))
    assert "is carried out within minutes" in page
    assert "Erase this member" not in page
    # Asked for twice it is asked for once.
    assert cora.send(PATH, act="erase", typed=MEMBER, reason="Again").status_code == 303
    assert actions(house) == [("erasure.asked", "She asked")]
    with connect(house.url, house.secret, "worker") as db:
        assert erase_asked(db, Graveyard(tmp_path, house.vault), house.program_id, utc_now()) == 1
        seal_new(db, utc_now())
    assert "Erased on" in plain(cora.page(PATH))
    assert NAME not in cora.page(f"members/{MEMBER}")
    found = read_certified(cora.get(f"{PATH}/certificate").content)
    assert found is not None
    assert check_certified(found) is None
    assert house.rows("select count(*) from persons") == [(0,)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_there_in_every_language(doors: Doors, language: str) -> None:
    page = doors.visitor("cora").page(PATH, language)
    assert f'<html lang="{language}"' in page
    assert "%(" not in page
    assert ("Erase this member" in page) is (language == "en")
