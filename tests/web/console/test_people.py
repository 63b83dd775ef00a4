"""The people page: who may what is said, taken back with a reason, and stood in for by somebody else."""

import asyncio
import re
from datetime import timedelta

import pytest
from tests.access.people import grant_of, hire
from tests.web.console.conftest import EMAIL, Console
from tests.web.console.test_live import SOON_S, run, scope_of, watching

from guerdon.store.database import connect
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web import live

JONAS, LENA = "jonas@example.com", "lena@example.com"


@pytest.fixture
def office(staff: Console) -> Console:
    """Two colleagues: one in finance with a limit, one at a dealer."""
    house = staff.house
    with connect(house.url, house.secret, "web") as db:
        hire(db, house.program_id, JONAS, [grant_of(house.program_id, "finance", limit=(500_00, "EUR"))])
        manager = grant_of(house.program_id, "dealer_manager", market="DE", location="de-hamburg-hafencity")
        hire(db, house.program_id, LENA, [manager])
    return staff


def number_of(console: Console, login: str) -> int:
    found = {row[0]: row[1] for row in console.house.rows("select login, person_id from people")}
    return int(str(found[login]))


def grant_number(console: Console, login: str) -> int:
    rows = console.house.rows("select login, id from grants join people using (person_id)")
    return int(str({row[0]: row[1] for row in rows}[login]))


def post(console: Console, **sent: object) -> int:
    token = console.page("people").partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    answer = console.client.post(f"{console.home}people", {"csrfmiddlewaretoken": token, **sent})
    console.last = answer.content.decode()
    return answer.status_code


def told(console: Console, action: str) -> list[tuple[object, ...]]:
    found = console.house.rows(
        "select action, subject, actor, reason from audit where actor <> 'test' order by id"
    )
    return [row[1:] for row in found if row[0] == action]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_who_may_what_in_every_language(office: Console, language: str) -> None:
    page = office.page("people", language)
    assert f'<html lang="{language}"' in page
    for said in ("Jonas", JONAS, "Hamburg HafenCity", "500"):
        assert said in page
    assert "%(" not in page
    assert "style=" not in page


def test_taking_back_works_at_the_next_request_with_one_audit_row(office: Console) -> None:
    number = grant_number(office, JONAS)
    assert post(office, act="revoke", grant=number, reason=" moved to another team ") == 303
    assert JONAS not in office.page("people")
    actor = show("per", number_of(office, EMAIL))
    subject = show("per", number_of(office, JONAS))
    assert told(office, "grant.revoked") == [(subject, actor, "moved to another team")]
    assert office.house.rows("select revoked_by from grants where revoked_by is not null") == [(actor,)]
    # Once is enough.
    assert post(office, act="revoke", grant=number, reason="again") == 404
    assert len(told(office, "grant.revoked")) == 1


@pytest.mark.parametrize("reason", ["", "   "])
def test_without_a_reason_nothing_is_taken_back(office: Console, reason: str) -> None:
    assert post(office, act="revoke", grant=grant_number(office, JONAS), reason=reason) == 422
    assert "a reason is needed" in office.last
    assert JONAS in office.page("people")
    assert told(office, "grant.revoked") == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"act": "revoke", "grant": "999", "reason": "r"}, 404),
        ({"act": "revoke", "grant": "-1", "reason": "r"}, 404),
        ({"act": "revoke", "grant": "9" * 40, "reason": "r"}, 404),
        ({"act": "revoke", "grant": "\u0661", "reason": "r"}, 404),
        ({"act": "revoke", "reason": "r"}, 404),
        ({"act": "promote"}, 400),
        ({}, 400),
        ({"act": "name_stand_in", "person": "per_x", "stand_in": "per_y"}, 404),
        ({"act": "end_stand_in", "number": "7"}, 404),
    ],
)
def test_what_is_garbled_changes_nothing(office: Console, sent: dict[str, str], status: int) -> None:
    before = office.house.rows("select count(*) from audit")
    assert post(office, **sent) == status
    assert office.house.rows("select count(*) from audit") == before


def stand_in(office: Console, away: str, instead: str, first: int = 0, last: int = 7) -> dict[str, str]:
    today = utc_now().date()
    return {
        "act": "name_stand_in",
        "person": show("per", number_of(office, away)),
        "stand_in": show("per", number_of(office, instead)),
        "from": (today + timedelta(days=first)).isoformat(),
        "to": (today + timedelta(days=last)).isoformat(),
    }


def test_a_stand_in_is_named_shown_and_ended(office: Console) -> None:
    assert post(office, **stand_in(office, JONAS, LENA)) == 303
    [(number, begins, ends)] = office.house.rows("select id, valid_from, valid_to from stand_ins")
    assert begins < ends  # type: ignore[operator]
    page = office.page("people")
    assert re.search(r"Jonas</bdi></th>\s*<td[^>]*><bdi>Lena", page)
    assert [subject for subject, _, _ in told(office, "stand_in.named")] == [
        show("per", number_of(office, JONAS))
    ]
    assert post(office, act="end_stand_in", number=number) == 303
    assert "Nobody stands in for anybody." in office.page("people")
    assert len(told(office, "stand_in.revoked")) == 1
    assert post(office, act="end_stand_in", number=number) == 404


def test_nobody_makes_themselves_a_stand_in_nor_somebody_their_own(office: Console) -> None:
    for away, instead in ((JONAS, EMAIL), (JONAS, JONAS), (EMAIL, EMAIL)):
        assert post(office, **stand_in(office, away, instead)) == 422
        assert "nobody makes themselves one" in office.last
    assert office.house.rows("select * from stand_ins") == []
    # For somebody else, and somebody else for oneself.
    assert post(office, **stand_in(office, EMAIL, JONAS)) == 303


@pytest.mark.parametrize(("first", "last"), [(3, 2), (-9, -2), (0, 400), (-3000, 7)])
def test_the_days_of_a_stand_in_make_sense(office: Console, first: int, last: int) -> None:
    assert post(office, **stand_in(office, JONAS, LENA, first, last)) == 422
    assert office.house.rows("select * from stand_ins") == []


def test_a_location_manager_sees_and_changes_only_their_own_staff(office: Console) -> None:
    from guerdon.web.accounts.models import Staff  # noqa: PLC0415  Django is prepared by then

    Staff.objects.create(email=LENA, name="Lena", password="!", created_at=utc_now())
    office.client.force_login(Staff.objects.get(email=LENA))
    page = office.page("people")
    assert LENA in page
    assert JONAS not in page
    assert EMAIL not in page.partition("<main")[2]
    assert post(office, act="revoke", grant=grant_number(office, JONAS), reason="envy") == 404
    assert told(office, "grant.revoked") == []
    assert post(office, **stand_in(office, LENA, JONAS)) == 404


def test_who_may_only_read_the_page_is_offered_no_change_and_refused_one(office: Console) -> None:
    house = office.house
    with connect(house.url, house.secret, "web") as db:
        hire(db, house.program_id, "amara@example.com", [grant_of(house.program_id, "compliance")])
    from guerdon.web.accounts.models import Staff  # noqa: PLC0415

    Staff.objects.create(email="amara@example.com", name="Amara", password="!", created_at=utc_now())
    office.client.force_login(Staff.objects.get(email="amara@example.com"))
    assert 'name="act"' not in office.page("people")
    assert post(office, act="revoke", grant=grant_number(office, JONAS), reason="r") == 403


def test_the_session_gets_another_key_when_the_roles_change(office: Console) -> None:
    office.page()
    before = office.client.cookies["staff"].value
    office.page("members")
    assert office.client.cookies["staff"].value == before
    from guerdon.web.accounts.models import StaffSession  # noqa: PLC0415

    began = utc_now() - timedelta(hours=7)
    StaffSession.objects.update(started_at=began)
    house = office.house
    with connect(house.url, house.secret, "web") as db:
        hire(db, house.program_id, EMAIL, [grant_of(house.program_id, "marketing", market="DE")])
    office.page()
    after = office.client.cookies["staff"].value
    assert after != before
    [session] = StaffSession.objects.all()
    # The eight hours go on from the sign-in.
    assert session.started_at == began
    office.client.cookies["staff"] = before
    assert office.client.get(office.home).status_code == 303


def test_a_stream_ends_when_its_viewer_may_look_no_longer(
    office: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.1)
    monkeypatch.setattr(live, "SESSION_CHECK_S", 0.1)

    def take_all_back() -> None:
        from guerdon.store.access.grants import revoke_all_grants  # noqa: PLC0415
        from guerdon.store.database import transaction  # noqa: PLC0415

        house = office.house
        with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
            revoke_all_grants(tx, house.program_id, number_of(office, EMAIL), "test", "gone", utc_now())

    async def story() -> None:
        async with watching(scope_of(office)) as viewer:
            await viewer.until(lambda text: "id: " in text)
            await asyncio.to_thread(take_all_back)
            await asyncio.wait_for(viewer.ended.wait(), SOON_S)

    run(story())
