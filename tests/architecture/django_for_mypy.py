"""Django's settings as a module, which mypy's plugin wants; running Guerdon computes them from its own."""

from hashlib import sha256

from guerdon.config import Settings, read_settings
from guerdon.web.accounts.settings import django_settings

# Types are read here and nothing is sealed: any text of the right length does.
_settings = read_settings({"GUERDON_SECRET": sha256(b"types").hexdigest()})
assert isinstance(_settings, Settings)
globals().update(django_settings(_settings))
