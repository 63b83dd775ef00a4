"""A member's timeline: everything once, newest first, whatever the page; each kind for whoever may see it."""

import re
import time
from datetime import timedelta

import pytest
from tests.approvals.doors import Doors, plain
from tests.approvals.house import KIEL, OSLO
from tests.web.console.members.conftest import AT, HOSTILE, Past, minutes
from tests.web.console.messages.told import Told, tell

from guerdon.queries.timeline.entries import KINDS, Asked, Kind, list_timeline
from guerdon.queries.timeline.places import BEGINNING, Place, Stop, read_place, written
from guerdon.store.audit import record_audit
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES

MEMBER = show("mem", KIEL)
PATH = f"members/{MEMBER}"


def furnish(past: Past) -> None:
    past.event(1_001, minutes(1))
    past.order(71, minutes(2), minutes(30))
    tell(past.house, Told(501, "sent", at=minutes(3)))
    past.consent(1_004, minutes(4))
    past.act("cora", minutes(5), "She called")
    past.event(1_006, minutes(6))


def seen(past: Past, limit: int, kinds: tuple[Kind, ...] | None = None) -> list[tuple[str, int, int]]:
    """Page through a timeline as the address does; kind, rank and id of each entry."""
    found: list[tuple[str, int, int]] = []
    after = BEGINNING
    while True:
        asked = Asked(KIEL, kinds, after) if kinds else Asked(KIEL, after=after)
        with past.house.opened("web") as tx:
            page = list_timeline(tx, asked, limit)
        assert len(page.entries) <= limit
        found += [(each.kind, each.rank, each.id) for each in page.entries]
        if page.onward is None:
            return found
        read = read_place(written(page.onward))
        assert read == page.onward
        after = read


def test_everything_stands_in_one_line_newest_first(past: Past) -> None:
    furnish(past)
    kinds = [kind for kind, _, _ in seen(past, 100)]
    # The order came later than all else; that it was chosen, its event says.
    assert kinds == ["orders", "events", "acts", "consents", "messages", "events"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_tell_everything_once_even_of_one_moment(past: Past, limit: int) -> None:
    for number in range(6):
        past.event(2_000 + number, AT)
        past.consent(3_000 + number, AT)
        past.act("cora", AT, f"reason {number}")
    past.order(81, AT, AT + timedelta(seconds=1))
    past.order(82, AT, AT + timedelta(seconds=1))
    tell(past.house, *(Told(600 + number, "sent", at=AT) for number in range(6)))
    whole = seen(past, 1_000)
    assert len(whole) == len(set(whole)) == 26
    assert seen(past, limit) == whole
    for kind in KINDS:
        assert seen(past, limit, (kind,)) == seen(past, 1_000, (kind,))


def test_an_event_whose_clock_was_behind_is_still_told_once(past: Past) -> None:
    past.event(2_001, minutes(9))
    past.event(2_002, minutes(3))
    past.consent(3_001, minutes(5))
    for limit in (1, 2, 9):
        found = [number for _, _, number in seen(past, limit)]
        # Received after the other: never told below it, whatever its clock said.
        assert sorted(found) == [2_001, 2_002, 3_001]
        assert found.index(2_002) < found.index(2_001)


@pytest.mark.parametrize(
    "text",
    ["", "x", "x-", "1-2-3", "1-2-3-4-5", "x-y", "-1-x", f"{2**63}-x", f"1-{10**19}-0-1", "²-x", "x-1-2-x"],
)
def test_an_address_that_says_no_place_begins_at_the_beginning(text: str) -> None:
    assert read_place(text) is None


def test_a_place_is_written_and_read() -> None:
    for place in (BEGINNING, Place(7), Place(None, Stop(AT, 3, 9)), Place(7, Stop(AT, 12, 2**63 - 1))):
        assert read_place(written(place)) == place


def test_the_page_says_each_thing_and_opens_the_rows_behind_it(doors: Doors, past: Past) -> None:
    furnish(past)
    page = doors.visitor("cora").page(PATH)
    text = plain(page)
    for said in ("Consent given", "on their own page", "She called", "earned nothing", "Delivered"):
        assert said in text, said
    for opened in (f"orders/{show('ord', 71)}", f"{PATH}/messages/{show('msg', 501)}", "audit?open=aud_"):
        assert opened in page, opened
    assert f"why/{show('evt', 1_006)}" in page
    chosen = doors.visitor("cora").plain(f"{PATH}?kind=orders")
    assert chosen.count("Chosen by the member") == 1
    assert "She called" not in chosen


def test_the_next_page_goes_on_where_the_first_ended(doors: Doors, past: Past) -> None:
    for number in range(60):
        past.event(2_000 + number, minutes(number))
    lea = doors.visitor("lea")
    first = lea.page(PATH)
    older = re.search(r'href="/console/\w+/(members/[^"]*after=[^"]*)"', first)
    assert older
    second = lea.page(older[1].replace("&amp;", "&").partition("#")[0])
    shown = [set(re.findall(r"why/(evt_\w+)", page)) for page in (first, second)]
    assert (len(shown[0]), len(shown[1])) == (50, 10)
    assert not shown[0] & shown[1]
    # A page that was left open goes on as well when something happened in between.
    past.event(3_000, minutes(100))
    assert set(re.findall(r"why/(evt_\w+)", lea.page(older[1].replace("&amp;", "&")))) == shown[1]


def test_each_kind_is_for_whoever_may_see_it(doors: Doors, past: Past) -> None:
    furnish(past)
    # Marketing reads neither the audit nor orders; who looks after a place sees no audit.
    for name, hidden in (("mara", {"acts", "orders"}), ("lea", {"acts"}), ("cora", set[str]())):
        visitor = doors.visitor(name)
        kinds = set(re.findall(r"kind=(\w+)", visitor.page(PATH)))
        assert kinds == set(KINDS) - hidden, name
        assert ("She called" in visitor.page(PATH)) is ("acts" not in hidden)
        # What is not theirs is not there by its address either.
        assert "She called" not in doors.visitor("mara").page(f"{PATH}?kind=acts")


def test_a_member_elsewhere_is_as_unknown_as_none(doors: Doors) -> None:
    kim = doors.visitor("kim")
    elsewhere, nobody = (kim.get(f"members/{show('mem', number)}") for number in (OSLO, 4_711))
    assert (elsewhere.status_code, nobody.status_code) == (404, 404)
    body = [
        re.sub(r'value="[^"]*"|nonce="[^"]*"', "", each.content.decode()).replace(show("mem", number), "")
        for each, number in ((elsewhere, OSLO), (nobody, 4_711))
    ]
    assert body[0] == body[1]


def test_hostile_words_are_text(doors: Doors, past: Past) -> None:
    past.person(HOSTILE + " Ada", "ada@example.com")
    past.act("cora", minutes(1), HOSTILE)
    page = doors.visitor("cora").page(PATH)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    # What turns the direction around stands by itself.
    assert re.search(r"<bdi>[^<]*\u202e[^<]*</bdi>", page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_there_in_every_language(doors: Doors, past: Past, language: str) -> None:
    furnish(past)
    for kind in ("", *KINDS):
        page = doors.visitor("cora").page(f"{PATH}?kind={kind}", language)
        assert f'<html lang="{language}"' in page
        assert "%(" not in page
        assert ("What happened" in page) is (language == "en")


def test_a_member_with_very_much_costs_a_page_no_more(past: Past) -> None:
    """Of 40,000 events a page reads so many as it shows: by their ids, and in one question."""
    with past.house.opened("worker") as tx:
        tx.execute(
            """
            insert into events (program_id, member_id, id, type, source, external_id, market, location,
                                version, outcome, data, decision, happened_at, recorded_at, decided_at)
            select %s, %s, 10000 + n, 'order', 'crm', 'n' || n, 'DE', 'de-kiel', 1, 'refused', '{}',
                   '{"effects":[],"v":1}', %s, %s::timestamptz + n * interval '1 second', %s
            from generate_series(1, 40000) n
            """,
            (past.house.program_id, KIEL, AT, AT, AT),
        )
        tx.execute("analyze events")
    with past.house.opened("web") as tx:
        plan = "\n".join(
            str(row[0])
            for row in tx.execute(
                """
                explain (analyze, timing off)
                select id from events where program_id = (select this_program()) and member_id = %s
                order by id desc limit 51
                """,
                (KIEL,),
            ).fetchall()
        )
        read = max(float(rows) for rows in re.findall(r"actual rows=([\d.]+)", plan))
        began = time.perf_counter()
        page = list_timeline(tx, Asked(KIEL), 50)
        took = time.perf_counter() - began
    assert len(page.entries) == 50
    assert read < 1_000, plan
    assert took < 0.1


def test_acts_on_their_rewards_and_orders_are_told_too(past: Past) -> None:
    past.order(71, minutes(2))
    with past.house.opened("worker") as tx:
        actor = show("per", past.house.people["fay"])
        record_audit(
            tx, past.house.program_id, actor, "order.taken", show("ord", 71), minutes(9), reason="mine"
        )
    assert [kind for kind, _, _ in seen(past, 9)] == ["acts"]
