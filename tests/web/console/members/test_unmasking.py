"""Who a member is, is shown once to whoever says why, and the history tells; to nobody else it is there."""

import re
from typing import TYPE_CHECKING

import pytest
from tests.approvals.doors import Doors, plain
from tests.approvals.house import KIEL
from tests.web.console.members.conftest import HOSTILE, Past

from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES

if TYPE_CHECKING:
    from django.http import HttpResponse

MEMBER = show("mem", KIEL)
PATH = f"members/{MEMBER}"
NAME, EMAIL, PHONE = "Zuzanna Canary", "zuzanna@example.com", "+49 431 5551234"


def looked(doors: Doors) -> list[tuple[object, ...]]:
    return doors.house.rows(
        "select actor, subject, reason, detail ->> 'why' from audit where action = 'member.unmasked'"
        " order by id"
    )


def unmask(doors: Doors, name: str = "cora", **form: str) -> "HttpResponse":
    said = {"why": "asked", "reason": "She called about her card", **form}
    return doors.visitor(name).send(f"{PATH}/unmask", PATH, **said)


def test_name_and_contact_are_shown_in_that_answer_alone(doors: Doors, past: Past) -> None:
    past.person(NAME, EMAIL, PHONE)
    answer = unmask(doors)
    assert answer.status_code == 200
    text = plain(answer.content.decode())
    for said in (NAME, EMAIL, PHONE, "Name and contact are shown on this page alone."):
        assert said in text, said
    assert "no-store" in answer["Cache-Control"]
    assert answer.headers.get("ETag") is None
    # The page itself, and what it leads to, know nothing of it.
    page = doors.visitor("cora").page(PATH)
    for said in (NAME, EMAIL, PHONE):
        assert said not in page, said
    assert "Zuzanna C•••" in page
    cora = show("per", doors.house.people["cora"])
    assert looked(doors) == [(cora, MEMBER, "She called about her card", "asked")]


def test_the_members_history_says_who_looked_and_why(doors: Doors, past: Past) -> None:
    past.person(NAME, EMAIL)
    unmask(doors)
    for name in ("cora", "fay"):
        text = doors.visitor(name).plain(PATH)
        assert "Name and contact looked at" in text, name
        assert "cora: She called about her card" in text, name


@pytest.mark.parametrize(
    "form",
    [
        {"why": ""},
        {"why": "curious"},
        {"reason": " "},
        {"reason": "x" * 1_001},
        {"reason": "a\0b"},
    ],
)
def test_without_a_reason_nothing_is_shown_or_told(doors: Doors, past: Past, form: dict[str, str]) -> None:
    past.person(NAME, EMAIL, PHONE)
    answer = unmask(doors, **form)
    assert answer.status_code == 422
    assert NAME not in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()
    assert looked(doors) == []


@pytest.mark.parametrize("name", ["fay", "mara", "lea", "ava", "olga", "opa"])
def test_to_whoever_may_not_it_is_not_there(doors: Doors, past: Past, name: str) -> None:
    past.person(NAME, EMAIL)
    visitor = doors.visitor(name)
    assert "unmask" not in visitor.page(PATH)
    missing = visitor.get("no/such/page")
    for answer in (visitor.get(f"{PATH}/unmask"), unmask(doors, name)):
        assert answer.status_code == missing.status_code == 404
    assert looked(doors) == []


def test_each_look_is_told(doors: Doors, past: Past) -> None:
    """Sent twice it is shown twice, so it is told twice."""
    past.person(NAME, EMAIL)
    assert [unmask(doors).status_code for _ in range(2)] == [200, 200]
    assert len(looked(doors)) == 2


def test_a_form_that_was_left_open_shows_nothing_once_the_role_is_gone(doors: Doors, past: Past) -> None:
    past.person(NAME, EMAIL)
    cora = doors.visitor("cora")
    page = cora.page(f"{PATH}/unmask")
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    doors.house.revoke("cora")
    said = {"csrfmiddlewaretoken": token, "why": "asked", "reason": "She called"}
    answer = cora.client.post(f"{cora.home}{PATH}/unmask", said)
    assert answer.status_code == 404
    assert looked(doors) == []


def test_hostile_names_are_text(doors: Doors, past: Past) -> None:
    past.person(HOSTILE, EMAIL)
    page = unmask(doors, reason=HOSTILE).content.decode()
    assert "<script>alert" not in page
    assert re.search(r"<bdi>[^<]*\u202e[^<]*</bdi>", page)


def test_of_whoever_was_erased_there_is_no_name(doors: Doors) -> None:
    assert "Name unknown" in plain(unmask(doors).content.decode())


def test_acts_are_offered_to_whom_they_belong(doors: Doors) -> None:
    offered = {
        name: set(
            re.findall(r"(decisions/new\?act=\w+|unmask|privacy|requests)", doors.visitor(name).page(PATH))
        )
        for name in ("fay", "lea", "mara")
    }
    assert {"decisions/new?act=reward", "decisions/new?act=adjustment"} <= offered["fay"]
    assert "decisions/new?act=reward" in offered["lea"]
    assert "decisions/new?act=adjustment" not in offered["lea"]
    assert not {each for each in offered["mara"] if each.startswith("decisions")}
    # Someone of another place does not even see the member; the form that is opened has the member in it.
    form = doors.visitor("fay").page(f"decisions/new?act=adjustment&member={MEMBER}")
    assert f'value="{MEMBER}"' in form


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_there_in_every_language(doors: Doors, language: str) -> None:
    page = doors.visitor("cora").page(f"{PATH}/unmask", language)
    assert f'<html lang="{language}"' in page
    assert "%(" not in page
    assert ("What for" in page) is (language == "en")
