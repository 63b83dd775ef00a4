"""Customers of a location: who stands there and who does not, what their page shows, and notes of them."""

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from tests.location.conftest import AUDITOR, BONN, CELLE, COUNTER, MANAGER, Till, text_of

from guerdon.engine.privacy.exporting import Person, export_person
from guerdon.store.audit import record_audit
from guerdon.store.cards.notes import NOTE_LETTERS_MAX, NOTES_MAX
from guerdon.store.database import transaction
from guerdon.store.privacy.forgetting import forget_members
from guerdon.values.app.visits import Visit
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show
from guerdon.web.location.customers import ROWS

SAID = "Wants a window seat <b>& tea</b>"


def came(till: Till, kind: str = "ride.taken", *, name: str = "Ann Lee") -> Visit:
    """A member who was here just now."""
    visit = till.begins(name)
    till.confirms(visit, kind)
    return visit


def page_of(visit: Visit) -> str:
    return f"{BONN}/customers/{show('mem', visit.member_id)}"


def noted(till: Till, visit: Visit, words: str = SAID) -> Any:
    return till.post(page_of(visit), act="note", words=words)


def note_of(till: Till) -> str:
    ((number,),) = till.house.rows("select id from location_notes")
    return show("not", number)


def forget(till: Till, visit: Visit) -> None:
    with till.house.worker() as db, transaction(db, till.house.program_id) as tx:
        forget_members(tx, till.house.program_id, [visit.member_id], [], utc_now())
        record_audit(tx, till.house.program_id, "test", "member.forgotten", "mem_x", utc_now())


def test_nobody_is_a_customer_until_a_code_was_taken_here(till: Till) -> None:
    till.member()
    till.sign_in(COUNTER)
    assert "Scan a code to add the first." in text_of(till.client.get(f"{BONN}/customers"))


def test_who_was_here_stands_in_the_list_masked_with_their_visits(till: Till) -> None:
    first = came(till, "visit.made")
    came(till, name="Bea Moss")
    later = Visit(first.program_id, first.location, first.member_id, first.taken_at + timedelta(seconds=5))
    till.confirms(later, "ride.taken")
    till.work()
    till.sign_in(COUNTER)
    page = text_of(till.client.get(f"{BONN}/customers"))
    # Who came last stands first, and once.
    assert page.index("Ann L•••") < page.index("Bea M•••")
    assert page.count("Ann L•••") == 1
    assert "2 visits" in page
    assert "Lee" not in page
    one = text_of(till.client.get(page_of(first)))
    assert "Earned" not in one.partition("Ready to use")[0]
    assert "€20" in one.partition("Ready to use")[2].partition("Visits here")[0]
    assert one.partition("Visits here")[2].count("Ride") == 1
    # Next door they were never.
    till.sign_in(CELLE)
    assert "Ann" not in text_of(till.client.get("/location/tea_house/de-celle/customers"))
    assert till.client.get(page_of(first).replace("de-bonn", "de-celle")).status_code == 404
    assert till.client.get(page_of(first)).status_code == 404


def test_the_list_goes_on_where_it_ended(till: Till) -> None:
    visit = came(till)
    with till.house.by_hand() as db:
        db.execute(
            "insert into members (program_id, member_id, market, language, location, attributes, enrolled_at)"
            " select program_id, member_id + n, market, language, location, attributes, enrolled_at"
            " from members, generate_series(1, %s) n",
            (ROWS + 4,),
        )
        db.execute(
            "insert into location_visits"
            " select program_id, member_id + n, location, market, taken_at - interval '1 minute' * (n / 2),"
            " type, confirmed_by from location_visits, generate_series(1, %s) n",
            (ROWS + 4,),
        )
    till.sign_in(COUNTER)
    seen: list[str] = []
    address = f"{BONN}/customers"
    for _ in range(2):
        page = till.client.get(address).content.decode()
        seen += [each[:17] for each in page.split("/customers/")[1:]]
        onward = page.partition("/customers?after=")[2].partition('"')[0]
        address = f"{BONN}/customers?after={onward}"
    assert not onward
    assert len(seen) == len(set(seen)) == ROWS + 5
    numbers = [read("mem", each) for each in seen]
    assert numbers[0] == visit.member_id + 1 or numbers[0] == visit.member_id
    assert all(one != other for one, other in pairwise(numbers))
    # What is no place is the beginning.
    for wrong in ("x", "99999999999-mem_1", "1-1"):
        assert "data-customer" in till.client.get(f"{BONN}/customers?after={wrong}").content.decode()


@pytest.mark.parametrize("befalls", ["erased", "moved", "unknown"])
def test_who_is_not_of_this_location_any_more_is_not_there(till: Till, befalls: str) -> None:
    visit = came(till)
    if befalls == "erased":
        forget(till, visit)
    elif befalls == "moved":
        with till.house.by_hand() as db:
            db.execute("update members set location = 'de-celle'")
    else:
        with till.house.by_hand() as db:
            db.execute("delete from location_visits")
    till.sign_in(COUNTER)
    assert "data-customer" not in till.client.get(f"{BONN}/customers").content.decode()
    assert till.client.get(page_of(visit)).status_code == 404
    assert noted(till, visit).status_code == 404
    assert till.house.rows("select count(*) from location_notes") == [(0,)]


def test_a_note_is_sealed_shown_audited_and_taken_away_by_who_wrote_it(till: Till) -> None:
    visit = came(till)
    till.sign_in(COUNTER)
    assert noted(till, visit).status_code == 303
    page = till.client.get(page_of(visit)).content.decode()
    assert "Wants a window seat &lt;b&gt;&amp; tea" in page
    ((name,),) = till.house.rows("select name from people where login = %(l)s", l=COUNTER)
    assert f"<bdi>{name}</bdi>" in page
    ((kept,),) = till.house.rows("select words from location_notes")
    assert b"window" not in bytes(kept)
    till.sign_in(MANAGER)
    assert noted(till, visit, "And a cake").status_code == 303
    till.sign_in(COUNTER)
    mine = [n for n, by in till.house.rows("select id, written_by from location_notes order by written_at")]
    # Theirs goes, a colleague's stays.
    assert till.post(page_of(visit), act="remove", note=show("not", mine[1])).status_code == 404
    assert till.post(page_of(visit), act="remove", note=show("not", mine[0])).status_code == 303
    till.sign_in(MANAGER)
    assert "window" not in text_of(till.client.get(page_of(visit)))
    assert till.post(page_of(visit), act="remove", note=show("not", mine[1])).status_code == 303
    told = {action: len(till.audited(action)) for action in ("note.written", "note.removed")}
    assert told == {"note.written": 2, "note.removed": 2}
    details = till.house.rows("select detail::text from audit where action = 'note.written'")
    assert "window" not in str(details)


def test_a_note_of_nothing_or_too_much_is_not_kept_and_nothing_typed_is_lost(till: Till) -> None:
    visit = came(till)
    till.sign_in(COUNTER)
    long = "x" * (NOTE_LETTERS_MAX + 1)
    answer = noted(till, visit, long)
    assert answer.status_code == 422
    assert long in answer.content.decode()
    assert noted(till, visit, " ").status_code == 422
    assert till.post(page_of(visit), act="sell").status_code == 400
    assert till.post(page_of(visit), act="remove", note="not_1").status_code == 404
    assert noted(till, visit).status_code == 303
    with till.house.by_hand() as db:
        db.execute(
            "insert into location_notes select program_id, member_id, n, location, market, words, written_by,"
            " written_at from location_notes, generate_series(1, %s) n",
            (NOTES_MAX,),
        )
    assert "too many notes" in text_of(noted(till, visit, "One more"))


def test_whoever_only_looks_writes_nothing(till: Till) -> None:
    visit = came(till)
    till.sign_in(AUDITOR)
    page = till.client.get(page_of(visit)).content.decode()
    assert "<textarea" not in page
    assert noted(till, visit).status_code == 403
    till.client.logout()
    till.client.get("/account/sign-in")
    assert noted(till, visit).status_code == 303
    assert till.house.rows("select count(*) from location_notes") == [(0,)]


def test_a_note_is_handed_over_with_its_members_data_and_goes_with_them(till: Till) -> None:
    visit = came(till)
    till.sign_in(COUNTER)
    noted(till, visit)
    person = Person(till.house.program_id, visit.member_id, till.house.vault, "per_a", "asked for it")
    with till.house.worker() as db:
        given = json.loads(b"".join(export_person(db, person, utc_now())))
    assert [each["text"] for each in given["words"]] == [SAID]
    (row,) = given["table location_notes"]
    assert "written_by" not in row
    assert "words" not in row
    assert [each["type"] for each in given["table location_visits"]] == ["ride.taken"]
    forget(till, visit)
    assert till.house.rows("select count(*) from location_notes") == [(0,)]
