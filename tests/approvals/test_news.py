"""A colleague was first: the page that is open says so at once, and a form that is sent says who and when."""

import asyncio
import re
from typing import Any

import pytest
from tests.approvals.doors import Doors, Visitor, plain
from tests.approvals.house import House
from tests.web.console.test_live import run, watching

from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web import live

WHEN = r" \d{1,2} \w+ \d{4},? .*?\d{2}:\d{2}"


def asked(house: House, value: int = 20_000, by: str = "lea") -> tuple[int, str]:
    number = house.asked(by, house.reward(value), utc_now())
    return number, show("apr", number)


def token_of(page: str) -> str:
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def stream_of(visitor: Visitor, page: str, language: str = "en", **changes: str) -> dict[str, Any]:
    """What a browser asks for when it opens the stream of a page."""
    address = page.partition('data-stream="')[2].partition('"')[0].replace("&amp;", "&")
    path, _, query = address.partition("?")
    for name, text in changes.items():
        query = re.sub(rf"{name}=[^&]*", f"{name}={text}", query)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in visitor.client.cookies.items())
    sent = {"cookie": cookies, "sec-fetch-site": "same-origin", "accept-language": language}
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
    }


@pytest.mark.parametrize(
    ("verdict", "said"),
    [("approve", "karl approved it,"), ("reject", "karl rejected it,"), ("ask", "karl asked back,")],
)
def test_who_comes_second_is_told_who_was_first_and_when(doors: Doors, verdict: Any, said: str) -> None:
    house, kim = doors.house, doors.visitor("kim")
    number, apr = asked(house)
    token = token_of(kim.page(f"decisions/{apr}"))
    house.say("karl", number, verdict, reason="because", now=utc_now())
    sent = {"csrfmiddlewaretoken": token, "act": "approve", "revision": "1"}
    answer = kim.client.post(f"{kim.home}decisions/{apr}", sent)
    assert answer.status_code == 409
    told = plain(answer.content.decode().partition('role="alert"')[2].partition("</div>")[0])
    assert "Somebody else was first: it does not wait any more." in told
    assert re.search(re.escape(said) + WHEN, told), told
    many = kim.client.post(f"{kim.home}decisions", {"csrfmiddlewaretoken": token, "request": f"{apr}.1"})
    assert many.status_code == 409
    assert re.search(re.escape(said) + WHEN, plain(many.content.decode()))


def test_what_is_refused_for_its_own_sake_names_nobody(doors: Doors) -> None:
    house, kim = doors.house, doors.visitor("kim")
    number, apr = asked(house, 150_000, "fay")
    house.say("olga", number, now=utc_now())
    assert house.state(number) == "open"
    answer = kim.send(f"decisions/{apr}", form="decisions", act="reject", revision=1, reason="")
    assert "olga approved it" not in plain(
        answer.content.decode().partition('role="alert"')[2].partition("</div>")[0]
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_open_page_says_at_once_that_a_colleague_was_there(doors: Doors, language: str) -> None:
    house, kim = doors.house, doors.visitor("kim")
    number, apr = asked(house)
    asking = stream_of(kim, kim.page(f"decisions/{apr}", language), language)

    async def story() -> None:
        async with watching(asking) as viewer:
            await viewer.until(lambda text: 'id="news"' in text)
            assert viewer.status == 200
            assert "banner" not in viewer.text
            house.say("karl", number, now=utc_now())
            await viewer.until(lambda text: "banner" in text)
            assert "karl" in viewer.text
            assert f"/decisions/{apr}" in viewer.text
            assert ("karl approved it," in plain(viewer.text)) == (language == "en")

    run(story())
    # Whoever opens it now reads it as it stands: nothing is news any more.
    again = kim.page(f"decisions/{apr}")
    assert "data-stream" not in again


def test_what_was_there_when_the_page_was_made_is_no_news(doors: Doors) -> None:
    house, finn = doors.house, doors.visitor("finn")
    number, apr = asked(house, 150_000, "fay")
    house.say("olga", number, now=utc_now())
    asking = stream_of(finn, finn.page(f"decisions/{apr}"))

    async def story() -> None:
        async with watching(asking) as viewer:
            await viewer.until(lambda text: 'id="news"' in text)
            assert "olga" not in viewer.text
            # As it begins to listen it looks once more; only what is told after that has to be heard.
            await asyncio.sleep(4 * live.PAUSE_S_MIN)
            assert live.watches.hearing
            house.say("frida", number, "reject", reason="no", now=utc_now())
            await viewer.until(lambda text: "frida rejected it" in plain(text))

    run(story())


@pytest.mark.parametrize("name", ["nora", "opa", "lars"])
def test_a_stream_of_what_is_not_theirs_is_not_there(doors: Doors, name: str) -> None:
    house, kim = doors.house, doors.visitor("kim")
    _, apr = asked(house)
    page = kim.page(f"decisions/{apr}")
    foreign = stream_of(doors.visitor(name), page)
    nothing = [stream_of(kim, page, about="apr_7ZZZZZZZZZZZZ"), stream_of(kim, page, about="x")]
    nothing.append(stream_of(kim, page, after="x"))

    async def story() -> None:
        for asking in (foreign, *nothing):
            async with watching(asking) as viewer:
                await viewer.until(lambda _, viewer=viewer: viewer.status != 0)  # type: ignore[misc]
                assert viewer.status == 404

    run(story())
