"""The typed client that is made of the description: the same bytes each time, strictly typed; it works."""

import filecmp
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.api.house import ApiHouse
from tests.api.walk import served

from guerdon.cli.client import PACKAGE, write_client
from guerdon.cli.installation import Refused

PROGRAM = """
import json, os, uuid
from guerdon_client import AuthenticatedClient
from guerdon_client.api.drops import rehearse_drop
from guerdon_client.api.members import find_member, get_balances
from guerdon_client.api.quarantine import list_quarantine
from guerdon_client.api.wallet import spend
from guerdon_client.models import DropAnswer, Problem, Spend
from guerdon_client.types import File
from io import BytesIO

client = AuthenticatedClient(base_url=os.environ["GUERDON"], token=os.environ["KEY"])
found = find_member.sync(client=client, source="crm", external_id="ada")
assert found is not None and not isinstance(found, Problem), found
member: str = found.members[0].id
told = get_balances.sync(member, client=client)
assert told is not None and not isinstance(told, Problem), told
before: int = told.balances[0].available
said = Spend(unit="PTS", amount=40)
done = spend.sync(member, client=client, body=said, idempotency_key=str(uuid.uuid4()))
assert done is not None and not isinstance(done, Problem), done
said.amount = 10**9
refused = spend.sync(member, client=client, body=said, idempotency_key=str(uuid.uuid4()))
assert isinstance(refused, Problem), refused
file = File(BytesIO(b'{"trip": "c-1", "customer": "ada", "at": "2026-05-04T09:30:00Z", "amount": 5}\\n'))
drop = rehearse_drop.sync("trips", client=client, body=file)
assert isinstance(drop, DropAnswer), drop
parked = list_quarantine.sync(client=client)
assert parked is not None and not isinstance(parked, Problem), parked
print(json.dumps([before, refused.status, drop.accepted, len(parked.rows)]))
"""


@pytest.fixture(scope="module")
def made(shown: ApiHouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the client of what the API answers."""
    folder = tmp_path_factory.mktemp("made") / "client"
    write_client(folder, shown.ask("GET", "/api/v1/openapi.json", key="").raw)
    return folder


def test_the_same_description_gives_the_same_bytes(made: Path, shown: ApiHouse, tmp_path: Path) -> None:
    again = tmp_path / "again"
    document = shown.ask("GET", "/api/v1/openapi.json", key="").body
    write_client(again, json.dumps(document).encode())
    files = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert filecmp.cmpfiles(made, again, files, shallow=False)[1:] == ([], [])
    assert {"pyproject.toml", f"{PACKAGE}/py.typed"} <= {str(path) for path in files}
    # Another description is another client: every operation has its place in it.
    document["paths"]["/api/v1/audit"]["get"]["operationId"] = "list_other"
    write_client(again, json.dumps(document).encode())
    assert (again / PACKAGE / "api" / "proof" / "list_other.py").exists()
    operations = {op["operationId"] for ops in document["paths"].values() for op in ops.values()}
    assert operations <= {path.stem for path in (again / PACKAGE / "api").rglob("*.py")}


def test_what_stands_in_a_folder_already_stays(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("x", encoding="utf-8")
    with pytest.raises(Refused, match="holds something else"):
        write_client(tmp_path, b"{}")
    assert (tmp_path / "precious.txt").exists()
    with pytest.raises(Refused, match="could not be made"):
        write_client(tmp_path / "new", b'{"info": {"version": "1"}, "components": {"schemas": {}}}')
    assert not (tmp_path / "new").exists()


def test_it_drives_the_server_and_is_strictly_typed(made: Path, house: ApiHouse, tmp_path: Path) -> None:
    from guerdon.web.asgi import Front  # noqa: PLC0415  it wants the room

    house.earn()
    # In a copy: what is written into it beside the client is nobody else's.
    folder = tmp_path / "client"
    shutil.copytree(made, folder)
    program = folder / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    with served(Front(house.room)) as address:
        known = {"GUERDON": address, "KEY": house.key, "NO_PROXY": "*", "PYTHONPATH": str(folder)}
        told = subprocess.run(
            [sys.executable, str(program)],
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            check=False,
        )
    assert told.returncode == 0, told.stdout + told.stderr
    assert json.loads(told.stdout) == [1000, 409, 1, 0]
    assert house.purse() == (960, 0, 0, 0)
    words = [
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir",
        str(tmp_path / "types"),
        PACKAGE,
        program.name,
    ]
    typed = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert typed.returncode == 0, typed.stdout[-3000:]
    program.write_text(PROGRAM + "\nwrong: int = found.members[0].id\n", encoding="utf-8")
    typed = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert "Incompatible types in assignment" in typed.stdout
