"""Operations on quarantine: what was set apart, and what is done with it."""

from guerdon.web.api.quarantine.operations import router

__all__ = ["router"]
