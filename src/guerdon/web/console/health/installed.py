"""Checks of what this process was started with: settings, secrets, disks, backups.

A secret is never shown, nor is any part of one: only the names of settings are.
"""

import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from guerdon.channels.wired import missing_of as missing_of_channels
from guerdon.config import SETTINGS, Settings
from guerdon.embedded.backup import BACKUPS
from guerdon.program.model import Program
from guerdon.queries.health.checks import Check, check_backup, check_disk
from guerdon.queries.health.standing import Server
from guerdon.suppliers.wired import missing_of as missing_of_suppliers

_DEFAULTS = {each.name: each.default for each in SETTINGS}


def check_address(settings: Settings) -> Check:
    """The world comes by https, or only this machine comes at all."""
    parts = urlsplit(settings.public_url)
    told = {"address": settings.public_url}
    if parts.scheme == "https":
        return Check("address", "good", "https", told)
    return Check("address", "look" if _is_loopback(parts.hostname or "") else "bad", "plain", told)


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def check_secrets(settings: Settings, program: Program) -> Iterator[Check]:
    """The installation's own secret is kept as it should be, and every other one that is named is there."""
    kept = settings.home / "secret"
    if settings.environment.get("GUERDON_SECRET"):
        yield Check("secret", "good", "set")
    else:
        try:
            open_to_others = stat.S_IMODE(kept.stat().st_mode) & 0o077
        except OSError:
            yield Check("secret", "unseen", "unseen")
        else:
            yield Check("secret", "bad" if open_to_others else "good", "open" if open_to_others else "kept")
    missing = [
        each.secret for each in program.connections.values() if not settings.connection_secret(each.secret)
    ]
    said = [*missing_of_suppliers(program, settings), *missing_of_channels(program, settings)]
    missing += [each.partition(",")[0] for each in said]
    if missing:
        yield Check("named", "bad", "missing", {"names": ", ".join(dict.fromkeys(missing))})
    else:
        yield Check("named", "good", "here")


def check_mail(settings: Settings) -> Iterator[Check]:
    """Mails leave by a server of one's own, under one's own name, and signed."""
    ours = settings.mail_from != _DEFAULTS["GUERDON_MAIL_FROM"]
    told: dict[str, object] = {"sender": settings.mail_from}
    yield Check("sender", "good" if ours else "look", "ours" if ours else "example", told)
    server = urlsplit(settings.smtp_url)
    practice = settings.smtp_url == _DEFAULTS["GUERDON_SMTP_URL"]
    told = {"server": f"{server.hostname or ''}:{server.port or ''}".rstrip(":")}
    yield Check("mail_server", "look" if practice else "good", "practice" if practice else "named", told)
    signed = settings.dkim_key is not None
    yield Check("signature", "good" if signed else "look", "signed" if signed else "plain")


def check_disks(settings: Settings) -> Iterator[Check]:
    """Room for the database where it lies here, and for files."""
    if _embedded(settings.home):
        yield _disk("database", settings.home / "postgres")
    else:
        yield Check("disk", "unseen", "unseen", subject="database")
    yield _disk("home", settings.home)
    if settings.drops is not None:
        yield _disk("drops", settings.drops)


def _disk(place: str, path: Path) -> Check:
    try:
        found = shutil.disk_usage(path)
    except OSError:
        return Check("disk", "bad", "gone", {"path": str(path)}, place)
    return check_disk(place, found.free, found.total)


def check_backups(settings: Settings, server: Server, now: datetime) -> Check:
    """When the embedded database was backed up last; of another server its host knows."""
    if not _embedded(settings.home):
        return Check("backup", "unseen", "unseen")
    told = settings.home / "postgres" / "wal" / BACKUPS
    taken_at = None
    try:
        taken_at = datetime.fromtimestamp(told.stat().st_mtime, UTC)
    except FileNotFoundError:
        pass
    except OSError:
        return Check("backup", "unseen", "unseen")
    return check_backup(taken_at, server, now)


def check_outside(settings: Settings) -> Check:
    """Whether somebody who does not run this machine is told the audit's seals."""
    told = bool(settings.anchor_mail)
    return Check("outside", "good" if told else "look", "told" if told else "none")


def _embedded(home: Path) -> bool:
    return (home / "postgres" / "data").exists()
