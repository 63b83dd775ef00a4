"""Operations on what differs between suppliers' books and ours."""

from guerdon.web.api.reconciling.operations import router

__all__ = ["router"]
