"""Where the tombstones of an installation are."""

from guerdon.cli.installation import Installation
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.store.sealing import Vault


def graveyard_of(opened: Installation) -> Graveyard:
    """The tombstones of an installation: in its home, under its keys."""
    return Graveyard(opened.settings.home, Vault(opened.settings.secret))
