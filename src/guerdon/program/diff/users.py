"""How many rules use something: a budget, a limit, a message, an event, or whatever else has a key."""

from collections.abc import Callable, Mapping

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


def _members(_: Program, rule: Rule, key: str) -> bool:
    return f"member.{key}" in (rule.condition_text or "")


_USES: Mapping[str, Callable[[Program, Rule, str], bool]] = {
    "limits": _limits,
    "budgets": _budgets,
    "units": _units,
    "lives": _units,
    "messages": lambda _, rule, key: key in rule.messages,
    "events": lambda _, rule, key: rule.when == key,
    "campaigns": lambda _, rule, key: rule.campaign == key,
    "groups": lambda _, rule, key: rule.group == key,
    "tables": lambda _, rule, key: rule.table is not None and rule.table.key == key,
    "segments": lambda _, rule, key: key in rule.segments or f"segment({key})" in (rule.condition_text or ""),
    "attributes": _members,
    "derived": _members,
    "holdings": lambda _, rule, key: f"holds({key}" in (rule.condition_text or ""),
    "markets": lambda _, rule, key: not rule.markets or key in rule.markets,
}
