"""Drafts and their page: two people at one text, mistakes with their lines, signatures, and the ways back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.approvals.doors import Doors, opened_doors, plain
from tests.approvals.house import PROGRAM, House
from tests.approvals.test_granting import work

from guerdon.engine.approvals.acting import Refused, Stood
from guerdon.engine.versions.drafts import (
    Conflict,
    Written,
    begin_draft,
    put_away_draft,
    resend,
    save_draft,
    submit_draft,
    written_text,
)
from guerdon.ledger.contents import PublishVersion, read_content
from guerdon.store.approvals.requests import load_revisions
from guerdon.store.programs import StoredVersion, load_live, load_versions
from guerdon.store.versions.drafts import DraftRow, find_draft
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show

TEXT = PROGRAM.read_text(encoding="utf-8")
RENAMED = TEXT.replace("Harbor Motors", "Harbor and Sons") + "# why it is so\n"
BETTER = TEXT.replace("Harbor Motors", "Harbor and Daughters")


@pytest.fixture
def house(database: str, secret: str) -> House:
    """Give a house with the people of the approvals' tests."""
    made = House(database, secret)
    made.open()
    return made


def stored(house: House) -> StoredVersion:
    with house.opened() as tx:
        found = load_live(tx, house.program_id, utc_now())
    assert found is not None
    return found


def begun(house: House, name: str = "olga") -> int:
    with house.opened() as tx:
        made = begin_draft(tx, house.acting(tx, name, utc_now()), "spring", stored(house))
    assert isinstance(made, int), made
    return made


def saved(house: House, name: str, draft: int, edition: int, text: str = RENAMED) -> object:
    with house.opened() as tx:
        return save_draft(tx, house.acting(tx, name, utc_now()), draft, Written(edition, "spring", text))


def submitted(house: House, name: str, draft: int, edition: int, **ahead: float) -> object:
    now = utc_now()
    live_from = now + timedelta(**ahead) if ahead else None
    with house.opened() as tx:
        return submit_draft(tx, house.acting(tx, name, now), (draft, edition), "a new name", live_from)


def sent_again(house: House, asked: Stood, revision: int = 1) -> object:
    """The same text once more, as the page of the decision sends it."""
    with house.opened() as tx:
        (row,) = load_revisions(tx, house.program_id, {asked.request_id: 1}).values()
        content = read_content(row.text)
        assert isinstance(content, PublishVersion)
        acting = house.acting(tx, "otto", utc_now())
        return resend(tx, acting, (asked.request_id, revision), content, "because")


def found(house: House, draft: int) -> DraftRow:
    with house.opened() as tx:
        row = find_draft(tx, house.program_id, draft)
    assert row is not None
    return row


def test_the_second_of_two_at_one_draft_is_told_who_and_when_and_overwrites_nothing(house: House) -> None:
    draft = begun(house)
    assert isinstance(saved(house, "otto", draft, 1), DraftRow)
    told = saved(house, "olga", draft, 1, TEXT)
    assert isinstance(told, Conflict)
    assert told.now.saved_by == show("per", house.people["otto"])
    assert (told.now.edition, told.now.text) == (2, RENAMED)
    assert found(house, draft).text == RENAMED
    # Whoever has seen theirs may put the own in its place.
    assert isinstance(saved(house, "olga", draft, 2, TEXT), DraftRow)
    assert found(house, draft).edition == 3


def test_a_draft_with_mistakes_is_saved_and_not_sent_for_signatures(house: House) -> None:
    draft = begun(house)
    assert isinstance(saved(house, "olga", draft, 1, "program: [\n"), DraftRow)
    told = submitted(house, "olga", draft, 2)
    assert isinstance(told, Refused)
    assert told.reason == "wrong"
    assert told.problems[0].line is not None
    other = TEXT.replace("program: ", "program: other_", 1)
    assert isinstance(saved(house, "olga", draft, 2, other), DraftRow)
    told = submitted(house, "olga", draft, 3)
    assert isinstance(told, Refused)
    assert "never changes" in told.problems[0].hint


def test_what_was_signed_by_another_is_live_and_the_draft_kept_as_it_was_written(house: House) -> None:
    draft = begun(house)
    saved(house, "otto", draft, 1)
    asked = submitted(house, "otto", draft, 2)
    assert isinstance(asked, Stood), asked
    # While it waits it stands still.
    assert saved(house, "olga", draft, 2, TEXT) == Refused("closed")
    assert house.say("otto", asked.request_id, now=utc_now()) == "no:maker"
    assert house.say("olga", asked.request_id, now=utc_now()) == "approved"
    work(house, utc_now())
    live = stored(house)
    assert live.version == 2
    with house.opened() as tx:
        assert written_text(tx, house.program_id, live) == RENAMED
        (first,) = load_versions(tx, house.program_id, [1])
        assert "Harbor Motors" in written_text(tx, house.program_id, first)
    assert house.rows("select version, request_id from version_origins") == [(2, asked.request_id)]
    assert saved(house, "olga", draft, 2, TEXT) == Refused("closed")


def test_what_was_asked_back_is_edited_and_asked_again_as_the_next_revision(house: House) -> None:
    draft = begun(house, "otto")
    saved(house, "otto", draft, 1)
    asked = submitted(house, "otto", draft, 2)
    assert isinstance(asked, Stood)
    assert house.say("olga", asked.request_id, "ask", reason="why?", now=utc_now()) == "returned"
    assert isinstance(saved(house, "otto", draft, 2, RENAMED + "# better\n"), DraftRow)
    again = submitted(house, "otto", draft, 3)
    assert isinstance(again, Stood), again
    assert (again.request_id, again.revision) == (asked.request_id, 2)


def test_what_was_edited_after_it_was_asked_back_is_not_sent_as_it_was(house: House) -> None:
    draft = begun(house, "otto")
    saved(house, "otto", draft, 1)
    asked = submitted(house, "otto", draft, 2)
    assert isinstance(asked, Stood)
    assert house.say("olga", asked.request_id, "ask", reason="why?", now=utc_now()) == "returned"
    # The page of the decision shows the text that was asked for; somebody edits the draft meanwhile.
    assert isinstance(saved(house, "olga", draft, 2, BETTER), DraftRow)
    assert sent_again(house, asked) == Refused("draft")
    assert isinstance(saved(house, "olga", draft, 3, "program: [\n"), DraftRow)
    assert sent_again(house, asked) == Refused("draft")
    assert found(house, draft).asked == "returned"
    # As it was again, but for a comment: that is kept, and this edition is the one that stands still.
    assert isinstance(saved(house, "olga", draft, 4, RENAMED + "# so be it\n"), DraftRow)
    assert sent_again(house, asked, revision=7) == Refused("edited")
    again = sent_again(house, asked)
    assert again == Stood(asked.request_id, "open", 2)
    assert saved(house, "olga", draft, 5, BETTER) == Refused("closed")
    assert house.say("olga", asked.request_id, revision=2, now=utc_now()) == "approved"
    work(house, utc_now())
    with house.opened() as tx:
        assert written_text(tx, house.program_id, stored(house)) == RENAMED + "# so be it\n"
    submits = house.rows("select detail::text, after::text from audit where action = 'draft.submitted'")
    assert len(submits) == 2


def test_of_an_edit_and_a_second_sending_at_once_one_is_refused(house: House) -> None:
    draft = begun(house, "otto")
    saved(house, "otto", draft, 1)
    asked = submitted(house, "otto", draft, 2)
    assert isinstance(asked, Stood)
    assert house.say("olga", asked.request_id, "ask", reason="why?", now=utc_now()) == "returned"
    with ThreadPoolExecutor(1) as aside:
        with house.opened() as tx:
            acting = house.acting(tx, "olga", utc_now())
            assert isinstance(save_draft(tx, acting, draft, Written(2, "spring", BETTER)), DraftRow)
            # It waits for the edit under way, and then sees it.
            sent = aside.submit(sent_again, house, asked)
            with pytest.raises(TimeoutError):
                sent.result(0.3)
        assert sent.result(10) == Refused("draft")
    assert found(house, draft).text == BETTER


def test_what_was_rejected_can_be_edited_again_and_is_asked_anew(house: House) -> None:
    draft = begun(house, "otto")
    saved(house, "otto", draft, 1)
    asked = submitted(house, "otto", draft, 2)
    assert isinstance(asked, Stood)
    assert house.say("olga", asked.request_id, "reject", reason="no", now=utc_now()) == "rejected"
    again = submitted(house, "otto", draft, 2)
    assert isinstance(again, Stood)
    assert again.request_id != asked.request_id


def test_a_version_is_scheduled_for_what_is_ahead_and_for_nothing_else(house: House) -> None:
    draft = begun(house, "otto")
    saved(house, "otto", draft, 1)
    for wrong in ({"hours": -1.0}, {"days": 500.0}):
        told = submitted(house, "otto", draft, 2, **wrong)
        assert isinstance(told, Refused)
        assert [problem.where for problem in told.problems] == ["live_from"]
    asked = submitted(house, "otto", draft, 2, hours=3)
    assert isinstance(asked, Stood), asked
    assert house.say("olga", asked.request_id, now=utc_now()) == "approved"
    work(house, utc_now())
    rows = house.rows(
        "select version, live_from > published_at + interval '2 h' from program_versions order by 1"
    )
    assert rows == [(1, False), (2, True)]
    assert stored(house).version == 1


def test_what_nobody_signed_in_time_is_not_signed_any_more(house: House) -> None:
    draft = begun(house, "otto")
    saved(house, "otto", draft, 1)
    asked = submitted(house, "otto", draft, 2, hours=3)
    assert isinstance(asked, Stood)
    late = utc_now() + timedelta(hours=4)
    assert house.say("olga", asked.request_id, now=late) == "no:late"
    assert house.say("olga", asked.request_id, "ask", reason="too late", now=late) == "returned"


def test_what_was_signed_in_time_and_carried_out_late_is_live_from_then_on(house: House) -> None:
    draft = begun(house, "otto")
    saved(house, "otto", draft, 1)
    asked = submitted(house, "otto", draft, 2, hours=3)
    assert isinstance(asked, Stood)
    assert house.say("olga", asked.request_id, now=utc_now()) == "approved"
    late = utc_now() + timedelta(hours=4)
    work(house, late)
    rows = house.rows("select live_from from program_versions where version = 2")
    assert rows == [(late,)]


def test_who_may_not_write_the_whole_programs_rules_writes_no_draft(house: House) -> None:
    draft = begun(house)
    for name in ("mara", "fay", "kim", "ava"):
        assert saved(house, name, draft, 1) == Refused("role"), name
        with house.opened() as tx:
            acting = house.acting(tx, name, utc_now())
            assert begin_draft(tx, acting, "mine", stored(house)) == Refused("role")
            assert put_away_draft(tx, acting, draft, "") == Refused("role")


def test_a_draft_that_was_put_away_is_closed_and_kept(house: House) -> None:
    draft = begun(house)
    with house.opened() as tx:
        assert put_away_draft(tx, house.acting(tx, "olga", utc_now()), draft, "not now") is None
    assert saved(house, "olga", draft, 1) == Refused("closed")
    assert found(house, draft).text


# The pages.


@pytest.fixture
def doors(house: House, tmp_path: Path) -> Iterator[Doors]:
    """Open the console on the house."""
    with opened_doors(house, tmp_path) as opened:
        yield opened


def draft_of(doors: Doors, name: str = "otto") -> str:
    visitor = doors.visitor(name)
    answer = visitor.send("program", act="begin", version="1", title="Spring <offers>")
    assert answer.status_code == 303
    return answer["Location"].removeprefix(visitor.home)


def test_a_draft_is_written_sent_signed_and_its_version_told_in_words(doors: Doors) -> None:
    otto, olga = doors.visitor("otto"), doors.visitor("olga")
    path = draft_of(doors)
    assert "Spring &lt;offers&gt;" in otto.page(path)
    assert "Nothing differs from the live version." in otto.plain(path)
    sent = {"title": "Spring", "text": TEXT.replace("Harbor Motors", "Harbor and Sons")}
    assert otto.send(path, act="save", edition="1", **sent).status_code == 303
    assert "Name of the program en: Harbor Motors → Harbor and Sons" in otto.plain(path).replace(",", "")
    answer = otto.send(path, act="submit", edition="2", reason="a new name")
    decision = answer["Location"].removeprefix(otto.home)
    said = olga.plain(decision)
    assert "Live as soon as it is signed." in said
    assert "Harbor Motors → Harbor and Sons" in said
    assert olga.send(decision, act="approve", revision="1").status_code == 303
    work(doors.house, utc_now())
    page = olga.plain("program")
    assert "Version 2" in page
    assert page.index("Live") < page.index("Retired")
    version = olga.plain("program/versions/2")
    assert "What changed since version 1" in version
    assert "Harbor Motors → Harbor and Sons" in version
    text = olga.get("program/versions/2?text=1")
    assert text["Content-Disposition"].endswith('-2.yaml"')
    assert b"Harbor and Sons" in text.content


def test_the_decisions_page_sends_no_older_text_than_the_draft_has(doors: Doors) -> None:
    otto, olga = doors.visitor("otto"), doors.visitor("olga")
    path = draft_of(doors)
    otto.send(path, act="save", edition="1", title="Spring", text=RENAMED)
    decision = otto.send(path, act="submit", edition="2", reason="x")["Location"].removeprefix(otto.home)
    olga.send(decision, act="ask", revision="1", reason="why?")
    olga.send(path, act="save", edition="2", title="Spring", text=BETTER)
    refused = otto.send(decision, act="edit", revision="1", reason="because")
    assert refused.status_code == 422
    assert "Its draft was edited since" in plain(refused.content.decode())
    assert "Harbor and Daughters" in otto.page(path)
    assert otto.send(path, act="submit", edition="3", reason="because").status_code == 303
    assert "Harbor and Daughters" in olga.plain(decision)


def test_the_page_tells_the_second_who_saved_and_shows_both_texts(doors: Doors) -> None:
    otto, olga = doors.visitor("otto"), doors.visitor("olga")
    path = draft_of(doors)
    mine = {"act": "save", "edition": "1", "title": "Spring"}
    assert otto.send(path, **mine, text="program: his").status_code == 303
    answer = olga.send(path, **mine, text="program: hers")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "otto" in plain(page)
    assert "program: hers" in page
    assert "program: his" in page
    assert 'name="edition" value="2"' in page
    assert otto.send(path, act="save", edition="2", title="Spring", text="program: his").status_code == 303


def test_a_mistake_is_told_with_its_line_and_the_draft_saved(doors: Doors) -> None:
    otto = doors.visitor("otto")
    path = draft_of(doors)
    wrong = TEXT.replace("kind: money", "kind: monny", 1)
    line = wrong[: wrong.index("monny")].count("\n") + 1
    assert otto.send(path, act="save", edition="1", title="Spring", text=wrong).status_code == 303
    assert f"Line {line}" in otto.plain(path)
    refused = otto.send(path, act="submit", edition="2", reason="x")
    assert refused.status_code == 422


def test_a_moment_is_read_by_the_programs_clock_and_the_past_refused(doors: Doors) -> None:
    otto = doors.visitor("otto")
    path = draft_of(doors)
    otto.send(path, act="save", edition="1", title="S", text=RENAMED)
    for wrong in ("2020-01-01T00:00", "yesterday", "2026-01-01T00:00+02:00"):
        assert otto.send(path, act="submit", edition="2", reason="x", live_from=wrong).status_code == 422
    zone = ZoneInfo(doors.house.program.time_zone)
    ahead = (utc_now() + timedelta(days=2)).astimezone(zone).replace(second=0, microsecond=0)
    typed = ahead.strftime("%Y-%m-%dT%H:%M")
    answer = otto.send(path, act="submit", edition="2", reason="x", live_from=typed)
    assert answer.status_code == 303
    number = read("apr", answer["Location"].rpartition("/")[2])
    assert number is not None
    asked = doors.house.rows("select content ->> 'live_from' from revisions")
    assert [str(said) for (said,) in asked] == [
        ahead.astimezone(ZoneInfo("UTC")).isoformat().replace("+00:00", "Z")
    ] or asked == [(ahead.isoformat(),)]


def test_going_back_and_calling_off_are_the_program_owners(doors: Doors) -> None:
    otto, olga, fay = (doors.visitor(name) for name in ("otto", "olga", "fay"))
    path = draft_of(doors)
    otto.send(path, act="save", edition="1", title="S", text=RENAMED)
    decision = otto.send(path, act="submit", edition="2", reason="x")["Location"].removeprefix(otto.home)
    olga.send(decision, act="approve", revision="1")
    work(doors.house, utc_now())
    assert "Roll back to this" not in fay.plain("program")
    assert "Roll back to this" in olga.plain("program")
    token = {"act": "roll_back", "version": "1", "reason": "broken"}
    assert fay.send("program", form="decisions", **token).status_code == 403
    assert olga.send("program", **{**token, "reason": " "}).status_code == 422
    assert olga.send("program", **token).status_code == 303
    assert doors.house.rows("select of_version, reason from version_origins where version = 3") == [
        (1, "broken")
    ]
    assert stored(doors.house).version == 3
    page = olga.plain("program/versions/3")
    assert "Brought back" in page
    assert "broken" in page
