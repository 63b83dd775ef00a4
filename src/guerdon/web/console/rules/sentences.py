"""A rule as one sentence: when it happens, if so, what is given, and at most how much."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from babel.numbers import is_currency

from guerdon.program.model import Limit, Mature, Program, Reverse, Reward, Rule
from guerdon.program.sentences import Naming, condition_words
from guerdon.text import formats
from guerdon.text.catalogs import Words, words
from guerdon.values.money import Money
from guerdon.values.texts import text_in

AMOUNTS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class RuleWords:
    """The pieces of a rule's sentence; `text` is its condition as it is written."""

    when: str
    condition: str
    text: str
    gives: tuple[str, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speaker:
    """A program's rules in a language, for a reader who sees these markets."""

    program: Program
    locale: str
    markets: Collection[str]

    @property
    def words(self) -> Words:
        """The console's words."""
        return words(self.locale, "console")

    def rule(self, rule: Rule) -> RuleWords:
        """The sentence of a rule, in pieces."""
        naming = Naming(self.program, rule.when, self.locale)
        condition = condition_words(rule.condition.term, naming) if rule.condition is not None else None
        named = [limit for limit in self.program.limits.values() if self.counts(limit, rule)]
        few = [limit for limit in named if len(limit.rules) < len(self.program.rules)]
        return RuleWords(
            naming.event_type(rule.when),
            condition or "",
            rule.condition_text or "",
            tuple(self._gives(rule)),
            tuple(self.limit(limit) for limit in few),
        )

    @staticmethod
    def counts(limit: Limit, rule: Rule) -> bool:
        """Whether a limit counts what a rule gives."""
        return rule.reward is not None and rule.key in limit.rules

    def limit(self, limit: Limit) -> str:
        """How much a limit lets through."""
        say = self.words.gettext
        many = limit.times if limit.times is not None else 0
        times = self.words.ngettext("%(n)s time", "%(n)s times", many)
        most = self.money(limit.amount) if limit.amount else times % {"n": self.number(many)}
        period = {
            "day": say("at most %(most)s a day"),
            "month": say("at most %(most)s a month"),
            "year": say("at most %(most)s a year"),
            "life": say("at most %(most)s ever"),
            "hours": say("at most %(most)s within %(hours)s h"),
        }[limit.period] % {"most": most, "hours": self.number(limit.hours)}
        per = {
            "member": say("per member"),
            "location": say("per location"),
            "rule": say("per rule"),
            "market": say("per market"),
            "campaign": say("per campaign"),
            "program": say("in the whole program"),
        }.get(limit.per)
        named = say("per %(field)s") % {"field": (limit.field or "").replace("_", " ")}
        return f"{period} {per or named}"

    def _gives(self, rule: Rule) -> list[str]:
        said = []
        for step in rule.then:
            match step:
                case Reward():
                    said.append(self._reward(step, rule))
                case Reverse(rule=of):
                    taken = self.words.gettext("take back what “%(rule)s” gave")
                    said.append(taken % {"rule": self._rule(of)})
                case Mature(rule=of):
                    freed = self.words.gettext("release what “%(rule)s” gave")
                    said.append(freed % {"rule": self._rule(of)})
        return said

    def _reward(self, reward: Reward, rule: Rule) -> str:
        say = self.words.gettext
        if reward.table is not None:
            if reward.table.key == rule.key:
                return say("give what its table says")
            return say("give what the table “%(table)s” says") % {
                "table": text_in(reward.table.name, self.locale)
            }
        if reward.rate is not None:
            field = Naming(self.program, rule.when, self.locale).field(rule.when, reward.rate.field)
            return say("give %(unit)s: %(rate)s for each of “%(field)s”") % {
                "unit": reward.rate.unit,
                "rate": formats.rate(reward.rate.rate, self.locale),
                "field": field,
            }
        return say("give %(amount)s") % {"amount": self._amounts(reward)}

    def _amounts(self, reward: Reward) -> str:
        seen = {market: each for market, each in reward.amounts.items() if market in self.markets}
        amounts = list(dict.fromkeys(seen.values()))
        if len(amounts) <= 1:
            return ", ".join(map(self.money, amounts))
        say = self.words.gettext
        first = list(seen.items())[:AMOUNTS_SHOWN]
        said = [
            say("%(amount)s in %(market)s") % {"amount": self.money(each), "market": self.market(key)}
            for key, each in first
        ]
        if len(seen) > AMOUNTS_SHOWN:
            more = self.words.ngettext("and %(n)s more", "and %(n)s more", len(seen) - AMOUNTS_SHOWN)
            said.append(more % {"n": self.number(len(seen) - AMOUNTS_SHOWN)})
        return ", ".join(said)

    def money(self, value: Money) -> str:
        """An amount in its unit."""
        unit = self.program.units[value.unit]
        amount = formats.money(value.amount_minor, value.unit, unit.digits, self.locale)
        return amount if is_currency(value.unit) else f"{amount} {value.unit}"

    def number(self, value: int) -> str:
        """A number."""
        return formats.number(value, self.locale)

    def market(self, key: str) -> str:
        """A market by its name."""
        found = self.program.markets.get(key)
        return text_in(found.name, self.locale) if found is not None else key

    def _rule(self, key: str) -> str:
        found = self.program.rules.get(key)
        return text_in(found.name, self.locale) if found is not None else key

    def markets_of(self, rule: Rule) -> str:
        """Where a rule holds, of what the reader sees."""
        if set(rule.markets) >= set(self.program.markets):
            return self.words.gettext("All markets")
        return ", ".join(self.market(key) for key in rule.markets if key in self.markets)


def order_of(rules: Sequence[Rule]) -> list[Rule]:
    """Rules in the order in which they are asked."""
    return sorted(rules, key=lambda rule: -rule.priority)
