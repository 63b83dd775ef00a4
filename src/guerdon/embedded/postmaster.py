"""Laying out, starting and recovering one embedded PostgreSQL with its own initdb and pg_ctl."""

import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from types import MappingProxyType

from guerdon.embedded.account import EmbeddedError, run_as, write_as
from guerdon.embedded.place import SOCKET_NAME, Cluster

SUPERUSER = "postgres"
START_SECONDS_MAX = 600
STOP_SECONDS_MAX = 300
LEFTOVER_SECONDS_MAX = 30
LISTEN_SECONDS_MAX = 5
LOG_BYTES_MAX = 10_000_000
# How pg_isready says that a server listens but takes nobody yet.
REJECTING = 1
# Above every process id a kernel gives out, so never alive.
NOBODYS_PROCESS = 2_147_483_646

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    # A worker has thirty, one a loop and a few more, also a moment after it was killed; the web has a dozen.
    "max_connections": "150",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "track_commit_timestamp": "on",
    # What was done is in a backup's reach after a minute at the latest.
    "archive_mode": "on",
    "archive_timeout": "60s",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "cluster_name": "guerdon",
}
ENTRY_RULES = "local all all scram-sha-256\nlocal replication all scram-sha-256\n"
NOTHING_MORE: Mapping[str, str] = MappingProxyType({})


def initialize(cluster: Cluster, password: str) -> None:
    """Lay out the data of a new cluster, whole or not at all."""
    unfinished = cluster.place / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    password_file = cluster.place / "password.new"
    write_as(cluster.account, password_file, password)
    made = _run(
        cluster,
        "initdb",
        f"--pgdata={unfinished}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--data-checksums",
        "--no-instructions",
    )
    password_file.unlink()
    if made.returncode != 0:
        raise EmbeddedError(f"PostgreSQL could not lay out its data: {made.stderr.strip()}")
    unfinished.rename(cluster.data)


def _configure(cluster: Cluster, entry: str, more: Mapping[str, str]) -> None:
    settings = {
        **SETTINGS,
        "unix_socket_directories": str(cluster.sockets),
        "archive_command": _archive_command(cluster),
        **more,
    }
    data = str(cluster.data)
    # Asking for a setting's value is refused where the programs were built without that choice.
    lz4 = _run(cluster, "postgres", "-D", data, "-c", "wal_compression=lz4", "-C", "wal_compression")
    if lz4.returncode == 0:
        settings["wal_compression"] = "lz4"
    doubled = {name: value.replace("'", "''") for name, value in settings.items()}
    lines = [f"{name} = '{value}'\n" for name, value in doubled.items()]
    note = "# Written at every start. To tune a server, run your own and set DATABASE_URL.\n"
    write_as(cluster.account, cluster.data / "postgresql.conf", note + "".join(lines))
    write_as(cluster.account, cluster.data / "pg_hba.conf", entry)


def _archive_command(cluster: Cluster) -> str:
    """Keep each finished file of the log, whole and on disk, from the first backup on; nothing before."""
    folder = shlex.quote(str(cluster.archive)).replace("%", "%%")
    part, kept = f"{folder}/%f.part", f"{folder}/%f.gz"
    return f"test ! -d {folder} || {{ gzip -1 -c %p > {part} && sync {part} && mv {part} {kept}; }}"


def start_postmaster(
    cluster: Cluster, entry: str = ENTRY_RULES, more: Mapping[str, str] = NOTHING_MORE
) -> None:
    """Start the server that does not run, after whatever ended it; a restored one with more settings."""
    _forget_the_dead(cluster)
    _configure(cluster, entry, more)
    if cluster.log.exists() and cluster.log.stat().st_size > LOG_BYTES_MAX:
        cluster.log.replace(cluster.log.with_suffix(".log.1"))
    give_up_at = time.monotonic() + LEFTOVER_SECONDS_MAX
    while (complaint := _complaint_at_start(cluster)) is not None:
        # A server killed hard leaves processes that notice only at the end of their statement.
        leftovers = "pre-existing shared memory block" in complaint
        if not leftovers or time.monotonic() > give_up_at:
            raise EmbeddedError(f"PostgreSQL did not start; the end of {cluster.log}:\n{complaint}")
        time.sleep(0.5)


def _complaint_at_start(cluster: Cluster) -> str | None:
    before = cluster.log.stat().st_size if cluster.log.exists() else 0
    command = ("start", "-D", str(cluster.data), "-l", str(cluster.log), "-t", str(START_SECONDS_MAX))
    started = _run(cluster, "pg_ctl", *command)
    if started.returncode == 0:
        return None
    said = cluster.log.read_text(errors="replace")[before:] if cluster.log.exists() else ""
    return (said or started.stderr)[-2000:]


def stop_postmaster(cluster: Cluster) -> None:
    """Shut a running server down: open transactions are rolled back, nothing committed is lost."""
    data = str(cluster.data)
    stopped = _run(cluster, "pg_ctl", "stop", "-D", data, "-m", "fast", "-t", str(STOP_SECONDS_MAX))
    if stopped.returncode != 0 and listens(cluster):
        raise EmbeddedError(f"PostgreSQL did not stop: {stopped.stderr.strip()}")


def await_ready(cluster: Cluster) -> None:
    """Wait until a server that listens is through with reading its log after a crash."""
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while _run(cluster, "pg_isready", "-h", str(cluster.sockets)).returncode == REJECTING:
        if time.monotonic() > give_up_at:
            raise EmbeddedError("PostgreSQL takes too long to recover")
        time.sleep(0.2)


def _forget_the_dead(cluster: Cluster) -> None:
    """Keep the process id of a server that was killed from being taken for whoever has that id now.

    Nothing listens on the socket, so no such server lives. Only the id is replaced, not the file: another
    line names the shared memory by which PostgreSQL refuses to start while old processes are at the data.
    """
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (cluster.sockets / name).unlink(missing_ok=True)
    pid_file = cluster.data / "postmaster.pid"
    if pid_file.exists():
        _, _, rest = pid_file.read_text().partition("\n")
        write_as(cluster.account, pid_file, f"{NOBODYS_PROCESS}\n{rest}")


def listens(cluster: Cluster) -> bool:
    """Whether a server of this cluster runs; only it may be at a socket in that private folder."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        # Without it, a server with too many at its door would keep us waiting in line.
        probe.settimeout(LISTEN_SECONDS_MAX)
        try:
            probe.connect(str(cluster.sockets / SOCKET_NAME))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except (BlockingIOError, TimeoutError):
            return True
        return True


def _run(cluster: Cluster, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_as(cluster.account, [str(cluster.programs / program), *arguments])
