"""The inbox as a member has it open: in Chromium, by its own EventSource, on a phone, in two scripts."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from tests.inapp.posts import Post
from tests.web.member.test_in_a_browser import PHONE, faults_of, sideways

from guerdon.values.clock import utc_now
from guerdon.web.inapp import hub as hubs
from guerdon.web.inapp import stream
from guerdon.web.rooms import room

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from guerdon.web.member.inbox.cookies import Reader

WIDTHS = (320, 390, 820)
SOON_MS = 20_000


class Served:
    """The whole front on one port of this machine, which may stop and be there again."""

    def __init__(self) -> None:
        self.port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        from guerdon.web.asgi import Front  # noqa: PLC0415  Django is prepared by then

        # Each process has a hub of its own, in the loop of its own.
        stream.hub = hubs.Hub()
        self._server = uvicorn.Server(
            uvicorn.Config(
                Front(room()), port=self.port, log_level="error", timeout_graceful_shutdown=1, http="h11"
            )
        )
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.02)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = True
        self._thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def served(post: Post) -> Iterator[Served]:  # noqa: ARG001  it opens the room
    """Serve the front, the streams with it."""
    made = Served()
    made.start()
    yield made
    made.stop()


def opened(served: Served, post: Post, browser: "Browser", **how: Any) -> "Page":
    """The inbox of member 7, by its link and its button."""
    page = browser.new_context(**{"viewport": {"width": 390, "height": 800}} | how).new_page()
    page.goto(f"{served.address}/n/{post.token(7)}")
    page.locator("form button").click()
    page.wait_for_url(f"{served.address}/inbox")
    return page


def titles(page: "Page") -> list[str]:
    return [each.strip() for each in page.locator(".notices strong").all_inner_texts()]


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON_MS / 1000
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_notice_comes_while_the_page_is_open_and_is_read_once_it_was_in_view(
    post: Post, served: Served, chromium: "Browser"
) -> None:
    post.house.enroll(7)
    reward = post.house.reward(7, at=utc_now())
    page = opened(served, post, chromium)
    page.get_by_text("No messages yet.").wait_for()
    (first,) = post.to(7, reward_id=reward)
    page.get_by_text("Your €200 reward is ready").first.wait_for(timeout=SOON_MS)
    assert page.locator("#inbox-news").inner_text() == "New message: Your €200 reward is ready"
    assert page.get_by_text("No messages yet.").is_hidden()
    assert page.locator(".notices li .new").inner_text() == "New"
    eventually(lambda: post.house.rows("select from inapp where seen_at is not null") == [()])
    # Where a part of it is left, the line says so in its place.
    post.house.take_back(7, reward, 5_000, at=utc_now())
    page.get_by_text("Your €150 reward is ready").first.wait_for(timeout=SOON_MS)
    assert titles(page) == ["Your €150 reward is ready"]
    # What is taken back goes, and the day that it stood under.
    post.take_back(first)
    page.get_by_text("No messages yet.").wait_for(timeout=SOON_MS)
    assert page.locator("#inbox section").count() == 0
    page.context.close()


def test_the_browser_comes_back_by_itself_and_nothing_is_lost_or_there_twice(
    post: Post, served: Served, chromium: "Browser", monkeypatch: pytest.MonkeyPatch
) -> None:
    post.house.enroll(7)
    page = opened(served, post, chromium)
    eventually(lambda: stream.hub.open == 1)
    rewards = [post.house.reward(7, at=utc_now()) for _ in range(4)]
    asked: list[str] = []
    let_in = stream._opened  # noqa: SLF001

    def noted(reader: "Reader", after: str) -> hubs.Stream | None:
        asked.append(after)
        return let_in(reader, after)

    monkeypatch.setattr(stream, "_opened", noted)
    post.to(7, reward_id=rewards[0])
    page.locator("#n1").wait_for(timeout=SOON_MS)
    served.stop()
    post.to(7, 7, reward_id=rewards[1])
    served.start()
    page.locator("#n3").wait_for(timeout=SOON_MS)
    post.to(7, reward_id=rewards[2])
    page.locator("#n4").wait_for(timeout=SOON_MS)
    order = page.locator(".notices li").evaluate_all("all => all.map((each) => each.dataset.position)")
    assert order == ["4", "3", "2", "1"]
    # The address of its stream still says where the page began; how far it is, the browser says.
    assert asked == ["1"]
    # And after it was loaded anew, too.
    page.reload()
    post.to(7, reward_id=rewards[3])
    page.locator("#n5").wait_for(timeout=SOON_MS)
    order = page.locator(".notices li").evaluate_all("all => all.map((each) => each.dataset.position)")
    assert order == ["5", "4", "3", "2", "1"]
    page.context.close()


def test_it_works_without_script(post: Post, served: Served, chromium: "Browser") -> None:
    post.house.enroll(7)
    reward = post.house.reward(7, at=utc_now())
    post.to(7, 7, reward_id=reward)
    page = opened(served, post, chromium, java_script_enabled=False)
    assert len(titles(page)) == 2
    page.get_by_role("button", name="Mark all as read").click()
    page.wait_for_url(f"{served.address}/inbox")
    assert page.locator("li[data-new]").count() == 0
    assert page.get_by_role("button", name="Mark all as read").is_hidden()
    page.get_by_role("button", name="Choose your reward").first.click()
    page.get_by_role("heading", name="Your €200 reward").first.wait_for()
    assert "/r/" in page.url
    page.context.close()


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("ar", "dark"), ("de", "light")])
def test_it_is_read_on_a_phone_in_both_directions_and_themes(
    post: Post, served: Served, chromium: "Browser", language: str, theme: Any
) -> None:
    post.house.enroll(7, language=language)
    now = utc_now()
    ended = post.house.reward(7, at=now - timedelta(days=100), days=90)
    post.to(7, message="reward_expiring", reward_id=ended)
    reward = post.house.reward(7, at=now)
    for message in ("reward_earned", "reward_taken_back", "reward_waiting", "reward_ready"):
        post.to(7, message=message, reward_id=reward)
    page = opened(served, post, chromium, color_scheme=theme, user_agent=PHONE)
    post.to(7, reward_id=reward)
    page.locator("#n6").wait_for(timeout=SOON_MS)
    # One that came says the same as one that was there, and looks the same.
    came, there = (page.locator(each).inner_text() for each in ("#n6", "#n5"))
    assert came == there
    assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert not sideways(page), width
    assert faults_of(page) == []
    for button in page.locator(".notices button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.context.close()
