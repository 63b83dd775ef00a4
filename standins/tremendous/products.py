"""The products that are there at the start: a few of several kinds, currencies and countries; invented."""

from typing import Any


def _product(product_id: str, name: str, category: str, currency: str, *countries: str) -> dict[str, Any]:
    return {
        "id": product_id,
        "name": name,
        "description": f"{name}, good for everything they have.",
        "category": category,
        "disclosure": f"<p>{name} has its own terms.</p>",
        "skus": [{"min": 1, "max": 2000, "currency_code": currency}],
        "currency_codes": [currency],
        "countries": [{"abbr": country} for country in countries],
        "images": [
            {
                "src": f"https://images.invalid/{product_id}-{kind}.png",
                "type": kind,
                "content_type": "image/png",
            }
            for kind in ("logo", "card")
        ],
        "usage_instructions": "Show the link at the till.",
    }


PRODUCTS = [
    _product("OKMHM2X2OHYV", "Green Basket", "merchant_card", "USD", "US"),
    _product("GRUENERKORB1", "Gruener Korb", "merchant_card", "EUR", "DE", "AT"),
    _product("PANIERVERT12", "Panier vert", "merchant_card", "EUR", "FR"),
    _product("CESTAVERDE12", "Cesta verde", "merchant_card", "EUR", "ES"),
    _product("TREESPLANTED", "Trees planted", "charity", "USD", "US", "GB", "DE"),
    _product("ANYCARDPREPA", "Any card", "visa_card", "GBP", "GB"),
]
