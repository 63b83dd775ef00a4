"""`python -m standins.tremendous --port P [--seed N] [--checked]`: run on loopback."""

from standins.suppliers.running import run
from standins.tremendous.api import Tremendous

if __name__ == "__main__":
    run(Tremendous(), "tremendous", __doc__)
