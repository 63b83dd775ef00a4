"""The system user that the embedded PostgreSQL runs as: it refuses to run as root.

Root makes a user of its own for it, or takes `nobody` where that is impossible; anybody else runs it as
themselves. Files that root lays into that user's folders are made so that no link waiting there is followed.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SYSTEM_USER = "guerdon"


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL could not be run here."""


@dataclass(frozen=True, slots=True)
class Account:
    """The system user that PostgreSQL runs as; it refuses to run as root."""

    user: int
    group: int

    @property
    def is_ours(self) -> bool:
        """Whether it is the user that we run as already."""
        return self.user == os.geteuid()


def find_account() -> Account:
    """Find the user to run PostgreSQL as, making one where we may and must."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in (SYSTEM_USER, SYSTEM_USER, "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
        _add_system_user()
    raise EmbeddedError("PostgreSQL does not run as root, and there is no other system user to run it as")


def _add_system_user() -> None:
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is not None:
        # Failing is no harm: two may try at once, and a fixed system falls back to `nobody`.
        subprocess.run(
            [program, "--system", "--no-create-home", "--user-group", "--shell", "/bin/false", SYSTEM_USER],
            check=False,
            capture_output=True,
        )


def write_as(account: Account, path: Path, text: str) -> None:
    """Put a 0600 file of that user's in place, whole."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    # O_EXCL: root writes into a folder of another user, and must not follow a link laid there.
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchown(descriptor, account.user, account.group)
        file.write(text)
    unfinished.replace(path)


def run_as(account: Account, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a program as that user and wait for its end."""
    return subprocess.run(
        command,
        # PostgreSQL must be able to read the folder that it is started in.
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        check=False,
        capture_output=True,
        text=True,
        user=None if account.is_ours else account.user,
        group=None if account.is_ours else account.group,
        extra_groups=None if account.is_ours else [],
    )
