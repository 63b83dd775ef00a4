"""Every page behind a claim link leads to what its member chose; a gift's does not, nor one that ended."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test import Client
from tests.web.contact.conftest import ADA, Letterbox, fields_of

from guerdon.program.catalog.nouns import ClaimLinks
from guerdon.values.claims import KEY_PURPOSE, claim_token
from guerdon.values.clock import utc_now


def link_of(box: Letterbox, issued_on: date | None = None) -> str:
    reward = box.house.reward(ADA, at=utc_now())
    key = box.house.vault.key(KEY_PURPOSE)
    return f"/r/{claim_token(key, box.house.program_id, ADA, reward, issued_on)}"


@pytest.mark.parametrize("page", ["", "/catalog", "/why", "/invite", "/give"])
def test_every_page_of_a_link_leads_on(box: Letterbox, page: str) -> None:
    box.house.stock_everything()
    box.enroll()
    link = link_of(box)
    assert f'href="{link}/contact"' in box.get(f"{link}{page}")


def test_it_leads_to_the_members_own_choices_and_changes_nothing(box: Letterbox) -> None:
    box.enroll()
    link = link_of(box)
    before = box.standing()
    answer = box.client.get(f"{link}/contact")
    assert (answer.status_code, answer["Location"]) == (303, box.link("preferences"))
    assert box.client.post(f"{link}/contact", {}).status_code in (403, 405)
    assert box.client.get("/r/anything/contact").status_code == 404
    assert box.standing() == before


def test_whoever_takes_a_gift_is_not_led_to_its_givers_choices(box: Letterbox) -> None:
    box.house.stock_everything()
    box.enroll()
    link = link_of(box)
    form = {"csrfmiddlewaretoken": fields_of(box.get(f"{link}/give"), "csrfmiddlewaretoken")[0]}
    shown = box.client.post(f"{link}/give", {**form, "act": "give"}).content.decode()
    gift = "/r/" + shown.partition('data-share="')[2].partition('"')[0].partition("/r/")[2]
    for shown in (box.get(gift), take(gift)):
        assert "/contact" not in shown
    assert box.client.get(f"{gift}/contact").status_code == 404


def take(gift: str) -> str:
    """What whoever took it sees, in their own browser."""
    friend = Client(enforce_csrf_checks=True, headers={"sec-fetch-site": "same-origin"})
    page = str(friend.get(gift).content.decode())
    friend.post(f"{gift}/take", {"csrfmiddlewaretoken": fields_of(page, "csrfmiddlewaretoken")[0]})
    # The first answer gives their browser what it keeps.
    assert friend.get(gift).status_code == 303
    shown: Any = friend.get(gift)
    assert "This gift is yours" in shown.content.decode()
    return str(shown.content.decode())


def test_a_link_that_ended_leads_nowhere(box: Letterbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from guerdon.web.rooms import room  # noqa: PLC0415

    box.enroll()
    link = link_of(box, date(2020, 1, 1))
    catalog = replace(box.program.catalog, claim_links=ClaimLinks(60))
    dated = replace(box.program, catalog=catalog)
    monkeypatch.setattr(room(), "programs", lambda: {box.house.program_id: dated})
    for page in ("", "/contact"):
        answer = box.client.get(f"{link}{page}")
        assert answer.status_code == 410
        assert "/contact" not in answer.content.decode()
