"""Other people's programs in JavaScript: installed once for their lock file, asked one question at a time.

What is installed is exactly what `package-lock.json` lists, by hash; none of its scripts runs.
"""

import fcntl
import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / "var" / "peers"
FILES = ("package.json", "package-lock.json")


def installed(listed: Path = HERE) -> Path:
    """The folder they are in, made now if it is not there; `listed` holds the two files that say which."""
    mark = sha256(b"".join((listed / name).read_bytes() for name in FILES)).hexdigest()[:16]
    folder = CACHE / mark
    CACHE.mkdir(parents=True, exist_ok=True)
    lock = os.open(CACHE, os.O_RDONLY)
    try:
        # Tests of several processes: one installs, the others wait.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _install(listed, folder)
    finally:
        os.close(lock)
    return folder


def _install(listed: Path, folder: Path) -> None:
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for name in FILES:
        shutil.copy(listed / name, unfinished)
    words = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(words, cwd=unfinished, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"npm could not install {listed.name}:\n{done.stdout}{done.stderr}"
    unfinished.rename(folder)


def asked(folder: Path, script: str, question: object) -> Any:
    """What a script of this folder answers, JSON in and JSON out."""
    copied = folder / script
    shutil.copy(HERE / script, copied)
    done = subprocess.run(
        ["node", str(copied)],
        cwd=folder,
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
