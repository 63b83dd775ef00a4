"""A file is confirmed by a person and taken in by a worker: each row once, counted, and told on a receipt."""

from datetime import timedelta

import pytest
from tests.locations.conftest import Doors
from tests.operator.conftest import OPERATOR
from tests.operator.pages import post, text_of, upload
from tests.operator.test_imports_page import HEADER, counts_of, known, member, stored

from guerdon.engine.imports.carrying import Carrier, carry_on, let_lapse
from guerdon.engine.library import Library
from guerdon.queries.overview import Cut
from guerdon.store.database import transaction
from guerdon.values.ids import show
from guerdon.web.console.imports.progress import load_progress
from guerdon.web.console.regions import render_regions
from guerdon.worker import MAPPERS

MIXED = HEADER + member(1) + member(2, "Eve", language="fr") + member(3) + member(4, market="XX") + member(3)


def carrier(doors: Doors) -> Carrier:
    return Carrier(Library(doors.house.vault, MAPPERS), timedelta(days=30))


def carry(doors: Doors, at_most: int = 1_000, commits: int | None = None) -> int:
    """Carry imports on by a worker of its own, perhaps killed after some commits; how many there were."""
    house = doors.house
    done = 0
    with house.worker() as db:
        for _ in carry_on(db, carrier(doors), house.program_id, lambda: house.real_now, at_most):
            done += 1
            if done == commits:
                break
    return done


def confirm(doors: Doors, number: int = 1) -> int:
    return post(doors, f"imports/{show('imp', number)}", act="confirm")[0]


def streamed(doors: Doors) -> str:
    """What its stream sends of an import."""
    house = doors.house
    with house.worker() as db, transaction(db, house.program_id) as tx:
        cut = Cut(next(iter(house.program.units)))
        seen = load_progress(tx, house.program, cut, (house.program_id, 1), house.real_now)
        return render_regions(seen, "en")["import"]


def state_of(doors: Doors) -> tuple[object, ...]:
    return doors.house.rows(
        "select state, new, changed, same, repeated, refused, total, body is null from imports"
    )[0]


def test_a_confirmed_file_is_taken_in_and_its_receipt_agrees(staffed: Doors) -> None:
    known(staffed, HEADER + member(1) + member(2))
    staffed.sign_in(OPERATOR)
    upload(staffed, MIXED.encode(), name="march\u202e.csv")
    assert carry(staffed) == 0
    assert len(stored(staffed)) == 2
    assert confirm(staffed) == 303
    assert confirm(staffed) == 409
    assert carry(staffed) > 0
    assert state_of(staffed) == ("ended", 1, 1, 1, 1, 1, 5, True)
    assert len(stored(staffed)) == 3
    page = staffed.page(f"imports/{show('imp', 1)}")
    assert counts_of(page) == ["1", "1", "1", "1", "1"]
    assert "Taken in." in text_of(page)
    assert "market: unknown market 'XX'" in text_of(page)
    receipt = staffed.page(f"imports/{show('imp', 1)}/receipt.csv")
    assert "refused,1" in receipt
    assert "rows,5" in receipt
    said = dict(line.split(",", 1) for line in receipt.splitlines())
    assert said["confirmed_by"] == said["brought_by"] != ""
    assert "file,march.csv" in receipt


def test_refused_rows_leave_as_they_are_with_reasons_in_the_readers_language(staffed: Doors) -> None:
    staffed.sign_in(OPERATOR)
    upload(staffed, (HEADER + member(4, "=cmd()", market="XX")).encode())
    there = f"imports/{show('imp', 1)}/refused.csv"
    said = {language: staffed.page(there, language) for language in ("en", "es", "de", "fr", "ar", "id")}
    assert len(set(said.values())) == 6
    assert all("crm,4,XX,de-bonn,de,=cmd()" in each for each in said.values())
    assert "market: unknown market 'XX'" in said["en"]
    assert "unknown" not in said["de"]


def test_killed_in_the_middle_it_goes_on_and_takes_nothing_twice(staffed: Doors) -> None:
    staffed.sign_in(OPERATOR)
    rows = "".join(member(n) for n in range(1, 10)) + member(10, market="XX") + member(1, "Eve")
    upload(staffed, (HEADER + rows).encode())
    confirm(staffed)
    assert carry(staffed, 3, commits=2) == 2
    # The last row of a member counts, in whichever commit the one before it would have been.
    assert state_of(staffed)[:6] == ("running", 5, 0, 0, 1, 0)
    page = text_of(staffed.page(f"imports/{show('imp', 1)}"))
    assert "6 of 11 rows are done." in page
    assert "6 of 11 rows are done." in text_of(f"<main>{streamed(staffed)}</main>")
    assert carry(staffed, 3) > 0
    assert state_of(staffed) == ("ended", 9, 0, 0, 1, 1, 11, True)
    assert len(stored(staffed)) == 9
    enrolled = staffed.house.rows(
        "select sum((detail ->> 'new')::int) from audit where action = 'members.enrolled'"
    )
    assert enrolled == [(9,)]
    # Whoever still has the page open is told that it is over, and led to the receipt.
    assert "Show it as it stands now" in streamed(staffed)
    assert carry(staffed) == 0


def test_rates_are_confirmed_by_somebody_else(staffed: Doors) -> None:
    house = staffed.house
    staffed.sign_in(OPERATOR)
    first, second = list(house.program.units)[:2]
    row = f"day,base,quote,rate,source\n{house.today},{first},{second},1.25,ECB\n"
    _, page = upload(staffed, row.encode(), "rates")
    assert "somebody else than who brought them confirms them" in text_of(page)
    assert confirm(staffed) == 403
    assert carry(staffed) == 0
    with house.by_hand() as db:
        db.execute("update imports set made_by = 'per_another'")
    assert confirm(staffed) == 303
    assert carry(staffed) == 1
    assert state_of(staffed) == ("ended", 1, 0, 0, 0, 0, 1, True)
    assert house.rows("select count(*) from rates") == [(1,)]


def test_what_nobody_confirms_lapses_and_what_is_put_away_is_gone(staffed: Doors) -> None:
    house = staffed.house
    staffed.sign_in(OPERATOR)
    upload(staffed, (HEADER + member(1)).encode())
    with house.worker() as db:
        let_lapse(db, carrier(staffed), house.program_id, house.real_now + timedelta(hours=23))
        assert state_of(staffed)[0] == "tried"
        let_lapse(db, carrier(staffed), house.program_id, house.real_now + timedelta(hours=25))
    assert state_of(staffed)[0] == "lapsed"
    assert state_of(staffed)[-1] is True
    assert confirm(staffed) == 409
    upload(staffed, (HEADER + member(1)).encode())
    assert post(staffed, f"imports/{show('imp', 2)}", act="drop")[0] == 303
    assert house.rows("select state, body is null from imports where id = 2") == [("dropped", True)]
    assert carry(staffed) == 0
    assert stored(staffed) == []


def test_what_refused_rows_say_is_let_go_and_the_reasons_stay(staffed: Doors) -> None:
    house = staffed.house
    staffed.sign_in(OPERATOR)
    upload(staffed, MIXED.encode())
    with house.worker() as db:
        let_lapse(db, carrier(staffed), house.program_id, house.real_now + timedelta(days=31))
    refused = staffed.page(f"imports/{show('imp', 1)}/refused.csv")
    assert "unknown market" in refused
    assert "m4@example.com" not in refused


def test_of_who_was_forgotten_nothing_is_kept(staffed: Doors) -> None:
    with staffed.house.by_hand() as db:
        db.execute(
            "insert into departures (program_id, source, external_id, kind, at)"
            " values (%s, 'crm', '5', 'forgotten', now())",
            (staffed.house.program_id,),
        )
    staffed.sign_in(OPERATOR)
    upload(staffed, (HEADER + member(5) + member(6)).encode())
    confirm(staffed)
    carry(staffed)
    refused = staffed.page(f"imports/{show('imp', 1)}/refused.csv")
    assert "asked to be forgotten" in refused
    assert "m5@example.com" not in refused


@pytest.mark.parametrize("text", ["external_source;external_id;market\ncrm;1;DE\n", HEADER])
def test_a_file_without_rows_is_not_kept(staffed: Doors, text: str) -> None:
    staffed.sign_in(OPERATOR)
    upload(staffed, text.encode())
    assert staffed.house.rows("select count(*) from imports") == [(0,)]


def test_a_program_that_changed_meanwhile_refuses_and_loses_nothing(staffed: Doors) -> None:
    house = staffed.house
    staffed.sign_in(OPERATOR)
    upload(staffed, (HEADER + member(1) + member(2)).encode())
    confirm(staffed)
    with house.by_hand() as db:
        # As if the header had named a column that the program has no more.
        text = (HEADER.replace("name", "nickname") + member(1) + member(2)).encode()
        from guerdon.engine.imports.rows import seal_file  # noqa: PLC0415

        sha = house.rows("select sha from imports")[0][0]
        assert isinstance(sha, bytes)
        db.execute("update imports set body = %s", (seal_file(house.vault, house.program_id, sha, text),))
    carry(staffed)
    assert state_of(staffed)[:7] == ("ended", 0, 0, 0, 0, 2, 2)
    assert "unknown column" in text_of(staffed.page(f"imports/{show('imp', 1)}"))


def test_two_programs_workers_do_not_take_the_same_rows(staffed: Doors) -> None:
    staffed.sign_in(OPERATOR)
    upload(staffed, (HEADER + "".join(member(n) for n in range(6))).encode())
    confirm(staffed)
    house = staffed.house
    with house.worker() as first, transaction(first, house.program_id) as tx:
        tx.execute("select from imports for no key update")
        assert carry(staffed, 2) == 1
        assert stored(staffed) == []
    carry(staffed, 2)
    assert len(stored(staffed)) == 6
