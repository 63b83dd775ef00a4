"""Whatever Guerdon asks of another address, it asks from here.

`fetch` and `answers` ask its own processes on this machine; `Client` asks everybody else's.
"""

from guerdon.http.client import Answer, Client, Unreachable, Why
from guerdon.http.local import answers, fetch

__all__ = ["Answer", "Client", "Unreachable", "Why", "answers", "fetch"]
