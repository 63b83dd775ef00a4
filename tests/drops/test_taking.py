"""Files are taken: by the command, from the inbox, by the API; what is wrong stands in a file beside them."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tests.api.house import Answer, ApiHouse
from tests.drops.files import counts, csv_file, environment, everything, order, read_rows, rehearsed, sets_of
from tests.evidence import FULL

from guerdon.cli import main
from guerdon.connectors.files.mapping import drop_sets
from guerdon.engine.drops.errors import HEADER
from guerdon.engine.drops.inbox import STILL_S, Inbox, look_into
from guerdon.engine.drops.taking import Taking, take
from guerdon.engine.library import Library
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


def inbox_of(house: ApiHouse, folder: Path) -> Inbox:
    return Inbox(folder, Library(house.inner.vault, {}), drop_sets, utc_now)


def look(house: ApiHouse, folder: Path, *, later_s: float = STILL_S + 1) -> int:
    """Look into the inbox, so many seconds from now."""
    inner = house.inner
    now = utc_now() + timedelta(seconds=later_s)
    with inner.worker() as db:
        return look_into(db, inbox_of(house, folder), inner.program_id, inner.program.key, now)


def dropped(house: ApiHouse, folder: Path, raw: bytes, name: str = "orders.csv") -> Path:
    path = folder / house.inner.program.key / "dealer_orders" / name
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

    def growing(*said: object) -> object:
        yield from drop_sets(*said)  # type: ignore[arg-type]
        with path.open("ab") as file:
            file.write(order("g2").encode())

    inner = house.inner
    inbox = Inbox(tmp_path, Library(inner.vault, {}), growing, utc_now)  # type: ignore[arg-type]
    later = utc_now() + timedelta(seconds=STILL_S + 1)
    with inner.worker() as db:
        look_into(db, inbox, inner.program_id, inner.program.key, later)
    assert path.exists()
    assert look(house, tmp_path, later_s=60) == 1
    assert not path.exists()
    found = inner.rows("select rows, accepted, duplicates from drops order by id desc limit 1")
    assert found == [(2, 1, 1)]


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
