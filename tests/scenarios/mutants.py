"""Mutants of the example programs: each has one thing taken out that somebody relies on.

A mutant says in which ways its thing may be taken out; the first that leaves a program in order is played.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.scenarios.pages import EXAMPLES

from guerdon.program.load import bundle, load_program
from guerdon.program.model import Program

Document = dict[str, Any]
Cut = Callable[[Document], None]
# What was taken out, words of the pages that should notice, and the ways to take it out.
Taken = tuple[str, tuple[str, ...], tuple[Cut, ...]]


@dataclass(frozen=True)
class Mutant:
    """What was taken out of which program, in which ways, and words of the pages that should notice."""

    example: Path
    name: str
    words: tuple[str, ...]
    ways: tuple[Cut, ...]

    def documents(self) -> Iterator[Document]:
        for way in self.ways:
            document = whole(self.example)
            way(document)
            mend(document)
            yield document


@cache
def _stored(example: Path) -> str:
    program = load_program(example / "program.yaml")
    assert isinstance(program, Program), program
    # As it is stored: tables and locations of files stand inside.
    return bundle(program)


def whole(example: Path) -> Document:
    loaded: Document = json.loads(_stored(example))
    return loaded


def mend(document: Document) -> None:
    """Take out what only the missing thing used: it would be a mistake, and nothing else hangs on it."""
    rules, limits = document["rules"], document.get("limits", {})
    for key in list(rules):
        steps = rules[key]["then"]
        steps[:] = [step for step in steps if _looks_back_at(step) in {None, *rules}]
        if not steps:
            del rules[key]
    for key, limit in list(limits.items()):
        if "rules" in limit:
            limit["rules"] = [rule for rule in limit["rules"] if rule in rules]
        counted = [rules[rule] for rule in limit.get("rules", rules)]
        if not counted or (limit["per"] == "campaign" and not any("campaign" in rule for rule in counted)):
            del limits[key]
    promised = document.get("deliveries", {}).get("rules", {})
    for key in [rule for rule in promised if rule not in rules]:
        del promised[key]
    for group in list(document.get("groups", {})):
        members = [rule for rule in rules.values() if rule.get("group") == group]
        if len({rule["when"] for rule in members}) == len(members):
            del document["groups"][group]
            for rule in members:
                del rule["group"]
    rewards = [step["reward"] for rule in rules.values() for step in rule["then"] if "reward" in step]
    paying = {reward.get("pay_from") for reward in rewards}
    budgets = document.get("budgets", {})
    _keep(document, "budgets", paying | {budgets[key].get("parent") for key in paying if key})
    _keep(document, "tables", {r["table"] for r in rewards if isinstance(r.get("table"), str)})
    _keep(document, "campaigns", {rule.get("campaign") for rule in rules.values()})


def _looks_back_at(step: Document) -> str | None:
    looking = step.get("reverse") or step.get("release")
    return str(looking["rule"]) if looking else None


def _keep(document: Document, section: str, used: set[str | None]) -> None:
    for key in list(document.get(section, {})):
        if key not in used:
            del document[section][key]


def deleted(*path: str | int) -> Cut:
    """Take out what stands at a path."""

    def cut(document: Document) -> None:
        at: Any = document
        for key in path[:-1]:
            at = at[key]
        del at[path[-1]]

    return cut


def replaced(value: object, *path: str | int) -> Cut:
    """Put something else at a path."""

    def cut(document: Document) -> None:
        at: Any = document
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return cut


def rules(document: Document) -> Iterator[Taken]:
    for key, rule in document["rules"].items():
        words = (f"rule: {key}",)
        yield f"rule {key}", words, (deleted("rules", key),)
        for line in ("priority", "group", "segments", "valid", "markets"):
            if line in rule:
                told = f"reason: {line.removesuffix('s')}"
                yield f"{line} of rule {key}", (*words, told), (deleted("rules", key, line),)
        for end in rule.get("valid", {}) if len(rule.get("valid", {})) > 1 else ():
            yield f"{end} of rule {key}", (*words, "validity"), (deleted("rules", key, "valid", end),)
        if "campaign" in rule:
            yield f"campaign of rule {key}", (*words, "campaign"), (deleted("rules", key, "campaign"),)


def conditions(document: Document) -> Iterator[Taken]:
    places = [("rules", key, "if") for key, rule in document["rules"].items() if "if" in rule]
    places += [("segments", key, "if") for key in document.get("segments", {})]
    for place in places:
        section, key, line = place
        text = document[section][key][line]
        words = ("reason: condition" if section == "rules" else f"segment:{key}", f"rule: {key}")
        true = replaced("true", *place)
        yield (
            f"condition of {section} {key}",
            words,
            (deleted(*place), true) if section == "rules" else (true,),
        )
        parts = text.split(" && ")
        if len(parts) > 1 and all(part.count("(") == part.count(")") for part in parts):
            for part in parts:
                rest = " && ".join(each for each in parts if each != part)
                said = (*words, *re.findall(r"'(\w+)'", part))
                yield f"condition of {section} {key}: {part}", said, (replaced(rest, *place),)


def steps(document: Document) -> Iterator[Taken]:
    for key, rule in document["rules"].items():
        for number, step in enumerate(rule["then"]):
            ((kind, told),) = step.items()
            at, words = ("rules", key, "then", number), (f"rule: {key}",)
            if kind == "send":
                yield f"message {told} of {key}", (*words, f"message: {told}"), (deleted(*at),)
            elif kind == "reward":
                if "valid_days" in told:
                    yield f"valid_days of {key}", (*words, "expires_on"), (deleted(*at, kind, "valid_days"),)
                if "pending" in told:
                    yield f"pending of {key}", (*words, "pending:"), (at_once(key, *at, kind),)
                if isinstance(told.get("value"), dict) and "at_most" in told["value"]:
                    yield f"at_most of {key}", words, (deleted(*at, kind, "value", "at_most"),)
            elif kind == "reverse":
                yield from _reversal(key, at, told, several=len(rule["then"]) > 1)
            elif "reference" in told:
                yield f"reference of {key}", (f"rule: {told['rule']}",), (deleted(*at, kind, "reference"),)


def at_once(rule: str, *reward: str | int) -> Cut:
    """Let a reward be there at once, so that nothing is left to release."""

    def cut(document: Document) -> None:
        deleted(*reward, "pending")(document)
        for each in document["rules"].values():
            each["then"] = [step for step in each["then"] if step.get("release", {}).get("rule") != rule]

    return cut


def _reversal(key: str, at: tuple[str | int, ...], told: Document, *, several: bool) -> Iterator[Taken]:
    of, words = f"{key}: {told['rule']}", ("reversed", "debt:", "use:", f"rule: {told['rule']}")
    if several:
        yield f"reversal of {of}", words, (deleted(*at),)
    other = "debt" if told.get("if_spent", "debt") != "debt" else "forgive"
    yield f"if_spent of {of}", words, (replaced(other, *at, "reverse", "if_spent"),)
    if "reference" in told:
        yield f"reference of {of}", words, (deleted(*at, "reverse", "reference"),)
    if "part" in told:

        def cut(document: Document) -> None:
            deleted(*at, "reverse", "part")(document)
            deleted(*at, "reverse", "whole")(document)

        yield f"part of {of}", words, (cut,)


def limits(document: Document) -> Iterator[Taken]:
    for key, limit in document.get("limits", {}).items():
        words = (f"limit:{key}",)
        yield f"limit {key}", words, (deleted("limits", key),)
        for line in ("over", "markets"):
            if line in limit:
                yield f"{line} of limit {key}", words, (deleted("limits", key, line),)


def budgets(document: Document) -> Iterator[Taken]:
    for key, budget in document.get("budgets", {}).items():
        for line in ("top_up", "when_empty"):
            if line in budget:
                yield (
                    f"{line} of budget {key}",
                    (f"budget: {key}", f"budget:{key}"),
                    (deleted("budgets", key, line),),
                )


def connections(document: Document) -> Iterator[Taken]:
    for name, connection in document.get("connections", {}).items():
        for section in ("map", "ignore"):
            for number, entry in enumerate(connection.get(section, [])):
                mapped = isinstance(entry, dict)
                words = (entry["property"], entry.get("value", entry["event"])) if mapped else (entry,)
                yield f"{section} {' '.join(words)}", words, (deleted("connections", name, section, number),)


def referrals(document: Document) -> Iterator[Taken]:
    for key, scheme in document.get("referrals", {}).items():
        words, path = ("pair:", "invited_by"), ("referrals", key)
        if "when" in scheme:
            yield f"when of referral {key}", words, (deleted(*path, "when"),)
        if "undo" in scheme:
            yield f"undo of referral {key}", (*words, "undone"), (deleted(*path, "undo"),)
        for side in scheme["tells"] if len(scheme["tells"]) > 1 else ():
            yield f"{side} of referral {key}", words, (deleted(*path, "tells", side),)
        for kind in scheme.get("guards", {}).get("shared", {}):
            cut = deleted(*path, "guards", "shared", kind)
            yield f"{kind} of referral {key}", (*words, f"same_{kind}"), (cut,)


def tables(document: Document) -> Iterator[Taken]:
    found: list[tuple[tuple[str | int, ...], Document]]
    found = [(("tables", key), table) for key, table in document.get("tables", {}).items()]
    for key, rule in document["rules"].items():
        for number, step in enumerate(rule["then"]):
            if isinstance(step.get("reward", {}).get("table"), dict):
                found.append((("rules", key, "then", number, "reward", "table"), step["reward"]["table"]))
    for path, table in found:
        for number, row in enumerate(table["rows"]):
            # A row that is missing would be a gap, which the check tells: it gives nothing, or something.
            others = [each[-1] for each in table["rows"] if each[-1] not in ("nothing", "-")]
            values = ["nothing"] if row[-1] in others else others
            ways = tuple(replaced(value, *path, "rows", number, len(row) - 1) for value in values)
            yield f"row {number} of {path[1]}", (*row[:2], row[-1], f"table:{path[1]}"), ways


def holdings(document: Document) -> Iterator[Taken]:
    for key, kind in document.get("holdings", {}).items():
        words = (kind["from"]["event"], key)
        for line in ("change", "until"):
            if line in kind:
                yield (
                    f"{line} of holding {key}",
                    (*words, kind[line]["event"]),
                    (deleted("holdings", key, line),),
                )

        def cut(document: Document, key: str = key) -> None:
            # Nothing opens it any more but the event that changed it.
            changed = document["holdings"][key]
            changed["from"] = {**changed.pop("change"), "fields": changed["from"].get("fields", {})}

        yield f"from of holding {key}", words, (cut,)


def derived(document: Document) -> Iterator[Taken]:
    nothing = {"bool": "false", "int": "0", "string": "''"}
    for key, each in document.get("derived", {}).items():
        yield f"derived {key}", (key,), (replaced(nothing[each["type"]], "derived", key, "is"),)


def units(document: Document) -> Iterator[Taken]:
    for key, unit in document["units"].items():
        for line in ("expires", "pending", "rounding", "cap"):
            if line in unit:
                yield f"{line} of {key}", (f" {key}", "now:", f"cap:{key}"), (deleted("units", key, line),)


def groups(document: Document) -> Iterator[Taken]:
    for key, group in document.get("groups", {}).items():

        def cut(document: Document, key: str = key) -> None:
            for rule in document["rules"].values():
                if rule.get("group") == key:
                    del rule["group"]

        yield f"group {key}", (f"group:{key}",), (cut,)
        if group.get("pick") == "best":
            yield f"pick of group {key}", (f"group:{key}",), (deleted("groups", key, "pick"),)


def campaigns(document: Document) -> Iterator[Taken]:
    for key, campaign in document.get("campaigns", {}).items():
        for end in {"from", "to"} & campaign.keys():
            yield f"{end} of campaign {key}", ("reason: campaign",), (deleted("campaigns", key, end),)


def rungs(document: Document) -> Iterator[Taken]:
    # The last one takes whatever the others do not: without it the program is a mistake.
    for kind in ("reward",):
        for number in range(len(document.get("approvals", {}).get(kind, [])) - 1):
            yield f"rung {number} of {kind}", ("sign:", "held:"), (deleted("approvals", kind, number),)


NOUNS = (
    rules, conditions, steps, limits, budgets, connections, referrals, tables, holdings, derived, units,
    groups, campaigns, rungs,
)  # fmt: skip
MUTANTS = [
    Mutant(example, name, words, ways)
    for example in EXAMPLES
    for noun in NOUNS
    for name, words, ways in noun(whole(example))
]
