"""What there is to choose, as integrators look for it and show it."""

from guerdon.web.api.catalog.operations import router

__all__ = ["router"]
