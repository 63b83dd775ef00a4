"""The playbook: a program made ready for deciding, once per version, so an event costs only its own rules.

Rules stand under the event they wait for, each with the limits that count it and the account that pays
it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from guerdon.ledger.chart import budget_account
from guerdon.program.model import Limit, Program, Rule
from guerdon.values.ids import derived_id

QUARTER_HOUR_S = 900


@dataclass(frozen=True, slots=True)
class Play:
    """A rule with everything it needs to be decided."""

    rule: Rule
    limits: tuple[Limit, ...]
    # The account that pays, by the member's market; empty for a rule that gives nothing.
    payers: Mapping[str, str]
    valid_for: timedelta
    # Messages: key, channel, and the number that sets the message's id apart from its cause's.
    sends: tuple[tuple[str, str, int], ...]


class Playbook:
    """A version of a program, indexed by event type."""

    def __init__(self, program: Program, program_id: int, version: int) -> None:
        self.program = program
        self.program_id = program_id
        self.version = version
        self.zone = ZoneInfo(program.time_zone)
        self.plays: dict[str, tuple[Play, ...]] = {
            event: tuple(_play(program, rule) for rule in program.rules.values() if rule.when == event)
            for event in program.events
        }
        self.pools = sorted(
            {payer for plays in self.plays.values() for play in plays for payer in play.payers.values()}
        )
        self._days: dict[int, date] = {}

    def day_of(self, instant: datetime) -> date:
        """The calendar day of an instant in the program's time zone."""
        # No zone changes its offset within a quarter of an hour, so one look-up serves them all.
        quarter = int(instant.timestamp()) // QUARTER_HOUR_S
        found = self._days.get(quarter)
        if found is None:
            if len(self._days) > 100_000:
                self._days.clear()
            found = self._days[quarter] = instant.astimezone(self.zone).date()
        return found


def _play(program: Program, rule: Rule) -> Play:
    reward = rule.reward
    budget = program.budgets[reward.pay_from] if reward else None
    return Play(
        rule=rule,
        limits=tuple(
            limit
            for limit in program.limits.values()
            if reward
            and rule.key in limit.rules
            and (limit.amount is None or limit.amount.unit == reward.value.unit)
        ),
        payers={m: budget_account(budget.key, m) for m in budget.amounts_minor} if budget else {},
        valid_for=timedelta(days=reward.valid_days if reward else 0),
        sends=tuple(
            (key, program.messages[key].channel, derived_id(0, "message", key)) for key in rule.messages
        ),
    )
