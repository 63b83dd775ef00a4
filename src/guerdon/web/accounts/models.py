"""Who may sign in and how, which sessions are open, and which sign-ins failed of late.

A session's key is not stored, only its SHA-256: whoever reads this table can open no session. The same
holds for recovery codes, and for the account in a failed sign-in, which may be a password typed into the
wrong field. What somebody may do stands elsewhere, in `people` and `grants`, found by their e-mail.
"""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models


class Staff(AbstractBaseUser):
    """Somebody who signs in to the console."""

    email = models.CharField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    # The authenticator's secret, sealed; empty until the first sign-in.
    second_factor = models.BinaryField(default=b"")
    # The last half minute whose code was used: none is taken twice.
    second_factor_step = models.BigIntegerField(default=0)
    # Signs in by password alone, and only where the installation is on loopback (the demo).
    second_factor_waived = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        """Where it lies."""

        db_table = "staff"

    def __str__(self) -> str:
        return self.name


class StaffSession(models.Model):
    """An open session, found by the hash of its key."""

    key_sha = models.BinaryField(primary_key=True, max_length=32)
    data = models.TextField()
    # Whose it is, so that all of somebody's sessions can be ended.
    staff_id = models.BigIntegerField(null=True, db_index=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        """Where it lies."""

        db_table = "staff_session"

    def __str__(self) -> str:
        return f"since {self.started_at:%Y-%m-%d %H:%M}"


class RecoveryCode(models.Model):
    """A code that stands in once for a phone that is lost."""

    code_sha = models.BinaryField(primary_key=True, max_length=32)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="recovery_codes")
    used_at = models.DateTimeField(null=True)

    class Meta:
        """Where it lies."""

        db_table = "recovery_code"

    def __str__(self) -> str:
        return "used" if self.used_at else "not used"


class Passkey(models.Model):
    """The public half of a key that stays in somebody's device or keychain (WebAuthn)."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="passkeys")
    credential_id = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField()
    # How often it signed; stays 0 where a keychain copies it from device to device.
    sign_count = models.BigIntegerField()
    # What its owner calls it.
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    backed_up = models.BooleanField()
    # How a browser reaches it, parted by commas: internal,hybrid.
    transports = models.CharField(max_length=120, blank=True)

    class Meta:
        """Where it lies."""

        db_table = "passkey"

    def __str__(self) -> str:
        return self.name


class PasskeyChallenge(models.Model):
    """What a passkey was asked to sign: in one session, for one purpose, once. Its SHA-256 finds it."""

    challenge_sha = models.BinaryField(primary_key=True, max_length=32)
    session_sha = models.BinaryField(max_length=32)
    purpose = models.CharField(max_length=8)
    asked_at = models.DateTimeField(db_index=True)

    class Meta:
        """Where it lies."""

        db_table = "passkey_challenge"

    def __str__(self) -> str:
        return f"to {self.purpose}, at {self.asked_at:%Y-%m-%d %H:%M}"


class OidcLink(models.Model):
    """Who somebody is at the provider of single sign-on: from the first time on a subject, no e-mail."""

    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="oidc_links")
    linked_at = models.DateTimeField()

    class Meta:
        """Where it lies; one subject is one account, and an account has one at a provider."""

        db_table = "oidc_link"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="oidc_link_subject"),
            models.UniqueConstraint(fields=["issuer", "staff"], name="oidc_link_staff"),
        ]

    def __str__(self) -> str:
        return f"at {self.issuer}"


class OidcJourney(models.Model):
    """A sign-in that was sent to the provider and has not come back, found by the hash of its state."""

    state_sha = models.BinaryField(primary_key=True, max_length=32)
    # The browser that was sent, by the hash of its cookie.
    browser_sha = models.BinaryField(max_length=32)
    # What has to come back, and where the reader wanted to go.
    sealed = models.BinaryField()
    asked_at = models.DateTimeField(db_index=True)

    class Meta:
        """Where it lies."""

        db_table = "oidc_journey"

    def __str__(self) -> str:
        return f"at {self.asked_at:%Y-%m-%d %H:%M}"


class SentForm(models.Model):
    """A form that was sent, found by the hash of its token and of what was typed, and what was answered."""

    form_sha = models.BinaryField(primary_key=True, max_length=32)
    begun_at = models.DateTimeField(db_index=True)
    # Nothing until it was done.
    done_at = models.DateTimeField(null=True)
    sealed = models.BinaryField(default=b"")

    class Meta:
        """Where it lies."""

        db_table = "sent_form"

    def __str__(self) -> str:
        return f"at {self.begun_at:%Y-%m-%d %H:%M}"


class KeptForm(models.Model):
    """What somebody sent when their session had ended, sealed, until they are signed in again."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="kept_forms")
    path = models.CharField(max_length=2000)
    sealed = models.BinaryField()
    kept_at = models.DateTimeField(db_index=True)

    class Meta:
        """Where it lies."""

        db_table = "kept_form"

    def __str__(self) -> str:
        return f"at {self.kept_at:%Y-%m-%d %H:%M}"


class SignInAttempt(models.Model):
    """A sign-in that failed, by account and by network."""

    account_sha = models.BinaryField(max_length=32, db_index=True)
    network = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        """Where it lies."""

        db_table = "sign_in_attempt"

    def __str__(self) -> str:
        return f"at {self.at:%Y-%m-%d %H:%M}"
