"""Who carries the demo's messages beside its mail server, and which members they reach.

They are stand-ins, processes that know the documents of Twilio, of Firebase and of push services and nothing
of Guerdon; they keep all in memory. Secrets are made at each start. The devices of members follow from the
seed, so the next start finds those that are registered already.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from guerdon.channels.push.web import read_subscription
from guerdon.channels.wired import PREVIOUS, Channels
from guerdon.cli import REPOSITORY
from guerdon.cli.installation import Installation, Refused
from guerdon.cli.processes import Processes
from guerdon.engine.messages.consents.addressing import Wanted, add_device
from guerdon.engine.messages.links import Links
from guerdon.engine.messages.port import Device, Subscription
from guerdon.http import Client, Unreachable
from guerdon.program.model import Program
from guerdon.queries.demo import list_some_members
from guerdon.store.database import transaction
from guerdon.store.messages.inapp import load_generations
from guerdon.store.persons import load_persons
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

TWILIO, FCM, WEB_PUSH = "twilio", "fcm", "webpush"
KINDS = (TWILIO, FCM, WEB_PUSH)
SERVICE_ACCOUNT = "guerdon@standin-project.iam.gserviceaccount.com"
STARTS_WITHIN_S, ANSWERS_WITHIN_S = 20, 30.0
SEEDS = 2**31
# One member in so many has a device, of each kind in turn; some of them have the brand's app, too.
DEVICE_EVERY, DEVICES_MAX, APPS_MAX = 8, 400, 24
# How a device is called, and what app it has; a browser has none.
DEVICES = (("Browser", ""), ("Android", "android"), ("iPhone", "ios"))


@dataclass(frozen=True, slots=True)
class Messengers:
    """Those who carry messages in one start."""

    first_port: int
    seed: int
    running: Processes = field(default_factory=lambda: Processes({}))

    @property
    def ports(self) -> Mapping[str, int]:
        """Where each listens."""
        return {kind: self.first_port + n for n, kind in enumerate(KINDS)}

    def url(self, kind: str) -> str:
        """Where one answers."""
        return f"http://127.0.0.1:{self.ports[kind]}"

    @contextmanager
    def opened(
        self, environment: Mapping[str, str], chatter: Path, program: Program
    ) -> Iterator[dict[str, str]]:
        """Start them; gives the settings by which they are asked."""
        self.running.environment = {**environment, "PYTHONPATH": str(REPOSITORY)}
        self.running.chatter = chatter
        try:
            for kind, port in self.ports.items():
                # Names of text messages follow from the seed, and one that was known before would mean two.
                seed = secrets.randbelow(SEEDS) if kind == TWILIO else self.seed
                self.running.start(kind, ["-m", f"standins.{kind}", "--port", str(port), "--seed", str(seed)])
            yield self._settings(program)
        finally:
            self.running.stop()

    def _settings(self, program: Program) -> dict[str, str]:
        for kind in KINDS:
            if not self.running.wait_until_answers(f"{self.url(kind)}/", STARTS_WITHIN_S):
                raise Refused(f"the stand-in for {kind} does not answer")
        sms, fcm = program.channels.sms, program.channels.push.fcm
        assert sms is not None, "the demo's program has an account for text messages"
        assert fcm is not None, "the demo's program has an app"
        token = secrets.token_hex(16)
        # Whoever answers a text message answers the number that it came from.
        opened = {"account": sms.account, "token": token, "number": sms.senders["default"]}
        self.ask("POST", TWILIO, "accounts", opened)
        key = self.ask("POST", FCM, "service_accounts", {"client_email": SERVICE_ACCOUNT})
        addresses = ",".join(f"{kind}={self.url(kind)}" for kind in KINDS)
        return {sms.secret: token, fcm.secret: json.dumps(key), "GUERDON_CHANNELS": addresses}

    def tell_answers(self, base_url: str, program_key: str) -> None:
        """Have what members write by text message told to the demo."""
        self.ask("POST", TWILIO, "hooks", {"url": f"{base_url}/hooks/messages/{program_key}/{TWILIO}"})

    def reach_members(self, opened: Installation, program_id: int, program: Program, file: Path) -> None:
        """Give some members a device, as pages and apps register them, and write down whose is which.

        `file` then says `devices` (where each is pushed to, and whose it is) and `apps` (`who`, `ref`, `url`:
        the link to their messages), as the mailbox reads it.
        """
        channels, vault = Channels(opened.settings), Vault(opened.settings.secret)
        key = channels.browser_key(program)
        assert key is not None, "the demo's program pushes to browsers"
        with opened.connect("worker") as db:
            with transaction(db, program_id) as tx:
                member_ids = list_some_members(tx, program_id, DEVICE_EVERY, DEVICES_MAX)
                persons = load_persons(tx, vault, program_id, member_ids)
                generations = load_generations(tx, program_id, member_ids[:APPS_MAX])
            held = [self.device(n, key, channels) for n in range(len(member_ids))]
            with transaction(db, program_id) as tx:
                for member_id, (label, address) in zip(member_ids, held, strict=True):
                    whose = show("mem", member_id)
                    add_device(tx, vault, Wanted(program_id, member_id, address, label, whose, utc_now()))
        who = {
            member_id: persons[member_id].email if member_id in persons else show("mem", member_id)
            for member_id in member_ids
        }
        devices = {
            address.token if isinstance(address, Device) else address.endpoint: f"{label}: {who[member_id]}"
            for member_id, (label, address) in zip(member_ids, held, strict=True)
        }
        links = Links(vault, opened.settings.public_url)
        apps = [
            {
                "who": who[member_id],
                "ref": show("mem", member_id),
                "url": links.member_url("inbox", program_id, member_id, generation),
            }
            for member_id, generation in generations.items()
        ]
        file.touch(mode=0o600)
        file.write_text(json.dumps({"devices": devices, "apps": apps}), encoding="utf-8")

    def device(self, n: int, key: str, channels: Channels) -> tuple[str, Subscription | Device]:
        """The n-th device: what it is called, and where it is pushed to."""
        label, platform = DEVICES[n % len(DEVICES)]
        if not platform:
            return label, self._browser(key, channels)
        said = self.ask("POST", FCM, "registrations", {"platform": platform})
        return label, Device(str(said["token"]))

    def _browser(self, key: str, channels: Channels) -> Subscription:
        """Let a browser subscribe, and read what its page is handed as our page does."""
        said = self.ask("POST", WEB_PUSH, "subscriptions", {"applicationServerKey": key})
        keys = said["keys"]
        assert isinstance(keys, dict), "a subscription has keys"
        found = read_subscription(
            str(said["endpoint"]), str(keys["p256dh"]), str(keys["auth"]), channels.browsers_allow
        )
        assert found is not None, "a browser here has an address that may be asked"
        return found

    def ask(
        self, method: str, kind: str, what: str, said: Mapping[str, object] | None = None
    ) -> Mapping[str, object]:
        """Ask the control door of one of them; raises `Refused` where it does not do as told."""
        headers = {} if said is None else {"content-type": "application/json"}
        body = None if said is None else json.dumps(said).encode()
        url = f"{self.url(kind)}/_control/{what}"
        try:
            answer = Client([ip_network("127.0.0.0/8")]).ask(method, url, headers, body, ANSWERS_WITHIN_S)
        except Unreachable as fault:
            raise Refused(f"the stand-in for {kind} does not answer: {fault}") from fault
        if answer.status != 200:
            raise Refused(f"the stand-in for {kind} does not take its {what}: {answer.status}")
        found: Mapping[str, object] = json.loads(answer.body)
        return found


def secrets_of(program: Program) -> list[str]:
    """The settings that the demo makes for its channels, or leaves empty."""
    sms, fcm = program.channels.sms, program.channels.push.fcm
    named = [sms.secret, sms.secret + PREVIOUS] if sms else []
    return [*named, *([fcm.secret] if fcm else []), "GUERDON_CHANNELS"]
