"""Personal data: what no condition may read, or only where the program says so.

A member's name and addresses stand sealed, apart from everything that rules see. Other fields may be marked
`personal: true`; then `policy.personal_data: allowed` lets conditions read them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from guerdon.expressions import Expression, Mistake
from guerdon.expressions.tokens import find_tokens
from guerdon.program.declared import SEALED, Event, Field
from guerdon.program.places import Place

POLICIES = ("forbidden", "allowed")

_SEALED_NAME = re.compile(rf"\bmember\.({'|'.join(SEALED)})\b")


def read_personal_data(policy: Place | None) -> bool:
    """Read `policy.personal_data`: whether conditions may read what is marked as personal."""
    if policy is None or not policy.is_table() or "personal_data" not in (entries := policy.table()):
        return False
    return entries["personal_data"].one_of(POLICIES, "answer") == "allowed"


def sealed_in(what: str) -> str | None:
    """Find the sealed name that a mistake speaks of."""
    found = _SEALED_NAME.search(what)
    return found.group(1) if found else None


def refuse_sealed(place: Place, name: str) -> None:
    """Say why nobody may ask for this."""
    place.wrong(
        f"member.{name} is personal data: it stands sealed, and no condition can read it",
        "remove it; compare an attribute that says what matters here",
    )


def refuse_personal(
    place: Place,
    condition: Expression,
    event: Event | None,
    declared: tuple[Mapping[str, Field], Mapping[str, Event]],
) -> None:
    """Name every personal field that a condition reads; what it reads by a segment's name is told there."""
    written = _bare(condition.text)
    for name in dict.fromkeys(_personal(condition, event, *declared)):
        if not re.search(rf"\b{re.escape(name)}\b", written):
            continue
        place.wrong(
            f"{name} is personal data, which conditions of this program may not read",
            "remove it, or write `personal_data: allowed` in `policy`",
        )


def _bare(text: str) -> str:
    """The names and signs of a condition, as it is read: without spaces, comments and quoted texts."""
    tokens = find_tokens(text)
    assert not isinstance(tokens, Mistake), "it was compiled"
    joined = " ".join("''" if token.kind == "STRING_LIT" else token.text for token in tokens)
    return joined.replace(" . ", ".")


def _personal(
    condition: Expression, event: Event | None, attributes: Mapping[str, Field], events: Mapping[str, Event]
) -> Iterator[str]:
    of_event = event.fields if event is not None else {}
    for variable, name in sorted(condition.reads):
        field = (of_event if variable == "event" else attributes).get(name)
        if field is not None and field.personal:
            yield f"{variable}.{name}"
    for window in sorted(condition.windows, key=lambda window: window.key):
        yield from _summed(events, [(window.event, window.field)])


def _summed(events: Mapping[str, Event], pairs: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    for key, name in pairs:
        field = events[key].fields.get(name) if name is not None and key in events else None
        if field is not None and field.personal:
            yield f"{key}.{name}"
