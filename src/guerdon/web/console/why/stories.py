"""An account as the console's templates read it: stories in words, in the reader's language."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from guerdon.engine.why.accounts import Account, PairTried
from guerdon.engine.why.telling import ClauseSaid, Teller
from guerdon.program.model import Program
from guerdon.program.schemes import Side
from guerdon.rules.why import Story
from guerdon.text.referrals import reason_said, state_said
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
class PairShown:
    """What would become of a referral, and what each side that one may see would have of it."""

    name: str
    state: str
    reasons: Sequence[str]
    told: Sequence[tuple[Side, str, "AccountShown"]]


@dataclass(frozen=True, slots=True)
class AccountShown:
    """A decided event for staff, and what its member reads of it."""

    account: Account
    stories: Sequence[StoryShown]
    trouble: str
    said: str
    said_to_member: str
    language: str
    pairs: Sequence[PairShown] = ()


def shown(
    account: Account, program: Program, locale: str, seen: Collection[int] = frozenset()
) -> AccountShown:
    """Put an account in words; by its own version's names, or the present ones where that cannot be read.

    `seen` are those other members whom the reader may see.
    """
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
        pairs=[_pair(pair, known, locale, seen) for pair in account.pairs],
    )


def _pair(pair: PairTried, program: Program, locale: str, seen: Collection[int]) -> PairShown:
    names = Namer(program, locale)
    return PairShown(
        name=text_in(program.referrals[pair.scheme].name, locale),
        state=state_said(pair.state, locale),
        reasons=[reason_said(reason, locale) for reason in pair.reasons],
        told=[
            (side, names.event(each.receipt.type), shown(each, program, locale))
            for side, each in pair.told
            if each.receipt.member_id in seen
        ],
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
