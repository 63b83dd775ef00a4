"""Claim tokens: readable back, bound to program, member and reward, and made by nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.values.claims import TOKEN_LENGTH, claim_token, read_claim
from guerdon.values.crockford import ALPHABET, read_crockford, write_crockford
from guerdon.values.ids import ID_MAX

KEY = bytes(range(32))
ids = st.integers(0, ID_MAX)


@given(st.integers(1, 2**31 - 1), ids, ids)
def test_a_token_reads_back_as_its_member_and_reward(program: int, member: int, reward: int) -> None:
    token = claim_token(KEY, program, member, reward)
    assert len(token) == TOKEN_LENGTH
    assert read_claim(KEY, program, token) == (member, reward)
    assert read_claim(KEY, program, token.lower()) == (member, reward)


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
    ["\u0131" * TOKEN_LENGTH, "\u0660" * TOKEN_LENGTH, "\0" * TOKEN_LENGTH, "=" * TOKEN_LENGTH, "Z" * 52],
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
