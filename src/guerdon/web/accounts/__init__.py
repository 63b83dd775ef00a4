"""The only place that knows Django: staff, their sessions, the addresses of pages.

Django keeps credentials and sessions in a database schema of its own (`accounts`) and nothing else: no
model here holds money or a member. `application()` is the ASGI application of all pages; `migrate_accounts`
makes its tables.
"""

from typing import TYPE_CHECKING, Any

from guerdon.web.accounts.settings import django_settings

if TYPE_CHECKING:
    from django.core.handlers.asgi import ASGIHandler

    from guerdon.config import Settings

OWNER = "owner"


def prepare(settings: "Settings") -> None:
    """Make Django ready for these settings; a second call with the same does nothing."""
    import django  # noqa: PLC0415  Django reads its settings when it is imported further
    from django.conf import settings as live  # noqa: PLC0415

    wanted: dict[str, Any] = django_settings(settings)
    if not live.configured:
        live.configure(**wanted)
        django.setup()
        _prepare_pages()
        return
    _point_to(wanted["DATABASES"])
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS"):
        setattr(live, name, wanted[name])


def application() -> "ASGIHandler":
    """Give the ASGI application of all pages, for the room that is open."""
    from guerdon.web.rooms import room  # noqa: PLC0415

    prepare(room().settings)
    from guerdon.web.accounts.pages import Pages  # noqa: PLC0415

    return Pages()


def migrate_accounts(settings: "Settings") -> None:
    """Bring Django's own tables up to date, as the owner role, and let the web role use them."""
    prepare(settings)
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    owner = connections[OWNER]
    with owner.cursor() as cursor:
        cursor.execute("create schema if not exists accounts")
    call_command("migrate", database=OWNER, interactive=False, verbosity=0)
    with owner.cursor() as cursor:
        cursor.execute("grant usage on schema accounts to guerdon_web")
        cursor.execute("grant select on all tables in schema accounts to guerdon_web")
        cursor.execute(
            "grant insert, update, delete on accounts.staff, accounts.staff_session,"
            " accounts.sign_in_attempt, accounts.recovery_code, accounts.passkey, accounts.passkey_challenge,"
            " accounts.oidc_link, accounts.oidc_journey, accounts.sent_form, accounts.kept_form"
            " to guerdon_web"
        )
        cursor.execute("grant usage on all sequences in schema accounts to guerdon_web")
    owner.close()


def _prepare_pages() -> None:
    from guerdon.text.pages import add_to_pages  # noqa: PLC0415
    from guerdon.web.accounts.assets import asset  # noqa: PLC0415

    add_to_pages("asset", asset)


def _point_to(databases: dict[str, dict[str, Any]]) -> None:
    from django.db import connections  # noqa: PLC0415

    for alias, wanted in databases.items():
        if connections.databases[alias]["OPTIONS"] == wanted["OPTIONS"]:
            continue
        connections[alias].close()
        connections.databases[alias].update(wanted)
        del connections[alias]
