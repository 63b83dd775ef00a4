"""Operations on feeds of the catalog: brought, looked at, accepted or dropped."""

from guerdon.web.api.feeds.operations import router

__all__ = ["router"]
