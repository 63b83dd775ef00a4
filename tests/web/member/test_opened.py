"""A message was opened when its page was in view or sent a form, never because its address was fetched."""

from typing import Any

import pytest
from tests.redeem.house import House
from tests.web.member.conftest import Door
from tests.web.member.test_claim_page import EUR_25, choose, field_of, ready, text_of

from guerdon.values.clock import utc_now

Rows = list[tuple[Any, ...]]


def told(house: House, reward: int, member: int = 7, state: str = "sent") -> int:
    """Let a mail about a reward be with its mail server."""
    with house.working() as tx:
        tx.execute(
            "insert into messages (program_id, member_id, id, event_id, reward_id, message, channel,"
            " language, state, attempts, created_at, settled_at)"
            " values (%s, %s, %s, 1, %s, 'reward_ready', 'email', 'en', %s, 1, %s, %s)",
            (house.program_id, member, reward + 1, reward, state, utc_now(), utc_now()),
        )
    return reward + 1


def states(house: House) -> Rows:
    return house.rows("select state, opened_at is not null from messages order by id")


def seen_form(page: str) -> dict[str, str]:
    assert 'id="seen"' in page
    return {"csrfmiddlewaretoken": field_of(page, "csrfmiddlewaretoken")}


@pytest.mark.parametrize("path", ["", "/catalog"])
def test_a_page_says_by_its_own_form_that_it_was_in_view(house: House, door: Door, path: str) -> None:
    reward = ready(house)
    told(house, reward)
    link = door.link(7, reward)
    page = text_of(door.client.get(link + path))
    # Scanners of mail fetch the address, follow what it leads to, and try this one too.
    for _ in range(2):
        assert door.client.get(link).status_code == 200
        answer = door.client.get(f"{link}/seen")
        assert (answer.status_code, answer["Location"]) == (303, link)
    assert door.client.post(f"{link}/seen").status_code == 403
    assert states(house) == [("sent", False)]
    assert door.client.post(f"{link}/seen", seen_form(page)).status_code == 204
    assert states(house) == [("opened", True)]


def test_a_form_of_the_page_says_so_too_even_when_it_is_refused(house: House, door: Door) -> None:
    reward = ready(house, value=EUR_25)
    told(house, reward)
    assert choose(door, door.link(7, reward), "no_such_item").status_code >= 400
    assert states(house) == [("opened", True)]


def test_only_what_is_about_that_reward_and_was_sent_is_opened(house: House, door: Door) -> None:
    one = ready(house)
    others = [house.reward(7, at=utc_now()) for _ in range(2)]
    told(house, one)
    told(house, others[0])
    told(house, others[1], state="failed")
    link = door.link(7, others[1])
    page = text_of(door.client.get(link))
    door.client.post(f"{link}/seen", seen_form(page))
    assert sorted(states(house)) == [("failed", False), ("sent", False), ("sent", False)]


def test_a_link_that_we_never_made_says_nothing(house: House, door: Door) -> None:
    reward = ready(house)
    told(house, reward)
    link = door.link(7, reward)
    form = seen_form(text_of(door.client.get(link)))
    forged = link[:-1] + ("0" if link[-1] != "0" else "1")
    assert door.client.post(f"{forged}/seen", form).status_code == 404
    assert states(house) == [("sent", False)]
