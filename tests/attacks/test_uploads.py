"""Files and bodies that mean harm, over the real door: all that is wrong is named, and nothing happens."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.approvals.doors import Doors, Visitor
from tests.approvals.house import GERMANY, KIEL, House
from tests.approvals.test_bulk_file import filled
from tests.attacks.serving import MARK, WAIT_S, Said, head, multipart, push, served

from guerdon.web.intake import asgi

HEADER = "source,external_id,unit,amount,reason\n"
GOOD = f"crm,c{KIEL},PTS,5,spring\n"
PIECE = b"x" * (1 << 16)
MIB = 1 << 20


@pytest.fixture
def port(doors: Doors) -> Iterator[int]:
    doors.visitor("fay")
    with served() as number:
        yield number


def token_of(visitor: Visitor) -> str:
    page = visitor.page("decisions/new")
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def upload(doors: Doors, port: int, *files: bytes, name: str = "rows.csv", cut: int | None = None) -> Said:
    """Send a file of adjustments; with `cut`, hang up after so many bytes of the body."""
    fay = doors.visitor("fay")
    fields = {"csrfmiddlewaretoken": token_of(fay), "act": "bulk", "reason": "because"}
    body = multipart(fields, *(("file", name, data) for data in files))
    start = head(f"{fay.home}decisions/new", fay, content_length=str(len(body)))
    return push(port, [start, body[:cut]], hang_up=cut is not None)


def untouched(house: House) -> None:
    assert house.rows("select count(*) from requests") == [(0,)]
    assert house.rows("select coalesce(sum(held), 0) from accounts") == [(0,)]
    assert house.rows("select count(*) from rewards") == [(0,)]


def test_of_a_hundred_thousand_rows_the_page_names_all_seventeen_bad_ones(doors: Doors, port: int) -> None:
    house = doors.house
    filled(house, 5_000)
    lines = [f"crm,x{1 + n % 5_000},PTS,3,spring" for n in range(100_000)]
    bad = {n * 5_881 + 7 for n in range(17)}
    for line in bad:
        lines[line] = lines[line].replace("PTS,3", "PTS,3.5")
    answer = upload(doors, port, (HEADER + "\n".join(lines)).encode())
    assert answer.status == 422
    assert {n for n in range(1, 100_003) if f"line {n}," in answer.text} == {line + 2 for line in bad}
    untouched(house)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        *(("olga", path) for path in ("pools", "delivery/before", "decisions/new", "catalog/feeds")),
        ("fay", "reconciliation"),
    ],
)
def test_a_file_of_megabytes_comes_through_wherever_a_form_takes_one(
    doors: Doors, port: int, name: str, path: str
) -> None:
    sender = doors.visitor(name)
    token = sender.page(path).partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    fields = {"csrfmiddlewaretoken": token, "act": "bring", "supplier": "nobody"}
    body = multipart(fields, ("file", "rows.csv", b"no header\n" * (MIB // 2)))
    answer = push(port, [head(f"{sender.home}{path}", sender, content_length=str(len(body))), body])
    # It is read, and what is wrong of it is said: no door turned it away unread.
    assert answer.status in (404, 422), answer.status


HARMFUL: dict[str, tuple[bytes, str]] = {
    "a line of two megabytes": (HEADER.encode() + b"crm,c7,PTS,5," + b"y" * (2 * MIB) + b"\n", "line 2"),
    "a header of two megabytes": (b"source,external_id,unit,amount,reason," + b"z" * (2 * MIB), "header"),
    "one line of commas": (b"," * (2 * MIB), ""),
    "NUL bytes": (HEADER.encode() + b"crm,c7,PTS,5,a\0b\n", "line 2, reason"),
    "NUL in a name": (HEADER.encode() + b"crm,c\x007,PTS,5,why\n", "line 2, external_id"),
    "nothing but NUL": (b"\0" * 4_096, ""),
    "UTF-16": ("\ufeff".encode("utf-16-le") + (HEADER + GOOD).encode("utf-16-le"), "is not UTF-8"),
    "UTF-16 without a mark": ((HEADER + GOOD).encode("utf-16-be"), ""),
    "Latin-1": (HEADER.encode() + "crm,c7,PTS,5,Größe\n".encode("latin-1"), "line 2: is not UTF-8"),
    "a lone surrogate": (HEADER.encode() + b"crm,c7,PTS,5,\xed\xa0\x80\n", "is not UTF-8"),
    "a quote that never ends": (HEADER.encode() + b'crm,c7,PTS,5,"why\n' + GOOD.encode() * 3, "line 2, row"),
    "a quote in the header": (b'source,"external_id,unit,amount,reason\n' + GOOD.encode(), "header"),
    "more taken than there is": (HEADER.encode() + b"crm,c7,PTS,-1,why\n", "less than is to be taken"),
    "taken twice": (HEADER.encode() + b"crm,c7,PTS,-1,why\n" * 2, "line 3, amount"),
    "an overflow": (HEADER.encode() + b"crm,c7,PTS,9223372036854775808,why\n", "larger than an amount"),
    "an overflow together": (
        HEADER.encode() + b"crm,c7,PTS,9223372036854775807,why\n" * 2,
        "together it is more PTS than an amount can be",
    ),
    "too many decimals": (HEADER.encode() + f"crm,c7,EUR,0.001,{GERMANY}\n".encode(), "line 2, amount"),
    "an unknown unit": (HEADER.encode() + b"crm,c7,XAU,1,why\n", "unknown unit XAU"),
    "a formula for an amount": (HEADER.encode() + b"crm,c7,PTS,=1+1,why\n", "line 2, amount"),
    "digits of another script": (
        HEADER.encode() + "crm,c7,PTS,\uff11\uff12,why\n".encode(),
        "line 2, amount",
    ),
    "a number as computers write it": (HEADER.encode() + b"crm,c7,PTS,1e3,why\n", "line 2, amount"),
    "nothing": (b"", "header"),
    "a mark of order alone": (b"\xef\xbb\xbf", "header"),
    "script in a cell": (HEADER.encode() + b"crm,c7,<script>alert(1)</script>,1,why\n", "&lt;script&gt;"),
    "a zip": (b"PK\x03\x04" + bytes(range(256)) * 8, ""),
}


def test_no_harmful_file_does_anything_but_say_what_is_wrong(doors: Doors, port: int) -> None:
    for case, (data, said) in HARMFUL.items():
        answer = upload(doors, port, data)
        assert answer.status == 422, (case, answer.status)
        assert said in answer.text, case
        assert "<script>alert" not in answer.text
        assert len(answer.text) < MIB, case
    untouched(doors.house)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\\..\\b.csv", "x" * 5_000, "", "\u202egnp.csv", "a;b.csv"]
)
def test_what_a_file_is_called_matters_to_nobody(doors: Doors, port: int, name: str) -> None:
    answer = upload(doors, port, (HEADER + GOOD.replace(",5,", ",0,")).encode(), name=name)
    assert answer.status in (400, 422)
    assert "etc/passwd" not in answer.text
    untouched(doors.house)


def test_the_same_file_twice_is_two_requests_and_neither_is_done_unsigned(doors: Doors, port: int) -> None:
    told = [upload(doors, port, (HEADER + GOOD).encode()).status for _ in range(2)]
    assert told == [303, 303]
    house = doors.house
    assert house.rows("select state, count(*) from requests group by 1") == [("open", 2)]
    assert house.rows("select sum(posted) from accounts where name = 'purse'") in ([(None,)], [(0,)])


def test_a_file_that_is_cut_off_half_way_is_none(doors: Doors, port: int) -> None:
    body = (HEADER + GOOD * 50_000).encode()
    for cut in (1, 300, len(body) // 2, len(body)):
        upload(doors, port, body, cut=cut)
    # The door serves on, and what came half is nowhere.
    assert upload(doors, port, (HEADER + GOOD.replace(",5,", ",0,")).encode()).status == 422
    untouched(doors.house)


def pieces(count: int, *, chunked: bool) -> Iterator[bytes]:
    begin = f'--{MARK}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
    for piece in (begin, *(PIECE for _ in range(count))):
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n" if chunked else piece
    if chunked:
        yield b"0\r\n\r\n"


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("path", ["/account/sign-in", "/api/v1/codes/uses", "/console/x/decisions/new"])
def test_nobody_fills_the_disk_with_a_body(doors: Doors, port: int, path: str, chunked: bool) -> None:  # noqa: FBT001
    del doors
    count = 48 * MIB // len(PIECE)
    size = sum(len(piece) for piece in pieces(count, chunked=False))
    told = {"transfer_encoding": "chunked"} if chunked else {"content_length": str(size)}
    answer = push(port, [head(path, None, **told), *pieces(count, chunked=chunked)])
    assert answer.status in (0, 413), answer.status
    assert left_behind() < MIB


def test_a_body_that_is_announced_too_large_is_refused_before_it_comes(doors: Doors, port: int) -> None:
    del doors
    answer = push(port, [head("/account/sign-in", None, content_length=str(1 << 40)), b"--"])
    assert answer.status == 413


def test_a_body_that_never_ends_is_not_waited_for(
    doors: Doors, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    del doors
    monkeypatch.setattr(asgi, "PAGE_BODY_S", 0.3)
    began = time.monotonic()
    answer = push(port, [head("/account/sign-in", None, content_length="1000"), b"--"])
    assert answer.status == 408
    # The other side gives up on nothing before a minute.
    assert time.monotonic() - began < WAIT_S / 2


def left_behind() -> int:
    """How much lies in files that this process has open and nobody can see any more."""
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            if "(deleted)" in str(link.readlink()) and tempfile.gettempdir() in str(link.readlink()):
                found += os.stat(link).st_size  # noqa: PTH116  the link points to no name
        except OSError:
            continue
    return found
