"""`python -m standins.runa --port P [--seed N] [--checked]`: run on loopback."""

from standins.runa.api import Runa
from standins.suppliers.running import run

if __name__ == "__main__":
    run(Runa(), "runa", __doc__)
