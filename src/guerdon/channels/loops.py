"""The loops that bring messages out of the house: one for each channel, so that none is held up by another.

E-mail goes over the installation's own server; text messages and push over the account of each program.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from guerdon.channels.email import opening
from guerdon.channels.email.wire import EmailChannel
from guerdon.channels.wired import Channels, Ours
from guerdon.engine.library import Library
from guerdon.engine.messages.delivering import ROWS_MAX, Postroom, deliver
from guerdon.engine.messages.links import Links
from guerdon.engine.messages.loops import OutboxLoop
from guerdon.engine.messages.port import Channel, ChannelKind
from guerdon.engine.messages.posting import ROWS_MAX as NOTICES_MAX
from guerdon.engine.messages.posting import NoticeBoard, post_due
from guerdon.engine.turns import Turns
from guerdon.program.model import Program
from guerdon.store.database import Connection
from guerdon.store.sealing import Vault

MAIL_CONNECTIONS = 4
# With a provider of text messages or of push.
CONNECTIONS = 8


class Posting(Ours, opening.Ours, Protocol):
    """The settings of an installation, as far as its channels and its own mail are concerned."""


class ChannelLoops:
    """The loops, each run in a thread of its own until told to stop."""

    def __init__(
        self,
        settings: Posting,
        connect: Callable[[], Connection],
        library: Callable[[], Library],
        turns: Turns,
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._library = library
        self._turns = turns
        self._channels = Channels(settings)
        self._vault = Vault(settings.secret)
        self._links = Links(self._vault, settings.public_url)

    def is_open(self, program: Program, kind: ChannelKind) -> bool:
        """Whether anything goes over a channel: a program's account is here, with its secret."""
        return kind == "email" or bool(self._channels.open(program, kind, 1, self._turns.clock))

    def email(self) -> None:
        """Deliver mails."""
        self._run("email", opening.open_mail(self._settings, MAIL_CONNECTIONS, self._vault))

    def sms(self) -> None:
        """Deliver text messages."""
        self._run("sms")

    def push(self) -> None:
        """Deliver push messages."""
        self._run("push")

    def inapp(self) -> None:
        """Lay out what goes to the app."""
        board = NoticeBoard(self._library(), self._links.claim_url, self._turns.clock)
        OutboxLoop(self._connect, partial(post_due, board=board), NOTICES_MAX).run(self._turns)

    def _run(self, kind: ChannelKind, connections: Sequence[EmailChannel] = ()) -> None:
        """Deliver over a channel: of the installation, or of the account that each program has."""
        settings, clock, channels = self._settings, self._turns.clock, self._channels

        def opened(program: Program) -> Sequence[Channel]:
            return channels.open(program, kind, CONNECTIONS, clock)

        postroom = Postroom(
            channel=kind,
            connections=connections,
            library=self._library(),
            claim_url=self._links.claim_url,
            clock=clock,
            opens=None if connections else opened,
            member_url=self._links.member_url,
            public_url=settings.public_url,
            callback_of=lambda program: channels.callback_url(program, kind),
        )

        def close() -> None:
            for each in connections:
                each.close()

        OutboxLoop(self._connect, partial(deliver, postroom=postroom), ROWS_MAX, close).run(self._turns)
