"""Today and Budget: what stands there, who sees which location, and where a day begins."""

import re
from datetime import timedelta

import pytest
from tests.location.conftest import AUDITOR, BONN, CELLE, COUNTER, MANAGER, Till, text_of

from guerdon.values.app.visits import Visit, ids_between, read_visit, write_visit
from guerdon.values.clock import utc_now

PAGES = (BONN, f"{BONN}/scan", f"{BONN}/budget", f"{BONN}/visits/mem_0000000000001-1700000000-00")
LANGUAGES = ("es", "de", "fr", "ar", "id")
KEY = b"k" * 32


def confirm(till: Till, *kinds: str) -> None:
    """A visit of a new member for each of these."""
    for kind in kinds:
        till.post(till.visit(till.member()), type=kind)
    till.work()


def test_a_day_begins_at_the_location_and_with_nothing(till: Till) -> None:
    for login in (MANAGER, COUNTER):
        assert till.sign_in(login) == BONN
    assert till.sign_in(AUDITOR) == "/console/tea_house/audit"
    till.sign_in(MANAGER)
    page = text_of(till.client.get(BONN))
    assert "No visits today." in page
    assert "€0 of €60 used" in page


def test_today_lists_what_was_confirmed_here_and_what_is_left(till: Till) -> None:
    till.sign_in(MANAGER)
    confirm(till, "visit.made", "ride.taken")
    page = text_of(till.client.get(BONN))
    assert "2 visits confirmed" in page
    assert page.count("Ann L•••") == 2
    assert "Earned €20." in page
    # The last one stands first.
    assert page.index("Ride") < page.index("Earned €20.")
    assert "€20 of €60 used" in page
    assert "€40" in page
    # Of yesterday, and of the shop next door, there is nothing.
    till.sign_in(CELLE)
    assert "No visits today." in text_of(till.client.get("/location/tea_house/de-celle"))
    with till.house.by_hand() as db:
        db.execute("update events set external_id = replace(external_id, '/1', '/0')")
    till.sign_in(MANAGER)
    assert "No visits today." in text_of(till.client.get(BONN))


def test_what_is_used_up_is_said_before_the_tap(till: Till) -> None:
    till.sign_in(MANAGER)
    confirm(till, "visit.made", "visit.made", "visit.made")
    address = till.visit(till.member())
    assert "Earned €20." not in text_of(till.client.get(address))
    page = text_of(till.client.get(f"{BONN}/budget"))
    assert "€60 of €60 used" in page
    assert "Nothing is left" in page
    assert "Ask for more" in page
    till.sign_in(AUDITOR)
    page = text_of(till.client.get(f"{BONN}/budget"))
    assert "Ask for more" not in page
    assert "can top it up" in page


def test_who_serves_sees_no_budget_and_who_reads_confirms_nothing(till: Till) -> None:
    till.sign_in(COUNTER)
    assert "Left to give" not in text_of(till.client.get(BONN))
    assert f"{BONN}/budget" not in till.client.get(BONN).content.decode()
    missing = till.client.get(f"{BONN}/nothing").content
    assert till.client.get(f"{BONN}/budget").status_code == 404
    till.sign_in(AUDITOR)
    assert till.client.get(BONN).status_code == 200
    assert f"{BONN}/scan" not in till.client.get(BONN).content.decode()
    assert till.client.get(f"{BONN}/budget").status_code == 200
    assert till.client.get(f"{BONN}/scan").status_code == 404
    assert till.post(f"{BONN}/scan", code="x").status_code == 404
    assert missing


def test_another_location_and_none_are_the_same(till: Till) -> None:
    till.sign_in(CELLE)
    own = "/location/tea_house/de-celle"
    assert till.client.get(own).status_code == 200
    seen = set()
    lyon, nowhere, nobodys = "tea_house/fr-lyon", "tea_house/nowhere", "none/de-celle"
    for place in (BONN, *(f"/location/{each}" for each in (lyon, nowhere, nobodys))):
        for path in ("", "/scan", "/visits/any", "/budget"):
            answer = till.client.get(place + path)
            assert answer.status_code == 404
            seen.add(stripped(answer.content.decode()))
        for path in ("/scan", "/visits/any"):
            assert till.post(place + path, code="x", type="visit.made").status_code == 404
    # Of another program with a location of the same name, too.
    assert till.client.get("/location/other_house/de-celle").status_code == 404
    assert len(seen) == 1


def test_without_a_session_every_page_leads_to_the_sign_in(till: Till) -> None:
    till.client.get("/account/sign-in")
    for path in PAGES:
        for answer in (till.client.get(path), till.post(path)):
            assert answer.status_code == 303
            assert answer["Location"].startswith("/account/sign-in?next=%2Flocation")


def test_a_person_of_two_locations_finds_the_other(till: Till) -> None:
    with till.house.by_hand() as db:
        db.execute(
            "insert into grants (program_id, person_id, role, market, location, valid_from, granted_by,"
            " granted_at)"
            " select program_id, person_id, role, market, 'de-celle', valid_from, granted_by, granted_at"
            " from grants where location = 'de-bonn' and role = 'frontline'"
        )
    till.sign_in(COUNTER)
    page = till.client.get(BONN).content.decode()
    assert 'href="/location/tea_house/de-celle"' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_speak_the_readers_language(till: Till, language: str) -> None:
    till.sign_in(MANAGER)
    for path in PAGES[:3]:
        page = till.client.get(path, headers={"accept-language": language}).content.decode()
        assert f'<html lang="{language}"' in page
        assert not re.search(r">(Today|Confirmed today|By hand|Expected to last until)<", page)


def test_the_address_of_a_visit_is_read_back_by_its_key_alone() -> None:
    at = utc_now().replace(microsecond=0)
    visit = Visit(3, "de-bonn", 2**62, at)
    text = write_visit(KEY, visit)
    assert read_visit(KEY, text, 3, "de-bonn") == visit
    assert read_visit(b"x" * 32, text, 3, "de-bonn") is None
    assert read_visit(KEY, text, 4, "de-bonn") is None
    assert read_visit(KEY, text, 3, "de-celle") is None
    for wrong in ("", "-", text + "0", text.replace("mem_", "evt_"), text.upper(), "é-1700000000-00"):
        assert read_visit(KEY, wrong, 3, "de-bonn") is None


def test_ids_of_a_day_lie_between_its_bounds() -> None:
    day = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
    first, end = ids_between("de-bonn", day, day + timedelta(days=1))
    inside = Visit(1, "de-bonn", 7, day).external_id
    late = Visit(1, "de-bonn", 7, day + timedelta(days=1) - timedelta(seconds=1)).external_id
    assert first <= inside < late < end
    assert not first <= Visit(1, "de-bonn", 7, day + timedelta(days=1)).external_id < end
    assert not first <= Visit(1, "de-bonn-2", 7, day).external_id < end


def stripped(page: str) -> str:
    """A page without what differs with each request."""
    return re.sub(r'(nonce|value|href|action)="[^"]*"', "", page)
