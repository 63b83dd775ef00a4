"""E-mails a second, personal and signed, and pushes a second, each by the real worker; and its memory.

The mails go to an SMTP server on this machine, signed by a key of 2,048 bits; the pushes, encrypted for a
browser each, to a push service on this machine, and both only take them. Wanted: at least 250 mails and 300
pushes a second, and at most 300 MB in the worker.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from bench_frame import options_of, print_result
from bench_house import House, free_port, house
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pages_meter import memory_mb

from guerdon.engine.messages.consents.addressing import Wanted, add_device
from guerdon.engine.messages.port import Subscription
from guerdon.store.database import transaction
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now

WAIT_S = 1_200
STAND = Path(__file__).with_name("message_sinks.py")


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("messages")
    parser.add_argument("--mails", type=int, default=40_000)
    parser.add_argument("--pushes", type=int, default=5_000)
    args = parser.parse_args()
    smtp, push = free_port(), free_port()
    sinks = subprocess.Popen([sys.executable, str(STAND), str(smtp), str(push), str(os.getpid())])
    try:
        _wait_for_port(smtp)
        settings = {"GUERDON_CHANNELS": f"webpush=http://127.0.0.1:{push}"}
        with house(max(args.mails, args.pushes), smtp, settings=settings) as where:
            result = _measure(where, args, push)
    finally:
        sinks.terminate()
        sinks.wait()
    return print_result(args, {**result, "load_average": round(os.getloadavg()[0], 1)})


def _measure(where: House, args: argparse.Namespace, push: int) -> dict[str, object]:
    key = where.opened.settings.home / "dkim.pem"
    pem = rsa_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key.touch(0o600)
    key.write_bytes(pem)
    signed = {"GUERDON_DKIM_KEY": str(key), "GUERDON_DKIM_SELECTOR": "bench"}
    _subscribe(where, args.pushes, push)
    mails = _delivered(where, "deliver", "email", args.mails, signed)
    pushes = _delivered(where, "push", "push", args.pushes, {})
    return {
        "mails": args.mails,
        "mails_per_second": mails[0],
        "pushes": args.pushes,
        "pushes_per_second": pushes[0],
        "worker_mb": max(mails[1], pushes[1]),
    }


def _subscribe(where: House, members: int, port: int) -> None:
    """A browser of each member, whose push service is the one that counts."""
    vault, now = Vault(where.opened.settings.secret), utc_now()
    point = generate_private_key(SECP256R1()).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    with where.opened.connect("worker") as db:
        ids = [row[0] for row in db.execute("select member_id from members order by 1 limit %s", (members,))]
        with transaction(db, where.program_id) as tx:
            for member_id in ids:
                there = Subscription(f"http://127.0.0.1:{port}/{member_id}", raw, os.urandom(16))
                add_device(tx, vault, Wanted(where.program_id, member_id, there, "browser", "bench", now))


def _delivered(
    where: House, loop: str, channel: str, count: int, more: dict[str, str]
) -> tuple[float, float]:
    """How many a second of so many messages a worker delivers, and its memory at most, in MB."""
    _intend(where, channel, count)
    worker = where.parts.start(f"worker {loop}", ["-m", "guerdon", "worker", "--only", loop], **more)
    _await(where, "select exists (select from messages where channel = %s)", channel)
    began, first = time.monotonic(), _ended(where, channel)
    _await(where, "select not exists (select from outbox where channel = %s)", channel)
    took_s, last = time.monotonic() - began, _ended(where, channel)
    # The most that the worker had: a child of the leash that holds it.
    most_mb = memory_mb(worker.pid, "VmHWM")
    where.parts.stop(f"worker {loop}")
    failed = _count(where, "select count(*) from messages where channel = %s and state <> 'sent'", channel)
    if failed:
        raise SystemExit(f"{failed} messages were not sent")
    return round((last - first) / took_s, 1), most_mb


def _intend(where: House, channel: str, count: int) -> None:
    """Rewards, and the messages that tell of them."""
    with where.opened.connect("worker") as db, transaction(db, where.program_id) as tx:
        tx.execute(
            """
            with told as (
              select member_id, member_id * 10 + length(%(channel)s) as id from members
              where program_id = %(p)s order by member_id limit %(count)s
            ), rewarded as (
              insert into rewards (program_id, member_id, id, event_id, rule, unit, value, remaining, payer,
                                   happened_at, issued_at, available_at)
              select %(p)s, member_id, id, id, 'booking', 'EUR', 20000, 20000, 'program:funding', %(at)s,
                     %(at)s, %(at)s
              from told
            )
            insert into outbox (program_id, member_id, id, event_id, reward_id, message, channel, created_at,
                                next_at)
            select %(p)s, member_id, id, id, id, 'reward_ready', %(channel)s, %(at)s, %(at)s from told
            """,
            {"p": where.program_id, "channel": channel, "count": count, "at": utc_now()},
        )


def _await(where: House, question: str, channel: str) -> None:
    until = time.monotonic() + WAIT_S
    with where.opened.connect("worker") as db:
        while time.monotonic() < until:
            with transaction(db, where.program_id) as tx:
                if tx.execute(question.encode(), (channel,)).fetchone() == (True,):
                    return
            time.sleep(0.05)
    raise SystemExit(f"{channel} was not delivered within {WAIT_S} s")


def _count(where: House, question: str, channel: str) -> int:
    with where.opened.connect("worker") as db, transaction(db, where.program_id) as tx:
        row = tx.execute(question.encode(), (channel,)).fetchone()
    assert row is not None
    return int(row[0])


def _ended(where: House, channel: str) -> int:
    return _count(where, "select count(*) from messages where channel = %s", channel)


def _wait_for_port(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the servers that count did not start")


if __name__ == "__main__":
    sys.exit(main())
