"""Which supplier an order goes to: whoever can be asked just now, by preference, then by price."""

from collections.abc import Collection, Mapping, Sequence

from guerdon.program.catalog.nouns import SupplierAccount
from guerdon.store.catalog.items import MANUAL, POOL, Offer

# An account without a preference of its own stands where the papers put all others.
PREFER = 100


def ranked(
    offers: Sequence[Offer],
    accounts: Mapping[str, SupplierAccount],
    face_minor: int,
    unwell: Collection[str] = (),
) -> list[Offer]:
    """Offers in the order in which they are asked: those that are `unwell` after all others.

    What is out of stock is not asked, nor an account that the program does not have any more.
    """
    there = [
        offer
        for offer in offers
        if offer.in_stock and (offer.supplier in (POOL, MANUAL) or offer.supplier in accounts)
    ]
    return sorted(there, key=lambda offer: _order(offer, accounts, face_minor, unwell))


def cost_minor(offer: Offer, face_minor: int) -> int:
    """What a supplier takes for a face value; of whom nothing is known, the face itself."""
    basis = 10_000 if offer.cost_bp is None else offer.cost_bp
    return -(-face_minor * basis // 10_000) + offer.fee_minor


def _order(
    offer: Offer, accounts: Mapping[str, SupplierAccount], face_minor: int, unwell: Collection[str]
) -> tuple[bool, int, int, int, str]:
    account = accounts.get(offer.supplier)
    prefer = PREFER if account is None else account.prefer
    return offer.supplier in unwell, offer.prefer, prefer, cost_minor(offer, face_minor), offer.supplier
