"""Bodies: what a request brought, sealed as it came, and opened again when its events are decided."""

import zlib

from guerdon.store.sealing import Unreadable, Vault

PURPOSE = "deliveries"
# Fast and nearly as small as the best: webhook bodies repeat themselves.
LEVEL = 1
BODY_BYTES_MAX = 1 << 20


def seal_body(vault: Vault, program_id: int, connection: str, body: bytes) -> bytes:
    """Pack and seal a body for one connection of one program."""
    return vault.seal(PURPOSE, f"{program_id}|{connection}", zlib.compress(body, LEVEL))


def open_body(vault: Vault, program_id: int, connection: str, sealed: bytes) -> bytes:
    """The body as it came."""
    packed = vault.open(PURPOSE, f"{program_id}|{connection}", sealed)
    unpacker = zlib.decompressobj()
    try:
        body = unpacker.decompress(packed, BODY_BYTES_MAX)
    except zlib.error as fault:
        raise Unreadable from fault
    if unpacker.unconsumed_tail:
        raise Unreadable("longer than any body that was let in")
    return body
