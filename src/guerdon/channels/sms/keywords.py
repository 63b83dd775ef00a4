"""What people write back to a text message: that it stop, that it go on, or that they want help.

Read generously where somebody wants it to stop, in each of our languages and with whatever stands around it;
strictly where somebody wants more, for that is said by the very word or not at all.
"""

import re
import unicodedata

from guerdon.engine.messages.port import Keyword

# The words by which networks and providers stop messages themselves, and what they are called elsewhere.
_STOPS = frozenset(
    (
        *("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke", "remove"),
        *("stopp", "stoppen", "abmelden", "abbestellen", "ende"),
        *("arret", "arreter", "desabonner", "fin"),
        *("alto", "baja", "parar", "cancelar"),
        *("berhenti", "hentikan"),
        *("توقف", "ايقاف", "اوقف", "الغاء", "قف"),
    )
)
# Said first, these mean it whatever follows; the others begin other sentences too.
_PLAIN_STOPS = frozenset(
    (
        *("stop", "stopall", "unsubscribe", "optout", "stopp", "abmelden", "arret", "baja", "berhenti"),
        *("توقف", "ايقاف"),
    )
)
_STARTS = frozenset(("start", "unstop", "yes"))
_HELPS = frozenset(("help", "info", "hilfe", "aide", "ayuda", "bantuan", "مساعده"))
_POLITE = frozenset(("please", "pls", "bitte", "svp", "favor", "por", "tolong", "mohon", "رجاء"))

_LETTERS = re.compile(r"[^\W_]+")
# Two letters that Arabic spells either way.
_SPELLINGS = str.maketrans({"\u0649": "\u064a", "\u0629": "\u0647"})
LENGTH_READ = 200


def read_keyword(text: str) -> Keyword:
    """What a message that came in wants of us."""
    # Accents apart from their letters, then gone: an accent is often not typed.
    plain = unicodedata.normalize("NFKD", text[:LENGTH_READ].translate(_SPELLINGS)).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = [word for word in _LETTERS.findall(plain) if word not in _POLITE]
    if not words:
        return "other"
    said = "".join(words)
    if said in _STOPS or words[0] in _PLAIN_STOPS:
        return "stop"
    if said in _STARTS:
        return "start"
    return "help" if said in _HELPS else "other"
