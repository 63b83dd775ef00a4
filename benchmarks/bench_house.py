"""A house to measure in: an installation in a temporary folder, with members, a web and a worker.

Everything is real and durable: embedded PostgreSQL with fsync, signed HTTP through the front door. It
is gone afterwards.
"""

import re
import secrets
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench_frame import fresh_home
from bench_program import EV_MAKER, published

from guerdon.cli.installation import Installation, bring_up_to_date, installation
from guerdon.cli.processes import Processes
from guerdon.cli.up import environment_of
from guerdon.engine.enroll import enroll_members
from guerdon.program.model import Program
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now

FIRST_CONTACT = 10_000_000
CONNECTION = "hubspot_eu"
SECRET_NAME = "HUBSPOT_CLIENT_SECRET"  # noqa: S105  the name of a setting


@dataclass(frozen=True, slots=True)
class House:
    """What a benchmark works with."""

    opened: Installation
    program: Program
    program_id: int
    parts: Processes
    client_secret: str
    members: int

    @property
    def url(self) -> str:
        """The webhook's public address."""
        return f"{self.opened.settings.public_url}/hooks/hubspot/{CONNECTION}"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def house(
    members: int,
    smtp_port: int = 9,
    program: Path | None = None,
    client_secret: str = "",
    settings: Mapping[str, str] | None = None,
    channel: str = "email",
) -> Iterator[House]:
    """An installation with so many members of a program: the EV maker's, with budgets that do not run out.

    It tells of rewards over `channel`.
    """
    port = free_port()
    client_secret = client_secret or secrets.token_hex(16)
    with fresh_home() as own:
        environment = {
            **own,
            "GUERDON_PORT": str(port),
            "GUERDON_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "GUERDON_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
            SECRET_NAME: client_secret,
            **(settings or {}),
        }
        with installation(environment, migrated=False) as opened:
            bring_up_to_date(opened)
            program_id, checked = published(opened, program or _generous(opened.settings.home, channel))
            with opened.connect("worker") as db:
                done = enroll_members(
                    db,
                    Vault(opened.settings.secret),
                    (program_id, checked),
                    _lines(checked, members),
                    utc_now(),
                )
                assert done.enrolled == members, done.problems[:3]
            with opened.connect("owner") as db:
                db.execute("set role none")
                db.execute("vacuum analyze")
                db.execute("checkpoint")
            parts = Processes({**environment, **environment_of(opened), SECRET_NAME: client_secret})
            try:
                yield House(opened, checked, program_id, parts, client_secret, members)
            finally:
                parts.stop()


def _generous(home: Path, channel: str) -> Path:
    """The EV maker's program with budgets ten thousand times as large: none may end the measurement.

    Without a CRM behind it: nobody is read or written to.
    """
    folder = home / "program"
    folder.mkdir()
    shutil.copy(EV_MAKER.with_name("locations.csv"), folder)
    text = EV_MAKER.read_text(encoding="utf-8")
    # The center's amount, and each market's below it.
    amount = r"^(      [A-Z]{2}: |    amount: )(\d+)(\.00)"
    text = re.sub(amount, r"\g<1>\g<2>0000\g<3>", text, flags=re.MULTILINE)
    # What the CRM is told, and read for, is measured by itself, beside a CRM that answers.
    text = re.sub(r"^    # Contacts become.*?(?=^# Who brings)", "", text, flags=re.MULTILINE | re.DOTALL)
    text = text.replace("reward_ready: { channel: email,", f"reward_ready: {{ channel: {channel},")
    (folder / "program.yaml").write_text(text, encoding="utf-8")
    return folder / "program.yaml"


def _lines(program: Program, members: int) -> Iterator[str]:
    chance = Random(1)  # noqa: S311  a seed, not a secret
    places = list(program.locations.values())
    yield "external_source,external_id,name,email,phone,market,language,location,employee,segment\n"
    for n in range(members):
        place = chance.choice(places)
        language = program.markets[place.market].language
        contact = FIRST_CONTACT + n
        person = f"Member {n},m{n}@example.com,"
        yield f"hubspot,{contact},{person},{place.market},{language},{place.key},false,private\n"
