"""Conditions of a program: what they may be compared with follows from what the program declares."""

from pathlib import Path

import pytest

from guerdon.program.load import load_program
from guerdon.program.model import Program

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "ev_maker"


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("event.order_type == 'retial'", "event.order_type is never 'retial'"),
        ("'flet' == member.segment", "member.segment is never 'flet'"),
        ("event.order_type in ['retail', 'fleeet']", "event.order_type is never 'fleeet'"),
        ("member.market == 'GERMANY'", "member.market is never 'GERMANY'"),
        ("member.location == 'nowhere'", "member.location is never 'nowhere'"),
    ],
)
def test_a_text_that_a_field_can_never_hold_is_a_mistake(tmp_path: Path, condition: str, said: str) -> None:
    (tmp_path / "locations.csv").write_bytes((EXAMPLE / "locations.csv").read_bytes())
    text = (EXAMPLE / "program.yaml").read_text(encoding="utf-8")
    booking = "!member.employee && (!has(event.order_type) || event.order_type == 'retail')"
    assert text.count(booking) == 1
    (tmp_path / "program.yaml").write_text(text.replace(booking, condition), encoding="utf-8")
    found = load_program(tmp_path / "program.yaml")
    assert not isinstance(found, Program)
    assert any(said in str(problem) for problem in found), [str(problem) for problem in found]
