"""Why a decision came out as it did: every rule of the event's type, with what it made of the event.

The decision that was stored is what holds. What each rule asked is computed once more from what was known
then; where the two do not agree, that is said of the rule, and nothing is invented.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from guerdon.expressions import Clause, Condition, NotLoaded, first_not_true
from guerdon.ledger.effects import Effect, Hold, Issue, Refuse, Reverse, Wait
from guerdon.program.model import Budget, Limit
from guerdon.rules.decide import asked_of, inapplicable
from guerdon.rules.earnings import rounded
from guerdon.rules.facts import Event, Standing
from guerdon.rules.playbook import Play, Playbook, Season
from guerdon.rules.tables import row_of

Outcome = Literal["given", "held", "refused", "taken_back", "waits", "done"]
# Reasons that are found only once a rule applies and asks for money.
AFTER = frozenset({"limit", "cap", "payer", "budget", "budget_closed", "group", "holdout"})


class Policy(msgspec.Struct, frozen=True):
    """What capped or refused a reward, or held it back; only what the reason names is there."""

    limit: Limit | None = None
    budget: Budget | None = None
    account: str = ""
    # The most that one member may have of the unit.
    cap_minor: int | None = None
    season: Season | None = None
    markets: frozenset[str] | None = None
    segments: Sequence[str] = ()
    # The rule of the same group that gave instead.
    winner: str = ""


class Story(msgspec.Struct, frozen=True):
    """What one rule made of an event; `asked` is what it would have given before anything capped it.

    `kept`: what was known then is known still. `agrees`: computed once more, it comes to the same.
    """

    rule: str
    outcome: Outcome
    reason: str = ""
    unit: str = ""
    value: int = 0
    asked: int | None = None
    capped_by: Literal["", "cap", "at_most"] = ""
    reward: int | None = None
    request: int | None = None
    clauses: Sequence[Clause] = ()
    # Of a segment that the rule asked, where that is what decided.
    others: Sequence[Clause] = ()
    # Of rows of the rule's table, by their number from 1: the one that says nothing is given, or all of them
    # where nobody could tell which takes it.
    rows: Sequence[tuple[int, Sequence[Clause]]] = ()
    policy: Policy = Policy()
    kept: bool = True
    agrees: bool = True

    @property
    def untrue(self) -> Clause | None:
        """The clause that decided against it: of its condition or of its segment.

        What a row of a table says is decided by all of its cells, and by none of them alone.
        """
        if self.reason.partition(":")[0] not in {"condition", "missing", "arithmetic", "segment"}:
            return None
        return first_not_true(self.clauses) or first_not_true(self.others)


def explain(playbook: Playbook, event: Event, member: Standing, effects: Sequence[Effect]) -> list[Story]:
    """Every rule that was asked, in the order in which they were, then what others brought about."""
    told = [_story(play, playbook, event, member, effects) for play in playbook.plays.get(event.type, ())]
    known = {story.rule for story in told}
    strange = {rule for effect in effects if (rule := _rule_of(effect)) and rule not in known}
    # Such are of rules that waited for this event's rewards, or of a version that reads otherwise by now.
    return told + [_bare(rule, effects) for rule in sorted(strange)]


def bare(effects: Sequence[Effect]) -> list[Story]:
    """What a decision itself says, where nobody can read its version or its facts any more."""
    rules = dict.fromkeys(rule for effect in effects if (rule := _rule_of(effect)))
    return [_bare(rule, effects) for rule in rules]


def _story(
    play: Play, playbook: Playbook, event: Event, member: Standing, effects: Sequence[Effect]
) -> Story:
    story = _told(play.rule.key, effects)
    try:
        expected = inapplicable(play, event, member)
        asked = _asked(play, playbook, event, member) if not expected else None
        clauses = _parts(play.rule.condition, event, member)
        others = _of_segments(play, event, member, story.reason)
        rows = _of_rows(play, event, member, story.reason)
    except NotLoaded:
        return msgspec.structs.replace(
            story, policy=_policy(play, playbook, member, story, effects), kept=False
        )
    if isinstance(asked, str):
        expected, asked = asked, None
    amount = asked[1] if asked is not None else None
    return msgspec.structs.replace(
        story,
        asked=amount,
        capped_by=_capped_by(play, event, story, amount),
        clauses=clauses,
        others=others,
        rows=rows,
        policy=_policy(play, playbook, member, story, effects),
        agrees=_agrees(play, member, story, expected, amount),
    )


def _asked(play: Play, playbook: Playbook, event: Event, member: Standing) -> tuple[str, int] | str | None:
    return asked_of(playbook, play.reward, event, member) if play.reward is not None else None


def _of_segments(play: Play, event: Event, member: Standing, reason: str) -> Sequence[Clause]:
    kind = reason.partition(":")[0]
    if kind != "segment" and (kind != "missing" or play.rule.condition is not None):
        return ()
    return [part for each in play.segments for part in _parts(each.condition, event, member)]


def _of_rows(
    play: Play, event: Event, member: Standing, reason: str
) -> Sequence[tuple[int, Sequence[Clause]]]:
    table, kind = play.rule.table, reason.partition(":")[0]
    if table is None or kind not in {"table", "missing"}:
        return ()
    took = row_of(table, event.fields, member.attributes) if kind == "table" else None
    return [
        (number, _parts(row.condition, event, member))
        for number, row in enumerate(table.rows, 1)
        if took is None or row is took
    ]


def _parts(condition: Condition | None, event: Event, member: Standing) -> Sequence[Clause]:
    return [] if condition is None else condition.explain(event.fields, member.attributes)


def _agrees(play: Play, member: Standing, story: Story, expected: str, asked: int | None) -> bool:
    kind = story.reason.partition(":")[0]
    if kind == "group":
        # A group is asked last of all that comes before money.
        return not expected
    if expected:
        return story.reason == expected
    if story.outcome in {"given", "held"}:
        return asked is None or story.value <= asked
    if story.outcome == "refused":
        # A limit that counts by a field asks for it after all else.
        fields = {f"missing:event.{bound.limit.field}" for bound in play.bounds.get(member.market, ())}
        return kind in AFTER or story.reason in fields or not play.reward
    return play.reward is None or bool(play.reversals or play.releases)


def _capped_by(play: Play, event: Event, story: Story, asked: int | None) -> Literal["", "cap", "at_most"]:
    if story.outcome not in {"given", "held"} or asked is None or play.reward is None:
        return ""
    if story.value < asked:
        return "cap"
    rate = play.reward.rate
    if rate is None or rate.at_most_minor is None:
        return ""
    of = event.fields.get(rate.field)
    # Down is the least that rounding makes of it.
    whole = isinstance(of, int) and rounded(of, rate.rate, "down") > rate.at_most_minor
    return "at_most" if whole else ""


def _policy(  # noqa: PLR0911  a kind of reason each
    play: Play, playbook: Playbook, member: Standing, story: Story, effects: Sequence[Effect]
) -> Policy:
    kind, _, about = story.reason.partition(":")
    program = playbook.program
    match kind:
        case "limit":
            return Policy(limit=program.limits.get(about))
        case "budget" | "budget_closed" | "payer":
            payer = play.payer_for(member.market, member.location)
            return Policy(budget=program.budgets.get(about), account=payer.account if payer else "")
        case "cap":
            return Policy(cap_minor=playbook.life(about).cap_minor)
        case "campaign" | "validity":
            return Policy(season=next((each for each in play.seasons if each.reason == kind), None))
        case "market":
            return Policy(markets=play.markets)
        case "segment":
            return Policy(segments=tuple(segment.key for segment in play.segments))
        case "group":
            return Policy(winner=_winner(playbook, about, effects))
        case "" if story.unit and play.reward is not None:
            payer = play.payer_for(member.market, member.location)
            if payer is None:
                return Policy()
            cap = playbook.life(story.unit).cap_minor
            return Policy(budget=payer.budget, account=payer.account, cap_minor=cap)
        case _:
            return Policy()


def _winner(playbook: Playbook, group: str, effects: Sequence[Effect]) -> str:
    for effect in effects:
        if isinstance(effect, Issue | Hold):
            play = playbook.by_rule.get(effect.rule)
            if play is not None and play.group == group:
                return effect.rule
    return ""


def _told(rule: str, effects: Sequence[Effect]) -> Story:
    for effect in effects:
        match effect:
            case Issue(by, reward, unit, value) if by == rule:
                return Story(rule, "given", "", unit, value, reward=reward)
            case Hold(request, by, reason, unit, value) if by == rule:
                return Story(rule, "held", reason, unit, value, request=request)
            case Refuse(by, reason, unit, value) if by == rule:
                return Story(rule, "refused", reason, unit, value)
            case Reverse(reward, by, unit, amount) if by == rule:
                return Story(rule, "taken_back", "", unit, amount, reward=reward)
            case _:
                pass
    return Story(rule, "done")


def _bare(rule: str, effects: Sequence[Effect]) -> Story:
    waits = any(isinstance(effect, Wait) and effect.rule == rule for effect in effects)
    story = _told(rule, effects)
    return Story(rule, "waits") if waits and story.outcome == "done" else story


def _rule_of(effect: Effect) -> str:
    return effect.rule if isinstance(effect, Issue | Hold | Refuse | Reverse | Wait) else ""
