"""Push to whatever a member has: a browser or an app, by the kind of its address."""

from datetime import datetime
from typing import Never

from guerdon.channels.push.fcm.wire import Fcm
from guerdon.channels.push.web import WebPush
from guerdon.engine.messages.port import Abilities, Outcome, Parcel, Rejected, Subscription

ABILITIES = Abilities(keyed=True, connections=8)
CLOSED = "channel:closed"


class EitherPush:
    """Pushes over either of two, as far as a program has an account of it that is open."""

    abilities = ABILITIES

    def __init__(self, web: WebPush | None, fcm: Fcm | None) -> None:
        self._web = web
        self._fcm = fcm

    def send(self, parcel: Parcel) -> Outcome:
        """Hand a notification over."""
        there = self._web if isinstance(parcel.address, Subscription) else self._fcm
        # That an account is not there is not its address's fault.
        return Rejected(CLOSED) if there is None else there.send(parcel)

    def find(self, parcel: Parcel, now: datetime) -> Never:
        """Nobody can be asked what became of a push message."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is kept open."""
