"""Rules: when an event meets a condition, steps follow.

The condition is compiled here, once, against what the event and the member were declared to have; a
mistake in it is reported at its column, and never becomes a rule that silently does not apply.
"""

from collections.abc import Mapping
from datetime import date

from guerdon.program.conditions.circles import check_rule_circles
from guerdon.program.conditions.later import RULE_LINES, fields_but_later
from guerdon.program.conditions.later import STEPS as LATER
from guerdon.program.conditions.vocabulary import compiled
from guerdon.program.model import Campaign, Mature, Reverse, Reward, Rule, Send, Step
from guerdon.program.places import Place
from guerdon.program.policy.campaigns import read_days
from guerdon.program.steps.reversals import check_look_back, read_release, read_reverse
from guerdon.program.steps.rewards import Moment, Surroundings, read_reward
from guerdon.program.texts import read_text
from guerdon.values.texts import Text

REQUIRED = ("name", "when", "promise", "then")
OPTIONAL = ("if", "because", "markets", "campaign", "priority", "group", "valid", "segments")
PRIORITY_MAX = 1000
STEPS = ("reward", "send", "reverse", "release")

# Steps that name other rules, with where they stand: what they find shows when all rules were read.
LookingBack = list[tuple[Reverse | Mature, Place]]


def read_rules(place: Place | None, known: Surroundings) -> dict[str, Rule]:
    """Read `rules`, in their order."""
    if place is None:
        return {}
    places = place.keyed(example="test_drive")
    found: dict[str, Rule] = {}
    looking_back = []
    for key, each in places.items():
        found[key], placed = _read_rule(key, each, places, known)
        looking_back += [(where, found[key], step) for step, where in placed]
    for where, rule, step in looking_back:
        check_look_back(where, rule, step, found, known.lives)
    check_rule_circles(places, found, known.lives)
    return found


def _read_rule(
    key: str, place: Place, rules: Mapping[str, Place], known: Surroundings
) -> tuple[Rule, LookingBack]:
    fields = fields_but_later(place, REQUIRED, OPTIONAL, RULE_LINES)
    when = fields["when"].one_of(known.events, "event") if "when" in fields else None
    promise = fields["promise"].one_of(("public", "campaign"), "promise") if "promise" in fields else None
    markets = tuple(known.markets)
    if "markets" in fields:
        markets = fields["markets"].some_of(known.markets, "market")
    event = known.events.get(when or "")
    text = fields["if"].word() if "if" in fields else None
    then: tuple[Step, ...] = ()
    looking_back: LookingBack = []
    if "then" in fields:
        then, looking_back = _read_steps(fields["then"], Moment(event, markets), rules, known)
    campaign = fields["campaign"].one_of(known.campaigns, "campaign") if "campaign" in fields else None
    rule = Rule(
        key=key,
        name=read_text(fields.get("name")),
        when=when or "",
        condition_text=text,
        condition=compiled(fields["if"], text, known.vocabulary, event) if text and event else None,
        promise="campaign" if promise == "campaign" else "public",
        then=then,
        markets=markets,
        campaign=campaign,
        priority=(fields["priority"].whole(-PRIORITY_MAX, PRIORITY_MAX) if "priority" in fields else None)
        or 0,
        group=fields["group"].one_of(known.groups, "group") if "group" in fields else None,
        valid=_read_valid(fields["valid"], known.campaigns.get(campaign or ""))
        if "valid" in fields
        else (None, None),
        segments=fields["segments"].some_of(known.segments, "segment") if "segments" in fields else (),
        because=_read_because(fields),
    )
    return rule, looking_back


def _read_because(fields: Mapping[str, Place]) -> Text | None:
    """Read what members are told when the condition was not met."""
    if "because" not in fields:
        return None
    if "if" not in fields:
        fields["because"].wrong("there is no condition that this could be about", "add `if:`, or remove it")
    return read_text(fields["because"])


def _read_valid(place: Place, campaign: Campaign | None) -> tuple[date | None, date | None]:
    """Read the first and the last day on which a rule holds, as those of a campaign are read."""
    first, last = read_days(place.fields(optional=["from", "to"]))
    if place.is_empty():
        place.wrong(
            "neither the first nor the last day is written", "write `{ from: 2026-03-01, to: 2026-05-31 }`"
        )
    ends = [each for each in (last, campaign.last if campaign else None) if each is not None]
    begins = [each for each in (first, campaign.first if campaign else None) if each is not None]
    if campaign is not None and ends and begins and min(ends) < max(begins):
        place.wrong(f"it is never valid while the campaign {campaign.key} lasts", "let the days meet")
    return first, last


def _read_steps(
    place: Place, moment: Moment, rules: Mapping[str, Place], known: Surroundings
) -> tuple[tuple[Step, ...], LookingBack]:
    found: list[Step] = []
    looking_back: LookingBack = []
    for item in place.listing("nothing follows", "write a step like `- reward: { value: 25.00 EUR, ... }`"):
        fields = fields_but_later(item, (), STEPS, LATER)
        if len(fields) > 1 or item.is_empty():
            item.wrong(
                "a step is one thing: a reward, a message to send, something taken back or released",
                "write `- reward: { ... }`",
            )
        for kind, each in fields.items():
            step = _read_step(kind, each, moment, rules, known)
            if isinstance(step, Reward) and any(isinstance(other, Reward) for other in found):
                item.wrong("a rule gives one reward", "write a second rule for the same event")
            if isinstance(step, Send) and step in found:
                item.wrong("this message is sent already", "remove one of the two")
            if isinstance(step, Reverse | Mature):
                if any(type(step) is type(other) and step.rule == other.rule for other, _ in looking_back):
                    item.wrong(f"this rule looks back at {step.rule} already", "remove one of the two")
                looking_back.append((step, each))
            found.append(step)
    sends = any(isinstance(step, Send) for step in found)
    if sends and not any(isinstance(step, Reward) for step in found):
        place.wrong("a message is sent about a reward, and this rule gives none", "add a `reward:` step")
    return tuple(found), looking_back


def _read_step(
    kind: str, place: Place, moment: Moment, rules: Mapping[str, Place], known: Surroundings
) -> Step:
    match kind:
        case "reward":
            return read_reward(place, moment, known)
        case "reverse":
            return read_reverse(place, moment, rules, has_locations=bool(known.locations))
        case "release":
            return read_release(place, moment, rules)
        case _:
            return _read_send(place, known)


def _read_send(place: Place, known: Surroundings) -> Send:
    """Read which message follows; reminders go on their days, whatever happens."""
    key = place.one_of(known.messages, "message")
    if key is not None and known.messages[key].remind is not None:
        place.wrong(f"{key} is a reminder: it goes on its days, and no rule sends it", "remove it from here")
    return Send(key or "")
