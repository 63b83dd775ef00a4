"""An account as the console's templates read it: stories in words, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass

from guerdon.engine.why.accounts import Account
from guerdon.engine.why.telling import ClauseSaid, Teller
from guerdon.program.model import Program
from guerdon.rules.why import Story
from guerdon.values.texts import LANGUAGES, text_in
from guerdon.web.console.words import Namer


@dataclass(frozen=True, slots=True)
class StoryShown:
    """What one rule made of the event."""

    story: Story
    name: str
    reason: str
    clauses: Sequence[ClauseSaid]
    # The one that decided against it.
    untrue: str | None
    policies: Sequence[str]


@dataclass(frozen=True, slots=True)
class AccountShown:
    """A decided event for staff, and what its member reads of it."""

    account: Account
    stories: Sequence[StoryShown]
    trouble: str
    said: str
    said_to_member: str
    language: str


def shown(account: Account, program: Program, locale: str) -> AccountShown:
    """Put an account in words; by its own version's names, or the present ones where that cannot be read."""
    known = account.program or program
    names, teller = Namer(known, locale), Teller(known, locale)
    language = account.language if account.language in LANGUAGES else locale
    return AccountShown(
        account=account,
        stories=[_story(account, story, names, teller) for story in account.stories],
        trouble=teller.trouble(account.trouble, account.receipt.version),
        said=teller.member_line(account),
        said_to_member=Teller(known, language).member_line(account),
        language=language,
    )


def _story(account: Account, story: Story, names: Namer, teller: Teller) -> StoryShown:
    rule = names.program.rules.get(story.rule)
    reason = f"held:{story.reason}" if story.outcome == "held" else story.reason
    return StoryShown(
        story=story,
        name=text_in(rule.name, names.locale) if rule is not None else story.rule,
        reason=names.reason(reason) if reason else "",
        clauses=teller.clauses(story, account),
        untrue=story.untrue.text if story.untrue is not None else None,
        policies=teller.policies(story, account),
    )
