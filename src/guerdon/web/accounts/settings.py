"""Django's settings, all computed from Guerdon's: an installation decides nothing in a second place.

Cookies carry the `__Host-` prefix and Secure as soon as the public address is https; on plain http (a
laptop) they cannot, and browsers would drop them.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from guerdon.store.database import role_conninfo
from guerdon.store.sealing import Vault

if TYPE_CHECKING:
    from guerdon.config import Settings
    from guerdon.store.database import Role

SESSION_S_MAX = 8 * 3600
SESSION_IDLE_S_MAX = 15 * 60
# What was typed when a session had ended waits so long. As long it is known whose the ended one was.
KEPT_S_MAX = 24 * 3600
HSTS_S = 365 * 24 * 3600
# A program is written in a form.
FORM_BYTES_MAX = 1 << 20
# A connection's has the most: twice 60 rows with 100 fields each, three tables of 100 pairs, the attributes.
FORM_FIELDS_MAX = 20_000
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def on_loopback(public_url: str) -> bool:
    """Whether nobody but this machine reaches us: the one case in which a password alone may do."""
    return (urlsplit(public_url).hostname or "") in {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class PasskeyPlace:
    """Where passkeys of this installation hold: the host's name, and the origin as browsers spell it."""

    rp_id: str
    origin: str


# An address that is a bare number; one that anybody on the way can read and change.
NoPasskeys = Literal["number", "plain"]


def passkey_place(public_url: str) -> "PasskeyPlace | NoPasskeys":
    """Where passkeys hold, or why no browser makes any for this address."""
    public = urlsplit(public_url)
    host = public.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        # Browsers trust plain http as far as the machine itself.
        if public.scheme != "https" and host != "localhost" and not host.endswith(".localhost"):
            return "plain"
        usual = {"https": 443, "http": 80}[public.scheme]
        port = "" if public.port in {None, usual} else f":{public.port}"
        return PasskeyPlace(host, f"{public.scheme}://{host}{port}")
    return "number"


_NOTHING, _SELF = "'none'", "'self'"


def django_settings(settings: "Settings") -> dict[str, Any]:
    """Compute Django's settings from ours."""
    public = urlsplit(settings.public_url)
    secure = public.scheme == "https"
    return {
        "DEBUG": False,
        "SECRET_KEY": Vault(settings.secret).key("django").hex(),
        "ALLOWED_HOSTS": sorted({public.hostname or "localhost", *LOOPBACK}),
        "CSRF_TRUSTED_ORIGINS": [f"{public.scheme}://{public.netloc}"],
        "ROOT_URLCONF": "guerdon.web.addresses",
        "INSTALLED_APPS": [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "guerdon.web.accounts.apps.Accounts",
        ],
        "AUTH_USER_MODEL": "accounts.Staff",
        "AUTHENTICATION_BACKENDS": ["guerdon.web.accounts.sign_in.StaffPasswords"],
        "PASSWORD_HASHERS": ["guerdon.web.accounts.passwords.Argon2"],
        "DATABASES": {"default": _database(settings, "web"), "owner": _database(settings, "owner")},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "USE_I18N": False,
        "LOGGING_CONFIG": None,
        "DATA_UPLOAD_MAX_MEMORY_SIZE": FORM_BYTES_MAX,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": FORM_FIELDS_MAX,
        "APPEND_SLASH": False,
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "guerdon.web.accounts.guards.same_origin_only",
            "guerdon.web.accounts.guards.nothing_stored",
            "csp.middleware.CSPMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        "CSRF_FAILURE_VIEW": "guerdon.web.accounts.faults.forged_form",
        **_cookies(secure),
        **_headers(secure),
    }


def _database(settings: "Settings", role: "Role") -> dict[str, Any]:
    conninfo = role_conninfo(settings.database_url, settings.secret, role, options="-c search_path=accounts")
    # Django insists on a NAME and passes it on as dbname; None there lets the whole conninfo speak.
    options = {"conninfo": conninfo, "dbname": None}
    return {
        "ENGINE": "guerdon.web.accounts.lent",
        "NAME": "guerdon",
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
    }


def _cookies(secure: bool) -> dict[str, Any]:  # noqa: FBT001  one yes or no decides all of them
    prefix = "__Host-" if secure else ""
    return {
        "SESSION_ENGINE": "guerdon.web.accounts.sessions",
        "SESSION_COOKIE_NAME": f"{prefix}staff",
        # The session ends when its row says so; its cookie then still tells whose form it was.
        "SESSION_COOKIE_AGE": SESSION_S_MAX + KEPT_S_MAX,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SECURE": secure,
        "CSRF_COOKIE_NAME": f"{prefix}csrf",
        "CSRF_COOKIE_SAMESITE": "Strict",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_COOKIE_AGE": None,
    }


def _headers(secure: bool) -> dict[str, Any]:  # noqa: FBT001
    # Late, because django-csp can only be imported once Django is there.
    from csp.constants import NONCE  # noqa: PLC0415

    return {
        "SECURE_HSTS_SECONDS": HSTS_S if secure else 0,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "CONTENT_SECURITY_POLICY": {
            "DIRECTIVES": {
                "default-src": [_NOTHING],
                "script-src": [_SELF, NONCE],
                "style-src": [_SELF],
                "img-src": [_SELF],
                "font-src": [_SELF],
                "connect-src": [_SELF],
                "manifest-src": [_SELF],
                "worker-src": [_SELF],
                "form-action": [_SELF],
                "frame-ancestors": [_NOTHING],
                "base-uri": [_NOTHING],
                "require-trusted-types-for": ["'script'"],
                # Each of the two makes one thing: parts of pages, and the address of the worker of pushes.
                "trusted-types": ["htmx", "push"],
            }
        },
    }
