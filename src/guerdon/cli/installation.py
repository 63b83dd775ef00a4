"""What every command begins with: settings read and checked, the database reached, its schema current.

Without DATABASE_URL the embedded PostgreSQL is started, or found running; whoever started it stops it.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from guerdon import embedded
from guerdon.cli.counts import counted
from guerdon.config import Settings, read_settings
from guerdon.store.database import UNAVAILABLE, Connection, Role, connect
from guerdon.store.migrations import Unfit, find_pending, list_migrations, migrate
from guerdon.values.problems import Problem


class Refused(Exception):  # noqa: N818  an answer at start
    """The command cannot begin: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Settings with a database address in any case, and the embedded server when it is ours to stop."""

    settings: Settings
    server: embedded.Server | None

    def connect(self, role: Role) -> Connection:
        """Connect as a role."""
        return connect(self.settings.database_url, self.settings.secret, role)

    def lost(self) -> str | None:
        """What to say when the embedded server, which everything stands on, runs no more; else None."""
        if self.server is None or self.server.runs():
            return None
        return (
            f"PostgreSQL runs no more (it was killed, or somebody stopped it); its log is {self.server.log}"
        )


@contextmanager
def installation(
    environment: Mapping[str, str] | None = None, *, migrated: bool = True
) -> Iterator[Installation]:
    """Open the installation; the embedded server is stopped at the end if this command started it."""
    given = os.environ if environment is None else environment
    settings = read_settings(given)
    if isinstance(settings, list):
        raise Refused(_listed("settings are wrong", settings))
    server = None
    if not settings.database_url:
        try:
            server = embedded.start(settings.home)
        except embedded.EmbeddedError as fault:
            raise Refused(str(fault)) from fault
        settings = replace(settings, database_url=server.url())
    try:
        opened = Installation(settings, server)
        if migrated:
            _check_schema(opened)
        yield opened
    except UNAVAILABLE as fault:
        raise Refused(f"the database does not answer: {str(fault).strip()}") from fault
    except Unfit as fault:
        raise Refused(str(fault)) from fault
    finally:
        if server is not None:
            server.stop()


def bring_up_to_date(opened: Installation) -> list[str]:
    """Run pending migrations, Django's of the accounts included."""
    names = migrate(opened.settings.database_url, opened.settings.secret)
    from guerdon.web.accounts import migrate_accounts  # noqa: PLC0415  Django reads its settings when imported

    migrate_accounts(opened.settings)
    return names


def _check_schema(opened: Installation) -> None:
    waiting = find_pending(opened.settings.database_url)
    if waiting == list_migrations():
        raise Refused("the database has no schema yet; run ./guerdon migrate")
    if waiting:
        raise Refused(
            f"the database lacks {counted(len(waiting), 'migration')}, from {waiting[0].name} on;"
            " run ./guerdon migrate"
        )


def _listed(title: str, problems: list[Problem]) -> str:
    return "\n".join([f"{title}:", *(f"  {problem}" for problem in problems)])


def refusing(command: str, fault: Refused) -> int:
    """Say why a command did not begin; its exit code."""
    print(f"guerdon {command}: {fault}", file=sys.stderr)
    return 1
