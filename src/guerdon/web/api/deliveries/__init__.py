"""How long deliveries took, by rule, and whether what is promised was kept."""

from guerdon.web.api.deliveries.operations import router

__all__ = ["router"]
