"""Where a mail says that it comes back to: addresses of our own domain, one for each mail (VERP)."""

from datetime import UTC

from guerdon.engine.messages.letters import Letter
from guerdon.store.messages.suppressions import address_mark
from guerdon.store.sealing import Vault
from guerdon.values.returns import KEY_PURPOSE, MARK_BYTES, Returning, ReturnPurpose, return_address


class ReturnPath:
    """Addresses of the domain that mails come from, with the installation's key."""

    def __init__(self, vault: Vault, domain: str) -> None:
        self._vault = vault
        self._key = vault.key(KEY_PURPOSE)
        self._domain = domain

    def bounces(self, letter: Letter) -> str:
        """Where a mail comes back to that cannot be delivered."""
        return self._address("bounces", letter)

    def unsubscribing(self, letter: Letter) -> str:
        """Where a mail goes by which its reader wants no more of its topic."""
        return self._address("unsubscribe", letter)

    def _address(self, purpose: ReturnPurpose, letter: Letter) -> str:
        assert letter.member_id is not None, (
            "only what is written to a member comes back to an address of its own"
        )
        mark = address_mark(self._vault, letter.program_id, "email", letter.address)[:MARK_BYTES]
        day = letter.written_at.astimezone(UTC).date()
        returning = Returning(letter.member_id, letter.id, day, mark)
        return return_address(self._key, purpose, letter.program_id, returning, self._domain)
