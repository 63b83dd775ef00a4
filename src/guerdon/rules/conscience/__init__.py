"""The conscience: who may be told what, over which channel, now. The one check of all messages; pure.

What it asks, in this order: is there an address, is it suppressed, is there a consent or an exception, is it
a quiet hour or a silent day, is a cap reached. Whoever hands a message over asks it in that very transaction,
and stores what it said.
"""

from guerdon.rules.conscience.deciding import decide_reach
from guerdon.rules.conscience.nouns import (
    Answer,
    Ask,
    Go,
    Held,
    Known,
    No,
    NotNow,
    Told,
)
from guerdon.rules.conscience.zones import member_zone

__all__ = ["Answer", "Ask", "Go", "Held", "Known", "No", "NotNow", "Told", "decide_reach", "member_zone"]
