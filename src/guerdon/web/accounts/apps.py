"""What Django must know about this folder: its name."""

from django.apps import AppConfig


class Accounts(AppConfig):
    """Staff and their sessions."""

    name = "guerdon.web.accounts"
    label = "accounts"
