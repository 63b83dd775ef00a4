"""Fixtures: the small and the rich program, and what one change does to them."""

from collections.abc import Callable

import pytest
from tests.program.programs import CLUB, RICH, SMALL, Case, Mistakes, found_in, read_changed, read_whole

from guerdon.program.model import Program


@pytest.fixture
def small() -> str:
    return SMALL


@pytest.fixture
def rich() -> str:
    return RICH


@pytest.fixture
def club() -> Program:
    return read_whole(CLUB)


@pytest.fixture
def program() -> Program:
    return read_whole(SMALL)


@pytest.fixture
def rich_program() -> Program:
    return read_whole(RICH)


@pytest.fixture
def mistakes() -> Mistakes:
    """Give the problems of the small program after `old` became `new`."""
    return lambda old, new: read_changed(SMALL, old, new)


@pytest.fixture
def rich_mistakes() -> Mistakes:
    """Give the problems of the rich program after `old` became `new`."""
    return lambda old, new: read_changed(RICH, old, new)


@pytest.fixture
def is_said() -> Callable[[Case], bool]:
    """Say whether the change of a case is reported in its words, with its line, place and hint."""
    return lambda case: found_in(SMALL, case)


@pytest.fixture
def is_said_of_rich() -> Callable[[Case], bool]:
    """Say the same of a change in the rich program."""
    return lambda case: found_in(RICH, case)


@pytest.fixture
def is_said_of_club() -> Callable[[Case], bool]:
    """Say the same of a change in the club's program."""
    return lambda case: found_in(CLUB, case)


@pytest.fixture
def club_mistakes() -> Mistakes:
    """Give the problems of the club's program after `old` became `new`."""
    return lambda old, new: read_changed(CLUB, old, new)
