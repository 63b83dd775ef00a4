"""How many segments a text takes: GSM-7 where every character is in its alphabet, else UCS-2."""

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these takes two septets: an escape and a character.
EXTENDED = frozenset("\f^{}\\[~]|€")
ALONE, JOINED = {True: 160, False: 70}, {True: 153, False: 67}


def encoding(text: str) -> str:
    """The name of the alphabet that the text needs."""
    return "GSM-7" if set(text) <= BASIC | EXTENDED else "UCS-2"


def segments(text: str) -> int:
    """The count; a character is never cut in two by the end of a segment."""
    plain = encoding(text) == "GSM-7"
    sizes = [_size(character, plain=plain) for character in text]
    if sum(sizes) <= ALONE[plain]:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > JOINED[plain]:
            count, used = count + 1, 0
        used += size
    return count


def _size(character: str, *, plain: bool) -> int:
    if plain:
        return 2 if character in EXTENDED else 1
    return len(character.encode("utf-16-be")) // 2
