"""The description of events, in and out, as AsyncAPI 3.0."""

from guerdon.web.api.asyncapi.operations import router

__all__ = ["router"]
