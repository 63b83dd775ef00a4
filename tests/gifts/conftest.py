"""A house whose web process is open, with what the member's pages are tested by."""

from tests.web.member.conftest import door, furnishing, house, settings, shop

__all__ = ["door", "furnishing", "house", "settings", "shop"]
