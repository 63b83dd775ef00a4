"""No file carries the name of a machine: no registry, no path, no secret of wherever it was written."""

import json
import re

import pytest
from tests.architecture.sources import REPOSITORY, shown, text_of, tracked

# Put together here, so that this file does not hold what it looks for.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "python" + "hosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("proxy", "golang", "org"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
    )
]
PATHS = [
    "/" + "/".join(parts)
    for parts in (("root", ""), ("work", ""), ("Users", ""), ("home", ""), ("opt", "wheels"))
]
INDEX_OPTIONS = ["--" + name for name in ("index-url", "extra-index-url", "find-links", "trusted-host")]
KEY_BEGINNING = "-----BEGIN " + r"(?:[A-Z]+ )?PRIVATE KEY-----"


def lines_with(pattern: str) -> list[str]:
    found = []
    for path in tracked():
        for number, line in enumerate(text_of(path).splitlines(), start=1):
            if re.search(pattern, line):
                found.append(f"{shown(path)}:{number}")
    return found


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_a_package_registry(host: str) -> None:
    assert lines_with(re.escape(host)) == []


@pytest.mark.parametrize("path", PATHS)
def test_no_file_names_a_folder_of_one_machine(path: str) -> None:
    # A path that goes on to the left (a web address, a relative path) is none of a machine.
    assert lines_with(r"(?<![\w.)}/-])" + re.escape(path)) == []


def test_no_file_holds_a_private_key() -> None:
    assert lines_with(KEY_BEGINNING) == []


@pytest.mark.parametrize("lock", ["run", "dev", "built"])
def test_lock_files_hold_pinned_packages_with_hashes_and_nothing_else(lock: str) -> None:
    text = (REPOSITORY / "requirements" / f"{lock}.txt").read_text()
    package = (
        r"[a-z0-9][a-z0-9._-]*==[\w.+!]+(?: ; [^\\\n]+)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+"
    )
    assert re.sub(package, "", text) == ""
    assert not any(option in text for option in INDEX_OPTIONS)


def test_the_developers_lock_holds_the_other_one_whole() -> None:
    pins = {
        lock: set(
            re.findall(
                r"^(\S+==\S+)", (REPOSITORY / "requirements" / f"{lock}.txt").read_text(), re.MULTILINE
            )
        )
        for lock in ("run", "dev")
    }
    assert pins["run"] <= pins["dev"]


def test_the_lock_of_peers_holds_hashes_and_no_addresses() -> None:
    lock = json.loads((REPOSITORY / "tests" / "peers" / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert packages
    assert [name for name, each in packages.items() if "resolved" in each] == []
    assert [name for name, each in packages.items() if not each["integrity"].startswith("sha512-")] == []
