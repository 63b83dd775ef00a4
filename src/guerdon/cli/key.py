"""`./guerdon key`: makes a key for the API, shown once, lists what there is, or withdraws one."""

import argparse
from datetime import datetime, timedelta

from guerdon.cli.bounds import whole_number
from guerdon.cli.installation import Refused, installation, refusing
from guerdon.engine.api_keys import WantedKey, keep_key, new_key
from guerdon.engine.library import read_version
from guerdon.store.access.api_keys import EVENTS, KEY_SCOPES, ApiKey, list_api_keys, revoke_api_key
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.programs import find_program_id, load_live
from guerdon.values.clock import utc_now
from guerdon.values.problems import did_you_mean

HELP = "make, list or withdraw keys for the API"
DAYS_MAX = 3_650


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = parser.add_subparsers(dest="kind", required=True)
    add = kinds.add_parser("add", help="make a key and show it once")
    add.add_argument("program", help="key of the program")
    add.add_argument("name", help="what it is for")
    add.add_argument(
        "--scope",
        action="append",
        choices=KEY_SCOPES,
        metavar="SCOPE",
        help=f"what it may do, as often as needed: {', '.join(KEY_SCOPES)} (default {EVENTS})",
    )
    add.add_argument(
        "--source", default="", help=f"for {EVENTS}: prefix of the sources it sends for, like /dms/hamburg"
    )
    place = add.add_mutually_exclusive_group()
    place.add_argument("--market", help="it reads and acts in this market alone")
    place.add_argument("--location", help="it reads and acts at this location alone")
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
    scopes = tuple(scope for scope in KEY_SCOPES if scope in (args.scope or [EVENTS]))
    holds = timedelta(days=args.days)
    wanted = WantedKey(args.name, args.source, holds, scopes, args.market, args.location)
    key, text = new_key(wanted, now)
    with transaction(db, program_id) as tx:
        _check(tx, program_id, key, now)
        keep_key(tx, program_id, key, "command line", now)
    return text


def _check(tx: Transaction, program_id: int, key: ApiKey, now: datetime) -> None:
    """Refuse a key that could do less, or more, than was meant."""
    if EVENTS in key.scopes and not key.source:
        raise Refused(f"say for which sources it sends: --source, as {EVENTS} needs")
    if EVENTS not in key.scopes and key.source:
        raise Refused(f"a key without {EVENTS} sends for no source")
    if EVENTS in key.scopes and not key.place.whole:
        raise Refused(f"events belong to sources, not to places: a key with {EVENTS} has no place")
    if key.place.whole:
        return
    live = load_live(tx, program_id, now)
    program = None if live is None else read_version(live)
    for kind, name, known in (
        ("market", key.market, program.markets if program else {}),
        ("location", key.location, program.locations if program else {}),
    ):
        if name is not None and name not in known:
            raise Refused(f"there is no {kind} {name}; {did_you_mean(name, known)}".rstrip("; "))


def _list(db: Connection, program_id: int, _: argparse.Namespace, now: datetime) -> str:
    with transaction(db, program_id) as tx:
        keys = list_api_keys(tx, program_id)
    return "\n".join(
        f"{key.key_id}\t{key.name}\t{key.source or _place(key)}\t{_state(key, now)}\t{' '.join(key.scopes)}"
        for key in keys
    )


def _place(key: ApiKey) -> str:
    return key.market or key.location or "whole program"


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
