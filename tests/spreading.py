"""Which tests go to one process, one after another: those of a folder that share a house, dear to make.

The mark of pytest-xdist for this does nothing where pytest keeps the name of a test to itself (9.2): what
goes together is read from the name of a test's file.
"""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

TOGETHER = ("tests/journeys/",)


def group_of(name: str) -> str | None:
    """What a test is sent together with, by its name; None where it goes on its own."""
    return next((each for each in TOGETHER if name.startswith(each)), None)


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Send each test to whoever is free, but those of some folders to one process."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid) or nodeid
