"""`python -m standins.twilio --port P [--seed N] [--checked]`: run on loopback."""

from standins.suppliers.running import run
from standins.twilio.api import Twilio

if __name__ == "__main__":
    run(Twilio(), "twilio", __doc__)
