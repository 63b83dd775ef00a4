"""Which contacts a deal belongs to: a deal's change does not say."""

from collections.abc import Mapping, Sequence

import msgspec

from guerdon.connectors.hubspot.api.calls import Api, reading
from guerdon.connectors.hubspot.api.outcomes import Done, Outcome, Partial, not_missing
from guerdon.connectors.hubspot.api.paging import Paging, after_page

INPUTS_MAX = 1000
PAGES_MAX = 20


class _Type(msgspec.Struct, frozen=True, rename="camel"):
    type_id: int = 0
    label: str | None = None


class _Other(msgspec.Struct, frozen=True, rename="camel"):
    to_object_id: str | int
    association_types: list[_Type] = []

    @property
    def kinds(self) -> frozenset[str]:
        """What the association is called: numbers of its types, and their labels where they have any."""
        types = self.association_types
        return frozenset([str(one.type_id) for one in types] + [one.label for one in types if one.label])


class _One(msgspec.Struct, frozen=True):
    id: str


class _Links(msgspec.Struct, frozen=True):
    from_: _One = msgspec.field(name="from")
    to: list[_Other] = []
    paging: Paging | None = None


class _Answer(msgspec.Struct, frozen=True):
    results: list[_Links]


_read_answer = msgspec.json.Decoder(_Answer).decode


Links = Mapping[str, frozenset[str]]


def contacts_of_deals(api: Api, deals: Sequence[str]) -> Outcome[Mapping[str, Links]]:
    """The contacts of each of at most 1,000 deals, in HubSpot's order, and what each one is to it."""
    assert 0 < len(deals) <= INPUTS_MAX, f"{len(deals)} deals are not 1 to {INPUTS_MAX}"
    found: dict[str, dict[str, frozenset[str]]] = {deal: {} for deal in deals}
    path = api.place.path("associations_read", kind="deals", other="contacts")
    inputs = [{"id": deal} for deal in found]
    for _ in range(PAGES_MAX):
        outcome = api.ask(reading(path, {"inputs": inputs}), _read_answer)
        if not isinstance(outcome, Done | Partial):
            return outcome
        # That a deal has no contact is told as an error among the answers.
        if (other := not_missing(outcome)) is not None:
            return other
        inputs = []
        for links in outcome.answer.results:
            deal = links.from_.id
            known = found.setdefault(deal, {})
            for link in links.to:
                contact = str(link.to_object_id)
                known[contact] = known.get(contact, frozenset()) | link.kinds
            if (after := after_page(links.paging)) is not None:
                inputs.append({"id": deal, "after": after})
        if not inputs:
            break
    return Done(found)
