"""Every test here may have a database with an audit of its own."""

import pytest
from tests.proof.paper import Paper


@pytest.fixture
def paper(database: str, secret: str) -> Paper:
    """Give a database with one program."""
    made = Paper(database, secret)
    made.found()
    return made
