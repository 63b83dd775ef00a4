"""Names and addresses as a list shows them: enough to recognize somebody one already knows, no more."""

SHOWN = "•••"


def masked(text: str) -> str:
    """Mask a name (`Ada L•••`) or an e-mail (`a•••@example.com`)."""
    head, at, host = text.rpartition("@")
    if at:
        return f"{head[:1]}{SHOWN}@{host}"
    words = text.split()
    if len(words) < 2:
        return f"{text[:1]}{SHOWN}" if text else ""
    return f"{words[0]} {words[-1][:1]}{SHOWN}"
