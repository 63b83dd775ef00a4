"""Makes .venv hold exactly what the lock file lists, then becomes `python -m guerdon`.

Runs before anything is installed, so it knows only the standard library. A stamp in .venv says which lock
files went in; as long as it fits, nothing is looked up and nothing is asked of the network. Two at a time
wait for each other.
"""

import signal

# Ctrl-C while the rest is loaded ends this without a word; `main` answers it afterwards.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import fcntl
import json
import os
import subprocess
import sys
import sysconfig
from hashlib import sha256
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
LOCKS = REPOSITORY / "requirements"
ENVIRONMENT = REPOSITORY / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
STAMP = ENVIRONMENT / "guerdon-installed.json"
# What developers need that comes as source alone.
BUILT = "built"
# These run the tools of the house; everything else runs on what an installation has.
FOR_DEVELOPERS = ("test", "bench", "client")


def main(arguments: list[str]) -> None:
    """Bring the environment up to date and hand over to the commands."""
    lock = "dev" if arguments[:1] and arguments[0] in FOR_DEVELOPERS else "run"
    if not _fits(lock):
        _install_alone(lock)
    # -P: a folder of that name where somebody happens to stand is not the package.
    os.execv(PYTHON, [str(PYTHON), "-P", "-m", "guerdon", *arguments])


def _fits(lock: str) -> bool:
    """Whether this is the environment's Python, and the lock file as it is now went into it."""
    if Path(sys.prefix) != ENVIRONMENT:
        return False
    try:
        stamp = json.loads(STAMP.read_text())
    except (FileNotFoundError, ValueError):
        return False
    return bool(stamp.get("python") == sys.version and stamp.get(lock) == _digest(lock) and _path_is_set())


def _digest(lock: str) -> str:
    names = (lock, BUILT) if lock == "dev" else (lock,)
    return sha256(b"".join((LOCKS / f"{name}.txt").read_bytes() for name in names)).hexdigest()


def _path_file() -> Path:
    return Path(sysconfig.get_path("purelib")) / "guerdon-source.pth"


def _path_is_set() -> bool:
    try:
        return _path_file().read_text() == f"{REPOSITORY / 'src'}\n"
    except FileNotFoundError:
        return False


def _install_alone(lock: str) -> None:
    # The folder itself is what is locked: no file is left behind, and one that died holds nothing.
    folder = os.open(LOCKS, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    if Path(sys.prefix) != ENVIRONMENT or not _has_pip():
        if not _environment_works():
            _make_environment()
        # Again, as the environment's own Python; the lock ends with this program.
        again = ["-P", str(Path(__file__).resolve()), *sys.argv[1:]]
        os.execv(PYTHON, [str(PYTHON), *again])
    if not _fits(lock):
        _install(lock)
    os.close(folder)


def _has_pip() -> bool:
    command = [sys.executable, "-c", "import pip"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _environment_works() -> bool:
    check = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([str(PYTHON), "-c", check], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _make_environment() -> None:
    _say(f"making {ENVIRONMENT.name} with Python {sys.version.split()[0]}")
    base = getattr(sys, "_base_executable", sys.executable)
    made = subprocess.run([base, "-m", "venv", "--clear", str(ENVIRONMENT)], check=False)
    if made.returncode != 0:
        _fail("could not make it (see above); on Debian and Ubuntu: apt-get install python3-venv")


def _install(lock: str) -> None:
    _say(f"installing what requirements/{lock}.txt lists; the first time takes a minute")
    # Wheels only: building a source archive would run code that no hash covers.
    _pip(lock, "--only-binary=:all:")
    if lock == "dev":
        # But for what comes as source alone: it is built by the tools that were just installed by their hash.
        _pip(BUILT, "--no-binary=:all:", "--no-build-isolation", "--no-deps")
    _path_file().write_text(f"{REPOSITORY / 'src'}\n")
    stamp = {"python": sys.version, "run": _digest("run")}
    if lock == "dev":
        # The developers' list holds all of the other, at the same versions.
        stamp["dev"] = _digest("dev")
    unfinished = STAMP.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(stamp))
    unfinished.replace(STAMP)


def _pip(lock: str, *how: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-warn-script-location", "--require-hashes", *how, "-r", str(LOCKS / f"{lock}.txt")]
    done = subprocess.run(command, check=False, capture_output=True)
    if done.returncode != 0:
        # Only now: what pip warns of concerns the machine, and would drown the one line that matters.
        sys.stderr.buffer.write(done.stdout + done.stderr)
        _fail(f"pip could not install requirements/{lock}.txt (see above); nothing was started")


def _say(text: str) -> None:
    sys.stderr.write(f"guerdon: {text}\n")


def _fail(text: str) -> None:
    _say(text)
    sys.exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
