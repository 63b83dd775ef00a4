"""Looking up a name, once, and within a time: nobody waits for a resolver that says nothing."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Thread

from guerdon.values.destinations import Address

# (name, port) -> the IP addresses it stands for; raises `OSError` where it stands for none.
Resolve = Callable[[str, int], Sequence[str]]


def ask_the_system(name: str, port: int) -> Sequence[str]:
    """The addresses of a name as this machine knows them."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for _, _, _, _, place in found]


def look_up(name: str, port: int, within_s: float, resolve: Resolve = ask_the_system) -> list[Address]:
    """The IP addresses of a name, each once; none where it has none. Raises `TimeoutError`."""
    try:
        return [ip_address(name)]
    except ValueError:
        pass
    told: SimpleQueue[Sequence[str] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            told.put(resolve(name, port))
        except OSError as fault:
            told.put(fault)
        except UnicodeError:
            told.put([])

    # A thread of its own, which ends when the resolver gives up: there is no other way to stop waiting.
    Thread(target=ask, name="resolver", daemon=True).start()
    try:
        found = told.get(timeout=max(within_s, 0.001))
    except Empty:
        raise TimeoutError from None
    if isinstance(found, OSError):
        return []
    return list(dict.fromkeys(ip_address(each.partition("%")[0]) for each in found))
