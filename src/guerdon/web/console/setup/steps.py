"""The steps of a set-up as they stand: each from rows or settings, with the page on which it is done."""

from dataclasses import dataclass
from typing import Literal

from guerdon.config import SETTINGS, Settings
from guerdon.queries.setup.standing import FirstReward, SampleRow, Standing
from guerdon.values.ids import show

StepName = Literal["brand", "published", "key", "tried", "rewarded", "sender", "approver", "live"]


@dataclass(frozen=True, slots=True)
class Step:
    """A step: whether it is done, and the path in the console where it is done or seen."""

    name: StepName
    done: bool
    path: str


def steps_of(standing: Standing, samples: list[SampleRow], settings: Settings) -> list[Step]:
    """All steps, in the order in which one goes through them."""
    tried = standing.sample is not None or standing.own is not None or any(each.events for each in samples)
    first = standing.own or standing.sample
    return [
        Step("brand", done=True, path="program"),
        Step("published", done=standing.version_at is not None, path="rules"),
        Step("key", done=standing.keys > 0, path="setup#connection"),
        Step("tried", done=tried, path="setup#samples"),
        Step("rewarded", done=first is not None, path=_path_of(first)),
        Step("sender", done=sends_mail(settings), path="messages"),
        Step("approver", done=standing.owners > 1, path="people/invitations"),
        Step("live", done=standing.own is not None, path=_path_of(standing.own)),
    ]


def sends_mail(settings: Settings) -> bool:
    """Whether a mail server and a sender were set: what both are without a word reaches nobody."""
    usual = {setting.name: setting.default for setting in SETTINGS}
    return settings.smtp_url != usual["GUERDON_SMTP_URL"] and settings.mail_from != usual["GUERDON_MAIL_FROM"]


def _path_of(reward: FirstReward | None) -> str:
    return "rewards" if reward is None else f"members/{show('mem', reward.member_id)}"
