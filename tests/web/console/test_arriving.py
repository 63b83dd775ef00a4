"""Lists that say how many rows came after them, under their filters and rights, by one stream a browser."""

import asyncio
import re
from collections.abc import Callable
from html import unescape
from urllib.parse import quote

import pytest
from tests.web.console.conftest import Console
from tests.web.console.furniture import furnish
from tests.web.console.test_live import aside, counting, run, scope_of, watching

from guerdon.store.audit import record_audit
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web import live
from guerdon.web.console.arriving.lists import LISTS, NEW_MAX

ADA = show("mem", 7)


def asked_by(page: str) -> str:
    """What a page asks its stream for."""
    found = re.search(r'data-stream="[^"]+/stream\?([^"]+)"', page)
    assert found is not None
    return unescape(found[1])


def rewarded(staff: Console) -> Callable[[], object]:
    return lambda: staff.house.reward(7, at=utc_now())


def noted(staff: Console, times: int = 1) -> Callable[[], object]:
    def note() -> None:
        with staff.house.working() as tx:
            for number in range(times):
                record_audit(tx, staff.house.program_id, "test", "view.saved", f"v{number}", utc_now())

    return note


@pytest.mark.parametrize(
    "path", ["ledger", "rewards", "events", f"members/{ADA}", "ledger?unit=EUR", "rewards?state=ready"]
)
def test_a_list_says_how_many_are_new_and_leads_to_them(staff: Console, path: str) -> None:
    furnish(staff.house)
    page = staff.page(path)
    # It is told politely, beside the label, where it moves no row.
    assert '<span id="fresh" role="status"></span>' in page

    async def story() -> None:
        async with watching(scope_of(staff, asked_by(page))) as viewer:
            await viewer.until(
                lambda text: '<hx-partial id="fresh"></hx-partial>' in text.replace("\ndata: ", "")
            )
            await aside(rewarded(staff))
            await viewer.until(lambda text: re.search(r">\d+ new</a>", text) is not None)
            there = unescape(viewer.text.rpartition('href="')[2].partition('"')[0])
            assert there == f"{staff.home}{path}"

    run(story())


def test_what_is_audited_is_heard_of_and_more_than_a_hundred_are_not_counted(staff: Console) -> None:
    query = asked_by(staff.page("audit"))

    async def story() -> None:
        async with watching(scope_of(staff, query)) as viewer:
            await viewer.until(lambda text: "id: " in text)
            await aside(noted(staff, 3))
            await viewer.until(lambda text: ">3 new</a>" in text)
            await aside(noted(staff, NEW_MAX))
            await viewer.until(lambda text: ">100 or more new</a>" in text)

    run(story())


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_said_in_every_language(staff: Console, language: str) -> None:
    query = asked_by(staff.page("audit"))
    said: list[str] = []

    async def story() -> None:
        async with watching(scope_of(staff, query, **{"accept-language": language})) as viewer:
            await viewer.until(lambda text: "id: " in text)
            await aside(noted(staff, 3))
            await viewer.until(lambda text: "</a>" in text)
            said.append(viewer.text.rpartition("</a>")[0].rpartition(">")[2])

    run(story())
    expected = {
        "en": "3 new",
        "es": "3 nuevos",
        "de": "3 neu",
        "fr": "3 nouveaux",
        "id": "3 baru",
        "ar": "3 جديدة",
    }
    assert said == [expected[language]]


def test_filters_hold_for_what_is_new_and_a_later_page_stands_still(staff: Console) -> None:
    furnish(staff.house)
    query = asked_by(staff.page("rewards?state=expired"))

    async def story() -> None:
        async with watching(scope_of(staff, query)) as viewer:
            await viewer.until(lambda text: "id: " in text)
            before = len(viewer.text)
            await aside(rewarded(staff))
            await viewer.until(lambda _: live.watches.hearing)
            await asyncio.sleep(3 * live.PAUSE_S_MIN)
            assert "hx-partial" not in viewer.text[before:]

    run(story())
    assert "data-stream" not in staff.page(f"events?before={show('evt', 2**60)}")
    assert "data-stream" not in staff.page("ledger?after=9999999999999999-1")


def test_one_stream_serves_all_pages_of_a_browser_and_goes_on_where_it_was(
    staff: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(staff.house)
    computed = counting(monkeypatch)
    pages = [asked_by(staff.page(path)) for path in ("", "ledger", "events?standing=quarantined")]
    query = "&".join(f"each={quote(page, safe='')}" for page in [*pages, "view=secrets"])
    ids: list[str] = []

    async def story() -> None:
        async with watching(scope_of(staff, query)) as viewer:
            # What is not there ends alone.
            await viewer.until(lambda text: "event: gone\ndata: 3\n" in text)
            for number in range(3):
                await viewer.until(lambda text, n=number: f"\ndata: {n}\ndata: <hx-partial" in text)  # type: ignore[misc]
            assert len(live.watches._by_wanted) == 3  # noqa: SLF001
            await viewer.until(lambda _: live.watches.hearing)
            ids.append(re.findall(r"^id: (\S+)", viewer.text, re.MULTILINE)[-1])
            assert ids[0].count(".") == 3
        # Nothing changed: who comes back, to any process, is sent nothing, but lives.
        live.watches = live.Watches()
        monkeypatch.setattr(live, "BEAT_S", 0.5)
        async with watching(scope_of(staff, query, **{"last-event-id": ids[0]})) as viewer:
            await viewer.until(lambda text: "event: beat" in text)
            assert "<hx-partial" not in viewer.text
            await aside(rewarded(staff))
            await viewer.until(lambda text: "data: 1\ndata: <hx-partial" in text and " new</a>" in text)
        # What came while nobody listened is there, whole; and what did not change is not.
        live.watches = live.Watches()
        async with watching(scope_of(staff, f"{query}&last={ids[0]}")) as viewer:
            await viewer.until(lambda text: "data: 1\ndata: <hx-partial" in text and " new</a>" in text)
            assert "\ndata: 2\n" not in viewer.text

    run(story())
    assert computed


@pytest.mark.parametrize(
    "query", ["view=list", "view=list&list=secrets", "view=list&list=ledger&mark=x", "each=view%3Dlist"]
)
def test_there_is_no_other_list(staff: Console, query: str) -> None:
    async def story() -> None:
        async with watching(scope_of(staff, query)) as viewer:
            await asyncio.wait_for(viewer.ended.wait(), 20)
        assert viewer.status == 404

    run(story())


def test_every_list_of_which_that_is_said_has_it(staff: Console) -> None:
    furnish(staff.house)
    for name in LISTS:
        path = f"members/{ADA}" if name == "member" else name
        assert f"list={name}" in asked_by(staff.page(path))
