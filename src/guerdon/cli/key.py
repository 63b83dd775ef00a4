"""`./guerdon key`: makes a key for the API, shown once, lists what there is, or withdraws one."""

import argparse
import base64
import hashlib
import secrets
from datetime import datetime, timedelta

from guerdon.cli.bounds import whole_number
from guerdon.cli.installation import Refused, installation, refusing
from guerdon.store.api_keys import ApiKey, list_api_keys, record_api_key, revoke_api_key
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, transaction
from guerdon.store.programs import find_program_id
from guerdon.values.clock import utc_now

HELP = "make, list or withdraw keys for the API"
DAYS_MAX = 3_650
SECRET_BYTES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = parser.add_subparsers(dest="kind", required=True)
    add = kinds.add_parser("add", help="make a key and show it once")
    add.add_argument("program", help="key of the program")
    add.add_argument("name", help="what it is for")
    add.add_argument(
        "--source", required=True, help="prefix of the CloudEvents sources it sends for, like /dms/hamburg"
    )
    add.add_argument(
        "--days",
        type=whole_number(1, DAYS_MAX),
        default=365,
        metavar="N",
        help="days until it expires (default 365)",
    )
    listed = kinds.add_parser("list", help="which keys there are; their secrets are known to nobody")
    listed.add_argument("program", help="key of the program")
    revoke = kinds.add_parser("revoke", help="withdraw a key at once")
    revoke.add_argument("program", help="key of the program")
    revoke.add_argument("key_id", help="the part of the key between the underscores")


def run(args: argparse.Namespace) -> int:
    """Make, list or withdraw."""
    change = {"add": _make, "list": _list, "revoke": _withdraw}[args.kind]
    try:
        with installation() as opened, opened.connect("web") as db:
            said = change(db, _program_id(db, args.program), args, utc_now())
    except Refused as fault:
        return refusing("key", fault)
    if said:
        print(said)
    return 0


def _program_id(db: Connection, key: str) -> int:
    program_id = find_program_id(db, key)
    if program_id is None:
        raise Refused(f"there is no program {key}")
    return program_id


def _make(db: Connection, program_id: int, args: argparse.Namespace, now: datetime) -> str:
    key_id = secrets.token_hex(6)
    secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode().lower()
    key = ApiKey(
        key_id,
        hashlib.sha256(secret.encode()).digest(),
        args.name,
        args.source,
        now + timedelta(days=args.days),
        None,
    )
    with transaction(db, program_id) as tx:
        record_api_key(tx, program_id, key, now)
        record_audit(tx, program_id, "command line", "key.added", key_id, now, source=args.source)
    return f"gdn_{key_id}_{secret}"


def _list(db: Connection, program_id: int, _: argparse.Namespace, now: datetime) -> str:
    with transaction(db, program_id) as tx:
        keys = list_api_keys(tx, program_id)
    return "\n".join(f"{key.key_id}\t{key.name}\t{key.source}\t{_state(key, now)}" for key in keys)


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at:
        return f"withdrawn on {key.revoked_at:%Y-%m-%d}"
    if key.expires_at is None:
        return "opens the door"
    return f"{'opens the door until' if key.valid_at(now) else 'expired on'} {key.expires_at:%Y-%m-%d}"


def _withdraw(db: Connection, program_id: int, args: argparse.Namespace, now: datetime) -> str:
    with transaction(db, program_id) as tx:
        if not revoke_api_key(tx, program_id, args.key_id, now):
            raise Refused(f"there is no key {args.key_id} to withdraw")
        record_audit(tx, program_id, "command line", "key.revoked", args.key_id, now)
    return f"key {args.key_id} is withdrawn"
