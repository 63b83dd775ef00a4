"""Django's backend for PostgreSQL with connections that are lent, as the room's are.

Django opens one for each request and closes it behind it, which costs several times what is asked over it; or
leaves one with each thread, which are many. Here whoever needs one takes what was given back last.
"""

import os
import queue
from collections import defaultdict
from contextlib import suppress
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel

from guerdon.store.database import hung_up, is_free

KEPT_MAX = 8
_free: defaultdict[str, queue.LifoQueue[Any]] = defaultdict(lambda: queue.LifoQueue(KEPT_MAX))
# Only a process that answers pages keeps them: nobody else asks again.
_keeping: list[bool] = []
# A child that is forked would speak over its parent's sockets.
os.register_at_fork(after_in_child=_free.clear)


def keep_connections() -> None:
    """Keep what is given back, from now on."""
    _keeping[:] = [True]


def close_kept() -> None:
    """Close what is kept, and keep nothing any more."""
    _keeping.clear()
    for free in _free.values():
        while not free.empty():
            free.get_nowait().close()


class DatabaseWrapper(base.DatabaseWrapper):
    """What Django calls a connection: it has one of ours between `connect` and `close`."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Take the connection that was given back last and that the server has not hung up; or open one."""
        free = _free[conn_params["conninfo"]]
        with suppress(queue.Empty):
            while True:
                connection = free.get_nowait()
                if not hung_up(connection):
                    self.isolation_level = IsolationLevel.READ_COMMITTED
                    return connection
                connection.close()
        return super().get_new_connection(conn_params)

    def _close(self) -> None:
        """Give it back if nothing was left open on it."""
        connection = self.connection
        if connection is None or not _keeping or connection.closed:
            super()._close()  # type: ignore[misc]  # its stubs do not know it
            return
        if is_free(connection):
            with suppress(queue.Full):
                _free[self.settings_dict["OPTIONS"]["conninfo"]].put_nowait(connection)
                return
        super()._close()  # type: ignore[misc]  # its stubs do not know it
