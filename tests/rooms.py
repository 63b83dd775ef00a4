"""A room that is open for a test: Django's tables are there, and no connection outlives the test.

Passwords are kept in it by a hash that costs next to nothing, as everybody who signs in would wait for two.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from guerdon.config import Settings
from guerdon.web.accounts import prepare
from guerdon.web.rooms import Room, open_room

# Passes, and KiB of memory: the least that the algorithm takes.
QUICK = (1, 8)
# What an installation has, once Django was prepared.
_COSTS: list[int] = []


@contextmanager
def opened_room(settings: Settings, *before: Callable[[], object]) -> Iterator[Room]:
    """Open the room of one test's database; `before` is done first, where Django may block."""
    # Playwright keeps an event loop in the main thread, in which Django refuses its blocking calls.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(prepare, settings).result()
        _hasten_passwords()
        for step in before:
            aside.submit(step).result()
        aside.submit(_forget_connections).result()
    # Whoever used Django before in this thread may have left a connection, to a database that is gone by now.
    _forget_connections()
    room = open_room(settings)
    try:
        yield room
    finally:
        _forget_connections()
        room.close()


@contextmanager
def real_passwords() -> Iterator[None]:
    """Keep passwords as an installation does for the length of a block."""
    from guerdon.web.accounts.passwords import Argon2  # noqa: PLC0415  Django is prepared by then

    Argon2.time_cost, Argon2.memory_cost = _COSTS
    try:
        yield
    finally:
        Argon2.time_cost, Argon2.memory_cost = QUICK


def _hasten_passwords() -> None:
    from guerdon.web.accounts.passwords import Argon2  # noqa: PLC0415  Django is prepared by then

    if not _COSTS:
        _COSTS.extend((Argon2.time_cost, Argon2.memory_cost))
    Argon2.time_cost, Argon2.memory_cost = QUICK


def _forget_connections() -> None:
    from django.db import connections  # noqa: PLC0415  Django is prepared by then

    for alias in connections:
        # Beside a running loop there is none, and Django would refuse to close it.
        if connections[alias].connection is not None:
            connections[alias].close()
        del connections[alias]
