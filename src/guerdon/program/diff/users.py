"""How many rules use something: a budget, a limit, a message, an event, or whatever else has a key."""

import re
from collections.abc import Callable, Mapping

from guerdon.program.declared import Connection, Derived, Drop, Segment
from guerdon.program.model import Program, Rule


def count_users(program: Program, section: str, key: str) -> int:
    """How many rules of a program use an entry of a section; a rule itself is used by nobody."""
    uses = _USES.get(section)
    return 0 if uses is None else sum(uses(program, rule, key) for rule in program.rules.values())


def _limits(program: Program, rule: Rule, key: str) -> bool:
    return key in program.limits and rule.key in program.limits[key].rules


def _budgets(program: Program, rule: Rule, key: str) -> bool:
    """Whether a budget pays for it, or stands above the one that does."""
    passed: set[str] = set()
    above = rule.reward.pay_from if rule.reward is not None else None
    while above is not None and above not in passed and above in program.budgets:
        passed.add(above)
        above = program.budgets[above].parent
    return key in passed


def _units(_: Program, rule: Rule, key: str) -> bool:
    return rule.reward is not None and key in rule.reward.units


def _members(program: Program, rule: Rule, key: str) -> bool:
    return _reads(program, rule, f"member.{key}")


def _reads(program: Program, rule: Rule, words: str) -> bool:
    """Whether a rule reads something, itself or through segments and derived attributes."""
    waiting, passed, others = _texts_of(rule), set(), _others(program)
    while waiting:
        text = waiting.pop()
        if text in passed:
            continue
        passed.add(text)
        waiting += [other for called, other in others if _says(text, called)]
    return any(_says(text, words) for text in passed)


def _others(program: Program) -> list[tuple[str, str]]:
    """What may be named in a text, and the text behind the name."""
    segments = program.segments.values()
    derived = program.derived.values()
    return [
        *((f"segment({each.key}", each.condition_text) for each in segments if isinstance(each, Segment)),
        *((f"member.{each.key}", each.text) for each in derived if isinstance(each, Derived)),
    ]


def _texts_of(rule: Rule) -> list[str]:
    columns = rule.table.columns if rule.table is not None else ()
    return [rule.condition_text or "", *columns, *(f"segment({key}" for key in rule.segments)]


def _says(text: str, words: str) -> bool:
    """Whether a text names something, and not what only begins so."""
    return re.search(rf"(?<![\w.]){re.escape(words)}(?![\w])", text) is not None


def _segments(program: Program, rule: Rule, key: str) -> bool:
    return key in rule.segments or _reads(program, rule, f"segment({key}")


def _holdings(program: Program, rule: Rule, key: str) -> bool:
    return _reads(program, rule, f"holds({key}")


def _connections(program: Program, rule: Rule, key: str) -> bool:
    """Whether it brings the event that a rule waits for."""
    found = program.connections.get(key)
    if not isinstance(found, Connection):
        return False
    brings: tuple[object, ...] = (*found.mappings, *found.deals, found.action)
    return any(getattr(each, "event", None) == rule.when for each in brings)


def _drops(program: Program, rule: Rule, key: str) -> bool:
    """Whether its rows are the event that a rule waits for."""
    found = program.drops.get(key)
    return isinstance(found, Drop) and found.event == rule.when


_USES: Mapping[str, Callable[[Program, Rule, str], bool]] = {
    "limits": _limits,
    "budgets": _budgets,
    "units": _units,
    "lives": _units,
    "messages": lambda _, rule, key: key in rule.messages,
    "topics": lambda program, rule, key: any(
        message in program.messages and program.messages[message].topic == key for message in rule.messages
    ),
    "connections": _connections,
    "events": lambda _, rule, key: rule.when == key,
    "drops": _drops,
    "campaigns": lambda _, rule, key: rule.campaign == key,
    "groups": lambda _, rule, key: rule.group == key,
    "tables": lambda _, rule, key: rule.table is not None and rule.table.key == key,
    "segments": _segments,
    "attributes": _members,
    "derived": _members,
    "holdings": _holdings,
    "markets": lambda _, rule, key: not rule.markets or key in rule.markets,
}
