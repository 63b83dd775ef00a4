"""How a page is answered: whole in one thread, for views and the layers around them only know how to wait."""

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponseBase


class Pages(ASGIHandler):
    """The ASGI application of all pages.

    Django itself would begin a loop of events in the thread of each request, only to come back to it.
    """

    def load_middleware(self, is_async: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002  Django's own signature
        """Read the layers as a server without events does."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
