"""The doors for events: plain ASGI, because a framework would cost more than the work itself."""
