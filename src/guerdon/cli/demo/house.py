"""The demo's house: an installation with the EV maker's program, invented members, codes, carriers.

Its secrets are made at the first start and kept in its folder; nothing of it touches an installation of
yours. One demo at a time works in a folder: the lock is held by the process, so a demo that was killed
leaves none.
"""

import fcntl
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from guerdon.cli import REPOSITORY
from guerdon.cli.counts import counted
from guerdon.cli.demo.edition import write_edition
from guerdon.cli.demo.messengers import KINDS, Messengers, secrets_of
from guerdon.cli.demo.supplies import SUPPLIERS, Supplies
from guerdon.cli.imports import import_members
from guerdon.cli.installation import Installation, Refused, bring_up_to_date, installation
from guerdon.cli.processes import Processes
from guerdon.cli.publish import checked_program, publish_as
from guerdon.cli.staff import NewStaff, add_staff
from guerdon.cli.up import environment_of, start_parts
from guerdon.engine.codes import add_codes, generate_codes
from guerdon.program.model import Program
from guerdon.store.database import transaction
from guerdon.store.migrations import Changed
from guerdon.store.sealing import Vault

EXAMPLE = REPOSITORY / "examples" / "ev_maker"
MAILBOX = REPOSITORY / "examples" / "mailbox"
CONNECTION = "hubspot_eu"
CLIENT_SECRET = "HUBSPOT_CLIENT_SECRET"  # noqa: S105  the name of a setting
# Who works at the brand, and what they may: what one may not see is not there for them.
STAFF = {
    "everything": NewStaff(
        "ines.okafor@example.com", "Ines Okafor", ("program_owner", "operator", "auditor"), waived=True
    ),
    "finance": NewStaff("jonas.weber@example.com", "Jonas Weber", ("finance",), waived=True),
    "compliance": NewStaff("amara.diallo@example.com", "Amara Diallo", ("compliance",), waived=True),
    # What one of the two writes, the other lets go.
    "the program": NewStaff("noor.haddad@example.com", "Noor Haddad", ("program_owner",), waived=True),
    "marketing in Italy": NewStaff(
        "sofia.ricci@example.com", "Sofia Ricci", ("marketing",), ("IT",), waived=True
    ),
    "dealer manager in Hamburg": NewStaff(
        "lena.vogt@example.com",
        "Lena Vogt",
        ("dealer_manager",),
        locations=("de-hamburg-hafencity",),
        waived=True,
        persona="location_manager",
    ),
    "after-sales in Hamburg": NewStaff(
        "tom.brandt@example.com",
        "Tom Brandt",
        ("frontline",),
        locations=("de-hamburg-hafencity",),
        waived=True,
        persona="after_sales",
    ),
}
CODES_EACH = 400


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the demo listens, on loopback only."""

    web: int = 8710
    smtp: int = 8725
    inbox: int = 8726
    # The first supplier's; the others follow, and then those who carry messages.
    suppliers: int = 8727

    @property
    def messengers(self) -> int:
        """The first port of those who carry messages."""
        return self.suppliers + len(SUPPLIERS)


@dataclass(frozen=True, slots=True)
class Order:
    """What one start was asked for."""

    ports: Ports
    customers: int
    seed: int
    # Items of the catalog besides the program's own.
    catalog: int = 0


@dataclass(frozen=True, slots=True)
class DemoHouse:
    """Everything the demo is made of, prepared and not yet started."""

    opened: Installation
    program: Program
    program_id: int
    order: Order
    home: Path
    password: str
    parts: Processes
    messengers: Messengers

    @property
    def base_url(self) -> str:
        """The address of the web process."""
        return self.opened.settings.public_url

    @property
    def inbox_url(self) -> str:
        """The address of the mail server's inbox page."""
        return f"http://127.0.0.1:{self.order.ports.inbox}"

    @property
    def chatter(self) -> Path:
        """The folder with what each part says when nothing is wrong."""
        return self.home / "said"

    @property
    def record(self) -> Path:
        """The folder where the simulator writes down what it sent and what each event must earn."""
        return self.home / "simulator"

    @property
    def people(self) -> Path:
        """The file that says whose devices there are, and who has the app."""
        return self.home / "people.json"

    def start(self) -> None:
        """Start mail server, web and worker; raises `Refused`."""
        carriers = [word for kind in KINDS for word in (f"--{kind}", self.messengers.url(kind))]
        self.parts.start(
            "mail server",
            [
                MAILBOX,
                "--smtp-port",
                str(self.order.ports.smtp),
                "--http-port",
                str(self.order.ports.inbox),
                "--dir",
                self.home / "mails",
                "--people",
                self.people,
                *carriers,
            ],
        )
        start_parts(self.parts, self.opened, workers=1)
        if not self.parts.wait_until_answers(self.inbox_url, 20):
            raise Refused("the mail server does not answer")

    def simulator(self, command: str, *more: str) -> list[str | Path]:
        """The arguments of a simulator command on this house."""
        common = ["--connection", CONNECTION, "--out", str(self.record), "--seed", str(self.order.seed)]
        return [EXAMPLE / "simulator", command, *common, *more]

    def import_late_contacts(self) -> int:
        """Let the contacts arrive that the CRM told late; returns how many waiting events they set free."""
        return import_members(self.opened, self.home / "late_members.csv").released


@contextmanager
def demo_house(home: Path, order: Order) -> Iterator[DemoHouse]:
    """Prepare the house; what is there from an earlier start stays as it is."""
    home.mkdir(parents=True, exist_ok=True)
    # The system user that runs the database must get through to its own private folder in here.
    home.chmod(0o711)
    with _alone_in(home, order.ports), _prepared(home, order) as house:
        yield house


@contextmanager
def _prepared(home: Path, order: Order) -> Iterator[DemoHouse]:
    ports = order.ports
    supplies = Supplies(ports.suppliers, order.seed, order.catalog)
    messengers = Messengers(ports.messengers, order.seed)
    others = (*supplies.ports.values(), *messengers.ports.values())
    check_ports((ports.web, ports.smtp, ports.inbox, *others))
    kept = _kept(home)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("GUERDON_") and k != "DATABASE_URL"},
        "GUERDON_HOME": str(home),
        "GUERDON_PORT": str(ports.web),
        "GUERDON_PUBLIC_URL": f"http://127.0.0.1:{ports.web}",
        "GUERDON_SMTP_URL": f"smtp://127.0.0.1:{ports.smtp}",
        "GUERDON_MAIL_FROM": "Nordlys Circle <rewards@nordlys.example>",
        CLIENT_SECRET: kept["client_secret"],
    }
    program, said = checked_program(write_edition(EXAMPLE / "program.yaml", home / "program")), home / "said"
    with (
        supplies.opened(environment, said) as theirs,
        messengers.opened(environment, said, program) as carried,
    ):
        environment |= theirs | carried
        with _opened(home, order, program, environment, (kept["password"], messengers)) as house:
            supplies.prepare(house.base_url, program.key)
            if supplies.items:
                tell(f"filling the catalog with {counted(supplies.items, 'item')} ...")
            supplies.stock(house.opened, house.program_id, program, home / "stocked")
            messengers.tell_answers(house.base_url, program.key)
            messengers.reach_members(house.opened, house.program_id, program, house.people)
            # When one of them is gone, the demo says which.
            house.parts.running |= supplies.running.running | messengers.running.running
            yield house


@contextmanager
def _opened(
    home: Path,
    order: Order,
    program: Program,
    environment: dict[str, str],
    kept: tuple[str, Messengers],
) -> Iterator[DemoHouse]:
    tell("starting a PostgreSQL of its own ...")
    with installation(environment, migrated=False) as opened:
        _bring_up_to_date(opened)
        program_id = publish_as(opened, program, by="demo").program_id
        parts = Processes({**environment, **environment_of(opened), **_named(environment, program)})
        house = DemoHouse(opened, program, program_id, order, home, kept[0], parts, kept[1])
        parts.chatter = house.chatter
        try:
            _furnish(house, environment)
            yield house
        finally:
            # Whoever writes ends before the mailbox, and its apps before the web, which would wait for them.
            parts.stop("mail server", "worker 1", "simulator", "customers")
            parts.stop()


def _named(environment: Mapping[str, str], program: Program) -> dict[str, str]:
    """What of the demo's own must not come from whoever starts it."""
    secrets_of_theirs = [name for _, _, named in SUPPLIERS.values() for name in named]
    own = (CLIENT_SECRET, "GUERDON_SUPPLIERS", *secrets_of_theirs, *secrets_of(program))
    return {name: environment.get(name, "") for name in own}


@contextmanager
def _alone_in(home: Path, ports: Ports) -> Iterator[None]:
    with (home / "demo.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            lock.seek(0)
            raise Refused(
                f"a demo already runs from this folder ({lock.read().strip() or 'just begun'});"
                " stop it first, or set GUERDON_DEMO_HOME to another folder"
            ) from fault
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, http://127.0.0.1:{ports.web}\n")
        lock.flush()
        yield


def _bring_up_to_date(opened: Installation) -> None:
    try:
        bring_up_to_date(opened)
    except Changed as fault:
        home = opened.settings.home
        raise Refused(
            f"the demo's data in {home} are of another version of Guerdon ({fault});"
            f" to begin anew, remove them: rm -r {home}"
        ) from fault


def tell(line: str) -> None:
    """Say what is going on, beside what the command gives."""
    print(line, file=sys.stderr, flush=True)


def _kept(home: Path) -> Mapping[str, str]:
    path = home / "demo.json"
    if not path.exists():
        made = {"client_secret": secrets.token_hex(16), "password": secrets.token_urlsafe(9)}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(made, file)
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def check_ports(ports: Sequence[int]) -> None:
    """Refuse to begin when somebody else listens where the demo would."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as fault:
                raise Refused(
                    f"port {port} cannot be taken ({fault.strerror}); --port N moves the demo to others"
                ) from fault


def _furnish(house: DemoHouse, environment: Mapping[str, str]) -> None:
    """Members, codes and colleagues for the console, unless they are there."""
    done = house.home / "furnished"
    if done.exists():
        return
    tell(f"inventing {counted(house.order.customers, 'customer')} and their voucher codes ...")
    _run([EXAMPLE / "simulator", "contacts", "--customers", str(house.order.customers), "--seed",
          str(house.order.seed), "--out", house.home / "members.csv"], environment)  # fmt: skip
    enrolled = import_members(house.opened, house.home / "members.csv")
    if enrolled.problems:
        raise Refused(f"the invented members do not fit the program: {enrolled.problems[0]}")
    with house.opened.connect("worker") as db, transaction(db, house.program_id) as tx:
        codes = generate_codes(house.program, CODES_EACH)
        add_codes(tx, Vault(house.opened.settings.secret), house.program_id, codes)
    for new in STAFF.values():
        add_staff(house.opened, house.program.key, new, house.password)
    done.touch()


def _run(arguments: list[str | Path], environment: Mapping[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise Refused(f"{arguments[0]} failed: {ran.stdout}{ran.stderr}")
