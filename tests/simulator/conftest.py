"""The simulator is imported from the repository's root, as the type checker sees it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from examples.ev_maker.simulator.terms import Terms, load_terms  # noqa: E402 - the path comes first
from tests.simulator.front_door import FrontDoor  # noqa: E402

PROGRAM = """
program: test_circle
time_zone: Europe/Berlin
markets:
  NO: { language: en }
  PT: { language: en }
locations:
  oslo: { name: Oslo, market: NO }
  bergen: { name: Bergen, market: NO }
  porto: { name: Porto, market: PT }
connections:
  hubspot_eu: { vendor: hubspot, portal: 4471209 }
budgets:
  central: { per: one, unit: EUR, amount: 402000.00 }
  by_market:
    per: market
    parent: central
    unit: EUR
    amounts: { NO: 400000.00, PT: 1000.00 }
    top_up: { below: { NO: 20000.00 }, amount: { NO: 500.00 } }
limits:
  member_month:     { per: member, period: month, amount: 600.00 EUR }
  test_drive_month: { per: member, period: month, times: 2, rules: [test_drive] }
  velocity:         { per: member, period: { hours: 24 }, amount: 1000.00 EUR, over: hold }
rules:
  test_drive: { when: test_drive.completed, then: [{ reward: { value: 25.00 EUR, pay_from: by_market } }] }
  booking:    { when: booking.confirmed, then: [{ reward: { value: 200.00 EUR, pay_from: by_market } }] }
  referral:   { when: referral.succeeded, then: [{ reward: { value: 350.00 EUR, pay_from: by_market } }] }
  canceled:   { when: booking.canceled, then: [{ reverse: { rule: booking, if_spent: debt } }] }
"""


@pytest.fixture
def program_file(tmp_path: Path) -> Path:
    path = tmp_path / "program.yaml"
    path.write_text(PROGRAM, "utf-8")
    return path


@pytest.fixture
def terms(program_file: Path) -> Terms:
    return load_terms(program_file, "hubspot_eu")


@pytest.fixture
def front_door() -> Iterator[FrontDoor]:
    with FrontDoor() as door:
        yield door
