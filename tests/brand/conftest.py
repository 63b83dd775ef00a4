"""A house with the demo's program: one brand everywhere, and a second one in Italy."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from tests.app.conftest import app
from tests.furnishing import Furnishing
from tests.redeem.house import NOW, PROGRAM, House, opened_house
from tests.web.console.conftest import Console, console, staff
from tests.web.member.conftest import door, settings
from tests.web.member.test_in_a_browser import address

from guerdon.cli.demo.edition import write_edition
from guerdon.web.rooms import room

__all__ = ["address", "app", "console", "door", "settings", "staff"]


@pytest.fixture(scope="session")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program's file, with two brands."""
    return write_edition(PROGRAM, tmp_path_factory.mktemp("edition"))


@pytest.fixture
def furnishing(edition: Path) -> Furnishing:
    """Begin with that program."""
    return Furnishing(edition, NOW)


@pytest.fixture
def house(laid_out: str, secret: str, edition: Path) -> Iterator[House]:
    """Give a house with that program."""
    with opened_house(laid_out, secret, edition) as made:
        yield made


@pytest.fixture
def front(console: Console) -> Iterator[str]:  # noqa: ARG001  it opens the room
    """Serve the whole front on a port of this machine."""
    from guerdon.web.asgi import Front  # noqa: PLC0415

    config = uvicorn.Config(Front(room()), port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
