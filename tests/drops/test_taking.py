"""Files are taken: by the command, from the inbox, by the API; what is wrong stands in a file beside them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from psycopg import OperationalError
from tests.api.house import Answer, ApiHouse
from tests.drops.files import counts, csv_file, environment, everything, order, read_rows, rehearsed, sets_of
from tests.evidence import FULL

from guerdon.cli import main
from guerdon.connectors.files.mapping import drop_sets
from guerdon.engine.drops.errors import HEADER, harmless
from guerdon.engine.drops.inbox import STILL_S, Inbox, Reader, look_into
from guerdon.engine.drops.sets import DropSet
from guerdon.engine.drops.taking import Taking, take
from guerdon.engine.library import Library
from guerdon.program.declared import Drop
from guerdon.program.model import Program
from guerdon.store.database import connect
from guerdon.values.clock import utc_now

SIZE = 50_000_000 if FULL else 2_000_000
# Beside what the program needs however small its file: a fraction of the file.
GROWTH_KB_MAX = 24_000


@pytest.fixture
def commands(house: ApiHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let commands work on the house; a folder for files."""
    for name, value in environment(house, tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def look(house: ApiHouse, folder: Path, *, later_s: float = STILL_S + 1, read: Reader = drop_sets) -> int:
    """Look into the inbox, so many seconds from now."""
    inner = house.inner
    inbox = Inbox(folder, Library(inner.vault, {}), read, lambda: utc_now() + timedelta(seconds=later_s))
    with inner.worker() as db:
        return look_into(db, inbox, inner.program_id, inner.program.key)


def dropped(
    house: ApiHouse, folder: Path, raw: bytes, name: str = "orders.csv", drop: str = "dealer_orders"
) -> Path:
    path = folder / house.inner.program.key / drop / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


def test_the_command_takes_a_file_once_and_tells_of_every_row(
    house: ApiHouse, commands: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = commands / "may.csv"
    file.write_bytes(csv_file(order("m1"), order("m2", total="=cmd|' /C calc'!A0"), "+1;x\n", order("m3")))
    before = everything(house)
    said = ["drop", str(file), "--mapping", "dealer_orders"]
    assert main([*said, "--dry-run"]) == 1
    out, err = capsys.readouterr()
    assert "4 rows (nothing was written): 2 would be accepted, 0 known before" in out
    assert "line 3, total: " in err
    assert everything(house) == before
    assert sorted(path.name for path in commands.iterdir()) == ["may.csv"]

    assert main(said) == 1
    assert "2 accepted, 0 known before, 0 set apart (an id used twice), 2 wrong" in capsys.readouterr().out
    errors = commands / "may.csv.errors.csv"
    head, *rows = read_rows(errors)
    assert tuple(head) == HEADER
    assert [row[:2] for row in rows] == [["3", "total"], ["4", ""]]
    # Nothing in it is a formula, whoever opens it.
    assert rows[0][4].startswith("HH;m2;")
    assert rows[1][4] == "'+1;x"
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert rows[0][4].endswith(";'=cmd|' /C calc'!A0")

    assert main(said) == 1
    assert "0 accepted, 2 known before" in capsys.readouterr().out
    file.write_bytes(csv_file(order("m1"), order("m2"), order("m3", total="7")))
    assert main(said) == 0
    assert "1 accepted, 1 known before, 1 set apart" in capsys.readouterr().out
    assert not errors.exists()
    assert main(["drops", "--last", "1"]) == 0
    assert (
        "dealer_orders\tmay.csv\t3 rows\t1 accepted\t1 known\t1 set apart\t0 wrong" in capsys.readouterr().out
    )
    house.inner.work()
    found = house.inner.rows(
        "select external_id, outcome from events where external_id like 'HH/m%%' order by external_id"
    )
    assert found == [("HH/m1", "earned"), ("HH/m2", "earned"), ("HH/m3", "earned")]
    audited = house.inner.rows(
        "select count(*) from audit where action = 'drop.taken' and subject = 'dealer_orders'"
    )
    assert audited == house.inner.rows("select count(*) from drops where drop = 'dealer_orders'")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--mapping", "dealer_order"], "did you mean dealer_orders?"),
        (["--mapping", "dealer_orders", "--program", "other"], "there is no live program other"),
    ],
)
def test_the_command_refuses_what_is_not_there(
    commands: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    file = commands / "x.csv"
    file.write_bytes(csv_file())
    assert main(["drop", str(file), *words]) == 1
    assert told in capsys.readouterr().err
    assert main(["drop", str(commands), "--mapping", "dealer_orders"]) == 1
    assert "is no file" in capsys.readouterr().err


def test_a_whole_file_in_the_inbox_is_taken_and_lies_in_done(house: ApiHouse, tmp_path: Path) -> None:
    path = dropped(house, tmp_path, csv_file(order("i1"), "x\n", order("i2")))
    assert look(house, tmp_path, later_s=0) == 0, "somebody may still write it"
    assert look(house, tmp_path) == 1
    done = path.parent / "done"
    assert sorted(each.name for each in done.iterdir()) == ["orders.csv", "orders.csv.errors.csv"]
    assert [each for each in path.parent.iterdir() if each.is_file()] == []
    # Another of that name lies beside it, and its rows are known.
    dropped(house, tmp_path, csv_file(order("i1"), order("i2")))
    assert look(house, tmp_path) == 1
    assert {each.name for each in done.iterdir()} == {"orders.csv", "orders.csv.errors.csv", "orders-2.csv"}
    taken = house.inner.rows("select rows, accepted, duplicates, wrong from drops order by id desc limit 2")
    assert taken == [(2, 0, 2, 0), (3, 2, 0, 1)]


def test_a_file_that_cannot_be_read_lies_in_failed_with_the_reason(house: ApiHouse, tmp_path: Path) -> None:
    path = dropped(house, tmp_path, b"a;b\n1;2\n")
    assert look(house, tmp_path) == 1
    failed = path.parent / "failed"
    assert sorted(each.name for each in failed.iterdir()) == ["orders.csv", "orders.csv.errors.csv"]
    (_, (line, _, what, hint, _)) = read_rows(failed / "orders.csv.errors.csv")
    assert (line, what, hint) == ("1", "there is no column 'dealer'", hint)
    ((failure,),) = house.inner.rows("select failure from drops order by id desc limit 1")
    assert failure == "line 1: there is no column 'dealer'"


def test_what_is_half_written_or_no_file_is_left_alone(house: ApiHouse, tmp_path: Path) -> None:
    raw = csv_file(order())
    for name in ("a.csv.tmp", ".b.csv", "c.csv.part", "d.csv.errors.csv", "e.csv~"):
        dropped(house, tmp_path, raw, name)
    there = tmp_path / house.inner.program.key / "dealer_orders"
    (there / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(there / "pipe.csv")
    (there / "folder.csv").mkdir()
    before = everything(house)
    assert look(house, tmp_path) == 0
    assert everything(house) == before
    assert look(house, tmp_path / "nowhere") == 0


def test_a_file_that_grows_while_it_is_read_is_taken_whole_the_next_time(
    house: ApiHouse, tmp_path: Path
) -> None:
    path = dropped(house, tmp_path, csv_file(order("g1")))

    def growing(program: Program, drop: Drop, file: BinaryIO) -> Iterator[DropSet]:
        yield from drop_sets(program, drop, file)
        with path.open("ab") as more:
            more.write(order("g2").encode())

    look(house, tmp_path, read=growing)
    assert path.exists()
    assert look(house, tmp_path, later_s=60) == 1
    assert not path.exists()
    found = house.inner.rows("select rows, accepted, duplicates from drops order by id desc limit 1")
    assert found == [(2, 1, 1)]


def test_a_file_that_is_replaced_while_it_is_read_is_taken_the_next_time(
    house: ApiHouse, tmp_path: Path
) -> None:
    path = dropped(house, tmp_path, csv_file(order("r1")))

    def replacing(program: Program, drop: Drop, file: BinaryIO) -> Iterator[DropSet]:
        yield from drop_sets(program, drop, file)
        dropped(house, tmp_path, csv_file(order("r2")), "orders.tmp").rename(path)

    look(house, tmp_path, read=replacing)
    assert path.exists()
    assert not (path.parent / "done").exists()
    assert look(house, tmp_path) == 1
    assert (path.parent / "done" / "orders.csv").read_bytes() == csv_file(order("r2"))
    found = house.inner.rows("select rows, accepted, duplicates from drops order by id desc limit 2")
    assert found == [(1, 1, 0), (1, 1, 0)]


def test_a_file_is_whole_by_the_clock_of_the_moment_it_is_looked_at(house: ApiHouse, tmp_path: Path) -> None:
    """One of a clock that is ahead waits as any other; one that came during the turn does, too."""
    ahead = dropped(house, tmp_path, csv_file(order("c1")))
    os.utime(ahead, (time.time() + 86_400, time.time() + 86_400))
    assert look(house, tmp_path, later_s=0) == 0
    during: list[Path] = []

    def writing(program: Program, drop: Drop, file: BinaryIO) -> Iterator[DropSet]:
        yield from drop_sets(program, drop, file)
        during.append(dropped(house, tmp_path, b"{}\n", "t.jsonl", "trips"))
        os.utime(during[0], (time.time() + STILL_S + 1, time.time() + STILL_S + 1))

    assert list(house.inner.program.drops)[:2] == ["dealer_orders", "trips"]
    assert look(house, tmp_path, read=writing) == 1
    assert not ahead.exists()
    assert [path.exists() for path in during] == [True]


@pytest.mark.parametrize("fault", [MemoryError, PermissionError(13, "no"), LookupError])
def test_one_file_that_cannot_be_taken_stops_no_other(
    house: ApiHouse, tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    there = dropped(house, tmp_path, csv_file(order()), "first.csv").parent
    os.utime(there / "first.csv", (1, 1))
    unusable = [
        dropped(house, tmp_path, csv_file(order()), name) for name in ("\udcff.csv", "n" * 240 + ".csv")
    ]
    for path in unusable:
        os.utime(path, (2, 2))
    good = dropped(house, tmp_path, csv_file(order()), "last.csv")

    def failing(program: Program, drop: Drop, file: BinaryIO) -> Iterator[DropSet]:
        if os.fstat(file.fileno()).st_mtime == 1:
            raise fault
        return drop_sets(program, drop, file)

    assert look(house, tmp_path, read=failing) == 1
    assert (there / "done" / "last.csv").exists()
    assert not good.exists()
    assert (there / "first.csv").exists()
    assert all(path.exists() for path in unusable)
    assert "first.csv could not be taken" in caplog.text
    assert caplog.text.count("needs a shorter name, in UTF-8") == 2


def test_trouble_with_the_database_is_no_files(house: ApiHouse, tmp_path: Path) -> None:
    path = dropped(house, tmp_path, csv_file(order()))

    def gone(*_: object) -> Iterator[DropSet]:
        raise OperationalError

    with pytest.raises(OperationalError):
        look(house, tmp_path, read=gone)
    assert path.exists()


@pytest.mark.parametrize("where", ["", "dealer_orders", "dealer_orders/done", "dealer_orders/failed"])
@pytest.mark.parametrize("what", ["a link", "a file"])
def test_what_should_be_a_folder_and_is_none_is_told_of_and_left(
    house: ApiHouse, tmp_path: Path, caplog: pytest.LogCaptureFixture, where: str, what: str
) -> None:
    inbox, elsewhere = tmp_path / "inbox", tmp_path / "elsewhere"
    path = dropped(house, inbox, csv_file(order()))
    wrong = inbox / house.inner.program.key / where
    if wrong.exists():
        wrong.rename(elsewhere)
    else:
        elsewhere.mkdir()
    if what == "a link":
        wrong.symlink_to(elsewhere)
    else:
        wrong.write_bytes(csv_file(order()))
        os.utime(wrong, (1, 1))
    other = dropped(house, inbox, b"", "t.jsonl", "trips") if where else None
    before = everything(house)
    # The drop beside it is taken all the same.
    assert look(house, inbox) == (0 if other is None else 1)
    assert everything(house)["event_keys"] == before["event_keys"]
    assert other is None or not other.exists()
    assert path.exists() == ("done" in where or "failed" in where or what == "a link")
    assert sorted(each.name for each in elsewhere.rglob("*") if each.is_file()) == (
        [] if "/" in where else ["orders.csv"]
    )
    assert f"{wrong} is no folder" in caplog.text.replace("/ is", " is")


def test_a_file_is_never_moved_through_a_link_that_came_while_it_was_read(
    house: ApiHouse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inbox, elsewhere = tmp_path / "inbox", tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = dropped(house, inbox, csv_file(order()))

    def linking(program: Program, drop: Drop, file: BinaryIO) -> Iterator[DropSet]:
        yield from drop_sets(program, drop, file)
        (path.parent / "done").symlink_to(elsewhere)

    assert look(house, inbox, read=linking) == 0
    assert path.exists()
    assert list(elsewhere.iterdir()) == []
    assert "could not be taken" in caplog.text


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ("HH;=1+1;2", "HH;'=1+1;2"),
        ("HH\t@x\t-1", "HH\t'@x\t'-1"),
        ('HH;"=1";; +1', "HH;\"'=1\";; '+1"),
        ("HH\r=1", "HH\r'=1"),
        ("=1;=1", "'=1;'=1"),
        ("a=1;b-2;c@d", "a=1;b-2;c@d"),
    ],
)
def test_no_cell_of_a_row_is_a_formula_wherever_a_spreadsheet_takes_it_apart(row: str, shown: str) -> None:
    assert harmless(row) == shown


def test_one_worker_at_a_time_looks_into_an_inbox(house: ApiHouse, tmp_path: Path) -> None:
    dropped(house, tmp_path, csv_file(order()))
    with connect(house.inner.url, house.inner.secret, "worker") as other:
        other.execute("select pg_advisory_lock(1735289456, %s)", (house.inner.program_id,))
        assert look(house, tmp_path) == 0
        other.execute("select pg_advisory_unlock(1735289456, %s)", (house.inner.program_id,))
    assert look(house, tmp_path) == 1


def test_a_taker_that_is_killed_leaves_nothing_to_count_twice(house: ApiHouse) -> None:
    raw = csv_file(*(order() for _ in range(1_500)))

    def dying() -> object:
        for n, each in enumerate(sets_of(house, raw)):
            if n == 1:
                raise KeyboardInterrupt
            yield each

    taking = Taking(house.inner.program_id, "dealer_orders", "x.csv", bytes(32), "test")
    with house.inner.worker() as db, pytest.raises(KeyboardInterrupt):
        take(db, house.inner.vault, taking, dying(), utc_now, lambda _: None)  # type: ignore[arg-type]
    assert counts(rehearsed(house, raw)) == (1_500, 500, 1_000, 0, 0)


def test_the_worker_watches_the_folder(house: ApiHouse, tmp_path: Path) -> None:
    path = dropped(house, tmp_path / "drops", csv_file(order("w1")))
    os.utime(path, (time.time() - 60, time.time() - 60))
    said = environment(house, tmp_path / "home", GUERDON_DROPS=str(tmp_path / "drops"))
    worker = subprocess.Popen([sys.executable, "-m", "guerdon", "worker"], env={**os.environ, **said})
    try:
        until = time.monotonic() + 60
        while path.exists() and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        worker.terminate()
        worker.wait(timeout=30)
    assert (path.parent / "done" / "orders.csv").exists()


MEASURE = """
import resource, sys
from pathlib import Path
from guerdon.cli import main
code = main(["drop", sys.argv[1], "--mapping", "dealer_orders", *sys.argv[2:]])
print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def measured(house: ApiHouse, home: Path, file: Path, *words: str) -> tuple[str, int]:
    """What the command says of a file, and how many kilobytes it took."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(file), *words],
        env={**os.environ, **environment(house, home)},
        capture_output=True,
        text=True,
        check=True,
        timeout=1_200,
    )
    *said, last = done.stdout.splitlines()
    return "\n".join(said), int(last.split()[1])


@pytest.mark.timeout(1_200)
@pytest.mark.full(minutes=3, gate=True)
def test_a_broken_row_in_the_middle_of_a_large_file_stops_nothing(house: ApiHouse, tmp_path: Path) -> None:
    """50 MB in the full set, 2 in the gate; memory stays what it is for a file of ten rows."""
    file, small = tmp_path / "large.csv", tmp_path / "small.csv"
    small.write_bytes(csv_file(*(order() for _ in range(10))))
    row = order("large-000000000", customer="ada" + "x" * 60)
    rows = SIZE // len(row) + 1
    with file.open("wb") as out:
        out.write(csv_file())
        for n in range(rows):
            if n == rows // 2:
                out.write(b'HH;"lost;ada;\xff\x00\n')
            out.write(order(f"large-{n:09}", customer="ada" + "x" * 60).encode())
    assert file.stat().st_size >= SIZE
    home = tmp_path / "home"
    _, least = measured(house, home, small, "--dry-run")
    said, took = measured(house, home, file, "--dry-run")
    assert f"{rows + 1} rows (nothing was written): {rows} would be accepted, 0 known" in said
    assert took - least < GROWTH_KB_MAX
    said, took = measured(house, home, file)
    assert (
        f"{rows + 1} rows: {rows} accepted, 0 known before, 0 set apart (an id used twice), 1 wrong" in said
    )
    assert took - least < GROWTH_KB_MAX
    _, (line, *_) = read_rows(tmp_path / "large.csv.errors.csv")
    assert int(line) == rows // 2 + 2


def test_a_posted_file_is_taken_whole_or_not_at_all(house: ApiHouse) -> None:
    kind = {"Content-Type": "application/octet-stream"}

    def post(raw: bytes, path: str = "", once: str = "", name: str = "dealer_orders") -> Answer:
        said = kind | ({"Idempotency-Key": once} if once else {})
        return house.ask("POST", f"/api/v1/drops/{name}{path}", raw, headers=said)

    raw = csv_file(order("a1"), "x\n", order("a2"))
    before = everything(house)
    told = post(raw, "/rehearse")
    assert (told.status, told.body["accepted"], told.body["wrong"]) == (200, 2, 1)
    assert told.body["mistakes"][0]["line"] == 3
    assert everything(house) | {"audit": 0} == before | {"audit": 0}
    first, again = post(raw, once="f-1"), post(raw, once="f-1")
    assert (first.status, first.body) == (again.status, again.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert first.body["accepted"] == 2
    assert post(csv_file(order("a3")), once="f-1").kind == "key-reused"
    assert post(raw, once="f-2").body["duplicates"] == 2
    refused = post(b"a;b\n", once="f-3")
    assert (refused.status, refused.kind) == (422, "wrong")
    assert "there is no column 'dealer'" in refused.body["errors"][0]["detail"]
    assert post(raw, once="f-4", name="nothing").status == 404
    assert post(csv_file() + b" " * (4 << 20), once="f-5").status == 413
    as_json = house.ask("POST", "/api/v1/drops/dealer_orders", {}, headers={"Idempotency-Key": "f-6"})
    assert as_json.status in (415, 422)
    local = house.make_key(["write:drops"], market="DE")
    there = house.ask("POST", "/api/v1/drops/trips/rehearse", b"", key=local, headers=kind)
    assert there.status == 404
    blind = house.make_key(["read:members"])
    assert house.ask("POST", "/api/v1/drops/trips/rehearse", b"", key=blind, headers=kind).status == 403
