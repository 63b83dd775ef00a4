"""Referrals by the API: codes, claims and what became of pairs."""

from guerdon.web.api.referrals.operations import router

__all__ = ["router"]
