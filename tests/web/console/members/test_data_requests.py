"""Data requests: begun with a reason, due in a month, closed once with what proves it; for who may."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.approvals.doors import Doors, plain
from tests.approvals.house import KIEL, OSLO
from tests.web.console.members.conftest import HOSTILE, Past

from guerdon.engine.privacy.erasing import Asking, ask_erasure
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES

if TYPE_CHECKING:
    from django.http import HttpResponse

MEMBER = show("mem", KIEL)
PATH = "requests"


def begin(doors: Doors, name: str = "cora", **form: str) -> "HttpResponse":
    said = {
        "act": "begin",
        "member": MEMBER,
        "kind": "access",
        "came_by": "letter",
        "asked_on": (utc_now() - timedelta(days=3)).date().isoformat(),
        "reason": "A letter of hers",
        **form,
    }
    return doors.visitor(name).send(PATH, PATH if name in {"cora", "fay", "ava"} else "members", **said)


def close(doors: Doors, number: int = 1, **form: str) -> "HttpResponse":
    said = {
        "act": "close",
        "member": MEMBER,
        "request": show("drq", number),
        "outcome": "done",
        "reason": "Sent to her",
        **form,
    }
    return doors.visitor("cora").send(PATH, **said)


def kept(doors: Doors) -> list[tuple[object, ...]]:
    return doors.house.rows("select kind, came_by, outcome, proof is not null from data_requests order by id")


def told(doors: Doors) -> list[tuple[object, ...]]:
    return doors.house.rows(
        "select action, subject, reason from audit where action like 'data_request.%%' order by id"
    )


def test_a_request_is_begun_due_in_a_month_and_waits(doors: Doors) -> None:
    assert "No open requests." in doors.visitor("cora").plain(PATH)
    assert begin(doors).status_code == 303
    text = doors.visitor("cora").plain(PATH)
    assert "1 request waits for an answer." in text
    assert "To have a copy of the data" in text
    assert "days left" in text
    assert kept(doors) == [("access", "letter", None, False)]
    assert told(doors) == [("data_request.begun", MEMBER, "A letter of hers")]
    # The member's own page says so, too.
    assert "Data request written down" in doors.visitor("cora").plain(f"members/{MEMBER}")


def test_asked_for_twice_it_waits_once(doors: Doors) -> None:
    assert [begin(doors).status_code for _ in range(2)] == [303, 303]
    assert len(kept(doors)) == len(told(doors)) == 1
    assert begin(doors, kind="correction").status_code == 303
    assert len(kept(doors)) == 2


def test_what_came_long_ago_is_overdue(doors: Doors) -> None:
    begin(doors, asked_on=(utc_now() - timedelta(days=40)).date().isoformat())
    text = doors.visitor("cora").plain(PATH)
    assert "1 is overdue." in text
    assert "Overdue" in text


def test_access_is_closed_only_with_what_proves_it(doors: Doors, past: Past) -> None:
    past.person("Zuzanna Canary", "zuzanna@example.com")
    begin(doors)
    refused = close(doors)
    assert refused.status_code == 422
    assert "were not handed over" in plain(refused.content.decode())
    assert kept(doors) == [("access", "letter", None, False)]
    doors.visitor("cora").send(f"members/{MEMBER}/privacy", act="export", reason="For her letter")
    assert close(doors).status_code == 303
    assert kept(doors) == [("access", "letter", "done", True)]
    assert told(doors)[-1] == ("data_request.closed", MEMBER, "Sent to her")
    page = doors.visitor("cora").page(f"{PATH}?state=closed")
    proof = doors.house.rows("select id from audit where action = 'member.exported'")[0][0]
    assert isinstance(proof, int)
    assert f"audit?open={show('aud', proof)}" in page
    assert "Answered" in plain(page)


def test_what_was_handed_over_before_proves_nothing(doors: Doors, past: Past) -> None:
    past.person("Zuzanna Canary", "zuzanna@example.com")
    doors.visitor("cora").send(f"members/{MEMBER}/privacy", act="export", reason="Last year's letter")
    begin(doors)
    assert close(doors).status_code == 422


def test_it_is_closed_once_whoever_clicks_twice(doors: Doors) -> None:
    begin(doors, kind="correction")
    assert close(doors).status_code == 303
    again = close(doors, outcome="refused", reason="No")
    assert again.status_code == 422
    assert "somebody has closed it already" in plain(again.content.decode())
    assert kept(doors) == [("correction", "letter", "done", False)]
    assert len(told(doors)) == 2


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"member": "mem_nonsense"}, "There is no such member."),
        ({"member": show("mem", 4_711)}, "There is no such member."),
        ({"reason": " "}, "A reason is needed"),
        ({"reason": "x" * 1_001}, "A reason is needed"),
        ({"asked_on": "tomorrow"}, "Give the day"),
        ({"asked_on": "2999-01-01"}, "Give the day"),
        ({"asked_on": "2001-01-01"}, "Give the day"),
    ],
)
def test_what_is_not_said_rightly_is_said_again(doors: Doors, form: dict[str, str], said: str) -> None:
    answer = begin(doors, **form)
    assert answer.status_code == 422
    assert said in plain(answer.content.decode())
    assert kept(doors) == told(doors) == []


@pytest.mark.parametrize("form", [{"kind": "erasure"}, {"came_by": "owl"}, {"act": "burn"}])
def test_what_no_form_offers_is_not_there(doors: Doors, form: dict[str, str]) -> None:
    assert begin(doors, **form).status_code == 404
    assert kept(doors) == []


def test_erasures_stand_beside_them(doors: Doors) -> None:
    house = doors.house
    with house.opened("web") as tx:
        ask_erasure(tx, house.program_id, Asking(OSLO, "member", show("mem", OSLO), "asked", utc_now()))
    begin(doors)
    page = doors.visitor("cora").page(PATH)
    text = plain(page)
    assert "2 requests wait for an answer." in text
    assert "To be erased" in text
    assert "From their own page" in text
    # What is due first stands first.
    assert page.index(f"members/{MEMBER}") < page.index(f"members/{show('mem', OSLO)}")


def test_finance_and_auditors_read_it_and_nobody_else_finds_it(doors: Doors) -> None:
    begin(doors)
    for name in ("fay", "ava"):
        page = doors.visitor(name).page(PATH)
        assert MEMBER in page
        assert 'name="act" value="begin"' not in page
        assert begin(doors, name).status_code == 403
    for name in ("mara", "lea", "kim", "olga"):
        assert doors.visitor(name).get(PATH).status_code == 404
        assert begin(doors, name).status_code == 404
        assert 'href="/console/' + doors.house.program.key + '/requests"' not in doors.visitor(name).page(
            "members"
        )
    assert len(kept(doors)) == 1


def test_hostile_words_are_text(doors: Doors) -> None:
    answer = begin(doors, member=HOSTILE, reason=HOSTILE)
    assert answer.status_code == 422
    assert "<script>alert" not in answer.content.decode()
    # An address fills in ids, and nothing that says who somebody is.
    assert 'value="ada@' not in doors.visitor("cora").page(f"{PATH}?member=ada@example.com")
    assert f'value="{MEMBER}"' in doors.visitor("cora").page(f"{PATH}?member={MEMBER}")


def test_what_ended_is_paged_and_told_once(doors: Doors) -> None:
    house = doors.house
    # Years of them, whose audits are of no matter here.
    options = "-c search_path=guerdon -c session_replication_role=replica"
    with psycopg.connect(house.url, options=options) as db:
        db.execute(
            """
            insert into data_requests (program_id, member_id, kind, came_by, asked_on, recorded_by,
                                       recorded_at, closed_at, closed_by, outcome)
            select %s, %s, 'objection', 'phone', current_date, 'per_a', now(),
                   timestamptz '2026-11-01 09:00+00' + (n / 20) * interval '1 second', 'per_a', 'done'
            from generate_series(1, 130) n
            """,
            (house.program_id, KIEL),
        )
    cora = doors.visitor("cora")
    first = cora.page(f"{PATH}?state=closed")
    older = re.search(r'href="/console/\w+/(requests\?[^"]*after=[^"]*)"', first)
    assert older
    second = cora.page(older[1].replace("&amp;", "&"))
    shown = [re.findall(r"audit\?q=(drq_\w+)", page) for page in (first, second)]
    assert (len(shown[0]), len(shown[1])) == (100, 30)
    assert len({*shown[0], *shown[1]}) == 130


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_there_in_every_language(doors: Doors, language: str) -> None:
    begin(doors)
    for path in (PATH, f"{PATH}?state=closed"):
        page = doors.visitor("cora").page(path, language)
        assert f'<html lang="{language}"' in page
        assert "%(" not in page
    assert ("Data requests" in page) is (language == "en")
