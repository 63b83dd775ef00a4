"""Posting notices as the delivering does, and the cookie by which a browser reads them."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.redeem.house import House

from guerdon.engine.messages.inapp import Notice, post_notices
from guerdon.engine.recalling import recall_notices
from guerdon.store.messages.reach import renew_links
from guerdon.values.clock import utc_now
from guerdon.values.links import KEY_PURPOSE, LinkPurpose, member_token


@dataclass
class Post:
    """Posts to members of a house; ids count up from one."""

    house: House
    number: int = 0
    # Of one moment: two that say the same say it with the same minute.
    now: datetime = field(default_factory=utc_now)
    sent: list[int] = field(default_factory=list)

    def notice(self, member_id: int, message: str = "reward_ready", reward_id: int | None = None) -> Notice:
        self.number += 1
        return Notice(member_id, self.number, message, reward_id, self.number, 1, self.now)

    def to(self, *member_ids: int, message: str = "reward_ready", reward_id: int | None = None) -> list[int]:
        """Post one notice to each, in one transaction; their ids."""
        notices = [self.notice(each, message, reward_id) for each in member_ids]
        with self.house.working() as tx:
            assert post_notices(tx, self.house.program_id, notices) == len(notices)
        return [each.id for each in notices]

    def take_back(self, *ids: int, now: datetime | None = None) -> int:
        with self.house.working() as tx:
            return recall_notices(tx, self.house.program_id, ids, now or utc_now())

    def token(
        self, member_id: int, purpose: LinkPurpose = "inbox", about: str = "", generation: int = 0
    ) -> str:
        key = self.house.vault.key(KEY_PURPOSE)
        return member_token(key, purpose, self.house.program_id, member_id, generation, about)

    def cookie(self, member_id: int, generation: int = 0) -> str:
        return f"inbox={self.token(member_id, about='browser', generation=generation)}"

    def end_links(self, member_id: int) -> None:
        with self.house.working() as tx:
            renew_links(tx, self.house.program_id, member_id)
