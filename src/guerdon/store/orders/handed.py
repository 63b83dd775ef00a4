"""What a member is handed for an order, piece by piece: sealed, and bound to its order."""

from collections.abc import Sequence

import msgspec

from guerdon.store.sealing import Vault

PURPOSE = "handed"


class Piece(msgspec.Struct, frozen=True):
    """A code, a PIN, a link or a bar code: `kind` and `format` are the words of the suppliers' port."""

    kind: str
    text: str
    format: str = ""

    def __repr__(self) -> str:
        """Without the text: it is worth money."""
        return f"Piece({self.kind})"


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[Piece, ...]).decode


def seal_pieces(vault: Vault, program_id: int, order_id: int, pieces: Sequence[Piece]) -> bytes:
    """All that is handed over for an order, sealed for it alone."""
    return vault.seal(PURPOSE, _place(program_id, order_id), _encode(tuple(pieces)))


def open_pieces(vault: Vault, program_id: int, order_id: int, sealed: bytes) -> tuple[Piece, ...]:
    """What is handed over for an order, in clear."""
    return _decode(vault.open(PURPOSE, _place(program_id, order_id), sealed))


def _place(program_id: int, order_id: int) -> str:
    return f"{program_id}|codes.more|{order_id}|1"
