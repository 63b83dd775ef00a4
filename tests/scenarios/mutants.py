"""Mutants of the EV maker's program: each has one thing taken out that somebody relies on."""

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from tests.scenarios.pages import EV_MAKER

Document = dict[str, Any]


@dataclass(frozen=True)
class Mutant:
    """What was taken out, the program without it, and words of the pages that should notice."""

    name: str
    words: tuple[str, ...]
    document: Document


@cache
def whole() -> Document:
    # BaseLoader leaves every scalar a text, as Guerdon's own reader does: Norway stays NO.
    text = (EV_MAKER / "program.yaml").read_text(encoding="utf-8")
    loaded: Document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  it builds nothing but texts
    return loaded


def without(name: str, words: tuple[str, ...], cut: Callable[[Document], None]) -> Mutant:
    document = copy.deepcopy(whole())
    cut(document)
    return Mutant(name, words, document)


def rules() -> Iterator[Mutant]:
    for key in whole()["rules"]:

        def cut(document: Document, key: str = key) -> None:
            del document["rules"][key]
            # What takes this rule's rewards back, or counts nothing else, would name a rule that is gone.
            for name, rule in list(document["rules"].items()):
                if any(step.get("reverse", {}).get("rule") == key for step in rule["then"]):
                    del document["rules"][name]
            for name, limit in list(document["limits"].items()):
                if key in limit.get("rules", []):
                    limit["rules"].remove(key)
                    if not limit["rules"]:
                        del document["limits"][name]

        yield without(f"rule {key}", (f"rule: {key}",), cut)


def conditions() -> Iterator[Mutant]:
    for key, rule in whole()["rules"].items():
        parts = rule.get("if", "").split(" && ")
        left = {f": {part}": " && ".join(p for p in parts if p != part) for part in parts if len(parts) > 1}
        for part, rest in {"": "", **left}.items() if "if" in rule else ():

            def cut(document: Document, key: str = key, rest: str = rest) -> None:
                del document["rules"][key]["if"]
                if rest:
                    document["rules"][key]["if"] = rest

            words = (f"rule: {key}", "reason: condition", *re.findall(r"'(\w+)'", part))
            yield without(f"condition of {key}{part}", words, cut)


def messages() -> Iterator[Mutant]:
    for key, rule in whole()["rules"].items():
        for number, step in enumerate(rule["then"]):

            def cut(document: Document, key: str = key, number: int = number) -> None:
                del document["rules"][key]["then"][number]

            if "send" in step:
                yield without(f"message of {key}", (f"rule: {key}", "message:"), cut)


def debts() -> Iterator[Mutant]:
    for key, rule in whole()["rules"].items():
        for number, step in enumerate(rule["then"]):

            def cut(document: Document, key: str = key, number: int = number) -> None:
                document["rules"][key]["then"][number]["reverse"]["if_spent"] = "forgive"

            if "reverse" in step:
                yield without(f"debt of {key}", ("use:", "debt:"), cut)


def limits() -> Iterator[Mutant]:
    for key in whole()["limits"]:

        def cut(document: Document, key: str = key) -> None:
            del document["limits"][key]

        yield without(f"limit {key}", (f"limit:{key}",), cut)


def top_ups() -> Iterator[Mutant]:
    for key, budget in whole()["budgets"].items():

        def cut(document: Document, key: str = key) -> None:
            del document["budgets"][key]["top_up"]

        if "top_up" in budget:
            yield without(f"top-up of {key}", ("central", f"budget: {key}"), cut)


def connections() -> Iterator[Mutant]:
    for name, connection in whole()["connections"].items():
        for section in ("map", "ignore"):
            for number, entry in enumerate(connection.get(section, [])):

                def cut(
                    document: Document, name: str = name, section: str = section, number: int = number
                ) -> None:
                    del document["connections"][name][section][number]

                words = (
                    (entry,)
                    if isinstance(entry, str)
                    else (entry["property"], entry.get("value", entry["event"]))
                )
                yield without(f"{section} {' '.join(words)}", words, cut)


MUTANTS = [*rules(), *conditions(), *messages(), *debts(), *limits(), *top_ups(), *connections()]
