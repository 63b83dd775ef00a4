"""A house whose web process is open, members of it, and notices that are posted to them."""

import pytest
from tests.inapp.posts import Post
from tests.web.member.conftest import Door, door, furnishing, house, settings

from guerdon.web.inapp import hub as hub_module

__all__ = ["door", "furnishing", "house", "settings"]


@pytest.fixture
def post(door: Door, monkeypatch: pytest.MonkeyPatch) -> Post:
    """Post notices by the engine, to members who read them in a process with a hub of its own."""
    from guerdon.web.inapp import stream  # noqa: PLC0415  it knows Django

    # The hub of a process belongs to its loop, and each test has a loop of its own.
    monkeypatch.setattr(stream, "hub", hub_module.Hub())
    return Post(door.house)
