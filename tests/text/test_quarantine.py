"""Every reason for which an event is set apart has a name and an advice of its own."""

import re

import pytest
from tests.text.messages import PACKAGE

from guerdon.text.catalogs import words
from guerdon.text.quarantine import parked_text
from guerdon.values.texts import LANGUAGES

OTHER = parked_text(words("en", "reasons"), "something of a later version")
CODE = re.compile(
    r"""(?:Unusable|QuarantineRow|_unusable)\(\s*(?:[\w.\-]+,\s*){1,2}["']([a-z_]+)["']"""
    r"""|j\.external_id, '([a-z_]+)'"""
)


def codes() -> set[str]:
    """The codes of reasons that our own sources write."""
    sources = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.sql")]
    found = [match for path in sources for match in CODE.findall(path.read_text(encoding="utf-8"))]
    return {first or second for first, second in found}


def test_the_sources_are_read_as_they_are_written() -> None:
    assert codes() >= {"malformed_body", "unmapped_value", "reused_id", "poison", "in_the_future", "not_kept"}
    assert len(codes()) >= 15


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words_of_its_own(language: str) -> None:
    spoken = words(language, "reasons")
    other = parked_text(spoken, "something of a later version")
    told = {code: parked_text(spoken, code) for code in codes()}
    assert [code for code, parked in told.items() if parked == other] == []
    assert len({parked.name for parked in told.values()}) == len(told)


def test_a_reason_of_a_later_version_leaves_its_detail_to_speak() -> None:
    assert OTHER.advice == "The detail below says why."
