"""What the segments of a version mean, what of a member they read, and which rules ask for them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from guerdon.expressions import Condition
from guerdon.program.conditions.circles import named_in
from guerdon.program.model import Program, Rule, Segment
from guerdon.program.sentences import Naming, condition_words
from guerdon.rules.belongings import declarations
from guerdon.rules.windows import bucket_of


@dataclass(frozen=True, slots=True)
class Watched:
    """The segments of a version: what each means, as a hash, and what each reads of a member."""

    definitions: Mapping[str, str]
    reads: Mapping[str, frozenset[str]]

    @property
    def whats(self) -> frozenset[str]:
        """All that any of them reads; members who are new concern them all."""
        return frozenset(what for reads in self.reads.values() for what in reads) | (
            {""} if self.reads else set()
        )

    def concerned(self, whats: frozenset[str]) -> tuple[str, ...]:
        """The segments that read something of what changed."""
        return tuple(key for key, reads in self.reads.items() if "" in whats or whats & reads)


def watched_by(program: Program) -> Watched:
    """What the segments of a program mean and read."""
    conditions = {key: each.condition for key, each in program.segments.items() if each.condition is not None}
    return Watched(
        {key: _definition(program, condition) for key, condition in conditions.items()},
        {key: _reads(condition) for key, condition in conditions.items()},
    )


def _reads(condition: Condition) -> frozenset[str]:
    # The market is counted by whether it is read or not: who moves concerns all segments.
    facts = {f"member.{name}" for variable, name in condition.reads if variable == "member"}
    windows = {bucket_of(window) for window in condition.windows}
    return frozenset(facts | windows | {f"holds({kind})" for kind in condition.holdings})


def _definition(program: Program, condition: Condition) -> str:
    """A hash of all that the answer hangs on beside the members: the same words may mean something else."""
    declared = [program.attributes.get(name) for variable, name in sorted(condition.reads)]
    marks = declarations(program)
    held = [(marks[kind], dict(program.holdings[kind].fields)) for kind in sorted(condition.holdings)]
    meant = repr((condition.term, declared, held, program.time_zone))
    return hashlib.sha256(meant.encode()).hexdigest()


def said(program: Program, segment: Segment, locale: str) -> str:
    """The condition as a sentence, or as it is written where it is too long for one."""
    if segment.condition is None:
        return segment.condition_text
    return condition_words(segment.condition.term, Naming(program, "", locale)) or segment.condition_text


def rules_using(program: Program, key: str) -> list[Rule]:
    """Rules that are for members of a segment, or ask for it, be it by way of another."""
    return [rule for rule in program.rules.values() if key in _named_by(program, rule)]


def _named_by(program: Program, rule: Rule) -> set[str]:
    texts = [rule.condition_text or ""]
    texts += [row.condition_text or "" for row in rule.table.rows] if rule.table is not None else []
    waiting = [f"segment({key})" for key in rule.segments]
    for text in texts:
        waiting += named_in(text, program.segments, program.derived)
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        key = name.removeprefix("segment(").rstrip(")").removeprefix("member.")
        of_segment = name.startswith("segment(")
        text = program.segments[key].condition_text if of_segment else program.derived[key].text
        waiting += named_in(text, program.segments, program.derived)
    return {name.removeprefix("segment(").rstrip(")") for name in found if name.startswith("segment(")}
