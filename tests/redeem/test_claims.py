"""Claim tokens: readable back, bound to program, member and reward, and made by nobody else."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.values.claims import DATED_LENGTH, TOKEN_LENGTH, claim_token, has_ended, read_claim
from guerdon.values.crockford import ALPHABET, read_crockford, write_crockford
from guerdon.values.ids import ID_MAX

KEY = bytes(range(32))
ids = st.integers(0, ID_MAX)
days = st.dates(date(2020, 1, 1), date(2199, 6, 6))


@given(st.integers(1, 2**31 - 1), ids, ids)
def test_a_token_reads_back_as_its_member_and_reward(program: int, member: int, reward: int) -> None:
    token = claim_token(KEY, program, member, reward)
    assert len(token) == TOKEN_LENGTH
    assert read_claim(KEY, program, token) == (member, reward, None)
    assert read_claim(KEY, program, token.lower()) == (member, reward, None)


@given(st.integers(1, 2**31 - 1), ids, ids, days)
def test_a_token_with_a_day_reads_back_with_it(program: int, member: int, reward: int, day: date) -> None:
    token = claim_token(KEY, program, member, reward, day)
    assert len(token) == DATED_LENGTH
    assert read_claim(KEY, program, token) == (member, reward, day)
    assert read_claim(KEY, program, token.lower()) == (member, reward, day)
    assert read_claim(KEY, program + 1, token) is None
    assert read_claim(bytes(32), program, token) is None


@given(ids, ids, days, st.integers(0, DATED_LENGTH - 1), st.sampled_from(ALPHABET))
def test_no_character_of_a_token_with_a_day_is_another(
    member: int, reward: int, day: date, at: int, letter: str
) -> None:
    token = claim_token(KEY, 1, member, reward, day)
    changed = token[:at] + letter + token[at + 1 :]
    assert changed == token or read_claim(KEY, 1, changed) is None


@given(ids, ids, days, days)
def test_a_day_is_neither_moved_nor_taken_off(member: int, reward: int, day: date, other: date) -> None:
    said, late = (read_crockford(claim_token(KEY, 1, member, reward, each)) for each in (day, other))
    assert said is not None
    assert late is not None
    moved = write_crockford(said[:16] + late[16:18] + said[18:])
    assert day == other or read_claim(KEY, 1, moved) is None
    assert read_claim(KEY, 1, write_crockford(said[:16] + said[18:])) is None


@given(days, st.integers(1, 3650), st.integers(-3, 3))
def test_it_opens_for_whole_days_and_ends_with_the_last(day: date, open_days: int, off: int) -> None:
    last = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC) + timedelta(days=open_days)
    assert has_ended(day, open_days, last + timedelta(days=off)) == (off > 0)
    assert has_ended(day, open_days, last + timedelta(seconds=1))
    assert not has_ended(day, None, last + timedelta(days=off))
    assert not has_ended(None, open_days, last + timedelta(days=off))


@given(ids, ids, st.integers(0, TOKEN_LENGTH - 1), st.sampled_from(ALPHABET))
def test_a_token_with_another_character_opens_nothing(member: int, reward: int, at: int, letter: str) -> None:
    token = claim_token(KEY, 1, member, reward)
    changed = token[:at] + letter + token[at + 1 :]
    assert changed == token or read_claim(KEY, 1, changed) is None


def test_a_token_opens_nothing_in_another_program_or_under_another_key() -> None:
    token = claim_token(KEY, 1, 7, 9)
    assert read_claim(KEY, 2, token) is None
    assert read_claim(bytes(32), 1, token) is None


@given(st.text(max_size=120))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    assert read_claim(KEY, 1, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "\u0131" * TOKEN_LENGTH,
        "\u0660" * TOKEN_LENGTH,
        "\0" * TOKEN_LENGTH,
        "=" * TOKEN_LENGTH,
        "Z" * 52,
        "Z" * DATED_LENGTH,
    ],
)
def test_texts_of_the_right_length_open_nothing_either(text: str) -> None:
    assert read_claim(KEY, 1, text) is None


@given(st.binary(max_size=64))
def test_bytes_come_back_from_their_text(data: bytes) -> None:
    assert read_crockford(write_crockford(data)) == data


@given(st.text(ALPHABET, max_size=60))
def test_a_text_is_bytes_only_when_it_is_how_they_are_written(text: str) -> None:
    data = read_crockford(text)
    assert data is None or write_crockford(data) == text


def test_lookalikes_are_read_as_the_digits_they_look_like() -> None:
    assert read_crockford("oIl0") == read_crockford("0110")
