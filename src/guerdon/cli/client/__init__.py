"""`./guerdon client [FOLDER]`: writes a typed client for Python from the API's own description.

Made by openapi-python-client, of the version that the requirements hold, so the same description gives the
same bytes. It needs httpx and attrs and nothing of Guerdon.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from guerdon.cli.installation import Refused, refusing

HELP = "write a typed client for Python from the API's description"
PACKAGE = "guerdon_client"
FOLDER = Path(__file__).resolve().parents[4] / "clients" / "python"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="default: clients/python")


def run(args: argparse.Namespace) -> int:
    """Write the client."""
    try:
        write_client(args.folder, described())
    except Refused as fault:
        return refusing("client", fault)
    print(f"{args.folder / PACKAGE} is the client; install it with: pip install {args.folder}")
    return 0


def write_client(folder: Path, document: bytes) -> None:
    """Write the client of a description; what stood there as one goes."""
    if folder.exists() and any(folder.iterdir()) and not (folder / PACKAGE).is_dir():
        raise Refused(f"{folder} holds something else; name a folder that is empty or not there")
    with TemporaryDirectory() as aside:
        there = Path(aside)
        (there / "openapi.json").write_bytes(document)
        (there / "config.json").write_text(json.dumps(_config(json.loads(document))), encoding="utf-8")
        made = there / "made"
        words = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
        words += ["--meta", "uv", "--path", str(there / "openapi.json")]
        words += ["--config", str(there / "config.json"), "--output-path", str(made)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Refused(f"the client could not be made: {(done.stderr or done.stdout).strip()[-2000:]}")
        if folder.exists():
            shutil.rmtree(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, folder)


def described() -> bytes:
    """The API's description; it is the same whatever the installation."""
    from guerdon.config import Settings, read_settings  # noqa: PLC0415  with what Django wants
    from guerdon.web.accounts import prepare  # noqa: PLC0415

    with TemporaryDirectory() as home:
        # Nobody is asked at this address.
        address = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none", "GUERDON_HOME": home}
        settings = read_settings(address)
        assert isinstance(settings, Settings), settings
        prepare(settings)
        from guerdon.web.api.door import Api  # noqa: PLC0415  Django is prepared by then

        return Api(name="described").document.raw


def _config(document: dict[str, Any]) -> dict[str, object]:
    # Left as it is made: no other program has to be there, and the bytes are the same wherever it is made.
    config: dict[str, object] = {
        "project_name_override": "guerdon-client",
        "package_name_override": PACKAGE,
        "package_version_override": str(document["info"]["version"]),
        "post_hooks": [],
    }
    # A model that has a field of its own name would hide the one behind the other.
    config["class_overrides"] = {
        name: {"class_name": f"{name}Answer", "module_name": f"{_snake(name)}_answer"}
        for name, schema in document["components"]["schemas"].items()
        if _snake(name) in schema.get("properties", {})
    }
    return config


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
