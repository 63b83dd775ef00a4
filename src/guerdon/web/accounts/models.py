"""Who works here, which sessions they have open, and which sign-ins failed of late.

A session's key is not stored, only its SHA-256: whoever reads this table can open no session. The same
holds for the account in a failed sign-in, which may be a password typed into the wrong field.
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
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        """Where it lies."""

        db_table = "staff_session"

    def __str__(self) -> str:
        return f"since {self.started_at:%Y-%m-%d %H:%M}"


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
