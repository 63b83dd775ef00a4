"""The inbox as a browser asks for it: its link, its cookie, its forms."""

from dataclasses import dataclass
from typing import Any

import pytest
from tests.inapp.conftest import door, furnishing, house, post, settings
from tests.inapp.posts import Post
from tests.web.member.conftest import Door

__all__ = ["door", "furnishing", "house", "post", "settings"]


@dataclass
class Inbox:
    """A browser without script in front of the inbox."""

    door: Door
    post: Post

    def link(self, member_id: int) -> str:
        return f"/n/{self.post.token(member_id)}"

    def get(self, path: str = "/inbox") -> Any:
        return self.door.client.get(path)

    def text(self, path: str = "/inbox") -> str:
        answer = self.get(path)
        assert answer.status_code == 200, path
        return str(answer.content.decode())

    def send(self, path: str, onto: str = "", **fields: object) -> Any:
        """Send a form of a page, with the token that the page has."""
        shown = self.get(onto or path).content.decode()
        _, _, rest = shown.partition('name="csrfmiddlewaretoken" value="')
        return self.door.client.post(path, {"csrfmiddlewaretoken": rest.partition('"')[0], **fields})

    def open(self, member_id: int) -> None:
        """Open it in this browser, as a member does."""
        answer = self.send(self.link(member_id))
        assert (answer.status_code, answer["Location"]) == (303, "/inbox")


@pytest.fixture
def inbox(door: Door, post: Post) -> Inbox:
    """Return a browser that was not there yet."""
    return Inbox(door, post)
