"""Devices of members, by the API: where their app is pushed to."""

from guerdon.web.api.devices.operations import router

__all__ = ["router"]
