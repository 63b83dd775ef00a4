"""What the demo's members may choose: an invented catalog, and suppliers that answer on this machine.

The suppliers are stand-ins, processes that know their documents and nothing of Guerdon; they keep all in
memory. Their secrets follow from the seed, so that the next start of a demo knows them again.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from ipaddress import ip_network
from itertools import islice
from pathlib import Path
from secrets import token_bytes

from guerdon.cli import REPOSITORY
from guerdon.cli.catalog.importing import beside
from guerdon.cli.counts import counted
from guerdon.cli.installation import Installation, Refused
from guerdon.cli.processes import Processes
from guerdon.engine.catalog.feeds import read_feed
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.staging import Asked, take_feed
from guerdon.engine.codes import CODE_BYTES, add_codes, written
from guerdon.http import Client, Unreachable
from guerdon.program.model import Program
from guerdon.store.catalog.items import POOL
from guerdon.store.codes import Code
from guerdon.store.database import transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.values.money import Money

GENERATOR = REPOSITORY / "examples" / "catalog"
FEED = "shops"
# By kind of supplier: its account in the program, where it answers, and its secrets by the names of settings.
SUPPLIERS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "tremendous": (
        "tremendous_eu",
        "/api/v2",
        {"TREMENDOUS_API_KEY": "token", "TREMENDOUS_WEBHOOK_KEY": "private_key"},
    ),
    "runa": ("runa_eu", "/v2", {"RUNA_API_KEY": "key", "RUNA_WEBHOOK_KEY": "secret"}),
}
# Enough for everybody, as each of them takes it.
FUNDS: Mapping[str, Mapping[str, object]] = {
    "tremendous": {"cents": 1_000_000_000},
    "runa": {"currency": "EUR", "balance": 10_000_000},
}
STARTS_WITHIN_S, ANSWERS_WITHIN_S = 20, 30.0
# Own codes are for the first so many items that need them.
ITEMS_WITH_CODES, CODES_EACH = 300, 20


@dataclass(frozen=True, slots=True)
class Supplies:
    """The catalog and the suppliers of one start."""

    first_port: int
    seed: int
    items: int
    running: Processes = field(default_factory=lambda: Processes({}))

    @property
    def ports(self) -> Mapping[str, int]:
        """Where each supplier listens, if there is anything to supply."""
        return {kind: self.first_port + n for n, kind in enumerate(SUPPLIERS)} if self.items else {}

    @contextmanager
    def opened(self, environment: Mapping[str, str], chatter: Path) -> Iterator[dict[str, str]]:
        """Start the suppliers; gives the settings by which they are asked."""
        self.running.environment = {**environment, "PYTHONPATH": str(REPOSITORY)}
        self.running.chatter = chatter
        try:
            for kind, port in self.ports.items():
                words = ["-m", f"standins.{kind}", "--port", str(port), "--seed", str(self.seed)]
                self.running.start(kind, words)
            yield self._settings()
        finally:
            self.running.stop()

    def _settings(self) -> dict[str, str]:
        found: dict[str, str] = {}
        addresses = []
        for kind, port in self.ports.items():
            _, path, secrets = SUPPLIERS[kind]
            if not self.running.wait_until_answers(f"http://127.0.0.1:{port}/", STARTS_WITHIN_S):
                raise Refused(f"the supplier {kind} does not answer")
            keys = self._control(kind, "GET", "keys")
            found |= {name: str(keys[theirs]) for name, theirs in secrets.items()}
            addresses.append(f"{kind}=http://127.0.0.1:{port}{path}")
        return {**found, "GUERDON_SUPPLIERS": ",".join(addresses)} if addresses else {}

    def prepare(self, base_url: str, program_key: str) -> None:
        """Tell the suppliers what they have, and whom they call back."""
        for kind in self.ports:
            self._control(kind, "POST", "products", self._generated("--products", kind))
            self._control(kind, "POST", "balance", json.dumps(FUNDS[kind]).encode())
            hook = {"url": f"{base_url}/hooks/suppliers/{program_key}/{SUPPLIERS[kind][0]}"}
            self._control(kind, "POST", "hooks", json.dumps(hook).encode())

    def stock(self, opened: Installation, program_id: int, program: Program, said: Path) -> None:
        """Read the catalog in, give it codes, and let the next day's changes wait for somebody."""
        if not self.items or (said.exists() and said.read_text(encoding="utf-8") == str(self.items)):
            return
        # Written once; the feed names them as files that lie beside it.
        pictures = said.with_name("pictures")
        rows = self._generated("--pictures", str(pictures))
        ground = Ground(program_id, program, FEED, POOL, beside=beside(pictures))
        for asked, feed in (
            (Asked(FEED, "demo", supplier=POOL), rows),
            (
                Asked(FEED, "demo", "delta", wait=True),
                self._generated("--changes", "--pictures", str(pictures)),
            ),
        ):
            with opened.connect("worker") as db:
                sync = take_feed(db, ground, asked, read_feed(BytesIO(feed)), utc_now)
            if sync.counts.wrong:
                raise Refused(
                    f"the invented catalog does not fit the program: {counted(sync.counts.wrong, 'row')}"
                )
        with opened.connect("worker") as db, transaction(db, program_id) as tx:
            add_codes(tx, Vault(opened.settings.secret), program_id, _codes(rows))
        said.write_text(str(self.items), encoding="utf-8")

    def _control(self, kind: str, method: str, what: str, body: bytes | None = None) -> Mapping[str, object]:
        url = f"http://127.0.0.1:{self.ports[kind]}/_control/{what}"
        try:
            headers = {"content-type": "application/json"} if body else {}
            answer = Client([ip_network("127.0.0.0/8")]).ask(method, url, headers, body, ANSWERS_WITHIN_S)
        except Unreachable as fault:
            raise Refused(f"the supplier {kind} does not answer: {fault}") from fault
        if answer.status != 200:
            raise Refused(f"the supplier {kind} does not take its {what}: {answer.status}")
        found: Mapping[str, object] = json.loads(answer.body)
        return found

    def _generated(self, *more: str) -> bytes:
        words = [str(GENERATOR), "--items", str(self.items), "--seed", str(self.seed)]
        words += ["--today", f"{utc_now():%Y-%m-%d}", *more]
        return subprocess.run([sys.executable, *words], capture_output=True, check=True).stdout


def _codes(rows: bytes) -> Iterator[Code]:
    """Codes of one's own for the first items that need some."""
    listed = (json.loads(row) for row in rows.splitlines())
    pooled = (row for row in listed if row["offers"][0]["supplier"] == POOL and "amounts" in row)
    for row in islice(pooled, ITEMS_WITH_CODES):
        for amount in row["amounts"]:
            value = Money(int(amount.replace(".", "")), row["currency"])
            for _ in range(CODES_EACH):
                yield Code(f"{FEED}:{row['id']}".lower(), value, written(token_bytes(CODE_BYTES)))
