"""What suppliers say, fit for a log and for staff: short, plain, without secrets, addresses or links.

A message may quote what was sent. A link may be the reward itself.
"""

import re
from collections.abc import Sequence

CHARS_MAX = 200
_SECRET_CHARS_MIN = 8
_HIDDEN = (
    (re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S+", re.IGNORECASE), "[link]"),
    (re.compile(r"[^\s\"'<>,;:()\[\]{}]+@[^\s\"'<>,;()\[\]{}]+"), "[e-mail]"),
)


def plain(said: object, secrets: Sequence[str] = ()) -> str:
    """One line of what was said."""
    if not isinstance(said, str):
        return ""
    # Bounded first, with room for what is taken out.
    line = "".join(each if each.isprintable() else " " for each in said[: CHARS_MAX * 4])
    for secret in secrets:
        if len(secret) >= _SECRET_CHARS_MIN:
            line = line.replace(secret, "[secret]")
    for pattern, word in _HIDDEN:
        line = pattern.sub(word, line)
    return " ".join(line.split())[:CHARS_MAX]
