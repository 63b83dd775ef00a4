"""Operations on file drops: a file of events, taken or rehearsed."""

from guerdon.web.api.drops.operations import router

__all__ = ["router"]
