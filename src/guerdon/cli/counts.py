"""Counted nouns as the commands write them: `1 mistake`, `2 mistakes`, `0 codes`."""


def counted(count: int, noun: str) -> str:
    """Write how many there are of something whose plural takes an s."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
