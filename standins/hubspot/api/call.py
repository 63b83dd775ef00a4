"""A request that was let in: whose it is, what it asks, and what it may."""

from dataclasses import dataclass
from typing import Any, TypeVar

from standins.hubspot.history import Source
from standins.hubspot.records import NAMED, Shelf
from standins.hubspot.refusals import Refusal, invalid, not_found
from standins.hubspot.world import Portal, Token, World

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Call:
    """What an operation is handed."""

    world: World
    token: Token | None
    version: str
    path: dict[str, str]
    query: dict[str, list[str]]
    body: Any = None

    @property
    def portal(self) -> Portal:
        """The account that the token opens."""
        if self.token is None or self.token.portal is None:
            raise Refusal(403, "BANNED", "This endpoint needs a token of an account")
        return self.world.portals[self.token.portal]

    @property
    def source(self) -> Source:
        """What a change by this call is said to come from."""
        assert self.token is not None
        return Source("INTEGRATION", str(self.token.app.id))

    def shelf(self, name: str = "objectType") -> Shelf:
        """The records of the kind that the path names."""
        kind = NAMED.get(self.path[name])
        if kind is None:
            message = f"Unable to infer object type from: {self.path[name]}"
            raise invalid(message)
        return self.portal.shelves[kind]

    @property
    def ruled(self) -> bool:
        """Whether an admin's validation rules hold for writes of this version."""
        return self.version == "2026-09"

    def need(self, what: str) -> None:
        """Refuse a token without the scope for reading or writing the kind that the path names."""
        kind = NAMED.get(self.path.get("objectType", ""), "contacts")
        self.need_scope(f"crm.objects.{kind}.{what}")

    def need_scope(self, scope: str) -> None:
        """Refuse a token without a scope."""
        assert self.token is not None
        if scope not in self.token.scopes:
            message = "This app hasn't been granted all required scopes to make this call."
            context = {"requiredGranularScopes": [scope]}
            details = [{"message": "One or more of the following scopes are required.", "context": context}]
            raise Refusal(403, "MISSING_SCOPES", message, errors=details)

    def first(self, name: str) -> str | None:
        """A query parameter's value."""
        return self.query.get(name, [None])[0]

    def names(self, name: str) -> list[str]:
        """Names given as a repeated parameter or with commas."""
        return [one for text in self.query.get(name, []) for one in text.split(",") if one]

    def after(self) -> int:
        """The cursor of a page."""
        text = self.first("after") or "0"
        if not text.isdigit():
            message = f"unknown cursor: {text}"
            raise invalid(message)
        return int(text)

    def limit(self, default: int, most: int) -> int:
        """How many to answer at most."""
        wanted = int(self.first("limit") or default)
        if not 1 <= wanted <= most:
            raise invalid(f"limit must be between 1 and {most}")
        return wanted


def require_found(found: Found | None, message: str = "resource not found") -> Found:
    """What was found, or a 404."""
    if found is None:
        raise not_found(message)
    return found
