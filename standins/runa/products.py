"""The products that are there at the start: open and fixed values, with and without bar code; invented."""

from typing import Any


def _card(code: str, name: str, currency: str, countries: list[str], **card: Any) -> dict[str, Any]:
    fixed = card.pop("fixed", None)
    values = fixed or ["1.00", "1000.00"]
    return {
        "name": name,
        "code": code,
        "currency": currency,
        "state": "LIVE",
        "is_orderable": True,
        "payout_type": "gift_card",
        "categories": ["food-and-drink"],
        "countries_redeemable_in": countries,
        "customer_service": {"phone_number": None, "website_url": None},
        "discount_multiplier": "0.05",
        "availability": "stocked",
        "gift_card": {
            "denominations": {
                "type": "open" if fixed is None else "fixed",
                "minimum_value": values[0],
                "maximum_value": values[-1],
                "available_list": fixed,
            },
            "assets": {
                "card_image_url": f"https://images.invalid/{code}-card.png",
                "icon_image_url": f"https://images.invalid/{code}-icon.png",
                "primary_color": "#1F6F54",
            },
            "redeemable_at": "all",
            **card,
        },
    }


PRODUCTS = [
    _card("KORB-DE", "Gruener Korb", "EUR", ["DE", "AT"], barcode_format="code-128"),
    _card("PANIER-FR", "Panier vert", "EUR", ["FR"], fixed=["10.00", "20.00", "25.00", "50.00"]),
    _card("CESTA-ES", "Cesta verde", "EUR", ["ES"]),
    _card("BASKET-GB", "Green Basket", "GBP", ["GB"], barcode_format="QR"),
    _card("BASKET-US", "Green Basket", "USD", ["US"]),
]
