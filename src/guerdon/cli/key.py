"""`./guerdon key`: makes a key for the API, shown once, or withdraws one."""

import argparse
import base64
import hashlib
import secrets
from datetime import datetime, timedelta

from guerdon.cli.installation import Refused, installation, refusing
from guerdon.store.api_keys import ApiKey, record_api_key, revoke_api_key
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, transaction
from guerdon.store.programs import find_program_id
from guerdon.values.clock import utc_now

HELP = "make or withdraw a key for the API"
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
    add.add_argument("--days", type=int, default=365, help="days until it expires (default 365)")
    revoke = kinds.add_parser("revoke", help="withdraw a key at once")
    revoke.add_argument("program", help="key of the program")
    revoke.add_argument("key_id", help="the part of the key between the underscores")


def run(args: argparse.Namespace) -> int:
    """Make or withdraw."""
    change = _withdraw if args.kind == "revoke" else _make
    try:
        with installation() as opened, opened.connect("web") as db:
            said = change(db, _program_id(db, args.program), args, utc_now())
    except Refused as fault:
        return refusing("key", fault)
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


def _withdraw(db: Connection, program_id: int, args: argparse.Namespace, now: datetime) -> str:
    with transaction(db, program_id) as tx:
        if not revoke_api_key(tx, program_id, args.key_id, now):
            raise Refused(f"there is no key {args.key_id} to withdraw")
        record_audit(tx, program_id, "command line", "key.revoked", args.key_id, now)
    return f"key {args.key_id} is withdrawn"
