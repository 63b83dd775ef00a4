"""A small program without mistakes, and what is wrong with it after one change."""

from collections.abc import Callable

import pytest

from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.values.problems import Problem

SMALL = """\
program: corner_garage
name: Corner Garage
time_zone: Europe/Oslo
units:
  EUR: { kind: money, digits: 2 }
  stars: { kind: points, digits: 0 }
markets:
  DE: { name: { en: Germany, de: Deutschland }, language: de, time_zone: Europe/Berlin }
  NO: { name: Norway, language: en, time_zone: Europe/Oslo }
locations:
  de-kiel: { name: Kiel, market: DE }
  no-oslo: { name: Oslo, market: NO }
members:
  sources: [hubspot]
  attributes:
    employee: { type: bool }
events:
  visit.completed:
    fields:
      order_type: { type: string, one_of: [retail, fleet] }
      paid: { type: money }
  referral.succeeded:
    fields:
      referred_contact: { type: string, required: true }
connections:
  crm:
    vendor: hubspot
    portal: 12345
    secret: CRM_CLIENT_SECRET
    subject: hubspot
    map:
      - { property: visit_status, value: done, event: visit.completed }
      - { property: referred, event: referral.succeeded, fields: { referred_contact: value } }
    ignore: [lifecyclestage]
budgets:
  by_market: { per: market, unit: EUR, amounts: { DE: 1000.00, NO: 500.00 } }
limits:
  member_month: { per: member, period: month, amount: 60.00 EUR }
  visit_month: { per: member, period: month, times: 2, rules: [visit] }
rules:
  visit:
    name: { en: Visit, de: Besuch }
    when: visit.completed
    if: "!member.employee && event.order_type == 'retail'"
    promise: public
    then:
      - reward: { value: 25.00 EUR, pay_from: by_market, valid_days: 90 }
      - send: reward_ready
messages:
  reward_ready: { channel: email, topic: service }
items:
  cake: { name: Cake, category: gift_card, values: [25.00 EUR] }
"""


@pytest.fixture
def small() -> str:
    return SMALL


@pytest.fixture
def program() -> Program:
    read = read_program(SMALL)
    assert isinstance(read, Program), "\n".join(map(str, read))
    return read


Mistakes = Callable[[str, str], list[Problem]]


@pytest.fixture
def mistakes() -> Mistakes:
    """Give the problems of the small program after `old` became `new`."""

    def read_changed(old: str, new: str) -> list[Problem]:
        assert SMALL.count(old) == 1, f"{old!r} stands {SMALL.count(old)} times in the small program"
        read = read_program(SMALL.replace(old, new))
        assert isinstance(read, list), "no mistake was found"
        return read

    return read_changed
