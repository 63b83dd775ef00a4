"""Delivers one round in a process of its own, so that a test can kill it.

Its arguments: address and secret of the database, program, time, address of the mail server.
"""

import sys
from datetime import datetime

from tests.outbox.postal import Clock, PostalHouse

from guerdon.engine.messages.delivering import deliver
from guerdon.store.database import connect

if __name__ == "__main__":
    url, secret, program_id, now, smtp_url = sys.argv[1:]
    house = PostalHouse(url, secret, int(program_id), Clock(datetime.fromisoformat(now)))
    with connect(url, secret, "worker") as connection:
        deliver(connection, house.program_id, house.postroom(smtp_url, 1))
