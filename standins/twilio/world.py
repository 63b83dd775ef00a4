"""Everything that the stand-in knows: accounts, numbers, messages, opt-outs, what is still to happen."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from standins.suppliers.clock import Clock
from standins.suppliers.faults import Faults
from standins.suppliers.paces import Pace
from standins.suppliers.truth import Deliveries
from standins.twilio import doors
from standins.twilio.agenda import Agenda
from standins.twilio.documented import MAGIC_TO, TABLE
from standins.twilio.messages import Message
from standins.twilio.numbers import NO_NAMES, OUTCOMES, Outcome
from standins.twilio.posts import Posts, form_post

# Ofcom keeps these for stories: nobody has one.
NUMBERS = "+4477009001{:02d}"
TOLD_OFTEN = 3
HELD_BACK_MS = 500


class TwilioFaults(Faults):
    """The kinds of faults that a message can meet."""

    kinds = (
        "refused",  # refused before it is created
        "limited",  # 429 before it is created
        "before",  # 5xx before it is created
        "after",  # 5xx after it is created
        "cut",  # created, and the connection ends without a word
        "late",  # no word, and created only some time later
        "lost",  # no word, and never created
        "slow",  # waits in the queue for some time
        "failed",  # accepted, and never sent
        "undelivered",  # sent, and not delivered
        "stuck",  # sent, and no word ever of what became of it
        "untold",  # delivered, and no callback ever
        "twice",  # each callback more than once
        "disordered",  # the callback of the end before that of sending
        "early",  # a callback before the reply
    )


@dataclass
class Account:
    """Who may send, by which tokens, and from where."""

    sid: str
    token: str
    key: str
    key_secret: str
    number: str
    service: str
    # The numbers of the Messaging Service.
    pool: tuple[str, ...]

    @property
    def senders(self) -> tuple[str, ...]:
        """All its numbers."""
        return (self.number, *self.pool)

    def opt_out_key(self, sender: str, service: str | None = None) -> tuple[str, str]:
        """What an opt-out is from: the whole service, where the sender is in one."""
        return self.sid, self.service if service or sender in self.pool else sender

    def shown(self) -> dict[str, Any]:
        """The account as whoever tests needs it."""
        return {
            "account": self.sid,
            "token": self.token,
            "key": self.key,
            "key_secret": self.key_secret,
            "from": self.number,
            "service": self.service,
            "pool": list(self.pool),
        }


@dataclass
class World:
    """One stand-in, whole; a test may start it anew."""

    seed: int
    clock: Clock = field(default_factory=Clock)
    origin: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    truth: Deliveries = field(default_factory=Deliveries)
    callbacks: Posts = field(default_factory=Posts)
    accounts: dict[str, Account] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    blocked_regions: tuple[str, ...] = ()
    opted_out: set[tuple[tuple[str, str], str]] = field(default_factory=set)
    # When a sender is free again, by account and sender.
    free_ms: dict[tuple[str, str], float] = field(default_factory=dict)
    timing: dict[str, Any] = field(
        default_factory=lambda: {"sent_s": (0.5, 2), "ended_s": (1, 4), "per_second": 100.0}
    )
    behaviour: dict[str, Any] = field(
        default_factory=lambda: {
            "tells": True,
            "date_sent": "sent",
            "listed_after_s": 0,
            "advanced_opt_out": False,
        }
    )

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.faults = TwilioFaults(self.seed)
        self.pace = Pace(TABLE.figure("requests_per_second"), 1000)
        self.agenda = Agenda(self.clock)
        self.first = self.open_account()

    def hexadecimal(self, count: int) -> str:
        """Text that the seed decides."""
        return "".join(self.random.choices("0123456789abcdef", k=count))

    def sid(self, kind: str) -> str:
        """An id of a kind: two letters and 32 hexadecimal digits."""
        return kind + self.hexadecimal(32)

    def open_account(
        self, sid: str | None = None, token: str | None = None, number: str | None = None
    ) -> Account:
        """Another account, with a number of its own and a service of two."""
        first = len(self.accounts) * 3
        one, two, three = (NUMBERS.format(first + step) for step in range(3))
        account = Account(
            sid or self.sid("AC"),
            token or self.hexadecimal(32),
            self.sid("SK"),
            self.hexadecimal(32),
            number or one,
            self.sid("MG"),
            (two, three),
        )
        self.accounts[account.sid] = account
        return account

    def keys(self) -> dict[str, Any]:
        """Secrets and tokens of the first account."""
        return self.first.shown()

    def now_ms(self) -> int:
        """The moment of whatever happens."""
        return self.agenda.now_ms()

    def tick(self) -> None:
        """Let happen whatever is due."""
        self.agenda.tick()

    def outcome(self, to: str, sender: str) -> Outcome:
        """What becomes of a message to a number; magic numbers come before what a test says."""
        if to in MAGIC_TO:
            return Outcome(refusal=MAGIC_TO[to])
        if to.startswith(self.blocked_regions or ("none",)):
            return OUTCOMES["region"]
        if not sender.startswith("+") and to.startswith(NO_NAMES):
            return OUTCOMES["unreachable"]
        return OUTCOMES[self.outcomes.get(to, "mobile")]

    def wants_none(self, account: Account, sender: str, service: str | None, to: str) -> bool:
        """Whether the number has said STOP to this sender, or to its service."""
        return (account.opt_out_key(sender, service), to) in self.opted_out

    def tell(self, message: Message) -> None:
        """Send a status callback, the way that the message's fault wants it."""
        if message.callback is None or message.fault == "untold":
            return
        account = self.accounts[message.account]
        params = {
            "AccountSid": message.account,
            "ApiVersion": "2010-04-01",
            "From": message.sender,
            "MessageSid": message.sid,
            "MessageStatus": message.status,
            "SmsSid": message.sid,
            "SmsStatus": message.status,
            "To": message.to,
        }
        if message.service is not None:
            params["MessagingServiceSid"] = message.service
        if message.error is not None:
            params["ErrorCode"] = str(message.error)
        if message.status in ("delivered", "undelivered"):
            params["RawDlrDoneDate"] = doors.carriers_date(message.updated_ms)
        wrong = TABLE.problem("StatusCallback", params)
        assert wrong is None, wrong.written()
        made = form_post(
            message.callback,
            params,
            account.token,
            id=f"{message.sid} {message.status}",
            about=message.sid,
            repeat=self.hexadecimal(32),
            copies=TOLD_OFTEN if message.fault == "twice" else 1,
        )

        def post() -> None:
            self.callbacks.send(made, self.now_ms(), tells=self.behaviour["tells"])

        if message.fault == "disordered" and message.status == "sent":
            # Behind everything that may still come of it.
            held_ms = self.timing["ended_s"][1] * 1000 + HELD_BACK_MS
            self.agenda.later(held_ms, post)
        else:
            post()

    def control(self, name: str, asked: dict[str, Any]) -> Any:
        """Do what only this control door knows."""
        return doors.DOORS[name](self, asked)
