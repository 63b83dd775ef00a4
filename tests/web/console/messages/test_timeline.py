"""A member's timeline: each message and channel with its state and why not, paged, and in one's part only."""

from datetime import timedelta
from typing import Any

import pytest
from tests.approvals.doors import Doors
from tests.approvals.house import KIEL, OSLO
from tests.web.console.messages.told import AT, Told, Try, tell

from guerdon.queries.messages.timeline import list_entries, load_entry
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES

PATH = f"members/{show('mem', KIEL)}/messages"


def test_a_timeline_says_state_channels_in_order_and_why_not(doors: Doors) -> None:
    now = utc_now()
    fell = (Try("push", "failed", "push:410"), Try("sms", "sent", after=timedelta(seconds=9)))
    tell(
        doors.house,
        Told(100, "sent", channel="push", via="sms", tries=fell),
        Told(200, "withheld", reason="cap:day:3:3", at=now, tries=(Try("email", "withheld", "cap:day:3:3"),)),
        Told(
            300,
            None,
            at=now - timedelta(minutes=1),
            took=timedelta(hours=3),
            tries=(Try("email", "waiting", "quiet:08:00"),),
        ),
        Told(400, "withheld", reason="consent:asked"),
        Told(500, None, channel="sms", awaits=True, tries=(Try("sms", "sent"),)),
    )
    with doors.house.opened("web") as tx:
        entries = list_entries(tx, KIEL, 10)
    assert [entry.id for entry in entries] == [200, 300, 500, 400, 100]
    by_id = {entry.id: entry for entry in entries}
    assert [(each.channel, each.state) for each in by_id[100].tried] == [("push", "failed"), ("sms", "sent")]
    # What waits has no reason of its own: its channel has it.
    assert by_id[300].reason == "quiet:08:00"
    assert (by_id[500].state, by_id[500].next_at is not None) == ("awaiting", True)
    page = doors.visitor("lea").plain(PATH)
    for said in (
        "capped: 3 of 3 today",
        "quiet until 08:00",
        "asked, not confirmed yet",
        "the browser's push service said 410",
        "Handed over, waits for word",
        "service needs no consent",
        "Your rewards",
    ):
        assert said in page.replace("&#39;", "'"), said
    assert page.index("said 410") < page.rindex("Text message · Sent")
    short = doors.visitor("lea").page(f"members/{show('mem', KIEL)}")
    assert f"{PATH}/{show('msg', 200)}" in short


def test_it_is_paged_by_key_and_nothing_is_shown_twice(doors: Doors) -> None:
    # Many at the same instant: the id parts them.
    tell(doors.house, *(Told(1_000 + n, at=AT + timedelta(seconds=n // 20)) for n in range(120)))
    seen: list[int] = []
    after = None
    with doors.house.opened("web") as tx:
        while entries := list_entries(tx, KIEL, 50, after):
            seen += [entry.id for entry in entries]
            after = entries[-1].created_at, entries[-1].id
    assert seen == sorted(range(1_000, 1_120), reverse=True)
    first = doors.visitor("lea").page(PATH)
    onward = first.partition("?after=")[2].partition('"')[0]
    assert onward
    assert show("msg", 1_119) in first
    second = doors.visitor("lea").page(f"{PATH}?after={onward}")
    assert show("msg", 1_119) not in second
    assert show("msg", 1_069) in second


def test_two_statements_whatever_the_number_of_messages(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(doors.house, *(Told(n, tries=(Try("email", "sent"),)) for n in range(10, 40)))
    with doors.house.opened("web") as tx:
        asked: list[object] = []
        execute = tx.execute

        def counted(_: object, *said: Any, **kept: Any) -> Any:
            asked.append(said)
            return execute(*said, **kept)

        monkeypatch.setattr(type(tx), "execute", counted)
        entries = list_entries(tx, KIEL, 100)
        monkeypatch.undo()
    assert len(entries) == 30
    assert len(asked) == 2


def test_whoever_looks_after_another_part_finds_nobody(doors: Doors) -> None:
    tell(doors.house, Told(100), Told(900, member=OSLO, tries=(Try("email", "sent"),)))
    oslo = f"members/{show('mem', OSLO)}/messages"
    for name, path, status in (
        ("lea", PATH, 200),
        ("lea", oslo, 404),
        ("lars", oslo, 200),
        ("lars", PATH, 404),
        ("lars", f"{PATH}/{show('msg', 100)}", 404),
        ("ava", oslo, 200),
        ("lea", f"{PATH}/{show('msg', 900)}", 404),
        ("lea", f"{PATH}/nonsense", 404),
        ("lea", "members/nonsense/messages", 404),
    ):
        assert doors.visitor(name).get(path).status_code == status, (name, path)


def test_names_are_masked_and_texts_of_others_are_escaped(doors: Doors) -> None:
    house = doors.house
    with house.opened("worker") as tx:
        person = Person("Ada <b>Lovelace", "ada@example.com", "")
        record_persons(tx, house.program_id, [seal_person(house.vault, house.program_id, KIEL, person)])
    tell(house, Told(100, "failed", message="<i>old</i>", reason="smtp:<script>"))
    for path in (PATH, f"{PATH}/{show('msg', 100)}"):
        page = doors.visitor("cora").page(path)
        assert "Lovelace" not in page
        assert "ada@example.com" not in page
        assert "<i>old" not in page
        assert "smtp:<script>" not in page
        assert "said &lt;script&gt;" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_pages_are_there_in_every_language(doors: Doors, language: str) -> None:
    tell(
        doors.house,
        Told(100, "withheld", reason="cap:week:5:5", tries=(Try("email", "withheld", "cap:week:5:5"),)),
    )
    for path in (PATH, f"{PATH}/{show('msg', 100)}"):
        page = doors.visitor("olga").page(path, language)
        assert f'lang="{language}"' in page
        assert "cap:week" not in page
    with doors.house.opened("web") as tx:
        assert load_entry(tx, KIEL, 101) is None
