"""FCM's wire: a notification to an app on a device, each a request of its own."""

from collections.abc import Callable
from datetime import datetime
from typing import Never

from guerdon.channels.asking import Asks, lost
from guerdon.channels.push.fcm.account import Bearer
from guerdon.channels.push.fcm.message import told, write_body
from guerdon.engine.messages.port import Abilities, Device, Outcome, Parcel, Push, Rejected, Retry, Shut
from guerdon.http import Unreachable

ADDRESS = "https://fcm.googleapis.com"
WITHIN_S = 15.0
# By its default quota: 600,000 messages a minute.
ABILITIES = Abilities(keyed=True, per_second=10_000.0, connections=8)


class Fcm:
    """Pushes to apps of one project; many threads may have one each over the same `Bearer`."""

    abilities = ABILITIES

    def __init__(
        self, http: Asks, bearer: Bearer, clock: Callable[[], datetime], address: str = ADDRESS
    ) -> None:
        self._http = http
        self._bearer = bearer
        self._clock = clock
        self._url = f"{address.rstrip('/')}/v1/projects/{bearer.account.project}/messages:send"

    def send(self, parcel: Parcel) -> Outcome:
        """Hand a notification to FCM; a token that is turned down is renewed once."""
        device, content = parcel.address, parcel.content
        assert isinstance(device, Device), "an app is pushed to by its token"
        assert isinstance(content, Push), "what is pushed is a notification"
        body = write_body(parcel, device, content)
        if body is None:
            return Rejected("push:large")
        outcome, is_stale = self._asked(body)
        return self._asked(body)[0] if is_stale else outcome

    def find(self, parcel: Parcel, now: datetime) -> Never:
        """Nobody can be asked what became of a push message."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is kept open."""

    def _asked(self, body: bytes) -> tuple[Outcome, bool]:
        """What came of it, and whether it is because the token was no good any more."""
        token = self._bearer.token()
        if isinstance(token, Retry | Shut):
            return token, False
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            answer = self._http.ask("POST", self._url, headers, body, WITHIN_S)
        except Unreachable as fault:
            return lost(fault), False
        outcome = told(answer, self._clock())
        is_stale = answer.status == 401 and isinstance(outcome, Shut)
        if is_stale:
            self._bearer.forget(token)
        return outcome, is_stale
