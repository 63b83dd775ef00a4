"""Every test here gets a house of its own, and a mail server that takes everything unless told otherwise."""

from collections.abc import Iterator

import pytest
from tests.channels.mail_server import MailServer, running
from tests.outbox.postal import PostalHouse, opened_house


@pytest.fixture
def house(database: str, secret: str) -> Iterator[PostalHouse]:
    """Give a house whose messages are about value."""
    with opened_house(database, secret) as made:
        yield made


@pytest.fixture
def server() -> Iterator[MailServer]:
    """Give a mail server."""
    with running(MailServer()) as started:
        yield started
