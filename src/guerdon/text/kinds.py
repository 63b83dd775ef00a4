"""What kinds of items are called in each language: the words by which people look for them."""

from collections.abc import Mapping
from functools import cache

from guerdon.text.catalogs import words

KINDS: Mapping[str, str] = {
    "gift_card": "Gift card",
    "prepaid": "Prepaid card",
    "donation": "Donation",
    "product": "Product",
    "experience": "Experience",
    "service": "Service",
    "voucher": "Voucher",
}


@cache
def kind_names(language: str) -> Mapping[str, str]:
    """Each kind by its name."""
    said = words(language, "console").gettext
    return {kind: said(name) for kind, name in KINDS.items()}
