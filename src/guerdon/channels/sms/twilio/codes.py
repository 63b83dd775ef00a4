"""What Twilio's error codes mean to us: a dead address, an owner who said stop, a shut account, or a while.

Each as its page of Twilio's dictionary had it in 2026, if not marked otherwise. Twilio says that it refines
these codes and that programs had better not hang on them, so a code that is not here only fails its message.
30003, a phone that is switched off or abroad, is no reason to give up an address.
"""

# 21211 no such number, 21265 a short code, 21635 a landline; 30005 unknown to its network, 30006 a landline.
# 21614 (no mobile number): its page was not seen, only what others write of it.
GONE = frozenset((21211, 21265, 21614, 21635, 30005, 30006))
# To a short code, 30006 may say no more than that this network does not carry it.
LANDLINE_OR_NOT_CARRIED = 30006
# Its owner said STOP to this sender; START brings it back.
STOPPED = frozenset((21610,))
# Wrong credentials; account not active, account suspended, of which no page was seen.
SHUT = frozenset((20003, 20005, 30002))
# Too many at once; ten hours' worth in a sender's queue; too fast, of which no page was seen.
BUSY = frozenset((20429, 21611, 14107))


def is_gone(code: int, *, by_short_code: bool = False) -> bool:
    """Whether nothing reaches the address any more."""
    return code in GONE and not (by_short_code and code == LANDLINE_OR_NOT_CARRIED)
