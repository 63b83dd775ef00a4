"""Staff as owners of passkeys: how a device names them, and what is kept of theirs."""

import hashlib
import hmac

from guerdon.web.accounts.models import Passkey, Staff
from guerdon.web.accounts.passkeys.ceremonies import Known, Owner
from guerdon.web.rooms import room

RP_NAME = "Guerdon"
HANDLE_PURPOSE = "passkey owner"


def handle_of(staff: Staff) -> bytes:
    """How a device names an account: nothing that could be read, and the same for all of its passkeys."""
    key = room().vault.key(HANDLE_PURPOSE)
    return hmac.new(key, str(staff.pk).encode(), hashlib.sha256).digest()


def owner_of(staff: Staff) -> Owner:
    """An account as a device shows it."""
    return Owner(handle_of(staff), RP_NAME, staff.email, staff.name)


def known_of(passkey: Passkey) -> Known:
    """What is kept of a passkey."""
    credential, key = bytes(passkey.credential_id), bytes(passkey.public_key)
    return Known(credential, key, passkey.sign_count, passkey.transports)
