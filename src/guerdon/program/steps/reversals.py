"""Steps that look back: taking a reward of another rule back, and releasing one that was pending.

Both name a rule, and with `reference` the very thing: what was given for order 17 is taken back by the event
that says order 17 was returned.
"""

from collections.abc import Mapping
from typing import Literal

from guerdon.program.conditions.declarations import NAMING, NUMBERS, read_field_of
from guerdon.program.model import Event, Life, Mature, Pending, Reverse, Reward, Rule
from guerdon.program.places import Place
from guerdon.program.steps.rewards import Moment

OWED: tuple[Literal["debt", "location", "forgive"], ...] = ("debt", "location", "forgive")


def read_reverse(place: Place, moment: Moment, rules: Mapping[str, Place], *, has_locations: bool) -> Reverse:
    """Read a `reverse:` step."""
    fields = place.fields(["rule"], ["reference", "part", "whole", "if_spent"])
    rule = fields["rule"].one_of(rules, "rule") if "rule" in fields else None
    reference = read_field_of(fields.get("reference"), moment.event, NAMING)
    part = read_field_of(fields.get("part"), moment.event, NUMBERS)
    whole = read_field_of(fields.get("whole"), moment.event, NUMBERS)
    if ("part" in fields) != ("whole" in fields):
        place.wrong(
            "a part is a part of a whole", "name both fields, or neither to take all of the reward back"
        )
    elif part is not None and whole is not None:
        _check_share(fields["whole"], part, whole, moment.event)
    owed = fields["if_spent"].one_of(OWED, "answer") if "if_spent" in fields else None
    if owed == "location" and not has_locations:
        fields["if_spent"].wrong("the program has no locations", "write debt or forgive")
    return Reverse(rule or "", reference, part, whole, owed or "debt")


def read_release(place: Place, moment: Moment, rules: Mapping[str, Place]) -> Mature:
    """Read a `release:` step."""
    fields = place.fields(["rule"], ["reference"])
    rule = fields["rule"].one_of(rules, "rule") if "rule" in fields else None
    return Mature(rule or "", read_field_of(fields.get("reference"), moment.event, NAMING))


def check_look_back(
    place: Place, rule: Rule, step: Reverse | Mature, rules: Mapping[str, Rule], lives: Mapping[str, Life]
) -> None:
    """Name a step that never finds a reward: its rule gives none, or keeps none by that reference."""
    target = rules.get(step.rule)
    if target is None:
        return  # an unknown rule was named already
    where = place.table().get("rule", place)
    if target.key == rule.key:
        where.wrong("a rule cannot look back at itself", "name the rule that gave the reward")
        return
    if target.reward is None:
        where.wrong(f"the rule {target.key} gives no reward", "name the rule that gave it")
        return
    if not set(rule.markets) & set(target.markets):
        where.wrong(f"{target.key} holds in none of this rule's markets", "let the two share a market")
    if step.reference is not None and target.reward.reference is None:
        place.table().get("reference", place).wrong(
            f"the rewards of {target.key} keep no reference",
            "add `reference:` to its reward, with the field of its event",
        )
    if isinstance(step, Mature) and not _is_pending(target.reward, lives):
        where.wrong(
            f"what {target.key} gives is available at once", "add `pending:` to its reward, or remove this"
        )


def _is_pending(reward: Reward, lives: Mapping[str, Life]) -> bool:
    if reward.pending is not None:
        return reward.pending != Pending()
    # What has no unit could not be read, and was named already.
    return not reward.units or any(lives[unit].pending != Pending() for unit in reward.units)


def _check_share(place: Place, part: str, whole: str, event: Event | None) -> None:
    if part == whole:
        place.wrong("a part of itself is always all of it", "name the field that holds the whole")
    elif event is not None and part in event.fields and whole in event.fields:
        one, other = event.fields[part], event.fields[whole]
        if {one.type, other.type} <= set(NUMBERS) and (one.type, one.unit) != (other.type, other.unit):
            place.wrong(
                f"{part} and {whole} are not of one kind", "compare two amounts of a unit or two numbers"
            )
