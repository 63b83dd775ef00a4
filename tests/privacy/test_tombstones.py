"""Tombstones say nothing of anybody, are whole after a crash, and are not read past what is wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guerdon.engine.privacy.tombstones import (
    Buried,
    Damaged,
    Graveyard,
    append_tombstones,
    find_buried,
    keep_copy,
    mark_of,
    read_tombstones,
)
from guerdon.store.sealing import Vault

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADA, BEN = ("circle", "aa" * 32, AT.isoformat()), ("circle", "bb" * 32, AT.isoformat())


@pytest.fixture
def graveyard(tmp_path: Path) -> Graveyard:
    return Graveyard(tmp_path / "home", Vault("s" * 32))


def read(graveyard: Graveyard) -> Buried:
    return read_tombstones(graveyard.vault, [graveyard.file])


def test_lines_are_added_and_read_and_doubled_ones_count_once(graveyard: Graveyard) -> None:
    assert read(graveyard) == Buried()
    append_tombstones(graveyard, [ADA])
    append_tombstones(graveyard, [BEN, ADA])
    found = read(graveyard)
    assert (found.total, found.doubled, found.torn) == (2, 1, 0)
    assert found.marks == {"circle": {ADA[1]: ADA[2], BEN[1]: BEN[2]}}


@pytest.mark.parametrize("cut", [1, 40, 9_999])
def test_half_a_line_is_passed_over_and_taken_off_by_the_next(graveyard: Graveyard, cut: int) -> None:
    append_tombstones(graveyard, [ADA])
    whole = graveyard.file.read_bytes()
    # What is torn may be longer than what is read at once to find its beginning.
    torn = (whole if cut < len(whole) else whole.replace(b"aa", b"a" * 100_000))[:-1][-cut * 10 :]
    graveyard.file.write_bytes(whole + torn)
    found = read(graveyard)
    assert (found.total, found.torn) == (1, 1)
    append_tombstones(graveyard, [BEN])
    found = read(graveyard)
    assert (found.total, found.torn) == (2, 0)
    assert graveyard.file.read_bytes().startswith(whole)


def test_a_file_that_holds_half_a_line_alone_is_begun_anew(graveyard: Graveyard) -> None:
    graveyard.home.mkdir()
    graveyard.file.write_bytes(b'{"program":"cir')
    append_tombstones(graveyard, [ADA])
    assert read(graveyard) == Buried({"circle": {ADA[1]: ADA[2]}})


@pytest.mark.parametrize("change", ["program", "mark", "erased_at", "check"])
def test_a_changed_line_is_named(graveyard: Graveyard, change: str) -> None:
    append_tombstones(graveyard, [ADA, BEN])
    first, second = graveyard.file.read_text().splitlines()
    other = json.dumps({**json.loads(second), change: "cc" * 16})
    graveyard.file.write_text(f"{first}\n{other}\n")
    with pytest.raises(Damaged, match=r"line 2 .* was changed, or written under another GUERDON_SECRET"):
        read(graveyard)


@pytest.mark.parametrize("line", ['{"member":7}', "{}", "[]", "\x00", '{"program":"circle"'])
def test_what_is_no_tombstone_is_named(graveyard: Graveyard, line: str) -> None:
    append_tombstones(graveyard, [ADA])
    graveyard.file.write_text(f"{line}\n{graveyard.file.read_text()}")
    with pytest.raises(Damaged, match=r"line 1 .* is no tombstone"):
        read(graveyard)


def test_another_secret_reads_no_line(graveyard: Graveyard) -> None:
    append_tombstones(graveyard, [ADA])
    with pytest.raises(Damaged, match="another GUERDON_SECRET"):
        read_tombstones(Vault("t" * 32), [graveyard.file])


def test_a_mark_is_of_one_member_of_one_enrolment_in_one_program(graveyard: Graveyard) -> None:
    """After a restore their number may be somebody else's."""
    later = AT.replace(hour=13)
    mark = mark_of(graveyard.vault, "circle", 7, AT)
    assert mark != "7"
    assert find_buried(graveyard.vault, "circle", {mark: ""}, [(7, AT), (7, later), (8, AT)]) == [7]
    assert find_buried(graveyard.vault, "other", {mark: ""}, [(7, AT)]) == []
    assert find_buried(Vault("t" * 32), "circle", {mark: ""}, [(7, AT)]) == []


def test_what_a_backup_knew_is_added_once(graveyard: Graveyard, tmp_path: Path) -> None:
    out = Graveyard(tmp_path / "out", graveyard.vault)
    append_tombstones(graveyard, [ADA])
    append_tombstones(out, [ADA, BEN])
    both = read_tombstones(graveyard.vault, [graveyard.file, out.file, tmp_path / "none"])
    assert (both.total, both.doubled) == (2, 1)
    assert [keep_copy(graveyard, both), keep_copy(graveyard, both)] == [1, 0]
    assert read(graveyard).total == 2
