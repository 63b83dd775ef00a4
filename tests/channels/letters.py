"""Letters as tests need them: an invented member, an invented reward."""

from dataclasses import replace
from datetime import UTC, date, datetime

from guerdon.engine.messages.letters import Letter
from guerdon.text.letters import RewardReady, render_reward_ready

CLAIM_URL = "http://127.0.0.1:8710/r/0123456789ABCDEFGHJKMNPQRSTVWXYZ0123456789ABCDEFGHJK"
WRITTEN_AT = datetime(2026, 2, 4, 9, 41, tzinfo=UTC)
REWARD = RewardReady(
    program="Nordlys Circle",
    reason="Test drive",
    amount_minor=20_000,
    unit="EUR",
    digits=2,
    earned_on=date(2026, 2, 4),
    last_on=date(2026, 8, 3),
    claim_url=CLAIM_URL,
)


def letter(
    name: str = "Ada Example",
    address: str = "ada@example.com",
    *,
    language: str = "en",
    reward: RewardReady = REWARD,
    program: str = "Nordlys Circle",
) -> Letter:
    mail = render_reward_ready(replace(reward, program=program), language, "DE")
    return Letter(7, 1, program, name, address, mail, WRITTEN_AT)
