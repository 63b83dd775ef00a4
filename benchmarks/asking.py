"""What `bench why` and `bench try` ask about: a program with so many rules, and variants of one event."""

from guerdon.program.load import read_program
from guerdon.program.model import Program

EVENT = "order.paid"
OTHER = "visit.done"
LEVELS = ("basic", "plus", "top")
_HEAD = """
program: asking
name: Asking
time_zone: Europe/Berlin
units:
  PTS: { kind: points, digits: 0 }
markets:
  DE: { name: { en: Germany, de: Deutschland }, language: de, time_zone: Europe/Berlin }
members:
  sources: [crm]
  attributes:
    level: { type: string, one_of: [basic, plus, top], name: { en: level, de: Stufe } }
segments:
  keen: { if: "count(order.paid, '90d') >= 2" }
events:
  order.paid:
    name: { en: Order paid, de: Bestellung bezahlt }
    fields:
      amount: { type: int, name: { en: amount, de: Betrag } }
      kind: { type: string, one_of: [net, store], name: { en: kind, de: Art } }
  visit.done: { name: { en: Visit, de: Besuch } }
budgets:
  pot: { name: { en: Pot, de: Topf }, per: market, unit: PTS, amounts: { DE: 1000000000000 } }
limits:
  month: { name: { en: A month, de: Ein Monat }, per: member, period: month, amount: 1000000 PTS }
items:
  bell: { name: Bell, category: parts, values: [5 PTS], about: A bell., use: Ring it. }
rules:
"""
_RULE = """  rule_{n}:
    name: {{ en: Rule {n}, de: Regel {n} }}
    when: {event}
    if: "{condition}"
    promise: public
    then: [{{ reward: {{ value: {value} PTS, pay_from: pot }} }}]
"""


def asking_program(rules: int, of_event: int) -> Program:
    """A program of so many rules, so many of them for the event that is asked about."""
    text = _HEAD
    for n in range(rules):
        ours = n < of_event
        amount = f"event.amount >= {n * 10}"
        conditions = (
            f"{amount} && member.level == '{LEVELS[n % 3]}'",
            f"{amount} && count(order.paid, '90d') >= {n % 7} && event.kind == 'net'",
            f"member.level in ['plus', 'top'] && (event.kind == 'store' || segment(keen)) && {amount}",
        )
        condition = conditions[n % 3] if ours else f"count(order.paid, '30d') > {n}"
        event = EVENT if ours else OTHER
        text += _RULE.format(n=n, event=event, condition=condition, value=n + 1)
    made = read_program(text)
    assert isinstance(made, Program), made[:3]
    return made
