"""Codes: how ours are written, and a supplier's file with every mistake a supplier makes."""

import re
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from tests.redeem.house import EUR_200, NOW, PROGRAM, House

from guerdon.engine.codes import CODE_BYTES, add_codes, check_character, generate_codes, written
from guerdon.engine.files.codes import read_codes_file
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.store.codes import Code
from guerdon.values.crockford import ALPHABET, write_crockford
from guerdon.values.money import Money


def the_program() -> Program:
    program = load_program(PROGRAM)
    assert isinstance(program, Program)
    return program


def test_a_code_is_written_in_groups_with_its_check_character() -> None:
    text = written(bytes(range(CODE_BYTES)))
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]", text)


@given(st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES), st.data())
def test_any_one_wrong_character_and_any_two_swapped_are_noticed(random: bytes, data: st.DataObject) -> None:
    plain = write_crockford(random)
    at = data.draw(st.integers(0, len(plain) - 1))
    letter = data.draw(st.sampled_from(ALPHABET.replace(plain[at], "")))
    assert check_character(plain[:at] + letter + plain[at + 1 :]) != check_character(plain)
    for one, two in combinations(range(len(plain)), 2):
        letters = list(plain)
        letters[one], letters[two] = letters[two], letters[one]
        assert plain[one] == plain[two] or check_character("".join(letters)) != check_character(plain)


def test_a_seed_gives_the_same_codes_and_chance_gives_others() -> None:
    program = the_program()
    codes = list(generate_codes(program, 2, "demo"))
    assert codes == list(generate_codes(program, 2, "demo"))
    assert {c.text for c in codes}.isdisjoint(c.text for c in generate_codes(program, 2))
    assert (
        len({c.text for c in codes}) == len(codes) == 2 * sum(len(i.values) for i in program.items.values())
    )


def test_codes_known_before_and_twins_in_a_batch_are_told_apart_from_new_ones(house: House) -> None:
    codes = [Code("green_basket", EUR_200, text) for text in ("one", "two", "one", "One")]
    with house.working() as tx:
        assert add_codes(tx, house.vault, house.program_id, codes) == [True, True, False, True]
        assert add_codes(tx, house.vault, house.program_id, codes[:2]) == [False, False]
    assert house.rows("select count(*) from codes") == [(3,)]


def test_every_row_of_a_file_is_a_code_or_a_problem_with_its_line() -> None:
    rows = [
        "item,value,code",
        "green_basket,200.00 EUR,ABC-1",
        "",
        "gren_basket,200.00 EUR,ABC-2",
        "green_basket,200 EUR,ABC-3",
        "green_basket,20.00 EUR,ABC-4",
        "green_basket,200.00 XXX,ABC-5",
        "green_basket,200.00 EUR,",
        "green_basket,200.00 EUR," + "x" * 201,
        "green_basket,200.00 EUR,bell\a",
        "green_basket,200.00 EUR",
        'green_basket,200.00 EUR,"open',
        'green_basket,200.00 EUR,"with,comma"',
        "y" * 5000,
        "green_basket , 25.00 EUR , العربية-7 ",
        "green_basket,200.00 EUR,with space",
    ]
    read = read_codes_file("\r\n".join(rows).encode("utf-8-sig"), the_program(), NOW)
    assert read.codes == [
        Code("green_basket", EUR_200, "ABC-1"),
        Code("green_basket", EUR_200, "ABC-3"),
        Code("green_basket", EUR_200, "with,comma"),
        Code("green_basket", Money(2_500, "EUR"), "العربية-7"),
    ]
    assert read.lines == [2, 5, 13, 15]
    assert [p.line for p in read.problems] == [4, 6, 7, 8, 9, 10, 11, 12, 14, 16]
    assert "did you mean green_basket?" in str(read.problems[0])
    assert "its values: 25.00 EUR, 200.00 EUR, 350.00 EUR" in str(read.problems[1])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_a_fault(data: bytes) -> None:
    read = read_codes_file(b"item,value,code\n" + data, PROGRAM_READ, NOW)
    assert len(read.codes) == len(read.lines)


def test_a_file_without_its_header_is_refused_whole() -> None:
    read = read_codes_file(b"green_basket,200.00 EUR,ABC", PROGRAM_READ, NOW)
    assert (read.codes, [p.line for p in read.problems]) == ([], [1])
    assert read_codes_file(b"", PROGRAM_READ, NOW).problems


PROGRAM_READ = the_program()
