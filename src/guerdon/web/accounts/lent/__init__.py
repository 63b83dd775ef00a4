"""Django's connections, lent from one request to the next."""

import sys

from guerdon.web.accounts.lent import connections

# Django looks for a backend under this name, and under no other.
sys.modules[f"{__name__}.base"] = connections
