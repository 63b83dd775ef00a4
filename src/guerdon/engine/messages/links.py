"""Where what members are written leads: to a reward, to what they chose, to the app."""

from datetime import date

from guerdon.store.sealing import Vault
from guerdon.values import links
from guerdon.values.claims import KEY_PURPOSE, claim_token
from guerdon.values.links import PATHS, LinkPurpose, member_token


class Links:
    """Addresses of an installation's pages, each with its token."""

    def __init__(self, vault: Vault, public_url: str) -> None:
        self._claims, self._members = vault.key(KEY_PURPOSE), vault.key(links.KEY_PURPOSE)
        self._public_url = public_url

    def claim_url(
        self, program_id: int, member_id: int, reward_id: int, issued_on: date | None = None, /
    ) -> str:
        """The address of a reward; with the day of sending where links of the program end."""
        token = claim_token(self._claims, program_id, member_id, reward_id, issued_on)
        return f"{self._public_url}/r/{token}"

    def member_url(
        self, purpose: LinkPurpose, program_id: int, member_id: int, generation: int, about: str = "", /
    ) -> str:
        """The address of a page about what a member chose."""
        token = member_token(self._members, purpose, program_id, member_id, generation, about)
        return f"{self._public_url}{PATHS[purpose]}{token}"
