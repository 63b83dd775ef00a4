"""Operations on webhooks: endpoints, their secrets, and what became of what they were told."""

from guerdon.web.api.webhooks.operations import router

__all__ = ["router"]
