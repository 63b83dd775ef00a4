"""Files that are no program at all, and the files beside one: each fault is a problem, never a traceback."""

from pathlib import Path

import pytest

from guerdon.program.load import bundle, load_program, read_program
from guerdon.program.model import Program
from guerdon.values.problems import Problem

INLINE = """\
locations:
  de-kiel: { name: Kiel, market: DE }
  no-oslo: { name: Oslo, market: NO }
"""


def only(read: Program | list[Problem]) -> Problem:
    assert isinstance(read, list)
    assert len(read) == 1, "\n".join(map(str, read))
    return read[0]


@pytest.mark.parametrize(
    ("data", "line", "what"),
    [
        (b"", None, "the file is empty"),
        (b"# only a comment\n", None, "the file is empty"),
        (b"program: x\nname: \xff\n", 2, "the file is not UTF-8"),
        (b"program: x\nname: a\x00b\n", 2, "a control character, U+0000"),
        (b'program: x\nname: "a\\0b"\n', 2, "a control character, U+0000"),
        (b'program: x\nname: "\\ud800"\n', None, "this is not YAML"),
        (b"just words\n", 1, "a program is a mapping"),
        (b"- a\n- b\n", 1, "a program is a mapping"),
        (b"program: x\nname: [a\n", 3, "this is not YAML"),
        (b"program: x\n\tname: y\n", 2, "this is not YAML"),
        (b"name: &a x\nprogram: *a\n", 1, "anchors and aliases (& and *) are not allowed"),
        (b"program: x\nname: !!python/object:os.system x\n", 2, "tags (!) are not allowed"),
        (b"program: x\n---\nprogram: y\n", 2, "a second document begins"),
        (b"program: x\n? [a]\n: b\n", 2, "a key that is not a word"),
        (b"name: " + b"[" * 50 + b"]" * 50, 1, "nested deeper than 12 levels"),
        (b"name: " + b"{a: " * 50 + b"}" * 50, 1, "nested deeper than 12 levels"),
        (b"name: " + b"[" * 100_000, 1, "nested deeper than 12 levels"),
        (b"x" * (2 * 1024 * 1024 + 1), None, "the file is larger than 2 MiB"),
    ],
)
def test_a_file_that_is_no_program_is_one_problem(
    tmp_path: Path, data: bytes, line: int | None, what: str
) -> None:
    file = tmp_path / "program.yaml"
    file.write_bytes(data)
    problem = only(load_program(file))
    assert problem.what.startswith(what)
    assert what == "this is not YAML" or problem.line == line


def test_many_laughs_are_refused_at_the_first_anchor() -> None:
    laughs = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert "anchors" in only(read_program(laughs)).what


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    assert only(load_program(tmp_path / "none.yaml")).what == "there is no such file"


def test_a_folder_is_a_problem(tmp_path: Path) -> None:
    assert only(load_program(tmp_path)).what == "this is a folder"


def test_a_path_with_a_nul_is_a_problem() -> None:
    assert only(load_program(Path("a\0b")))


def test_a_stored_document_is_named_in_its_problems() -> None:
    assert str(only(read_program("[]", None, "version 3"))).startswith("version 3 line 1: ")


def with_csv(tmp_path: Path, small: str, csv: bytes | None) -> Program | list[Problem]:
    file = tmp_path / "program.yaml"
    file.write_text(small.replace(INLINE, "locations: places.csv\n"), "utf-8")
    if csv is not None:
        (tmp_path / "places.csv").write_bytes(csv)
    return load_program(file)


def test_locations_come_from_a_file_beside_the_program(tmp_path: Path, small: str, program: Program) -> None:
    csv = b"key,name,market\r\nde-kiel,Kiel,DE\r\n\r\nno-oslo,Oslo,NO\r\n"
    read = with_csv(tmp_path, small, csv)
    assert isinstance(read, Program), read
    assert read.locations == program.locations
    # The stored copy is the one that has them inline: the same program, wherever its locations stood.
    assert bundle(read) == bundle(program)


def test_a_spreadsheet_s_byte_order_mark_and_quotes_are_read(tmp_path: Path, small: str) -> None:
    read = with_csv(tmp_path, small, '\ufeffkey,name,market\nde-kiel,"Kiel, ""Ostufer""",DE\n'.encode())
    assert isinstance(read, Program), read
    assert read.locations["de-kiel"].name == 'Kiel, "Ostufer"'


@pytest.mark.parametrize(
    ("csv", "line", "where", "what", "hint"),
    [
        (b"name,key,market\n", 1, "", "the first line must be key,name,market", ""),
        (b"", 1, "", "the first line must be key,name,market", ""),
        (b"key,name,market\na,A,DE\na,B,DE\n", 3, "a", "stands here twice", "line 2"),
        (b"key,name,market\na,A,SE\n", 2, "a.market", "unknown market SE", "known: DE, NO"),
        (b"key,name,market\ncompare,A,DE\n", 2, "compare", "the word of a page of the console", "de-compare"),
        (b"key,name,market\na,A\n", 2, "", "2 values, there must be 3", "quotes"),
        (b"key,name,market\nA b,A,DE\n", 2, "key", "A b cannot be a key", "de-hamburg-hafencity"),
        (b"key,name,market\na,,DE\n", 2, "a.name", "a name of 1 to 120", ""),
        (b"key,name,market\na,A\x00B,DE\n", 2, "a.name", "a name of 1 to 120", ""),
        (b'key,name,market\na,"A"B,DE\n', 2, "", "this is not CSV", "quotes"),
        (b'key,name,market\na,"A,DE\n', 2, "", "this is not CSV", "quotes"),
    ],
)
def test_a_faulty_row_is_named_by_its_line(  # noqa: PLR0917 - a table of cases
    tmp_path: Path, small: str, csv: bytes, line: int, where: str, what: str, hint: str
) -> None:
    problem = only(with_csv(tmp_path, small, csv))
    assert (problem.file, problem.line, problem.where) == ("places.csv", line, where)
    assert what in problem.what
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("csv", "what"),
    [
        (None, "there is no file places.csv beside the program"),
        (b"key,name,market\na,\xff,DE\n", "places.csv is not UTF-8"),
        (b"x" * (2 * 1024 * 1024 + 1), "places.csv is larger than 2 MiB"),
        (
            b"key,name,market\n" + b"".join(b"a%d,A,DE\n" % n for n in range(10_001)),
            "more than 10000 locations",
        ),
    ],
)
def test_a_locations_file_that_cannot_be_used_is_a_problem(
    tmp_path: Path, small: str, csv: bytes | None, what: str
) -> None:
    assert only(with_csv(tmp_path, small, csv)).what == what


@pytest.mark.parametrize("name", ["../places.csv", "/etc/hostname", "..", "a/b.csv"])
def test_locations_are_read_from_no_other_folder(tmp_path: Path, small: str, name: str) -> None:
    file = tmp_path / "program.yaml"
    file.write_text(small.replace(INLINE, f"locations: {name}\n"), "utf-8")
    problem = only(load_program(file))
    assert problem.what == "the file must stand beside the program"


def test_a_stored_program_cannot_name_a_file(small: str) -> None:
    problem = only(read_program(small.replace(INLINE, "locations: places.csv\n")))
    assert (problem.where, problem.hint) == ("locations", "write the locations inline")
