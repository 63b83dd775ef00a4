"""The console's pages say what is in the books, in every language, and nothing that is not."""

import re

import pytest
from tests.web.console.conftest import Console
from tests.web.console.furniture import furnish

from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web.accounts.assets import load_assets

PATHS = (
    "",
    "live",
    "members",
    "rewards",
    "rewards?state=redeemed",
    "budgets",
    "events",
    "events?standing=waiting",
    "events?standing=quarantined",
    f"members/{show('mem', 7)}",
)
ADA = show("mem", 7)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_renders_in_every_language(staff: Console, language: str) -> None:
    furnish(staff.house)
    direction = "rtl" if language == "ar" else "ltr"
    for path in PATHS:
        page = staff.page(path, language)
        assert f'<html lang="{language}" dir="{direction}"' in page, path
        assert "%(" not in page, path


def test_every_page_of_an_empty_program_says_what_is_missing(staff: Console) -> None:
    assert "Nothing has happened yet." in staff.page()
    assert "No members yet." in staff.page("members")
    assert "No rewards issued yet." in staff.page("rewards")
    assert "No events decided yet." in staff.page("events")
    assert "No refused events." in staff.page("events?standing=quarantined")


def test_the_overview_opens_with_the_sentence_its_reader_came_for(staff: Console) -> None:
    furnish(staff.house)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", staff.page()))
    assert "€600 in rewards reached 2 members, half of them within" in text
    assert "So far €200 is redeemed, 33% of the value given. Times are Europe/Berlin." in text
    assert "1 of 3 rewards so far" in text
    assert "1 event in quarantine" in text
    assert "1 event waits for its contact" in text


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_one_member_has_no_half(staff: Console) -> None:
    staff.house.enroll(7)
    staff.house.reward(7, at=utc_now())
    text = plain(staff.page())
    assert "€200 in rewards reached 1 member." in text
    assert "Too early to say" in text


def test_a_step_names_the_step_that_its_members_came_from(staff: Console) -> None:
    for member_id, rules in ((7, ["test_drive", "booking", "referral"]), (8, ["test_drive"])):
        staff.house.enroll(member_id)
        for rule in rules:
            staff.house.reward(member_id, rule=rule, at=utc_now())
    text = plain(staff.page())
    assert "50.0%of those with Test drive" in text
    # The delivery above the referral rewards nobody, so nobody can go on from it.
    assert "100.0%of those with Booking" in text


@pytest.mark.parametrize("path", PATHS)
def test_a_page_with_times_names_their_zone_once(staff: Console, path: str) -> None:
    furnish(staff.house)
    assert plain(staff.page(path)).count("Europe/Berlin") == (path != "budgets")


def test_the_programs_own_keys_stand_beside_a_name(staff: Console) -> None:
    furnish(staff.house)
    assert "<code><bdi>hubspot_eu</bdi></code>" in staff.page("events?standing=waiting")
    assert "hubspot_eu HubSpot" in plain(staff.page("events?standing=waiting"))
    assert "Dealer" in plain(staff.page("members"))


def test_a_market_in_the_address_narrows_the_figures(staff: Console) -> None:
    furnish(staff.house)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", staff.page("?market=FR")))
    assert "€600 in rewards" not in text
    assert staff.page("?market=nowhere").count("€600") == staff.page().count("€600")


GARBLED = (
    "?from=2026-13-45&to=x",
    "?from=0001-01-01",
    "?from=9999-12-31&to=9999-12-31",
    "?market=%00",
    "members?after=mem_X",
    "members?q=%00",
    "rewards?after=9-9",
    f"rewards?after={'9' * 19}-{'9' * 18}",
    "events?before=evt_&standing=%00",
)


@pytest.mark.parametrize("path", GARBLED)
def test_no_garbled_address_breaks_a_page(staff: Console, path: str) -> None:
    furnish(staff.house)
    staff.page(path)


def test_a_member_is_found_by_each_id_and_by_exact_e_mail_only(staff: Console) -> None:
    furnish(staff.house)
    for wanted in (ADA, ADA.lower().replace("MEM", "mem"), "5100", "ada@example.com", " ADA@example.com "):
        assert staff.find(wanted) == (303, f"{staff.home}members/{ADA}"), wanted
    for wanted in ("ada", "ada@example.org", "510", "mem_0000000000000"):
        assert "No member has exactly this id or e-mail." in staff.find(wanted)[1], wanted


def test_names_and_addresses_are_masked(staff: Console) -> None:
    furnish(staff.house)
    for path in ("members", f"members/{ADA}"):
        page = staff.page(path)
        assert "Ada L•••" in page
        assert "Lovelace" not in page
        assert "ada@example.com" not in page


def test_a_members_page_tells_each_event_from_receipt_to_reward(staff: Console) -> None:
    furnish(staff.house)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", staff.page(f"members/{ADA}")))
    assert "2 rewards so far, €200 still to spend." in text
    assert "Received from hubspot_eu" in text
    assert "Booking: earned €200" in text
    assert "Redeemed for" in text
    assert "hubspot5100" in text


def test_what_was_received_is_shown_as_text(staff: Console) -> None:
    furnish(staff.house)
    page = staff.page("events?standing=quarantined")
    assert "&lt;b&gt;send JSON&lt;/b&gt;" in page


def test_quarantine_tells_in_the_readers_language_what_to_do(staff: Console) -> None:
    furnish(staff.house)
    page = staff.page("events?standing=quarantined", "de")
    assert "Nicht lesbar" in page
    assert "malformed_body" not in page
    assert '<small lang="en" dir="ltr">The body is no JSON' in page


@pytest.mark.parametrize(
    "path", ["members/mem_0000000000000", "members/nonsense", "nothing", "members/evt_0000000000007"]
)
def test_what_is_not_there_is_not_found(staff: Console, path: str) -> None:
    assert staff.client.get(staff.home + path).status_code == 404


def test_an_unknown_program_is_not_found(staff: Console) -> None:
    assert staff.client.get("/console/another_program/").status_code == 404


def test_lists_go_on_where_they_stopped(staff: Console) -> None:
    for member_id in range(100, 155):
        staff.house.enroll(member_id)
    first = staff.page("members")
    older = re.search(r'href="/console/\w+/(members\?after=mem_\w+)"', first)
    assert older is not None
    second = staff.page(older.group(1))
    shown = [set(re.findall(r"members/(mem_\w+)", page)) for page in (first, second)]
    assert len(shown[0]) == 50
    assert len(shown[1]) == 5
    assert not shown[0] & shown[1]


def test_pages_are_kept_nowhere_and_assets_for_ever(staff: Console) -> None:
    answer = staff.client.get(staff.home)
    assert answer["Cache-Control"] == "no-store"
    address = f"/static/{load_assets().version}/css/tokens.css"
    kept = staff.client.get(address, headers={"accept-encoding": "gzip"})
    assert "immutable" in kept["Cache-Control"]
    assert kept["Content-Encoding"] == "gzip"
    assert staff.client.get("/static/old/css/tokens.css")["Cache-Control"] == "no-store"
    assert staff.client.get("/static/x/../../settings.py").status_code == 404


def test_the_policy_allows_no_script_but_ours(staff: Console) -> None:
    answer = staff.client.get(staff.home)
    policy = answer["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce is not None
    assert f'nonce="{nonce.group(1)}"' in answer.content.decode()
    for part in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "style-src 'self'",
                 "require-trusted-types-for 'script'", "trusted-types htmx"):  # fmt: skip
        assert part in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_language_and_colors_are_kept_in_cookies(staff: Console) -> None:
    token = staff.page().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    for choice in ({"language": "ar"}, {"theme": "dark"}):
        sent = {**choice, "csrfmiddlewaretoken": token, "next": f"{staff.home}budgets"}
        answer = staff.client.post("/account/preferences", sent)
        assert answer["Location"] == f"{staff.home}budgets"
    assert '<html lang="ar" dir="rtl" data-theme="dark">' in staff.page()
    sent = {"language": "tlh", "csrfmiddlewaretoken": token, "next": "https://elsewhere.example/"}
    assert staff.client.post("/account/preferences", sent)["Location"] == "/"
    assert staff.client.cookies["language"].value == "ar"
