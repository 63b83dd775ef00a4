"""Settings: everything an installation decides, in one place, checked at start.

All come from the environment; `docs/settings.md` lists them, and a test holds that page to this file. A
secret is named by the program and read here; it is never in the program, the database or on a command
line.
"""

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from guerdon.connectors.elsewhere import CHANNELS, SUPPLIERS, read_addresses
from guerdon.connectors.oidc.settings import SIGN_ON, SignOn, read_sign_on
from guerdon.values.destinations import Network, read_networks
from guerdon.values.mail import read_listening, read_sender, read_smtp_url, usable_address
from guerdon.values.problems import Problem, did_you_mean

REPOSITORY = Path(__file__).resolve().parents[2]
SECRET_BYTES_MIN = 32
DAYS_MAX = 3650
KNOWN_WORDS = ("secret", "changeme", "password", "guerdon")
# Which process started this one; set for parts, so that only the first of them speaks of the environment.
STARTED_BY = "GUERDON_STARTED_BY"
# Not an installation's: where the demo lies, and what the gate tells its tests.
OF_COMMANDS = (
    "GUERDON_DEMO_HOME",
    "GUERDON_GATE_FAILED",
    "GUERDON_TEST_FULL",
    "GUERDON_TEST_HOME",
    STARTED_BY,
)

_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name, what it means, and what stands when it is not given."""

    name: str
    means: str
    default: str = ""


SETTINGS = (
    Setting(
        "DATABASE_URL", "PostgreSQL 15 or newer, as a login that may create roles; empty: the embedded one"
    ),
    Setting("GUERDON_HOME", "folder for the embedded database and generated secrets", "var"),
    Setting("GUERDON_SECRET", "at least 32 bytes; empty: made once and kept in GUERDON_HOME, mode 0600"),
    Setting("GUERDON_PROGRAM", "program file that `up` publishes"),
    Setting("GUERDON_HOST", "address the web process listens on", "127.0.0.1"),
    Setting("GUERDON_PORT", "port the web process listens on", "8710"),
    Setting(
        "GUERDON_PUBLIC_URL",
        "address by which the world reaches us; signatures cover it",
        "http://127.0.0.1:8710",
    ),
    Setting(
        "GUERDON_SMTP_URL",
        "mail server: smtp://host:port, smtps:// or smtp+starttls:// with user:password@",
        "smtp://127.0.0.1:8725",
    ),
    Setting(
        "GUERDON_MAIL_FROM",
        "sender of messages; a bare address shows the program's name",
        "rewards@example.com",
    ),
    Setting(
        "GUERDON_DKIM_KEY",
        "file of the private key that signs mails (DKIM), as PEM: RSA or Ed25519; empty: they are not signed",
    ),
    Setting("GUERDON_DKIM_SELECTOR", "the name below _domainkey at which the public half stands in the DNS"),
    Setting("GUERDON_BOUNCES", "host:port at which mails that come back are taken; empty: they are not"),
    Setting(
        "GUERDON_ANCHOR_MAIL", "address outside that is mailed the audit's newest seal each hour; empty: none"
    ),
    Setting(
        "GUERDON_OUTBOUND_ALLOW",
        "networks of yours that may be called though they are not the open network; empty: none",
    ),
    Setting(
        "GUERDON_DROPS",
        "folder where other systems leave files: PROGRAM/DROP/FILE; empty: none is looked at",
    ),
    Setting(
        "GUERDON_BODIES_DAYS",
        "days for which bodies of what came in are kept, once nothing of them waits: 1 to 3650",
        "30",
    ),
    Setting(
        "GUERDON_HUBSPOT_CLIENT_ID",
        "client id of the app at HubSpot, for connecting by OAuth and for its journal; empty: by token alone",
    ),
    Setting("GUERDON_HUBSPOT_API", "where HubSpot answers programs", "https://api.hubapi.com"),
    Setting("GUERDON_HUBSPOT_APP", "where HubSpot asks people for their consent", "https://app.hubspot.com"),
    Setting(
        "GUERDON_SUPPLIERS",
        "where suppliers answer, if not where they usually do: kind=address, kind=address; empty: there",
    ),
    Setting(
        "GUERDON_CHANNELS",
        "where `twilio` and `fcm` answer, if not where they usually do: name=address, ...; empty: there",
    ),
    Setting(
        "GUERDON_APPLE_PASS_CERTIFICATE",
        "file of the pass certificate, its key and Apple's intermediate, as PEM; empty: no Apple Wallet",
    ),
    Setting(
        "GUERDON_GOOGLE_WALLET_ACCOUNT",
        "file of the service account's key, as JSON; empty: no Google Wallet",
    ),
    Setting("GUERDON_GOOGLE_WALLET_ISSUER", "the number of the issuer whose passes that account may make"),
    *(Setting(name, means) for name, means in SIGN_ON),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of this process."""

    database_url: str = field(repr=False)
    home: Path
    secret: str = field(repr=False)
    program: Path | None
    host: str
    port: int
    public_url: str
    smtp_url: str = field(repr=False)
    mail_from: str
    dkim_key: Path | None
    dkim_selector: str
    bounces: tuple[str, int] | None
    anchor_mail: str
    outbound_allow: tuple[Network, ...]
    drops: Path | None
    bodies_days: int
    hubspot_client_id: str
    hubspot_api: str
    hubspot_app: str
    suppliers: Mapping[str, str]
    channels: Mapping[str, str]
    apple_pass_certificate: Path | None
    google_wallet_account: Path | None
    google_wallet_issuer: str
    # Who signs staff in beside us; nobody, where it is not set.
    sign_on: SignOn | None
    environment: Mapping[str, str] = field(repr=False)

    def connection_secret(self, name: str) -> str | None:
        """The secret a program's connection names, or None when the environment does not hold it."""
        return self.environment.get(name) or None


def read_settings(environment: Mapping[str, str] | None = None) -> Settings | list[Problem]:
    """Read and check all settings; every mistake at once."""
    given = os.environ if environment is None else environment
    value = {s.name: given.get(s.name, "").strip() or s.default for s in SETTINGS}
    problems = _check_urls(value) + _check_mail(value) + _check_signing(value)
    allowed = read_networks(value["GUERDON_OUTBOUND_ALLOW"])
    if allowed is None:
        hint = "like 10.1.2.0/24, fd00:1::/64, with no bits set behind the network's"
        problems.append(Problem("GUERDON_OUTBOUND_ALLOW", None, "is no list of networks", hint))
    suppliers, wrong = read_addresses(SUPPLIERS, value[SUPPLIERS.name], allowed or ())
    channels, unread = read_addresses(CHANNELS, value[CHANNELS.name], allowed or ())
    sign_on = read_sign_on(value, allowed or (), REPOSITORY)
    problems += [*wrong, *unread, *(sign_on if isinstance(sign_on, list) else ())]
    problems += _check_host(value["GUERDON_HOST"]) + _check_port(value["GUERDON_PORT"])
    problems += _check_days("GUERDON_BODIES_DAYS", value["GUERDON_BODIES_DAYS"])
    problems += _check_issuer(value["GUERDON_GOOGLE_WALLET_ACCOUNT"], value["GUERDON_GOOGLE_WALLET_ISSUER"])
    # A relative folder lies in the clone, from wherever the command is called.
    home = REPOSITORY / value["GUERDON_HOME"]
    secret = value["GUERDON_SECRET"]
    if secret:
        problems += _check_secret(secret)
    if problems or allowed is None or isinstance(sign_on, list):
        return problems
    return Settings(
        database_url=value["DATABASE_URL"],
        home=home,
        secret=secret or _kept_secret(home),
        program=Path(value["GUERDON_PROGRAM"]) if value["GUERDON_PROGRAM"] else None,
        host=value["GUERDON_HOST"],
        port=int(value["GUERDON_PORT"]),
        public_url=value["GUERDON_PUBLIC_URL"].rstrip("/"),
        smtp_url=value["GUERDON_SMTP_URL"],
        mail_from=value["GUERDON_MAIL_FROM"],
        dkim_key=_path(value["GUERDON_DKIM_KEY"]),
        dkim_selector=value["GUERDON_DKIM_SELECTOR"],
        bounces=read_listening(value["GUERDON_BOUNCES"]),
        anchor_mail=value["GUERDON_ANCHOR_MAIL"],
        outbound_allow=allowed,
        drops=_path(value["GUERDON_DROPS"]),
        bodies_days=int(value["GUERDON_BODIES_DAYS"]),
        hubspot_client_id=value["GUERDON_HUBSPOT_CLIENT_ID"],
        hubspot_api=value["GUERDON_HUBSPOT_API"].rstrip("/"),
        hubspot_app=value["GUERDON_HUBSPOT_APP"].rstrip("/"),
        suppliers=suppliers,
        channels=channels,
        apple_pass_certificate=_path(value["GUERDON_APPLE_PASS_CERTIFICATE"]),
        google_wallet_account=_path(value["GUERDON_GOOGLE_WALLET_ACCOUNT"]),
        google_wallet_issuer=value["GUERDON_GOOGLE_WALLET_ISSUER"],
        sign_on=sign_on,
        environment=given,
    )


def _path(text: str) -> Path | None:
    # A relative one lies in the clone, as the home folder does.
    return REPOSITORY / text if text else None


def list_unknown(environment: Mapping[str, str]) -> list[Problem]:
    """What is called like a setting and is none: slips, unless a program has a secret of that name."""
    known = [*(setting.name for setting in SETTINGS), *OF_COMMANDS]
    return [
        Problem(name, None, "is no setting", did_you_mean(name, known))
        for name in sorted(environment)
        if name.startswith("GUERDON_") and name not in known
    ]


def _check_urls(value: Mapping[str, str]) -> list[Problem]:
    wanted = {
        "GUERDON_PUBLIC_URL": ("http", "https"),
        "GUERDON_HUBSPOT_API": ("https", "http"),
        "GUERDON_HUBSPOT_APP": ("https", "http"),
        "DATABASE_URL": ("postgresql", "postgres"),
    }
    problems = []
    for name, schemes in wanted.items():
        if not value[name]:
            continue
        try:
            parts = urlsplit(value[name])
            parts.port  # noqa: B018  reading it is the check
        except ValueError:
            # What is wrong in it may be part of a password, so it is not repeated.
            problems.append(
                Problem(
                    name,
                    None,
                    "is no address; letters like / in a password are written %2F",
                    f"like {schemes[0]}://host:port",
                )
            )
            continue
        if parts.scheme not in schemes:
            what = f"starts with {parts.scheme}://" if parts.scheme else "does not say how it is reached"
            problems.append(Problem(name, None, what, f"like {schemes[0]}://host:port"))
    return problems


def _check_mail(value: Mapping[str, str]) -> list[Problem]:
    problems = []
    try:
        read_smtp_url(value["GUERDON_SMTP_URL"])
    except ValueError as fault:
        problems.append(
            Problem("GUERDON_SMTP_URL", None, str(fault), "like smtp://host:25 or smtps://user:password@host")
        )
    if read_sender(value["GUERDON_MAIL_FROM"]) is None:
        hint = "like Nordlys Circle <rewards@example.com>"
        problems.append(Problem("GUERDON_MAIL_FROM", None, "is no sender", hint))
    if value["GUERDON_BOUNCES"] and read_listening(value["GUERDON_BOUNCES"]) is None:
        problems.append(Problem("GUERDON_BOUNCES", None, "is no address with a port", "like 0.0.0.0:25"))
    if value["GUERDON_ANCHOR_MAIL"] and usable_address(value["GUERDON_ANCHOR_MAIL"]) is None:
        problems.append(Problem("GUERDON_ANCHOR_MAIL", None, "is no address", "like audit@example.org"))
    return problems


def _check_signing(value: Mapping[str, str]) -> list[Problem]:
    path, selector = _path(value["GUERDON_DKIM_KEY"]), value["GUERDON_DKIM_SELECTOR"]
    if path is None and not selector:
        return []
    if path is None or not selector:
        missing = "GUERDON_DKIM_KEY" if path is None else "GUERDON_DKIM_SELECTOR"
        return [Problem(missing, None, "is needed beside the other", "set both, or none of them")]
    # In here, since most commands sign nothing and would load it for nothing.
    from guerdon.channels.email.dkim import read_keys  # noqa: PLC0415

    try:
        read_keys(path, selector, value["GUERDON_MAIL_FROM"])
    except ValueError as fault:
        return [Problem("GUERDON_DKIM_KEY", None, str(fault), "make one: openssl genrsa -out FILE 2048")]
    return []


def _check_host(text: str) -> list[Problem]:
    with suppress(ValueError):
        ip_address(text)
        return []
    # Digits and points alone would be an address, and a wrong one.
    if _HOST_NAME.fullmatch(text) and not text.replace(".", "").isdecimal():
        return []
    hint = "an address of this machine, like 127.0.0.1, or 0.0.0.0 for all; the port is GUERDON_PORT"
    return [Problem("GUERDON_HOST", None, f"{text!r} is no address or host name", hint)]


def _check_port(text: str) -> list[Problem]:
    if text.isdecimal() and 0 < int(text) < 65536:
        return []
    return [Problem("GUERDON_PORT", None, f"{text!r} is no port", "a number from 1 to 65535")]


def _check_days(name: str, text: str) -> list[Problem]:
    if text.isascii() and text.isdecimal() and 0 < int(text[:6]) <= DAYS_MAX:
        return []
    return [Problem(name, None, f"{text[:40]!r} is no number of days", f"a number from 1 to {DAYS_MAX}")]


def _check_issuer(account: str, issuer: str) -> list[Problem]:
    if bool(account) == bool(issuer) and (not issuer or re.fullmatch("[0-9]{1,30}", issuer)):
        return []
    hint = "the number in Google's console of wallet passes, beside GUERDON_GOOGLE_WALLET_ACCOUNT"
    return [Problem("GUERDON_GOOGLE_WALLET_ISSUER", None, f"{issuer[:40]!r} is no issuer's number", hint)]


def _check_secret(secret: str) -> list[Problem]:
    if len(secret.encode()) < SECRET_BYTES_MIN:
        return [
            Problem(
                "GUERDON_SECRET",
                None,
                f"has fewer than {SECRET_BYTES_MIN} bytes",
                "make one: openssl rand -hex 32",
            )
        ]
    if len(set(secret)) < 8 or not _without(secret.casefold(), KNOWN_WORDS):
        return [Problem("GUERDON_SECRET", None, "can be guessed", "make one: openssl rand -hex 32")]
    return []


def _without(text: str, words: Sequence[str]) -> str:
    for word in words:
        text = text.replace(word, "")
    return text


def _kept_secret(home: Path) -> str:
    """The secret kept in the home folder; made at the first start, readable by its owner only."""
    path = home / "secret"
    home.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Written aside and linked in one step: who starts at the same moment reads a whole secret or none.
        aside = home / f"secret.{os.getpid()}"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(SECRET_BYTES_MIN) + "\n")
        with suppress(FileExistsError):
            os.link(aside, path)
        aside.unlink()
    return path.read_text(encoding="ascii").strip()
