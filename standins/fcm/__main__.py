"""`python -m standins.fcm --port P [--seed N] [--checked] [--client-email E --public-key FILE]`: on loopback.

The public key is of a service account that is there from the beginning; the control door makes others.
"""

import argparse
import sys
from pathlib import Path

from standins.fcm.api import Fcm
from standins.fcm.grants import ServiceAccount, read_public_key
from standins.suppliers.running import run


def given() -> list[ServiceAccount]:
    """Read this stand-in's own options, and leave the others to what all have in common."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--client-email", default="")
    parser.add_argument("--public-key", type=Path)
    own, sys.argv[1:] = parser.parse_known_args()
    if own.public_key is None:
        return []
    key = read_public_key(own.public_key.read_text(encoding="ascii"))
    return [ServiceAccount(own.client_email, None, key)]


if __name__ == "__main__":
    run(Fcm(given()), "fcm", __doc__)
