"""`python -m standins.webpush --port P [--seed N] [--checked]`: run on loopback."""

from standins.suppliers.running import run
from standins.webpush.api import WebPush

if __name__ == "__main__":
    run(WebPush(), "webpush", __doc__)
