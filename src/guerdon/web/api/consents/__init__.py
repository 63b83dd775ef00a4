"""Consents by the API: what holds for a member, and what they said."""

from guerdon.web.api.consents.operations import router

__all__ = ["router"]
