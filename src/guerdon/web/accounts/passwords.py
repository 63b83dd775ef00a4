"""How staff passwords are kept: argon2id at 19 MiB, two passes, one lane (about 60 ms each).

At most two are computed at a time, so that a burst of sign-ins cannot take the memory of the machine.
"""

import threading

from django.contrib.auth.hashers import Argon2PasswordHasher

_TWO_AT_A_TIME = threading.BoundedSemaphore(2)


class Argon2(Argon2PasswordHasher):
    """Argon2id with the parameters of the security page."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Hash a password."""
        with _TWO_AT_A_TIME:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Compare a password with its hash."""
        with _TWO_AT_A_TIME:
            return super().verify(password, encoded)
